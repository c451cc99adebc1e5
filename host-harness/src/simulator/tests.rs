//! The simulator from outside: what it does, what it refuses, and what goes wrong on demand.

#![allow(clippy::wildcard_imports, reason = "the tests below share what is here")]

mod authorization;
mod behaviour;
mod faults;
mod limits;
mod media;
mod refusals;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;

use super::{Clock, Options, Simulator, Token};

/// 2026-11-21T12:00:00Z
const NOW: u64 = 1_795_262_400_000;
const MAKER: u64 = 1_811_000_000_000_000_001;
const FRIEND: u64 = 1_811_000_000_000_000_002;
const STRANGER: u64 = 1_811_000_000_000_000_003;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02";

/// An X whose time stands still, with the tokens `maker`, `friend` and `app`.
fn simulator(options: Options) -> Simulator {
    Simulator::new(Options {
        clock: Clock::frozen(NOW),
        token: "maker".to_owned(),
        tokens: vec![Token::user("friend", FRIEND), Token::app_only("app")],
        exchange_log: 10_000,
        ..options
    })
}

/// An answer that was read to its end.
#[derive(Debug)]
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    fn id(&self) -> String {
        self.body["data"]["id"].as_str().expect("an id").to_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The parameter that a 400 blames.
    fn blamed(&self) -> Vec<String> {
        let parameters = self.body["errors"][0]["parameters"].as_object();
        parameters.map(|parameters| parameters.keys().cloned().collect()).unwrap_or_default()
    }

    fn ids(&self) -> Vec<u64> {
        let items = self.body["data"].as_array().into_iter().flatten();
        let ids = items.filter_map(|item| item["id"].as_str()?.parse().ok());
        ids.collect()
    }
}

fn request(token: &str, method: &str, path: &str, content_type: &str, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(method).uri(path);
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if !content_type.is_empty() {
        request = request.header("content-type", content_type);
    }
    request.body(Full::new(body)).expect("a request")
}

async fn send(simulator: &Simulator, request: Request<Full<Bytes>>) -> Reply {
    let response = simulator.handle(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.expect("a whole body").to_bytes();
    Reply { status: parts.status, headers: parts.headers, body: serde_json::from_slice(&bytes).expect("JSON") }
}

async fn get(simulator: &Simulator, path: &str) -> Reply {
    send(simulator, request("maker", "GET", path, "", Bytes::new())).await
}

async fn delete(simulator: &Simulator, path: &str) -> Reply {
    send(simulator, request("maker", "DELETE", path, "", Bytes::new())).await
}

async fn post(simulator: &Simulator, path: &str, body: Value) -> Reply {
    post_as(simulator, "maker", path, body).await
}

async fn post_as(simulator: &Simulator, token: &str, path: &str, body: Value) -> Reply {
    let body = Bytes::from(body.to_string());
    send(simulator, request(token, "POST", path, "application/json", body)).await
}

/// A form of these parts, with a file name for `media`.
fn form(parts: &[(&str, &[u8])]) -> Request<Full<Bytes>> {
    let mut body = Vec::new();
    for (name, bytes) in parts {
        let file = if *name == "media" { "; filename=\"a.png\"\r\nContent-Type: image/png" } else { "" };
        let head = format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--cut--\r\n");
    let content_type = "multipart/form-data; boundary=cut";
    request("maker", "POST", "/2/media/upload", content_type, body.into())
}

async fn upload(simulator: &Simulator, category: &str) -> String {
    let parts: &[(&str, &[u8])] = &[("media_category", category.as_bytes()), ("media", PNG)];
    send(simulator, form(parts)).await.id()
}
