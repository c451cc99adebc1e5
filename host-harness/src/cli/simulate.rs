//! `x-connector simulate`: a simulated X on loopback.

use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::arguments::Simulate;
use super::output::{self, Failed};
use crate::simulator::{NewPost, Options, Server, Simulator};

/// Post 2006651608888246272, of New Year's Day 2026.
const WELCOME: &str = "Welcome to the simulated X";
const WELCOME_AT_MS: u64 = 1_767_258_000_000;
/// Post 2006651860546486272, a minute later.
const FIRST_POST: &str = "My first post";
const FIRST_POST_AT_MS: u64 = 1_767_258_060_000;

pub async fn run(simulate: Simulate) -> Result<(), Failed> {
    let mut options = Options::default();
    if let Some(token) = simulate.token {
        options.token = token;
    }
    let simulator = populated(options);
    let server = serve(&simulator, simulate.listen).await?;
    output::line(&announcement(&simulator, &server).to_string())?;
    output::note(&format!(
        "In another shell:  X_API_BASE_URL={} X_ACCESS_TOKEN={} x-connector call createPost --param text=hello\nCtrl-C ends it",
        server.base_url(),
        simulator.options().token
    ));
    let _ = tokio::signal::ctrl_c().await;
    Ok(())
}

/// A simulated X in which something has been posted, so that every action has a post to work on.
pub fn populated(options: Options) -> Simulator {
    let simulator = Simulator::new(options);
    for (username, text, at_ms) in [("XDevelopers", WELCOME, WELCOME_AT_MS), ("maker", FIRST_POST, FIRST_POST_AT_MS)] {
        if let Some(user) = simulator.user(username) {
            simulator.add_post(user.id, NewPost::saying(text).at(at_ms));
        }
    }
    simulator
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
    let apps: Vec<Value> = simulator
        .apps()
        .iter()
        .map(|app| {
            json!({
                "name": app.name,
                "client_id": app.client_id,
                "client_secret": app.client_secret,
                "api_key": app.api_key,
                "api_secret": app.api_secret,
                "redirect_uris": app.redirect_uris,
            })
        })
        .collect();
    json!({"base_url": server.base_url(), "token": simulator.options().token, "users": users, "apps": apps})
}
