//! The command line `x-connector`.

/// A call makes and frees a thousand small things on two threads; the system's allocator takes a tenth of its time for that.
#[cfg(not(target_family = "wasm"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[cfg(not(target_family = "wasm"))]
fn main() -> std::process::ExitCode {
    x_connector_host::cli::main()
}

/// Nothing of the host runs on wasm; this lets a plain build for that target pass.
#[cfg(target_family = "wasm")]
fn main() {}
