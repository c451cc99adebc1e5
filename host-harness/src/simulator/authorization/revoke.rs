//! `POST /2/oauth2/revoke`: the end of a token, and of all that came from the same consent.

use http::StatusCode;
use serde_json::json;

use super::refusal::OauthError;
use super::reply::Reply;
use super::token::{form, no_strays, required};
use super::{Visit, client, grants};

pub(super) fn run(visit: &mut Visit) -> Result<Reply, Reply> {
    let parameters = form(visit)?;
    no_strays(&parameters, &["token", "token_type_hint", "client_id"])?;
    let app = client::identify(&visit.state.apps, &visit.parts.headers, &parameters)?;
    let token = required(&parameters, "token")?;
    if let Some((family, app_id)) = visit.state.grants.family_of(token) {
        if app_id != app.id {
            return Err(OauthError::invalid_value("the token").into());
        }
        let lived = grants::end(visit.state, family);
        visit.state.grants.counts.revocations += u64::from(lived);
    } else if visit.state.tokens.get(token).is_some_and(|known| known.app_id == app.id && known.user_id.is_some()) {
        visit.state.tokens.revoke(token);
        visit.state.grants.counts.revocations += 1;
    }
    // RFC 7009: that a token is not known is as good as that it is gone.
    Ok(Reply::json(StatusCode::OK, &json!({"revoked": true})))
}
