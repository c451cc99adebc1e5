//! A stage on real sockets: a simulated X, a server of files over https, and a host of its own with one pooled client.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use x_connector_host::http::{ClientOptions, Policy, Resolve};
use x_connector_host::simulator::{Media, Options, Processing, Server, Simulator};
use x_connector_host::{Call, CallError, ConnectionProperties, Connector, HostOptions};

use crate::file_server::{self, FileServer};
use crate::leaks;
use crate::openapi::OpenApi;
use crate::relay::Relay;
use crate::stage::{TOKEN, load};

/// The smallest segment that the connection may ask for.
pub const SEGMENT: usize = 65_536;

/// A simulated X on a socket behind a relay, files on another, and a connector: pooled connections belong to one runtime.
///
/// When it is dropped, all that was said to X is held against X's own descriptions, where they are at hand.
pub struct Wire {
    pub simulator: Simulator,
    pub connector: Connector,
    pub connection: ConnectionProperties,
    pub files: FileServer,
    pub relay: Relay,
    _server: Server,
}

/// How to set up a [`Wire`].
pub struct Plan {
    pub options: Options,
    /// Rules of the allow-list beside X's and the file server's own.
    pub rules: Vec<String>,
    /// What names lead to; unknown names do not exist.
    pub names: fn(&str) -> Option<IpAddr>,
}

impl Default for Plan {
    /// An X that processes nothing and counts no limits; all names lead to this machine.
    fn default() -> Self {
        let options = Options { processing: Processing::none(), limits: false, ..Options::default() };
        Self { options, rules: Vec::new(), names: |_| Some(Ipv4Addr::LOCALHOST.into()) }
    }
}

struct Names(fn(&str) -> Option<IpAddr>);

impl Resolve for Names {
    fn resolve(&self, name: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        let found = (self.0)(&name);
        Box::pin(async move { found.map(|address| vec![address]).ok_or_else(|| io::ErrorKind::NotFound.into()) })
    }
}

impl Wire {
    pub async fn open() -> Self {
        Self::with(Plan::default()).await
    }

    pub async fn with(Plan { options, rules, names }: Plan) -> Self {
        leaks::watch();
        let simulator = Simulator::new(Options { token: TOKEN.to_owned(), exchange_log: 100_000, ..options });
        let server = simulator.serve(TcpListener::bind("127.0.0.1:0").await.expect("a port")).expect("it serves");
        let relay = Relay::before(server.address()).await;
        let files = FileServer::open().await;
        let own = [relay.address().to_string(), format!("127.0.0.1:{}", files.port())];
        let named = file_server::NAMES.map(|name| format!("private:{name}:{}", files.port()));
        let policy = Policy::new(own.into_iter().chain(named).chain(rules)).expect("rules");
        let client = ClientOptions {
            root_certificates: vec![file_server::certificate()],
            resolver: Arc::new(Names(names)),
            ..ClientOptions::default()
        };
        let connector = load(HostOptions { policy, client, local_files: true, ..HostOptions::default() });
        let base = format!("http://{}", relay.address());
        let connection = ConnectionProperties::from_iter([
            ("X_ACCESS_TOKEN", TOKEN.to_owned()),
            ("X_API_BASE_URL", base),
            ("X_MEDIA_CHUNK_BYTES", SEGMENT.to_string()),
        ]);
        Self { simulator, connector, connection, files, relay, _server: server }
    }

    /// The same with one more connection property.
    pub fn property(mut self, name: &str, value: &str) -> Self {
        self.connection.set(name, value);
        self
    }

    /// A call on this wire.
    pub fn prepared(&self, operation: &str, parameters: Value) -> Call {
        Call::new(operation).parameters(parameters).connection(self.connection.clone())
    }

    /// Runs an operation.
    pub async fn call(&self, operation: &str, parameters: Value) -> Result<Value, CallError> {
        let result = self.connector.call(self.prepared(operation, parameters)).await;
        leaks::look_at(&result);
        result
    }

    /// Publishes a post with one file.
    pub async fn post_with(&self, url: &str) -> Result<Value, CallError> {
        self.call("createPost", json!({"text": "with a file", "media": [{ "url": url }]})).await
    }

    /// The upload that an output of `uploadMedia` tells of.
    pub fn told(&self, output: &Value) -> Media {
        let id = output["data"]["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("no id in {output}"));
        self.simulator.media_with_id(id).unwrap_or_else(|| panic!("{output} tells of media that X has not"))
    }

    /// How many requests came in at X.
    pub fn requests(&self) -> usize {
        self.simulator.exchanges().len()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            leaks::assert_none();
            let exchanges = self.simulator.exchanges();
            let violations: Vec<String> =
                OpenApi::load().into_iter().flat_map(|open_api| exchanges.iter().flat_map(|one| open_api.violations(one))).collect();
            assert!(violations.is_empty(), "these exchanges do not fit X's descriptions: {violations:#?}");
        }
    }
}
