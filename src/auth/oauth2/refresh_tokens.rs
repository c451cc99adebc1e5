//! `POST /2/oauth2/token`, `grant_type=refresh_token` · once: X spends the token · <https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token>

use crate::auth::oauth2::token_endpoint::{Form, Step, missing, post_as_client};
use crate::auth::oauth2::tokens;
use crate::bindings::connection::Tokens;
use crate::error::{Failure, Party};
use crate::session::Session;

const STEP: Step = Step::RefreshTokens;

/// Exchanges the refresh token for new tokens.
///
/// # Errors
/// A [`Failure`]; `reconnect-needed` when X does not know the token any more, `answer-lost` when X may have spent it.
pub fn run(session: &Session<'_>) -> Result<Tokens, Failure> {
    let refresh_token = session.connection.refresh_token.as_ref().ok_or_else(|| {
        missing("X_REFRESH_TOKEN", "connect the account with the scope offline.access, which brings one", Party::AccountOwner)
    })?;
    let form = Form::from([("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())]);
    tokens::read(session, STEP, &post_as_client(session, STEP, form)?)
}
