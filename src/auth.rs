//! Credentials: which kinds a connection has, which of them an endpoint accepts, and how each authorizes a request.

pub mod accepts;
pub mod credentials;
pub mod oauth1;
pub mod oauth2;
pub mod pkce;
pub mod secret;

use alloc::format;

pub use accepts::Accepts;
pub use credentials::Credentials;
pub use secret::Secret;

use crate::bindings::types::CredentialKind;
use crate::transport::Request;

/// What a connection can prove itself with, in the order in which they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An OAuth 2.0 access token of an account (RFC 6750).
    UserBearer,
    /// An OAuth 1.0a token of an account, which signs each request (RFC 5849).
    OAuth1,
    /// The app's own bearer token; it acts for no account.
    AppOnly,
}

impl Kind {
    /// All kinds, in the order in which they are taken.
    pub const ALL: [Self; 3] = [Self::UserBearer, Self::OAuth1, Self::AppOnly];

    /// The kind in a sentence.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserBearer => "an OAuth 2.0 user token",
            Self::OAuth1 => "an OAuth 1.0a token",
            Self::AppOnly => "an app-only token",
        }
    }

    /// The connection properties that make up the kind, in a sentence.
    #[must_use]
    pub const fn properties(self) -> &'static str {
        match self {
            Self::UserBearer => "X_ACCESS_TOKEN",
            Self::OAuth1 => "X_API_KEY, X_API_SECRET, X_OAUTH1_TOKEN and X_OAUTH1_TOKEN_SECRET",
            Self::AppOnly => "X_BEARER_TOKEN",
        }
    }

    /// The connection property that stands for the kind in a problem's `field`.
    #[must_use]
    pub const fn property(self) -> &'static str {
        match self {
            Self::UserBearer => "X_ACCESS_TOKEN",
            Self::OAuth1 => "X_OAUTH1_TOKEN",
            Self::AppOnly => "X_BEARER_TOKEN",
        }
    }
}

impl From<Kind> for CredentialKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::UserBearer => Self::Oauth2User,
            Kind::OAuth1 => Self::Oauth1User,
            Kind::AppOnly => Self::AppOnly,
        }
    }
}

/// The credential that one request is authorized with.
#[derive(Debug, Clone, Copy)]
pub enum Credential<'a> {
    UserBearer(&'a Secret),
    OAuth1(oauth1::Signer<'a>),
    AppOnly(&'a Secret),
}

impl Credential<'_> {
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::UserBearer(_) => Kind::UserBearer,
            Self::OAuth1(_) => Kind::OAuth1,
            Self::AppOnly(_) => Kind::AppOnly,
        }
    }

    /// Adds to the request what X wants to see. It comes last: a signature covers the finished request.
    ///
    /// Returns the timestamp of the signature, in seconds since 1970, where there is one.
    pub fn authorize(&self, request: &mut Request, moment: impl FnOnce() -> oauth1::Moment) -> Option<u64> {
        let (value, timestamp) = match self {
            Self::UserBearer(token) | Self::AppOnly(token) => (format!("Bearer {}", token.expose()), None),
            Self::OAuth1(signer) => {
                let moment = moment();
                (signer.authorization(request, &[], &moment), Some(moment.timestamp))
            }
        };
        request.headers.push(("authorization", value));
        timestamp
    }
}

#[cfg(test)]
mod tests;
