//! What the loopback calls are compared with: the same POST by a plain Rust client.

use crate::stage::{TOKEN, text};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::pin::Pin;

#[derive(Clone)]
pub struct Client {
    pooled: legacy::Client<HttpConnector, Full<Bytes>>,
    url: String,
}

impl Client {
    pub fn new(base_url: String) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self { pooled: legacy::Client::builder(TokioExecutor::new()).build(connector), url: base_url + "/2/tweets" }
    }

    /// As the connector does it: JSON out, JSON in, and the id of the new post.
    pub fn create_post(&self) -> impl Fn(u64) -> Pin<Box<dyn Future<Output = ()> + Send>> + Clone + Send + use<> {
        let client = self.clone();
        move |_| {
            let client = client.clone();
            Box::pin(async move {
                let request = Request::post(&client.url)
                    .header("authorization", format!("Bearer {TOKEN}"))
                    .header("content-type", "application/json")
                    .body(Full::from(json!({"text": text()}).to_string()))
                    .expect("it is a request");
                let answer = client.pooled.request(request).await.expect("the server answers");
                assert_eq!(answer.status(), StatusCode::CREATED);
                let body = answer.into_body().collect().await.expect("the answer is whole").to_bytes();
                let body: Value = serde_json::from_slice(&body).expect("it is JSON");
                assert!(body["data"]["id"].is_string());
            })
        }
    }
}
