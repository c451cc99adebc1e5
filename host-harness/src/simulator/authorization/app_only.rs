//! `POST /oauth2/token`: the app's own token, of which each app has one.

use http::StatusCode;
use serde_json::json;

use super::parameters::Parameters;
use super::reply::Reply;
use super::{Visit, client};
use crate::simulator::auth::Token;
use crate::simulator::problem::Refusal;

pub(super) fn run(visit: &mut Visit) -> Result<Reply, Reply> {
    let keys = client::basic(&visit.parts.headers);
    let app = keys.and_then(|(key, secret)| visit.state.apps.by_api_key(&key).filter(|app| app.api_secret == secret));
    let app_id = app.ok_or_else(Refusal::unable_to_verify)?.id;
    let parameters = Parameters::read(visit.body);
    if !visit.is_form() || parameters.get("grant_type") != Some("client_credentials") || parameters.stray(&["grant_type"]).is_some() {
        return Err(Refusal::missing_grant_type().into());
    }
    let current = visit.state.grants.app_tokens.get(&app_id);
    let current = current.filter(|token| visit.state.tokens.get(token).is_some_and(|token| !token.revoked)).cloned();
    let token = current.unwrap_or_else(|| {
        let token = visit.state.grants.secret();
        visit.state.grants.app_tokens.insert(app_id, token.clone());
        visit.state.tokens.add(Token { app_id, ..Token::app_only(token.clone()) });
        token
    });
    Ok(Reply::json(StatusCode::OK, &json!({"token_type": "bearer", "access_token": token})))
}
