//! A connection that has everything, and each step of connecting run on it.

use std::string::{String, ToString};

use crate::auth::oauth1::three_legged;
use crate::auth::oauth2::token_endpoint::Step;
use crate::auth::oauth2::{exchange_code, exchange_oauth1_token, refresh_tokens, request_app_token, revoke_token};
use crate::bindings::connection::{ExchangeCodeInput, ExchangeOauth1TokenInput, RequestOauth1TokenInput};
use crate::error::Failure;
use crate::session::testing::{Reply, Script};

pub const CALLBACK: &str = "http://127.0.0.1:18181/callback";

/// All that is secret in the connection of [`script`], and the names of the properties.
pub const SECRETS: [(&str, &str); 9] = [
    ("X_CLIENT_SECRET", "test-client-secret-5d0e"),
    ("X_REFRESH_TOKEN", "test-refresh-81cc"),
    ("X_AUTHORIZATION_CODE", "test-code-77fa"),
    ("X_CODE_VERIFIER", "test-verifier-0123456789-0123456789-0123456789"),
    ("X_OAUTH1_VERIFIER", "test-oauth1-verifier-2b1d"),
    ("X_API_KEY", "test-api-key-9c3b"),
    ("X_API_SECRET", "test-api-secret-4e6f"),
    ("X_OAUTH1_TOKEN", "test-oauth1-token-d5a7"),
    ("X_OAUTH1_TOKEN_SECRET", "test-oauth1-token-secret-6c2e"),
];

/// An answer with tokens, as X sends it and with something that is not known yet.
pub const TOKENS: &str = r#"{"token_type":"bearer","expires_in":7200,"access_token":"new-access","scope":"tweet.read users.read offline.access","refresh_token":"new-refresh","something_new":[1]}"#;

pub const STEPS: [Step; 7] = [
    Step::ExchangeCode,
    Step::RefreshTokens,
    Step::RevokeToken,
    Step::ExchangeOauth1Token,
    Step::RequestAppToken,
    Step::RequestOauth1Token,
    Step::ExchangeOauth1Verifier,
];

/// Whether the body of the step holds the property.
fn is_in_the_form(step: Step, property: &str) -> bool {
    let properties: &[&str] = match step {
        Step::ExchangeCode => &["X_AUTHORIZATION_CODE", "X_CODE_VERIFIER"],
        Step::RefreshTokens | Step::RevokeToken => &["X_REFRESH_TOKEN"],
        Step::ExchangeOauth1Token => &["X_OAUTH1_TOKEN", "X_OAUTH1_TOKEN_SECRET"],
        Step::RequestAppToken | Step::RequestOauth1Token | Step::ExchangeOauth1Verifier => &[],
    };
    properties.contains(&property)
}

/// A connection that has everything, and the one reply that the step gets.
pub fn script(step: Step, reply: Reply) -> Script {
    let line = match step {
        Step::ExchangeCode | Step::RefreshTokens | Step::ExchangeOauth1Token => "POST /2/oauth2/token",
        Step::RevokeToken => "POST /2/oauth2/revoke",
        Step::RequestAppToken => "POST /oauth2/token",
        Step::RequestOauth1Token => "POST /oauth/request_token",
        Step::ExchangeOauth1Verifier => "POST /oauth/access_token",
    };
    complete(Script::new([(line, reply)]))
}

/// The script with every connection property.
pub fn complete(script: Script) -> Script {
    SECRETS.iter().fold(script.with("X_CLIENT_ID", "test-client"), |script, (name, value)| script.with(name, value))
}

/// Runs a step, and tells in one line what came of it.
pub fn run(script: &Script, step: Step) -> Result<String, Failure> {
    let result = script.run(|session| match step {
        Step::ExchangeCode => {
            exchange_code::run(session, &ExchangeCodeInput { redirect_uri: CALLBACK.to_string() }).map(|tokens| format!("{tokens:?}"))
        }
        Step::RefreshTokens => refresh_tokens::run(session).map(|tokens| format!("{tokens:?}")),
        Step::RevokeToken => revoke_token::run(session).map(|revocation| format!("revoked: {}", revocation.revoked)),
        Step::ExchangeOauth1Token => {
            exchange_oauth1_token::run(session, &ExchangeOauth1TokenInput { scopes: None }).map(|tokens| format!("{tokens:?}"))
        }
        Step::RequestAppToken => request_app_token::run(session).map(|token| token.bearer_token),
        Step::RequestOauth1Token => {
            three_legged::begin(session, &RequestOauth1TokenInput { callback: CALLBACK.to_string() }).map(|begun| format!("{begun:?}"))
        }
        Step::ExchangeOauth1Verifier => three_legged::end(session).map(|token| format!("{token:?}")),
    });
    if let Err(failure) = &result {
        let shown = format!("{failure:?}");
        for (name, secret) in SECRETS {
            assert!(!shown.contains(secret), "{name} shows: {shown}");
        }
    }
    for sent in script.sent.borrow().iter() {
        let headers: String = sent.headers.iter().filter(|(name, _)| *name != "authorization").map(|(_, value)| value.as_str()).collect();
        for (name, secret) in SECRETS {
            assert!(!sent.target.path.contains(secret) && !headers.contains(secret), "{name} stands in the address or a header");
            assert!(is_in_the_form(step, name) || !sent.text().contains(secret), "{name} stands in the form of {step:?}");
        }
    }
    result
}
