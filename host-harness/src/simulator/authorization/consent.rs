//! `/i/oauth2/authorize`: asking the owner of an account, and sending the browser back with a code.

use std::collections::VecDeque;

use http::StatusCode;

use super::Visit;
use super::code_grant::{Code, Fate, LIFETIME_MS};
use super::page::{self, Question};
use super::parameters::Parameters;
use super::reply::Reply;
use crate::simulator::apps::App;
use crate::simulator::users::User;

/// How long a consent page can be answered.
const PAGE_LIFETIME_MS: u64 = 10 * 60 * 1000;
/// Pages that nobody answers are forgotten, the oldest first.
const MOST_PAGES: usize = 1_000;
const LONGEST_STATE: usize = 500;
const KNOWN: &[&str] = &["response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"];

/// A question that a page asks.
#[derive(Debug)]
pub(crate) enum Pending {
    /// For a code.
    Code(CodeRequest),
    /// For the verifier of this request token.
    RequestToken(String),
}

/// What an app asks for.
#[derive(Debug)]
pub(crate) struct CodeRequest {
    app_id: u64,
    redirect_uri: String,
    scopes: Vec<String>,
    state: String,
    challenge: String,
}

/// The open pages by the token that their form carries. It works once, and nobody else's page knows it.
#[derive(Debug, Default)]
pub(crate) struct Pendings(VecDeque<(String, u64, Pending)>);

impl Pendings {
    pub fn add(&mut self, token: String, pending: Pending, now_ms: u64) {
        if self.0.len() >= MOST_PAGES {
            self.0.pop_front();
        }
        self.0.push_back((token, now_ms + PAGE_LIFETIME_MS, pending));
    }

    fn take(&mut self, token: &str, now_ms: u64) -> Option<Pending> {
        let at = self.0.iter().position(|(known, ..)| known == token)?;
        let (_, ends_at_ms, pending) = self.0.remove(at)?;
        (now_ms < ends_at_ms).then_some(pending)
    }
}

/// What the owner of an account has answered.
pub(super) enum Answer {
    /// This account authorizes the app.
    Authorized(u64),
    Cancelled,
}

/// Shows the page.
pub(super) fn show(visit: &mut Visit) -> Result<Reply, Reply> {
    let parameters = Parameters::read(visit.query().as_bytes());
    let (app, redirect_uri) = destination(visit, &parameters)?;
    let request = check(&app, &redirect_uri, &parameters).map_err(|(error, description)| {
        let mut answer = vec![("error", error), ("error_description", description)];
        // A state that cannot be told apart is not handed back.
        let state = parameters.get("state").filter(|_| !parameters.repeats("state"));
        answer.extend(state.map(|state| ("state", state)));
        Reply::redirect(&redirect_uri, &answer)
    })?;
    let scopes = request.scopes.clone();
    let token = visit.state.grants.secret();
    visit.state.grants.pendings.add(token.clone(), Pending::Code(request), visit.now_ms);
    let users = accounts(visit);
    let wishes: Vec<&str> = scopes.iter().map(|scope| page::in_words(scope)).collect();
    let question = Question { app: &app.name, wishes: &wishes, users: &users, action: "/i/oauth2/authorize", token: &token };
    Ok(Reply::page(StatusCode::OK, page::consent(&question)))
}

/// Where the browser may be sent. Until that is known, nothing is ever sent there.
fn destination(visit: &Visit, parameters: &Parameters) -> Result<(App, String), Reply> {
    let refuse = |what: &str| page::refusal(StatusCode::BAD_REQUEST, what);
    if parameters.repeats("client_id") || parameters.repeats("redirect_uri") {
        return Err(refuse("The address names its app or its way back twice."));
    }
    let app = parameters.get("client_id").and_then(|client_id| visit.state.apps.by_client_id(client_id));
    let app = app.ok_or_else(|| refuse("The client_id belongs to no app."))?;
    let redirect_uri = parameters.get("redirect_uri").filter(|address| app.may_redirect_to(address));
    let redirect_uri = redirect_uri.ok_or_else(|| refuse("The redirect_uri is not one of those that are registered for the app."))?;
    Ok((app.clone(), redirect_uri.to_owned()))
}

/// The request, or an error code of RFC 6749 and a sentence.
fn check(app: &App, redirect_uri: &str, parameters: &Parameters) -> Result<CodeRequest, (&'static str, &'static str)> {
    let invalid = |what| Err(("invalid_request", what));
    if parameters.stray(KNOWN).is_some() {
        return invalid("A parameter is repeated or not known here.");
    }
    if parameters.get("response_type") != Some("code") {
        return Err(("unsupported_response_type", "The response_type must be code."));
    }
    let scopes: Vec<String> = parameters.get("scope").unwrap_or_default().split(' ').map(ToOwned::to_owned).collect();
    let repeated = |nth: usize, scope: &String| scopes[..nth].contains(scope);
    if scopes.iter().enumerate().any(|(nth, scope)| page::in_words(scope).is_empty() || repeated(nth, scope)) {
        return Err(("invalid_scope", "The scope is missing, or a part of it is not known or repeated."));
    }
    let Some(state) = parameters.get("state").filter(|state| state.chars().count() <= LONGEST_STATE) else {
        return invalid("The state is missing or longer than 500 characters.");
    };
    if parameters.get("code_challenge_method") != Some("S256") {
        return invalid("The code_challenge_method must be S256.");
    }
    let is_digest = |text: &&str| text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let Some(challenge) = parameters.get("code_challenge").filter(is_digest) else {
        return invalid("The code_challenge must be the 43 characters that S256 gives.");
    };
    let (state, challenge) = (state.to_owned(), challenge.to_owned());
    Ok(CodeRequest { app_id: app.id, redirect_uri: redirect_uri.to_owned(), scopes, state, challenge })
}

/// All accounts, the one that owns the developer app first: it is the one that is chosen already.
pub(super) fn accounts(visit: &Visit) -> Vec<User> {
    let mut users = visit.state.users.all();
    users.sort_by_key(|user| user.id != visit.state.app_owner);
    users
}

/// Takes the form of the page.
pub(super) fn decide(visit: &mut Visit) -> Result<Reply, Reply> {
    let (pending, answer) = answer(visit)?;
    let Pending::Code(request) = pending else {
        return Err(stale());
    };
    let Answer::Authorized(user_id) = answer else {
        return Ok(Reply::redirect(&request.redirect_uri, &[("error", "access_denied"), ("state", &request.state)]));
    };
    let text = visit.state.grants.secret();
    let reply = Reply::redirect(&request.redirect_uri, &[("state", &request.state), ("code", &text)]);
    let code = Code {
        app_id: request.app_id,
        user_id,
        scopes: request.scopes,
        redirect_uri: request.redirect_uri,
        challenge: request.challenge,
        expires_at_ms: visit.now_ms + LIFETIME_MS,
        fate: Fate::None,
    };
    let codes = &mut visit.state.grants.codes;
    codes.retain(|_, code| code.fate != Fate::None || visit.now_ms < code.expires_at_ms);
    codes.insert(text, code);
    Ok(reply)
}

/// Reads the form of a consent page. The page is used up by it, whatever it says.
///
/// # Errors
/// A page for a form that did not come from an open page, or names no account.
pub(super) fn answer(visit: &mut Visit) -> Result<(Pending, Answer), Reply> {
    let parameters = Parameters::read(visit.body);
    if !visit.is_form() || parameters.stray(&["authenticity_token", "account", "decision"]).is_some() {
        return Err(page::refusal(StatusCode::BAD_REQUEST, "This is not the form of a consent page."));
    }
    let token = parameters.get("authenticity_token").unwrap_or_default();
    let pending = visit.state.grants.pendings.take(token, visit.now_ms).ok_or_else(stale)?;
    let account = parameters.get("account").and_then(|id| id.parse().ok()).and_then(|id| visit.state.users.get(id));
    let answer = match (parameters.get("decision"), account) {
        (Some("cancel"), _) => Answer::Cancelled,
        (Some("authorize"), Some(user)) => Answer::Authorized(user.id),
        _ => return Err(page::refusal(StatusCode::BAD_REQUEST, "The form names no account, or does not say what is decided.")),
    };
    Ok((pending, answer))
}

pub(super) fn stale() -> Reply {
    page::refusal(StatusCode::FORBIDDEN, "This page was answered before, is too old, or came from elsewhere. Begin again in the app.")
}
