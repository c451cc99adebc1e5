//! One call's conversation with X: authorizes, sends within the deadline, keeps the bill, and sorts what came back.

#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::cell::{Cell, RefCell};

use crate::bindings::types::{Outcome, RateLimit, Receipt};
use crate::classify;
use crate::connection::Connection;
use crate::cost::{Bill, Item};
use crate::error::{Case, Failure, Party};
use crate::id::UserId;
use crate::json::Json;
use crate::rate_limit;
use crate::retry::{self, Effect, Try};
use crate::transport::{Body, Edge, Fault, Instant, Method, Request, Response, Sent, Target, TransportError, header, read_all};
use crate::x::problem_body::ProblemBody;

/// What an answer may have at most. X's largest pages have about 1 MB.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

/// The conversation. Everything in it lives for one call.
pub struct Session<'a> {
    pub connection: &'a Connection,
    pub edge: &'a dyn Edge,
    deadline: Instant,
    own_id: Cell<Option<UserId>>,
    bill: RefCell<Bill>,
    rate_limits: RefCell<Vec<RateLimit>>,
    request_id: RefCell<Option<String>>,
    server_ms: Cell<Option<u64>>,
}

/// A write, before it is authorized.
pub struct Write {
    pub method: Method,
    pub path: String,
    pub content_type: Option<String>,
    pub body: Body,
}

impl Write {
    /// A write that carries JSON.
    #[must_use]
    pub fn json(method: Method, path: String, body: &Json) -> Self {
        Self { method, path, content_type: Some("application/json".to_string()), body: Body::Bytes(body.write().into_bytes()) }
    }
}

/// An answer that was read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// The body as JSON, where it is.
    json: Option<Json>,
    /// X's name of the call.
    request_id: Option<String>,
    unix_ms: u64,
}

/// How a write failed. Which of the three it is decides whether a repeat can do harm.
#[derive(Debug)]
pub enum WriteFailure {
    /// X did not do it.
    NotDone(Failure),
    /// X did it, but its answer cannot be read.
    Done(Failure),
    /// Nobody knows.
    Unknown(Failure),
}

/// What did not come.
enum Lost {
    Answer(TransportError),
    /// The head of the answer came and said that X did it.
    Body(TransportError),
}

impl<'a> Session<'a> {
    /// Begins the call; the deadline runs from here.
    #[must_use]
    pub fn new(connection: &'a Connection, edge: &'a dyn Edge) -> Self {
        let deadline = Instant(edge.now().0.saturating_add(u64::from(connection.deadline_ms) * 1_000_000));
        Self {
            connection,
            edge,
            deadline,
            own_id: Cell::new(connection.user_id),
            bill: RefCell::default(),
            rate_limits: RefCell::default(),
            request_id: RefCell::default(),
            server_ms: Cell::default(),
        }
    }

    /// Reads from X. Passing faults are tried again at once, at most twice.
    ///
    /// # Errors
    /// X's refusal or the fault of the way, as a [`Failure`].
    pub fn read(&self, path: &str) -> Result<Answer, Failure> {
        for repeats in 0.. {
            let request = self.request(Method::Get, path, None, Body::Empty)?;
            let tried = self.exchange(request);
            let outcome = match &tried {
                Ok(answer) => Try::Answered(answer.status),
                Err(Lost::Answer(error) | Lost::Body(error)) => Try::Failed(*error),
            };
            if !retry::repeat_at_once(Effect::Read, outcome, repeats) {
                let answer = tried.map_err(|(Lost::Answer(error) | Lost::Body(error))| unreachable_x(error))?;
                return self.accept(answer);
            }
        }
        // `repeat_at_once` ends the loop; this keeps the compiler content without a panic.
        Err(unreachable_x(TransportError::maybe_sent(Fault::ConnectionBroken)))
    }

    /// Writes at X, once.
    ///
    /// # Errors
    /// [`WriteFailure`] says whether X did it.
    pub fn write(&self, write: Write) -> Result<Answer, WriteFailure> {
        let request = self.request(write.method, &write.path, write.content_type, write.body).map_err(WriteFailure::NotDone)?;
        match self.exchange(request) {
            Ok(answer) if (200..300).contains(&answer.status) => self.accept(answer).map_err(|failure| match failure.case() {
                // Errors that nobody knows, and no data: it may have been done all the same.
                Case::UnexpectedResponse => WriteFailure::Unknown(failure),
                _ => WriteFailure::NotDone(failure),
            }),
            Ok(answer) if (400..500).contains(&answer.status) => Err(WriteFailure::NotDone(self.refusal(&answer))),
            Ok(answer) => Err(WriteFailure::Unknown(self.refusal(&answer))),
            Err(Lost::Body(error)) => Err(WriteFailure::Done(unreachable_x(error))),
            Err(Lost::Answer(error)) if error.sent == Sent::No => Err(WriteFailure::NotDone(unreachable_x(error))),
            Err(Lost::Answer(error)) => Err(WriteFailure::Unknown(unreachable_x(error))),
        }
    }

    /// Asks another host than X for something, without a credential. Redirects are not followed.
    ///
    /// # Errors
    /// The fault of the way.
    pub fn fetch(&self, target: Target, headers: Vec<(&'static str, String)>) -> Result<Response, TransportError> {
        self.send(Request { method: Method::Get, target, headers, body: Body::Empty })
    }

    /// Adds to the bill of the call.
    pub fn bill(&self, item: Item, count: usize) {
        if let Ok(mut bill) = self.bill.try_borrow_mut() {
            bill.add(item, count);
        }
    }

    /// How the call went.
    #[must_use]
    pub fn receipt(&self, outcome: Outcome) -> Receipt {
        Receipt {
            outcome,
            charges: self.bill.borrow().charges(),
            rate_limits: self.rate_limits.borrow().clone(),
            request_id: self.request_id.borrow().clone(),
        }
    }

    /// X's clock by its last answer, or the host's before there was one; hosts' clocks are off by an hour at times.
    #[must_use]
    pub fn x_unix_ms(&self) -> u64 {
        self.server_ms.get().unwrap_or_else(|| self.edge.unix_ms() / 1_000 * 1_000)
    }

    #[must_use]
    pub fn own_id(&self) -> Option<UserId> {
        self.own_id.get()
    }

    pub fn keep_own_id(&self, id: UserId) {
        self.own_id.set(Some(id));
    }

    fn request(&self, method: Method, path: &str, content_type: Option<String>, body: Body) -> Result<Request, Failure> {
        let base = &self.connection.base;
        let mut request = Request {
            method,
            target: Target { plain: base.plain, authority: base.authority.clone(), path: path.to_string() },
            headers: Vec::from([("accept", "application/json".to_string()), ("user-agent", USER_AGENT.to_string())]),
            body,
        };
        request.headers.extend(content_type.map(|value| ("content-type", value)));
        self.connection.credential.authorize(&mut request)?;
        Ok(request)
    }

    fn send(&self, request: Request) -> Result<Response, TransportError> {
        if self.edge.now() >= self.deadline {
            return Err(TransportError::not_sent(Fault::Deadline));
        }
        self.edge.send(request, self.deadline)
    }

    /// Sends and reads the whole answer.
    fn exchange(&self, request: Request) -> Result<Answer, Lost> {
        let mut response = self.send(request).map_err(Lost::Answer)?;
        let unix_ms = self.edge.unix_ms();
        if let Ok(mut limits) = self.rate_limits.try_borrow_mut() {
            *limits = rate_limit::read(&response.headers, unix_ms);
        }
        let echoes = |id: &&str| self.connection.credential.stands_in(id);
        let request_id = request_id(&response.headers).filter(|id| !echoes(id)).map(ToString::to_string);
        if let Ok(mut id) = self.request_id.try_borrow_mut() {
            id.clone_from(&request_id);
        }
        self.server_ms.set(rate_limit::server_time_ms(&response.headers));
        let json = match read_all(&mut *response.body, LARGEST_ANSWER) {
            Ok(body) => Json::read(&body),
            Err(error) if (200..300).contains(&response.status) => return Err(Lost::Body(error)),
            // A refusal is one by its status; its body only explains it.
            Err(_) => None,
        };
        Ok(Answer { status: response.status, headers: response.headers, json, request_id, unix_ms })
    }

    /// A success, unless it carries `errors` and nothing else.
    fn accept(&self, answer: Answer) -> Result<Answer, Failure> {
        if !(200..300).contains(&answer.status) {
            return Err(self.refusal(&answer));
        }
        let json = answer.json.as_ref().unwrap_or(&Json::Null);
        let only_errors = json.get("data").is_null() && json.get("meta").is_null() && !json.get("errors").items().is_empty();
        if only_errors {
            return Err(self.refusal(&answer));
        }
        Ok(answer)
    }

    fn refusal(&self, answer: &Answer) -> Failure {
        let body = answer.json.as_ref().map(ProblemBody::from_json).unwrap_or_default();
        self.clean(classify::refusal(answer.status, &body, &answer.headers, answer.unix_ms))
    }

    /// An answer that echoes the credential is not quoted.
    fn clean(&self, failure: Failure) -> Failure {
        let echoes = |text: &str| self.connection.credential.stands_in(text);
        if failure.quotes().any(echoes) { failure.without_quotes() } else { failure }
    }
}

/// X's name of the call, where it looks like one: a server may send anything there.
#[must_use]
pub fn request_id(headers: &[(String, String)]) -> Option<&str> {
    let fits = |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    header(headers, "x-transaction-id").filter(fits)
}

const USER_AGENT: &str = concat!("x-connector/", env!("CARGO_PKG_VERSION"));

impl Answer {
    /// The `data` of the answer.
    ///
    /// # Errors
    /// [`Case::UnexpectedResponse`] when it is not there.
    pub fn data(&self) -> Result<&Json, Failure> {
        Some(self.json()?.get("data")).filter(|data| !data.is_null()).ok_or_else(|| self.unreadable("it holds no data"))
    }

    /// The whole answer.
    ///
    /// # Errors
    /// [`Case::UnexpectedResponse`] when it is no JSON.
    pub fn json(&self) -> Result<&Json, Failure> {
        self.json.as_ref().ok_or_else(|| self.unreadable("it is no JSON"))
    }

    /// A text of `data`.
    ///
    /// # Errors
    /// [`Case::UnexpectedResponse`] when it is not there.
    pub fn text(&self, name: &str) -> Result<String, Failure> {
        self.data()?.get(name).to_text().ok_or_else(|| self.unreadable(&format!("data.{name} is not there")))
    }

    /// A truth value of `data`, by either of two names.
    ///
    /// # Errors
    /// [`Case::UnexpectedResponse`] when it is not there.
    pub fn truth(&self, names: [&str; 2]) -> Result<bool, Failure> {
        self.data()?
            .get_either(names)
            .as_bool()
            .ok_or_else(|| self.unreadable(&format!("data.{} is not there", names.first().copied().unwrap_or_default())))
    }

    /// A failure that says why the answer cannot be used.
    #[must_use]
    pub fn unreadable(&self, why: &str) -> Failure {
        Failure::new(Case::UnexpectedResponse, "unreadable-answer", Party::X, format!("X's answer cannot be read: {why}"))
            .status(self.status)
            .request_id(self.request_id.as_deref())
            .rate_limit(rate_limit::deciding(&rate_limit::read(&self.headers, self.unix_ms)))
    }

    /// A moment of the host's clock on X's clock; hosts' clocks are off by an hour at times. It errs up to 2 s towards the past.
    #[must_use]
    pub fn on_server_clock(&self, unix_ms: u64) -> u64 {
        let Some(server) = self.server_time_ms() else {
            return unix_ms;
        };
        (unix_ms + server).saturating_sub(self.unix_ms).saturating_sub(2_000)
    }

    /// X's clock when it answered, in milliseconds since 1970, to the second.
    #[must_use]
    pub fn server_time_ms(&self) -> Option<u64> {
        rate_limit::server_time_ms(&self.headers)
    }
}

impl WriteFailure {
    /// The failure of a write that may be repeated without harm, since doing it twice is doing it once.
    #[must_use]
    pub fn of_idempotent(self) -> Failure {
        match self {
            Self::NotDone(failure) => failure,
            Self::Done(failure) | Self::Unknown(failure) => {
                let why = failure.problem().message.clone();
                failure.recast(
                    Case::Unavailable,
                    "outcome-unknown",
                    format!("{why}; whether X did it is not known, and repeating it does no harm"),
                )
            }
        }
    }
}

/// The failure of a request that got no answer.
#[must_use]
pub fn unreachable_x(error: TransportError) -> Failure {
    let (case, code, party, message) = match error.fault {
        Fault::NameNotResolved => {
            (Case::Unavailable, "name-not-resolved", Party::Operator, "X's name could not be resolved; check the host's network")
        }
        Fault::ConnectionRefused => {
            (Case::Unavailable, "connection-refused", Party::Operator, "no connection to X; check the host's network and X_API_BASE_URL")
        }
        Fault::ConnectTimeout => (Case::Unavailable, "connect-timeout", Party::Wait, "no connection to X in time; try again"),
        Fault::Tls => (
            Case::Unavailable,
            "tls-failed",
            Party::Operator,
            "the secure connection to X failed; check the host's clock, certificates and proxies",
        ),
        Fault::Denied => {
            (Case::EgressDenied, "egress-denied", Party::Operator, "the host's egress policy does not allow X's address; allow it")
        }
        Fault::NotAccepted => (Case::UnexpectedResponse, "request-not-accepted", Party::Operator, "the host does not send this request"),
        Fault::Deadline => (
            Case::Unavailable,
            "deadline",
            Party::Wait,
            "X did not answer before the deadline of the call; try again, or raise X_CALL_DEADLINE_MS",
        ),
        Fault::ConnectionBroken => {
            (Case::Unavailable, "connection-broken", Party::Wait, "the connection to X broke before the answer was complete; try again")
        }
        Fault::Protocol => {
            (Case::Unavailable, "no-http", Party::Operator, "what came back is no HTTP answer; check proxies and X_API_BASE_URL")
        }
        Fault::TooLarge => (Case::UnexpectedResponse, "answer-too-large", Party::X, "X's answer is larger than 4 MiB"),
    };
    Failure::new(case, code, party, message)
}
