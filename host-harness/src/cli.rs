//! The command line: parses, runs one command, and prints JSON on stdout and errors as JSON on stderr.

mod arguments;
mod call;
mod connection;
mod demo;
mod describe;
mod ends;
mod manifest;
mod output;
mod parameters;
mod poll;
mod run;
mod setting;
mod simulate;
mod stored;
mod upload;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use output::Failed;

/// Runs `x-connector` with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = tracing_subscriber::EnvFilter::new(log_filter(std::env::var("X_CONNECTOR_LOG").ok().as_deref()));
    // A second set-up in one process keeps the first.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failed::setup(format!("threads cannot be started: {error}")).report(),
    };
    let result = runtime.block_on(command(arguments));
    // A read of a terminal or a cache that still writes shall not hold up the end.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => failed.report(),
    }
}

/// What is logged: `debug` means this program and its HTTP, not the compiler, which would say gigabytes. A full filter is taken as it is.
fn log_filter(wanted: Option<&str>) -> String {
    const TARGETS: [&str; 5] = ["x_connector_host", "wasmtime_wasi_http", "hyper_util", "hyper", "rustls"];
    match wanted.map(str::trim) {
        None | Some("") => "off".to_owned(),
        Some(level) if level.bytes().all(|byte| byte.is_ascii_alphabetic()) => TARGETS.map(|target| format!("{target}={level}")).join(","),
        Some(filter) => filter.to_owned(),
    }
}

async fn command(arguments: Arguments) -> Result<(), Failed> {
    let Arguments { setting, command } = arguments;
    match command {
        Command::Demo => demo::run(&setting).await,
        Command::Call(call) => call::run(&setting, call).await,
        Command::Run(run) => run::run(&setting, run).await,
        Command::Poll(poll) => poll::run(&setting, poll).await,
        Command::Watch(watch) => watch::run(&setting, watch).await,
        Command::Upload(upload) => upload::run(&setting, upload).await,
        Command::Describe(describe) => describe::run(&setting, &describe),
        Command::Connection { command } => connection::run(&setting, command).await,
        Command::Simulate(simulate) => simulate::run(simulate).await,
        Command::Manifest(manifest) => manifest::run(&setting, &manifest),
    }
}
