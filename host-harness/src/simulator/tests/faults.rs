//! Faults, in process and on loopback.

use std::time::Duration;

use http::{HeaderValue, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use tokio::net::TcpListener;

use super::*;
use crate::simulator::{Body, ConnectionFault, Effect, Fault};

fn creation() -> Request<Full<Bytes>> {
    let body = Bytes::from_static(b"{\"text\":\"hello\"}");
    request("maker", "POST", "/2/tweets", "application/json", body)
}

fn faulty(effect: Effect, after: bool) -> Simulator {
    let simulator = simulator(Options::default());
    let fault = Fault::at("POST", "/2/tweets", effect);
    simulator.add_fault(if after { fault.after_effect() } else { fault });
    simulator
}

async fn whole(response: Result<Response<Body>, ConnectionFault>) -> (StatusCode, Result<Bytes, ConnectionFault>) {
    let response = response.expect("an answer");
    let status = response.status();
    let body = response.into_body().collect().await;
    (status, body.map(http_body_util::Collected::to_bytes))
}

#[tokio::test]
async fn a_fault_before_leaves_nothing_behind_and_one_after_does() {
    for (after, posts) in [(false, 0), (true, 1)] {
        for effect in [
            Effect::Status(StatusCode::SERVICE_UNAVAILABLE, json!({"title": "a", "type": "about:blank"})),
            Effect::Reset,
            Effect::CutBody(5),
            Effect::Garbage,
            Effect::Html(StatusCode::BAD_GATEWAY),
            Effect::Redirect("https://example.com/".to_owned()),
            Effect::Oversized(100_000),
        ] {
            let simulator = faulty(effect, after);
            if let Ok(response) = simulator.handle(creation()).await {
                let _ = response.into_body().collect().await;
            }
            assert_eq!(simulator.post_count(), posts);
            assert!(simulator.exchanges()[0].fault);
            simulator.clear_faults();
            let (status, _) = whole(simulator.handle(creation()).await).await;
            let expected = if after { StatusCode::FORBIDDEN } else { StatusCode::CREATED };
            assert_eq!(status, expected);
        }
    }
}

#[tokio::test]
async fn each_fault_looks_as_ordered() {
    let reset = faulty(Effect::Reset, true).handle(creation()).await;
    assert!(reset.is_err());
    let (status, cut) = whole(faulty(Effect::CutBody(5), true).handle(creation()).await).await;
    assert!(status == StatusCode::CREATED && cut.is_err());
    let (status, garbage) = whole(faulty(Effect::Garbage, true).handle(creation()).await).await;
    assert_eq!(status, StatusCode::CREATED);
    assert!(serde_json::from_slice::<Value>(&garbage.expect("a body")).is_err());
    let (_, large) = whole(faulty(Effect::Oversized(100_000), true).handle(creation()).await).await;
    let large = large.expect("a body");
    assert_eq!(large.len(), 100_000);
    assert!(serde_json::from_slice::<Value>(&large).is_ok());
    let moved = faulty(Effect::Redirect("https://example.com/".to_owned()), false);
    let moved = moved.handle(creation()).await.expect("an answer");
    assert_eq!(moved.headers()["location"], "https://example.com/");
    let typed = faulty(Effect::ContentType(HeaderValue::from_static("text/plain")), true);
    let typed = typed.handle(creation()).await.expect("an answer");
    assert_eq!(typed.headers()["content-type"], "text/plain");
    let answered = faulty(Effect::Answer { status: StatusCode::IM_A_TEAPOT, headers: Vec::new(), body: b"tea".to_vec() }, false);
    let (status, tea) = whole(answered.handle(creation()).await).await;
    assert_eq!((status, tea.expect("a body")), (StatusCode::IM_A_TEAPOT, Bytes::from_static(b"tea")));
}

#[tokio::test(start_paused = true)]
async fn time_passes_in_delays_and_drips_and_for_ever_in_hangs() {
    let started = tokio::time::Instant::now();
    let delayed = faulty(Effect::Delay(Duration::from_secs(5)), false);
    let (status, _) = whole(delayed.handle(creation()).await).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(started.elapsed(), Duration::from_secs(5));
    let drip = Effect::Drip { step: 1, pause: Duration::from_secs(1) };
    let (_, body) = whole(faulty(drip, true).handle(creation()).await).await;
    let length = body.expect("a body").len() as u64;
    assert!(started.elapsed() >= Duration::from_secs(5 + length));
    for after in [false, true] {
        let hanging = faulty(Effect::Hang, after);
        let wait = Duration::from_hours(1);
        assert!(tokio::time::timeout(wait, hanging.handle(creation())).await.is_err());
        assert_eq!(hanging.post_count(), usize::from(after));
    }
    let half = faulty(Effect::HangBody(3), true).handle(creation()).await;
    let body = half.expect("a head").into_body().collect();
    assert!(tokio::time::timeout(Duration::from_mins(1), body).await.is_err());
}

async fn served(simulator: &Simulator) -> crate::simulator::Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    simulator.serve(listener).expect("a server")
}

fn client(http2: bool) -> Client<HttpConnector, Full<Bytes>> {
    Client::builder(TokioExecutor::new()).http2_only(http2).build_http()
}

fn aimed(server: &crate::simulator::Server, mut request: Request<Full<Bytes>>) -> Request<Full<Bytes>> {
    let address = format!("{}{}", server.base_url(), request.uri());
    *request.uri_mut() = address.parse().expect("an address");
    request
}

#[tokio::test]
async fn the_server_speaks_both_versions_of_http() {
    for http2 in [false, true] {
        let simulator = simulator(Options::default());
        let server = served(&simulator).await;
        let client = client(http2);
        let created = client.request(aimed(&server, creation())).await.expect("an answer");
        assert_eq!(created.status(), StatusCode::CREATED);
        // A refusal comes through although nobody wants the body.
        let large = Bytes::from(vec![b'a'; 3_000_000]);
        let refused = request("nobody", "POST", "/2/media/upload", "text/plain", large);
        let refused = client.request(aimed(&server, refused)).await.expect("an answer");
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(simulator.post_count(), 1);
    }
}

#[tokio::test]
async fn faults_break_real_connections() {
    for http2 in [false, true] {
        let simulator = simulator(Options::default());
        let server = served(&simulator).await;
        let client = client(http2);
        simulator.add_fault(Fault::at("POST", "/2/tweets", Effect::Reset).after_effect().nth(1));
        simulator.add_fault(Fault::at("POST", "/2/tweets", Effect::CutBody(9)).after_effect().nth(2));
        let reset = client.request(aimed(&server, creation())).await;
        assert!(reset.is_err());
        assert_eq!(simulator.post_count(), 1);
        let cut = client.request(aimed(&server, creation())).await.expect("a head");
        assert!(cut.into_body().collect().await.is_err());
        let whole = client.request(aimed(&server, creation())).await.expect("an answer");
        assert!(whole.into_body().collect().await.is_ok());
    }
}

#[tokio::test]
async fn a_stopped_server_is_gone() {
    let simulator = simulator(Options::default());
    let server = served(&simulator).await;
    let client = client(false);
    let answer = client.request(aimed(&server, creation())).await;
    assert!(answer.is_ok());
    server.stop();
    server.stopped().await;
    let address = server.address();
    drop(server);
    let gone = async {
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("a closed port");
}
