//! The table against what was seen of X's authorization server, one fixture a refusal, each through the whole step.

use std::path::Path;
use std::vec::Vec;

use super::*;
use crate::auth::oauth2::testing::{run, script};
use crate::json::Json;
use crate::session::testing::answer;

fn fixtures() -> Vec<(String, Json)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/connection");
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, Json::read(&std::fs::read(&path).expect("a file")).expect("JSON"))
    };
    let found: Vec<_> = std::fs::read_dir(folder).expect("the folder").map(read).collect();
    found.into_iter().filter(|(_, fixture)| !fixture.get("step").is_null()).collect()
}

fn step(fixture: &Json) -> Step {
    match fixture.get("step").as_text().expect("a step") {
        "exchange_code" => Code,
        "refresh_tokens" => Refresh,
        "revoke_token" => Revoke,
        "exchange_oauth1_token" => Oauth1Token,
        "request_app_token" => App,
        "request_oauth1_token" => Oauth1Begin,
        "exchange_oauth1_verifier" => Verifier,
        other => panic!("no step is {other}"),
    }
}

fn status(fixture: &Json) -> u16 {
    fixture.get("status").as_integer().and_then(|status| u16::try_from(status).ok()).expect("a status")
}

fn body(fixture: &Json) -> Vec<u8> {
    match fixture.get("body") {
        Json::Text(text) => text.clone().into_bytes(),
        json => json.write().into_bytes(),
    }
}

#[test]
fn every_refusal_is_what_its_fixture_says() {
    for (name, fixture) in fixtures() {
        assert!(fixture.get("source").as_text().is_some_and(|source| !source.is_empty()), "{name} has no source");
        let result = run(&script(step(&fixture), answer(status(&fixture), body(&fixture))), step(&fixture));
        if fixture.get("code").as_text() == Some(TOKEN_UNKNOWN) {
            assert_eq!(result.expect("no error"), "revoked: false", "{name}");
            continue;
        }
        let failure = result.expect_err(&name);
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
            Case::OutcomeUnknown => "permanent-outcome-unknown",
            Case::RateLimited => "rate-limited",
            Case::Unavailable => "unavailable",
            other => panic!("{name}: no refusal is {other:?}"),
        };
        let text = |part: &str| fixture.get(part).as_text().unwrap_or_default().to_string();
        assert_eq!([case, failure.code(), party], [&*text("case"), &*text("code"), &*text("who_must_act")], "{name}");
        assert_eq!(failure.problem().status, Some(status(&fixture)), "{name}");
        assert_eq!(failure.problem().retry_after_ms.is_some(), case == "rate-limited", "{name}");
    }
}

#[test]
fn every_row_is_hit_first_by_a_fixture() {
    let hit: Vec<usize> =
        fixtures().iter().filter_map(|(_, fixture)| row(step(fixture), status(fixture), &problem(&body(fixture)))).collect();
    for (index, (steps, row)) in TABLE.iter().enumerate() {
        assert!(hit.contains(&index), "no fixture hits row {index} first: {steps:?} {} {:?} {:?}", row.code, row.kind, row.words);
    }
}

#[test]
fn messages_say_what_to_do_and_begin_as_a_part_of_a_sentence() {
    for (_, row) in TABLE {
        let first = row.message.chars().next().expect("a message");
        assert!(first.is_lowercase() || row.message.starts_with('X'), "{}", row.message);
        assert!(row.message.contains(';') || row.message.contains(':'), "no next step: {}", row.message);
        assert!(!row.code.is_empty() && row.code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{}", row.code);
        assert!(row.words.bytes().all(|byte| !byte.is_ascii_uppercase()), "{}", row.words);
    }
}

#[test]
fn only_a_400_about_the_token_asks_for_a_reconnect() {
    let bodies = [
        "",
        "{}",
        "<html>",
        r#"{"error":"invalid_request","error_description":"Value passed for the token was invalid."}"#,
        r#"{"error":"invalid_request","error_description":"Missing required parameter [client_id]."}"#,
        r#"{"error":"invalid_grant"}"#,
        r#"{"error":"invalid_client"}"#,
        r#"{"error":"unauthorized_client"}"#,
        r#"{"error":"something_new"}"#,
        r#"{"errors":[{"code":89,"message":"Invalid or expired token."}]}"#,
    ];
    for status in (300..600).filter(|status| *status != 429) {
        for body in bodies {
            let code = run(&script(Refresh, answer(status, body)), Refresh).expect_err("a refusal").code().to_string();
            let is_about_the_token = status == 400 && (body.contains("token was") || body.contains("invalid_grant"));
            assert_eq!(code == "reconnect-needed", is_about_the_token, "{status} {body}");
        }
    }
}

#[test]
fn a_status_that_no_row_knows_fails_and_never_retries() {
    for step in [Code, Refresh, Revoke, Oauth1Token, App, Oauth1Begin, Verifier] {
        for status in [300, 302, 405, 410, 418, 451] {
            let failure = run(&script(step, answer(status, "")), step).expect_err("unknown");
            assert_eq!((failure.case(), failure.problem().retry_after_ms), (Case::UnexpectedResponse, None), "{step:?} {status}");
        }
    }
}

#[test]
fn a_page_and_a_flood_of_words_are_no_words_of_x() {
    for body in ["<!doctype html><html>a timestamp</html>".to_string(), "a timestamp ".repeat(50)] {
        let failure = run(&script(Oauth1Begin, answer(403, body)), Oauth1Begin).expect_err("refused");
        assert_eq!((failure.code(), failure.problem().excerpt.as_deref()), ("forbidden", None));
    }
}

#[test]
fn xs_words_are_quoted_and_what_was_sent_is_not() {
    let quoted = |description: &str| {
        let body = Json::object([("error", Json::text("invalid_request")), ("error_description", Json::text(description))]).write();
        run(&script(Refresh, answer(400, body)), Refresh).expect_err("refused").problem().excerpt.clone()
    };
    assert_eq!(quoted("Value passed for the token was invalid.").as_deref(), Some("Value passed for the token was invalid."));
    assert_eq!(quoted("the token test-refresh-81cc is invalid"), None);
    assert_eq!(quoted("the header dGVzdC1jbGllbnQ6dGVzdC1jbGllbnQtc2VjcmV0 is invalid"), None);
    assert_eq!(quoted(&"x".repeat(25)), None);
}
