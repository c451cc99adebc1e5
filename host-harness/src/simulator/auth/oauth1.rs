//! OAuth 1.0a: tokens of accounts, and the rules by which a signed request is let in.

use std::collections::{BTreeSet, HashMap, HashSet};

use http::request::Parts;
use ring::digest;

use super::Access;
use super::signature::Signed;
use crate::simulator::apps::App;
use crate::simulator::problem::Refusal;
use crate::simulator::state::State;

/// How far a signature's time may be from X's, on either side.
const TOLERANCE_SECONDS: u64 = 5 * 60;
/// More signed requests than tests make within the tolerance.
const MOST_NONCES: usize = 1 << 20;

/// An OAuth 1.0a access token. It has no end of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oauth1Token {
    /// What stands for the account: `oauth_token`.
    pub token: String,
    /// What signs its requests: `oauth_token_secret`.
    pub secret: String,
    /// The account.
    pub user_id: u64,
    /// The developer app; its consumer secret signs too.
    pub app_id: u64,
    /// The app's permissions when the token was given out. Later changes do not reach it.
    pub access: Access,
}

/// What is known of OAuth 1.0a.
#[derive(Debug, Default)]
pub(crate) struct Oauth1 {
    tokens: HashMap<String, Oauth1Token>,
    nonces: Nonces,
}

impl Oauth1 {
    pub fn add(&mut self, token: Oauth1Token) {
        self.tokens.insert(token.token.clone(), token);
    }

    pub fn get(&self, token: &str) -> Option<&Oauth1Token> {
        self.tokens.get(token)
    }

    /// The token that the account has given to the app, if any: X gives out the same one again.
    pub fn of(&self, app_id: u64, user_id: u64, access: Access) -> Option<&Oauth1Token> {
        self.tokens.values().find(|token| (token.app_id, token.user_id, token.access) == (app_id, user_id, access))
    }

    /// Whether there was such a token.
    pub fn remove(&mut self, token: &str) -> bool {
        self.tokens.remove(token).is_some()
    }
}

/// Lets a request in that is signed for an account.
///
/// # Errors
/// 401 with code 32, 89 or 135.
pub(crate) fn authenticate(state: &mut State, parts: &Parts, signed: &Signed, form: &[u8], now_ms: u64) -> Result<Oauth1Token, Refusal> {
    let app = consumer(state, signed, now_ms)?;
    let token = signed.get("oauth_token").ok_or_else(Refusal::could_not_authenticate)?;
    let token = state.oauth1.get(token).filter(|token| token.app_id == app.id).cloned().ok_or_else(Refusal::invalid_token)?;
    check(state, parts, signed, form, (&app, &token.secret), now_ms)?;
    Ok(token)
}

/// The app whose key the request bears, if the request is of this time.
///
/// # Errors
/// 401 with code 32 or 135.
pub(crate) fn consumer(state: &State, signed: &Signed, now_ms: u64) -> Result<App, Refusal> {
    let app = signed.get("oauth_consumer_key").and_then(|key| state.apps.by_api_key(key));
    let app = app.cloned().ok_or_else(Refusal::could_not_authenticate)?;
    if signed.timestamp.abs_diff(now_ms / 1000) > TOLERANCE_SECONDS {
        return Err(Refusal::timestamp_out_of_bounds());
    }
    Ok(app)
}

/// Checks the signature, and then that its nonce is new: a wrong signature must not use up a nonce.
///
/// # Errors
/// 401 with code 32.
pub(crate) fn check(
    state: &mut State,
    parts: &Parts,
    signed: &Signed,
    form: &[u8],
    (app, token_secret): (&App, &str),
    now_ms: u64,
) -> Result<(), Refusal> {
    let right = signed.is_by(parts, form, &app.api_secret, token_secret) && state.oauth1.nonces.is_new(signed, now_ms / 1000);
    right.then_some(()).ok_or_else(Refusal::could_not_authenticate)
}

/// Nonces by the times they came with, so that those can be forgotten whose time would be refused anyway.
#[derive(Debug, Default)]
struct Nonces {
    seen: HashSet<[u8; 16]>,
    by_time: BTreeSet<(u64, [u8; 16])>,
}

impl Nonces {
    fn is_new(&mut self, signed: &Signed, now: u64) -> bool {
        while let Some((time, key)) = self.by_time.first().copied()
            && (time + TOLERANCE_SECONDS < now || self.by_time.len() > MOST_NONCES)
        {
            self.by_time.remove(&(time, key));
            self.seen.remove(&key);
        }
        let named = |name| signed.get(name).unwrap_or_default();
        let whole = format!("{}\n{}\n{}", named("oauth_consumer_key"), named("oauth_token"), named("oauth_nonce"));
        let mut key = [0; 16];
        key.copy_from_slice(&digest::digest(&digest::SHA256, whole.as_bytes()).as_ref()[..16]);
        let is_new = self.seen.insert(key);
        if is_new {
            self.by_time.insert((signed.timestamp, key));
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn signed(nonce: u64, timestamp: u64) -> Signed {
        let header = format!(
            "OAuth oauth_consumer_key=\"k\",oauth_nonce=\"{nonce}\",oauth_signature=\"\",oauth_signature_method=\"HMAC-SHA1\",\
             oauth_timestamp=\"{timestamp}\""
        );
        let headers: HeaderMap = [(http::header::AUTHORIZATION, header.parse().expect("a header"))].into_iter().collect();
        Signed::read(&headers).expect("a signature")
    }

    #[test]
    fn nonces_are_kept_as_long_as_their_time_is_let_in() {
        let mut nonces = Nonces::default();
        for second in 0..2_000 {
            assert!(nonces.is_new(&signed(second, 1_000 + second), 1_000 + second));
            assert!(!nonces.is_new(&signed(second, 1_000 + second), 1_000 + second));
        }
        assert_eq!(nonces.by_time.len(), 301, "five minutes and the second of now");
        assert_eq!(nonces.by_time.len(), nonces.seen.len());
        assert!(!nonces.is_new(&signed(1_699, 2_999), 2_999));
        assert!(nonces.is_new(&signed(1_698, 2_999), 2_999));
    }
}
