//! `POST /2/oauth2/revoke` · idempotent · <https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token>

use crate::auth::oauth2::refusals::TOKEN_UNKNOWN;
use crate::auth::oauth2::token_endpoint::{Form, Step, missing, post_as_client};
use crate::bindings::connection::Revocation;
use crate::error::{Failure, Party};
use crate::json::Json;
use crate::session::Session;

/// X has said by its status that it did it; only an outspoken no counts against that.
fn response(body: &[u8]) -> Revocation {
    let revoked = Json::read(body).and_then(|answer| answer.get("revoked").as_bool());
    Revocation { revoked: revoked.unwrap_or(true) }
}

/// Takes the refresh token back, or without one the access token. A token that X does not know is no error.
///
/// # Errors
/// A [`Failure`].
pub fn run(session: &Session<'_>) -> Result<Revocation, Failure> {
    let connection = session.connection;
    let access_token = connection.credentials.oauth2_user.as_ref().map(|token| token.expose());
    let token = connection
        .refresh_token
        .as_ref()
        .map(|token| token.expose())
        .or(access_token)
        .ok_or_else(|| missing("X_REFRESH_TOKEN", "give it, or X_ACCESS_TOKEN: there is nothing to take back", Party::AccountOwner))?;
    match post_as_client(session, Step::RevokeToken, Form::from([("token", token)])) {
        Ok(body) => Ok(response(&body)),
        Err(failure) if failure.code() == TOKEN_UNKNOWN => Ok(Revocation { revoked: false }),
        Err(failure) => Err(failure),
    }
}
