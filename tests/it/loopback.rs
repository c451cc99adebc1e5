//! The same over real sockets: one pooled client, plain http to this machine alone.

use std::time::Duration;

use serde_json::json;
use tokio::net::TcpListener;
use x_connector_host::http::Policy;
use x_connector_host::simulator::{Effect, Fault, Options, Server, Simulator};
use x_connector_host::{Call, ConnectionProperties, Connector, HostOptions};

use crate::actions::files::{PNG, data_url};
use crate::stage::{TOKEN, load, told};

/// A simulated X on a socket, and a connector in a host of its own: pooled connections belong to one runtime.
struct Wire {
    simulator: Simulator,
    connector: Connector,
    connection: ConnectionProperties,
    _server: Server,
}

impl Wire {
    async fn open() -> Self {
        let simulator = Simulator::new(Options { token: TOKEN.to_owned(), ..Options::default() });
        let server = simulator.serve(TcpListener::bind("127.0.0.1:0").await.expect("a port")).expect("it serves");
        let policy = Policy::new([server.address().to_string()]).expect("a rule");
        let connector = load(HostOptions { policy, ..HostOptions::default() });
        let connection = ConnectionProperties::from_iter([("X_ACCESS_TOKEN", TOKEN.to_owned()), ("X_API_BASE_URL", server.base_url())]);
        Self { simulator, connector, connection, _server: server }
    }

    fn call(&self, operation: &str, parameters: serde_json::Value) -> Call {
        Call::new(operation).parameters(parameters).connection(self.connection.clone())
    }
}

#[tokio::test]
async fn everything_works_over_a_socket_too() {
    let wire = Wire::open().await;
    let image = json!([{"url": data_url("image/png", PNG)}]);
    let created = wire.connector.call(wire.call("createPost", json!({"text": "hello", "media": image}))).await.expect("published");
    let id = created["data"]["id"].as_str().expect("an id").to_owned();
    wire.connector.call(wire.call("likePost", json!({ "tweet_id": id }))).await.expect("liked");
    wire.connector.call(wire.call("repostPost", json!({ "tweet_id": id }))).await.expect("reposted");
    let message = json!({"username": "friend", "text": "hello", "media": image});
    wire.connector.call(wire.call("sendDirectMessage", message)).await.expect("sent");
    let polled = wire.connector.call(wire.call("newPost", json!({"username": "maker", "first_poll": "latest"}))).await.expect("polled");
    assert_eq!(polled["items"].as_array().map(Vec::len), Some(2));
    wire.connector.call(wire.call("deletePost", json!({ "id": id }))).await.expect("deleted");
    assert_eq!(wire.simulator.media().len(), 2);
}

#[tokio::test]
async fn a_post_whose_answer_is_lost_on_the_wire_is_found_again() {
    let faults = [Effect::Reset, Effect::CutBody(5), Effect::Hang, Effect::HangBody(3)];
    for (number, effect) in faults.into_iter().enumerate() {
        let mut wire = Wire::open().await;
        // A real wait: as short as a machine under load allows.
        wire.connection.set("X_CALL_DEADLINE_MS", "1500");
        wire.simulator.add_fault(Fault::at("POST", "/2/tweets", effect.clone()).after_effect().next(1));
        let text = format!("lost {number}");
        let result = wire.connector.call(wire.call("createPost", json!({ "text": text }))).await;
        match result {
            Ok(output) => assert_eq!(output["receipt"]["outcome"], "recovered", "{effect:?}: {output}"),
            Err(error) => assert_eq!(error.case(), "permanent-outcome-unknown", "{effect:?}: {error}"),
        }
        assert_eq!(wire.simulator.effects("POST", "/2/tweets"), 1, "{effect:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_as_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let mut wire = Wire::open().await;
    wire.connection.set("X_API_BASE_URL", format!("http://{address}"));
    // The operator did not allow this one, so it is not even tried.
    let error = told(wire.connector.call(wire.call("createPost", json!({"text": "hello"}))).await);
    assert_eq!((&error["case"], &error["who_must_act"]), (&json!("egress-denied"), &json!("operator")), "{error}");
    assert!(error["refusals"][0]["rule"].as_str().is_some_and(|rule| rule == address.to_string()), "{error}");
    let policy = Policy::new([address.to_string()]).expect("a rule");
    let connector = load(HostOptions { policy, ..HostOptions::default() });
    let call = wire.call("createPost", json!({"text": "hello"})).deadline(Duration::from_secs(30));
    let error = told(connector.call(call).await);
    assert_eq!((&error["case"], &error["code"]), (&json!("unavailable"), &json!("connection-refused")), "{error}");
}
