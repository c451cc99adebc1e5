//! Who is calling: bearer tokens with scopes, lifetimes and revocation. Other credentials get a file below this one.

use std::collections::HashMap;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::problem::Refusal;

/// The scopes that a user can grant to an app, without `offline.access`.
pub const ALL_SCOPES: &[&str] = &[
    "tweet.read",
    "tweet.write",
    "tweet.moderate.write",
    "users.read",
    "users.email",
    "follows.read",
    "follows.write",
    "like.read",
    "like.write",
    "list.read",
    "list.write",
    "bookmark.read",
    "bookmark.write",
    "mute.read",
    "mute.write",
    "block.read",
    "block.write",
    "dm.read",
    "dm.write",
    "space.read",
    "timeline.read",
    "media.write",
];

/// A bearer token that the simulator accepts, or knows to be dead.
#[derive(Clone, Debug)]
pub struct Token {
    /// The text after `Bearer `.
    pub secret: String,
    /// The account it acts for; `None` is an app-only token.
    pub user_id: Option<u64>,
    /// What the account allowed. App-only tokens have no scopes.
    pub scopes: Vec<String>,
    /// When it ends, in milliseconds since 1970.
    pub expires_at_ms: Option<u64>,
    /// Whether it was taken back.
    pub revoked: bool,
    /// The developer app, for limits per app. The default app is 1.
    pub app_id: u64,
}

impl Token {
    /// A user's token with all scopes and no end.
    #[must_use]
    pub fn user(secret: impl Into<String>, user_id: u64) -> Self {
        Self::with_scopes(secret, user_id, ALL_SCOPES)
    }

    /// A user's token with these scopes alone.
    #[must_use]
    pub fn with_scopes(secret: impl Into<String>, user_id: u64, scopes: &[&str]) -> Self {
        Self {
            secret: secret.into(),
            user_id: Some(user_id),
            scopes: scopes.iter().map(ToString::to_string).collect(),
            expires_at_ms: None,
            revoked: false,
            app_id: 1,
        }
    }

    /// An app-only token.
    #[must_use]
    pub fn app_only(secret: impl Into<String>) -> Self {
        Self { user_id: None, ..Self::with_scopes(secret, 0, &[]) }
    }

    /// The same token, dead from `at_ms` on.
    #[must_use]
    pub fn expiring(mut self, at_ms: u64) -> Self {
        self.expires_at_ms = Some(at_ms);
        self
    }

    /// The same token, taken back.
    #[must_use]
    pub fn revoked(mut self) -> Self {
        self.revoked = true;
        self
    }
}

/// An authenticated caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The account, or nothing for an app-only token.
    pub user_id: Option<u64>,
    pub app_id: u64,
    pub access: Access,
}

/// What the `x-access-level` header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    ReadWrite,
    ReadWriteDirectMessages,
}

impl Access {
    fn of(token: &Token) -> Self {
        let writes = |area: &str| token.scopes.iter().any(|scope| scope.split_once('.') == Some((area, "write")));
        if writes("dm") {
            Self::ReadWriteDirectMessages
        } else if ["tweet", "like", "follows", "list", "bookmark", "mute", "block", "media"].into_iter().any(writes) {
            Self::ReadWrite
        } else {
            Self::Read
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::ReadWrite => "read-write",
            Self::ReadWriteDirectMessages => "read-write-directmessages",
        }
    }
}

/// The known tokens by their secret.
#[derive(Debug, Default)]
pub(crate) struct Tokens(HashMap<String, Token>);

impl Tokens {
    pub fn add(&mut self, token: Token) {
        self.0.insert(token.secret.clone(), token);
    }

    pub fn revoke(&mut self, secret: &str) {
        if let Some(token) = self.0.get_mut(secret) {
            token.revoked = true;
        }
    }

    /// The caller behind the `authorization` header, if the credential is alive and covers `scopes`.
    ///
    /// # Errors
    /// 401 without a living token, 403 for the wrong kind of credential or a missing scope.
    pub fn authenticate(&self, headers: &HeaderMap, scopes: &[&str], app_only_allowed: bool, now_ms: u64) -> Result<Caller, Refusal> {
        let token = bearer(headers)
            .and_then(|secret| self.0.get(secret))
            .filter(|token| !token.revoked && token.expires_at_ms.is_none_or(|end| now_ms < end))
            .ok_or_else(Refusal::unauthorized)?;
        if token.user_id.is_none() {
            if !app_only_allowed {
                return Err(Refusal::unsupported_authentication());
            }
        } else if !scopes.iter().all(|wanted| token.scopes.iter().any(|scope| scope == wanted)) {
            return Err(Refusal::forbidden("Forbidden"));
        }
        Ok(Caller { user_id: token.user_id, app_id: token.app_id, access: Access::of(token) })
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(secret)
}
