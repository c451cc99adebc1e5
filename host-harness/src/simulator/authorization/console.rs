//! What a developer does in X's console, and what tests ask of the authorization server.

use super::grants::{self, AuthorizationCounts, IssuedTokens};
use super::request_tokens;
use crate::simulator::Simulator;
use crate::simulator::apps::App;
use crate::simulator::auth::Access;
use crate::simulator::auth::oauth1::Oauth1Token;

#[allow(clippy::must_use_candidate, reason = "what they do matters more than what they return")]
impl Simulator {
    /// The registered apps with all their keys and secrets.
    #[must_use]
    pub fn apps(&self) -> Vec<App> {
        self.state().apps.all().to_vec()
    }

    /// Registers an app, in place of one with the same number or client id. Of its redirect addresses the first ten count.
    pub fn add_app(&self, app: App) {
        self.state().apps.add(app);
    }

    /// Registers one more redirect address. False without such an app, for what is no address, and for the eleventh.
    pub fn register_redirect(&self, client_id: &str, address: &str) -> bool {
        self.state().apps.register_redirect(client_id, address)
    }

    /// Changes the permissions of an app. OAuth 1.0a tokens that are out keep theirs. Whether there is such an app.
    pub fn set_permissions(&self, client_id: &str, permissions: Access) -> bool {
        self.state().apps.set_permissions(client_id, permissions)
    }

    /// Gives a pair as consent to the app would, without the page. Nothing without such an app.
    pub fn issue_tokens(&self, client_id: &str, user_id: u64, scopes: &[&str]) -> Option<IssuedTokens> {
        let now_ms = self.now_ms();
        let mut state = self.state();
        let app_id = state.apps.by_client_id(client_id)?.id;
        let scopes = scopes.iter().map(ToString::to_string).collect();
        Some(grants::open(&mut state, self.options(), now_ms, (app_id, user_id), scopes).1)
    }

    /// Gives the account's OAuth 1.0a token for the app with this consumer key. Nothing without such an app.
    pub fn issue_oauth1_token(&self, api_key: &str, user_id: u64) -> Option<Oauth1Token> {
        let mut state = self.state();
        let app_id = state.apps.by_api_key(api_key)?.id;
        request_tokens::access_token(&mut state, app_id, user_id)
    }

    /// Makes an OAuth 1.0a token known.
    pub fn add_oauth1_token(&self, token: Oauth1Token) {
        self.state().oauth1.add(token);
    }

    /// Takes an OAuth 1.0a token back. Whether there was one.
    pub fn revoke_oauth1_token(&self, token: &str) -> bool {
        self.state().oauth1.remove(token)
    }

    /// Ends the family of an access or refresh token, as its owner can at X. Whether there was one, and it had not ended.
    pub fn end_family(&self, token: &str) -> bool {
        let mut state = self.state();
        let family = state.grants.family_of(token);
        family.is_some_and(|(family, _)| grants::end(&mut state, family))
    }

    /// What the authorization server was asked for, and what it did.
    #[must_use]
    pub fn authorization_counts(&self) -> AuthorizationCounts {
        self.state().grants.counts
    }

    /// All codes, tokens, token secrets and page tokens that were given out: what a search for leaks looks for. PINs are not
    /// among them, being too short to be told from other numbers.
    #[must_use]
    pub fn issued_secrets(&self) -> Vec<String> {
        self.state().grants.issued.iter().cloned().collect()
    }
}
