//! The table against what was seen of X, one fixture a refusal.

use std::path::Path;
use std::string::ToString;
use std::vec::Vec;

use super::*;
use crate::auth::{Accepts, Kind};
use crate::json::Json;

/// What was seen of X's refusals, and what was made up where nothing was: `problems` mean the same to every
/// operation, `special_problems` do not, and `credential_problems` depend on the kind of credential.
fn fixtures() -> Vec<(String, Json)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut found = Vec::new();
    for folder in ["problems", "special_problems", "credential_problems"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("the folder") {
            let path = entry.expect("an entry").path();
            let json = Json::read(&std::fs::read(&path).expect("a file")).expect("JSON");
            found.push((path.display().to_string(), json));
        }
    }
    found
}

/// A request with a user's bearer token, or with what the fixture says.
fn attempt(kind: &str) -> Attempt {
    let kind = match kind {
        "" | "oauth2-user" => Kind::UserBearer,
        "oauth1-user" => Kind::OAuth1,
        "app-only" => Kind::AppOnly,
        other => panic!("{other} is no kind of credential"),
    };
    Attempt { kind, accepts: Accepts::ANY, signed_at: None }
}

fn status_and_body(fixture: &Json) -> (u16, ProblemBody) {
    let status = fixture.get("status").as_integer().and_then(|status| u16::try_from(status).ok()).expect("a status");
    (status, ProblemBody::from_json(fixture.get("body")))
}

#[test]
fn every_refusal_is_classified_as_its_fixture_says() {
    for (name, fixture) in fixtures() {
        assert!(fixture.get("source").as_text().is_some_and(|source| !source.is_empty()), "{name} has no source");
        let (status, body) = status_and_body(&fixture);
        let failure = refusal(status, &body, &[], 0, &attempt(fixture.get("credential").as_text().unwrap_or_default()));
        let party = match failure.problem().who_must_act {
            Party::Author => "author",
            Party::AccountOwner => "account_owner",
            Party::AppOwner => "app_owner",
            Party::Operator => "operator",
            Party::Wait => "wait",
            Party::X => "x",
        };
        let case = match failure.case() {
            Case::InvalidInput => "permanent-invalid-input",
            Case::Unauthorized => "permanent-unauthorized",
            Case::Forbidden => "permanent-forbidden",
            Case::NotFound => "permanent-not-found",
            Case::Conflict => "permanent-conflict",
            Case::OutOfCredits => "permanent-out-of-credits",
            Case::RateLimited => "rate-limited",
            Case::Unavailable => "unavailable",
            other => panic!("{name}: no refusal is {other:?}"),
        };
        let text = |part: &str| fixture.get(part).as_text().unwrap_or_default().to_string();
        assert_eq!([case, failure.code(), party], [&*text("case"), &*text("code"), &*text("who_must_act")], "{name}");
        assert_eq!(failure.problem().field.as_deref(), fixture.get("field").as_text(), "{name}");
        assert_eq!(failure.problem().retry_after_ms.is_some(), case == "rate-limited", "{name}");
    }
}

#[test]
fn every_row_is_hit_first_by_a_fixture() {
    let first_hit = |(_, fixture): &(String, Json)| {
        let (status, body) = status_and_body(fixture);
        let detail = body.detail.to_ascii_lowercase();
        TABLE.iter().position(|row| row.fits(status, &body, &detail))
    };
    let without_credential = |(_, fixture): &&(String, Json)| fixture.get("credential").is_null();
    let hit: Vec<usize> = fixtures().iter().filter(without_credential).filter_map(first_hit).collect();
    for (index, row) in TABLE.iter().enumerate() {
        assert!(hit.contains(&index), "no fixture hits row {index} first: {} {} {:?} {:?}", row.status, row.code, row.kind, row.words);
    }
}

#[test]
fn every_row_for_a_kind_of_credential_is_hit_first_by_a_fixture() {
    let first_hit = |(_, fixture): &(String, Json)| {
        let (status, body) = status_and_body(fixture);
        credential::index(status, &body, attempt(fixture.get("credential").as_text()?).kind)
    };
    let hit: Vec<usize> = fixtures().iter().filter_map(first_hit).collect();
    for (index, (kind, row)) in credential::TABLE.iter().enumerate() {
        assert!(hit.contains(&index), "no fixture hits row {index} first: {kind:?} {} {:?}", row.code, row.words);
    }
}

#[test]
fn messages_say_what_to_do_and_begin_as_a_part_of_a_sentence() {
    for row in TABLE.iter().chain(credential::TABLE.iter().map(|(_, row)| row)) {
        let first = row.message.chars().next().expect("a message");
        assert!(first.is_lowercase() || row.message.starts_with('X'), "{}", row.message);
        assert!(
            !row.code.is_empty() && row.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
            "{}",
            row.code
        );
        assert!(row.words.bytes().all(|byte| !byte.is_ascii_uppercase()), "{}", row.words);
    }
}

#[test]
fn a_status_that_no_row_knows_fails_and_never_retries() {
    for status in [300, 302, 405, 410, 418, 451, 501, 505, 599] {
        let failure = refusal(status, &ProblemBody::default(), &[], 0, &attempt(""));
        assert_eq!((failure.case(), failure.problem().retry_after_ms), (Case::UnexpectedResponse, None), "{status}");
    }
}

#[test]
fn a_cap_is_told_from_a_window() {
    let cap = br#"{"title":"UsageCapExceeded","period":"Monthly","scope":"Product","detail":"Usage cap exceeded: Monthly product cap","type":"https://api.twitter.com/2/problems/usage-capped"}"#;
    assert_eq!(refusal(429, &ProblemBody::read(cap), &[], 0, &attempt("")).case(), Case::OutOfCredits);
    let window =
        refusal(429, &ProblemBody::read(br#"{"title":"Too Many Requests","type":"about:blank","status":429}"#), &[], 0, &attempt(""));
    assert_eq!((window.case(), window.problem().retry_after_ms), (Case::RateLimited, Some(900_000)));
}

#[test]
fn an_excerpt_is_one_short_line() {
    assert_eq!(excerpt("a\r\n\tb  c").as_deref(), Some("a b c"));
    assert_eq!(excerpt(&"x".repeat(5_000)).map(|text| text.len()), Some(200));
    assert_eq!(excerpt(" \n "), None);
}

const DATE: &str = "Sat, 21 Nov 2026 07:15:30 GMT";
/// The same in seconds since 1970.
const DATE_SECONDS: u64 = 1_795_245_330;

fn signed(at: u64) -> Failure {
    let headers = [("date".to_string(), DATE.to_string())];
    let attempt = Attempt { signed_at: Some(at), ..attempt("oauth1-user") };
    refusal(401, &ProblemBody::default(), &headers, 0, &attempt)
}

#[test]
fn a_signature_that_is_off_by_more_than_5_minutes_is_blamed_on_the_clock() {
    for at in [DATE_SECONDS - 300, DATE_SECONDS, DATE_SECONDS + 300] {
        assert_eq!(signed(at).code(), "oauth1-token-refused", "{at}");
    }
    for (at, words) in [
        (DATE_SECONDS + 301, "5 minutes ahead of X's"),
        (DATE_SECONDS + 3_660, "61 minutes ahead of X's"),
        (DATE_SECONDS - 301, "5 minutes behind X's"),
        (DATE_SECONDS - 3_600, "60 minutes behind X's"),
    ] {
        let failure = signed(at);
        assert_eq!((failure.case(), failure.code(), failure.problem().who_must_act), (Case::Unauthorized, "clock-skew", Party::Operator));
        assert!(failure.problem().message.contains(words), "{}", failure.problem().message);
    }
    // Nor does it explain a refusal of what was signed well enough to be understood.
    let headers = [("date".to_string(), DATE.to_string())];
    let forbidden = refusal(403, &ProblemBody::default(), &headers, 0, &Attempt { signed_at: Some(1), ..attempt("oauth1-user") });
    assert_eq!(forbidden.code(), "forbidden");
    // A bearer token knows no time: a clock that is off does not explain its 401.
    let headers = [("date".to_string(), DATE.to_string())];
    assert_eq!(refusal(401, &ProblemBody::default(), &headers, 0, &attempt("")).code(), "expired-token");
}

#[test]
fn a_refused_kind_of_credential_is_told_which_ones_x_takes() {
    let message = |kind: &str, detail: &str| {
        let body = ProblemBody { kind: "unsupported-authentication".to_string(), detail: detail.to_string(), ..ProblemBody::default() };
        let failure = refusal(403, &body, &[], 0, &Attempt { accepts: Accepts::USER, ..attempt(kind) });
        assert_eq!(failure.code(), "unsupported-authentication");
        failure.problem().message.clone()
    };
    let x = "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  Supported authentication types are [OAuth 1.0a User Context, OAuth 2.0 User Context].";
    assert_eq!(
        message("app-only", x),
        "X does not take an app-only token for this, but an OAuth 2.0 user token or an OAuth 1.0a token; set X_ACCESS_TOKEN, or X_API_KEY, X_API_SECRET, X_OAUTH1_TOKEN and X_OAUTH1_TOKEN_SECRET"
    );
    let app = "Supported authentication types are [OAuth 2.0 Application-Only].";
    assert_eq!(message("oauth2-user", app), "X does not take an OAuth 2.0 user token for this, but an app-only token; set X_BEARER_TOKEN");
    // Without X's words: what the endpoint is known to accept beside the one that was refused.
    assert!(message("oauth1-user", "").starts_with("X does not take an OAuth 1.0a token for this, but an OAuth 2.0 user token; set"));
}

#[test]
fn a_missing_scope_is_named_where_the_request_is_known_to_need_some() {
    let body = ProblemBody { detail: "The token lacks the scope media.write.".to_string(), ..ProblemBody::default() };
    let needs = Accepts::USER.with_scopes(&["media.write"]);
    let failure = refusal(403, &body, &[], 0, &Attempt { accepts: needs, ..attempt("") });
    assert_eq!(failure.code(), "missing-scopes");
    assert!(failure.problem().message.contains("which is media.write;"), "{}", failure.problem().message);
}
