//! One call's conversation with X: authorizes, sends within the deadline, keeps the bill, and sorts what came back.

pub mod answer;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
mod unreachable;

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::cell::{Cell, RefCell};

pub use answer::{Answer, request_id};
pub use unreachable::unreachable_x;

use crate::auth::oauth1::Moment;
use crate::auth::{Accepts, Credential, Kind};
use crate::bindings::types::{Outcome, RateLimit, Receipt};
use crate::classify::{self, Attempt};
use crate::connection::Connection;
use crate::cost::{Bill, Item};
use crate::error::{Case, Failure, Party};
use crate::id::UserId;
use crate::json::Json;
use crate::rate_limit;
use crate::retry::{self, Effect, Try};
use crate::transport::{Body, Edge, Fault, Instant, Method, Request, Response, Sent, Target, TransportError, read_all};
use crate::x::problem_body::ProblemBody;

/// What an answer may have at most. X's largest pages have about 1 MB.
pub const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

const USER_AGENT: &str = concat!("x-connector/", env!("CARGO_PKG_VERSION"));

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
    skew_ms: Cell<Option<i64>>,
}

/// A write, before it is authorized.
pub struct Write {
    pub method: Method,
    pub path: String,
    pub content_type: Option<String>,
    pub body: Body,
    pub accepts: Accepts,
}

impl Write {
    /// A write that carries JSON.
    #[must_use]
    pub fn json(method: Method, path: String, body: &Json, accepts: Accepts) -> Self {
        let content_type = Some("application/json".to_string());
        Self { method, path, content_type, body: Body::Bytes(body.write().into_bytes()), accepts }
    }
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
            skew_ms: Cell::default(),
        }
    }

    /// The credential for a request. Whoever is going to write asks before the first byte leaves, so that nothing is half done.
    ///
    /// # Errors
    /// `missing-credential` or `placeholder-cannot-sign` as [`crate::auth::Credentials::choose`] says, and `missing-scopes`
    /// when the account is known not to have granted what the request needs.
    pub fn credential(&self, accepts: Accepts) -> Result<Credential<'a>, Failure> {
        let connection = self.connection;
        let credential = connection.credentials.choose(accepts)?;
        if let (Kind::UserBearer, Some(granted)) = (credential.kind(), &connection.granted_scopes) {
            let missing = accepts.missing_scopes(granted);
            if !missing.is_empty() {
                let message = format!("the account has not granted {}, which this needs; connect it again with that", missing.join(" "));
                return Err(Failure::new(Case::Forbidden, "missing-scopes", Party::AccountOwner, message).field("X_GRANTED_SCOPES"));
            }
        }
        Ok(credential)
    }

    /// Reads from X. Passing faults are tried again at once, at most twice.
    ///
    /// # Errors
    /// What [`Self::credential`] says, X's refusal, or the fault of the way, as a [`Failure`].
    pub fn read(&self, path: &str, accepts: Accepts) -> Result<Answer, Failure> {
        for repeats in 0.. {
            let tried = self.exchange(self.request(Method::Get, path, None, Body::Empty, accepts)?);
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
        let Write { method, path, content_type, body, accepts } = write;
        let request = self.request(method, &path, content_type, body, accepts).map_err(WriteFailure::NotDone)?;
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

    /// What is left until the deadline of the call, in milliseconds.
    #[must_use]
    pub fn left_ms(&self) -> u64 {
        self.deadline.0.saturating_sub(self.edge.now().0) / 1_000_000
    }

    /// Waits. Whoever does that leaves time before the deadline for what comes then.
    pub fn wait_ms(&self, milliseconds: u64) {
        let moment = self.edge.now().0.saturating_add(milliseconds.saturating_mul(1_000_000));
        self.edge.wait_until(Instant(moment.min(self.deadline.0)));
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

    /// How far the host's clock is ahead of X's, in milliseconds, by X's last answer; to the second.
    #[must_use]
    pub fn clock_skew_ms(&self) -> Option<i64> {
        self.skew_ms.get()
    }

    /// A fresh nonce at this moment: X's own, where an answer has told how far the host's clock is off.
    #[must_use]
    pub fn moment(&self) -> Moment {
        let skew_ms = self.skew_ms.get().unwrap_or_default();
        Moment::new(self.edge, self.edge.unix_ms().saturating_add_signed(skew_ms.saturating_neg()) / 1_000)
    }

    #[must_use]
    pub fn own_id(&self) -> Option<UserId> {
        self.own_id.get()
    }

    pub fn keep_own_id(&self, id: UserId) {
        self.own_id.set(Some(id));
    }

    /// A request to X that nothing authorizes yet; the steps of connecting have manners of their own.
    #[must_use]
    pub fn plain_request(&self, method: Method, path: &str, body: Body) -> Request {
        let base = &self.connection.base;
        Request {
            method,
            target: Target { plain: base.plain, authority: base.authority.clone(), path: path.to_string() },
            headers: Vec::from([("accept", "application/json".to_string()), ("user-agent", USER_AGENT.to_string())]),
            body,
        }
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        content_type: Option<String>,
        body: Body,
        accepts: Accepts,
    ) -> Result<(Request, Attempt), Failure> {
        let credential = self.credential(accepts)?;
        let mut request = self.plain_request(method, path, body);
        request.headers.extend(content_type.map(|value| ("content-type", value)));
        let signed_at = credential.authorize(&mut request, || self.moment());
        Ok((request, Attempt { kind: credential.kind(), accepts, signed_at }))
    }

    /// Sends a request within the deadline of the call, once.
    ///
    /// # Errors
    /// The fault of the way.
    pub fn send(&self, request: Request) -> Result<Response, TransportError> {
        if self.edge.now() >= self.deadline {
            return Err(TransportError::not_sent(Fault::Deadline));
        }
        self.edge.send(request, self.deadline)
    }

    /// Sends and reads the whole answer.
    fn exchange(&self, (request, attempt): (Request, Attempt)) -> Result<Answer, Lost> {
        let mut response = self.send(request).map_err(Lost::Answer)?;
        let unix_ms = self.edge.unix_ms();
        if let Ok(mut limits) = self.rate_limits.try_borrow_mut() {
            *limits = rate_limit::read(&response.headers, unix_ms);
        }
        let echoes = |id: &&str| self.connection.stands_in(id);
        let request_id = request_id(&response.headers).filter(|id| !echoes(id)).map(ToString::to_string);
        if let Ok(mut id) = self.request_id.try_borrow_mut() {
            id.clone_from(&request_id);
        }
        self.set_clock(&response.headers, unix_ms);
        let json = match read_all(&mut *response.body, LARGEST_ANSWER) {
            Ok(body) => Json::read(&body),
            Err(error) if (200..300).contains(&response.status) => return Err(Lost::Body(error)),
            // A refusal is one by its status; its body only explains it.
            Err(_) => None,
        };
        Ok(Answer { status: response.status, headers: response.headers, json, request_id, unix_ms, attempt })
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

    /// Learns X's clock from an answer.
    pub fn set_clock(&self, headers: &[(String, String)], unix_ms: u64) {
        let server_ms = rate_limit::server_time_ms(headers);
        self.server_ms.set(server_ms);
        if let Some(server_ms) = server_ms {
            self.skew_ms.set(Some(unix_ms.cast_signed().saturating_sub(server_ms.cast_signed())));
        }
    }

    fn refusal(&self, answer: &Answer) -> Failure {
        let body = answer.json.as_ref().map(ProblemBody::from_json).unwrap_or_default();
        let failure = self.clean(classify::refusal(answer.status, &body, &answer.headers, answer.unix_ms, &answer.attempt));
        // The excerpt is cut, perhaps within a secret.
        if self.connection.stands_in(&body.detail) { failure.without_quotes() } else { failure }
    }

    /// An answer that echoes a secret is not quoted.
    #[must_use]
    pub fn clean(&self, failure: Failure) -> Failure {
        let echoes = |text: &str| self.connection.stands_in(text);
        if failure.quotes().any(echoes) { failure.without_quotes() } else { failure }
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
