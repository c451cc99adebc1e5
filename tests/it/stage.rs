//! Where a scenario plays: a simulated X of its own, and the one host and connector of this process before it.
//!
//! All stages share one host. Each has a host name of its own, by which the host's upstream finds its service, so that
//! scenarios run side by side and nothing is compiled twice.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use http::Request;
use serde_json::Value;
use x_connector_host::http::{Body, Fault, Policy, Service, ServiceFuture, Upstream};
use x_connector_host::simulator::{Clock, Options, Simulator};
use x_connector_host::{COMPONENT, Call, CallError, CodeCache, ConnectionProperties, Connector, Host, HostOptions};

use crate::leaks;
use crate::openapi::OpenApi;

/// The simulator's first user, who owns the token.
pub const MAKER: u64 = 1_811_000_000_000_000_001;
/// The simulator's second user.
pub const FRIEND: u64 = 1_811_000_000_000_000_002;
/// The simulator's user whose handle is `XDevelopers`.
pub const DEVELOPERS: u64 = 2_244_994_945;

/// A token that must never be seen: no other text holds it.
pub const TOKEN: &str = "c4n4ry-T0ken.that_nobody~may-see";

/// How many exchanges were held against X's own descriptions.
pub static CHECKED: AtomicU64 = AtomicU64::new(0);

/// The upstream of the shared host: finds the service by the host name.
#[derive(Default)]
struct Switchboard(Mutex<HashMap<String, Arc<dyn Service>>>);

impl Switchboard {
    fn connect(&self, name: &str, service: Arc<dyn Service>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), service);
    }

    fn disconnect(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

impl Service for Switchboard {
    fn call(&self, request: Request<Body>) -> ServiceFuture {
        let name = request.uri().host().unwrap_or_default();
        let service = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        match service {
            Some(service) => service.call(request),
            None => Box::pin(std::future::ready(Err(Fault::Refused))),
        }
    }
}

static SWITCHBOARD: LazyLock<Arc<Switchboard>> = LazyLock::new(Arc::default);

static CONNECTOR: LazyLock<Connector> = LazyLock::new(|| {
    leaks::watch();
    let policy = Policy::new(["*.simulated.example", "example.com"]).expect("rules");
    let upstream = Upstream::InProcess(Arc::clone(&*SWITCHBOARD) as Arc<dyn Service>);
    load(HostOptions { policy, upstream, local_files: true, ..HostOptions::default() })
});

/// The connector of all stages.
pub fn connector() -> &'static Connector {
    &CONNECTOR
}

/// The component in a host of its own. The compiled code is shared by all hosts and kept between runs.
pub fn load(options: HostOptions) -> Connector {
    let cache = CodeCache::Directory(Path::new(env!("CARGO_TARGET_TMPDIR")).join("code"));
    let host = Host::new(HostOptions { cache, instances: 64, ..options }).expect("a host");
    host.load(COMPONENT).expect("the component loads")
}

/// Something that answers under a host name of its own, until it is dropped.
pub struct Place {
    name: String,
}

impl Place {
    /// Gives the service a host name: `NAME.simulated.example`.
    pub fn open(service: Arc<dyn Service>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let name = format!("place-{}.simulated.example", NEXT.fetch_add(1, Ordering::Relaxed));
        SWITCHBOARD.connect(&name, service);
        Self { name }
    }

    /// `https://NAME`, without a slash at its end.
    pub fn url(&self) -> String {
        format!("https://{}", self.name)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        SWITCHBOARD.disconnect(&self.name);
    }
}

/// A simulated X and a connection to it.
///
/// When a stage is dropped, all that was said on it is held against X's own descriptions, where they are at hand.
pub struct Stage {
    pub simulator: Simulator,
    pub connection: ConnectionProperties,
    _place: Place,
}

impl Stage {
    /// An X as it usually is. Its clock begins with the machine's time and runs.
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    /// An X at a moment that passes only by hand: the machine's time, to the second.
    pub fn frozen() -> Self {
        Self::with(Options { clock: frozen_clock(), ..Options::default() })
    }

    /// An X with these options; the token is [`TOKEN`], and all exchanges are kept.
    pub fn with(options: Options) -> Self {
        let simulator = Simulator::new(Options { token: TOKEN.to_owned(), exchange_log: 100_000, ..options });
        let place = Place::open(Arc::new(simulator.clone()));
        let connection = connection(&place);
        Self { simulator, connection, _place: place }
    }

    /// The same with one more connection property.
    pub fn property(mut self, name: &str, value: &str) -> Self {
        self.connection.set(name, value);
        self
    }

    /// A call on this stage.
    pub fn prepared(&self, operation: &str, parameters: Value) -> Call {
        Call::new(operation).parameters(parameters).connection(self.connection.clone())
    }

    /// Runs an operation.
    pub async fn call(&self, operation: &str, parameters: Value) -> Result<Value, CallError> {
        let result = connector().call(self.prepared(operation, parameters)).await;
        leaks::look_at(&result);
        result
    }

    /// Polls `newPost`.
    pub async fn poll(&self, parameters: Value, cursor: Option<&str>) -> Result<Value, CallError> {
        let result = connector().call(self.prepared("newPost", parameters).cursor(cursor.map(ToOwned::to_owned))).await;
        leaks::look_at(&result);
        result
    }

    /// How many requests came in, whatever became of them.
    pub fn requests(&self) -> usize {
        self.simulator.exchanges().len()
    }

    /// How many things were changed at X, whatever they are.
    pub fn effects(&self) -> u64 {
        WRITES.iter().map(|(method, path)| self.simulator.effects(method, path)).sum()
    }

    /// What X sees as now, in milliseconds since 1970.
    pub fn now_ms(&self) -> u64 {
        self.simulator.clock().now_ms()
    }

    /// What does not fit X's own descriptions; nothing where they are not at hand.
    pub fn violations(&self) -> Vec<String> {
        let Some(open_api) = OpenApi::load() else { return Vec::new() };
        let exchanges = self.simulator.exchanges();
        CHECKED.fetch_add(exchanges.len() as u64, Ordering::Relaxed);
        exchanges.iter().flat_map(|exchange| open_api.violations(exchange)).collect()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            leaks::assert_none();
            let violations = self.violations();
            assert!(violations.is_empty(), "these exchanges do not fit X's descriptions: {violations:#?}");
        }
    }
}

/// Endpoints that change something at X.
pub const WRITES: [(&str, &str); 11] = [
    ("POST", "/2/tweets"),
    ("DELETE", "/2/tweets/{id}"),
    ("POST", "/2/users/{id}/likes"),
    ("POST", "/2/users/{id}/retweets"),
    ("POST", "/2/dm_conversations/with/{participant_id}/messages"),
    ("POST", "/2/media/upload"),
    ("POST", "/2/media/upload/initialize"),
    ("POST", "/2/media/upload/{id}/append"),
    ("POST", "/2/media/upload/{id}/finalize"),
    ("POST", "/2/media/metadata"),
    ("POST", "/2/media/subtitles"),
];

/// A connection with [`TOKEN`] to whatever answers at a place.
pub fn connection(place: &Place) -> ConnectionProperties {
    ConnectionProperties::from_iter([("X_ACCESS_TOKEN", TOKEN.to_owned()), ("X_API_BASE_URL", place.url())])
}

/// A clock that stands at the machine's time, to the second: `date` headers tell no more.
pub fn frozen_clock() -> Clock {
    Clock::frozen(Clock::system().now_ms() / 1_000 * 1_000)
}

/// The parts of an error that authors and engines see, in one shape.
pub fn told(result: Result<Value, CallError>) -> Value {
    match result {
        Ok(output) => panic!("it went well: {output}"),
        Err(error) => error.to_json()["error"].clone(),
    }
}
