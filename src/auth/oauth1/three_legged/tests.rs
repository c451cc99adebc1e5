//! The two exchanges as they leave and as their answers are read. What a signature must be is tested beside it.

use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::auth::oauth1::Moment;
use crate::auth::oauth1::signature::tests::independent;
use crate::auth::oauth2::testing::{CALLBACK, complete, run, script};
use crate::error::Case;
use crate::session::testing::{Script, answer};

const BEGUN: &str = "oauth_token=Z6eEdO8MOmk394WozF5oKyuAv855l4Mlqo7hhlSLik&oauth_token_secret=Kd75W4OQfb2oJTV0vzGzeXftVAwgMnEK9MumzYcM&oauth_callback_confirmed=true";
const ENDED: &str = "oauth_token=7588892-kagSNqWge8gB1WwE3plnFsJHAZVfxWD7Vb57p0b4&oauth_token_secret=PbKfYqSryyeKDWz4ebtY3o5ogNLG11WJuZBc9fQrQo&user_id=7588892&screen_name=XDevelopers\n";

fn begin_at(script: &Script, callback: &str) -> Result<Oauth1Authorization, Failure> {
    script.run(|session| begin(session, &RequestOauth1TokenInput { callback: callback.to_string() }))
}

/// The parameters of the one request's header, decoded.
fn protocol(script: &Script) -> Vec<(String, String)> {
    let sent = script.sent.borrow();
    let header = sent[0].header("authorization").and_then(|header| header.strip_prefix("OAuth ")).expect("a signature").to_string();
    let decode = |text: &str| String::from_utf8(percent::decode_form(text)).expect("a text");
    let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (name.to_string(), decode(value.trim_matches('"')))).expect("a pair");
    header.split(", ").map(pair).collect()
}

/// Signs the one request again, by a library that shares no code with this crate.
fn assert_signature(script: &Script, signer: &Signer<'_>, extra: (&str, &str)) {
    let sent = script.sent.borrow();
    let header = sent[0].header("authorization").expect("a signature");
    let own = |name: &str| independent::value(header, name).expect(name).to_string();
    let moment = Moment { nonce: own("oauth_nonce"), timestamp: own("oauth_timestamp").parse().expect("a number") };
    let address = format!("https://{}{}", sent[0].target.authority, sent[0].target.path);
    let expected = independent::authorization("POST", &address, Vec::new(), signer, &[extra], &moment);
    assert_eq!(Some(own("oauth_signature").as_str()), independent::value(&expected, "oauth_signature"));
}

fn names_and(script: &Script, name: &str) -> (String, String) {
    let protocol = protocol(script);
    let names: Vec<&str> = protocol.iter().map(|(name, _)| name.as_str()).collect();
    let value = protocol.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    (names.join(" "), value.unwrap_or_default())
}

#[test]
fn it_begins_with_a_signed_callback_and_no_token() {
    let script = script(Step::RequestOauth1Token, answer(200, BEGUN));
    let begun = begin_at(&script, CALLBACK).expect("begun");
    assert_eq!(begun.url, format!("https://api.x.com/oauth/authorize?oauth_token={}", begun.request_token));
    assert_eq!(begun.request_token, "Z6eEdO8MOmk394WozF5oKyuAv855l4Mlqo7hhlSLik");
    assert_eq!(begun.request_token_secret, "Kd75W4OQfb2oJTV0vzGzeXftVAwgMnEK9MumzYcM");
    let (names, callback) = names_and(&script, "oauth_callback");
    assert_eq!(names, "oauth_consumer_key oauth_nonce oauth_signature_method oauth_timestamp oauth_version oauth_callback oauth_signature");
    assert_eq!(callback, CALLBACK);
    let signer = Signer { api_key: "test-api-key-9c3b", api_secret: "test-api-secret-4e6f", token: None };
    assert_signature(&script, &signer, ("oauth_callback", CALLBACK));
    let sent = script.sent.borrow();
    assert_eq!((sent[0].target.path.as_str(), sent[0].body.len()), ("/oauth/request_token", 0));
    drop(sent);
    let script = self::script(Step::RequestOauth1Token, answer(200, BEGUN));
    begin_at(&script, "oob").expect("a PIN");
    assert_eq!(names_and(&script, "oauth_callback").1, "oob");
}

#[test]
fn it_ends_with_a_signed_verifier() {
    let script = script(Step::ExchangeOauth1Verifier, answer(200, ENDED));
    let token = script.run(end).expect("ended");
    assert_eq!(token.token, "7588892-kagSNqWge8gB1WwE3plnFsJHAZVfxWD7Vb57p0b4");
    assert_eq!(token.token_secret, "PbKfYqSryyeKDWz4ebtY3o5ogNLG11WJuZBc9fQrQo");
    assert_eq!((token.user_id.as_deref(), token.username.as_deref()), (Some("7588892"), Some("XDevelopers")));
    let (names, verifier) = names_and(&script, "oauth_verifier");
    assert!(names.contains("oauth_token oauth_verifier oauth_signature"), "{names}");
    assert_eq!(verifier, "test-oauth1-verifier-2b1d");
    assert_eq!(names_and(&script, "oauth_token").1, "test-oauth1-token-d5a7");
    let token = Some(("test-oauth1-token-d5a7", "test-oauth1-token-secret-6c2e"));
    let signer = Signer { api_key: "test-api-key-9c3b", api_secret: "test-api-secret-4e6f", token };
    assert_signature(&script, &signer, ("oauth_verifier", "test-oauth1-verifier-2b1d"));
    assert_eq!(script.sent.borrow()[0].target.path, "/oauth/access_token");
}

#[test]
fn details_beside_the_token_are_left_out_when_they_are_strange() {
    let body = "oauth_token=a&oauth_token_secret=b&user_id=x&screen_name=no%20name\n";
    let token = script(Step::ExchangeOauth1Verifier, answer(200, body)).run(end).expect("ended");
    assert_eq!((token.token.as_str(), token.token_secret.as_str(), token.user_id, token.username), ("a", "b", None, None));
}

#[test]
fn an_answer_without_a_token_or_a_confirmation_is_refused() {
    for body in ["", "oauth_token=a&oauth_token_secret=b", "oauth_token=a&oauth_token_secret=b&oauth_callback_confirmed=false", "{}"] {
        let failure = run(&script(Step::RequestOauth1Token, answer(200, body)), Step::RequestOauth1Token).expect_err(body);
        assert_eq!((failure.case(), failure.code()), (Case::UnexpectedResponse, "unreadable-answer"), "{body}");
    }
    for body in ["", "oauth_token=a", "oauth_token=&oauth_token_secret=b", "oauth_token=a%0Ab&oauth_token_secret=b", "<html>", "\u{fffd}"] {
        let failure = run(&script(Step::ExchangeOauth1Verifier, answer(200, body)), Step::ExchangeOauth1Verifier).expect_err(body);
        assert_eq!((failure.case(), failure.code()), (Case::OutcomeUnknown, "answer-lost"), "{body}");
    }
}

#[test]
fn a_callback_that_x_would_refuse_and_a_key_that_cannot_sign_send_nothing() {
    for wrong in ["", "OOB", "/callback", "http://localhost:3000/"] {
        let failure = begin_at(&complete(Script::silent()), wrong).expect_err(wrong);
        assert_eq!((failure.case(), failure.problem().field.as_deref()), (Case::InvalidInput, Some("callback")));
    }
    let failure = begin_at(&complete(Script::silent()).with("X_API_SECRET", "{{secret}}"), CALLBACK).expect_err("a placeholder");
    assert_eq!((failure.code(), failure.problem().field.as_deref()), ("placeholder-cannot-sign", Some("X_API_SECRET")));
}

#[test]
fn a_refusal_while_the_clock_is_off_is_laid_to_the_clock() {
    // The scripted clock stands at 06:15:30.
    const BEGIN: Step = Step::RequestOauth1Token;
    for (step, status, time, code) in [
        (BEGIN, 401, "07:15:30", "clock-skew"),
        (BEGIN, 401, "06:10:00", "clock-skew"),
        (BEGIN, 401, "06:10:30", "invalid-client"),
        (BEGIN, 403, "07:15:30", "forbidden"),
        (Step::ExchangeOauth1Verifier, 401, "07:15:30", "clock-skew"),
        (Step::ExchangeOauth1Verifier, 401, "06:15:30", "oauth1-verifier-refused"),
        (Step::RequestAppToken, 401, "07:15:30", "invalid-client"),
    ] {
        let date = format!("Sat, 21 Nov 2026 {time} GMT");
        let reply = answer(status, "{}").header("date", &date);
        assert_eq!(run(&script(step, reply), step).expect_err("refused").code(), code, "{step:?} {status} {time}");
    }
}
