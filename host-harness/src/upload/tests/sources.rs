//! Where files are read from: no token goes there, and every redirect passes the policy. With the built component.

use super::whole::{Stage, mp4, status};
use crate::http::{Body, Fault, full_body};
use crate::upload::UploadError;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::BodyExt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// A server of files and of addresses that lead on.
fn web(request: &Request<Body>) -> Response<Body> {
    let lead_to = |address: &str| {
        let mut answer = status(StatusCode::FOUND);
        answer.headers_mut().insert("location", address.parse().expect("a header"));
        answer
    };
    match (request.uri().host().unwrap_or_default(), request.uri().path()) {
        ("files.example.com", "/a.mp4") => {
            let bytes = mp4(300_000);
            let mut answer = Response::new(full_body(bytes.clone()));
            answer.headers_mut().insert("content-length", bytes.len().into());
            answer
        }
        ("files.example.com", "/moved.mp4") => lead_to("https://cdn.example.com/moved.mp4"),
        ("cdn.example.com", "/moved.mp4") => lead_to("https://files.example.com/a.mp4"),
        ("files.example.com", "/inside.mp4") => lead_to("https://169.254.169.254/latest/meta-data"),
        ("files.example.com", "/home.mp4") => lead_to("https://localhost:9443/secret"),
        ("files.example.com", "/elsewhere.mp4") => lead_to("https://other.example.net:8443/a.mp4"),
        ("files.example.com", "/x.mp4") => lead_to("https://api.x.com/2/users/me"),
        _ => status(StatusCode::NOT_FOUND),
    }
}

/// A body that stalls behind its first piece.
struct Stalling(Option<Bytes>);

impl http_body::Body for Stalling {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        self.0.take().map_or(Poll::Pending, |piece| Poll::Ready(Some(Ok(Frame::data(piece)))))
    }
}

/// A server that has three segments of a file and a piece of the fourth, and then neither more nor an end.
fn stalling(_: &Request<Body>) -> Response<Body> {
    let bytes = mp4(300_000);
    let mut answer = Response::new(Stalling(Some(Bytes::copy_from_slice(&bytes[..200_000]))).boxed_unsync());
    answer.headers_mut().insert("content-length", bytes.len().into());
    answer.headers_mut().insert("etag", "\"v1\"".parse().expect("a header"));
    answer
}

#[tokio::test(start_paused = true)]
async fn an_upload_whose_source_stalls_tells_how_far_it_is_when_it_is_stopped() {
    let stage = Stage::with(&RULES, stalling);
    let upload = stage.upload("https://files.example.com/a.mp4", None);
    let stop = upload.stop();
    let (ended, stopped_at) = tokio::join!(
        async {
            let ended = stage.run(upload).await;
            (ended, Instant::now())
        },
        async {
            while stage.simulator.media().first().is_none_or(|media| media.segments.len() < 3) {
                tokio::task::yield_now().await;
            }
            stop.stop();
            Instant::now()
        }
    );
    let (ended, ended_at) = ended;
    let error = ended.expect_err("it was stopped");
    assert!(matches!(error, UploadError::Stopped { .. }), "{error}");
    assert!(error.resume().is_some_and(|resume| resume.contains("\"segment\":3")), "{:?}", error.resume());
    assert!(ended_at - stopped_at < Duration::from_secs(1), "{:?}", ended_at - stopped_at);
}

const RULES: [&str; 3] = ["api.x.com", "files.example.com", "cdn.example.com"];

#[tokio::test]
async fn no_token_goes_where_files_are_read_from() {
    let stage = Stage::with(&RULES, web);
    for path in ["/a.mp4", "/moved.mp4"] {
        stage.run(stage.upload(&format!("https://files.example.com{path}"), None)).await.expect("it is ready");
    }
    let asked = stage.asked.lock().expect("no test panicked").clone();
    assert_eq!(asked.len(), 4, "{asked:?}");
    for (url, headers) in asked {
        let headers = headers.to_ascii_lowercase();
        assert!(!headers.contains("authorization") && !headers.contains("cookie") && !headers.contains("c4n4ry"), "{url}: {headers}");
    }
    // Not even where a file's address leads to X itself.
    let error = stage.run(stage.upload("https://files.example.com/x.mp4", None)).await.expect_err("it is no file").to_json();
    assert!(error["error"]["message"].as_str().is_some_and(|message| message.contains("without a login")), "{error}");
}

#[tokio::test]
async fn a_host_that_is_not_allowed_is_told_with_the_line_that_helps() {
    let stage = Stage::with(&RULES, web);
    for (url, words, rule) in [
        ("https://elsewhere.example.org/a.mp4", "add `elsewhere.example.org` to the list", Some("elsewhere.example.org")),
        ("https://files.example.com:8443/a.mp4", "add `files.example.com:8443` to the list", Some("files.example.com:8443")),
        ("https://files.example.com/elsewhere.mp4", "add `other.example.net:8443` to the list", Some("other.example.net:8443")),
        ("https://files.example.com/inside.mp4", "leads to a link-local address", Some("169.254.169.254:443")),
        ("https://files.example.com/home.mp4", "leads to a loopback address", Some("localhost:9443")),
        ("https://192.168.1.1/a.mp4", "leads to a private address", Some("192.168.1.1:443")),
        ("https://0.0.0.0/a.mp4", "no line of the allow-list opens it", None),
    ] {
        let error = stage.run(stage.upload(url, None)).await.expect_err(url).to_json()["error"].clone();
        assert_eq!((error["case"].as_str(), error["field"].as_str()), (Some("egress-denied"), Some("file.url")), "{url}: {error}");
        let message = error["message"].as_str().unwrap_or_default();
        assert!(message.starts_with("file.url ") && message.contains(words), "{url}: {message}");
        assert!(!message.contains("/a.mp4") && !message.contains("meta-data") && !message.contains("secret"), "{message}");
        assert_eq!(error["refusals"][0]["rule"].as_str(), rule, "{url}: {error}");
    }
    assert!(stage.simulator.media().is_empty());
    let asked = stage.asked.lock().expect("no test panicked").clone();
    assert!(asked.iter().all(|(url, _)| url.starts_with("https://files.example.com/")), "{asked:?}");
}
