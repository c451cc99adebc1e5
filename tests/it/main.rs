//! The built component through the reference host, against the simulated X: what engines and authors get.

#![cfg(not(target_family = "wasm"))]

mod file_server;
mod relay;
mod stage;
mod wire;

mod actions;
mod bad_input;
mod conformance;
mod connections;
mod hostile;
mod imports;
mod leaks;
mod limits;
mod loopback;
mod media;

mod openapi;
mod openapi_validity;
mod poll;
mod writes;
