//! The log of requests and answers, without credentials.

use std::collections::VecDeque;

use http::HeaderMap;
use http::header::{AUTHORIZATION, LOCATION};
use serde::Serialize;
use serde_json::Value;

use super::authorization;
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

const REDACTED: &str = "[redacted]";
/// What of the authorization server's parameters and answers is no secret.
const HARMLESS: &[&str] = &[
    "account",
    "client_id",
    "code_challenge_method",
    "decision",
    "error",
    "error_description",
    "expires_in",
    "grant_type",
    "oauth_callback",
    "redirect_uri",
    "response_type",
    "revoked",
    "scope",
    "subject_token_type",
    "token_type",
    "token_type_hint",
];

impl Exchange {
    /// Whether the authorization server answered: consent pages, and the endpoints that give tokens or take them back.
    #[must_use]
    pub fn is_authorization(&self) -> bool {
        self.template.is_some_and(|template| authorization::STEPS.iter().any(|step| step.path == template))
    }

    /// Whether X's OpenAPI describes this exchange: not the authorization server, nor the balance, nor the usage, whose numbers
    /// are text in version 2.167 and integers in 2.166, nor the refusal of a signature, which is of an older kind.
    #[must_use]
    pub fn is_in_openapi(&self) -> bool {
        let older = matches!(&self.response_body, RecordedBody::Json(body) if body["errors"][0]["code"].is_number());
        let usage = self.template.is_some_and(|template| template.starts_with("/2/usage/"));
        !self.is_authorization() && !usage && !older
    }

    /// Blackens what can be used to act for somebody.
    pub(crate) fn redact(&mut self) {
        if !self.is_authorization() {
            return;
        }
        blacken(&mut self.query);
        if let RecordedBody::Other { form, .. } = &mut self.request_body {
            blacken(form);
        }
        if let RecordedBody::Json(Value::Object(members)) = &mut self.response_body {
            let secret = members.iter_mut().filter(|(name, value)| value.is_string() && !HARMLESS.contains(&name.as_str()));
            secret.for_each(|(_, value)| *value = REDACTED.into());
        }
        let places = self.response_headers.iter_mut().filter(|(name, _)| name == LOCATION.as_str());
        for (_, place) in places {
            // The query has the code.
            place.truncate(place.find('?').unwrap_or(place.len()));
        }
    }
}

fn blacken(pairs: &mut [(String, String)]) {
    let secret = pairs.iter_mut().filter(|(name, _)| !HARMLESS.contains(&name.as_str()));
    secret.for_each(|(_, value)| REDACTED.clone_into(value));
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
        /// The decoded pairs of a form that is written like a query.
        form: Vec<(String, String)>,
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

impl Part {
    /// A part of which no byte was read yet.
    pub(crate) fn before(field: &multer::Field<'_>) -> Self {
        Self {
            name: field.name().unwrap_or_default().to_owned(),
            file_name: field.file_name().map(str::to_owned),
            content_type: field.content_type().map(ToString::to_string),
            length: 0,
            text: None,
        }
    }
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
        let is_form = media_type(content_type).eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let form = if is_form { url::form_urlencoded::parse(bytes).into_owned().collect() } else { Vec::new() };
        Self::Other { content_type: content_type.to_owned(), length: bytes.len() as u64, form }
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
