//! The built component through the reference host, against the simulated X: what engines and authors get.

#![cfg(not(target_family = "wasm"))]

mod stage;

mod imports;

mod openapi;
