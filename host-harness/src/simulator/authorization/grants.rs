//! Families of tokens: all that came from one consent, with refresh tokens of which each works once.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::code_grant::Code;
use super::consent::Pendings;
use super::refusal::OauthError;
use super::request_tokens::RequestTokens;
use super::{Visit, secret};
use crate::simulator::auth::Token;
use crate::simulator::clock::millis;
use crate::simulator::options::Options;
use crate::simulator::state::State;

/// More secrets than a test gives out.
const MOST_ISSUED: usize = 1 << 20;

/// A pair as the token endpoint gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedTokens {
    /// The bearer token.
    pub access_token: String,
    /// The refresh token, if `offline.access` was granted.
    pub refresh_token: Option<String>,
    /// How long the access token lives, in seconds.
    pub expires_in: u64,
    /// What was granted.
    pub scopes: Vec<String>,
}

impl IssuedTokens {
    pub(super) fn body(&self) -> Value {
        let mut body = json!({
            "token_type": "bearer",
            "expires_in": self.expires_in,
            "access_token": self.access_token,
            "scope": self.scopes.join(" "),
        });
        if let Some(refresh_token) = &self.refresh_token {
            body["refresh_token"] = json!(refresh_token);
        }
        body
    }
}

/// What the authorization server was asked for, and what it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuthorizationCounts {
    /// Calls with a code, refused ones too.
    pub code_calls: u64,
    /// Calls with a refresh token, refused ones too.
    pub refresh_calls: u64,
    /// Calls with an OAuth 1.0a token to exchange, refused ones too.
    pub exchange_calls: u64,
    /// Refreshes that gave a new pair.
    pub refreshes: u64,
    /// Codes and refresh tokens that came a second time; each ended its family.
    pub replays: u64,
    /// Families that were taken back by `POST /2/oauth2/revoke`.
    pub revocations: u64,
    /// Refusals of all endpoints and pages together.
    pub refused: u64,
}

/// What came from one consent.
#[derive(Debug)]
struct Family {
    app_id: u64,
    user_id: u64,
    scopes: Vec<String>,
    /// The access tokens that may be alive.
    access_tokens: Vec<String>,
    ended: bool,
}

#[derive(Clone, Copy, Debug)]
struct RefreshToken {
    family: usize,
    expires_at_ms: u64,
    spent: bool,
}

/// Everything that the authorization server remembers.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    pub(super) pendings: Pendings,
    pub(super) codes: HashMap<String, Code>,
    pub(super) request_tokens: RequestTokens,
    /// The family that an OAuth 1.0a token was exchanged for last.
    pub(super) exchanged: HashMap<String, usize>,
    /// The app-only token of an app.
    pub(super) app_tokens: HashMap<u64, String>,
    pub(super) counts: AuthorizationCounts,
    pub(super) issued: HashSet<String>,
    families: Vec<Family>,
    refresh_tokens: HashMap<String, RefreshToken>,
    access_tokens: HashMap<String, usize>,
}

impl Grants {
    /// Makes a secret, and remembers that it was given out.
    pub(super) fn secret(&mut self) -> String {
        let secret = secret::token();
        if self.issued.len() < MOST_ISSUED {
            self.issued.insert(secret.clone());
        }
        secret
    }

    /// The family of a token of either kind, and its app.
    pub(super) fn family_of(&self, token: &str) -> Option<(usize, u64)> {
        let family = self.refresh_tokens.get(token).map(|token| token.family).or_else(|| self.access_tokens.get(token).copied())?;
        Some((family, self.families[family].app_id))
    }
}

/// Begins a family, and gives its number and its first pair.
pub(super) fn open(
    state: &mut State,
    options: &Options,
    now_ms: u64,
    (app_id, user_id): (u64, u64),
    scopes: Vec<String>,
) -> (usize, IssuedTokens) {
    let family = state.grants.families.len();
    state.grants.families.push(Family { app_id, user_id, scopes, access_tokens: Vec::new(), ended: false });
    (family, issue(state, options, now_ms, family))
}

/// Ends a family: none of its tokens works any more. Whether any of them did.
pub(super) fn end(state: &mut State, family: usize) -> bool {
    end_access_tokens(state, family);
    !std::mem::replace(&mut state.grants.families[family].ended, true)
}

fn end_access_tokens(state: &mut State, family: usize) {
    for token in std::mem::take(&mut state.grants.families[family].access_tokens) {
        state.tokens.remove(&token);
    }
}

/// Exchanges a refresh token for a new pair. There is no grace: the token is spent with the first call that X gets.
///
/// # Errors
/// X's 400 for a token that is unknown, spent, expired, taken back or another app's. A spent one ends its family.
pub(super) fn refresh(visit: &mut Visit, app_id: u64, token: &str) -> Result<IssuedTokens, OauthError> {
    let invalid = || OauthError::invalid_value("the token");
    let grants = &mut visit.state.grants;
    let known = grants.refresh_tokens.get(token).copied().ok_or_else(invalid)?;
    let family = &grants.families[known.family];
    if family.app_id != app_id {
        return Err(invalid());
    }
    if known.spent {
        grants.counts.replays += 1;
        end(visit.state, known.family);
        return Err(invalid());
    }
    if family.ended || visit.now_ms >= known.expires_at_ms {
        return Err(invalid());
    }
    grants.refresh_tokens.insert(token.to_owned(), RefreshToken { spent: true, ..known });
    grants.counts.refreshes += 1;
    if visit.options.refresh_ends_access_token {
        end_access_tokens(visit.state, known.family);
    }
    Ok(issue(visit.state, visit.options, visit.now_ms, known.family))
}

fn issue(state: &mut State, options: &Options, now_ms: u64, id: usize) -> IssuedTokens {
    let access_token = state.grants.secret();
    let lifetime_ms = millis(options.access_token_lifetime);
    let family = &mut state.grants.families[id];
    family.access_tokens.push(access_token.clone());
    let scopes = family.scopes.clone();
    state.tokens.add(Token {
        secret: access_token.clone(),
        user_id: Some(family.user_id),
        scopes: scopes.clone(),
        expires_at_ms: Some(now_ms + lifetime_ms),
        revoked: false,
        app_id: family.app_id,
    });
    state.grants.access_tokens.insert(access_token.clone(), id);
    let refresh_token = scopes.iter().any(|scope| scope == "offline.access").then(|| {
        let refresh_token = state.grants.secret();
        let expires_at_ms = now_ms + millis(options.refresh_token_lifetime);
        state.grants.refresh_tokens.insert(refresh_token.clone(), RefreshToken { family: id, expires_at_ms, spent: false });
        refresh_token
    });
    IssuedTokens { access_token, refresh_token, expires_in: lifetime_ms / 1000, scopes }
}
