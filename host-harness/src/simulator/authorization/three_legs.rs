//! The three steps of OAuth 1.0a: a request token, the owner's consent, an access token.

use http::StatusCode;

use super::consent::{self, Answer, Pending};
use super::page::{self, Question};
use super::parameters::Parameters;
use super::reply::Reply;
use super::request_tokens::{self, LIFETIME_MS, OUT_OF_BAND, RequestToken};
use super::{Visit, secret};
use crate::simulator::apps::App;
use crate::simulator::auth::Access;
use crate::simulator::auth::oauth1;
use crate::simulator::auth::signature::{Signed, is_signed};
use crate::simulator::problem::Refusal;

/// `POST /oauth/request_token`
pub(super) fn request_token(visit: &mut Visit) -> Result<Reply, Reply> {
    let (signed, app) = signed(visit)?;
    oauth1::check(visit.state, visit.parts, &signed, signed_body(visit), (&app, ""), visit.now_ms)?;
    if signed.get("oauth_token").is_some() {
        return Err(Refusal::could_not_authenticate().into());
    }
    let callback = only(visit, &signed, "oauth_callback")?;
    if callback != OUT_OF_BAND && !app.may_redirect_to(&callback) {
        return Err(Refusal::callback_not_approved().into());
    }
    let (token, token_secret) = (visit.state.grants.secret(), visit.state.grants.secret());
    let request =
        RequestToken { secret: token_secret.clone(), app_id: app.id, callback, expires_at_ms: visit.now_ms + LIFETIME_MS, granted: None };
    visit.state.grants.request_tokens.add(token.clone(), request, visit.now_ms);
    Ok(Reply::pairs(&[("oauth_token", &token), ("oauth_token_secret", &token_secret), ("oauth_callback_confirmed", "true")]))
}

/// `GET /oauth/authorize`
pub(super) fn show(visit: &mut Visit) -> Result<Reply, Reply> {
    let parameters = Parameters::read(visit.query().as_bytes());
    if parameters.stray(&["oauth_token", "force_login", "screen_name"]).is_some() {
        return Err(page::refusal(StatusCode::BAD_REQUEST, "The address has a parameter that is repeated or not known here."));
    }
    let token = parameters.get("oauth_token").unwrap_or_default();
    let request = visit.state.grants.request_tokens.get(token, visit.now_ms).filter(|request| request.granted.is_none());
    let app = request.and_then(|request| visit.state.apps.by_id(request.app_id)).cloned().ok_or_else(unknown_request)?;
    let page_token = visit.state.grants.secret();
    visit.state.grants.pendings.add(page_token.clone(), Pending::RequestToken(token.to_owned()), visit.now_ms);
    let users = consent::accounts(visit);
    let wishes = wishes(app.permissions);
    let question = Question { app: &app.name, wishes: &wishes, users: &users, action: "/oauth/authorize", token: &page_token };
    Ok(Reply::page(StatusCode::OK, page::consent(&question)))
}

/// `POST /oauth/authorize`
pub(super) fn decide(visit: &mut Visit) -> Result<Reply, Reply> {
    let (pending, answer) = consent::answer(visit)?;
    let Pending::RequestToken(token) = pending else {
        return Err(consent::stale());
    };
    let request = visit.state.grants.request_tokens.get(&token, visit.now_ms).cloned().ok_or_else(unknown_request)?;
    let out_of_band = request.callback == OUT_OF_BAND;
    let Answer::Authorized(user_id) = answer else {
        visit.state.grants.request_tokens.remove(&token);
        if out_of_band {
            return Ok(page::refusal(StatusCode::OK, "You have cancelled. The app gets nothing."));
        }
        return Ok(Reply::redirect(&request.callback, &[("denied", &token)]));
    };
    let verifier = if out_of_band { secret::pin() } else { visit.state.grants.secret() };
    visit.state.grants.request_tokens.grant(&token, user_id, verifier.clone());
    if !out_of_band {
        return Ok(Reply::redirect(&request.callback, &[("oauth_token", &token), ("oauth_verifier", &verifier)]));
    }
    let app = visit.state.apps.by_id(request.app_id).map_or("the app", |app| app.name.as_str());
    Ok(Reply::page(StatusCode::OK, page::pin(app, &verifier)))
}

/// `POST /oauth/access_token`
pub(super) fn access_token(visit: &mut Visit) -> Result<Reply, Reply> {
    let (signed, app) = signed(visit)?;
    let token = signed.get("oauth_token").unwrap_or_default();
    let request = visit.state.grants.request_tokens.get(token, visit.now_ms).filter(|request| request.app_id == app.id);
    let request = request.cloned().ok_or_else(Refusal::invalid_token)?;
    oauth1::check(visit.state, visit.parts, &signed, signed_body(visit), (&app, &request.secret), visit.now_ms)?;
    let verifier = only(visit, &signed, "oauth_verifier")?;
    let granted = request.granted.filter(|(_, expected)| *expected == verifier);
    // One try: a PIN has seven digits.
    visit.state.grants.request_tokens.remove(token);
    let user = granted.and_then(|(user_id, _)| visit.state.users.get(user_id)).cloned();
    // Of all answers this one is no JSON at X.
    let refused = "Error processing your OAuth request: Invalid oauth_verifier parameter";
    let refused = || Reply::page(StatusCode::UNAUTHORIZED, refused.to_owned());
    let user = user.ok_or_else(refused)?;
    let token = request_tokens::access_token(visit.state, app.id, user.id).ok_or_else(refused)?;
    Ok(Reply::pairs(&[
        ("oauth_token", &token.token),
        ("oauth_token_secret", &token.secret),
        ("user_id", &user.id.to_string()),
        ("screen_name", &user.username),
    ]))
}

/// The signature, and the app that is said to have made it.
fn signed(visit: &Visit) -> Result<(Signed, App), Refusal> {
    let signed = is_signed(&visit.parts.headers).then(|| Signed::read(&visit.parts.headers)).flatten();
    let signed = signed.ok_or_else(Refusal::could_not_authenticate)?;
    let app = oauth1::consumer(visit.state, &signed, visit.now_ms)?;
    Ok((signed, app))
}

/// The body where the signature covers it.
fn signed_body<'a>(visit: &Visit<'a>) -> &'a [u8] {
    if visit.is_form() { visit.body } else { &[] }
}

/// The one parameter of a step, from header, query or form; all else there is refused.
fn only(visit: &Visit, signed: &Signed, name: &str) -> Result<String, Refusal> {
    let sent = [visit.query().as_bytes(), signed_body(visit)].map(Parameters::read);
    let wrong = || Refusal::wrong_parameter(name);
    if sent.iter().any(|parameters| parameters.stray(&[name]).is_some()) {
        return Err(wrong());
    }
    let mut values = sent.iter().filter_map(|parameters| parameters.get(name)).chain(signed.get(name));
    let value = values.next().filter(|value| !value.is_empty()).ok_or_else(wrong)?;
    if values.next().is_some() { Err(wrong()) } else { Ok(value.to_owned()) }
}

fn unknown_request() -> Reply {
    page::refusal(StatusCode::FORBIDDEN, "The request of the app is unknown, too old, or was answered before. Begin again in the app.")
}

fn wishes(access: Access) -> Vec<&'static str> {
    let scopes: &[&[&str]] = match access {
        Access::Read => &[READING],
        Access::ReadWrite => &[READING, WRITING],
        Access::ReadWriteDirectMessages => &[READING, WRITING, MESSAGES],
    };
    // These tokens have no end.
    scopes.concat().into_iter().chain(["offline.access"]).map(page::in_words).collect()
}

const READING: &[&str] = &["tweet.read", "users.read"];
const WRITING: &[&str] = &["tweet.write", "like.write", "media.write"];
const MESSAGES: &[&str] = &["dm.read", "dm.write"];
