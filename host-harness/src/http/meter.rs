//! Counts what goes out while it goes, for whoever shows how far an upload is.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::BodyExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use wasmtime_wasi_http::WasiBody;

/// What one call has sent, and what it reads. Cloning gives the same meter.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    source: OnceLock<Part>,
}

/// What a server said that it sends of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// Where it begins.
    pub(crate) begin: u64,
    /// How large the whole file is.
    pub(crate) size: u64,
}

impl Meter {
    /// How many bytes of requests' bodies have gone out.
    pub(crate) fn sent(&self) -> u64 {
        self.0.sent.load(Ordering::Relaxed)
    }

    /// The first file that the call has read of.
    pub(crate) fn source(&self) -> Option<Part> {
        self.0.source.get().copied()
    }

    /// A request's body that is counted while it is taken.
    pub(crate) fn count(&self, body: WasiBody) -> WasiBody {
        let meter = self.clone();
        let count = move |frame: &Frame<Bytes>| {
            if let Some(bytes) = frame.data_ref() {
                meter.0.sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            }
        };
        body.inspect_frame(count).boxed_unsync()
    }

    /// Looks at the answer of a server that gets no credential: it is one that files are read from.
    pub(crate) fn look(&self, answer: &Response<WasiBody>) {
        if let Some(part) = part(answer.status(), answer.headers()) {
            // What comes later is the rest of it, or other files.
            let _ = self.0.source.set(part);
        }
    }
}

fn part(status: StatusCode, headers: &HeaderMap) -> Option<Part> {
    let text = |name| headers.get(name)?.to_str().ok();
    match status {
        StatusCode::OK => Some(Part { begin: 0, size: text(header::CONTENT_LENGTH)?.parse().ok()? }),
        StatusCode::PARTIAL_CONTENT => {
            let (range, size) = text(header::CONTENT_RANGE)?.strip_prefix("bytes ")?.split_once('/')?;
            Some(Part { begin: range.split_once('-')?.0.parse().ok()?, size: size.parse().ok()? })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body::{full_body, to_guest};
    use http_body::Body as _;

    #[tokio::test]
    async fn bytes_are_counted_as_they_are_taken() {
        let meter = Meter::default();
        let body = meter.count(to_guest(full_body("hello")));
        assert_eq!((meter.sent(), body.size_hint().exact()), (0, Some(5)));
        body.collect().await.expect("a body");
        meter.count(to_guest(full_body("again"))).collect().await.expect("a body");
        assert_eq!(meter.sent(), 10);
    }

    #[test]
    fn the_first_file_is_told_with_where_its_reading_begins() {
        let meter = Meter::default();
        let answer = |status: u16, name: &str, value: &str| {
            let answer = Response::builder().status(status).header(name, value);
            meter.look(&answer.body(to_guest(full_body(""))).expect("an answer"));
        };
        for (status, name, value) in [
            (302, "content-length", "7"),
            (404, "content-length", "8"),
            (200, "content-type", "video/mp4"),
            (200, "content-length", "-1"),
            (206, "content-length", "9"),
            (206, "content-range", "bytes 1-2/*"),
        ] {
            answer(status, name, value);
            assert_eq!(meter.source(), None, "{status} {name}: {value}");
        }
        answer(206, "content-range", "bytes 4096-8191/8192");
        answer(200, "content-length", "5");
        assert_eq!(meter.source(), Some(Part { begin: 4096, size: 8192 }));
    }
}
