//! `POST /oauth2/token`, `grant_type=client_credentials` · idempotent: an app has one token · <https://docs.x.com/fundamentals/authentication/oauth-2-0/application-only>

use crate::auth::oauth2::token_endpoint::{Form, Step, basic, post};
use crate::auth::oauth2::tokens;
use crate::bindings::connection::AppToken;
use crate::error::Failure;
use crate::session::Session;

const STEP: Step = Step::RequestAppToken;

/// Gets the app's own token.
///
/// # Errors
/// A [`Failure`].
pub fn run(session: &Session<'_>) -> Result<AppToken, Failure> {
    let app = session.connection.credentials.oauth1.app()?;
    let form = Form::from([("grant_type", "client_credentials")]);
    let body = post(session, STEP, &form, Some(basic(app.api_key, app.api_secret)))?;
    let (_, bearer_token) = tokens::bearer(STEP, &body)?;
    Ok(AppToken { bearer_token })
}
