//! The authorization server of the simulated X: consent pages, codes, tokens and their end.
//!
//! At X the consent pages are on x.com and the rest is on api.x.com; here all of it is in one place.

mod app_only;
mod client;
mod code_grant;
mod consent;
mod console;
mod grants;
mod headless;
mod page;
mod parameters;
mod refusal;
mod reply;
mod request_tokens;
mod revoke;
mod secret;
mod three_legs;
mod token;
mod token_exchange;

use http::Method;
use http::request::Parts;

use super::Simulator;
use super::body::RequestBody;
use super::exchange::RecordedBody;
use super::intake;
use super::options::Options;
use super::state::State;
pub(crate) use grants::Grants;
pub use grants::{AuthorizationCounts, IssuedTokens};
pub use headless::Decision;
use refusal::OauthError;
use reply::Reply;

/// No form here is near this.
const LARGEST_BODY: usize = 64 * 1024;

/// A page or an endpoint of the authorization server.
#[derive(Debug)]
pub(crate) struct Step {
    pub method: Method,
    pub path: &'static str,
    /// `METHOD /path`, its name in counts.
    pub name: &'static str,
    run: fn(&mut Visit) -> Result<Reply, Reply>,
}

pub(crate) static STEPS: &[Step] = &[
    Step { method: Method::GET, path: "/i/oauth2/authorize", name: "GET /i/oauth2/authorize", run: consent::show },
    Step { method: Method::POST, path: "/i/oauth2/authorize", name: "POST /i/oauth2/authorize", run: consent::decide },
    Step { method: Method::POST, path: "/2/oauth2/token", name: "POST /2/oauth2/token", run: token::run },
    Step { method: Method::POST, path: "/2/oauth2/revoke", name: "POST /2/oauth2/revoke", run: revoke::run },
    Step { method: Method::POST, path: "/oauth2/token", name: "POST /oauth2/token", run: app_only::run },
    Step { method: Method::POST, path: "/oauth/request_token", name: "POST /oauth/request_token", run: three_legs::request_token },
    Step { method: Method::GET, path: "/oauth/authorize", name: "GET /oauth/authorize", run: three_legs::show },
    Step { method: Method::POST, path: "/oauth/authorize", name: "POST /oauth/authorize", run: three_legs::decide },
    Step { method: Method::POST, path: "/oauth/access_token", name: "POST /oauth/access_token", run: three_legs::access_token },
];

/// One request to the authorization server.
struct Visit<'a> {
    state: &'a mut State,
    options: &'a Options,
    now_ms: u64,
    parts: &'a Parts,
    body: &'a [u8],
}

impl Visit<'_> {
    /// The query string as it was sent.
    fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    /// Whether the body is a form that is written like a query.
    fn is_form(&self) -> bool {
        super::auth::signature::covers_body(&self.parts.headers)
    }
}

/// Answers a request, and says what its body was.
pub(crate) async fn serve(simulator: &Simulator, step: &'static Step, parts: &Parts, body: RequestBody) -> (Reply, RecordedBody) {
    let collected = intake::collect(body, LARGEST_BODY).await;
    let mut state = simulator.state();
    *state.calls.entry(step.name).or_default() += 1;
    let Some(body) = collected else {
        return (OauthError::invalid_request("The body is cut or too large.").into(), RecordedBody::Empty);
    };
    let recorded = RecordedBody::of(intake::content_type(&parts.headers), &body);
    let visit = &mut Visit { state: &mut state, options: simulator.options(), now_ms: simulator.now_ms(), parts, body: &body };
    let answer = (step.run)(visit);
    match &answer {
        Ok(_) if step.method == Method::POST => *state.effects.entry(step.name).or_default() += 1,
        Ok(_) => {}
        Err(_) => state.grants.counts.refused += 1,
    }
    (answer.unwrap_or_else(|refused| refused), recorded)
}
