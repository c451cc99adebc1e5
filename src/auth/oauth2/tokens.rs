//! The tokens of an answer, read strictly where a mistake would cost the connection and leniently where it would cost a detail.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use crate::auth::oauth2::token_endpoint::{self, Step};
use crate::bindings::connection::Tokens;
use crate::error::Failure;
use crate::json::Json;
use crate::scopes::is_scope;
use crate::session::Session;

/// Reads the answer of a step that brings tokens of an account.
///
/// # Errors
/// What [`token_endpoint::unreadable`] says when the answer holds no token that a request can bear.
pub fn read(session: &Session<'_>, step: Step, body: &[u8]) -> Result<Tokens, Failure> {
    let (answer, access_token) = bearer(step, body)?;
    let refresh_token = match answer.get("refresh_token") {
        Json::Null => None,
        token => Some(fit(token).ok_or_else(|| token_endpoint::unreadable(step, "its refresh_token is no token"))?),
    };
    let granted = answer.get("scope").as_text().map(|scope| scope.split_whitespace().filter(|scope| is_scope(scope)));
    // RFC 6749, 6: a refresh that does not tell the scopes has not changed them.
    let scopes: Vec<_> = match granted {
        Some(granted) => granted.map(ToString::to_string).collect(),
        None if step == Step::RefreshTokens => session.connection.granted_scopes.clone().unwrap_or_default(),
        None => Vec::new(),
    };
    Ok(Tokens {
        access_token,
        refresh_token,
        expires_in: answer.get("expires_in").as_integer().and_then(|seconds| u64::try_from(seconds).ok()).filter(|seconds| *seconds > 0),
        scopes,
    })
}

/// Reads the answer of a step that brings a bearer token: the answer, and the token.
///
/// # Errors
/// As [`read`].
pub fn bearer(step: Step, body: &[u8]) -> Result<(Json, String), Failure> {
    let unreadable = |why| token_endpoint::unreadable(step, why);
    let answer = Json::read(body).ok_or_else(|| unreadable("it is no JSON"))?;
    if !answer.get("token_type").as_text().is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")) {
        return Err(unreadable("its token_type is not bearer"));
    }
    let token = fit(answer.get("access_token")).ok_or_else(|| unreadable("its access_token is no token"))?;
    Ok((answer, token))
}

/// A text that a header can bear.
fn fit(token: &Json) -> Option<String> {
    token.to_text().filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()))
}
