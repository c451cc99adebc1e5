//! Who is calling: bearer tokens with scopes, lifetimes and revocation, and signatures of OAuth 1.0a.

pub(crate) mod oauth1;
pub(crate) mod signature;

use std::collections::HashMap;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::endpoints::Endpoint;
use super::problem::Refusal;
use super::state::State;
use signature::Signed;

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

/// What an app may do for an account: the permissions of an app at X, and what the `x-access-level` header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// `read`
    Read,
    /// `read-write`
    ReadWrite,
    /// `read-write-directmessages`
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

    /// The permission that calls of an endpoint with these scopes need when they are signed.
    fn needed_for(scopes: &[&str]) -> Self {
        if scopes.iter().any(|scope| scope.starts_with("dm.")) {
            Self::ReadWriteDirectMessages
        } else if scopes.iter().any(|scope| scope.rsplit_once('.').is_some_and(|(_, right)| right == "write")) {
            Self::ReadWrite
        } else {
            Self::Read
        }
    }

    /// The word that X has for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::ReadWrite => "read-write",
            Self::ReadWriteDirectMessages => "read-write-directmessages",
        }
    }
}

/// The kinds of credential that an endpoint takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accepts {
    /// A user's OAuth 2.0 token.
    pub oauth2: bool,
    /// A signature by OAuth 1.0a.
    pub oauth1: bool,
    /// An app-only token.
    pub app_only: bool,
}

impl Accepts {
    /// Credentials of users, of both kinds.
    pub const USERS: Self = Self { oauth2: true, oauth1: true, app_only: false };
    /// Whatever there is.
    pub const ALL: Self = Self { oauth2: true, oauth1: true, app_only: true };
    /// The app's own token.
    pub const APPS: Self = Self { oauth2: false, oauth1: false, app_only: true };

    fn names(self) -> String {
        let names = [(self.oauth1, OAUTH1), (self.app_only, APP_ONLY), (self.oauth2, OAUTH2)];
        names.into_iter().filter_map(|(accepted, name)| accepted.then_some(name)).collect::<Vec<_>>().join(", ")
    }
}

const OAUTH1: &str = "OAuth 1.0a User Context";
const OAUTH2: &str = "OAuth 2.0 User Context";
const APP_ONLY: &str = "OAuth 2.0 Application-Only";

/// An authenticated caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The account, or nothing for an app-only token.
    pub user_id: Option<u64>,
    pub app_id: u64,
    pub access: Access,
}

/// The known tokens by their secret.
#[derive(Debug, Default)]
pub(crate) struct Tokens(HashMap<String, Token>);

impl Tokens {
    pub fn add(&mut self, token: Token) {
        self.0.insert(token.secret.clone(), token);
    }

    pub fn get(&self, secret: &str) -> Option<&Token> {
        self.0.get(secret)
    }

    pub fn revoke(&mut self, secret: &str) {
        if let Some(token) = self.0.get_mut(secret) {
            token.revoked = true;
        }
    }

    /// Forgets a token; calls with it are answered like those with a dead one.
    pub fn remove(&mut self, secret: &str) {
        self.0.remove(secret);
    }
}

/// The caller behind the `authorization` header, if the credential is alive and allows this call. `form` is the request's
/// body where signatures cover it.
///
/// # Errors
/// 401 without a living credential, 403 for the wrong kind of credential, a missing scope or too small a permission.
pub(crate) fn authenticate(state: &mut State, parts: &Parts, form: &[u8], endpoint: &Endpoint, now_ms: u64) -> Result<Caller, Refusal> {
    let accepts = endpoint.accepts;
    let wrong_kind = |kind| Refusal::unsupported_authentication(kind, &accepts.names());
    if signature::is_signed(&parts.headers) {
        let signed = Signed::read(&parts.headers).ok_or_else(Refusal::could_not_authenticate)?;
        let token = oauth1::authenticate(state, parts, &signed, form, now_ms)?;
        let caller = Caller { user_id: Some(token.user_id), app_id: token.app_id, access: token.access };
        return if !accepts.oauth1 {
            Err(wrong_kind(OAUTH1))
        } else if caller.access < Access::needed_for(endpoint.scopes) {
            Err(Refusal::oauth1_permissions())
        } else {
            Ok(caller)
        };
    }
    let token = bearer(&parts.headers)
        .and_then(|secret| state.tokens.get(secret))
        .filter(|token| !token.revoked && token.expires_at_ms.is_none_or(|end| now_ms < end))
        .ok_or_else(Refusal::unauthorized)?;
    if token.user_id.is_none() {
        if !accepts.app_only {
            return Err(wrong_kind(APP_ONLY));
        }
    } else if !accepts.oauth2 {
        return Err(wrong_kind(OAUTH2));
    } else if !endpoint.scopes.iter().all(|wanted| token.scopes.iter().any(|scope| scope == wanted)) {
        return Err(Refusal::forbidden("Forbidden"));
    }
    Ok(Caller { user_id: token.user_id, app_id: token.app_id, access: Access::of(token) })
}

/// The `authorization` header of this scheme, if it is the only one.
pub(crate) fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (given, rest) = value.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then_some(rest)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    credentials(headers, "bearer")
}
