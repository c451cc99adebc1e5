//! What a scripted X looks at before it answers: whether the request bears a credential that X accepts there, and nothing else of the connection.

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use super::{Sent, TOKEN};
use crate::auth::Kind;
use crate::auth::oauth1::signature::tests::independent;
use crate::auth::oauth1::{Moment, Signer};
use crate::percent;

pub const APP_TOKEN: &str = "AAAA-app-token-77c1";
const API_KEY: &str = "api-key-51b0";
const API_SECRET: &str = "api-secret-c7d2";
const OAUTH1_TOKEN: &str = "2244994945-oauth1-token-0e8d";
const OAUTH1_TOKEN_SECRET: &str = "oauth1-token-secret-aa16";

/// Every connection property whose value must not be seen.
pub const SECRETS: [&str; 11] = [
    "X_CLIENT_SECRET",
    "X_ACCESS_TOKEN",
    "X_REFRESH_TOKEN",
    "X_API_KEY",
    "X_API_SECRET",
    "X_OAUTH1_TOKEN",
    "X_OAUTH1_TOKEN_SECRET",
    "X_BEARER_TOKEN",
    "X_AUTHORIZATION_CODE",
    "X_CODE_VERIFIER",
    "X_OAUTH1_VERIFIER",
];

/// The properties that make up a kind of credential.
pub fn properties(kind: Kind) -> &'static [(&'static str, &'static str)] {
    match kind {
        Kind::UserBearer => &[("X_ACCESS_TOKEN", TOKEN)],
        Kind::OAuth1 => &[
            ("X_API_KEY", API_KEY),
            ("X_API_SECRET", API_SECRET),
            ("X_OAUTH1_TOKEN", OAUTH1_TOKEN),
            ("X_OAUTH1_TOKEN_SECRET", OAUTH1_TOKEN_SECRET),
        ],
        Kind::AppOnly => &[("X_BEARER_TOKEN", APP_TOKEN)],
    }
}

/// What X accepts where: method and path, whether OAuth 1.0a and an app-only token do, and the scopes of a user's OAuth 2.0
/// token; no scopes where X takes none. As X's OpenAPI 2.167 has it, and 2.168 for the credits.
pub const ENDPOINTS: [(&str, bool, bool, &[&str]); 16] = [
    ("POST /2/tweets", true, false, &["tweet.read", "tweet.write", "users.read"]),
    ("DELETE /2/tweets/{id}", true, false, &["tweet.read", "tweet.write", "users.read"]),
    ("POST /2/users/{id}/likes", true, false, &["like.write", "tweet.read", "users.read"]),
    ("POST /2/users/{id}/retweets", true, false, &["tweet.read", "tweet.write", "users.read"]),
    ("POST /2/dm_conversations/with/{participant_id}/messages", true, false, &["dm.write", "tweet.read", "users.read"]),
    ("GET /2/dm_conversations/with/{participant_id}/dm_events", true, false, &["dm.read", "tweet.read", "users.read"]),
    ("POST /2/media/upload", true, false, &["media.write"]),
    ("GET /2/media/upload", true, false, &["media.write"]),
    ("POST /2/media/upload/initialize", true, false, &["media.write"]),
    ("POST /2/media/upload/{id}/append", true, false, &["media.write"]),
    ("POST /2/media/upload/{id}/finalize", true, false, &["media.write"]),
    ("POST /2/media/metadata", true, false, &["media.write"]),
    ("POST /2/media/subtitles", true, false, &["media.write"]),
    ("GET /2/users/me", true, false, &["tweet.read", "users.read"]),
    ("GET /2/users/by/username/{username}", true, true, &["tweet.read", "users.read"]),
    ("GET /2/users/{id}/tweets", true, true, &["tweet.read", "users.read"]),
];
/// What the app alone may read about itself.
const APP_ENDPOINTS: [&str; 2] = ["GET /2/usage/tweets", "GET /2/usage/credits"];

/// Whether X accepts the kind for a request line.
fn accepts(line: &str, kind: Kind) -> bool {
    if APP_ENDPOINTS.contains(&line) {
        return kind == Kind::AppOnly;
    }
    let fits = |template: &str| {
        let (mut left, mut right) = (template.split('/'), line.split('/'));
        left.by_ref().zip(right.by_ref()).all(|(part, given)| part == given || part.starts_with('{'))
            && template.split('/').count() == line.split('/').count()
    };
    let exact = ENDPOINTS.iter().find(|(template, ..)| *template == line);
    let endpoint = exact.or_else(|| ENDPOINTS.iter().find(|(template, ..)| fits(template)));
    let (_, oauth1, app_only, scopes) = *endpoint.unwrap_or_else(|| panic!("{line} is no endpoint that is known here"));
    match kind {
        Kind::UserBearer => !scopes.is_empty(),
        Kind::OAuth1 => oauth1,
        Kind::AppOnly => app_only,
    }
}

/// Looks at a request. The steps of connecting have credentials of their own, which their own tests look at.
pub fn check(sent: &Sent, environment: &[(String, String)]) {
    let path = sent.target.path.as_str();
    let is_step = ["/2/oauth2/", "/oauth2/", "/oauth/"].iter().any(|prefix| path.starts_with(prefix));
    if sent.target.authority == "api.x.com" && is_step {
        return;
    }
    let seen: String =
        sent.headers.iter().filter(|(name, _)| *name != "authorization").map(|(name, value)| format!("{name}: {value}\n")).collect();
    assert_shows_no_secret(&format!("{seen}{path}\n{}", sent.text()), environment);
    let header = sent.header("authorization");
    if sent.target.authority != "api.x.com" {
        assert_eq!(header, None, "a credential goes to X alone");
        return;
    }
    let header = header.expect("a credential");
    let value = |name: &str| environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default();
    let kind = match header.strip_prefix("Bearer ") {
        Some(token) if token == value("X_ACCESS_TOKEN") => Kind::UserBearer,
        Some(token) => {
            assert_eq!(token, value("X_BEARER_TOKEN"), "a token of the connection");
            Kind::AppOnly
        }
        None => {
            check_signature(sent, header, &value);
            Kind::OAuth1
        }
    };
    let line = sent.line();
    assert!(accepts(&line, kind), "X does not take {} for {line}", kind.name());
}

/// Signs the request again, by the other library.
fn check_signature<'a>(sent: &Sent, header: &str, value: &dyn Fn(&str) -> &'a str) {
    let own = |name: &str| independent::value(header, name).unwrap_or_else(|| panic!("{name} is not in {header}")).to_string();
    let signer = Signer {
        api_key: value("X_API_KEY"),
        api_secret: value("X_API_SECRET"),
        token: Some((value("X_OAUTH1_TOKEN"), value("X_OAUTH1_TOKEN_SECRET"))),
    };
    let moment = Moment { nonce: own("oauth_nonce"), timestamp: own("oauth_timestamp").parse().expect("a timestamp") };
    let (path, query) = sent.target.path.split_once('?').unwrap_or((&sent.target.path, ""));
    let decoded = |text: &str| String::from_utf8(percent::decode_form(text)).expect("a text");
    let parameters: Vec<(String, String)> = percent::pairs(query).map(|(name, value)| (decoded(name), decoded(value))).collect();
    let address = format!("https://{}{path}", sent.target.authority);
    let expected = independent::authorization(sent.method.name(), &address, parameters, &signer, &[], &moment);
    for name in ["oauth_signature", "oauth_consumer_key", "oauth_token", "oauth_signature_method", "oauth_version"] {
        assert_eq!(Some(own(name).as_str()), independent::value(&expected, name), "{name} of {}", sent.line());
    }
}

/// Holds a text against all secrets of the connection.
pub fn assert_shows_no_secret(text: &str, environment: &[(String, String)]) {
    for (name, value) in environment.iter().filter(|(name, value)| SECRETS.contains(&name.as_str()) && !value.is_empty()) {
        assert!(!text.contains(value.as_str()), "{name} shows: {text}");
    }
}
