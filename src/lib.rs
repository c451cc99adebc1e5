//! X (formerly Twitter) for workflow engines: typed actions and polling triggers over `wasi:http`.
//!
//! The crate is a pure core with one thin edge. Everything but [`edge`] is plain data and decisions, takes
//! time, randomness and the network as parameters, and is tested natively; `edge` alone touches WASI and
//! is compiled for WebAssembly only. `ARCHITECTURE.md` has the map.
#![cfg_attr(target_family = "wasm", no_std)]
#![deny(unsafe_code)]
// A trap kills the instance and the engine learns nothing: every failure must become an error case.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::unreachable)
)]

extern crate alloc;

pub mod actions;
pub mod auth;
pub mod bindings;
#[cfg(any(target_family = "wasm", test))]
mod canonical;
pub mod classify;
pub mod connection;
pub mod cost;
#[cfg(target_family = "wasm")]
mod edge;
pub mod error;
pub mod id;
pub mod json;
pub mod media;
pub mod percent;
pub mod rate_limit;
pub mod retry;
pub mod scopes;
pub mod session;
pub mod text;
pub mod time;
pub mod transport;
pub mod triggers;
pub mod verify;
pub mod x;
