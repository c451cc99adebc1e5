//! `x-connector simulate`: a simulated X on loopback.

use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::arguments::Simulate;
use super::output::{self, Failed};
use crate::simulator::{Options, Server, Simulator};

pub async fn run(simulate: Simulate) -> Result<(), Failed> {
    let mut options = Options::default();
    if let Some(token) = simulate.token {
        options.token = token;
    }
    let simulator = Simulator::new(options);
    let server = serve(&simulator, simulate.listen).await?;
    output::line(&announcement(&simulator, &server).to_string())?;
    output::note("Ctrl-C ends it");
    let _ = tokio::signal::ctrl_c().await;
    Ok(())
}

/// Listens at an address of this machine.
pub async fn serve(simulator: &Simulator, address: std::net::SocketAddr) -> Result<Server, Failed> {
    let unusable = |error: std::io::Error| {
        Failed::input(
            "address-not-usable",
            "--listen",
            format!("--listen {address} cannot be used: {error}; take another port, or 0 for a free one"),
        )
    };
    let listener = TcpListener::bind(address).await.map_err(unusable)?;
    simulator.serve(listener).map_err(unusable)
}

fn announcement(simulator: &Simulator, server: &Server) -> Value {
    let users = simulator.users();
    let users: Vec<Value> =
        users.iter().map(|user| json!({"id": user.id.to_string(), "username": user.username, "name": user.name})).collect();
    json!({"base_url": server.base_url(), "token": simulator.options().token, "users": users})
}
