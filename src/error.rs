//! The one internal error: a WIT `error` case and its `problem`, built step by step.

use alloc::{
    boxed::Box,
    string::{String, ToString},
};

use crate::bindings::types::{Error, RateLimit};
pub use crate::bindings::types::{Party, Problem};

/// The cases of WIT's `error` that the guest returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    InvalidInput,
    Unauthorized,
    Forbidden,
    NotFound,
    Conflict,
    OutOfCredits,
    OutcomeUnknown,
    UnexpectedResponse,
    RateLimited,
    Unavailable,
    EgressDenied,
}

/// Why a call failed. Boxed, so that results stay small.
#[derive(Debug, Clone)]
pub struct Failure(Box<(Case, Problem)>);

impl Failure {
    #[must_use]
    pub fn new(case: Case, code: &str, party: Party, message: impl Into<String>) -> Self {
        Self(Box::new((
            case,
            Problem {
                code: code.to_string(),
                message: message.into(),
                who_must_act: party,
                field: None,
                status: None,
                retry_after_ms: None,
                request_id: None,
                docs_url: None,
                excerpt: None,
                rate_limit: None,
            },
        )))
    }

    /// A parameter that is wrong; `message` follows the field's name.
    #[must_use]
    pub fn invalid(field: &str, code: &str, message: &str) -> Self {
        let text = alloc::format!("{field} {message}");
        Self::new(Case::InvalidInput, code, Party::Author, text).field(field)
    }

    #[must_use]
    pub fn field(mut self, field: &str) -> Self {
        self.0.1.field = Some(field.to_string());
        self
    }

    /// Names the field, when none is named yet.
    #[must_use]
    pub fn or_field(self, field: &str) -> Self {
        if self.0.1.field.is_some() { self } else { self.field(field) }
    }

    #[must_use]
    pub fn party(mut self, party: Party) -> Self {
        self.0.1.who_must_act = party;
        self
    }

    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.0.1.status = Some(status);
        self
    }

    #[must_use]
    pub fn retry_after_ms(mut self, milliseconds: Option<u64>) -> Self {
        self.0.1.retry_after_ms = milliseconds;
        self
    }

    #[must_use]
    pub fn request_id(mut self, id: Option<&str>) -> Self {
        self.0.1.request_id = id.map(ToString::to_string);
        self
    }

    #[must_use]
    pub fn docs(mut self, url: &str) -> Self {
        self.0.1.docs_url = Some(url.to_string());
        self
    }

    #[must_use]
    pub fn excerpt(mut self, excerpt: Option<String>) -> Self {
        self.0.1.excerpt = excerpt;
        self
    }

    #[must_use]
    pub fn rate_limit(mut self, limit: Option<RateLimit>) -> Self {
        self.0.1.rate_limit = limit;
        self
    }

    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.0.1.message = message.into();
        self
    }

    /// The same problem under another case, code and message.
    #[must_use]
    pub fn recast(mut self, case: Case, code: &str, message: impl Into<String>) -> Self {
        self.0.0 = case;
        self.0.1.code = code.to_string();
        self.message(message)
    }

    /// The parts that hold X's own words.
    pub fn quotes(&self) -> impl Iterator<Item = &str> {
        let problem = &self.0.1;
        [&problem.excerpt, &problem.request_id, &problem.field].into_iter().filter_map(|part| part.as_deref())
    }

    /// Without X's own words.
    #[must_use]
    pub fn without_quotes(mut self) -> Self {
        let problem = &mut self.0.1;
        (problem.excerpt, problem.request_id, problem.field) = (None, None, None);
        self
    }

    #[must_use]
    pub fn case(&self) -> Case {
        self.0.0
    }

    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.0.1
    }

    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.1.code
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let (case, problem) = *failure.0;
        match case {
            Case::InvalidInput => Self::PermanentInvalidInput(problem),
            Case::Unauthorized => Self::PermanentUnauthorized(problem),
            Case::Forbidden => Self::PermanentForbidden(problem),
            Case::NotFound => Self::PermanentNotFound(problem),
            Case::Conflict => Self::PermanentConflict(problem),
            Case::OutOfCredits => Self::PermanentOutOfCredits(problem),
            Case::OutcomeUnknown => Self::PermanentOutcomeUnknown(problem),
            Case::UnexpectedResponse => Self::PermanentUnexpectedResponse(problem),
            Case::RateLimited => Self::RateLimited(problem),
            Case::Unavailable => Self::Unavailable(problem),
            Case::EgressDenied => Self::EgressDenied(problem),
        }
    }
}
