//! The command line `x-connector`.

#[cfg(not(target_family = "wasm"))]
fn main() -> std::process::ExitCode {
    x_connector_host::cli::main()
}

/// Nothing of the host runs on wasm; this lets a plain build for that target pass.
#[cfg(target_family = "wasm")]
fn main() {}
