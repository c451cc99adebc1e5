//! Which app is asking: HTTP Basic for confidential clients, `client_id` in the body for public ones.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use percent_encoding::percent_decode_str;

use super::parameters::Parameters;
use super::refusal::OauthError;
use crate::simulator::apps::{App, Apps};
use crate::simulator::auth::credentials;

/// The app behind the request.
///
/// # Errors
/// 401 `unauthorized_client` when the client authenticates as the other kind does, 401 `invalid_client` when it is unknown or
/// its secret is wrong, 400 when header and body differ.
pub(super) fn identify(apps: &Apps, headers: &HeaderMap, parameters: &Parameters) -> Result<App, OauthError> {
    let in_body = parameters.get("client_id");
    if !headers.contains_key(AUTHORIZATION) {
        let client_id = in_body.ok_or_else(OauthError::unauthorized_client)?;
        let app = apps.by_client_id(client_id).ok_or_else(OauthError::invalid_client)?;
        return if app.client_secret.is_some() { Err(OauthError::unauthorized_client()) } else { Ok(app.clone()) };
    }
    let (client_id, secret) = basic(headers).ok_or_else(OauthError::unauthorized_client)?;
    let app = apps.by_client_id(&client_id).ok_or_else(OauthError::invalid_client)?;
    let expected = app.client_secret.as_ref().ok_or_else(OauthError::unauthorized_client)?;
    if *expected != secret {
        return Err(OauthError::invalid_client());
    }
    if in_body.is_some_and(|in_body| in_body != client_id) {
        return Err(OauthError::invalid_value("the client id"));
    }
    Ok(app.clone())
}

/// Name and password of HTTP Basic.
pub(super) fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let pair = STANDARD.decode(credentials(headers, "basic")?).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    let (name, password) = pair.split_once(':')?;
    let decoded = |text| percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned);
    Some((decoded(name)?, decoded(password)?))
}
