//! Flows of sendDirectMessage against a scripted X.

use std::format;
use std::string::ToString;
use std::vec::Vec;

use super::*;
use crate::bindings::types::FileEntry;
use crate::session::testing::{BEGAN_AT, Reply, Script, answer, lost, not_sent};
use crate::transport::Fault;

const LOOK_UP: &str = "GET /2/users/by/username/XDevelopers";
const UPLOAD: &str = "POST /2/media/upload";
const SEND: &str = "POST /2/dm_conversations/with/77/messages";
const EVENTS: &str = "GET /2/dm_conversations/with/77/dm_events";
const SENT: &str = r#"{"data":{"dm_conversation_id":"77-2244994945","dm_event_id":"9"}}"#;
const PNG: &str = "data:image/png;base64,iVBORw0KGgpJRU5E";

fn input(username: &str, text: &str) -> SendDirectMessageInput {
    SendDirectMessageInput { username: username.into(), text: text.into(), media: None, first_attempt_at: None }
}

fn with_image(username: &str, url: &str) -> SendDirectMessageInput {
    let file = FileEntry { extension: None, mime_type: None, name: None, url: url.into(), alt_text: None, subtitles: None };
    SendDirectMessageInput { media: Some(Vec::from([file])), ..input(username, "hello") }
}

fn send(script: &Script, input: SendDirectMessageInput) -> Result<SendDirectMessageOutput, Failure> {
    script.run(|session| run(session, input))
}

fn user() -> (&'static str, Reply) {
    (LOOK_UP, answer(200, r#"{"data":{"id":"77","name":"X","username":"XDevelopers"}}"#))
}

/// A conversation with one message, so long after the test began.
fn event(after_ms: i64, sender: &str, rest: &str) -> Reply {
    let id = PostId::at_unix_ms(BEGAN_AT.saturating_add_signed(after_ms));
    let event =
        format!(r#"{{"id":"{id}","event_type":"MessageCreate","sender_id":"{sender}","dm_conversation_id":"77-2244994945",{rest}}}"#);
    answer(200, format!(r#"{{"data":[{event}],"meta":{{"result_count":1}}}}"#))
}

const HELLO: &str = r#""text":"hello""#;

#[test]
fn a_message_is_sent_to_the_account_behind_the_handle() {
    let script = Script::new([user(), (SEND, answer(201, SENT))]);
    let output = send(&script, input("@XDevelopers", "hello")).expect("sent");
    assert_eq!(script.body(1), r#"{"text":"hello"}"#);
    assert_eq!((output.data.dm_conversation_id.as_str(), output.data.dm_event_id.as_str()), ("77-2244994945", "9"));
    let charges: Vec<&str> = output.receipt.charges.iter().map(|charge| charge.item.as_str()).collect();
    assert_eq!((output.receipt.outcome, charges), (Outcome::Done, Vec::from(["user-read", "dm-create"])));
}

#[test]
fn a_numeric_recipient_needs_no_look_up() {
    assert!(send(&Script::new([(SEND, answer(201, SENT))]), input("77", "hello")).is_ok());
}

#[test]
fn the_recipient_is_looked_up_before_the_image_is_uploaded() {
    let script = Script::new([user(), (UPLOAD, answer(200, r#"{"data":{"id":"71"}}"#)), (SEND, answer(201, SENT))]);
    send(&script, with_image("https://x.com/XDevelopers", PNG)).expect("sent");
    assert!(script.body(1).contains("\r\n\r\ndm_image\r\n"));
    assert_eq!(script.body(2), r#"{"text":"hello","attachments":[{"media_id":"71"}]}"#);

    let not_found =
        r#"{"errors":[{"value":"XDevelopers","detail":"Could not find user","type":"https://api.x.com/2/problems/resource-not-found"}]}"#;
    for reply in [answer(404, ""), answer(200, not_found)] {
        let failure = send(&Script::new([(LOOK_UP, reply)]), with_image("XDevelopers", PNG)).expect_err("nobody");
        assert_eq!(
            (failure.case(), failure.code(), failure.problem().field.as_deref()),
            (Case::NotFound, "user-not-found", Some("username"))
        );
    }
}

#[test]
fn bad_input_sends_nothing() {
    let refused = |input: SendDirectMessageInput, field: &str| {
        let failure = send(&Script::silent(), input).expect_err(field);
        assert_eq!((failure.case(), failure.problem().field.as_deref()), (Case::InvalidInput, Some(field)));
    };
    refused(input("", "hello"), "username");
    refused(input("no handle", "hello"), "username");
    refused(input("https://example.com/a", "hello"), "username");
    refused(input("a", " "), "text");
    refused(input("a", &"a".repeat(10_001)), "text");
    refused(with_image("a", "file:///a.png"), "media[0].url");
    refused(SendDirectMessageInput { first_attempt_at: Some(1), ..input("a", "hello") }, "first_attempt_at");
    let two = with_image("a", PNG).media.unwrap_or_default();
    refused(SendDirectMessageInput { media: Some([two.clone(), two].concat()), ..input("a", "hello") }, "media");
}

#[test]
fn a_message_that_did_not_leave_or_was_refused_is_not_looked_for() {
    for (reply, case) in [
        (not_sent(Fault::ConnectionRefused), Case::Unavailable),
        (not_sent(Fault::Denied), Case::EgressDenied),
        (answer(403, r#"{"detail":"You do not have permission to DM one or more participants."}"#), Case::Forbidden),
        (answer(403, r#"{"errors":[{"code":349,"message":"You cannot send messages to this user."}]}"#), Case::Forbidden),
        (answer(429, ""), Case::RateLimited),
    ] {
        assert_eq!(send(&Script::new([(SEND, reply)]), input("77", "hello")).expect_err("refused").case(), case);
    }
}

fn unknowns() -> [Reply; 7] {
    [
        answer(500, ""),
        answer(503, "{}"),
        lost(Fault::ConnectionBroken),
        lost(Fault::Deadline),
        answer(201, ""),
        answer(201, r#"{"data":{"dm_conversation_id":"7"#).cut(),
        answer(200, r#"{"data":{"dm_event_id":5}}"#),
    ]
}

#[test]
fn a_message_whose_answer_is_lost_is_found_in_the_conversation() {
    for unknown in unknowns() {
        let script = Script::new([(SEND, unknown), (EVENTS, event(40, "2244994945", HELLO))]);
        let output = send(&script, input("77", "hello")).expect("found");
        assert_eq!((output.data.dm_event_id, output.receipt.outcome), (PostId::at_unix_ms(BEGAN_AT + 40).to_string(), Outcome::Recovered));
        let query = "max_results=100&event_types=MessageCreate&dm_event.fields=attachments,dm_conversation_id,entities,sender_id,text";
        assert_eq!(script.path(1), format!("/2/dm_conversations/with/77/dm_events?{query}"));
    }
}

#[test]
fn a_message_that_is_not_found_leaves_the_outcome_unknown() {
    for unknown in unknowns() {
        let script = Script::new([(SEND, unknown), (EVENTS, answer(200, r#"{"meta":{"result_count":0}}"#))]);
        assert_eq!(send(&script, input("77", "hello")).expect_err("not found").case(), Case::OutcomeUnknown);
    }
    for reply in [
        event(40, "77", HELLO),
        event(40, "2244994945", r#""text":"another""#),
        event(-60_000, "2244994945", HELLO),
        event(40, "2244994945", r#""text":"hello","attachments":{"media_keys":["3_1"]}"#),
        answer(403, ""),
    ] {
        let script = Script::new([(SEND, answer(503, "")), (EVENTS, reply)]);
        assert_eq!(send(&script, input("77", "hello")).expect_err("not found").case(), Case::OutcomeUnknown);
    }
}

#[test]
fn a_step_that_runs_again_looks_before_it_writes() {
    let again = || SendDirectMessageInput { first_attempt_at: Some(BEGAN_AT - 90_000), ..with_image("77", PNG) };
    let stored = r#""text":"hello https://t.co/Ab3","attachments":{"media_keys":["3_1"]}"#;
    let output = send(&Script::new([(EVENTS, event(-80_000, "2244994945", stored))]), again()).expect("found, without an upload");
    assert_eq!(output.receipt.outcome, Outcome::Recovered);
    let older = (EVENTS, event(-100_000, "2244994945", stored));
    let script = Script::new([older, (UPLOAD, answer(200, r#"{"data":{"id":"71"}}"#)), (SEND, answer(201, SENT))]);
    assert_eq!(send(&script, again()).expect("sent").receipt.outcome, Outcome::Done);
    assert_eq!(send(&Script::new([(EVENTS, answer(429, ""))]), again()).expect_err("blind").case(), Case::RateLimited);
}
