//! What X's refusals mean, as one table: status, problem type and words to case, code, who must act, and advice.

mod credential;

use alloc::{format, string::String};

pub use credential::Attempt;

use crate::bindings::types::RateLimit;
use crate::error::{Case, Failure, Party};
use crate::rate_limit;
use crate::x::problem_body::ProblemBody;

/// One known refusal. Empty texts and `None` match anything; the first row that fits counts.
pub(crate) struct Row {
    pub(crate) status: u16,
    /// Last segment of the problem type, the client-forbidden reason, or the error of an OAuth answer.
    pub(crate) kind: &'static str,
    /// Words in X's detail, in lower case.
    pub(crate) words: &'static str,
    pub(crate) legacy_code: Option<i64>,
    pub(crate) code: &'static str,
    pub(crate) case: Case,
    pub(crate) party: Party,
    pub(crate) message: &'static str,
}

pub(crate) const ANY: Row =
    Row { status: 0, kind: "", words: "", legacy_code: None, code: "", case: Case::UnexpectedResponse, party: Party::X, message: "" };

const DOCS: &str = "https://docs.x.com/x-api/fundamentals/response-codes-and-errors";

/// From the particular to the general. Evidence for each row is in its fixture, `tests/fixtures/problems`.
const TABLE: &[Row] = &[
    // 401: `credential` tells apart what the other kinds of credential mean by it
    Row {
        status: 401,
        code: "expired-token",
        case: Case::Unauthorized,
        party: Party::AccountOwner,
        message: "X does not accept the access token: it has expired (they live 2 hours), was revoked, or was copied in part; refresh it or connect the account again",
        ..ANY
    },
    // 402
    Row {
        status: 402,
        code: "credits-depleted",
        case: Case::OutOfCredits,
        party: Party::AppOwner,
        message: "the developer account at X has no credits left; buy credits or raise the spending limit in X's developer console",
        ..ANY
    },
    // 403, by problem type
    Row {
        status: 403,
        kind: "unsupported-authentication",
        code: "unsupported-authentication",
        case: Case::Forbidden,
        party: Party::AccountOwner,
        message: "X does not take this kind of credential here; connect with a user's OAuth 2.0 token",
        ..ANY
    },
    Row {
        status: 403,
        kind: "oauth1-permissions",
        code: "app-permissions",
        case: Case::Forbidden,
        party: Party::AppOwner,
        message: "the app lacks the permission; set it to read, write and direct messages in X's developer console, then connect the account again, since old tokens keep old permissions",
        ..ANY
    },
    Row {
        status: 403,
        kind: "client-not-enrolled",
        code: "client-not-enrolled",
        case: Case::Forbidden,
        party: Party::AppOwner,
        message: "the app is not attached to a project with API access; attach it in X's developer console",
        ..ANY
    },
    Row {
        status: 403,
        kind: "client-forbidden",
        code: "client-forbidden",
        case: Case::Forbidden,
        party: Party::AppOwner,
        message: "X does not let this app make the call; look at the app's access in X's developer console",
        ..ANY
    },
    Row {
        status: 403,
        kind: "usage-capped",
        code: "usage-capped",
        case: Case::OutOfCredits,
        party: Party::AppOwner,
        message: "the usage cap of X's developer account is reached; raise it in X's developer console or wait for the next cycle",
        ..ANY
    },
    // 403, by X's words: these carry no type of their own
    Row {
        status: 403,
        words: "duplicate content",
        code: "duplicate-content",
        case: Case::Conflict,
        party: Party::Author,
        message: "this account has just published the same text; change the text, or look whether an earlier run has posted it",
        ..ANY
    },
    Row {
        status: 403,
        words: "already liked",
        code: "already-liked",
        case: Case::Conflict,
        party: Party::Author,
        message: "the account already likes this post",
        ..ANY
    },
    Row {
        status: 403,
        words: "already favorited",
        code: "already-liked",
        case: Case::Conflict,
        party: Party::Author,
        message: "the account already likes this post",
        ..ANY
    },
    Row {
        legacy_code: Some(139),
        code: "already-liked",
        case: Case::Conflict,
        party: Party::Author,
        message: "the account already likes this post",
        ..ANY
    },
    Row {
        status: 403,
        words: "already retweeted",
        code: "already-reposted",
        case: Case::Conflict,
        party: Party::Author,
        message: "the account already reposts this post",
        ..ANY
    },
    Row {
        status: 403,
        words: "already reposted",
        code: "already-reposted",
        case: Case::Conflict,
        party: Party::Author,
        message: "the account already reposts this post",
        ..ANY
    },
    Row {
        legacy_code: Some(327),
        code: "already-reposted",
        case: Case::Conflict,
        party: Party::Author,
        message: "the account already reposts this post",
        ..ANY
    },
    Row {
        status: 403,
        words: "reply to this conversation is not allowed",
        code: "reply-not-allowed",
        case: Case::Forbidden,
        party: Party::Author,
        message: "X lets an app reply only where the author of the post has mentioned or quoted the account",
        ..ANY
    },
    Row {
        status: 403,
        words: "quoting this post is not allowed",
        code: "quote-not-allowed",
        case: Case::Forbidden,
        party: Party::Author,
        message: "X lets an app quote only where the account was mentioned or takes part in the conversation",
        ..ANY
    },
    Row {
        status: 403,
        words: "video longer than",
        code: "video-too-long",
        case: Case::Forbidden,
        party: Party::Author,
        message: "the video is longer than this account may post; shorten it",
        ..ANY
    },
    Row {
        status: 403,
        words: "not permitted to send",
        code: "recipient-closed",
        case: Case::Forbidden,
        party: Party::Author,
        message: "the recipient takes no direct messages from this account",
        ..ANY
    },
    Row {
        status: 403,
        words: "permission to dm",
        code: "recipient-closed",
        case: Case::Forbidden,
        party: Party::Author,
        message: "the recipient takes no direct messages from this account",
        ..ANY
    },
    Row {
        status: 403,
        words: "cannot send messages to",
        code: "recipient-closed",
        case: Case::Forbidden,
        party: Party::Author,
        message: "the recipient takes no direct messages from this account",
        ..ANY
    },
    Row {
        legacy_code: Some(349),
        code: "recipient-closed",
        case: Case::Forbidden,
        party: Party::Author,
        message: "the recipient takes no direct messages from this account",
        ..ANY
    },
    Row {
        status: 403,
        words: "scope",
        code: "missing-scopes",
        case: Case::Forbidden,
        party: Party::AccountOwner,
        message: "the token lacks a scope that this operation needs; connect the account again with all scopes of connector.json",
        ..ANY
    },
    Row {
        status: 403,
        words: "enterprise",
        code: "plan-not-enough",
        case: Case::Forbidden,
        party: Party::AppOwner,
        message: "X allows this to Enterprise plans only",
        ..ANY
    },
    Row {
        legacy_code: Some(453),
        code: "plan-not-enough",
        case: Case::Forbidden,
        party: Party::AppOwner,
        message: "X does not allow this to the plan of this app; look at the app's plan in X's developer console",
        ..ANY
    },
    Row {
        status: 403,
        words: "suspended",
        code: "account-suspended",
        case: Case::Forbidden,
        party: Party::AccountOwner,
        message: "an account of this call is suspended at X",
        ..ANY
    },
    Row {
        status: 403,
        words: "locked",
        code: "account-locked",
        case: Case::Forbidden,
        party: Party::AccountOwner,
        message: "the account is locked; log in at x.com and follow what it says",
        ..ANY
    },
    Row {
        status: 403,
        words: "too long",
        code: "text-too-long",
        case: Case::InvalidInput,
        party: Party::Author,
        message: "the text is longer than this account may post; shorten it",
        ..ANY
    },
    // by problem type, whatever the status
    Row {
        kind: "resource-not-found",
        code: "not-found",
        case: Case::NotFound,
        party: Party::Author,
        message: "X does not find it; it was deleted, or never was",
        ..ANY
    },
    Row {
        kind: "not-authorized-for-resource",
        code: "not-visible",
        case: Case::Forbidden,
        party: Party::Author,
        message: "X does not show this to the connected account; the account behind it may be protected",
        ..ANY
    },
    Row {
        kind: "resource-unavailable",
        code: "resource-unavailable",
        case: Case::Forbidden,
        party: Party::X,
        message: "X does not make this available",
        ..ANY
    },
    Row {
        kind: "disallowed-resource",
        code: "resource-disallowed",
        case: Case::Forbidden,
        party: Party::X,
        message: "X does not allow this to be read",
        ..ANY
    },
    Row {
        status: 409,
        kind: "conflict",
        code: "conflict",
        case: Case::Conflict,
        party: Party::X,
        message: "X says that something else stands against this",
        ..ANY
    },
    Row {
        legacy_code: Some(144),
        code: "not-found",
        case: Case::NotFound,
        party: Party::Author,
        message: "X does not find it; it was deleted, or never was",
        ..ANY
    },
    // 429: a cap is no window, and waiting minutes does not help
    Row {
        status: 429,
        kind: "usage-capped",
        code: "usage-capped",
        case: Case::OutOfCredits,
        party: Party::AppOwner,
        message: "the usage cap of X's developer account is reached; raise it in X's developer console or wait for the next cycle",
        ..ANY
    },
    Row {
        status: 429,
        code: "rate-limited",
        case: Case::RateLimited,
        party: Party::Wait,
        message: "X's allowance for this is used up",
        ..ANY
    },
    // the rest, by status
    Row {
        status: 400,
        code: "refused-by-x",
        case: Case::InvalidInput,
        party: Party::Author,
        message: "X does not accept the request",
        ..ANY
    },
    Row {
        status: 403,
        code: "forbidden",
        case: Case::Forbidden,
        party: Party::AccountOwner,
        message: "X does not allow this to the connected account",
        ..ANY
    },
    Row {
        status: 404,
        code: "nothing-at-address",
        case: Case::NotFound,
        party: Party::Operator,
        message: "there is nothing at this address; when X_API_BASE_URL is right, what the call names may be gone from X",
        ..ANY
    },
    Row {
        status: 409,
        code: "conflict",
        case: Case::Conflict,
        party: Party::X,
        message: "X says that something else stands against this",
        ..ANY
    },
    Row { status: 413, code: "too-large", case: Case::InvalidInput, party: Party::Author, message: "X finds the request too large", ..ANY },
    Row {
        status: 500,
        code: "x-unavailable",
        case: Case::Unavailable,
        party: Party::X,
        message: "X has trouble of its own; try again later",
        ..ANY
    },
    Row {
        status: 502,
        code: "x-unavailable",
        case: Case::Unavailable,
        party: Party::X,
        message: "X has trouble of its own; try again later",
        ..ANY
    },
    Row {
        status: 503,
        code: "x-unavailable",
        case: Case::Unavailable,
        party: Party::X,
        message: "X has trouble of its own; try again later",
        ..ANY
    },
    Row {
        status: 504,
        code: "x-unavailable",
        case: Case::Unavailable,
        party: Party::X,
        message: "X has trouble of its own; try again later",
        ..ANY
    },
];

impl Row {
    pub(crate) fn fits(&self, status: u16, body: &ProblemBody, detail: &str) -> bool {
        (self.status == 0 || self.status == status)
            && (self.kind.is_empty() || self.kind == body.kind || self.kind == body.reason)
            && (self.words.is_empty() || detail.contains(self.words))
            && (self.legacy_code.is_none() || self.legacy_code == body.legacy_code)
    }
}

/// Turns X's refusal of a call into a failure. A refusal that no row knows is unexpected, and never repeated.
///
/// `headers` give the request id and the allowances; `unix_ms` stands in for a missing `date`.
#[must_use]
pub fn refusal(status: u16, body: &ProblemBody, headers: &[(String, String)], unix_ms: u64, attempt: &Attempt) -> Failure {
    let row = credential::row(status, body, headers, attempt);
    credential::explain(refusal_first_by(row, status, body, headers, unix_ms), body, headers, attempt)
}

/// As [`refusal`], without regard to a credential, and where a row of another table may already fit.
pub(crate) fn refusal_first_by(
    row: Option<&'static Row>,
    status: u16,
    body: &ProblemBody,
    headers: &[(String, String)],
    unix_ms: u64,
) -> Failure {
    let detail = body.detail.to_ascii_lowercase();
    let row = row.or_else(|| TABLE.iter().find(|row| row.fits(status, body, &detail)));
    let limit = rate_limit::deciding(&rate_limit::read(headers, unix_ms));
    let failure = match row {
        Some(row) => described(row, body, limit.as_ref()),
        None => Failure::new(
            Case::UnexpectedResponse,
            "unexpected-status",
            Party::X,
            format!("X answered with status {status}, which this connector does not know"),
        ),
    };
    failure.status(status).docs(DOCS).excerpt(excerpt(&body.detail)).request_id(crate::session::request_id(headers)).rate_limit(limit)
}

fn described(row: &Row, body: &ProblemBody, limit: Option<&RateLimit>) -> Failure {
    let mut message = String::from(row.message);
    let mut retry_after_ms = None;
    if row.case == Case::RateLimited {
        // Without a header that says so, a window of 15 minutes is the longest that can be left.
        let wait = limit.filter(|limit| limit.remaining == 0).map_or(900_000, |limit| limit.reset_after_ms);
        retry_after_ms = Some(wait);
        message = format!("{message}; wait {} seconds", wait.div_ceil(1_000));
    }
    let failure = Failure::new(row.case, row.code, row.party, message).retry_after_ms(retry_after_ms);
    if row.case == Case::InvalidInput && !body.parameter.is_empty() { failure.field(&body.parameter) } else { failure }
}

/// The start of X's own words, on one line.
#[must_use]
pub fn excerpt(detail: &str) -> Option<String> {
    const LONGEST: usize = 200;
    let line: String = detail.chars().map(|character| if character.is_control() { ' ' } else { character }).take(LONGEST).collect();
    let mut words = line.split_whitespace();
    let mut excerpt = String::from(words.next()?);
    for word in words {
        excerpt.push(' ');
        excerpt.push_str(word);
    }
    Some(excerpt)
}

#[cfg(test)]
mod tests;
