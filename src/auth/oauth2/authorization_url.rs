//! `GET https://x.com/i/oauth2/authorize`, which a browser sends · <https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code>

use alloc::{format, string::String, vec::Vec};

use crate::auth::oauth2::redirect_uri;
use crate::auth::oauth2::token_endpoint::client;
use crate::auth::pkce;
use crate::bindings::connection::{Authorization, AuthorizationUrlInput};
use crate::error::Failure;
use crate::percent;
use crate::scopes;
use crate::session::Session;

/// The scopes to ask for.
pub fn parse(input: &AuthorizationUrlInput) -> Result<Vec<String>, Failure> {
    redirect_uri::check(&input.redirect_uri, "redirect_uri")?;
    let operations = scopes::operations(input.operations.as_deref())?;
    let additional = input.additional_scopes.as_deref().unwrap_or_default();
    scopes::check(additional, "additional_scopes")?;
    if operations.is_empty() && additional.is_empty() {
        return Err(Failure::invalid("operations", "no-operations", "is empty; leave it out for all operations"));
    }
    Ok(scopes::union(&operations, additional))
}

/// Makes the address, and what belongs to it. Nothing is sent.
///
/// # Errors
/// A [`Failure`] that names what is wrong or missing.
pub fn run(session: &Session<'_>, input: &AuthorizationUrlInput) -> Result<Authorization, Failure> {
    let scopes = parse(input)?;
    let client = client(session.connection)?;
    let (state, code_verifier) = (pkce::random_text(session.edge), pkce::random_text(session.edge));
    let query = percent::form(&[
        ("response_type", "code"),
        ("client_id", &client.id),
        ("redirect_uri", &input.redirect_uri),
        ("scope", &scopes.join(" ")),
        ("state", &state),
        ("code_challenge", &pkce::challenge(&code_verifier)),
        ("code_challenge_method", "S256"),
    ]);
    let url = format!("{}/i/oauth2/authorize?{query}", session.connection.base.consent());
    Ok(Authorization { url, state, code_verifier, scopes })
}
