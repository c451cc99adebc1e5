//! Flows by each kind of credential: what is signed, what is refused before the first byte, and what X's refusals mean.

use std::string::{String, ToString};
use std::vec::Vec;

use super::super::testing::authorization::{SECRETS, properties};
use super::super::testing::{BEGAN_AT, Reply, Script, answer, lost};
use crate::actions::{create_post, delete_post, like_post, repost_post, send_direct_message};
use crate::auth::Kind;
use crate::bindings::actions::{CreatePostInput, DeletePostInput, LikePostInput, RepostPostInput, SendDirectMessageInput};
use crate::bindings::triggers::NewPostInput;
use crate::bindings::types::FileEntry;
use crate::error::{Case, Failure, Party};
use crate::session::Session;
use crate::transport::Fault;
use crate::triggers::new_post;

const PIXEL: &str = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
const POSTED: &str = r#"{"data":{"id":"1880012345678901234","text":"Hi & bye + 100%"}}"#;
const USER: &str = r#"{"data":{"id":"7","name":"Seven","username":"seven"}}"#;

fn create(session: &Session<'_>, media: bool) -> Result<(), Failure> {
    let file = FileEntry { extension: None, mime_type: None, name: None, url: PIXEL.into(), alt_text: None, subtitles: None };
    let input = CreatePostInput {
        text: Some("Hi & bye + 100%".into()),
        media: media.then(|| Vec::from([file])),
        tagged_user_ids: None,
        first_attempt_at: None,
    };
    create_post::run(session, input).map(|_| ())
}

fn message(session: &Session<'_>) -> Result<(), Failure> {
    let file = FileEntry { extension: None, mime_type: None, name: None, url: PIXEL.into(), alt_text: None, subtitles: None };
    let input =
        SendDirectMessageInput { username: "seven".into(), text: "Hi".into(), media: Some(Vec::from([file])), first_attempt_at: None };
    send_direct_message::run(session, input).map(|_| ())
}

fn poll(session: &Session<'_>) -> Result<(), Failure> {
    let input = NewPostInput {
        username: "seven".into(),
        first_poll: None,
        first_poll_count: None,
        include_replies: None,
        include_reposts: None,
        maximum_items: None,
    };
    new_post::run(session, &input, None).map(|_| ())
}

/// A timeline without posts.
fn empty() -> (&'static str, Reply) {
    ("GET /2/users/7/tweets", answer(200, r#"{"meta":{"result_count":0}}"#))
}

type Call = fn(&Session<'_>) -> Result<(), Failure>;

/// Every operation with the requests of a call that goes well. The connection does not know the account's id.
fn operations() -> Vec<(&'static str, Script, Call)> {
    let me = || ("GET /2/users/me", answer(200, USER));
    let look_up = || ("GET /2/users/by/username/seven", answer(200, USER));
    let upload = || ("POST /2/media/upload", answer(200, r#"{"data":{"id":"1146654567674912769"}}"#));
    let lost_post = || ("POST /2/tweets", lost(Fault::ConnectionBroken));
    let timeline = r#"{"data":[{"id":"2200000000000000000","text":"Hi &amp; bye + 100%"}]}"#;
    let sent = r#"{"data":{"dm_conversation_id":"1-2","dm_event_id":"5"}}"#;
    let script = |steps: Vec<(&'static str, Reply)>| Script::new(steps).with("X_USER_ID", "");
    Vec::from([
        ("createPost", script(Vec::from([upload(), ("POST /2/tweets", answer(201, POSTED))])), (|session| create(session, true)) as Call),
        ("createPost, answer lost", script(Vec::from([lost_post(), me(), ("GET /2/users/7/tweets", answer(200, timeline))])), |session| {
            create(session, false)
        }),
        ("deletePost", script(Vec::from([("DELETE /2/tweets/5", answer(200, r#"{"data":{"deleted":true}}"#))])), |session| {
            delete_post::run(session, &DeletePostInput { id: "5".into() }).map(|_| ())
        }),
        ("likePost", script(Vec::from([me(), ("POST /2/users/7/likes", answer(200, r#"{"data":{"liked":true}}"#))])), |session| {
            like_post::run(session, &LikePostInput { tweet_id: "5".into() }).map(|_| ())
        }),
        ("repostPost", script(Vec::from([me(), ("POST /2/users/7/retweets", answer(200, r#"{"data":{"retweeted":true}}"#))])), |session| {
            repost_post::run(session, &RepostPostInput { tweet_id: "5".into() }).map(|_| ())
        }),
        (
            "sendDirectMessage",
            script(Vec::from([look_up(), upload(), ("POST /2/dm_conversations/with/7/messages", answer(201, sent))])),
            message,
        ),
        ("newPost", script(Vec::from([look_up(), empty()])), poll),
    ])
}

#[test]
fn every_operation_that_x_allows_with_a_kind_succeeds_with_it_alone() {
    for kind in Kind::ALL {
        for (name, script, call) in operations() {
            let script = script.with_only(kind);
            if kind == Kind::AppOnly && name != "newPost" {
                continue;
            }
            script.run(call).unwrap_or_else(|failure| panic!("{name} with {}: {failure:?}", kind.name()));
            assert!(!script.sent.borrow().is_empty());
        }
    }
}

#[test]
fn what_needs_a_user_is_refused_before_the_first_byte_without_one() {
    for (name, _, call) in operations().into_iter().filter(|(name, ..)| *name != "newPost") {
        let script = Script::silent().with("X_USER_ID", "").with_only(Kind::AppOnly);
        let failure = script.run(call).expect_err(name);
        assert_eq!((failure.case(), failure.code()), (Case::Unauthorized, "missing-credential"), "{name}");
        assert_eq!(failure.problem().field.as_deref(), Some("X_ACCESS_TOKEN"), "{name}");
        assert!(failure.problem().message.contains("the connection has an app-only token;"), "{name}");
    }
}

#[test]
fn scopes_that_are_known_to_be_missing_are_named_before_the_first_byte() {
    for (index, missing) in [
        (0, "tweet.write"),
        (0, "media.write"),
        (1, "tweet.write"),
        (2, "tweet.write"),
        (3, "like.write"),
        (4, "tweet.write"),
        (5, "dm.write"),
        (5, "media.write"),
        (6, "tweet.read"),
    ] {
        let granted = ["tweet.read", "tweet.write", "users.read", "like.write", "dm.read", "dm.write", "media.write", "offline.access"];
        let granted: Vec<&str> = granted.into_iter().filter(|scope| *scope != missing).collect();
        let (name, _, call) = operations().swap_remove(index);
        let failure = Script::silent().with("X_USER_ID", "").with("X_GRANTED_SCOPES", &granted.join(" ")).run(call).expect_err(name);
        assert_eq!((failure.case(), failure.code()), (Case::Forbidden, "missing-scopes"), "{name}");
        let problem = failure.problem();
        assert_eq!((problem.who_must_act, problem.field.as_deref()), (Party::AccountOwner, Some("X_GRANTED_SCOPES")), "{name}");
        assert!(problem.message.contains(&std::format!("has not granted {missing},")), "{name}: {}", problem.message);
        // Scopes are a matter of OAuth 2.0.
        let (_, script, call) = operations().swap_remove(index);
        script.with("X_GRANTED_SCOPES", &granted.join(" ")).with_only(Kind::OAuth1).run(call).expect(name);
    }
    for (name, script, call) in operations() {
        let all = "tweet.read tweet.write users.read like.write dm.write media.write";
        script.with("X_GRANTED_SCOPES", all).run(call).expect(name);
    }
}

#[test]
fn a_file_is_not_even_downloaded_when_the_connection_may_not_upload() {
    let script = Script::silent().with("X_GRANTED_SCOPES", "tweet.read tweet.write users.read dm.read dm.write");
    let file = || {
        Some(Vec::from([FileEntry {
            extension: None,
            mime_type: None,
            name: None,
            url: "https://example.com/a.png".into(),
            alt_text: None,
            subtitles: None,
        }]))
    };
    let post = CreatePostInput { text: None, media: file(), tagged_user_ids: None, first_attempt_at: Some(BEGAN_AT) };
    assert_eq!(script.run(|session| create_post::run(session, post)).expect_err("refused").code(), "missing-scopes");
    let message = SendDirectMessageInput { username: "7".into(), text: "Hi".into(), media: file(), first_attempt_at: None };
    assert_eq!(script.run(|session| send_direct_message::run(session, message)).expect_err("refused").code(), "missing-scopes");
    // What was uploaded before needs no scope.
    let script = Script::new([("POST /2/tweets", answer(201, POSTED))]).with("X_GRANTED_SCOPES", "tweet.read tweet.write users.read");
    let uploaded = FileEntry {
        extension: None,
        mime_type: None,
        name: None,
        url: "media-id:1146654567674912769".into(),
        alt_text: None,
        subtitles: None,
    };
    let post = CreatePostInput { text: None, media: Some(Vec::from([uploaded])), tagged_user_ids: None, first_attempt_at: None };
    script.run(|session| create_post::run(session, post)).expect("posted");
}

#[test]
fn a_401_means_another_thing_for_each_kind() {
    for (kind, code) in [(Kind::UserBearer, "expired-token"), (Kind::OAuth1, "oauth1-token-refused"), (Kind::AppOnly, "app-token-refused")]
    {
        let unauthorized = r#"{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}"#;
        let script = Script::new([("GET /2/users/by/username/seven", answer(401, unauthorized))]).with_only(kind);
        let failure = script.run(poll).expect_err("refused");
        assert_eq!((failure.case(), failure.code(), failure.problem().status), (Case::Unauthorized, code, Some(401)));
    }
}

/// The host's clock is at 06:15:30 throughout.
fn at(time: &str) -> String {
    std::format!("Sat, 21 Nov 2026 {time} GMT")
}

fn timestamp(script: &Script, number: usize) -> u64 {
    let header = script.sent.borrow()[number].header("authorization").expect("a signature").to_string();
    let (_, rest) = header.split_once("oauth_timestamp=\"").expect("a timestamp");
    rest.split('"').next().expect("an end").parse().expect("a number")
}

#[test]
fn a_signature_has_the_hosts_time_first_and_xs_time_once_that_is_known() {
    let now = BEGAN_AT / 1_000;
    for (date, second) in [("06:15:30", now), ("07:15:30", now + 3_600), ("05:15:30", now - 3_600)] {
        let script = Script::new([
            ("GET /2/users/by/username/seven", answer(200, USER).header("date", &at(date)).takes_ms(1)),
            ("GET /2/users/7/tweets", answer(200, r#"{"meta":{"result_count":0}}"#).header("date", &at(date))),
        ])
        .with_only(Kind::OAuth1);
        script.run(poll).expect("polled");
        assert_eq!(timestamp(&script, 0), now);
        assert_eq!(timestamp(&script, 1), second, "{date}");
    }
}

#[test]
fn a_clock_that_is_an_hour_off_is_named_and_nothing_is_repeated() {
    for (date, side) in [("07:15:30", "60 minutes behind X's"), ("05:15:30", "60 minutes ahead of X's")] {
        let script = Script::new([("DELETE /2/tweets/5", answer(401, "").header("date", &at(date)))]).with_only(Kind::OAuth1);
        let failure = script
            .run(|session| {
                let result = delete_post::run(session, &DeletePostInput { id: "5".into() });
                assert_eq!(session.clock_skew_ms().map(i64::abs), Some(3_600_000));
                result
            })
            .expect_err("refused");
        assert_eq!((failure.case(), failure.code(), failure.problem().who_must_act), (Case::Unauthorized, "clock-skew", Party::Operator));
        assert!(failure.problem().message.contains(side), "{}", failure.problem().message);
    }
}

#[test]
fn nonces_differ_between_the_requests_of_a_call() {
    let (_, script, call) = operations().swap_remove(5);
    let script = script.with_only(Kind::OAuth1);
    script.run(call).expect("sent");
    let mut nonces: Vec<String> =
        script.sent.borrow().iter().map(|sent| sent.header("authorization").expect("signed").to_string()).collect();
    nonces.iter_mut().for_each(|header| *header = header.split("oauth_nonce=\"").nth(1).expect("a nonce")[..32].to_string());
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), 3, "{nonces:?}");
}

#[test]
fn no_secret_of_the_connection_is_quoted_however_x_echoes_it() {
    let canary = |name: &str| std::format!("canary-of-{}-0123456789", name.to_ascii_lowercase().replace('_', "-"));
    let echoed = SECRETS.map(canary);
    for secret in &echoed {
        // In X's words, behind so many of them that the excerpt ends within the secret, and in X's name of the call.
        for (echo, id) in [(secret.clone(), "8c2f"), (std::format!("{}{secret}", "x".repeat(180)), "8c2f"), (String::new(), secret)] {
            let body = std::format!(r#"{{"title":"Forbidden","detail":"you sent {echo}","type":"about:blank","status":403}}"#);
            let mut script = Script::new([("DELETE /2/tweets/5", answer(403, body).header("x-transaction-id", id))]);
            for name in SECRETS {
                script = script.with(name, &canary(name));
            }
            let script = script.with("X_CLIENT_ID", "an-id");
            let failure = script.run(|session| delete_post::run(session, &DeletePostInput { id: "5".into() })).expect_err("refused");
            let problem = failure.problem();
            assert!(!std::format!("{problem:?}").contains("canary"), "{problem:?}");
            assert_eq!(problem.excerpt.is_none(), !echo.is_empty() || id == secret, "{problem:?}");
        }
    }
    assert!(properties(Kind::OAuth1).iter().all(|(name, _)| SECRETS.contains(name)));
}
