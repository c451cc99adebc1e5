//! Request tokens of OAuth 1.0a: what an app has before the owner of an account has agreed.

use std::collections::HashMap;

use super::secret;
use crate::simulator::auth::oauth1::Oauth1Token;
use crate::simulator::state::State;

/// How long the owner has; X does not say.
pub(super) const LIFETIME_MS: u64 = 15 * 60 * 1000;
/// The callback of an app that has no address: the owner copies a PIN.
pub(super) const OUT_OF_BAND: &str = "oob";

/// A request token.
#[derive(Clone, Debug)]
pub(crate) struct RequestToken {
    pub secret: String,
    pub app_id: u64,
    /// An address that is registered, or `oob`.
    pub callback: String,
    pub expires_at_ms: u64,
    /// Who has agreed, and what proves it.
    pub granted: Option<(u64, String)>,
}

/// The request tokens that can still be used.
#[derive(Debug, Default)]
pub(crate) struct RequestTokens(HashMap<String, RequestToken>);

impl RequestTokens {
    pub fn add(&mut self, token: String, request: RequestToken, now_ms: u64) {
        self.0.retain(|_, request| now_ms < request.expires_at_ms);
        self.0.insert(token, request);
    }

    pub fn get(&self, token: &str, now_ms: u64) -> Option<&RequestToken> {
        self.0.get(token).filter(|request| now_ms < request.expires_at_ms)
    }

    /// Notes that the account has agreed.
    pub fn grant(&mut self, token: &str, user_id: u64, verifier: String) {
        if let Some(request) = self.0.get_mut(token) {
            request.granted = Some((user_id, verifier));
        }
    }

    pub fn remove(&mut self, token: &str) {
        self.0.remove(token);
    }
}

/// The token of an account and an app with the app's permissions of now; the one that there is, or a new one.
pub(super) fn access_token(state: &mut State, app_id: u64, user_id: u64) -> Option<Oauth1Token> {
    let access = state.apps.by_id(app_id)?.permissions;
    if let Some(token) = state.oauth1.of(app_id, user_id, access) {
        return Some(token.clone());
    }
    // X's tokens begin with the account's id.
    let token = Oauth1Token { token: format!("{user_id}-{}", secret::token()), secret: state.grants.secret(), user_id, app_id, access };
    state.grants.issued.insert(token.token.clone());
    state.oauth1.add(token.clone());
    Some(token)
}
