//! A host with the connector, and the simulator that answers it.

use serde_json::json;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use x_connector_host::http::{Policy, Upstream};
use x_connector_host::simulator::{Options, Server, Simulator};
use x_connector_host::{COMPONENT, Call, CodeCache, ConnectionProperties, Connector, Host, HostOptions};

pub const TOKEN: &str = "benchmark";

/// No two posts are alike, in the whole run.
static POSTS: AtomicU64 = AtomicU64::new(0);

pub fn text() -> String {
    format!("The {}th post of the benchmark", POSTS.fetch_add(1, Ordering::Relaxed))
}

pub struct Stage {
    pub connector: Connector,
    pub connection: ConnectionProperties,
    // The callers' threads end before the server's do.
    pub runtime: Runtime,
    server: Option<(Server, Runtime)>,
}

/// An X that counts no limits and keeps no log: it is not what is measured.
pub fn simulator() -> Simulator {
    Simulator::new(Options { token: TOKEN.to_owned(), limits: false, refuse_duplicates: false, exchange_log: 0, ..Options::default() })
}

pub fn connector(options: HostOptions) -> Connector {
    let host = Host::new(HostOptions { cache: CodeCache::Off, ..options }).expect("the engine can be set up");
    host.load(COMPONENT).expect("the component is a connector")
}

pub fn connection() -> ConnectionProperties {
    ConnectionProperties::from_iter([("X_ACCESS_TOKEN", TOKEN), ("X_USER_ID", "1811000000000000001")])
}

pub fn runtime() -> Runtime {
    Builder::new_multi_thread().enable_all().build().expect("threads can be had")
}

impl Stage {
    /// The simulator answers without a socket.
    pub fn in_process() -> Self {
        let upstream = Upstream::InProcess(Arc::new(simulator()));
        let connector = connector(HostOptions { upstream, ..HostOptions::default() });
        Self { connector, connection: connection(), runtime: runtime(), server: None }
    }

    /// The simulator listens on loopback, with threads of its own.
    pub fn loopback() -> Self {
        let threads = runtime();
        let server = threads.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
            simulator().serve(listener).expect("it listens")
        });
        let policy = Policy::new([server.address().to_string()]).expect("an address and port are a rule");
        let connector = connector(HostOptions { policy, ..HostOptions::default() });
        let mut connection = connection();
        connection.set("X_API_BASE_URL", server.base_url());
        Self { connector, connection, runtime: runtime(), server: Some((server, threads)) }
    }

    pub fn base_url(&self) -> String {
        self.server.as_ref().map(|(server, _)| server.base_url()).expect("this stage has a server")
    }

    /// The call that is measured.
    pub fn create_post(&self) -> impl Fn(u64) -> Pin<Box<dyn Future<Output = ()> + Send>> + Clone + Send + use<> {
        let (connector, connection) = (self.connector.clone(), self.connection.clone());
        move |_| {
            let (connector, connection) = (connector.clone(), connection.clone());
            Box::pin(async move {
                let call = Call::new("createPost").parameters(json!({"text": text()})).connection(connection);
                connector.call(call).await.expect("the post is created");
            })
        }
    }
}
