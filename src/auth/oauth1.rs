//! OAuth 1.0a (RFC 5849) with HMAC-SHA1: the keys of a connection, and the header that signs a request.

pub mod signature;
pub mod three_legged;

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use crate::auth::Secret;
use crate::auth::secret::stands_in_base64;
use crate::error::{Case, Failure, Party};
use crate::percent;
use crate::transport::{Body, Random, Request};

/// What the connection has for OAuth 1.0a. The first two are the app's, the others the account's.
#[derive(Debug, Default)]
pub struct Keys {
    /// `X_API_KEY`.
    pub api_key: Option<Secret>,
    /// `X_API_SECRET`.
    pub api_secret: Option<Secret>,
    /// `X_OAUTH1_TOKEN`.
    pub token: Option<Secret>,
    /// `X_OAUTH1_TOKEN_SECRET`.
    pub token_secret: Option<Secret>,
}

/// What signs requests, checked: for an account, or for the app alone while an account is being connected.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    pub api_key: &'a str,
    pub api_secret: &'a str,
    /// Token and token secret.
    pub token: Option<(&'a str, &'a str)>,
}

/// What makes a signature good for one request only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    pub nonce: String,
    /// Seconds since 1970. X refuses a signature that is off by more than five minutes.
    pub timestamp: u64,
}

impl Moment {
    /// A fresh nonce of 128 bits, at `timestamp` seconds since 1970.
    #[must_use]
    pub fn new(random: &(impl Random + ?Sized), timestamp: u64) -> Self {
        Self { nonce: format!("{:016x}{:016x}", random.random(), random.random()), timestamp }
    }
}

impl Keys {
    /// Whether an account is meant to be proved by OAuth 1.0a. The app's keys alone mean none: they also get app-only tokens.
    #[must_use]
    pub fn names_account(&self) -> bool {
        self.token.is_some() || self.token_secret.is_some()
    }

    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.api_key.is_some() && self.api_secret.is_some() && self.token.is_some() && self.token_secret.is_some()
    }

    /// What signs for the app alone.
    ///
    /// # Errors
    /// A [`Failure`] that names the part which is missing or cannot sign.
    pub fn app(&self) -> Result<Signer<'_>, Failure> {
        Ok(Signer {
            api_key: part(self.api_key.as_ref(), "X_API_KEY")?,
            api_secret: part(self.api_secret.as_ref(), "X_API_SECRET")?,
            token: None,
        })
    }

    /// What signs for the account.
    ///
    /// # Errors
    /// A [`Failure`] that names the part which is missing or cannot sign.
    pub fn account(&self) -> Result<Signer<'_>, Failure> {
        let token = part(self.token.as_ref(), "X_OAUTH1_TOKEN")?;
        let token_secret = part(self.token_secret.as_ref(), "X_OAUTH1_TOKEN_SECRET")?;
        Ok(Signer { token: Some((token, token_secret)), ..self.app()? })
    }

    /// Whether one of the keys stands in the text, also joined and in base64 as a header has them.
    #[must_use]
    pub fn stands_in(&self, text: &str) -> bool {
        let all = [&self.api_key, &self.api_secret, &self.token, &self.token_secret];
        let pair = match (&self.api_key, &self.api_secret) {
            (Some(key), Some(secret)) => format!("{}:{}", key.expose(), secret.expose()),
            _ => String::new(),
        };
        all.into_iter().flatten().any(|secret| secret.stands_in(text)) || stands_in_base64(pair.as_bytes(), text)
    }
}

/// A part of the keys as it is. X's keys and tokens have unreserved characters only; other ones mean a placeholder.
fn part<'a>(secret: Option<&'a Secret>, property: &'static str) -> Result<&'a str, Failure> {
    let Some(secret) = secret else {
        let message = format!(
            "{property} is not set, and OAuth 1.0a needs it beside the others; copy it from X's developer console, or connect the account again"
        );
        return Err(Failure::new(Case::Unauthorized, "missing-credential", Party::AccountOwner, message).field(property));
    };
    let text = secret.expose();
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)) {
        return Ok(text);
    }
    let message = format!(
        "{property} holds characters that no key of X has, as a placeholder does; OAuth 1.0a signs each request with it, so it cannot be put in on the way out: give the value itself, or use an OAuth 2.0 token, which may be a placeholder"
    );
    Err(Failure::new(Case::InvalidInput, "placeholder-cannot-sign", Party::Operator, message).field(property))
}

impl Signer<'_> {
    /// The `authorization` header for a finished request. `extra` are further protocol parameters, such as `oauth_callback`.
    ///
    /// The query is signed, and a form in memory; JSON, multipart and streams are not (RFC 5849, 3.4.1.3.1).
    #[must_use]
    pub fn authorization(&self, request: &Request, extra: &[(&str, &str)], moment: &Moment) -> String {
        let timestamp = moment.timestamp.to_string();
        let mut protocol: Vec<(&str, &str)> = Vec::from([
            ("oauth_consumer_key", self.api_key),
            ("oauth_nonce", moment.nonce.as_str()),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", timestamp.as_str()),
            ("oauth_version", "1.0"),
        ]);
        protocol.extend(self.token.map(|(token, _)| ("oauth_token", token)));
        protocol.extend_from_slice(extra);
        let token_secret = self.token.map_or("", |(_, secret)| secret);
        let form = form(request).unwrap_or_default();
        let signature = signature::signature(request.method, &request.target, form, &protocol, self.api_secret, token_secret);
        let mut header = String::from("OAuth ");
        for (name, value) in protocol.iter().copied().chain([("oauth_signature", signature.as_str())]) {
            if !header.ends_with(' ') {
                header.push_str(", ");
            }
            header.push_str(name);
            header.push_str("=\"");
            header.push_str(&percent::encode(value));
            header.push('"');
        }
        header
    }
}

/// The body, where it is a form.
fn form(request: &Request) -> Option<&str> {
    const FORM: &str = "application/x-www-form-urlencoded";
    let content_type = request.headers.iter().find(|(name, _)| *name == "content-type").map(|(_, value)| value.as_str())?;
    let is_form = content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM));
    match &request.body {
        Body::Bytes(bytes) if is_form => core::str::from_utf8(bytes).ok(),
        Body::Empty | Body::Bytes(_) | Body::Stream { .. } => None,
    }
}

impl core::fmt::Debug for Signer<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Signer(redacted)")
    }
}
