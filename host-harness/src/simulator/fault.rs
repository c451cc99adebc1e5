//! Faults on demand: which request they hit, when they fire, and what they do.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;

/// Something that goes wrong for requests of one kind.
///
/// ```
/// use x_connector_host::simulator::{Effect, Fault};
///
/// let lost_answer = Fault::at("POST", "/2/tweets", Effect::Reset).after_effect().nth(2);
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    method: Option<Method>,
    path: Option<String>,
    when: When,
    moment: Moment,
    effect: Effect,
    seen: u64,
}

/// Which of the matching requests are hit, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// All of them.
    Always,
    /// That one alone.
    Nth(u64),
    /// Each so many-th.
    Every(u64),
    /// The first so many.
    Next(u64),
}

/// On which side of the request's effect the fault lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// X does nothing of what was asked.
    Before,
    /// X does it, and then things go wrong.
    After,
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Effect {
    /// This answer instead, as `application/problem+json`.
    Status(StatusCode, Value),
    /// This answer instead, word for word.
    Answer {
        /// The status.
        status: StatusCode,
        /// All headers of interest; `content-length` is worked out.
        headers: Vec<(HeaderName, HeaderValue)>,
        /// The body.
        body: Vec<u8>,
    },
    /// A pause of real (tokio) time; then everything goes on.
    Delay(Duration),
    /// No answer ever.
    Hang,
    /// The connection breaks without an answer.
    Reset,
    /// The answer's head, so many bytes of its body, then the connection breaks.
    CutBody(usize),
    /// The answer's head, so many bytes of its body, then nothing ever.
    HangBody(usize),
    /// The answer's status with a body that is no JSON.
    Garbage,
    /// A page for people, as a gateway would send it.
    Html(StatusCode),
    /// The answer with another content type.
    ContentType(HeaderValue),
    /// The answer with more headers.
    Headers(Vec<(HeaderName, HeaderValue)>),
    /// The answer's body, `step` bytes after each `pause` of real time.
    Drip {
        /// Bytes at a time.
        step: usize,
        /// Time before each of them.
        pause: Duration,
    },
    /// 302 to another address.
    Redirect(String),
    /// The answer's body behind so much white space that it has `length` bytes.
    Oversized(u64),
}

impl Fault {
    /// A fault of every request with this method and path template, before its effect.
    ///
    /// # Panics
    /// If `method` is no method.
    #[must_use]
    pub fn at(method: &str, path: &str, effect: Effect) -> Self {
        Self {
            method: Some(Method::from_bytes(method.as_bytes()).expect("an HTTP method")),
            path: Some(path.to_owned()),
            ..Self::everywhere(effect)
        }
    }

    /// A fault of every request, before its effect.
    #[must_use]
    pub fn everywhere(effect: Effect) -> Self {
        Self { method: None, path: None, when: When::Always, moment: Moment::Before, effect, seen: 0 }
    }

    /// Lets the request take effect first.
    #[must_use]
    pub fn after_effect(mut self) -> Self {
        self.moment = Moment::After;
        self
    }

    /// Hits the `n`th matching request from now alone, counted from 1.
    #[must_use]
    pub fn nth(mut self, n: u64) -> Self {
        self.when = When::Nth(n);
        self
    }

    /// Hits each `n`th matching request from now.
    #[must_use]
    pub fn every(mut self, n: u64) -> Self {
        self.when = When::Every(n);
        self
    }

    /// Hits the next `n` matching requests.
    #[must_use]
    pub fn next(mut self, n: u64) -> Self {
        self.when = When::Next(n);
        self
    }

    fn hits(&mut self, method: &Method, path: &str, template: Option<&str>) -> bool {
        let fits = self.method.as_ref().is_none_or(|wanted| wanted == method)
            && self.path.as_deref().is_none_or(|wanted| wanted == path || Some(wanted) == template);
        if !fits {
            return false;
        }
        self.seen += 1;
        match self.when {
            When::Always => true,
            When::Nth(n) => self.seen == n,
            When::Every(n) => self.seen.is_multiple_of(n.max(1)),
            When::Next(n) => self.seen <= n,
        }
    }
}

/// The faults in force, in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What this request has coming. Counting goes on for all that match.
    pub fn due(&mut self, method: &Method, path: &str, template: Option<&str>) -> Vec<(Moment, Effect)> {
        self.0.iter_mut().filter_map(|fault| fault.hits(method, path, template).then(|| (fault.moment, fault.effect.clone()))).collect()
    }
}

/// Adds headers, replacing those that are there.
pub(crate) fn set_headers(headers: &mut HeaderMap, more: &[(HeaderName, HeaderValue)]) {
    for (name, value) in more {
        headers.insert(name.clone(), value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(mut fault: Fault) -> Vec<bool> {
        (0..4).map(|_| fault.hits(&Method::POST, "/2/tweets", Some("/2/tweets"))).collect()
    }

    #[test]
    fn a_fault_fires_when_it_was_told_to() {
        let fault = || Fault::at("POST", "/2/tweets", Effect::Reset);
        assert_eq!(hits(fault()), [true, true, true, true]);
        assert_eq!(hits(fault().nth(2)), [false, true, false, false]);
        assert_eq!(hits(fault().every(2)), [false, true, false, true]);
        assert_eq!(hits(fault().next(3)), [true, true, true, false]);
    }

    #[test]
    fn a_fault_leaves_other_requests_alone() {
        let mut fault = Fault::at("DELETE", "/2/tweets/{id}", Effect::Hang).nth(1);
        assert!(!fault.hits(&Method::GET, "/2/tweets/1", Some("/2/tweets/{id}")));
        assert!(!fault.hits(&Method::DELETE, "/2/lists/1", None));
        assert!(fault.hits(&Method::DELETE, "/2/tweets/1", Some("/2/tweets/{id}")));
    }
}
