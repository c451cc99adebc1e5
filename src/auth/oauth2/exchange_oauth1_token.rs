//! `POST /2/oauth2/token`, token exchange (RFC 8693) of an OAuth 1.0a token · idempotent, and ends the tokens of the time before · <https://docs.x.com/fundamentals/authentication/oauth-2-0/token-exchange>

use crate::auth::oauth2::token_endpoint::{Form, Step, missing, post_as_client};
use crate::auth::oauth2::tokens;
use crate::bindings::connection::{ExchangeOauth1TokenInput, Tokens};
use crate::error::{Failure, Party};
use crate::scopes;
use crate::session::Session;

const STEP: Step = Step::ExchangeOauth1Token;

/// Exchanges an OAuth 1.0a token for OAuth 2.0 tokens.
///
/// # Errors
/// A [`Failure`].
pub fn run(session: &Session<'_>, input: &ExchangeOauth1TokenInput) -> Result<Tokens, Failure> {
    let asked = input.scopes.as_deref().unwrap_or_default();
    scopes::check(asked, "scopes")?;
    let keys = &session.connection.credentials.oauth1;
    let (Some(token), Some(secret)) = (&keys.token, &keys.token_secret) else {
        let property = if keys.token.is_none() { "X_OAUTH1_TOKEN" } else { "X_OAUTH1_TOKEN_SECRET" };
        return Err(missing(property, "give the OAuth 1.0a token of the account, with its secret", Party::AccountOwner));
    };
    let scope = asked.join(" ");
    let mut form = Form::from([
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", token.expose()),
        ("subject_token_type", "urn:x:params:oauth:token-type:oauth1_token"),
        ("oauth_token_secret", secret.expose()),
    ]);
    if !scope.is_empty() {
        form.push(("scope", &scope));
    }
    tokens::read(session, STEP, &post_as_client(session, STEP, form)?)
}
