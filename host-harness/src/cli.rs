//! The command line: parses, runs one command, and prints JSON on stdout and errors as JSON on stderr.

mod arguments;
mod call;
mod demo;
mod describe;
mod manifest;
mod output;
mod parameters;
mod poll;
mod run;
mod setting;
mod simulate;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use output::Failed;

/// Runs `x-connector` with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("X_CONNECTOR_LOG").unwrap_or_else(|_| "off".into());
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

async fn command(arguments: Arguments) -> Result<(), Failed> {
    let Arguments { setting, command } = arguments;
    match command {
        Command::Demo => demo::run(&setting).await,
        Command::Call(call) => call::run(&setting, call).await,
        Command::Run(run) => run::run(&setting, run).await,
        Command::Poll(poll) => poll::run(&setting, poll).await,
        Command::Watch(watch) => watch::run(&setting, watch).await,
        Command::Describe(describe) => describe::run(&setting, &describe),
        Command::Simulate(simulate) => simulate::run(simulate).await,
        Command::Manifest(manifest) => manifest::run(&setting, &manifest),
    }
}
