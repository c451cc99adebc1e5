//! The types that wit-bindgen makes from `wit/`, and the glue that `build/` makes. Nothing of both is written by hand.
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
    default_bindings_module: "crate::bindings::glue",
});

/// What the exported functions do around the calls of the guest, in the same modules as wit-bindgen's own.
#[cfg(any(target_family = "wasm", test))]
#[allow(unused_imports, unused_unsafe)]
pub mod glue {
    include!(concat!(env!("OUT_DIR"), "/glue.rs"));
}

pub use exports::connector::x::{actions, connection, triggers, types};
