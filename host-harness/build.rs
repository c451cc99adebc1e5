//! Builds the guest, so that the host's binary carries it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const TARGET: &str = "wasm32-wasip2";

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=X_CONNECTOR_WASM");
    // Nothing of the host runs on wasm: there the crate is empty.
    if env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|families| families.split(',').any(|family| family == "wasm")) {
        return ExitCode::SUCCESS;
    }
    match component() {
        Ok(path) => {
            println!("cargo::rustc-env=X_CONNECTOR_WASM={}", path.display());
            ExitCode::SUCCESS
        }
        Err(message) => {
            println!("cargo::error={message}");
            ExitCode::FAILURE
        }
    }
}

/// The component's file: the one that the environment names, or one that is built here.
fn component() -> Result<PathBuf, String> {
    if let Some(path) = env::var_os("X_CONNECTOR_WASM") {
        let path = PathBuf::from(path);
        println!("cargo::rerun-if-changed={}", path.display());
        return path.canonicalize().map_err(|error| {
            format!("X_CONNECTOR_WASM names {}, which cannot be read: {error}; unset it to build the component", path.display())
        });
    }
    let host = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let root = host.parent().ok_or("the workspace's root is missing")?;
    for path in ["src", "build", "wit", "Cargo.toml", "Cargo.lock", ".cargo/config.toml"] {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    add_target()?;
    build(root, &PathBuf::from(variable("OUT_DIR")?).join("guest"))
}

fn variable(name: &str) -> Result<OsString, String> {
    env::var_os(name).ok_or_else(|| format!("cargo did not set {name}"))
}

/// Adds the wasm target to the toolchain in use, where it is missing.
fn add_target() -> Result<(), String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let is_there = || {
        let printed = Command::new(&rustc).args(["--print", "target-libdir", "--target", TARGET]).output();
        printed.is_ok_and(|printed| printed.status.success() && Path::new(String::from_utf8_lossy(&printed.stdout).trim()).is_dir())
    };
    if is_there() {
        return Ok(());
    }
    // `RUSTUP_TOOLCHAIN` is inherited where rustup runs this build, so that the right toolchain gets the target.
    let toolchain = env::var("RUSTUP_TOOLCHAIN").map_or_else(|_| String::new(), |toolchain| format!(" --toolchain {toolchain}"));
    let command = format!("rustup target add {TARGET}{toolchain}");
    let mut arguments = command.split(' ');
    let rustup = arguments.next().unwrap_or_default();
    let added = Command::new(rustup).args(arguments).output();
    if is_there() {
        return Ok(());
    }
    let reason = match added {
        Ok(output) => String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().trim().to_owned(),
        Err(_) => "there is no rustup".to_owned(),
    };
    Err(format!("the connector is WebAssembly, and this toolchain cannot build it ({reason}); run `{command}` and build again"))
}

/// Builds the guest with a target directory of its own: the outer build holds the lock of the usual one.
fn build(root: &Path, target: &Path) -> Result<PathBuf, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build
        .current_dir(root)
        .args(["build", "--release", "--package", "x-connector", "--lib", "--target", TARGET, "--target-dir"])
        .arg(target);
    // What is set for the outer build is for another target, or for a linter.
    for name in [
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "CARGO_BUILD_TARGET_DIR",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_TARGET_DIR",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_WRAPPER",
        "RUSTFLAGS",
    ] {
        build.env_remove(name);
    }
    let output = build.output().map_err(|error| format!("cargo cannot be run: {error}"))?;
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        return Err(format!("the connector does not build; run `cargo build --release --target {TARGET}` to see why"));
    }
    let path = target.join(TARGET).join("release").join("x_connector.wasm");
    if path.is_file() { Ok(path) } else { Err(format!("the connector was built, and {} is not there", path.display())) }
}
