//! Which way a guest's request takes, and what becomes of its body.

use super::*;
use crate::http::body::{empty_body, full_body};
use crate::http::{Body, ClientOptions, RefusalKind};
use bytes::Bytes;
use http_body::Frame;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// A call whose requests a service answers with their URI and body.
fn call(rules: &[&str]) -> CallHttp {
    let service = |request: Request<Body>| async move {
        let uri = request.uri().to_string();
        let body = request.into_body().collect().await?.to_bytes();
        Ok::<_, Fault>(Response::new(full_body(format!("{uri} {}", String::from_utf8_lossy(&body)))))
    };
    with_upstream(rules, Upstream::InProcess(Arc::new(service)))
}

fn with_upstream(rules: &[&str], upstream: Upstream) -> CallHttp {
    let policy = Arc::new(Policy::new(rules).expect("all lines are rules"));
    CallHttp::new(Arc::new(Http { client: Client::new(Arc::clone(&policy), ClientOptions::default()), policy, upstream }))
}

fn request(url: &str, body: WasiBody) -> Request<WasiBody> {
    Request::post(url).body(body).expect("a request")
}

fn refusals(call: &CallHttp) -> Vec<Refusal> {
    call.refusals.lock().expect("no test panicked").clone()
}

/// A guest's body that is written piece by piece, as `wasi:http` makes them.
struct Written(mpsc::Receiver<Bytes>);

impl http_body::Body for Written {
    type Data = Bytes;
    type Error = WasiError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, WasiError>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}

#[tokio::test]
async fn an_allowed_request_reaches_the_service() {
    let call = call(&["api.x.com"]);
    let answer = call.answer(request("https://api.x.com/2/tweets?a=b", to_guest(full_body("hello"))), None).await;
    let body = answer.expect("an answer").into_body().collect().await.expect("a body").to_bytes();
    assert_eq!(body, "https://api.x.com/2/tweets?a=b hello");
    assert!(refusals(&call).is_empty());
}

#[tokio::test]
async fn the_policy_holds_in_process_too() {
    let call = call(&["api.x.com", "*"]);
    for (url, fault, kind) in [
        ("https://169.254.169.254/latest", "DestinationIpProhibited", RefusalKind::Address),
        ("http://example.com/", "HttpRequestDenied", RefusalKind::PlainHttp),
        ("https://user@api.x.com/", "HttpRequestDenied", RefusalKind::Malformed),
    ] {
        let answer = call.answer(request(url, to_guest(empty_body())), None).await;
        assert_eq!(format!("{:?}", answer.expect_err(url).into_wasi()), fault);
        assert_eq!(refusals(&call).last().expect("it is noted").kind, kind, "{url}");
    }
}

#[tokio::test]
async fn a_guest_that_writes_to_a_refused_request_is_never_stuck() {
    let call = call(&["api.x.com"]);
    let (writer, written) = mpsc::channel(1);
    let answer = call.answer(request("https://evil.example/", Written(written).boxed_unsync()), None).await;
    assert_eq!(answer.expect_err("it is refused"), Fault::Denied);
    // More than the channel holds: this returns because somebody takes it.
    for _ in 0..100 {
        writer.send(Bytes::from_static(b"piece")).await.expect("somebody reads");
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_noted_with_the_rule_that_would_open_it() {
    let call = with_upstream(&["localhost.example:8443"], Upstream::Network);
    let inside: Arc<dyn crate::http::Resolve> = Arc::new(Inside);
    let options = ClientOptions { resolver: inside, ..ClientOptions::default() };
    let client = Client::new(Arc::clone(&call.http.policy), options);
    let http = Http { client, policy: Arc::clone(&call.http.policy), upstream: Upstream::Network };
    let call = CallHttp { http: Arc::new(http), ..call };
    let answer = call.answer(request("https://localhost.example:8443/", to_guest(empty_body())), None).await;
    assert!(matches!(answer, Err(Fault::AddressProhibited(_))));
    let noted = refusals(&call);
    assert_eq!(noted.len(), 1);
    assert_eq!(noted[0].rule.as_deref(), Some("private:localhost.example:8443"));
}

#[tokio::test]
async fn a_stopped_call_lets_no_request_out_and_breaks_off_the_one_on_its_way() {
    let reached = Arc::new(tokio::sync::Notify::new());
    let service = {
        let reached = Arc::clone(&reached);
        move |_: Request<Body>| {
            reached.notify_one();
            std::future::pending::<Result<Response<Body>, Fault>>()
        }
    };
    let stop = Stop::new();
    let call = CallHttp { stop: Some(stop.clone()), ..with_upstream(&["api.x.com"], Upstream::InProcess(Arc::new(service))) };
    let answer = call.answer(request("https://api.x.com/", to_guest(full_body("hello"))), None);
    let (answer, ()) = tokio::join!(answer, async {
        reached.notified().await;
        stop.stop();
    });
    // The service has it: whether it worked is not known.
    assert!(answer.expect_err("it broke off").may_be_sent());
    let (writer, written) = mpsc::channel(1);
    let answer = call.answer(request("https://api.x.com/", Written(written).boxed_unsync()), None).await;
    assert!(!answer.expect_err("it is held back").may_be_sent());
    for _ in 0..10 {
        writer.send(Bytes::from_static(b"piece")).await.expect("somebody reads");
    }
}

#[tokio::test]
async fn a_stopped_call_breaks_off_an_answer_that_stalls_and_takes_one_that_is_there() {
    let (writer, written) = mpsc::channel(2);
    let written = Mutex::new(Some(written));
    let service = move |_: Request<Body>| {
        let body = written
            .lock()
            .expect("no test panicked")
            .take()
            .map_or_else(|| full_body("whole"), |written| from_guest(Written(written).boxed_unsync()));
        std::future::ready(Ok::<_, Fault>(Response::new(body)))
    };
    let stop = Stop::new();
    let call = CallHttp { stop: Some(stop.clone()), ..with_upstream(&["example.com"], Upstream::InProcess(Arc::new(service))) };
    let ask = async || {
        let answer = call.answer(request("https://example.com/a.mp4", to_guest(empty_body())), None).await;
        answer.expect("an answer").into_body()
    };
    let (mut stalling, whole) = (ask().await, ask().await);
    for piece in ["before", "there"] {
        writer.send(Bytes::from(piece)).await.expect("somebody reads");
    }
    let mut next = async || stalling.frame().await.map(|frame| frame.map(|frame| frame.into_data().expect("data")));
    assert_eq!(next().await.expect("a piece").expect("it has come"), "before");
    stop.stop();
    assert_eq!(next().await.expect("a piece").expect("it has come"), "there");
    assert!(matches!(next().await, Some(Err(WasiError::ConnectionTerminated))));
    assert!(next().await.is_none());
    assert_eq!(whole.collect().await.expect("it is there").to_bytes(), "whole");
}

#[tokio::test]
async fn the_meter_counts_what_goes_to_the_service_and_looks_at_what_comes_from_elsewhere() {
    let meter = Meter::default();
    let call = CallHttp { meter: Some(meter.clone()), ..call(&["*"]) };
    for (url, credential) in [("https://api.x.com/append", Some("Bearer t")), ("https://example.com/a.mp4", None)] {
        let mut request = request(url, to_guest(full_body("12345")));
        if let Some(credential) = credential {
            request.headers_mut().insert("authorization", http::HeaderValue::from_static(credential));
        }
        call.answer(request, None).await.expect("an answer");
    }
    assert_eq!((meter.sent(), meter.source()), (5, None));
}

/// A piece of a body that tells when it is let go.
struct Piece(Vec<u8>, Arc<AtomicUsize>);

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.1.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A body of pieces that are made when they are asked for.
struct Pieces {
    left: usize,
    alive: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

const PIECE: usize = 64 * 1024;

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = WasiError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, WasiError>>> {
        let Some(left) = self.left.checked_sub(1) else {
            return Poll::Ready(None);
        };
        self.left = left;
        self.most.fetch_max(self.alive.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_owner(Piece(vec![b'x'; PIECE], Arc::clone(&self.alive)))))))
    }
}

#[tokio::test]
async fn a_body_of_any_size_is_recorded_and_counted_and_never_held() {
    const PIECES: usize = 2_000;
    let (alive, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let body = || Pieces { left: PIECES, alive: Arc::clone(&alive), most: Arc::clone(&most) };
    // A service that reads and forgets, as a socket does.
    let service = |request: Request<Body>| async move {
        let mut body = request.into_body();
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            length += frame?.into_data().map_or(0, |bytes| bytes.len());
        }
        Ok::<_, Fault>(Response::new(full_body(length.to_string())))
    };
    let exchanges = Arc::new(Mutex::new(Vec::<crate::http::Exchange>::new()));
    let recorder = Recorder { sink: Arc::clone(&exchanges) as _, redactor: Arc::new(crate::http::Redactor::new(["very-secret-token"])) };
    let call = CallHttp {
        recorder: Some(recorder),
        meter: Some(Meter::default()),
        stop: Some(Stop::new()),
        ..with_upstream(&["api.x.com"], Upstream::InProcess(Arc::new(service)))
    };
    // Also what says that it is text is kept no further than its start.
    for content_type in ["multipart/form-data; boundary=b", "application/json"] {
        let mut request = request("https://api.x.com/2/media/upload", to_guest(empty_body()));
        request.headers_mut().insert("content-type", http::HeaderValue::from_static(content_type));
        request.headers_mut().insert("authorization", http::HeaderValue::from_static("Bearer very-secret-token"));
        let answer = call.answer(request.map(|_| body().boxed_unsync()), None).await.expect("an answer");
        assert_eq!(answer.into_body().collect().await.expect("a body").to_bytes(), (PIECE * PIECES).to_string());
    }
    assert!(most.load(Ordering::Relaxed) <= 2, "{} pieces were alive at once", most.load(Ordering::Relaxed));
    assert_eq!(call.meter.as_ref().map(Meter::sent), Some(2 * (PIECE * PIECES) as u64));
    let exchanges = exchanges.lock().expect("no test panicked");
    assert!(exchanges.iter().all(|exchange| exchange.request_bytes == (PIECE * PIECES) as u64));
    assert_eq!(exchanges[0].request_excerpt, None);
    assert!(exchanges[1].request_excerpt.as_ref().is_some_and(|excerpt| excerpt.len() <= 4096));
}

struct Inside;

impl crate::http::Resolve for Inside {
    fn resolve(&self, _: String) -> Pin<Box<dyn Future<Output = std::io::Result<Vec<std::net::IpAddr>>> + Send>> {
        Box::pin(std::future::ready(Ok(vec![std::net::Ipv4Addr::LOCALHOST.into()])))
    }
}

#[tokio::test]
async fn local_files_are_never_asked_of_the_network() {
    let call = call(&["*"]);
    for url in ["https://files.x-connector.internal/0-abc/a.png", "http://FILES.x-connector.internal:80/"] {
        let answer = call.answer(request(url, to_guest(empty_body())), None).await.expect("an answer");
        assert_eq!(answer.status(), 404, "{url}");
    }
}

#[test]
fn the_guest_may_not_set_headers_that_frame_the_message() {
    let call = Arc::new(call(&[]));
    let mut hook = Hook(call);
    let filter = hook.forbidden_header_filter();
    for name in ["host", "connection", "transfer-encoding", "proxy-authorization"] {
        assert!(filter(&HeaderName::from_static(name)), "{name}");
    }
    assert!(!filter(&HeaderName::from_static("authorization")));
}
