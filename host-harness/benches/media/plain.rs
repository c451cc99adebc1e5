//! What the connector is compared with: the same upload by a plain Rust client, which streams the file.

use std::fs::File;
use std::io::{self, Read as _};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::video::Video;
use crate::world::{TOKEN, runtime};

/// As the connector's is by default.
const SEGMENT: u64 = 4 * 1024 * 1024;
const PIECE: u64 = 256 * 1024;
const BOUNDARY: &str = "the-benchmark-has-no-such-line";

type Outgoing = UnsyncBoxBody<Bytes, io::Error>;

pub struct Client {
    pooled: legacy::Client<HttpConnector, Outgoing>,
    base_url: String,
    runtime: Runtime,
}

impl Client {
    pub fn new(base_url: String) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self { pooled: legacy::Client::builder(TokioExecutor::new()).build(connector), base_url, runtime: runtime() }
    }

    /// The media id, and how long it took.
    pub fn upload(&self, video: &Video) -> (String, Duration) {
        let began = Instant::now();
        let id = self.runtime.block_on(async {
            let file = Arc::new(File::open(&video.path).expect("the file is there"));
            let about = json!({"media_type": "video/mp4", "total_bytes": video.size, "media_category": "tweet_video"});
            let answer = self.post("/initialize", "application/json", full(about.to_string())).await;
            let id = answer["data"]["id"].as_str().expect("an id").to_owned();
            for index in 0..video.size.div_ceil(SEGMENT) {
                let segment = Form::of(&file, index, SEGMENT.min(video.size - index * SEGMENT));
                self.post(&format!("/{id}/append"), &format!("multipart/form-data; boundary={BOUNDARY}"), segment.boxed_unsync()).await;
            }
            self.post(&format!("/{id}/finalize"), "", full(String::new())).await;
            id
        });
        (id, began.elapsed())
    }

    async fn post(&self, path: &str, content_type: &str, body: Outgoing) -> Value {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}/2/media/upload{path}", self.base_url))
            .header("authorization", format!("Bearer {TOKEN}"));
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        let answer = self.pooled.request(request.body(body).expect("it is a request")).await.expect("the server answers");
        assert_eq!(answer.status(), StatusCode::OK);
        let body = answer.into_body().collect().await.expect("the answer is whole").to_bytes();
        serde_json::from_slice(&body).expect("it is JSON")
    }
}

fn full(text: String) -> Outgoing {
    Full::from(text).map_err(|never| match never {}).boxed_unsync()
}

/// A segment as a form: the next part of the file, read while it is sent.
struct Form {
    head: Bytes,
    file: Arc<File>,
    left: u64,
    reading: Option<JoinHandle<io::Result<Vec<u8>>>>,
    tail: Bytes,
}

impl Form {
    fn of(file: &Arc<File>, index: u64, length: u64) -> Self {
        let part = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=");
        let head = format!(
            "{part}\"segment_index\"\r\n\r\n{index}\r\n{part}\"media\"; filename=\"segment\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        let tail = format!("\r\n--{BOUNDARY}--\r\n");
        Self { head: head.into(), file: Arc::clone(file), left: length, reading: None, tail: tail.into() }
    }
}

impl Body for Form {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        if !this.head.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.head)))));
        }
        if this.left == 0 {
            let tail = std::mem::take(&mut this.tail);
            return Poll::Ready((!tail.is_empty()).then_some(Ok(Frame::data(tail))));
        }
        let reading = this.reading.get_or_insert_with(|| {
            let file = Arc::clone(&this.file);
            let mut piece = vec![0; usize::try_from(this.left.min(PIECE)).expect("a piece")];
            tokio::task::spawn_blocking(move || (&*file).read_exact(&mut piece).map(|()| piece))
        });
        let piece = ready!(Pin::new(reading).poll(context)).expect("it does not panic")?;
        this.reading = None;
        this.left -= piece.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(piece.into()))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.head.len() as u64 + self.left + self.tail.len() as u64)
    }
}
