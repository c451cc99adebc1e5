//! A record of what a connector said and heard, without its secrets.

use super::{Fault, Redactor};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use wasmtime_wasi_http::{Error as WasiError, WasiBody};

/// One request and its answer, as far as they went. Secrets are taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Exchange {
    /// When the request began, in milliseconds since 1970.
    pub started_at_ms: u64,
    /// The method.
    pub method: String,
    /// Host, and port when it is not the usual one.
    pub authority: String,
    /// Path and query.
    pub path: String,
    /// The answer's status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// From the request's begin to the answer's head, in microseconds.
    pub head_us: u64,
    /// From the request's begin to the answer's end, in microseconds.
    pub total_us: u64,
    /// How many bytes the request's body had.
    pub request_bytes: u64,
    /// How many bytes the answer's body had, as far as it was read.
    pub response_bytes: u64,
    /// The request's headers.
    pub request_headers: BTreeMap<String, String>,
    /// The answer's headers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub response_headers: BTreeMap<String, String>,
    /// The start of the request's body, when it is text or JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_excerpt: Option<String>,
    /// The start of the answer's body, when it is text or JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_excerpt: Option<String>,
}

/// Takes exchanges, each when its answer has been read or has failed.
pub trait Sink: Send + Sync {
    /// Takes one exchange. Called on the task that reads the answer: be quick.
    fn record(&self, exchange: Exchange);

    /// How many bytes of a body are kept at most. 4096.
    fn excerpt_bytes(&self) -> usize {
        4096
    }
}

/// Collects exchanges in memory.
impl Sink for Mutex<Vec<Exchange>> {
    fn record(&self, exchange: Exchange) {
        self.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }
}

/// Writes every exchange as one line of JSON.
pub struct JsonLines<W>(Mutex<W>);

impl<W: Write + Send> JsonLines<W> {
    /// Writes to `writer`; errors of the writer are logged, they never fail a call.
    pub fn new(writer: W) -> Self {
        Self(Mutex::new(writer))
    }
}

impl<W> fmt::Debug for JsonLines<W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("JsonLines").finish_non_exhaustive()
    }
}

impl<W: Write + Send> Sink for JsonLines<W> {
    fn record(&self, exchange: Exchange) {
        let mut line = match serde_json::to_vec(&exchange) {
            Ok(line) => line,
            Err(error) => return tracing::error!("an exchange was not recorded: {error}"),
        };
        line.push(b'\n');
        let mut writer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = writer.write_all(&line).and_then(|()| writer.flush()) {
            tracing::error!("an exchange was not recorded: {error}");
        }
    }
}

/// A sink with the secrets of one call.
#[derive(Clone)]
pub(crate) struct Recorder {
    pub(crate) sink: Arc<dyn Sink>,
    pub(crate) redactor: Arc<Redactor>,
}

/// What has been seen of a body.
#[derive(Default)]
struct Seen {
    bytes: u64,
    excerpt: Vec<u8>,
    limit: usize,
}

impl Seen {
    fn take(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        let room = self.limit.saturating_sub(self.excerpt.len());
        self.excerpt.extend_from_slice(&bytes[..room.min(bytes.len())]);
    }
}

type Shared = Arc<Mutex<Seen>>;

/// An exchange on its way.
pub(crate) struct Recording {
    recorder: Recorder,
    began: Instant,
    exchange: Exchange,
    request: Shared,
    request_is_text: bool,
}

impl Recorder {
    /// Begins to record a request.
    pub(crate) fn start(&self, request: Request<WasiBody>) -> (Request<WasiBody>, Recording) {
        let seen = self.seen(request.headers());
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let recording = Recording {
            recorder: self.clone(),
            began: Instant::now(),
            exchange: Exchange {
                started_at_ms: SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)),
                method: parts.method.to_string(),
                authority: parts.uri.authority().map(ToString::to_string).unwrap_or_default(),
                path: self.redactor.redact(path).into_owned(),
                status: None,
                fault: None,
                head_us: 0,
                total_us: 0,
                request_bytes: 0,
                response_bytes: 0,
                request_headers: self.headers(&parts.headers),
                response_headers: BTreeMap::new(),
                request_excerpt: None,
                response_excerpt: None,
            },
            request: Arc::clone(&seen),
            request_is_text: is_text(&parts.headers),
        };
        let body = Tapped { body, seen, done: None };
        (Request::from_parts(parts, body.boxed_unsync()), recording)
    }

    fn seen(&self, headers: &HeaderMap) -> Shared {
        Arc::new(Mutex::new(Seen { limit: if is_text(headers) { self.sink.excerpt_bytes() } else { 0 }, ..Seen::default() }))
    }

    fn headers(&self, headers: &HeaderMap) -> BTreeMap<String, String> {
        let mut out = BTreeMap::<String, String>::new();
        for (name, value) in headers {
            let value = if is_secret(name.as_str()) {
                "[redacted]".into()
            } else {
                let text = String::from_utf8_lossy(value.as_bytes());
                self.redactor.redact(&text).into_owned()
            };
            out.entry(name.to_string())
                .and_modify(|all| {
                    all.push_str(", ");
                    all.push_str(&value);
                })
                .or_insert(value);
        }
        out
    }

    fn excerpt(&self, seen: &Seen) -> String {
        let text = String::from_utf8_lossy(&seen.excerpt);
        let mut text = self.redactor.redact(&text).into_owned();
        if seen.bytes > seen.excerpt.len() as u64 {
            // A secret that the limit cut in two has a rest that no form matches.
            let end = text.len().saturating_sub(self.redactor.longest());
            text.truncate(text.floor_char_boundary(end));
        }
        text
    }
}

impl Recording {
    /// Takes the answer's head; the exchange is recorded when its body has been read or dropped.
    pub(crate) fn finish(mut self, answer: Result<Response<WasiBody>, Fault>) -> Result<Response<WasiBody>, Fault> {
        self.exchange.head_us = micros(self.began);
        match answer {
            Err(fault) => {
                self.exchange.fault = Some(fault.to_string());
                self.record(None);
                Err(fault)
            }
            Ok(answer) => {
                let (parts, body) = answer.into_parts();
                self.exchange.status = Some(parts.status.as_u16());
                self.exchange.response_headers = self.recorder.headers(&parts.headers);
                let body = Tapped { body, seen: self.recorder.seen(&parts.headers), done: Some((self, is_text(&parts.headers))) };
                Ok(Response::from_parts(parts, body.boxed_unsync()))
            }
        }
    }

    fn record(mut self, response: Option<(&Seen, bool)>) {
        {
            let request = self.request.lock().unwrap_or_else(PoisonError::into_inner);
            self.exchange.request_bytes = request.bytes;
            if self.request_is_text && request.bytes > 0 {
                self.exchange.request_excerpt = Some(self.recorder.excerpt(&request));
            }
        }
        if let Some((response, is_text)) = response {
            self.exchange.response_bytes = response.bytes;
            if is_text && response.bytes > 0 {
                self.exchange.response_excerpt = Some(self.recorder.excerpt(response));
            }
        }
        self.exchange.total_us = micros(self.began);
        self.recorder.sink.record(self.exchange);
    }
}

/// A body that is looked at while it passes.
struct Tapped {
    body: WasiBody,
    seen: Shared,
    /// For an answer: what is to be recorded at its end, and whether it is text.
    done: Option<(Recording, bool)>,
}

impl HttpBody for Tapped {
    type Data = Bytes;
    type Error = WasiError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, WasiError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(bytes) = frame.data_ref()
        {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).take(bytes);
        }
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.end();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Tapped {
    fn end(&mut self) {
        if let Some((recording, is_text)) = self.done.take() {
            let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            recording.record(Some((&seen, is_text)));
        }
    }
}

impl Drop for Tapped {
    fn drop(&mut self) {
        self.end();
    }
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// Whether a header's value is never recorded, whatever it holds.
fn is_secret(name: &str) -> bool {
    const PARTS: [&str; 6] = ["auth", "cookie", "token", "secret", "api-key", "credential"];
    PARTS.iter().any(|part| name.contains(part))
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| {
        let kind = kind.to_ascii_lowercase();
        kind.starts_with("text/") || kind.contains("json") || kind.contains("x-www-form-urlencoded")
    })
}

#[cfg(test)]
mod tests;
