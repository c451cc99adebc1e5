//! Which way a guest's request takes, and what becomes of its body.

use super::*;
use crate::http::body::{empty_body, full_body};
use crate::http::{Body, ClientOptions, RefusalKind};
use bytes::Bytes;
use http_body::Frame;
use std::pin::Pin;
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
    CallHttp {
        http: Arc::new(Http { client: Client::new(Arc::clone(&policy), ClientOptions::default()), policy, upstream }),
        files: Files::default(),
        recorder: None,
        refusals: Mutex::default(),
    }
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
