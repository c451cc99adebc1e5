//! `POST /oauth/request_token`, `POST /oauth/access_token` · each once · <https://docs.x.com/fundamentals/authentication/oauth-1-0a/obtaining-user-access-tokens>

use alloc::{
    format,
    string::{String, ToString},
};

use crate::auth::oauth1::Signer;
use crate::auth::oauth2::redirect_uri;
use crate::auth::oauth2::token_endpoint::{self, Step, missing};
use crate::bindings::connection::{Oauth1Authorization, Oauth1Token, RequestOauth1TokenInput};
use crate::error::{Failure, Party};
use crate::id::{UserId, Username};
use crate::percent;
use crate::session::Session;

/// Begins an authorization: gets a request token, and makes the address for the browser.
///
/// # Errors
/// A [`Failure`].
pub fn begin(session: &Session<'_>, input: &RequestOauth1TokenInput) -> Result<Oauth1Authorization, Failure> {
    const STEP: Step = Step::RequestOauth1Token;
    if input.callback != "oob" {
        redirect_uri::check(&input.callback, "callback")?;
    }
    let connection = session.connection;
    let answer = exchange(session, STEP, connection.credentials.oauth1.app()?, ("oauth_callback", &input.callback))?;
    // A server that did not take the callback in would send the browser elsewhere (RFC 5849, 2.1).
    if percent::form_value(&answer, "oauth_callback_confirmed").as_deref() != Some("true") {
        return Err(token_endpoint::unreadable(STEP, "it does not confirm the callback"));
    }
    let (request_token, request_token_secret) = token(STEP, &answer)?;
    let url = format!("{}/oauth/authorize?oauth_token={}", connection.base.origin(), percent::encode(&request_token));
    Ok(Oauth1Authorization { url, request_token, request_token_secret })
}

/// Ends an authorization: exchanges the request token and the verifier for a token of the account.
///
/// # Errors
/// A [`Failure`]; `answer-lost` when X may have used them up.
pub fn end(session: &Session<'_>) -> Result<Oauth1Token, Failure> {
    const STEP: Step = Step::ExchangeOauth1Verifier;
    let connection = session.connection;
    let verifier = connection.oauth1_verifier.as_ref().ok_or_else(|| {
        missing("X_OAUTH1_VERIFIER", "give the oauth_verifier of the callback, or the PIN that the owner copied", Party::Operator)
    })?;
    let answer = exchange(session, STEP, connection.credentials.oauth1.account()?, ("oauth_verifier", verifier.expose()))?;
    let (token, token_secret) = token(STEP, &answer)?;
    // Details that X tells beside the token: a strange one is left out, since the token counts.
    let user_id = percent::form_value(&answer, "user_id").filter(|id| UserId::from_digits(id).is_some());
    let username = percent::form_value(&answer, "screen_name").filter(|name| Username::from_handle(name).is_some());
    Ok(Oauth1Token { token, token_secret, user_id, username })
}

/// Posts a step that is all in its header, and gives back the form that X answers.
fn exchange(session: &Session<'_>, step: Step, signer: Signer<'_>, extra: (&str, &str)) -> Result<String, Failure> {
    let mut request = token_endpoint::request(session, step);
    let authorization = signer.authorization(&request, &[extra], &session.moment());
    request.headers.push(("authorization", authorization));
    let body = token_endpoint::exchange(session, step, request)?;
    let text = core::str::from_utf8(&body).map_err(|_| token_endpoint::unreadable(step, "it is no text"))?;
    Ok(text.trim().to_string())
}

fn token(step: Step, answer: &str) -> Result<(String, String), Failure> {
    let part = |name: &str| {
        let fits = |text: &String| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        percent::form_value(answer, name).filter(fits)
    };
    part("oauth_token").zip(part("oauth_token_secret")).ok_or_else(|| token_endpoint::unreadable(step, "it holds no token"))
}

#[cfg(test)]
mod tests;
