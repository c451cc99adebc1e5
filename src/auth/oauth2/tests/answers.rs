//! How answers are read, and what is said when one is none, is lost, or says no.

use std::string::ToString;
use std::vec::Vec;

use proptest::prelude::*;

use crate::auth::oauth2::refresh_tokens;
use crate::auth::oauth2::testing::{SECRETS, STEPS, TOKENS, complete, run, script};
use crate::auth::oauth2::token_endpoint::Step;
use crate::bindings::connection::Tokens;
use crate::error::{Case, Failure, Party};
use crate::session::testing::{Reply, Script, answer, lost, not_sent};
use crate::transport::Fault;

/// The steps that use something up.
const ONCE: [Step; 3] = [Step::ExchangeCode, Step::RefreshTokens, Step::ExchangeOauth1Verifier];

fn refresh(reply: Reply) -> Result<Tokens, Failure> {
    complete(Script::new([("POST /2/oauth2/token", reply)])).run(refresh_tokens::run)
}

#[test]
fn tokens_are_read_with_all_that_came_with_them() {
    let tokens = refresh(answer(200, TOKENS)).expect("read");
    assert_eq!((tokens.access_token.as_str(), tokens.refresh_token.as_deref()), ("new-access", Some("new-refresh")));
    assert_eq!((tokens.expires_in, tokens.scopes.join(" ")), (Some(7200), "tweet.read users.read offline.access".to_string()));
}

#[test]
fn a_detail_that_cannot_be_read_loses_no_token() {
    for (body, expires_in) in [
        (r#"{"token_type":"Bearer","access_token":"a"}"#, None),
        (r#"{"token_type":"BEARER","access_token":"a","expires_in":"7200","scope":["x"]}"#, None),
        (r#"{"token_type":"bearer","access_token":"a","expires_in":-1,"refresh_token":null}"#, None),
        (r#"{"token_type":"bearer","access_token":"a","expires_in":7199.5}"#, None),
        (r#"{"token_type":"bearer","access_token":"a","expires_in":0}"#, None),
        (r#"{"token_type":"bearer","access_token":"a","expires_in":1}"#, Some(1)),
    ] {
        let tokens = refresh(answer(200, body)).expect(body);
        assert_eq!((tokens.expires_in, tokens.refresh_token), (expires_in, None), "{body}");
    }
    let scopes =
        refresh(answer(200, "{\"token_type\":\"bearer\",\"access_token\":\"a\",\"scope\":\" tweet.read  x\\u0000y users.read \"}"));
    assert_eq!(scopes.expect("read").scopes, ["tweet.read", "users.read"]);
}

#[test]
fn a_refresh_that_does_not_tell_the_scopes_has_not_changed_them() {
    let bare = r#"{"token_type":"bearer","access_token":"a"}"#;
    let script = script(Step::RefreshTokens, answer(200, bare)).with("X_GRANTED_SCOPES", "tweet.read  dm.read");
    assert_eq!(script.run(refresh_tokens::run).expect("read").scopes, ["tweet.read", "dm.read"]);
    // A new authorization may have granted others.
    let script = self::script(Step::ExchangeCode, answer(200, bare)).with("X_GRANTED_SCOPES", "tweet.read");
    assert!(run(&script, Step::ExchangeCode).expect("read").contains("scopes: []"));
}

#[test]
fn an_answer_of_success_that_holds_no_token_may_have_spent_what_was_given() {
    for step in STEPS.into_iter().filter(|step| *step != Step::RevokeToken) {
        for reply in [
            answer(200, ""),
            answer(200, "<html><title>Sign in</title></html>"),
            answer(200, TOKENS.get(..90).unwrap_or_default()),
            answer(200, "{}"),
            answer(200, r#"{"token_type":"mac","access_token":"a"}"#),
            answer(200, r#"{"access_token":"a"}"#),
            answer(200, r#"{"token_type":"bearer","access_token":""}"#),
            answer(200, r#"{"token_type":"bearer","access_token":"a\nb"}"#),
            answer(200, r#"{"token_type":"bearer","access_token":7}"#),
            answer(204, ""),
        ] {
            let failure = run(&script(step, reply), step).expect_err("unreadable");
            let expected =
                if ONCE.contains(&step) { (Case::OutcomeUnknown, "answer-lost") } else { (Case::UnexpectedResponse, "unreadable-answer") };
            assert_eq!((failure.case(), failure.code()), expected, "{step:?}");
        }
    }
    let refresh_token = answer(200, r#"{"token_type":"bearer","access_token":"a","refresh_token":" "}"#);
    assert_eq!(refresh(refresh_token).expect_err("no token").code(), "answer-lost");
}

#[test]
fn what_is_lost_on_the_way_is_told_from_what_never_left() {
    for step in STEPS {
        for fault in [Fault::NameNotResolved, Fault::ConnectionRefused, Fault::ConnectTimeout, Fault::Tls] {
            let failure = run(&script(step, not_sent(fault)), step).expect_err("not sent");
            assert_eq!(failure.case(), Case::Unavailable, "{step:?} {fault:?}");
        }
        assert_eq!(run(&script(step, not_sent(Fault::Denied)), step).expect_err("denied").case(), Case::EgressDenied);
        let lost: Vec<Reply> = [
            [Fault::ConnectionBroken, Fault::Deadline, Fault::Protocol].map(lost).into(),
            [500, 502, 504, 520].map(|status| answer(status, "")).into(),
            Vec::from([answer(200, TOKENS).cut()]),
        ]
        .into_iter()
        .flatten()
        .collect();
        for reply in lost {
            let failure = run(&script(step, reply), step).expect_err("lost");
            let is_unknown = (failure.case(), failure.code()) == (Case::OutcomeUnknown, "answer-lost");
            assert_eq!(is_unknown, ONCE.contains(&step), "{step:?} {failure:?}");
        }
        for refusal in [503, 429] {
            let case = run(&script(step, answer(refusal, "")), step).expect_err("refused").case();
            assert!(matches!(case, Case::Unavailable | Case::RateLimited), "{step:?} {refusal}");
        }
    }
}

#[test]
fn an_allowance_that_is_used_up_says_when_it_is_full_again() {
    let reply = answer(429, "{}")
        .header("date", "Sat, 21 Nov 2026 06:15:30 GMT")
        .header("x-rate-limit-limit", "100")
        .header("x-rate-limit-remaining", "0")
        .header("x-rate-limit-reset", "1795242630");
    let failure = refresh(reply).expect_err("too many");
    let problem = failure.problem();
    assert_eq!((failure.case(), problem.status, problem.who_must_act), (Case::RateLimited, Some(429), Party::Wait));
    assert_eq!(problem.retry_after_ms, problem.rate_limit.map(|limit| limit.reset_after_ms));
    assert!(problem.retry_after_ms.is_some());
}

#[test]
fn a_late_answer_is_lost_and_nothing_is_sent_after_the_deadline() {
    let script = script(Step::RefreshTokens, lost(Fault::Deadline).takes_ms(30_000));
    let failure = run(&script, Step::RefreshTokens).expect_err("late");
    assert_eq!(failure.code(), "answer-lost");
    assert!(failure.problem().message.contains("did not answer before the deadline"), "{}", failure.problem().message);
    assert!(!failure.problem().message.contains("X_CALL_DEADLINE_MS"));
}

#[test]
fn revocation_says_what_x_said() {
    for (reply, revoked) in [
        (answer(200, r#"{"revoked":true}"#), "revoked: true"),
        (answer(200, ""), "revoked: true"),
        (answer(200, r#"{"revoked":false}"#), "revoked: false"),
        (answer(400, r#"{"error":"invalid_request","error_description":"Value passed for the token was invalid."}"#), "revoked: false"),
    ] {
        assert_eq!(run(&script(Step::RevokeToken, reply), Step::RevokeToken).expect("told"), revoked);
    }
}

#[test]
fn an_answer_that_echoes_a_secret_is_not_quoted() {
    for step in STEPS {
        for (name, secret) in SECRETS {
            let description = crate::json::Json::text(format!("you sent {secret}")).write();
            let body = format!(r#"{{"error":"invalid_request","error_description":{description}}}"#);
            let reply = answer(400, body).header("x-transaction-id", secret);
            // The harness of the steps looks for the secrets in the failure.
            let failure = run(&script(step, reply), step).expect_err(name);
            assert_eq!(failure.problem().excerpt, None, "{step:?} {name}");
        }
    }
}

proptest! {
    /// Whatever comes back is a failure, unless it holds a token; nothing traps, and no secret shows.
    #[test]
    fn a_hostile_answer_is_a_failure(
        step in proptest::sample::select(&STEPS[..]),
        status in 100_u16..600,
        body in proptest::collection::vec(any::<u8>(), 0..300),
        json in "\\{\"(error|errors|token_type|access_token|scope|title)\":(\"[ -~]{0,30}\"|[0-9]{1,30}|\\[\\]|null|\\{\\}|1e9)\\}",
    ) {
        for body in [body, json.into_bytes()] {
            let result = run(&script(step, answer(status, body)), step);
            let is_success = (200..300).contains(&status);
            prop_assert!(result.is_err() || (is_success && step == Step::RevokeToken), "{step:?} {status} {result:?}");
        }
    }
}
