//! A scripted edge: answers in the order that a test gives them, records what was sent, and has clocks that stand still.

pub mod authorization;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::auth::Kind;
use crate::connection::{Connection, environment};
use crate::error::Failure;
use crate::json::Json;
use crate::session::Session;
use crate::transport::{
    Body, Clock, Fault, Instant, Method, Random, Request, Response, Source, Target, Transport, TransportError, Whole, read_all,
};

/// The access token of all tests.
pub const TOKEN: &str = "test-token-3f9a";
/// When all tests begin, in milliseconds since 1970.
pub const BEGAN_AT: u64 = 1_795_241_730_000;

/// A request as it left.
#[derive(Debug)]
pub struct Sent {
    pub method: Method,
    pub target: Target,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Sent {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// `POST /2/tweets`, without the query.
    fn line(&self) -> String {
        format!("{} {}", self.method.name(), self.target.path.split('?').next().unwrap_or_default())
    }
}

/// What comes back for a request.
pub struct Reply {
    status: Result<u16, TransportError>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    breaks: Option<Fault>,
    takes_ms: u64,
}

/// An answer with this status and body.
pub fn answer(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    Reply { status: Ok(status), headers: Vec::new(), body: body.into(), breaks: None, takes_ms: 0 }
}

/// No answer, and nothing left.
pub fn not_sent(fault: Fault) -> Reply {
    Reply { status: Err(TransportError::not_sent(fault)), ..answer(0, "") }
}

/// No answer, and nobody knows what arrived.
pub fn lost(fault: Fault) -> Reply {
    Reply { status: Err(TransportError::maybe_sent(fault)), ..answer(0, "") }
}

impl Reply {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The connection breaks behind the body.
    pub fn cut(mut self) -> Self {
        self.breaks = Some(Fault::ConnectionBroken);
        self
    }

    /// Nothing comes behind the body, until the deadline.
    pub fn stalls(mut self) -> Self {
        self.breaks = Some(Fault::Deadline);
        self
    }

    /// Time passes while the answer is awaited.
    pub fn takes_ms(mut self, milliseconds: u64) -> Self {
        self.takes_ms = milliseconds;
        self
    }
}

/// A body that may break off.
struct Scripted {
    whole: Whole,
    breaks: Option<Fault>,
}

impl Source for Scripted {
    fn read(&mut self, maximum: usize) -> Result<Option<Vec<u8>>, TransportError> {
        match (self.whole.read(maximum)?, self.breaks) {
            (None, Some(fault)) => Err(TransportError::maybe_sent(fault)),
            (piece, _) => Ok(piece),
        }
    }
}

/// The edge: each step is a request line that must come next, without its query, and the reply to it.
pub struct Script {
    steps: RefCell<VecDeque<(String, Reply)>>,
    pub sent: RefCell<Vec<Sent>>,
    environment: Vec<(String, String)>,
    passed_ms: Cell<u64>,
    random: Cell<u64>,
}

impl Script {
    pub fn new(steps: impl IntoIterator<Item = (impl Into<String>, Reply)>) -> Self {
        Self {
            steps: RefCell::new(steps.into_iter().map(|(line, reply)| (line.into(), reply)).collect()),
            sent: RefCell::default(),
            environment: environment(&[("X_ACCESS_TOKEN", TOKEN), ("X_USER_ID", "2244994945")]),
            passed_ms: Cell::new(0),
            random: Cell::new(0),
        }
    }

    /// No request may be sent.
    pub fn silent() -> Self {
        Self::new([] as [(&str, Reply); 0])
    }

    /// Sets a connection property; an empty value takes it away.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(key, _)| key != name);
        self.environment.push((name.into(), value.into()));
        self
    }

    /// The connection has this kind of credential and no other.
    pub fn with_only(mut self, kind: Kind) -> Self {
        self = self.with("X_ACCESS_TOKEN", "");
        for (name, value) in authorization::properties(kind) {
            self = self.with(name, value);
        }
        self
    }

    /// Runs a call, and holds it against the whole script.
    pub fn run<T>(&self, call: impl FnOnce(&Session<'_>) -> Result<T, Failure>) -> Result<T, Failure> {
        let connection = Connection::read(&self.environment)?;
        let result = call(&Session::new(&connection, self));
        let left: Vec<String> = self.steps.borrow().iter().map(|(line, _)| line.clone()).collect();
        assert!(left.is_empty(), "requests that were not sent: {left:?}");
        if let Err(failure) = &result {
            authorization::assert_shows_no_secret(&format!("{failure:?}"), &self.environment);
        }
        result
    }

    /// The body of the request with this number.
    pub fn body(&self, number: usize) -> String {
        self.sent.borrow()[number].text()
    }

    /// Path and query of the request with this number.
    pub fn path(&self, number: usize) -> String {
        self.sent.borrow()[number].target.path.clone()
    }
}

impl Transport for Script {
    fn send(&self, request: Request, deadline: Instant) -> Result<Response, TransportError> {
        assert!(self.now() < deadline, "a request after the deadline");
        let body = match request.body {
            Body::Empty => Vec::new(),
            Body::Bytes(bytes) => bytes,
            Body::Stream { length, mut source } => {
                let bytes = read_all(&mut *source, usize::MAX)?;
                assert_eq!(bytes.len() as u64, length, "the length of the stream");
                bytes
            }
        };
        let sent = Sent { method: request.method, target: request.target, headers: request.headers, body };
        authorization::check(&sent, &self.environment);
        let line = sent.line();
        self.sent.borrow_mut().push(sent);
        let (expected, reply) = self.steps.borrow_mut().pop_front().unwrap_or_else(|| panic!("an unexpected request: {line}"));
        assert_eq!(line, expected, "the next request");
        self.passed_ms.set(self.passed_ms.get() + reply.takes_ms);
        let Reply { status, headers, body, breaks, .. } = reply;
        Ok(Response { status: status?, headers, body: Box::new(Scripted { whole: Whole::new(body), breaks }) })
    }
}

impl Clock for Script {
    fn now(&self) -> Instant {
        Instant(5_000_000_000 + self.passed_ms.get() * 1_000_000)
    }

    fn unix_ms(&self) -> u64 {
        BEGAN_AT + self.passed_ms.get()
    }

    fn wait_until(&self, moment: Instant) {
        let waits = moment.0.saturating_sub(self.now().0).div_ceil(1_000_000);
        self.passed_ms.set(self.passed_ms.get() + waits);
    }
}

impl Random for Script {
    fn random(&self) -> u64 {
        self.random.set(self.random.get() + 1);
        self.random.get()
    }
}

/// A value of a text that is JSON.
pub fn json(text: &str) -> Json {
    Json::read(text.as_bytes()).expect("JSON")
}
