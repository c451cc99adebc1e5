//! An answer of X that was read to its end, and what can be read from it.

use alloc::{format, string::String, vec::Vec};

use crate::classify::Attempt;
use crate::error::{Case, Failure, Party};
use crate::json::Json;
use crate::rate_limit;
use crate::transport::header;

/// An answer that was read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// The body as JSON, where it is.
    pub(super) json: Option<Json>,
    /// X's name of the call.
    pub(super) request_id: Option<String>,
    /// The host's clock when the answer came.
    pub unix_ms: u64,
    /// What the request was authorized with.
    pub attempt: Attempt,
}

/// X's name of the call, where it looks like one: a server may send anything there.
#[must_use]
pub fn request_id(headers: &[(String, String)]) -> Option<&str> {
    let fits = |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    header(headers, "x-transaction-id").filter(fits)
}

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
