//! The command line as a process: what a person types, what is printed where, and how it exits.

#![cfg(not(target_family = "wasm"))]

mod calls;
mod connections;
mod described;
mod mistakes;
mod polls;
mod program;
mod readme;
mod uploads;
mod workflows;
