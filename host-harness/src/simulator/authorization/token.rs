//! `POST /2/oauth2/token`: tokens for codes, refresh tokens and OAuth 1.0a tokens.

use http::StatusCode;

use super::parameters::Parameters;
use super::refusal::OauthError;
use super::reply::Reply;
use super::{Visit, client, code_grant, grants, token_exchange};

pub(super) const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const CODE_PARAMETERS: &[&str] = &["grant_type", "client_id", "code", "redirect_uri", "code_verifier"];
const REFRESH_PARAMETERS: &[&str] = &["grant_type", "client_id", "refresh_token"];
const EXCHANGE_PARAMETERS: &[&str] = &["grant_type", "client_id", "subject_token", "subject_token_type", "oauth_token_secret", "scope"];

pub(super) fn run(visit: &mut Visit) -> Result<Reply, Reply> {
    let parameters = form(visit)?;
    let grant = parameters.get("grant_type").ok_or_else(|| OauthError::missing("grant_type"))?.to_owned();
    let counts = &mut visit.state.grants.counts;
    let (known, count) = match grant.as_str() {
        "authorization_code" => (CODE_PARAMETERS, &mut counts.code_calls),
        "refresh_token" => (REFRESH_PARAMETERS, &mut counts.refresh_calls),
        EXCHANGE => (EXCHANGE_PARAMETERS, &mut counts.exchange_calls),
        _ => return Err(OauthError::unsupported_grant_type().into()),
    };
    *count += 1;
    no_strays(&parameters, known)?;
    let app = client::identify(&visit.state.apps, &visit.parts.headers, &parameters);
    let issued = match grant.as_str() {
        "authorization_code" => code_grant::redeem(visit, &app?, &parameters)?,
        "refresh_token" => {
            let token = required(&parameters, "refresh_token")?;
            grants::refresh(visit, app?.id, token)?
        }
        _ => {
            // Of this grant alone X says that it refuses clients with 400.
            let app = app.map_err(|error| OauthError { status: StatusCode::BAD_REQUEST, ..error })?;
            token_exchange::exchange(visit, &app, &parameters)?
        }
    };
    Ok(Reply::json(StatusCode::OK, &issued.body()))
}

/// The form in the body.
///
/// # Errors
/// 400 for another content type.
pub(super) fn form(visit: &Visit) -> Result<Parameters, OauthError> {
    if !visit.is_form() {
        return Err(OauthError::invalid_request("The content type must be application/x-www-form-urlencoded."));
    }
    Ok(Parameters::read(visit.body))
}

/// # Errors
/// 400 that names a parameter that is unknown or repeated.
pub(super) fn no_strays(parameters: &Parameters, known: &[&str]) -> Result<(), OauthError> {
    match parameters.stray(known) {
        None => Ok(()),
        Some(name) => Err(OauthError::invalid_request(&format!("The parameter [{name}] is repeated or not known here."))),
    }
}

/// # Errors
/// 400 that names the parameter when it is not there.
pub(super) fn required<'a>(parameters: &'a Parameters, name: &str) -> Result<&'a str, OauthError> {
    parameters.get(name).ok_or_else(|| OauthError::missing(name))
}
