//! One call, as an engine asks for it.

use super::{ConnectionProperties, Stop};
use crate::http::{Meter, Sink};
use serde_json::{Map, Value};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// One call of an operation.
///
/// ```
/// # use x_connector_host::{Call, ConnectionProperties};
/// let call = Call::new("createPost")
///     .parameters(serde_json::json!({"text": "hello"}))
///     .connection(ConnectionProperties::from_iter([("X_ACCESS_TOKEN", "token")]));
/// # drop(call);
/// ```
#[derive(Clone)]
pub struct Call {
    pub(crate) operation: String,
    pub(crate) parameters: Value,
    pub(crate) cursor: Option<String>,
    pub(crate) connection: ConnectionProperties,
    pub(crate) deadline: Option<Duration>,
    pub(crate) base_directory: Option<PathBuf>,
    pub(crate) recorder: Option<Arc<dyn Sink>>,
    pub(crate) stop: Option<Stop>,
    pub(crate) meter: Option<Meter>,
}

impl Call {
    /// A call of the operation, such as `createPost` or `newPost`, without parameters.
    pub fn new(operation: impl Into<String>) -> Self {
        Self {
            operation: operation.into(),
            parameters: Value::Object(Map::new()),
            cursor: None,
            connection: ConnectionProperties::new(),
            deadline: None,
            base_directory: None,
            recorder: None,
            stop: None,
            meter: None,
        }
    }

    /// Sets the parameters: an object.
    #[must_use]
    pub fn parameters(mut self, parameters: Value) -> Self {
        self.parameters = parameters;
        self
    }

    /// Sets the cursor that the trigger's last poll returned.
    #[must_use]
    pub fn cursor(mut self, cursor: Option<String>) -> Self {
        self.cursor = cursor;
        self
    }

    /// Sets the connection's properties.
    #[must_use]
    pub fn connection(mut self, connection: ConnectionProperties) -> Self {
        self.connection = connection;
        self
    }

    /// Sets how long the call may take in all, instead of the host's own limit.
    ///
    /// Choose more than the connector's own deadline: it tells whether a write may have happened.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sets what relative paths of local files are relative to.
    #[must_use]
    pub fn base_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.base_directory = Some(directory.into());
        self
    }

    /// Takes a record of the call's requests, instead of the host's own recorder.
    #[must_use]
    pub fn recorder(mut self, recorder: Arc<dyn Sink>) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Ends the call early when the switch is thrown; the connector then says how far it came.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = Some(stop);
        self
    }

    /// Counts what the call sends.
    pub(crate) fn meter(mut self, meter: Meter) -> Self {
        self.meter = Some(meter);
        self
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Parameters and cursors are the author's own words: not for logs.
        formatter
            .debug_struct("Call")
            .field("operation", &self.operation)
            .field("connection", &self.connection)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
