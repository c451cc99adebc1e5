//! The types and export glue that wit-bindgen makes from `wit/`. Nothing here is written by hand.
#![allow(
    unsafe_code,
    missing_docs,
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unreachable
)]

wit_bindgen::generate!({
    path: "wit",
    world: "x-connector",
    pub_export_macro: true,
    default_bindings_module: "crate::bindings",
});

pub use exports::connector::x::{actions, connection, triggers, types};
