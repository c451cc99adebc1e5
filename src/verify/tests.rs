//! What is found about connections of every kind.

use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::bindings::connection::Finding;
use crate::bindings::types::CredentialKind;
use crate::error::Case;
use crate::session::testing::{Reply, Script, answer, lost, not_sent};
use crate::transport::Fault;

const ME: &str = "GET /2/users/me";
const USAGE: &str = "GET /2/usage/tweets";
const CREDITS: &str = "GET /2/usage/credits";
const ACCOUNT: &str = r#"{"data":{"id":"2244994945","name":"Developers","username":"XDevelopers"}}"#;
const CAP: &str = r#"{"data":{"cap_reset_day":1,"project_cap":"3000000","project_id":"1","project_usage":"1200"}}"#;
const ALL: &str = "tweet.read tweet.write users.read media.write like.write dm.read dm.write offline.access";
const NOW: &str = "Sat, 21 Nov 2026 06:15:30 GMT";

fn verify(script: &Script, operations: Option<&[&str]>) -> Result<Verification, Failure> {
    let operations = operations.map(|names| names.iter().map(ToString::to_string).collect());
    script.run(|session| run(session, &VerifyInput { operations }))
}

fn me(reply: Reply) -> Script {
    Script::new([(ME, reply)]).with("X_GRANTED_SCOPES", ALL)
}

fn app(usage: Reply, credits: Reply) -> Script {
    Script::new([(USAGE, usage), (CREDITS, credits)]).with("X_ACCESS_TOKEN", "").with("X_BEARER_TOKEN", "test-app-token-a1")
}

fn oauth1(script: Script) -> Script {
    let keys = ["X_API_KEY", "X_API_SECRET", "X_OAUTH1_TOKEN", "X_OAUTH1_TOKEN_SECRET"];
    keys.into_iter().fold(script.with("X_ACCESS_TOKEN", ""), |script, name| {
        script.with(name, &format!("test-{}", name.to_lowercase().replace('_', "-")))
    })
}

fn codes(verification: &Verification) -> Vec<&str> {
    verification.findings.iter().map(|finding| finding.code.as_str()).collect()
}

fn found<'a>(verification: &'a Verification, code: &str) -> &'a Finding {
    verification.findings.iter().find(|finding| finding.code == code).unwrap_or_else(|| panic!("no {code} in {verification:?}"))
}

#[test]
fn a_connection_in_order_is_usable_and_told_whole() {
    let reply = answer(200, ACCOUNT).header("date", NOW).header("x-access-level", "read-write-directmessages");
    let script = me(reply);
    let verification = verify(&script, None).expect("told");
    assert!(verification.usable);
    let account = verification.account.as_ref().expect("an account");
    assert_eq!([&*account.id, &*account.username, &*account.name], ["2244994945", "XDevelopers", "Developers"]);
    assert_eq!(verification.credentials, [CredentialKind::Oauth2User]);
    assert_eq!(verification.granted_scopes.as_ref().map(|scopes| scopes.join(" ")).as_deref(), Some(ALL));
    assert_eq!(verification.access_level, Some(AccessLevel::ReadWriteDirectMessages));
    assert_eq!(verification.operations.len(), scopes::OPERATIONS.len());
    for operation in &verification.operations {
        assert_eq!((operation.credential, operation.missing_scopes.len()), (Some(CredentialKind::Oauth2User), 0), "{operation:?}");
    }
    assert_eq!((verification.clock_skew_ms, verification.remaining_credits_micro_usd), (Some(0), None));
    // Nobody without an Enterprise plan can like, and the connection does not tell the plan.
    assert_eq!(codes(&verification), ["plan-cannot-like"]);
    assert_eq!(script.path(0), "/2/users/me");
    assert_eq!(codes(&verify(&me(answer(200, ACCOUNT)), Some(&["createPost"])).expect("told")), [""; 0]);
}

#[test]
fn missing_scopes_are_named_by_operation_and_together() {
    let script = me(answer(200, ACCOUNT)).with("X_GRANTED_SCOPES", "tweet.read users.read offline.access");
    let verification = verify(&script, Some(&["sendDirectMessage", "newPost", "repostPost", "deletePost"])).expect("told");
    assert!(!verification.usable);
    let missing: Vec<String> = verification
        .operations
        .iter()
        .map(|operation| format!("{}: {}", operation.operation, operation.missing_scopes.join(" ")))
        .collect();
    assert_eq!(
        missing,
        ["deletePost: tweet.write", "repostPost: tweet.write", "sendDirectMessage: dm.read dm.write media.write", "newPost: "]
    );
    let finding = found(&verification, "missing-scopes");
    assert_eq!((finding.severity, finding.who_must_act), (Severity::Problem, Party::AccountOwner));
    assert_eq!(
        finding.message,
        "the account has not granted tweet.write, dm.read, dm.write and media.write, needed for deletePost, repostPost and sendDirectMessage; connect it again with these among its operations"
    );
}

#[test]
fn scopes_that_are_not_known_and_a_token_that_nothing_renews_are_told() {
    let unknown = verify(&me(answer(200, ACCOUNT)).with("X_GRANTED_SCOPES", ""), Some(&["newPost"])).expect("told");
    assert_eq!((unknown.usable, codes(&unknown), unknown.granted_scopes.is_none()), (true, ["scopes-unknown"].to_vec(), true));
    let offline = verify(&me(answer(200, ACCOUNT)).with("X_GRANTED_SCOPES", "tweet.read users.read"), Some(&["newPost"])).expect("told");
    assert_eq!((offline.usable, codes(&offline)), (true, ["no-offline-access"].to_vec()));
}

#[test]
fn an_expired_token_is_a_finding_with_the_next_step() {
    let body = r#"{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}"#;
    let verification = verify(&me(answer(401, body).header("date", NOW)), Some(&["createPost"])).expect("told");
    let finding = found(&verification, "expired-token");
    assert_eq!((finding.severity, finding.who_must_act), (Severity::Problem, Party::AccountOwner));
    assert!(finding.message.contains("refresh it"), "{}", finding.message);
    assert_eq!((verification.usable, verification.account.is_some(), verification.clock_skew_ms), (false, false, Some(0)));
}

#[test]
fn what_x_says_about_app_plan_and_account_becomes_the_finding() {
    for (fixture, severity) in [
        ("client_not_enrolled", Severity::Problem),
        ("client_forbidden", Severity::Problem),
        ("credits_depleted", Severity::Problem),
        ("usage_capped", Severity::Problem),
        ("account_suspended", Severity::Problem),
        ("account_locked", Severity::Problem),
        ("oauth1_permissions", Severity::Problem),
        ("too_many_requests", Severity::Warning),
    ] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/problems/{fixture}.json"));
        let json = crate::json::Json::read(&std::fs::read(path).expect("a fixture")).expect("JSON");
        let status = json.get("status").as_integer().and_then(|status| u16::try_from(status).ok()).expect("a status");
        let verification = verify(&me(answer(status, json.get("body").write())), Some(&["createPost"])).expect(fixture);
        let [finding] = &verification.findings[..] else { panic!("{fixture}: {:?}", verification.findings) };
        assert_eq!(Some(finding.code.as_str()), json.get("code").as_text(), "{fixture}");
        assert_eq!((finding.severity, verification.usable), (severity, severity != Severity::Problem), "{fixture}");
    }
}

#[test]
fn it_fails_when_nothing_can_be_told() {
    for (reply, case) in [
        (not_sent(Fault::Denied), Case::EgressDenied),
        (lost(Fault::Deadline), Case::Unavailable),
        (answer(500, ""), Case::Unavailable),
        (answer(404, ""), Case::NotFound),
        (answer(302, ""), Case::UnexpectedResponse),
        (answer(200, "<html>"), Case::UnexpectedResponse),
        (answer(200, r#"{"data":{"id":"me","username":"a","name":"b"}}"#), Case::UnexpectedResponse),
    ] {
        assert_eq!(verify(&me(reply), None).expect_err("nothing").case(), case);
    }
    let failure = verify(&Script::silent().with("X_ACCESS_TOKEN", ""), None).expect_err("no credential");
    assert_eq!((failure.case(), failure.code()), (Case::Unauthorized, "missing-credential"));
    let part = oauth1(Script::silent()).with("X_API_SECRET", "");
    assert_eq!(verify(&part, None).expect_err("a part").problem().field.as_deref(), Some("X_API_SECRET"));
    let failure = verify(&Script::silent(), Some(&["createPosts"])).expect_err("no operation");
    assert_eq!((failure.case(), failure.problem().field.as_deref()), (Case::InvalidInput, Some("operations")));
}

#[test]
fn the_apps_permissions_are_held_against_the_operations() {
    let level = |level: &str, operations: &[&str]| {
        let verification = verify(&oauth1(me(answer(200, ACCOUNT).header("x-access-level", level))), Some(operations)).expect("told");
        assert_eq!(verification.usable, verification.findings.is_empty());
        verification.findings.into_iter().map(|finding| finding.message).collect::<String>()
    };
    assert_eq!(level("read", &["newPost"]), "");
    assert!(level("read", &["createPost", "sendDirectMessage"]).contains("do not cover createPost and sendDirectMessage;"));
    assert!(level("read-write", &["createPost", "sendDirectMessage"]).contains("do not cover sendDirectMessage;"));
    assert_eq!(level("read-write-directmessages", &["sendDirectMessage"]), "");
    assert_eq!(level("a level of tomorrow", &["sendDirectMessage"]), "");
    let by_scopes = verify(&me(answer(200, ACCOUNT).header("x-access-level", "read")), Some(&["createPost"])).expect("told");
    assert_eq!((found(&by_scopes, "access-level").severity, by_scopes.usable), (Severity::Warning, true));
}

#[test]
fn oauth_1_0a_needs_no_scopes_and_its_clock() {
    let verification =
        verify(&oauth1(me(answer(200, ACCOUNT))).with("X_GRANTED_SCOPES", "tweet.read"), Some(&["createPost"])).expect("told");
    assert_eq!((verification.usable, verification.credentials), (true, [CredentialKind::Oauth1User].to_vec()));
    assert_eq!(verification.operations[0].credential, Some(CredentialKind::Oauth1User));

    let off = oauth1(me(answer(401, "{}").header("date", "Sat, 21 Nov 2026 05:15:30 GMT")));
    let verification = verify(&off, Some(&["createPost"])).expect("told");
    assert_eq!((codes(&verification), verification.clock_skew_ms), (["clock-skew"].to_vec(), Some(3_600_000)));
    assert_eq!(found(&verification, "clock-skew").severity, Severity::Problem);

    let refused = verify(&oauth1(me(answer(401, "{}").header("date", NOW))), Some(&["createPost"])).expect("told");
    assert_eq!(codes(&refused), ["oauth1-token-refused"]);
}

#[test]
fn a_placeholder_that_cannot_sign_is_a_finding() {
    let script = oauth1(Script::silent()).with("X_API_SECRET", "{{secret}}");
    let verification = verify(&script, Some(&["createPost"])).expect("told");
    assert_eq!(codes(&verification), ["placeholder-cannot-sign"]);
    assert_eq!((verification.usable, verification.operations[0].credential), (false, None));
}

#[test]
fn the_clock_is_compared_to_the_second() {
    let skew = |date: &str| {
        let verification = verify(&me(answer(200, ACCOUNT).header("date", date)), Some(&["createPost"])).expect("told");
        (verification.clock_skew_ms, verification.usable, verification.findings.first().map(|finding| finding.message.clone()))
    };
    assert_eq!(skew("Sat, 21 Nov 2026 06:15:29 GMT"), (Some(0), true, None));
    assert_eq!(skew("Sat, 21 Nov 2026 06:15:31 GMT"), (Some(0), true, None));
    assert_eq!(skew("Sat, 21 Nov 2026 06:15:20 GMT"), (Some(10_000), true, None));
    let (behind, usable, message) = skew("Sat, 21 Nov 2026 07:15:30 GMT");
    assert_eq!((behind, usable), (Some(-3_600_000), true));
    assert!(message.is_some_and(|message| message.starts_with("the clock of the host is 3600 s behind X's; set it")));
    assert_eq!(skew("yesterday"), (None, true, None));
}

#[test]
fn a_wrong_user_id_is_a_problem() {
    let verification = verify(&me(answer(200, ACCOUNT)).with("X_USER_ID", "77"), Some(&["createPost"])).expect("told");
    assert_eq!((codes(&verification), verification.usable), (["wrong-user-id"].to_vec(), false));
    assert!(found(&verification, "wrong-user-id").message.contains("2244994945"));
}

#[test]
fn an_app_only_token_reads_and_does_no_more() {
    let script = app(
        answer(200, CAP).header("date", NOW),
        answer(200, r#"{"data":{"total_balance":23.5,"prepaid_balance":20,"free_balance":3.5}}"#),
    );
    let verification = verify(&script, Some(&["newPost"])).expect("told");
    assert!(verification.usable, "{verification:?}");
    assert_eq!((verification.credentials, verification.account.is_some()), ([CredentialKind::AppOnly].to_vec(), false));
    assert_eq!((verification.remaining_credits_micro_usd, verification.clock_skew_ms), (Some(23_500_000), Some(0)));
    assert_eq!((script.path(0).as_str(), script.path(1).as_str()), ("/2/usage/tweets?days=1", "/2/usage/credits"));

    let verification = verify(&app(answer(200, CAP), answer(404, "")), None).expect("told");
    assert!(!verification.usable);
    let finding = found(&verification, "missing-credential");
    let expected = "for createPost, deletePost, likePost, repostPost, sendDirectMessage and uploadMedia: X takes ";
    assert!(finding.message.starts_with(expected), "{}", finding.message);
    let without: Vec<bool> = verification.operations.iter().map(|operation| operation.credential.is_none()).collect();
    assert_eq!(without, [true, true, true, true, true, true, false]);
}

#[test]
fn a_refused_app_only_token_is_a_problem_alone_and_a_warning_beside_an_account() {
    let alone = verify(&app(answer(401, "{}"), answer(401, "{}")), Some(&["newPost"])).expect("told");
    assert_eq!((codes(&alone), alone.usable), (["app-token-refused"].to_vec(), false));
    for (reply, expected) in [(answer(401, "{}"), &["app-token-refused"][..]), (lost(Fault::Deadline), &[])] {
        let script = Script::new([(ME, answer(200, ACCOUNT)), (USAGE, reply), (CREDITS, answer(401, "{}"))]);
        let script = script.with("X_GRANTED_SCOPES", ALL).with("X_BEARER_TOKEN", "test-app-token-a1");
        let beside = verify(&script, Some(&["newPost"])).expect("told");
        assert_eq!((codes(&beside), beside.usable), (expected.to_vec(), true));
    }
    assert_eq!(
        verify(&Script::new([(USAGE, lost(Fault::Deadline))]).with("X_ACCESS_TOKEN", "").with("X_BEARER_TOKEN", "test-app-token-a1"), None)
            .expect_err("nothing")
            .case(),
        Case::Unavailable
    );
}

#[test]
fn the_cap_of_the_month_is_told_before_it_stops_the_calls() {
    for (used, code) in [("2699999", None), ("2700000", Some("usage-cap-near")), ("3000000", Some("usage-capped")), ("many", None)] {
        let body = CAP.replace("\"1200\"", &format!("\"{used}\""));
        let verification = verify(&app(answer(200, body), answer(404, "")), Some(&["newPost"])).expect("told");
        assert_eq!(verification.findings.first().map(|finding| finding.code.as_str()), code, "{used}");
        assert_eq!(verification.usable, code != Some("usage-capped"));
    }
}

#[test]
fn credits_are_read_in_whatever_shape_they_come() {
    for (body, expected) in [
        (r#"{"data":{"free_balance":0,"prepaid_balance":50,"total_balance":50}}"#, Some(50_000_000)),
        (r#"{"data":{"total":"12.34"}}"#, Some(12_340_000)),
        (r#"{"data":{"prepaid":7,"free":1.5}}"#, Some(8_500_000)),
        (r#"{"data":{"prepaid_balance":400}}"#, Some(400_000_000)),
        (r#"{"data":{"total_balance":1}}"#, Some(1_000_000)),
        (r#"{"data":{"total_balance":-0.25}}"#, Some(-250_000)),
        (r#"{"data":{"total_balance":{"amount":1}}}"#, None),
        (r#"{"data":{"total_balance":"\"1\""}}"#, None),
        (r#"{"data":{}}"#, None),
        ("[]", None),
        ("<html>", None),
    ] {
        let verification = verify(&app(answer(200, CAP), answer(200, body)), Some(&["newPost"])).expect("told");
        assert_eq!(verification.remaining_credits_micro_usd, expected, "{body}");
        let is_low = expected.is_some_and(|left| left < 1_000_000);
        assert_eq!(codes(&verification), if is_low { ["credits-low"].to_vec() } else { Vec::new() }, "{body}");
        assert!(verification.usable);
    }
}

#[test]
fn the_worst_comes_first_and_each_thing_once() {
    let mut findings = Findings::default();
    for (severity, code) in [
        (Severity::Note, "a"),
        (Severity::Problem, "b"),
        (Severity::Warning, "c"),
        (Severity::Problem, "d"),
        (Severity::Note, "b"),
        (Severity::Warning, "e"),
    ] {
        findings.add(severity, code, Party::X, "m");
    }
    assert!(findings.has_problem());
    let order: String = findings.into_list().into_iter().map(|finding| finding.code).collect();
    assert_eq!(order, "bdcea");
}
