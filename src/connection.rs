//! Connection properties: what the instance's environment says about the account and about where X is.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::ops::RangeInclusive;

use crate::auth::secret::stands_in_base64;
use crate::auth::{Credentials, Secret, oauth1};
use crate::error::{Failure, Party};
use crate::id::UserId;

/// Where X is unless told otherwise.
const DEFAULT_AUTHORITY: &str = "api.x.com";
const DEFAULT_BASE_URL: &str = "https://api.x.com";
/// Where the browser of an account's owner consents to OAuth 2.0.
const DEFAULT_CONSENT: &str = "https://x.com";
const DEFAULT_DEADLINE_MS: u32 = 30_000;
const DEFAULT_POST_LIMIT: u32 = 280;
const DEFAULT_MEDIA_CHUNK: u32 = 4 * 1024 * 1024;
/// X refuses requests beyond 8 MB; a small chunk makes many requests.
pub const MEDIA_CHUNKS: RangeInclusive<u32> = 64 * 1024..=8_000_000;
/// What a post may have with X Premium.
const LONGEST_POST: u32 = 25_000;

/// The connection of one call. Nothing of it has to be there: what a call needs and does not find, it names then.
#[derive(Debug)]
pub struct Connection {
    pub base: BaseUrl,
    pub credentials: Credentials,
    /// `X_CLIENT_ID` and `X_CLIENT_SECRET`.
    pub client: Option<Client>,
    /// `X_REFRESH_TOKEN`.
    pub refresh_token: Option<Secret>,
    /// `X_GRANTED_SCOPES`; `None` where they are not known.
    pub granted_scopes: Option<Vec<String>>,
    /// `X_AUTHORIZATION_CODE`, for one step of connecting.
    pub authorization_code: Option<Secret>,
    /// `X_CODE_VERIFIER`, for the same step.
    pub code_verifier: Option<Secret>,
    /// `X_OAUTH1_VERIFIER`, for the last step of connecting by OAuth 1.0a.
    pub oauth1_verifier: Option<Secret>,
    pub user_id: Option<UserId>,
    pub post_limit: u32,
    pub deadline_ms: u32,
    /// How much of a file goes to X in one request.
    pub media_chunk: u32,
    pub require_alt_text: bool,
}

/// The app as OAuth 2.0 knows it.
#[derive(Debug)]
pub struct Client {
    pub id: String,
    /// A confidential client has one, a public one has none.
    pub secret: Option<Secret>,
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
    /// A [`Failure`] that names the property which holds what it cannot hold. A missing credential is no error here.
    pub fn read(environment: &[(String, String)]) -> Result<Self, Failure> {
        let value =
            |name: &str| environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim()).filter(|value| !value.is_empty());
        let token = |name| secret(value(name), name, Secret::new);
        let text = |name| secret(value(name), name, Secret::of_any_text);
        let user_id = match value("X_USER_ID") {
            None => None,
            Some(digits) => Some(UserId::from_digits(digits).ok_or_else(|| {
                wrong("X_USER_ID", "is no user id: 1 to 19 digits, such as 2244994945; leave it out to have it looked up")
            })?),
        };
        let client_secret = text("X_CLIENT_SECRET")?;
        let client_id = text("X_CLIENT_ID")?.map(|id| id.expose().to_string());
        Ok(Self {
            base: BaseUrl::parse(value("X_API_BASE_URL").unwrap_or(DEFAULT_BASE_URL))?,
            credentials: Credentials {
                oauth2_user: token("X_ACCESS_TOKEN")?,
                oauth1: oauth1::Keys {
                    api_key: text("X_API_KEY")?,
                    api_secret: text("X_API_SECRET")?,
                    token: text("X_OAUTH1_TOKEN")?,
                    token_secret: text("X_OAUTH1_TOKEN_SECRET")?,
                },
                app_only: token("X_BEARER_TOKEN")?,
            },
            client: client_id.map(|id| Client { id, secret: client_secret }),
            refresh_token: text("X_REFRESH_TOKEN")?,
            granted_scopes: value("X_GRANTED_SCOPES").map(|scopes| scopes.split_whitespace().map(ToString::to_string).collect()),
            authorization_code: text("X_AUTHORIZATION_CODE")?,
            code_verifier: text("X_CODE_VERIFIER")?,
            oauth1_verifier: text("X_OAUTH1_VERIFIER")?,
            user_id,
            post_limit: number(value("X_POST_LIMIT"), "X_POST_LIMIT", DEFAULT_POST_LIMIT, 1..=LONGEST_POST)?,
            deadline_ms: number(value("X_CALL_DEADLINE_MS"), "X_CALL_DEADLINE_MS", DEFAULT_DEADLINE_MS, 1..=600_000)?,
            media_chunk: number(value("X_MEDIA_CHUNK_BYTES"), "X_MEDIA_CHUNK_BYTES", DEFAULT_MEDIA_CHUNK, MEDIA_CHUNKS)?,
            require_alt_text: truth(value("X_REQUIRE_ALT_TEXT"), "X_REQUIRE_ALT_TEXT")?,
        })
    }

    /// Whether the account has X Premium, as far as its limit of posts tells.
    #[must_use]
    pub fn is_premium(&self) -> bool {
        self.post_limit > DEFAULT_POST_LIMIT
    }

    /// Whether any secret of the connection stands in the text, also in the forms that headers give it.
    #[must_use]
    pub fn stands_in(&self, text: &str) -> bool {
        let client_secret = self.client.as_ref().and_then(|client| client.secret.as_ref());
        let others = [&self.refresh_token, &self.authorization_code, &self.code_verifier, &self.oauth1_verifier];
        self.credentials.stands_in(text)
            || others.into_iter().flatten().chain(client_secret).any(|secret| secret.stands_in(text))
            || self.client.as_ref().is_some_and(|client| client.stands_in(text))
    }
}

impl Client {
    /// Whether the header that proves a confidential client stands in the text.
    fn stands_in(&self, text: &str) -> bool {
        let pair = self.secret.as_ref().map(|secret| format!("{}:{}", self.id, secret.expose()));
        pair.is_some_and(|pair| stands_in_base64(pair.as_bytes(), text))
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

    /// Scheme and authority: `https://api.x.com`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.plain { "http" } else { "https" }, self.authority)
    }

    /// Where the consent page of OAuth 2.0 is: at X another host than the API's, anywhere else the same one.
    #[must_use]
    pub fn consent(&self) -> String {
        if self.authority == DEFAULT_AUTHORITY { DEFAULT_CONSENT.to_string() } else { self.origin() }
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

fn truth(value: Option<&str>, field: &str) -> Result<bool, Failure> {
    match value {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(_) => Err(wrong(field, "is neither true nor false; leave it out for false")),
    }
}

fn number(value: Option<&str>, field: &str, default: u32, range: RangeInclusive<u32>) -> Result<u32, Failure> {
    let Some(text) = value else {
        return Ok(default);
    };
    text.parse::<u32>()
        .ok()
        .filter(|number| range.contains(number))
        .ok_or_else(|| wrong(field, &format!("is no whole number from {} to {}; leave it out for {default}", range.start(), range.end())))
}

fn secret(value: Option<&str>, field: &str, new: fn(&str) -> Option<Secret>) -> Result<Option<Secret>, Failure> {
    let Some(text) = value else {
        return Ok(None);
    };
    match new(text) {
        Some(secret) => Ok(Some(secret)),
        None => Err(wrong(field, "holds characters that it cannot have, a line break or a space perhaps; copy it again")),
    }
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
mod tests;
