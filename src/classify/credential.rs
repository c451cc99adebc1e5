//! What a refusal means for the kind of credential that the request bore.

use alloc::{format, string::String, vec::Vec};

use super::{ANY, Row};
use crate::auth::accepts::listed;
use crate::auth::{Accepts, Kind};
use crate::error::{Case, Failure, Party};
use crate::rate_limit;
use crate::x::problem_body::ProblemBody;

/// What a request was authorized with.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    pub kind: Kind,
    pub accepts: Accepts,
    /// The timestamp of its signature, in seconds since 1970.
    pub signed_at: Option<u64>,
}

/// What X lets a signature be off by.
const LARGEST_SKEW_SECONDS: u64 = 300;

const CLOCK_SKEW: Row = Row {
    status: 401,
    code: "clock-skew",
    case: Case::Unauthorized,
    party: Party::Operator,
    message: "X finds the time in the signature wrong; set the clock of the host",
    ..ANY
};

/// What a 401 means for a credential that is no user's bearer token. Evidence is in `tests/fixtures/credential_problems`.
pub(super) const TABLE: &[(Kind, Row)] = &[
    (Kind::OAuth1, Row { legacy_code: Some(135), ..CLOCK_SKEW }),
    (Kind::OAuth1, Row { words: "timestamp", ..CLOCK_SKEW }),
    (
        Kind::OAuth1,
        Row {
            status: 401,
            code: "oauth1-token-refused",
            case: Case::Unauthorized,
            party: Party::AccountOwner,
            message: "X does not accept the OAuth 1.0a signature: one of X_API_KEY, X_API_SECRET, X_OAUTH1_TOKEN and X_OAUTH1_TOKEN_SECRET is wrong, was regenerated, or belongs to another app; regenerate the token in X's developer console and copy all four again, or connect the account again",
            ..ANY
        },
    ),
    (
        Kind::AppOnly,
        Row {
            status: 401,
            code: "app-token-refused",
            case: Case::Unauthorized,
            party: Party::AppOwner,
            message: "X does not accept the app-only token in X_BEARER_TOKEN: it was revoked, or the app's keys were regenerated; get a new one",
            ..ANY
        },
    ),
];

/// The row that explains a refusal by the credential; `None` where the credential makes no difference.
pub(super) fn row(status: u16, body: &ProblemBody, headers: &[(String, String)], attempt: &Attempt) -> Option<&'static Row> {
    if status == 401 && skew_seconds(headers, attempt).is_some() {
        return Some(&CLOCK_SKEW);
    }
    index(status, body, attempt.kind).and_then(|index| TABLE.get(index)).map(|(_, row)| row)
}

pub(super) fn index(status: u16, body: &ProblemBody, kind: Kind) -> Option<usize> {
    let detail = body.detail.to_ascii_lowercase();
    TABLE.iter().position(|(credential, row)| *credential == kind && row.fits(status, body, &detail))
}

/// Says with figures and names what the row's own words leave open.
pub(super) fn explain(failure: Failure, body: &ProblemBody, headers: &[(String, String)], attempt: &Attempt) -> Failure {
    match failure.code() {
        "clock-skew" => match skew_seconds(headers, attempt) {
            Some(seconds) => {
                let (minutes, side) = (seconds.unsigned_abs() / 60, if seconds > 0 { "ahead of" } else { "behind" });
                failure.message(format!(
                    "the host's clock is {minutes} minutes {side} X's, and X takes a signature that is at most 5 minutes off; set the clock"
                ))
            }
            None => failure,
        },
        "missing-scopes" if !attempt.accepts.scopes().is_empty() => {
            let scopes = attempt.accepts.scopes().join(" ");
            failure
                .message(format!("the account has not granted all that this needs, which is {scopes}; connect it again with these scopes"))
        }
        "unsupported-authentication" => {
            let used = attempt.kind.name();
            let kinds = accepted(&body.detail, attempt);
            let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
            let properties: Vec<&str> = kinds.iter().map(|kind| kind.properties()).collect();
            let (names, properties) = (listed(&names, " or "), listed(&properties, ", or "));
            if names.is_empty() {
                return failure;
            }
            failure.message(format!("X does not take {used} for this, but {names}; set {properties}"))
        }
        _ => failure,
    }
}

/// The kinds that X names in its refusal, or else the other ones that are known to be accepted.
fn accepted(detail: &str, attempt: &Attempt) -> Vec<Kind> {
    let named = detail.rsplit_once('[').map_or("", |(_, kinds)| kinds);
    let is_named = |kind: &Kind| {
        named.contains(match kind {
            Kind::UserBearer => "OAuth 2.0 User",
            Kind::OAuth1 => "OAuth 1.0a User",
            Kind::AppOnly => "Application-Only",
        })
    };
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(is_named).collect();
    if kinds.is_empty() { attempt.accepts.kinds().iter().copied().filter(|kind| *kind != attempt.kind).collect() } else { kinds }
}

/// How far the signature was ahead of X's clock, where that is more than X takes.
fn skew_seconds(headers: &[(String, String)], attempt: &Attempt) -> Option<i64> {
    let server_seconds = rate_limit::server_time_ms(headers)? / 1_000;
    let skew = attempt.signed_at?.cast_signed().saturating_sub(server_seconds.cast_signed());
    (skew.unsigned_abs() > LARGEST_SKEW_SECONDS).then_some(skew)
}
