//! The authorization server and signatures from outside, with an OAuth 1.0a library that the simulator does not use.

mod app_only;
mod client;
mod code;
mod consent;
mod faults;
mod log;
mod refresh;
mod signatures;
mod three_legs;
mod token_exchange;
mod usage;

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth1_request::{Builder, Credentials, HMAC_SHA1, HmacSha1, ParameterList};
use url::Url;

use super::*;
use crate::simulator::{
    App, CONFIDENTIAL_CLIENT_ID, CONFIDENTIAL_CLIENT_SECRET, DEFAULT_REDIRECT_URI, Decision, Oauth1Token, PUBLIC_API_KEY,
    PUBLIC_API_SECRET, PUBLIC_CLIENT_ID,
};

/// Of RFC 7636.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const SCOPE: &str = "tweet.read tweet.write users.read offline.access";
const FORM: &str = "application/x-www-form-urlencoded";
const HOST: &str = "http://127.0.0.1:7";

type Pairs<'a> = &'a [(&'a str, &'a str)];

/// An answer of any type.
#[derive(Debug)]
struct Page {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Page {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The decoded pairs of a form.
    fn pair(&self, name: &str) -> String {
        let mut pairs = url::form_urlencoded::parse(self.text.as_bytes());
        pairs.find(|(given, _)| given == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    /// `error` and `error_description`.
    fn refused(&self) -> (u16, String, String) {
        let body = self.json();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        (self.status.as_u16(), text("error"), text("error_description"))
    }

    /// The status and the code of a refusal of the older kind.
    fn code(&self) -> (u16, u64) {
        (self.status.as_u16(), self.json()["errors"][0]["code"].as_u64().unwrap_or_default())
    }
}

async fn fetch(simulator: &Simulator, request: Request<Full<Bytes>>) -> Page {
    let (parts, body) = simulator.handle(request).await.expect("an answer").into_parts();
    let bytes = body.collect().await.expect("a whole body").to_bytes();
    Page { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).expect("text") }
}

fn query(pairs: Pairs) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The value of a query parameter of an address.
fn parameter(address: &str, name: &str) -> Option<String> {
    let address = Url::parse(address).expect("an address");
    address.query_pairs().find(|(given, _)| given == name).map(|(_, value)| value.into_owned())
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

fn confidential() -> String {
    basic(CONFIDENTIAL_CLIENT_ID, CONFIDENTIAL_CLIENT_SECRET)
}

/// A form to an endpoint; without authorization when that is empty.
async fn send_form(simulator: &Simulator, path: &str, authorization: &str, pairs: Pairs<'_>) -> Page {
    let mut request = Request::post(path).header("content-type", FORM);
    if !authorization.is_empty() {
        request = request.header("authorization", authorization);
    }
    fetch(simulator, request.body(Full::new(query(pairs).into())).expect("a request")).await
}

async fn token(simulator: &Simulator, authorization: &str, pairs: Pairs<'_>) -> Page {
    send_form(simulator, "/2/oauth2/token", authorization, pairs).await
}

/// What an app sends the browser to.
fn authorization_pairs(client_id: &str) -> Vec<(&str, &str)> {
    vec![
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", DEFAULT_REDIRECT_URI),
        ("scope", SCOPE),
        ("state", "s t&te"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
}

fn authorization_url(client_id: &str) -> String {
    format!("https://x.com/i/oauth2/authorize?{}", query(&authorization_pairs(client_id)))
}

/// A fresh code of the maker.
async fn code(simulator: &Simulator, client_id: &str) -> String {
    let back = simulator.decide(&authorization_url(client_id), Decision::Authorize(MAKER)).await.expect("a redirect");
    parameter(&back, "code").expect("a code")
}

fn code_pairs(code: &str) -> Vec<(&str, &str)> {
    vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", DEFAULT_REDIRECT_URI), ("code_verifier", VERIFIER)]
}

/// The same pairs with the client id of the public app.
fn public<'a>(mut pairs: Vec<(&'a str, &'a str)>) -> Vec<(&'a str, &'a str)> {
    pairs.push(("client_id", PUBLIC_CLIENT_ID));
    pairs
}

/// The same pairs, with another value or without this one.
fn with<'a>(pairs: &[(&'a str, &'a str)], name: &'a str, value: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let mut pairs: Vec<_> = pairs.iter().copied().filter(|(given, _)| *given != name).collect();
    pairs.extend(value.map(|value| (name, value)));
    pairs
}

async fn refresh(simulator: &Simulator, refresh_token: &str) -> Page {
    token(simulator, "", &public(vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token)])).await
}

/// A pair of the maker for the public app: access token and refresh token.
fn pair(simulator: &Simulator) -> (String, String) {
    let scopes: Vec<&str> = SCOPE.split(' ').collect();
    let issued = simulator.issue_tokens(PUBLIC_CLIENT_ID, MAKER, &scopes).expect("an app");
    (issued.access_token, issued.refresh_token.expect("offline access"))
}

/// What a call with this bearer token gives.
async fn status_of(simulator: &Simulator, access_token: &str) -> StatusCode {
    send(simulator, request(access_token, "GET", "/2/users/me", "", Bytes::new())).await.status
}

/// Who signs, for whom, and when.
#[derive(Clone, Debug)]
struct Signer {
    consumer: (String, String),
    token: Option<(String, String)>,
    callback: Option<String>,
    verifier: Option<String>,
    nonce: Option<String>,
    at_seconds: u64,
}

impl Signer {
    fn app() -> Self {
        Self {
            consumer: (PUBLIC_API_KEY.to_owned(), PUBLIC_API_SECRET.to_owned()),
            token: None,
            callback: None,
            verifier: None,
            nonce: None,
            at_seconds: NOW / 1000,
        }
    }

    fn user(token: &Oauth1Token) -> Self {
        Self::app().with_token(&token.token, &token.secret)
    }

    fn with_token(mut self, token: &str, secret: &str) -> Self {
        self.token = Some((token.to_owned(), secret.to_owned()));
        self
    }

    /// The header for a request with these decoded parameters in query and form.
    fn header(&self, method: &str, path: &str, parameters: Pairs) -> String {
        self.header_for(method, &format!("{HOST}{path}"), parameters)
    }

    fn header_for(&self, method: &str, address: &str, parameters: Pairs) -> String {
        static NONCES: AtomicU64 = AtomicU64::new(0);
        let fresh = format!("nonce{}", NONCES.fetch_add(1, Ordering::Relaxed));
        let credentials = |(identifier, secret): &(String, String)| Credentials::new(identifier.clone(), secret.clone());
        let mut builder: Builder<HmacSha1, String, String> = Builder::new(credentials(&self.consumer), HMAC_SHA1);
        builder.token(self.token.as_ref().map(credentials));
        builder.nonce(self.nonce.as_deref().unwrap_or(&fresh)).timestamp(NonZeroU64::new(self.at_seconds).expect("a time"));
        builder.callback(self.callback.as_deref()).verifier(self.verifier.as_deref()).version(true);
        builder.authorize(method, address, &ParameterList::new(parameters.to_vec()))
    }

    /// A request with a signature over `parameters`, and whatever query and body.
    fn request(&self, method: &str, place: &str, parameters: Pairs, content_type: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
        let path = place.split('?').next().unwrap_or_default();
        let mut request = Request::builder().method(method).uri(place).header("host", &HOST[7..]);
        request = request.header("authorization", self.header(method, path, parameters));
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        request.body(Full::new(body.into())).expect("a request")
    }
}
