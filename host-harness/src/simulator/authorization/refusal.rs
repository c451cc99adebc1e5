//! Refusals of the OAuth 2.0 endpoints: one constructor for each known body.

use http::StatusCode;
use serde_json::json;

use super::reply::Reply;

/// `{"error": ..., "error_description": ...}`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OauthError {
    pub status: StatusCode,
    pub error: &'static str,
    pub description: String,
}

impl OauthError {
    fn new(status: StatusCode, error: &'static str, description: &str) -> Self {
        Self { status, error, description: description.to_owned() }
    }

    /// 400 with a sentence.
    pub fn invalid_request(description: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", description)
    }

    /// 400 for a value that is wrong, as X words it. A spent refresh token is `the token`.
    pub fn invalid_value(of_what: &str) -> Self {
        Self::invalid_request(&format!("Value passed for {of_what} was invalid."))
    }

    /// 400 for a parameter that is not there.
    pub fn missing(name: &str) -> Self {
        Self::invalid_request(&format!("Missing required parameter [{name}]."))
    }

    /// 400 for a grant that is not good.
    pub fn invalid_grant(description: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_grant", description)
    }

    /// 400 for scopes that are unknown or out of reach.
    pub fn invalid_scope(description: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_scope", description)
    }

    /// 400 for another kind of grant.
    pub fn unsupported_grant_type() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unsupported_grant_type", "The grant type is not supported.")
    }

    /// 401 for a client that authenticates as the other kind does.
    pub fn unauthorized_client() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized_client", "Missing valid authorization header")
    }

    /// 401 for an unknown client, or a wrong secret.
    pub fn invalid_client() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_client", "The client id or the client secret is wrong.")
    }
}

impl From<OauthError> for Reply {
    fn from(error: OauthError) -> Self {
        Self::json(error.status, &json!({"error": error.error, "error_description": error.description}))
    }
}
