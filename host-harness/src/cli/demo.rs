//! `x-connector demo`: the workflow of `examples/`, against a simulated X on loopback, over real HTTP.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use super::arguments::Setting;
use super::output::{self, Failed, line};
use super::run::{Done, Position, steps};
use super::setting::Place;
use super::simulate::serve;
use crate::simulator::{Options, Simulator};

const WORKFLOW: &str = include_str!("../../../examples/workflow.json");
/// The workflow names its images by path, so the demo puts them beside it.
const FILES: [(&str, &[u8]); 2] =
    [("sunrise.png", include_bytes!("../../../examples/sunrise.png")), ("harbour.png", include_bytes!("../../../examples/harbour.png"))];

/// Outputs stand under the names of their steps.
const INDENT: &str = "     ";

pub async fn run(setting: &Setting) -> Result<(), Failed> {
    let began = Instant::now();
    let simulator = Simulator::new(Options { exchange_log: 1_000, ..Options::default() });
    let server = serve(&simulator, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let session = setting.session_with(&Place { base_url: server.base_url(), token: simulator.options().token.clone() })?;
    let directory = std::env::temp_dir().join(format!("x-connector-demo-{}", std::process::id()));
    let unwritable =
        |error: std::io::Error| Failed::setup(format!("the demo cannot write its images to {}: {error}; set TMPDIR", directory.display()));
    std::fs::create_dir_all(&directory).map_err(unwritable)?;
    let written = FILES.iter().try_for_each(|(name, bytes)| std::fs::write(directory.join(name), bytes)).map_err(unwritable);
    line(&format!("X, simulated, at {}; the connector loaded in {} ms\n", server.base_url(), began.elapsed().as_millis()))?;
    let result = match written {
        Ok(()) => steps(&session, WORKFLOW, &directory, &mut report).await,
        Err(failed) => Err(failed),
    };
    // What is left behind in the temporary directory does no harm.
    let _ = std::fs::remove_dir_all(&directory);
    result?;
    line(&closing(&simulator))?;
    Ok(())
}

fn report(position: Position, done: &Done<'_>) -> Result<(), Failed> {
    let operation = done.step.r#type.rsplit('/').next().unwrap_or_default();
    let label = done.step.label.as_deref().unwrap_or(&done.step.name);
    let took = done.took.as_secs_f64() * 1_000.0;
    line(&format!("{}/{}  {operation:<18}  {label:<46}  {took:>6.1} ms", position.number, position.of))?;
    let text = output::render(&done.output, output::room().map(|room| room - INDENT.len()));
    for part in text.lines() {
        line(&format!("{INDENT}{part}"))?;
    }
    line("")
}

fn closing(simulator: &Simulator) -> String {
    let calls = simulator.exchanges().len();
    let spent = output::dollars(simulator.charged_micro_usd());
    let mut text = format!("Done: {calls} requests, {spent} at X's list prices, all simulated.\n\nNext:\n");
    for (command, what) in [
        ("x-connector describe", "what it can do, and what that costs"),
        ("x-connector --simulate call createPost --param text=hello", "one action, still simulated"),
        ("X_ACCESS_TOKEN=... x-connector call createPost --param text=hello", "the same at X"),
    ] {
        let _ = writeln!(text, "  {command:<68}  {what}");
    }
    text.trim_end().to_owned()
}
