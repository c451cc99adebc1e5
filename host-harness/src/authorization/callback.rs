//! What a browser brings back from the authorization page.

use secrecy::SecretString;
use std::fmt;
use thiserror::Error;
use url::Url;

/// By what a callback is known to belong to an authorization.
#[derive(Clone)]
pub enum Expected {
    /// The `state` of an OAuth 2.0 authorization.
    State(String),
    /// The request token of an OAuth 1.0a authorization.
    RequestToken(String),
}

impl fmt::Debug for Expected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::State(_) => "State(redacted)",
            Self::RequestToken(_) => "RequestToken(redacted)",
        })
    }
}

/// A callback that belongs to the authorization and brings what was asked for.
#[derive(Debug)]
pub enum Callback {
    /// An authorization code of OAuth 2.0.
    Code(SecretString),
    /// A verifier of OAuth 1.0a.
    Verifier(SecretString),
}

/// Why a callback is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// It belongs to another authorization, or somebody made it up.
    #[error(
        "the callback belongs to another authorization: its {0} is not the one that this login began with; nothing was sent to X; log in again, in one browser window"
    )]
    OtherAuthorization(&'static str),
    /// The owner of the account pressed Cancel.
    #[error("the account's owner did not agree; log in again and choose Authorize")]
    Denied,
    /// The authorization server refused the request.
    #[error("X refused the authorization: {0}; correct the app's settings at X, or the client id, and log in again")]
    Refused(String),
    /// There is neither a code nor an error.
    #[error("the callback brings no {0}; open the address that this login printed, and let the browser come back by itself")]
    Incomplete(&'static str),
    /// A parameter is there twice.
    #[error("the callback has the parameter `{0}` twice; log in again")]
    Repeated(&'static str),
    /// What was pasted is no address.
    #[error("what was pasted is no address with a query; copy the whole address from the browser, from http to its end")]
    NoAddress,
}

impl CallbackError {
    /// A stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::OtherAuthorization(_) => "other-authorization",
            Self::Denied => "authorization-denied",
            Self::Refused(_) => "authorization-refused",
            Self::Incomplete(_) => "callback-incomplete",
            Self::Repeated(_) => "callback-repeated-parameter",
            Self::NoAddress => "callback-no-address",
        }
    }
}

impl Callback {
    /// Reads the query of a callback.
    ///
    /// The state is compared first: a stranger's callback is refused whatever else it says.
    ///
    /// # Errors
    ///
    /// [`CallbackError`]; nothing has been sent then.
    pub fn read(query: &str, expected: &Expected) -> Result<Self, CallbackError> {
        let one = |name: &'static str| {
            let mut values = url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name).map(|(_, value)| value);
            match (values.next(), values.next()) {
                (value, None) => Ok(value.map(std::borrow::Cow::into_owned).filter(|value| !value.is_empty())),
                _ => Err(CallbackError::Repeated(name)),
            }
        };
        match expected {
            Expected::State(state) => {
                if one("state")?.as_deref() != Some(state) {
                    return Err(CallbackError::OtherAuthorization("state"));
                }
                match (one("error")?, one("code")?) {
                    (Some(error), _) if error == "access_denied" => Err(CallbackError::Denied),
                    (Some(error), _) => Err(CallbackError::Refused(known(&error))),
                    (None, Some(code)) => Ok(Self::Code(code.into())),
                    (None, None) => Err(CallbackError::Incomplete("code")),
                }
            }
            Expected::RequestToken(token) => {
                if let Some(denied) = one("denied")? {
                    return Err(if denied == *token { CallbackError::Denied } else { CallbackError::OtherAuthorization("request token") });
                }
                if one("oauth_token")?.as_deref() != Some(token) {
                    return Err(CallbackError::OtherAuthorization("request token"));
                }
                one("oauth_verifier")?.map(|verifier| Self::Verifier(verifier.into())).ok_or(CallbackError::Incomplete("oauth_verifier"))
            }
        }
    }

    /// Reads an address that a person copied from the browser; a PIN of OAuth 1.0a counts as well.
    ///
    /// # Errors
    ///
    /// As [`Callback::read`].
    pub fn pasted(text: &str, expected: &Expected) -> Result<Self, CallbackError> {
        let text = text.trim();
        if matches!(expected, Expected::RequestToken(_)) && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self::Verifier(text.to_owned().into()));
        }
        let url = Url::parse(text).map_err(|_| CallbackError::NoAddress)?;
        Self::read(url.query().ok_or(CallbackError::NoAddress)?, expected)
    }
}

/// The error codes of RFC 6749; anything else might be anything.
fn known(error: &str) -> String {
    const KNOWN: [&str; 6] =
        ["invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope", "server_error", "temporarily_unavailable"];
    if KNOWN.contains(&error) { error.to_owned() } else { "an error that is not of OAuth".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn state() -> Expected {
        Expected::State("s1".to_owned())
    }

    #[test]
    fn a_code_comes_with_the_state_that_the_login_began_with() {
        for query in ["state=s1&code=c%2F1", "code=c%2F1&state=s1&other=x"] {
            match Callback::read(query, &state()) {
                Ok(Callback::Code(code)) => assert_eq!(code.expose_secret(), "c/1"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_strangers_callback_is_refused_whatever_it_says() {
        for query in ["state=s2&code=c", "code=c", "", "state=&code=c", "state=s2&error=access_denied", "State=s1&code=c"] {
            assert_eq!(Callback::read(query, &state()).unwrap_err(), CallbackError::OtherAuthorization("state"), "{query}");
        }
        assert_eq!(Callback::read("state=s1&state=s2&code=c", &state()).unwrap_err(), CallbackError::Repeated("state"));
        assert_eq!(Callback::read("state=s1&code=c&code=d", &state()).unwrap_err(), CallbackError::Repeated("code"));
    }

    #[test]
    fn a_refusal_is_told_apart_from_a_denial() {
        assert_eq!(Callback::read("state=s1&error=access_denied", &state()).unwrap_err(), CallbackError::Denied);
        assert_eq!(
            Callback::read("state=s1&error=invalid_scope&code=c", &state()).unwrap_err(),
            CallbackError::Refused("invalid_scope".to_owned())
        );
        let foreign = Callback::read("state=s1&error=%1b%5b2J<script>", &state()).unwrap_err().to_string();
        assert!(!foreign.contains(['\u{1b}', '<']), "{foreign}");
        assert_eq!(Callback::read("state=s1", &state()).unwrap_err(), CallbackError::Incomplete("code"));
    }

    #[test]
    fn a_verifier_comes_with_the_request_token() {
        let expected = Expected::RequestToken("rt".to_owned());
        assert!(matches!(Callback::read("oauth_token=rt&oauth_verifier=v", &expected), Ok(Callback::Verifier(_))));
        assert!(matches!(Callback::pasted(" 1234567 ", &expected), Ok(Callback::Verifier(_))));
        assert_eq!(Callback::read("denied=rt", &expected).unwrap_err(), CallbackError::Denied);
        for query in ["oauth_token=other&oauth_verifier=v", "denied=other", "oauth_verifier=v"] {
            assert_eq!(Callback::read(query, &expected).unwrap_err(), CallbackError::OtherAuthorization("request token"), "{query}");
        }
    }

    #[test]
    fn a_whole_address_can_be_pasted() {
        assert!(matches!(Callback::pasted("http://127.0.0.1:18181/callback?state=s1&code=c\n", &state()), Ok(Callback::Code(_))));
        for text in ["c", "", "127.0.0.1/callback?code=c", "http://127.0.0.1:18181/callback"] {
            assert_eq!(Callback::pasted(text, &state()).unwrap_err(), CallbackError::NoAddress, "{text}");
        }
    }
}
