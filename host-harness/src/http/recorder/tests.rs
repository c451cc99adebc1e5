//! What is recorded of an exchange, and what is not.

use super::*;
use crate::http::body::{empty_body, full_body, to_guest};

const SECRET: &str = "very-secret-token";

fn recorder() -> (Recorder, Arc<Mutex<Vec<Exchange>>>) {
    let exchanges = Arc::new(Mutex::new(Vec::new()));
    let sink: Arc<dyn Sink> = Arc::clone(&exchanges) as _;
    let redactor = Arc::new(Redactor::new([SECRET]));
    (Recorder { sink, redactor }, exchanges)
}

fn request(body: &'static str) -> Request<WasiBody> {
    Request::post(format!("https://api.x.com/2/tweets?key={SECRET}&a=b"))
        .header("authorization", format!("Bearer {SECRET}"))
        .header("content-type", "application/json")
        .header("x-other", format!("it is {SECRET}"))
        .body(to_guest(full_body(body)))
        .expect("a request")
}

fn answer(body: &'static str) -> Response<WasiBody> {
    Response::builder()
        .status(201)
        .header("set-cookie", "guest_id=1")
        .header("content-type", "application/json; charset=utf-8")
        .header("x-rate-limit-remaining", "99")
        .body(to_guest(full_body(body)))
        .expect("an answer")
}

async fn read(body: WasiBody) {
    body.collect().await.expect("a body");
}

fn only(exchanges: &Mutex<Vec<Exchange>>) -> Exchange {
    let mut exchanges = exchanges.lock().expect("no test panicked");
    assert_eq!(exchanges.len(), 1);
    exchanges.remove(0)
}

#[tokio::test]
async fn an_exchange_is_recorded_without_its_secrets() {
    let (recorder, exchanges) = recorder();
    let (sent, recording) = recorder.start(request(r#"{"text":"hello very-secret-token"}"#));
    read(sent.into_body()).await;
    let got = recording.finish(Ok(answer(r#"{"echo":"very-secret-token"}"#))).expect("an answer");
    assert!(exchanges.lock().expect("no test panicked").is_empty(), "its body has not been read");
    read(got.into_body()).await;
    let exchange = only(&exchanges);
    assert_eq!((exchange.method.as_str(), exchange.status), ("POST", Some(201)));
    assert_eq!(exchange.authority, "api.x.com");
    assert_eq!(exchange.path, "/2/tweets?key=[redacted]&a=b");
    assert_eq!(exchange.request_bytes, 34);
    assert_eq!(exchange.request_excerpt.as_deref(), Some(r#"{"text":"hello [redacted]"}"#));
    assert_eq!(exchange.response_excerpt.as_deref(), Some(r#"{"echo":"[redacted]"}"#));
    assert_eq!(exchange.request_headers["authorization"], "[redacted]");
    assert_eq!(exchange.response_headers["set-cookie"], "[redacted]");
    assert_eq!(exchange.response_headers["x-rate-limit-remaining"], "99");
    assert_eq!(exchange.request_headers["x-other"], "it is [redacted]");
    assert!(!serde_json::to_string(&exchange).expect("JSON").contains(SECRET));
}

#[tokio::test]
async fn a_request_without_an_answer_is_recorded_with_its_fault() {
    let (recorder, exchanges) = recorder();
    let (_sent, recording) = recorder.start(request("{}"));
    let fault = recording.finish(Err(Fault::Refused)).expect_err("no answer");
    assert_eq!(fault, Fault::Refused);
    let exchange = only(&exchanges);
    assert_eq!((exchange.status, exchange.fault.as_deref()), (None, Some("the connection was refused")));
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_recorded_when_it_is_dropped() {
    let (recorder, exchanges) = recorder();
    let (_sent, recording) = recorder.start(request("{}"));
    drop(recording.finish(Ok(answer("unread"))));
    assert_eq!(only(&exchanges).response_bytes, 0);
}

#[tokio::test]
async fn a_long_body_is_cut_and_no_half_of_a_secret_stays() {
    let (recorder, exchanges) = recorder();
    // The limit of 4096 bytes falls into the secret.
    let body: &'static str = Box::leak(format!("{}{SECRET}{}", "x".repeat(4090), "y".repeat(9000)).into_boxed_str());
    let (sent, recording) = recorder.start(request(body));
    read(sent.into_body()).await;
    drop(recording.finish(Ok(answer("{}"))));
    let exchange = only(&exchanges);
    assert_eq!(exchange.request_bytes, body.len() as u64);
    let excerpt = exchange.request_excerpt.expect("it is JSON by its header");
    assert!(excerpt.len() < 4096 && excerpt.chars().all(|character| character == 'x'), "{excerpt}");
}

#[tokio::test]
async fn bytes_that_are_no_text_have_no_excerpt() {
    let (recorder, exchanges) = recorder();
    let image = Request::get("https://example.com/a.png").body(to_guest(empty_body())).expect("a request");
    let (_sent, recording) = recorder.start(image);
    let mut image = answer("\u{1}\u{2}");
    image.headers_mut().insert("content-type", "image/png".parse().expect("a value"));
    read(recording.finish(Ok(image)).expect("an answer").into_body()).await;
    let exchange = only(&exchanges);
    assert_eq!((exchange.response_bytes, exchange.response_excerpt), (2, None));
}

#[test]
fn json_lines_are_one_line_each() {
    let (recorder, exchanges) = recorder();
    let (_sent, recording) = recorder.start(request("{}"));
    let _ = recording.finish(Err(Fault::Terminated));
    let exchange = only(&exchanges);
    let mut out = Vec::new();
    let lines = JsonLines::new(&mut out);
    lines.record(exchange.clone());
    lines.record(exchange);
    let text = String::from_utf8(out).expect("UTF-8");
    assert_eq!(text.lines().count(), 2);
    let line: serde_json::Value = serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    assert_eq!(line["fault"], "the connection broke");
}
