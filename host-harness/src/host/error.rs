//! What can go wrong with a connector and with a call.

use crate::http::{PolicyError, Refusal};
use crate::value::ParameterError;
use serde_json::{Map, Value, json};
use std::fmt;
use thiserror::Error;

/// The case of a connector whose request the host refused.
const EGRESS_DENIED: &str = "egress-denied";

/// Why a host could not be made, or a connector not be loaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HostError {
    /// The engine cannot be set up as the options say.
    #[error("the engine cannot be set up: {0}; lower `instances` or `memory` if the system gives too little address space")]
    Engine(String),
    /// The directory for compiled code cannot be used.
    #[error("the cache for compiled code cannot be used: {0}; name another directory, or turn the cache off")]
    Cache(String),
    /// A line of the allow-list is no rule.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The bytes are no WebAssembly at all.
    #[error("the file is not WebAssembly; give a component, such as x_connector.wasm")]
    NotWebAssembly,
    /// The bytes are a core module.
    #[error("the file is a WebAssembly module, not a component; build it for wasm32-wasip2, or wrap it with `wasm-tools component new`")]
    CoreModule,
    /// The component is damaged, or uses what this engine does not know.
    #[error("the component cannot be compiled: {0}; build it anew for wasm32-wasip2")]
    Compile(String),
    /// The component wants more of the host than a connector gets.
    #[error("the component imports {}, which this host does not offer; a connector gets HTTP, clocks, randomness and its environment alone", .imports.join(", "))]
    ImportsNotOffered {
        /// The interfaces.
        imports: Vec<String>,
    },
    /// An import has the right name and another type.
    #[error("the component's imports do not fit WASI 0.2: {0}; build it anew with current WASI bindings")]
    ImportMismatch(String),
    /// The component exports no operation.
    #[error("the component exports no operation; a connector exports functions in an interface `actions`, `triggers` or `connection`")]
    NoOperations,
    /// An exported function has a type that no connector has.
    #[error("the component's function `{function}` does not fit: {reason}")]
    UnsupportedFunction {
        /// Its name.
        function: String,
        /// What is unusual.
        reason: String,
    },
}

/// Why a call failed.
///
/// All have a code, a message and a case, and one JSON shape: [`CallError::to_json`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum CallError {
    /// The connector says so itself.
    Connector(Failure),
    /// There is no such operation.
    UnknownOperation {
        /// What was asked for.
        operation: String,
        /// The nearest known one, or all of them.
        known: String,
    },
    /// The parameters do not fit the operation. Nothing has run.
    Parameters(ParameterError),
    /// The component broke an invariant of its own and was stopped.
    Trapped {
        /// What the engine says: a kind of trap, no data.
        reason: String,
    },
    /// The call took longer than it may. A write may have happened.
    DeadlineExceeded,
    /// The component computed for longer than it may. A write may have happened.
    RunningTimeExceeded,
    /// The component wanted more memory than it may have. A write may have happened.
    OutOfMemory,
    /// The engine could not run the component.
    Engine {
        /// Why.
        reason: String,
    },
}

/// An error that a connector returned.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The case of its error variant, such as `permanent-invalid-input` or `rate-limited`.
    pub case: String,
    /// The case's `problem`, as JSON with `snake_case` names; `null` for a case without one.
    pub problem: Value,
    /// What the host refused during the call: tells the operator which rule is missing.
    pub refusals: Vec<Refusal>,
}

impl Failure {
    fn text(&self, name: &str) -> Option<&str> {
        self.problem.get(name).and_then(Value::as_str)
    }

    /// The stable name of the problem; the case when there is none.
    #[must_use]
    pub fn code(&self) -> &str {
        self.text("code").unwrap_or(&self.case)
    }

    /// What happened and what to do next.
    #[must_use]
    pub fn message(&self) -> &str {
        self.text("message").unwrap_or("the connector could not run the operation; run it again")
    }

    /// Who can put it right, such as `author` or `account_owner`.
    #[must_use]
    pub fn who_must_act(&self) -> Option<&str> {
        self.text("who_must_act")
    }

    /// The parameter or connection property at fault.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.text("field")
    }

    /// The HTTP status of the service.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.problem.get("status")?.as_u64()?.try_into().ok()
    }

    /// When a repeat makes sense, in milliseconds from now.
    #[must_use]
    pub fn retry_after_ms(&self) -> Option<u64> {
        self.problem.get("retry_after_ms")?.as_u64()
    }

    /// Whether it may pass by itself, so that the call can be run again after a pause.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        !self.is_permanent() && self.case != EGRESS_DENIED
    }

    /// What the host refused, where that is why the call failed.
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        self.refusals.last().filter(|_| self.case == EGRESS_DENIED)
    }

    /// Whether running the call again is useless or dangerous.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.case.starts_with("permanent-")
    }
}

impl CallError {
    /// The case in the connector's own vocabulary: `permanent-invalid-input` for what the author must correct,
    /// `execution-failed` for what the engine could not run.
    #[must_use]
    pub fn case(&self) -> &str {
        match self {
            Self::Connector(failure) => &failure.case,
            Self::UnknownOperation { .. } | Self::Parameters(_) => "permanent-invalid-input",
            _ => "execution-failed",
        }
    }

    /// The stable name of the problem.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Connector(failure) => failure.code(),
            Self::UnknownOperation { .. } => "unknown-operation",
            Self::Parameters(error) => error.code,
            Self::Trapped { .. } => "trapped",
            Self::DeadlineExceeded => "deadline-exceeded",
            Self::RunningTimeExceeded => "running-time-exceeded",
            Self::OutOfMemory => "out-of-memory",
            Self::Engine { .. } => "engine",
        }
    }

    /// Who can put it right, such as `author` or `operator`.
    #[must_use]
    pub fn who_must_act(&self) -> &str {
        match self {
            Self::Connector(failure) => failure.who_must_act().unwrap_or("operator"),
            Self::UnknownOperation { .. } | Self::Parameters(_) => "author",
            _ => "operator",
        }
    }

    /// The parameter or connection property at fault.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Connector(failure) => failure.field(),
            Self::Parameters(error) => Some(&error.field),
            _ => None,
        }
    }

    /// The one shape of all errors: `{"error": {"case", "code", "message", "who_must_act", "field", ...}}`, with
    /// everything else that the connector's problem says, and `refusals` when the host refused a request.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut error = match self {
            Self::Connector(Failure { problem: Value::Object(problem), .. }) => problem.clone(),
            _ => Map::new(),
        };
        error.insert("case".to_owned(), self.case().into());
        error.insert("code".to_owned(), self.code().into());
        error.insert("message".to_owned(), self.to_string().into());
        error.insert("who_must_act".to_owned(), self.who_must_act().into());
        if let Some(field) = self.field() {
            error.insert("field".to_owned(), field.into());
        }
        match self {
            Self::Connector(Failure { refusals, .. }) if !refusals.is_empty() => {
                error.insert("refusals".to_owned(), json!(refusals));
            }
            _ => {}
        }
        json!({ "error": error })
    }
}

impl From<ParameterError> for CallError {
    fn from(error: ParameterError) -> Self {
        Self::Parameters(error)
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connector(failure) => match (failure.refusal(), failure.field()) {
                // Only the host knows which line of its list helps.
                (Some(refusal), Some(field)) => write!(formatter, "{field} leads to a place that is refused: {refusal}"),
                (Some(refusal), None) => refusal.fmt(formatter),
                (None, _) => formatter.write_str(failure.message()),
            },
            Self::UnknownOperation { operation, known } => {
                write!(formatter, "there is no operation `{operation}`; {known}")
            }
            Self::Parameters(error) => error.fmt(formatter),
            Self::Trapped { reason } => {
                write!(formatter, "the component was stopped: {reason}; a write may have happened: look before you repeat, and report it")
            }
            Self::DeadlineExceeded => formatter
                .write_str("the call took longer than it may; a write may have happened: look before you repeat, or give it more time"),
            Self::RunningTimeExceeded => formatter.write_str(
                "the component computed for longer than it may; a write may have happened: look before you repeat, and report it",
            ),
            Self::OutOfMemory => formatter.write_str(
                "the component wanted more memory than it may have; a write may have happened: look before you repeat, or raise the limit",
            ),
            Self::Engine { reason } => write!(formatter, "the engine could not run the component: {reason}"),
        }
    }
}

impl std::error::Error for CallError {}
