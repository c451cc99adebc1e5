//! What the refusals of X's authorization server mean, as one table: step, status, error and words to case, code, who must act, and advice.

use alloc::string::{String, ToString};

use crate::auth::oauth2::token_endpoint::Step;
use crate::classify::{self, ANY, Row};
use crate::error::{Case, Failure, Party};
use crate::rate_limit;
use crate::x::problem_body::ProblemBody;

/// The code of a token that cannot be taken back, since X does not know it.
pub const TOKEN_UNKNOWN: &str = "token-unknown";

use Step::{
    ExchangeCode as Code, ExchangeOauth1Token as Oauth1Token, ExchangeOauth1Verifier as Verifier, RefreshTokens as Refresh,
    RequestAppToken as App, RequestOauth1Token as Oauth1Begin, RevokeToken as Revoke,
};

const OAUTH2: &[Step] = &[Code, Refresh, Revoke, Oauth1Token];
const BY_API_KEY: &[Step] = &[App, Oauth1Begin];
const OAUTH1: &[Step] = &[Oauth1Begin, Verifier];

/// What two rows say alike.
const CODE_REFUSED: Row = Row {
    status: 400,
    code: "authorization-code-refused",
    case: Case::Unauthorized,
    party: Party::AccountOwner,
    message: "X does not take the authorization code: it lives 30 seconds and works once; begin the authorization again",
    ..ANY
};
const RECONNECT: Row = Row {
    status: 400,
    code: "reconnect-needed",
    case: Case::Unauthorized,
    party: Party::AccountOwner,
    message: "X does not take the refresh token any more: it was used before, was revoked, or has expired; connect the account again",
    ..ANY
};
const OAUTH1_TOKEN_REFUSED: Row = Row {
    status: 400,
    code: "oauth1-token-refused",
    case: Case::Unauthorized,
    party: Party::AccountOwner,
    message: "X does not take the OAuth 1.0a token: it was revoked, belongs to another app, or its secret is wrong; connect the account again",
    ..ANY
};
const API_KEY_WRONG: Row = Row {
    code: "invalid-client",
    case: Case::Unauthorized,
    party: Party::AppOwner,
    message: "X does not know this app: X_API_KEY or X_API_SECRET is wrong or was regenerated; copy both again from the app's keys and tokens",
    ..ANY
};
const CLIENT_WRONG: Row = Row {
    code: "invalid-client",
    case: Case::Unauthorized,
    party: Party::AppOwner,
    message: "X does not know this client: X_CLIENT_ID or X_CLIENT_SECRET is wrong or was regenerated; copy both again from the app's keys and tokens",
    ..ANY
};
const CALLBACK_NOT_REGISTERED: Row = Row {
    code: "callback-not-registered",
    case: Case::Forbidden,
    party: Party::AppOwner,
    message: "X has no such callback for this app; enter it in the app's user authentication settings, exactly as it is given here",
    ..ANY
};
const CLOCK_SKEW: Row = Row {
    code: "clock-skew",
    case: Case::Unauthorized,
    party: Party::Operator,
    message: "X finds the time in the signature wrong; set the clock of the host",
    ..ANY
};

/// From the particular to the general. Evidence for each row is in its fixture, `tests/fixtures/connection`. What no row here
/// knows is looked up in [`classify`]'s.
const TABLE: &[(&[Step], Row)] = &[
    (
        &[Code],
        Row {
            words: "code verifier",
            message: "the code verifier is not the one that the authorization began with; begin the authorization again",
            party: Party::Operator,
            ..CODE_REFUSED
        },
    ),
    (
        &[Code],
        Row {
            words: "redirect uri",
            message: "redirect_uri is not the one that the authorization began with; give both steps the same one and begin again",
            party: Party::Operator,
            ..CODE_REFUSED
        },
    ),
    (&[Code], Row { words: "authorization code", ..CODE_REFUSED }),
    (&[Code], Row { kind: "invalid_grant", ..CODE_REFUSED }),
    (&[Refresh], Row { words: "token was invalid", ..RECONNECT }),
    (&[Refresh], Row { kind: "invalid_grant", ..RECONNECT }),
    (
        &[Revoke],
        Row {
            status: 400,
            words: "token was invalid",
            code: TOKEN_UNKNOWN,
            case: Case::NotFound,
            message: "X does not know the token; there is nothing to take back",
            ..ANY
        },
    ),
    (&[Oauth1Token], Row { words: "token was invalid", ..OAUTH1_TOKEN_REFUSED }),
    (&[Oauth1Token], Row { kind: "invalid_grant", ..OAUTH1_TOKEN_REFUSED }),
    (
        OAUTH2,
        Row {
            kind: "invalid_scope",
            code: "invalid-scope",
            case: Case::InvalidInput,
            party: Party::Author,
            message: "X does not grant one of the scopes; leave out those that the app's permissions do not cover",
            ..ANY
        },
    ),
    (
        OAUTH2,
        Row {
            kind: "unauthorized_client",
            code: "wrong-client-kind",
            case: Case::Unauthorized,
            party: Party::AppOwner,
            message: "X takes the app for another kind of client: a confidential one (Web App, Bot) needs X_CLIENT_SECRET, a public one (Native App, Single Page App) must not have it",
            ..ANY
        },
    ),
    (OAUTH2, Row { kind: "invalid_client", ..CLIENT_WRONG }),
    (OAUTH2, Row { status: 401, ..CLIENT_WRONG }),
    (&[App], Row { legacy_code: Some(99), ..API_KEY_WRONG }),
    (BY_API_KEY, Row { legacy_code: Some(32), ..API_KEY_WRONG }),
    (OAUTH1, Row { legacy_code: Some(135), ..CLOCK_SKEW }),
    (OAUTH1, Row { words: "timestamp", ..CLOCK_SKEW }),
    (&[Oauth1Begin], Row { words: "callback url not approved", ..CALLBACK_NOT_REGISTERED }),
    (
        &[Oauth1Begin],
        Row {
            words: "desktop applications only",
            message: "the app takes no callback but oob: give oob and have the owner copy the PIN, or make the app a Web App",
            ..CALLBACK_NOT_REGISTERED
        },
    ),
    (
        &[Verifier],
        Row {
            status: 401,
            code: "oauth1-verifier-refused",
            case: Case::Unauthorized,
            party: Party::AccountOwner,
            message: "X does not take the verifier or the request token: each works once and not for long; begin the authorization again",
            ..ANY
        },
    ),
    (BY_API_KEY, Row { status: 401, ..API_KEY_WRONG }),
];

/// The row of the table that fits first.
fn row(step: Step, status: u16, body: &ProblemBody) -> Option<usize> {
    let detail = body.detail.to_ascii_lowercase();
    TABLE.iter().position(|(steps, row)| steps.contains(&step) && row.fits(status, body, &detail))
}

/// Turns a refusal of a step into a failure. One that no row knows fails, and never asks for a reconnect.
#[must_use]
pub fn refusal(step: Step, status: u16, body: &[u8], headers: &[(String, String)], unix_ms: u64) -> Failure {
    let body = problem(body);
    let known = row(step, status, &body).and_then(|index| TABLE.get(index)).map(|(_, row)| row);
    let row = if status == 401 && OAUTH1.contains(&step) && is_skewed(headers, unix_ms) { Some(&CLOCK_SKEW) } else { known };
    let failure = classify::refusal_first_by(row, status, &body, headers, unix_ms);
    // X's words are short ones; a long one may be what was sent, in whatever encoding.
    let quotes_long = failure.problem().excerpt.as_deref().is_some_and(|words| words.split(' ').any(|word| word.len() > 24));
    if quotes_long { failure.excerpt(None) } else { failure }
}

/// Whether the host's clock is off by more than X lets a signature be, which X calls by other names too.
fn is_skewed(headers: &[(String, String)], unix_ms: u64) -> bool {
    rate_limit::server_time_ms(headers).is_some_and(|server_ms| server_ms.abs_diff(unix_ms) > 301_000)
}

/// The OAuth 1.0a steps answer in JSON, XML or plain text.
fn problem(body: &[u8]) -> ProblemBody {
    let mut problem = ProblemBody::read(body);
    if problem == ProblemBody::default() {
        // Pages for people are no words of the API.
        let text = core::str::from_utf8(body).ok().filter(|text| text.len() <= 500 && !text.contains("<html"));
        problem.detail = text.unwrap_or_default().to_string();
    }
    problem
}

#[cfg(test)]
mod tests;
