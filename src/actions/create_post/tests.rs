//! Flows of createPost against a scripted X.

use std::format;

use super::*;
use crate::bindings::types::FileEntry;
use crate::session::testing::{BEGAN_AT, Reply, Script, TOKEN, answer, lost, not_sent};
use crate::transport::Fault;

const POST: &str = "POST /2/tweets";
const UPLOAD: &str = "POST /2/media/upload";
const TIMELINE: &str = "GET /2/users/2244994945/tweets";
const ME: &str = "GET /2/users/me";
const CREATED: &str = r#"{"data":{"id":"9","text":"hello","edit_history_tweet_ids":["9"]}}"#;

/// A file that begins and ends as a PNG does.
const PNG: &str = "data:image/png;base64,iVBORw0KGgpJRU5E";

fn input(text: &str) -> CreatePostInput {
    CreatePostInput { text: Some(text.into()), media: None, tagged_user_ids: None, first_attempt_at: None }
}

fn file(url: &str) -> FileEntry {
    FileEntry { extension: None, mime_type: None, name: Some("a.png".into()), url: url.into(), alt_text: None, subtitles: None }
}

fn with_media(text: &str, urls: &[&str]) -> CreatePostInput {
    CreatePostInput { media: Some(urls.iter().map(|url| file(url)).collect()), ..input(text) }
}

fn create(script: &Script, input: CreatePostInput) -> Result<CreatePostOutput, Failure> {
    script.run(|session| run(session, input))
}

/// An id of a post that was published so long after the test began.
fn id_after(milliseconds: u64) -> PostId {
    PostId::at_unix_ms(BEGAN_AT + milliseconds)
}

/// A timeline with one post.
fn timeline(id: PostId, text: &str) -> Reply {
    answer(200, format!(r#"{{"data":[{{"id":"{id}","text":"{text}","edit_history_tweet_ids":["{id}"]}}],"meta":{{"result_count":1}}}}"#))
}

fn empty() -> Reply {
    answer(200, r#"{"meta":{"result_count":0}}"#)
}

#[test]
fn a_text_is_published_by_one_request() {
    let script = Script::new([(POST, answer(201, CREATED).header("x-transaction-id", "8c2f"))]).with("X_USER_ID", "");
    let output = create(&script, input("hello")).expect("published");
    assert_eq!(script.body(0), r#"{"text":"hello"}"#);
    let sent = script.sent.borrow();
    assert_eq!((sent[0].header("content-type"), sent[0].header("accept")), (Some("application/json"), Some("application/json")));
    assert_eq!(
        (output.data.id.as_str(), output.data.text.as_str(), output.data.edit_history_tweet_ids.as_slice()),
        ("9", "hello", ["9".to_string()].as_slice())
    );
    assert_eq!((output.receipt.outcome, output.receipt.request_id.as_deref()), (Outcome::Done, Some("8c2f")));
    assert_eq!((output.receipt.charges[0].item.as_str(), output.receipt.charges[0].micro_usd), ("post-create", 15_000));
}

#[test]
fn the_answer_is_read_in_both_dialects_and_with_an_empty_history() {
    for history in
        [r#""edit_history_tweet_ids":["9"]"#, r#""edit_history_post_ids":["9"]"#, r#""edit_history_tweet_ids":[""]"#, r#""later":{}"#]
    {
        let script = Script::new([(POST, answer(201, format!(r#"{{"data":{{"id":"9","text":"hello",{history}}}}}"#)))]);
        let output = create(&script, input("hello")).expect("published");
        assert_eq!(output.data.edit_history_tweet_ids, ["9"], "{history}");
    }
}

#[test]
fn a_link_costs_more() {
    let output = create(&Script::new([(POST, answer(201, CREATED))]), input("see example.com")).expect("published");
    assert_eq!((output.receipt.charges[0].item.as_str(), output.receipt.charges[0].micro_usd), ("post-create-with-url", 200_000));
}

#[test]
fn the_allowances_of_the_answer_are_in_the_receipt() {
    let reply = answer(201, CREATED)
        .header("x-rate-limit-limit", "100")
        .header("x-rate-limit-remaining", "99")
        .header("x-rate-limit-reset", &(BEGAN_AT / 1_000 + 900).to_string())
        .header("x-app-limit-24hour-limit", "10000")
        .header("x-app-limit-24hour-remaining", "0")
        .header("x-app-limit-24hour-reset", &(BEGAN_AT / 1_000 + 9_000).to_string());
    let limits = create(&Script::new([(POST, reply)]), input("hello")).expect("published").receipt.rate_limits;
    assert_eq!(limits.iter().map(|limit| (limit.remaining, limit.reset_after_ms)).collect::<Vec<_>>(), [(99, 900_000), (0, 9_000_000)]);
}

#[test]
fn images_are_uploaded_in_order_and_named_in_the_post() {
    let uploads = [
        (UPLOAD, answer(200, r#"{"data":{"id":"71","media_key":"3_71","expires_after_secs":86400}}"#)),
        (UPLOAD, answer(200, r#"{"data":{"id":"72"}}"#)),
        (POST, answer(201, CREATED)),
    ];
    let script = Script::new(uploads);
    create(&script, with_media("", &[PNG, "media-id:55", PNG])).expect("published");
    assert!(script.body(0).contains("\r\n\r\ntweet_image\r\n") && script.body(0).contains("filename=\"a.png\"\r\nContent-Type: image/png"));
    assert_eq!(script.body(2), r#"{"media":{"media_ids":["71","55","72"]}}"#);
}

#[test]
fn an_image_is_downloaded_without_the_token() {
    let script = Script::new([
        ("GET /a.png", answer(200, b"\x89PNG\r\n\x1A\nIEND".to_vec())),
        (UPLOAD, answer(200, r#"{"data":{"id":"71"}}"#)),
        (POST, answer(201, CREATED)),
    ]);
    create(&script, with_media("hello", &["https://example.com/a.png?x=1"])).expect("published");
    let sent = script.sent.borrow();
    assert_eq!(
        (sent[0].target.authority.as_str(), sent[0].target.path.as_str(), sent[0].target.plain),
        ("example.com", "/a.png?x=1", false)
    );
    assert_eq!(script.body(2), r#"{"text":"hello","media":{"media_ids":["71"]}}"#);
}

#[test]
fn every_file_is_checked_before_the_first_is_uploaded() {
    for (bad, field, code) in [
        ("data:text/plain,hello", "media[1].url", "file-not-an-image"),
        ("data:,", "media[1].url", "file-empty"),
        ("data:image/png;base64,iVBORw0KGgo=", "media[1].url", "file-truncated"),
    ] {
        let failure = create(&Script::silent(), with_media("hello", &[PNG, bad])).expect_err(bad);
        assert_eq!((failure.case(), failure.code(), failure.problem().field.as_deref()), (Case::InvalidInput, code, Some(field)));
    }
    for (status, case) in [(404, Case::InvalidInput), (403, Case::InvalidInput), (302, Case::InvalidInput), (500, Case::Unavailable)] {
        let script = Script::new([("GET /a.png", answer(status, ""))]);
        let failure = create(&script, with_media("hello", &[PNG, "https://example.com/a.png"])).expect_err("not there");
        assert_eq!((failure.case(), failure.problem().field.as_deref()), (case, Some("media[1].url")), "{status}");
    }
    let large = answer(200, [b"\x89PNG\r\n\x1A\n".to_vec(), vec![0; 5 * 1024 * 1024]].concat());
    let failure = create(&Script::new([("GET /a.png", large)]), with_media("", &["https://example.com/a.png"])).expect_err("large");
    assert_eq!(failure.code(), "file-too-large");
    let denied = Script::new([("GET /a.png", not_sent(Fault::Denied))]);
    let failure = create(&denied, with_media("", &["https://example.com/a.png"])).expect_err("denied");
    assert_eq!((failure.case(), failure.problem().field.as_deref()), (Case::EgressDenied, Some("media[0].url")));
}

#[test]
fn users_are_tagged_in_the_media() {
    let tagging = |ids: &[&str], urls: &[&str]| CreatePostInput {
        tagged_user_ids: Some(ids.iter().map(ToString::to_string).collect()),
        ..with_media("hello", urls)
    };
    let script = Script::new([(POST, answer(201, CREATED))]);
    create(&script, tagging(&["2244994945", " 7 "], &["media-id:55"])).expect("published");
    assert_eq!(script.body(0), r#"{"text":"hello","media":{"media_ids":["55"],"tagged_user_ids":["2244994945","7"]}}"#);
    let script = Script::new([(POST, answer(201, CREATED))]);
    create(&script, tagging(&[], &["media-id:55"])).expect("published");
    assert_eq!(script.body(0), r#"{"text":"hello","media":{"media_ids":["55"]}}"#, "an empty list is left out");
    for (ids, urls, code) in [
        (&["7"][..], &[][..], "nothing-to-tag"),
        (&["7"; 11], &["media-id:55"], "too-many-users"),
        (&["@friend"], &["media-id:55"], "invalid-user"),
        (&["7", ""], &["media-id:55"], "invalid-user"),
    ] {
        let failure = create(&Script::silent(), tagging(ids, urls)).expect_err(code);
        assert_eq!((failure.code(), failure.problem().field.as_deref()), (code, Some("tagged_user_ids")));
    }
}

#[test]
fn bad_input_sends_nothing() {
    let refused = |input: CreatePostInput, field: &str| {
        let failure = create(&Script::silent(), input).expect_err(field);
        assert_eq!((failure.case(), failure.problem().field.as_deref()), (Case::InvalidInput, Some(field)));
    };
    refused(input(""), "text");
    refused(input(" \n\t"), "text");
    refused(CreatePostInput { text: None, media: Some(Vec::new()), tagged_user_ids: None, first_attempt_at: None }, "text");
    refused(input(&"a".repeat(281)), "text");
    refused(input("a\u{FEFF}"), "text");
    refused(with_media("hello", &[PNG; 5]), "media");
    refused(with_media("hello", &["/etc/passwd"]), "media[0].url");
    refused(with_media("hello", &[PNG, "http://example.com/a.png"]), "media[1].url");
    refused(CreatePostInput { first_attempt_at: Some(BEGAN_AT / 1_000), ..input("hello") }, "first_attempt_at");
    assert!(create(&Script::new([(POST, answer(201, CREATED))]).with("X_POST_LIMIT", "25000"), input(&"a".repeat(281))).is_ok());
}

#[test]
fn a_request_that_did_not_leave_is_not_looked_for() {
    for fault in [Fault::NameNotResolved, Fault::ConnectionRefused, Fault::ConnectTimeout, Fault::Tls] {
        let failure = create(&Script::new([(POST, not_sent(fault))]), input("hello")).expect_err("not sent");
        assert_eq!(failure.case(), Case::Unavailable, "{fault:?}");
    }
    let failure = create(&Script::new([(POST, not_sent(Fault::Denied))]), input("hello")).expect_err("denied");
    assert_eq!(failure.case(), Case::EgressDenied);
}

/// All that leaves open whether the post was published.
fn unknowns() -> Vec<Reply> {
    let mut replies: Vec<Reply> = [500, 502, 503, 504, 302, 520].into_iter().map(|status| answer(status, "")).collect();
    replies.extend([Fault::ConnectionBroken, Fault::Deadline, Fault::Protocol].map(lost));
    // Done for certain, but under which id?
    replies.extend([answer(201, ""), answer(201, "<html>"), answer(200, r#"{"data":{"id":""}}"#), answer(201, r#"{"data":{"id"#).cut()]);
    replies.push(answer(201, vec![b' '; 4 * 1024 * 1024 + 1]));
    replies.push(answer(200, r#"{"errors":[{"title":"New","detail":"of a kind that nobody knows"}]}"#));
    replies
}

#[test]
fn a_post_whose_answer_is_lost_is_found_on_the_timeline() {
    for unknown in unknowns() {
        let id = id_after(40);
        let script = Script::new([(POST, unknown), (TIMELINE, timeline(id, "hello"))]);
        let output = create(&script, input("hello")).expect("found");
        assert_eq!((output.data.id, output.receipt.outcome), (id.to_string(), Outcome::Recovered));
        assert!(output.receipt.charges.iter().any(|charge| charge.item == "post-create"), "X bills a post that it made");
        let since = PostId::at_unix_ms(BEGAN_AT - 2 * 3_600_000);
        let query = "max_results=100&exclude=retweets&tweet.fields=attachments,edit_history_tweet_ids,entities,note_tweet";
        assert_eq!(script.path(1), format!("/2/users/2244994945/tweets?since_id={since}&{query}"));
    }
}

#[test]
fn a_post_that_is_not_found_leaves_the_outcome_unknown() {
    for unknown in unknowns() {
        let failure = create(&Script::new([(POST, unknown), (TIMELINE, empty())]), input("hello")).expect_err("not found");
        assert_eq!((failure.case(), failure.code()), (Case::OutcomeUnknown, "outcome-unknown"));
    }
    let others = [
        timeline(id_after(40), "another"),
        timeline(id_after(0), "hello again"),
        // Published before this call.
        timeline(PostId::at_unix_ms(BEGAN_AT - 10_000), "hello"),
        answer(401, ""),
        lost(Fault::Deadline),
        answer(200, "<html>"),
    ];
    for reply in others {
        let failure = create(&Script::new([(POST, answer(503, "")), (TIMELINE, reply)]), input("hello")).expect_err("not found");
        assert_eq!(failure.case(), Case::OutcomeUnknown);
    }
}

#[test]
fn the_look_minds_xs_clock_and_not_the_hosts() {
    // The host's clock is an hour late: X's answer, and the post, are an hour ahead of it.
    let date = "Sat, 21 Nov 2026 07:15:30 GMT";
    let ahead = 3_600_000;
    let found = timeline(id_after(ahead + 40), "hello").header("date", date);
    let script = Script::new([(POST, answer(503, "")), (TIMELINE, found)]);
    assert_eq!(create(&script, input("hello")).expect("found").receipt.outcome, Outcome::Recovered);
    let old = timeline(id_after(ahead - 60_000), "hello").header("date", date);
    let script = Script::new([(POST, answer(503, "")), (TIMELINE, old)]);
    assert_eq!(create(&script, input("hello")).expect_err("older").case(), Case::OutcomeUnknown);
}

#[test]
fn media_of_a_found_post_is_counted() {
    let found = |keys: &str| {
        let id = id_after(40);
        answer(200, format!(r#"{{"data":[{{"id":"{id}","text":"hello https://t.co/Ab3","attachments":{{"media_keys":[{keys}]}}}}]}}"#))
    };
    let publish = |keys: &str| {
        let script = Script::new([(POST, answer(503, "")), (TIMELINE, found(keys))]);
        create(&script, with_media("hello", &["media-id:55"])).map(|output| output.receipt.outcome).map_err(|failure| failure.case())
    };
    assert_eq!(publish(r#""3_55""#), Ok(Outcome::Recovered));
    assert_eq!(publish(r#""3_55","3_56""#), Err(Case::OutcomeUnknown));
    assert_eq!(publish(""), Err(Case::OutcomeUnknown));
}

#[test]
fn a_refusal_is_told_and_not_looked_into() {
    for (status, case) in [
        (400, Case::InvalidInput),
        (401, Case::Unauthorized),
        (402, Case::OutOfCredits),
        (403, Case::Forbidden),
        (404, Case::NotFound),
        (409, Case::Conflict),
        (413, Case::InvalidInput),
        (418, Case::UnexpectedResponse),
        (429, Case::RateLimited),
    ] {
        for reply in [answer(status, ""), answer(status, r#"{"title":"T"#).cut()] {
            assert_eq!(create(&Script::new([(POST, reply)]), input("hello")).expect_err("refused").case(), case, "{status}");
        }
    }
}

#[test]
fn a_duplicate_is_the_post_of_an_earlier_attempt_or_a_conflict() {
    let duplicate = || {
        (
            POST,
            answer(403, r#"{"detail":"You are not allowed to create a Tweet with duplicate content.","type":"about:blank","status":403}"#),
        )
    };
    let again = CreatePostInput { first_attempt_at: Some(BEGAN_AT - 30_000), ..input("hello") };
    // The first look came too early.
    let id = PostId::at_unix_ms(BEGAN_AT - 20_000);
    let script = Script::new([(TIMELINE, empty()), duplicate(), (TIMELINE, timeline(id, "hello"))]);
    let output = create(&script, again).expect("found");
    assert_eq!((output.data.id, output.receipt.outcome), (id.to_string(), Outcome::Recovered));
    assert!(output.receipt.charges.iter().all(|charge| charge.item != "post-create"), "this call made nothing");

    let again = || CreatePostInput { first_attempt_at: Some(BEGAN_AT - 30_000), ..input("hello") };
    let older = || (TIMELINE, timeline(PostId::at_unix_ms(BEGAN_AT - 3_600_000), "hello"));
    let failure = create(&Script::new([older(), duplicate(), older()]), again()).expect_err("older");
    assert_eq!((failure.case(), failure.code()), (Case::Conflict, "duplicate-content"));
    let script = Script::new([(TIMELINE, empty()), duplicate(), (TIMELINE, answer(401, ""))]);
    assert_eq!(create(&script, again()).expect_err("not seen").code(), "duplicate-content");
    // Without an earlier attempt it is another step's post, and nobody looks for it.
    let failure = create(&Script::new([duplicate()]), input("hello")).expect_err("written twice");
    assert_eq!((failure.case(), failure.code()), (Case::Conflict, "duplicate-content"));
}

#[test]
fn a_step_that_runs_again_looks_before_it_writes() {
    let again = |milliseconds: u64| CreatePostInput { first_attempt_at: Some(BEGAN_AT - milliseconds), ..with_media("hello", &[PNG]) };
    let id = PostId::at_unix_ms(BEGAN_AT - 80_000);
    let stored = format!(r#"{{"data":[{{"id":"{id}","text":"hello https://t.co/Ab3","attachments":{{"media_keys":["3_1"]}}}}]}}"#);
    let output = create(&Script::new([(TIMELINE, answer(200, stored))]), again(90_000)).expect("found, without an upload");
    assert_eq!((output.data.id, output.receipt.outcome), (id.to_string(), Outcome::Recovered));

    let script = Script::new([(TIMELINE, empty()), (UPLOAD, answer(200, r#"{"data":{"id":"71"}}"#)), (POST, answer(201, CREATED))]);
    assert_eq!(create(&script, again(90_000)).expect("published").receipt.outcome, Outcome::Done);

    // Whoever cannot look must not write.
    let blind = Script::new([(TIMELINE, answer(429, ""))]);
    assert_eq!(create(&blind, again(90_000)).expect_err("blind").case(), Case::RateLimited);
}

#[test]
fn the_own_id_is_looked_up_at_most_once() {
    let me = || (ME, answer(200, r#"{"data":{"id":"2244994945"}}"#));
    let script = Script::new([me(), (TIMELINE, empty()), (POST, answer(503, "")), (TIMELINE, empty())]).with("X_USER_ID", "");
    let again = CreatePostInput { first_attempt_at: Some(BEGAN_AT - 30_000), ..input("hello") };
    assert_eq!(create(&script, again).expect_err("unknown").case(), Case::OutcomeUnknown);
}

#[test]
fn after_the_deadline_nothing_is_sent() {
    let script = Script::new([(POST, lost(Fault::Deadline).takes_ms(30_000))]);
    assert_eq!(create(&script, input("hello")).expect_err("too late").case(), Case::OutcomeUnknown);
    let script = Script::new([(UPLOAD, answer(200, r#"{"data":{"id":"71"}}"#).takes_ms(60_001))]).with("X_CALL_DEADLINE_MS", "60000");
    let failure = create(&script, with_media("hello", &[PNG])).expect_err("too late");
    assert_eq!((failure.case(), failure.code()), (Case::InvalidInput, "upload-not-finished"));
}

#[test]
fn an_answer_that_echoes_the_token_is_not_quoted() {
    for body in [
        format!(r#"{{"detail":"wrong token {TOKEN}","status":403}}"#),
        format!(r#"{{"errors":[{{"message":"{TOKEN}","parameters":{{"{TOKEN}":["x"]}}}}]}}"#),
    ] {
        for status in [400, 401, 403, 500] {
            let mut steps = vec![(POST, answer(status, body.clone()).header("x-transaction-id", TOKEN))];
            if status == 500 {
                steps.push((TIMELINE, answer(400, body.clone())));
            }
            // The script itself holds every failure against the token.
            assert!(create(&Script::new(steps), input("hello")).is_err());
        }
    }
    let quoted = create(&Script::new([(POST, answer(403, r#"{"detail":"Not  today"}"#))]), input("hello")).expect_err("refused");
    assert_eq!(quoted.problem().excerpt.as_deref(), Some("Not today"));
}

#[test]
fn a_failed_upload_names_the_file_and_publishes_nothing() {
    for (reply, case) in [
        (answer(400, r#"{"errors":[{"message":"media type unrecognized"}]}"#), Case::InvalidInput),
        (answer(403, ""), Case::Forbidden),
        (answer(503, ""), Case::Unavailable),
        (lost(Fault::ConnectionBroken), Case::Unavailable),
    ] {
        let failure = create(&Script::new([(UPLOAD, reply)]), with_media("hello", &[PNG])).expect_err("not uploaded");
        assert_eq!((failure.case(), failure.problem().field.as_deref()), (case, Some("media[0].url")));
    }
}
