//! Runs the X connector inside an engine of your own, against the simulator: nothing leaves this machine.
//!
//! `cargo run --example embed`

use serde_json::json;
use std::error::Error;
use std::sync::Arc;
use x_connector_host::http::Upstream;
use x_connector_host::simulator::{Options, Simulator};
use x_connector_host::{COMPONENT, Call, CallError, ConnectionProperties, Host, HostOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // One host per process. Against X itself, leave `upstream` out: the default is the network, and the default
    // policy allows api.x.com alone.
    let simulator = Simulator::new(Options { token: "token".to_owned(), ..Options::default() });
    let host = Host::new(HostOptions { upstream: Upstream::InProcess(Arc::new(simulator)), ..HostOptions::default() })?;

    // One connector per component, loaded once. Both can be cloned and shared by all tasks.
    let connector = host.load(COMPONENT)?;
    for operation in connector.operations() {
        println!("{:?} {}", operation.kind(), operation.name());
    }

    // One call per step: a fresh instance, which knows nothing of the others.
    let connection = ConnectionProperties::from_iter([("X_ACCESS_TOKEN", "token")]);
    let created =
        connector.call(Call::new("createPost").parameters(json!({"text": "Sunrise over the bay"})).connection(connection.clone())).await?;
    println!("{created:#}");

    // A trigger is polled; its cursor is yours to store, together with the items.
    let poll = Call::new("newPost").parameters(json!({"username": "XDevelopers"}));
    let polled = connector.call(poll.connection(connection.clone())).await?;
    println!("cursor to store: {}", polled["cursor"]);

    // Errors tell who must act, and whether a repeat makes sense.
    let wrong = Call::new("likePost").parameters(json!({"tweet_id": "not an id"}));
    match connector.call(wrong.connection(connection)).await {
        Err(CallError::Connector(failure)) => {
            println!("{}: {} ({})", failure.case, failure.message(), failure.who_must_act().unwrap_or("nobody"));
        }
        other => println!("{other:?}"),
    }
    Ok(())
}
