//! One exchange with X's authorization server: a form goes out once, an answer comes back whole, and a lost one is told apart.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::auth::oauth2::refusals;
use crate::connection::{Client, Connection};
use crate::error::{Case, Failure, Party};
use crate::percent;
use crate::session::{LARGEST_ANSWER, Session, unreachable_x};
use crate::transport::{Body, Method, Request, Sent, TransportError, read_all};

/// The steps that X's authorization server takes part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    ExchangeCode,
    RefreshTokens,
    RevokeToken,
    ExchangeOauth1Token,
    RequestAppToken,
    RequestOauth1Token,
    ExchangeOauth1Verifier,
}

impl Step {
    /// The path of the step.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::ExchangeCode | Self::RefreshTokens | Self::ExchangeOauth1Token => "/2/oauth2/token",
            Self::RevokeToken => "/2/oauth2/revoke",
            Self::RequestAppToken => "/oauth2/token",
            Self::RequestOauth1Token => "/oauth/request_token",
            Self::ExchangeOauth1Verifier => "/oauth/access_token",
        }
    }

    /// What to say when X may have done the step and its answer is lost; `None` where doing the step again does no harm.
    const fn lost(self) -> Option<(Party, &'static str)> {
        match self {
            Self::RefreshTokens => Some((
                Party::Operator,
                "X's answer to the refresh was lost, and X may have spent the refresh token; give the same token once more, and when X refuses it, connect the account again",
            )),
            Self::ExchangeCode | Self::ExchangeOauth1Verifier => Some((
                Party::AccountOwner,
                "X's answer with the tokens was lost, and what it was given works once; begin the authorization again",
            )),
            Self::RevokeToken | Self::ExchangeOauth1Token | Self::RequestAppToken | Self::RequestOauth1Token => None,
        }
    }
}

/// The failure of a step whose answer, which had the status of success, is none that can be used.
#[must_use]
pub fn unreadable(step: Step, why: &str) -> Failure {
    lost(step, why).unwrap_or_else(|| {
        Failure::new(Case::UnexpectedResponse, "unreadable-answer", Party::X, format!("X's answer cannot be read: {why}"))
    })
}

/// `why` may end in advice behind a `;`, which is another than that of a lost answer.
fn lost(step: Step, why: &str) -> Option<Failure> {
    let why = why.split(';').next().unwrap_or_default();
    step.lost().map(|(party, message)| Failure::new(Case::OutcomeUnknown, "answer-lost", party, format!("{message} ({why})")))
}

/// Names and values of a form (`application/x-www-form-urlencoded`).
pub type Form<'a> = Vec<(&'static str, &'a str)>;

/// The header of a client that proves itself with a secret. Both parts are encoded before they are joined (RFC 6749, 2.3.1).
#[must_use]
pub fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{}:{}", percent::encode(id), percent::encode(secret))))
}

/// Posts the form of a step in the name of the OAuth 2.0 client: a confidential one shows its secret in a header, a public one
/// names itself in the form. X refuses either in the other's manner.
///
/// # Errors
/// As [`exchange`], and a [`Failure`] that names `X_CLIENT_ID` when the connection has no client.
pub fn post_as_client<'a>(session: &Session<'a>, step: Step, mut form: Form<'a>) -> Result<Vec<u8>, Failure> {
    let client = client(session.connection)?;
    let authorization = client.secret.as_ref().map(|secret| basic(&client.id, secret.expose()));
    if authorization.is_none() {
        form.push(("client_id", &client.id));
    }
    post(session, step, &form, authorization)
}

/// The OAuth 2.0 client of the connection.
///
/// # Errors
/// A [`Failure`] that names `X_CLIENT_ID`.
pub fn client(connection: &Connection) -> Result<&Client, Failure> {
    let missing = || missing("X_CLIENT_ID", "give the client id of the app at X", Party::AppOwner);
    connection.client.as_ref().ok_or_else(missing)
}

/// The failure of a step that needs a property which the connection does not have.
#[must_use]
pub fn missing(property: &str, next_step: &str, party: Party) -> Failure {
    Failure::new(Case::Unauthorized, "missing-credential", party, format!("{property} is not set; {next_step}")).field(property)
}

/// Posts the form of a step, with this `authorization` header.
///
/// # Errors
/// As [`exchange`].
pub fn post(session: &Session<'_>, step: Step, form: &Form<'_>, authorization: Option<String>) -> Result<Vec<u8>, Failure> {
    let mut request = request(session, step);
    request.body = Body::Bytes(percent::form(form).into_bytes());
    request.headers.push(("content-type", "application/x-www-form-urlencoded".to_string()));
    request.headers.extend(authorization.map(|value| ("authorization", value)));
    exchange(session, step, request)
}

/// The request of a step, without a body and without a credential.
#[must_use]
pub fn request(session: &Session<'_>, step: Step) -> Request {
    session.plain_request(Method::Post, step.path(), Body::Empty)
}

/// Sends the request of a step, once, and gives back the body of a success.
///
/// # Errors
/// X's refusal, the fault of the way, or [`Case::OutcomeUnknown`] with the code `answer-lost` when X may have spent what the step gave it.
pub fn exchange(session: &Session<'_>, step: Step, request: Request) -> Result<Vec<u8>, Failure> {
    let broken = |error: TransportError| {
        let failure = unreachable_x(error);
        let lost = if error.sent == Sent::No { None } else { lost(step, &failure.problem().message) };
        lost.unwrap_or(failure)
    };
    let mut response = session.send(request).map_err(broken)?;
    let unix_ms = session.edge.unix_ms();
    let body = read_all(&mut *response.body, LARGEST_ANSWER);
    if (200..300).contains(&response.status) {
        return body.map_err(broken);
    }
    let refusal = refusals::refusal(step, response.status, &body.unwrap_or_default(), &response.headers, unix_ms);
    // 503 and 429 are refusals; behind another 5xx the step may have been done.
    let refusal = match lost(step, &refusal.problem().message) {
        Some(lost) if response.status >= 500 && response.status != 503 => lost.status(response.status),
        _ => refusal,
    };
    Err(session.clean(refusal))
}
