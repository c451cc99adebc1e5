//! From the options and the environment to a host, a connector and a connection.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use url::Url;

use super::arguments::Setting;
use super::output::Failed;
use super::simulate::populated;
use super::stored::{self, Stored};
use crate::authorization::{Connected, Steps};
use crate::credentials::Store as _;
use crate::host::{Call, CallError, Connector, Host, HostOptions, Operation, OperationKind};
use crate::http::{JsonLines, Sink, Upstream};
use crate::simulator::Options;
use crate::{COMPONENT, ConnectionProperties, MANIFEST};

/// What the environment says of how calls are made, and not for whom: a simulated X is asked in the same way.
const MANNERS: [&str; 4] = ["X_CALL_DEADLINE_MS", "X_MEDIA_CHUNK_BYTES", "X_POST_LIMIT", "X_REQUIRE_ALT_TEXT"];

/// The loopback addresses and the token with which a simulator is reached; what else the environment says is left out.
#[derive(Debug, Clone)]
pub struct Place {
    pub base_url: String,
    pub token: String,
}

/// Everything a call needs.
pub struct Session {
    pub connector: Connector,
    connection: Source,
    recorder: Option<Arc<dyn Sink>>,
}

/// Where the connection of a call comes from.
enum Source {
    /// The environment, or a simulator.
    Fixed(ConnectionProperties),
    /// The store, which keeps the tokens fresh.
    Stored(Connected),
}

impl Setting {
    /// Loads the connector, with the connection of the store, the environment or the simulator in this process.
    pub async fn session(&self) -> Result<Session, Failed> {
        if let Some(name) = &self.connection {
            let stored = Stored::open(self)?;
            let record = stored.store.load(name).await.map_err(|error| stored::failed(&error))?;
            stored::check_connected(&record)?;
            let mut session = self.session_at(stored::environment(&record), Upstream::Network)?;
            let connected = Connected::new(session.connector.clone(), stored.keeper_with(session.steps()), name.as_str());
            session.connection = Source::Stored(connected);
            Ok(session)
        } else if self.simulate {
            let simulator = populated(Options::default());
            let manners = MANNERS.iter().filter_map(|name| Some((*name, std::env::var(name).ok()?)));
            let connection = manners.chain([("X_ACCESS_TOKEN", simulator.options().token.clone())]).collect();
            self.session_at(connection, Upstream::InProcess(Arc::new(simulator)))
        } else {
            self.session_at(environment()?, Upstream::Network)
        }
    }

    /// As [`Setting::session`], for a simulator that listens.
    pub fn session_with(&self, place: &Place) -> Result<Session, Failed> {
        let connection = ConnectionProperties::from_iter([("X_ACCESS_TOKEN", &place.token), ("X_API_BASE_URL", &place.base_url)]);
        self.session_at(connection, Upstream::Network)
    }

    /// The connection steps, on a host that may reach where the connection leads.
    pub fn steps(&self, connection: &ConnectionProperties) -> Result<Steps, Failed> {
        Ok(self.session_at(connection.clone(), Upstream::Network)?.steps())
    }

    fn session_at(&self, connection: ConnectionProperties, upstream: Upstream) -> Result<Session, Failed> {
        let mut options = HostOptions { upstream, local_files: true, instances: 16, ..HostOptions::default() };
        for line in self.allow_hosts.iter().map(String::as_str).chain(base_rule(&connection).as_deref()) {
            options.policy.allow(line).map_err(crate::host::HostError::from)?;
        }
        let connector = match &self.component {
            Some(path) => Host::new(options)?.load(&read(path, "--component")?)?,
            None => Host::new(options)?.load(COMPONENT)?,
        };
        let recorder = self.record.as_deref().map(record).transpose()?;
        Ok(Session { connector, connection: Source::Fixed(connection), recorder })
    }
}

impl Session {
    /// The connection steps of this session's connector.
    pub fn steps(&self) -> Steps {
        Steps::new(self.connector.clone()).recorder(self.recorder.clone())
    }

    /// Runs a call with the connection as it is now.
    pub async fn run(&self, call: Call) -> Result<Value, CallError> {
        match &self.connection {
            Source::Fixed(connection) => self.connector.call(call.connection(connection.clone())).await,
            Source::Stored(connected) => connected.call(call).await,
        }
    }

    /// A call with the recorder of this session, for [`Session::run`].
    pub fn call(&self, operation: &Operation) -> Call {
        let call = Call::new(operation.name()).base_directory(".");
        match &self.recorder {
            Some(recorder) => call.recorder(Arc::clone(recorder)),
            None => call,
        }
    }

    /// Finds an operation, which has to be a trigger or must not be one.
    pub fn operation(&self, name: &str, kind: OperationKind) -> Result<&Operation, Failed> {
        // A step's type may be given as well: x/v1/createPost.
        let short = name.rsplit('/').next().unwrap_or(name);
        let operation = self.connector.operation(short).map_err(|error| Failed::call(&error))?;
        match (operation.kind(), kind) {
            (OperationKind::Trigger, OperationKind::Trigger) => Ok(operation),
            (OperationKind::Trigger, _) => {
                Err(Failed::input("is-a-trigger", "OPERATION", format!("{} is a trigger; use `poll` or `watch`", operation.name())))
            }
            (OperationKind::Connection, _) => Err(Failed::input(
                "is-a-connection-step",
                "OPERATION",
                format!("{} is a connection step; use `connection`", operation.name()),
            )),
            (_, OperationKind::Trigger) => {
                Err(Failed::input("is-an-action", "OPERATION", format!("{} is an action; use `call`", operation.name())))
            }
            _ => Ok(operation),
        }
    }
}

/// The connection properties that stand in this process's environment.
pub fn environment() -> Result<ConnectionProperties, Failed> {
    let manifest = manifest()?;
    let names = manifest.connection.properties.iter().map(|property| property.environment.as_str());
    Ok(names.filter_map(|name| Some((name, std::env::var(name).ok()?))).collect())
}

/// The manifest that was built in.
pub fn manifest() -> Result<crate::manifest::Connector, Failed> {
    serde_json::from_str(MANIFEST).map_err(|error| Failed::setup(format!("the built-in connector.json cannot be read: {error}")))
}

/// The rule that lets the connector reach another API than X's: whoever sets the environment is the operator.
fn base_rule(connection: &ConnectionProperties) -> Option<String> {
    let url = Url::parse(connection.get("X_API_BASE_URL")?).ok()?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}{port}", url.host_str()?))
}

fn record(path: &Path) -> Result<Arc<dyn Sink>, Failed> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    let file = file.map_err(|error| {
        Failed::input("file-not-writable", "--record", format!("--record names {}, which cannot be written: {error}", path.display()))
    })?;
    Ok(Arc::new(JsonLines::new(file)))
}

/// Reads a file that an argument names.
pub fn read(path: &Path, field: &str) -> Result<Vec<u8>, Failed> {
    std::fs::read(path).map_err(|error| {
        Failed::input("file-not-readable", field, format!("{field} names {}, which cannot be read: {error}", path.display()))
    })
}
