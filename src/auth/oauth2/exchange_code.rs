//! `POST /2/oauth2/token`, `grant_type=authorization_code` · once · <https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token>

use crate::auth::oauth2::token_endpoint::{Form, Step, missing, post_as_client};
use crate::auth::oauth2::{redirect_uri, tokens};
use crate::auth::pkce;
use crate::bindings::connection::{ExchangeCodeInput, Tokens};
use crate::connection::Connection;
use crate::error::{Failure, Party};
use crate::session::Session;

const STEP: Step = Step::ExchangeCode;

fn form<'a>(connection: &'a Connection, redirect_uri: &'a str) -> Result<Form<'a>, Failure> {
    let (Some(code), Some(verifier)) = (&connection.authorization_code, &connection.code_verifier) else {
        let property = if connection.authorization_code.is_none() { "X_AUTHORIZATION_CODE" } else { "X_CODE_VERIFIER" };
        return Err(missing(property, "give what the callback and the authorization-url step brought", Party::Operator));
    };
    if !pkce::is_verifier(verifier.expose()) {
        let message = "is no code verifier: 43 to 128 letters, digits and -._~; give the one that authorization-url returned";
        return Err(Failure::invalid("X_CODE_VERIFIER", "invalid-connection-property", message).party(Party::Operator));
    }
    Ok(Form::from([
        ("grant_type", "authorization_code"),
        ("code", code.expose()),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier.expose()),
    ]))
}

/// Exchanges the code of the callback for tokens.
///
/// # Errors
/// A [`Failure`]; `answer-lost` when X may have used the code up.
pub fn run(session: &Session<'_>, input: &ExchangeCodeInput) -> Result<Tokens, Failure> {
    redirect_uri::check(&input.redirect_uri, "redirect_uri")?;
    let form = form(session.connection, &input.redirect_uri)?;
    tokens::read(session, STEP, &post_as_client(session, STEP, form)?)
}
