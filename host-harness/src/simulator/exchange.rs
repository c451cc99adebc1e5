//! The log of requests and answers, without credentials.

use std::collections::VecDeque;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde::Serialize;
use serde_json::Value;

use super::intake::media_type;

/// A request and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    /// When it came in, in milliseconds since 1970 on the simulator's clock.
    pub at_ms: u64,
    /// The request's method.
    pub method: String,
    /// The path as it was sent.
    pub path: String,
    /// X's template of the path, if it has one.
    pub template: Option<&'static str>,
    /// The decoded query parameters in order.
    pub query: Vec<(String, String)>,
    /// The request's headers in lower case; `authorization` is left out.
    pub request_headers: Vec<(String, String)>,
    /// The request's body.
    pub request_body: RecordedBody,
    /// The answer's status; nothing when the connection was broken or hung before it.
    pub status: Option<u16>,
    /// The answer's headers in lower case.
    pub response_headers: Vec<(String, String)>,
    /// The answer's body.
    pub response_body: RecordedBody,
    /// Whether a fault had a hand in it.
    pub fault: bool,
}

/// A body as the log keeps it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordedBody {
    /// There was none, or nobody read it.
    #[default]
    Empty,
    /// JSON.
    Json(Value),
    /// The parts of a form, without the files' bytes.
    Multipart(Vec<Part>),
    /// Something else.
    Other {
        /// Its content type as it was sent.
        content_type: String,
        /// How many bytes it has.
        length: u64,
    },
}

/// A part of a multipart body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// The file's name, if one was sent.
    pub file_name: Option<String>,
    /// The part's own content type, if one was sent.
    pub content_type: Option<String>,
    /// How many bytes it has.
    pub length: u64,
    /// What a field other than the file says.
    pub text: Option<String>,
}

impl RecordedBody {
    pub(crate) fn of(content_type: &str, bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Empty;
        }
        if media_type(content_type).ends_with("json")
            && let Ok(value) = serde_json::from_slice(bytes)
        {
            return Self::Json(value);
        }
        Self::Other { content_type: content_type.to_owned(), length: bytes.len() as u64 }
    }
}

/// Header pairs without credentials.
pub(crate) fn header_pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| *name != AUTHORIZATION)
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect()
}

/// The newest exchanges, up to a limit.
#[derive(Debug, Default)]
pub(crate) struct ExchangeLog {
    kept: VecDeque<Exchange>,
}

impl ExchangeLog {
    pub fn add(&mut self, exchange: Exchange, limit: usize) {
        while self.kept.len() >= limit {
            self.kept.pop_front();
        }
        self.kept.push_back(exchange);
    }

    pub fn all(&self) -> Vec<Exchange> {
        self.kept.iter().cloned().collect()
    }

    pub fn clear(&mut self) {
        self.kept.clear();
    }
}
