//! The exchange of an OAuth 1.0a token for OAuth 2.0 tokens, which X offers since September 2026.

use super::Visit;
use super::grants::{self, IssuedTokens};
use super::parameters::Parameters;
use super::refusal::OauthError;
use super::token::required;
use crate::simulator::apps::App;
use crate::simulator::auth::Access;

const OAUTH1_TOKEN: &str = "urn:x:params:oauth:token-type:oauth1_token";
const READ: &[&str] =
    &["tweet.read", "users.read", "follows.read", "like.read", "list.read", "mute.read", "block.read", "timeline.read", "offline.access"];
const WRITE: &[&str] =
    &["tweet.write", "tweet.moderate.write", "media.write", "like.write", "follows.write", "list.write", "mute.write", "block.write"];
const MESSAGES: &[&str] = &["dm.read", "dm.write"];

/// Gives the tokens, and ends those of the time before.
///
/// # Errors
/// 400 for a token that is unknown, another app's or comes with the wrong secret, and for scopes that the app's permissions
/// do not cover.
pub(super) fn exchange(visit: &mut Visit, app: &App, parameters: &Parameters) -> Result<IssuedTokens, OauthError> {
    let subject = required(parameters, "subject_token")?;
    let secret = required(parameters, "oauth_token_secret")?;
    if required(parameters, "subject_token_type")? != OAUTH1_TOKEN {
        return Err(OauthError::invalid_value("the subject token type"));
    }
    let token = visit.state.oauth1.get(subject).filter(|token| token.app_id == app.id && token.secret == secret);
    let Some(token) = token else {
        return Err(OauthError::invalid_grant("The subject token or its secret is wrong."));
    };
    let (user_id, allowed) = (token.user_id, scopes_of(token.access));
    let scopes: Vec<&str> = match parameters.get("scope") {
        Some(asked) => asked.split(' ').collect(),
        None => allowed.clone(),
    };
    if let Some(out_of_reach) = scopes.iter().find(|scope| !allowed.contains(scope)) {
        return Err(OauthError::invalid_scope(&format!("The permissions of the app do not cover [{out_of_reach}].")));
    }
    let scopes = scopes.into_iter().map(ToOwned::to_owned).collect();
    if let Some(former) = visit.state.grants.exchanged.get(subject).copied() {
        grants::end(visit.state, former);
    }
    let (family, issued) = grants::open(visit.state, visit.options, visit.now_ms, (app.id, user_id), scopes);
    visit.state.grants.exchanged.insert(subject.to_owned(), family);
    Ok(issued)
}

fn scopes_of(access: Access) -> Vec<&'static str> {
    let lists: &[&[&str]] = match access {
        Access::Read => &[READ],
        Access::ReadWrite => &[READ, WRITE],
        Access::ReadWriteDirectMessages => &[READ, WRITE, MESSAGES],
    };
    lists.concat()
}
