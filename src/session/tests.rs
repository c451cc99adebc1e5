//! Flows of a session: repeats of reads, the deadline, large and broken answers.

mod credentials;

use std::vec::Vec;

use super::testing::{BEGAN_AT, Reply, Script, TOKEN, answer, lost, not_sent};
use super::*;

const ME: &str = "GET /2/users/me";
const GOOD: &str = r#"{"data":{"id":"7"}}"#;

fn read(steps: Vec<Reply>) -> Result<String, Failure> {
    Script::new(steps.into_iter().map(|reply| (ME, reply))).run(|session| session.read("/2/users/me", Accepts::USER)?.text("id"))
}

#[test]
fn a_read_is_repeated_over_passing_faults() {
    for passing in [502, 503, 504].map(|status| answer(status, "")) {
        assert_eq!(read(Vec::from([passing, answer(200, GOOD)])).expect("second"), "7");
    }
    for fault in [Fault::NameNotResolved, Fault::ConnectionRefused, Fault::ConnectTimeout, Fault::ConnectionBroken] {
        assert_eq!(read(Vec::from([not_sent(fault), lost(fault), answer(200, GOOD)])).expect("third"), "7");
    }
    assert_eq!(read(Vec::from([answer(200, r#"{"data"#).cut(), answer(200, GOOD)])).expect("cut once"), "7");
    let failure = read(Vec::from([answer(503, ""), answer(503, ""), answer(503, "")])).expect_err("thrice");
    assert_eq!((failure.case(), failure.problem().status), (Case::Unavailable, Some(503)));
}

#[test]
fn a_read_is_not_repeated_over_lasting_faults() {
    for reply in [
        answer(500, ""),
        answer(429, ""),
        answer(401, ""),
        lost(Fault::Deadline),
        lost(Fault::Protocol),
        not_sent(Fault::Denied),
        not_sent(Fault::Tls),
    ] {
        assert!(read(Vec::from([reply])).is_err());
    }
}

#[test]
fn no_request_leaves_after_the_deadline() {
    let failure = read(Vec::from([answer(503, "").takes_ms(30_000)])).expect_err("too late");
    assert_eq!((failure.case(), failure.code()), (Case::Unavailable, "deadline"));
    assert_eq!(read(Vec::from([answer(503, "").takes_ms(29_999), answer(200, GOOD)])).expect("in time"), "7");
}

#[test]
fn answers_that_are_none_are_told_apart() {
    let unreadable = |reply: Reply| read(Vec::from([reply])).map_err(|failure| (failure.case(), failure.code().to_string()));
    let expected = |code: &str| Err((Case::UnexpectedResponse, code.to_string()));
    assert_eq!(unreadable(answer(200, "<html>")), expected("unreadable-answer"));
    assert_eq!(unreadable(answer(200, "")), expected("unreadable-answer"));
    assert_eq!(unreadable(answer(200, r#"{"data":null}"#)), expected("unreadable-answer"));
    assert_eq!(unreadable(answer(200, r#"{"data":{"id":7}}"#)), expected("unreadable-answer"));
    assert_eq!(
        unreadable(answer(200, [b"{\"data\":\"".to_vec(), std::vec![b'a'; 4 * 1024 * 1024], b"\"}".to_vec()].concat())),
        expected("answer-too-large")
    );
    assert_eq!(unreadable(answer(302, "")), expected("unexpected-status"));
    // A refusal is one by its status, however large its body.
    assert_eq!(unreadable(answer(401, std::vec![b'a'; 5 * 1024 * 1024])), Err((Case::Unauthorized, "expired-token".to_string())));
}

#[test]
fn a_success_with_errors_alone_is_a_refusal() {
    let body = r#"{"errors":[{"detail":"User has been suspended: [a].","title":"Forbidden","type":"https://api.twitter.com/2/problems/resource-not-found"}]}"#;
    assert_eq!(read(Vec::from([answer(200, body)])).expect_err("refused").case(), Case::NotFound);
    let partial = r#"{"data":{"id":"7"},"errors":[{"title":"Not Found Error"}]}"#;
    assert_eq!(read(Vec::from([answer(200, partial)])).expect("data"), "7");
}

#[test]
fn a_rate_limit_says_how_long_by_xs_clock() {
    let reply = answer(429, "")
        .header("date", "Sat, 21 Nov 2026 07:15:30 GMT")
        .header("x-rate-limit-limit", "75")
        .header("x-rate-limit-remaining", "0")
        .header("x-rate-limit-reset", &(BEGAN_AT / 1_000 + 3_600 + 60).to_string())
        .header("x-transaction-id", "8c2f");
    let failure = read(Vec::from([reply])).expect_err("limited");
    let problem = failure.problem();
    assert_eq!((failure.case(), problem.retry_after_ms, problem.request_id.as_deref()), (Case::RateLimited, Some(60_000), Some("8c2f")));
    assert_eq!(problem.rate_limit.map(|limit| limit.limit), Some(75));
    assert!(problem.message.contains("wait 60 seconds"));
}

#[test]
fn a_broken_connection_property_stops_the_call() {
    for (name, value) in [("X_ACCESS_TOKEN", "a b"), ("X_API_BASE_URL", "http://api.x.com"), ("X_USER_ID", "me")] {
        let script = Script::silent().with(name, value);
        let failure = script.run(|_| Ok(())).expect_err(name);
        assert_eq!(failure.problem().field.as_deref(), Some(name));
    }
    assert!(!TOKEN.is_empty());
}
