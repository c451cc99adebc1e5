//! Connection properties: what the instance's environment says about the account and about where X is.

use alloc::{
    format,
    string::{String, ToString},
};

use crate::auth::{Credential, bearer::Token};
use crate::error::{Case, Failure, Party};
use crate::id::UserId;

/// Where X is unless told otherwise.
const DEFAULT_BASE_URL: &str = "https://api.x.com";
const DEFAULT_DEADLINE_MS: u32 = 30_000;
const DEFAULT_POST_LIMIT: u32 = 280;
/// What a post may have with X Premium.
const LONGEST_POST: u32 = 25_000;

/// The connection of one call.
#[derive(Debug)]
pub struct Connection {
    pub base: BaseUrl,
    pub credential: Credential,
    pub user_id: Option<UserId>,
    pub post_limit: u32,
    pub deadline_ms: u32,
}

/// Scheme and authority of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// Plain http, which only a loopback address may have.
    pub plain: bool,
    pub authority: String,
}

impl Connection {
    /// Reads the environment.
    ///
    /// # Errors
    /// A [`Failure`] that names the property.
    pub fn read(environment: &[(String, String)]) -> Result<Self, Failure> {
        let value =
            |name: &str| environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim()).filter(|value| !value.is_empty());
        let token = value("X_ACCESS_TOKEN").ok_or_else(|| {
            Failure::new(
                Case::Unauthorized,
                "missing-credential",
                Party::AccountOwner,
                "X_ACCESS_TOKEN is not set; connect an X account, or give its OAuth 2.0 access token",
            )
            .field("X_ACCESS_TOKEN")
        })?;
        let token = Token::new(token)
            .ok_or_else(|| wrong("X_ACCESS_TOKEN", "holds characters that no token has, a line break or a space perhaps; copy it again"))?;
        let base = value("X_API_BASE_URL").unwrap_or(DEFAULT_BASE_URL);
        let user_id = match value("X_USER_ID") {
            None => None,
            Some(digits) => Some(UserId::from_digits(digits).ok_or_else(|| {
                wrong("X_USER_ID", "is no user id: 1 to 19 digits, such as 2244994945; leave it out to have it looked up")
            })?),
        };
        Ok(Self {
            base: BaseUrl::parse(base)?,
            credential: Credential::UserBearer(token),
            user_id,
            post_limit: number(value("X_POST_LIMIT"), "X_POST_LIMIT", DEFAULT_POST_LIMIT, LONGEST_POST)?,
            deadline_ms: number(value("X_CALL_DEADLINE_MS"), "X_CALL_DEADLINE_MS", DEFAULT_DEADLINE_MS, 600_000)?,
        })
    }
}

impl BaseUrl {
    /// Reads `https://host[:port]`, or `http://` with a loopback host.
    ///
    /// # Errors
    /// A [`Failure`] that names `X_API_BASE_URL`.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        const FIELD: &str = "X_API_BASE_URL";
        let (plain, rest) = if let Some(rest) = text.strip_prefix("https://") {
            (false, rest)
        } else if let Some(rest) = text.strip_prefix("http://") {
            (true, rest)
        } else {
            return Err(wrong(FIELD, "does not begin with https://; leave it out for https://api.x.com"));
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split_port(authority);
        let host_fits =
            !host.is_empty() && (host == "[::1]" || host.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-'));
        let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number > 0));
        if !host_fits || !port_fits {
            return Err(wrong(FIELD, "is no scheme, host and port alone; give for example https://api.x.com"));
        }
        if plain && !is_loopback(host) {
            return Err(wrong(
                FIELD,
                "uses plain http with a host that is not loopback, which would show the token to the network; use https://",
            ));
        }
        Ok(Self { plain, authority: authority.to_string() })
    }
}

/// Splits `host:port`, `[::1]:port` and `host`.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

/// `localhost`, `[::1]` and 127.0.0.0/8 in four decimal parts, the one form that nobody reads otherwise.
fn is_loopback(host: &str) -> bool {
    let is_part = |part: &str| part.parse::<u8>().is_ok() && (part.len() == 1 || !part.starts_with('0'));
    let is_ipv4 = host.split('.').count() == 4 && host.split('.').all(is_part);
    host.eq_ignore_ascii_case("localhost") || host == "[::1]" || (is_ipv4 && host.starts_with("127."))
}

fn number(value: Option<&str>, field: &str, default: u32, maximum: u32) -> Result<u32, Failure> {
    let Some(text) = value else {
        return Ok(default);
    };
    text.parse::<u32>()
        .ok()
        .filter(|number| (1..=maximum).contains(number))
        .ok_or_else(|| wrong(field, &format!("is no whole number from 1 to {maximum}; leave it out for {default}")))
}

fn wrong(field: &str, message: &str) -> Failure {
    Failure::invalid(field, "invalid-connection-property", message).party(Party::Operator)
}

/// The environment of a test, from pairs.
#[cfg(test)]
#[must_use]
pub fn environment(pairs: &[(&str, &str)]) -> alloc::vec::Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_string(), (*value).to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Connection, (String, Case)> {
        Connection::read(&environment(pairs)).map_err(|failure| (failure.problem().field.clone().unwrap_or_default(), failure.case()))
    }

    #[test]
    fn a_token_is_enough() {
        let connection = read(&[("X_ACCESS_TOKEN", "t")]).expect("reads");
        assert_eq!(connection.base, BaseUrl { plain: false, authority: "api.x.com".into() });
        assert_eq!((connection.post_limit, connection.deadline_ms, connection.user_id), (280, 30_000, None));
        assert!(!format!("{connection:?}").contains("\"t\""));
    }

    #[test]
    fn each_wrong_property_is_named() {
        let refused = |name: &str, value: &str| {
            let (field, case) = read(&[("X_ACCESS_TOKEN", "t"), (name, value)]).expect_err(value);
            assert_eq!((field.as_str(), case), (name, Case::InvalidInput), "{value}");
        };
        for base in [
            "http://api.x.com",
            "http://127.0.0.1.evil.example",
            "http://10.0.0.1",
            "ftp://x.com",
            "api.x.com",
            "https://",
            "https://a b",
            "https://u@api.x.com",
            "https://api.x.com/2",
            "https://api.x.com:0",
            "https://api.x.com:99999",
            "http://[::2]:80",
            "https://[::1",
        ] {
            refused("X_API_BASE_URL", base);
        }
        refused("X_USER_ID", "me");
        refused("X_POST_LIMIT", "0");
        refused("X_POST_LIMIT", "25001");
        refused("X_CALL_DEADLINE_MS", "0");
        refused("X_CALL_DEADLINE_MS", "soon");
        assert_eq!(read(&[("X_ACCESS_TOKEN", "a\nb")]).expect_err("line break").0, "X_ACCESS_TOKEN");
        assert_eq!(read(&[]).expect_err("no token"), ("X_ACCESS_TOKEN".into(), Case::Unauthorized));
        assert_eq!(read(&[("X_ACCESS_TOKEN", " ")]).expect_err("empty token").1, Case::Unauthorized);
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        for base in ["http://127.0.0.1:18080", "http://127.9.9.9", "http://localhost:1", "http://[::1]:18080", "http://127.0.0.1:18080/"] {
            assert!(read(&[("X_ACCESS_TOKEN", "t"), ("X_API_BASE_URL", base)]).expect(base).base.plain, "{base}");
        }
    }
}
