//! The table against what was seen of X, one fixture a refusal.

use std::path::Path;
use std::string::ToString;
use std::vec::Vec;

use super::*;
use crate::json::Json;

/// What was seen of X's refusals, and what was made up where nothing was: `problems` mean the same to every
/// operation, `special_problems` do not.
fn fixtures() -> Vec<(String, Json)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut found = Vec::new();
    for folder in ["problems", "special_problems"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("the folder") {
            let path = entry.expect("an entry").path();
            let json = Json::read(&std::fs::read(&path).expect("a file")).expect("JSON");
            found.push((path.display().to_string(), json));
        }
    }
    found
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
        let failure = refusal(status, &body, &[], 0);
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
    let hit: Vec<usize> = fixtures().iter().filter_map(first_hit).collect();
    for (index, row) in TABLE.iter().enumerate() {
        assert!(hit.contains(&index), "no fixture hits row {index} first: {} {} {:?} {:?}", row.status, row.code, row.kind, row.words);
    }
}

#[test]
fn messages_say_what_to_do_and_begin_as_a_part_of_a_sentence() {
    for row in TABLE {
        let first = row.message.chars().next().expect("a message");
        assert!(first.is_lowercase() || row.message.starts_with('X'), "{}", row.message);
        assert!(!row.code.is_empty() && row.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", row.code);
        assert!(row.words.bytes().all(|byte| !byte.is_ascii_uppercase()), "{}", row.words);
    }
}

#[test]
fn a_status_that_no_row_knows_fails_and_never_retries() {
    for status in [300, 302, 405, 410, 418, 451, 501, 505, 599] {
        let failure = refusal(status, &ProblemBody::default(), &[], 0);
        assert_eq!((failure.case(), failure.problem().retry_after_ms), (Case::UnexpectedResponse, None), "{status}");
    }
}

#[test]
fn a_cap_is_told_from_a_window() {
    let cap = br#"{"title":"UsageCapExceeded","period":"Monthly","scope":"Product","detail":"Usage cap exceeded: Monthly product cap","type":"https://api.twitter.com/2/problems/usage-capped"}"#;
    assert_eq!(refusal(429, &ProblemBody::read(cap), &[], 0).case(), Case::OutOfCredits);
    let window = refusal(429, &ProblemBody::read(br#"{"title":"Too Many Requests","type":"about:blank","status":429}"#), &[], 0);
    assert_eq!((window.case(), window.problem().retry_after_ms), (Case::RateLimited, Some(900_000)));
}

#[test]
fn an_excerpt_is_one_short_line() {
    assert_eq!(excerpt("a\r\n\tb  c").as_deref(), Some("a b c"));
    assert_eq!(excerpt(&"x".repeat(5_000)).map(|text| text.len()), Some(200));
    assert_eq!(excerpt(" \n "), None);
}
