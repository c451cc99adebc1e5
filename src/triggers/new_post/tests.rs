//! Flows of the newPost trigger against a scripted X.

use std::format;
use std::vec::Vec;

use super::*;
use crate::session::testing::{BEGAN_AT, Reply, Script, answer, lost};
use crate::transport::Fault;

const LOOK_UP: &str = "GET /2/users/by/username/XDevelopers";
const TIMELINE: &str = "GET /2/users/77/tweets";
const DATE: &str = "Sat, 21 Nov 2026 06:15:30 GMT";
const FIELDS: &str = "tweet.fields=author_id,conversation_id,created_at,edit_history_tweet_ids,note_tweet,referenced_tweets";

fn input(username: &str) -> NewPostInput {
    NewPostInput {
        username: username.into(),
        include_replies: None,
        include_reposts: None,
        first_poll: None,
        first_poll_count: None,
        maximum_items: None,
    }
}

fn poll(script: &Script, input: &NewPostInput, cursor: Option<&str>) -> Result<NewPostOutput, Failure> {
    script.run(|session| run(session, input, cursor))
}

fn user(username: &str) -> Reply {
    answer(200, format!(r#"{{"data":{{"id":"77","name":"X","username":"{username}"}}}}"#)).header("date", DATE)
}

fn empty() -> Reply {
    answer(200, r#"{"meta":{"result_count":0}}"#).header("date", DATE)
}

/// An id of so many seconds before the test began.
fn id_before(seconds: u64) -> PostId {
    PostId::at_unix_ms(BEGAN_AT - seconds * 1_000)
}

fn page(posts: &[(PostId, &str)]) -> Reply {
    let posts: Vec<String> = posts.iter().map(|(id, rest)| format!(r#"{{"id":"{id}","text":"t","author_id":"77"{rest}}}"#)).collect();
    answer(200, format!(r#"{{"data":[{}],"meta":{{"result_count":{}}}}}"#, posts.join(","), posts.len())).header("date", DATE)
}

/// A cursor that stands at ten minutes before the test began.
fn cursor() -> String {
    let mut cursor = Cursor::new(
        crate::id::UserId::from_digits("77").expect("digits"),
        Some("XDevelopers".into()),
        "xdevelopers".into(),
        id_before(600),
    );
    cursor.newest = Some(id_before(600));
    cursor.write().expect("writes")
}

#[test]
fn the_first_poll_stands_behind_what_is_there() {
    let script = Script::new([(LOOK_UP, user("XDevelopers")), (TIMELINE, page(&[(id_before(10), "")]))]);
    let output = poll(&script, &input("@XDevelopers"), None).expect("begins");
    assert_eq!((output.items.len(), output.has_more, output.gap.is_none()), (0, false, true));
    assert_eq!(script.path(1), format!("/2/users/77/tweets?max_results=100&{FIELDS}&since_id={}", id_before(60)));
    let next = Script::new([(TIMELINE, page(&[(id_before(5), ""), (id_before(10), "")]))]);
    let output = poll(&next, &input("XDevelopers"), Some(&output.cursor)).expect("polls");
    assert_eq!(output.items.iter().map(|item| item.id.clone()).collect::<Vec<_>>(), [id_before(5).to_string()]);
}

#[test]
fn the_first_poll_returns_the_newest_when_asked_to() {
    let posts: Vec<(PostId, &str)> = (1..=5).map(|number| (id_before(number * 1_000), "")).collect();
    let script = Script::new([(LOOK_UP, user("XDevelopers")), (TIMELINE, page(&posts))]);
    let latest = NewPostInput { first_poll: Some(FirstPoll::Latest), first_poll_count: Some(2), ..input("XDevelopers") };
    let output = poll(&script, &latest, None).expect("begins");
    assert_eq!(script.path(1), format!("/2/users/77/tweets?max_results=5&{FIELDS}"));
    assert_eq!(
        output.items.iter().map(|item| item.id.clone()).collect::<Vec<_>>(),
        [id_before(2_000).to_string(), id_before(1_000).to_string()]
    );
    let again = poll(&Script::new([(TIMELINE, empty())]), &latest, Some(&output.cursor)).expect("polls");
    assert_eq!((again.items.len(), again.receipt.charges.len()), (0, 0));
}

#[test]
fn items_say_what_they_are_in_both_dialects() {
    let old = r#","created_at":"2026-11-21T06:15:00.000Z","conversation_id":"3","edit_history_tweet_ids":["4"],"referenced_tweets":[{"type":"replied_to","id":"2"}],"note_tweet":{"text":"whole"}"#;
    let new = r#","created_at":"2026-11-21T06:15:00.000Z","conversation_id":"3","edit_history_post_ids":["4"],"referenced_posts":[{"type":"replied_to","id":"2"}],"note_post":{"text":"whole"}"#;
    for rest in [old, new] {
        let rest = rest.replace("[\"4\"]", &format!("[\"{}\"]", id_before(30)));
        let script = Script::new([(
            TIMELINE,
            page(&[(id_before(20), r#","referenced_tweets":[{"type":"retweeted","id":"1"}]"#), (id_before(30), &rest)]),
        )]);
        let output = poll(&script, &input("XDevelopers"), Some(&cursor())).expect("polls");
        let (reply, repost) = (&output.items[0], &output.items[1]);
        assert_eq!((reply.kind, repost.kind), (PostKind::Reply, PostKind::Repost));
        assert_eq!((reply.text.as_str(), reply.full_text.as_str(), reply.conversation_id.as_deref()), ("t", "whole", Some("3")));
        assert_eq!((reply.author.id.as_str(), reply.author.username.as_deref()), ("77", Some("XDevelopers")));
        assert_eq!(reply.url, format!("https://x.com/XDevelopers/status/{}", id_before(30)));
        assert_eq!((reply.created_at.as_str(), repost.created_at.as_str()), ("2026-11-21T06:15:00.000Z", "2026-11-21T06:15:10.000Z"));
        assert_eq!(repost.edit_history_tweet_ids, [id_before(20).to_string()]);
        assert_eq!((output.receipt.outcome, output.receipt.charges[0].count), (Outcome::ReadOnly, 2));
    }
}

#[test]
fn what_is_left_out_is_asked_of_x() {
    for (replies, reposts, exclude) in [
        (true, true, ""),
        (false, true, "&exclude=replies"),
        (true, false, "&exclude=retweets"),
        (false, false, "&exclude=replies,retweets"),
    ] {
        let script = Script::new([(TIMELINE, empty())]);
        let some = NewPostInput { include_replies: Some(replies), include_reposts: Some(reposts), ..input("XDevelopers") };
        poll(&script, &some, Some(&cursor())).expect("polls");
        assert_eq!(script.path(0), format!("/2/users/77/tweets?max_results=99&{FIELDS}{exclude}&since_id={}", id_before(600)));
    }
}

#[test]
fn a_poll_without_new_posts_costs_nothing_and_leaves_the_cursor_alone() {
    let output = poll(&Script::new([(TIMELINE, empty())]), &input("XDevelopers"), Some(&cursor())).expect("polls");
    assert_eq!((output.items.len(), output.receipt.charges.len(), output.cursor), (0, 0, cursor()));
}

#[test]
fn tokens_lead_from_page_to_page_and_only_tokens_go_into_an_address() {
    let first = answer(200, r#"{"meta":{"result_count":0,"next_token":"7140dibdnow9c7btw"}}"#).header("date", DATE);
    let script = Script::new([(TIMELINE, first), (TIMELINE, page(&[(id_before(30), "")]))]);
    assert_eq!(poll(&script, &input("XDevelopers"), Some(&cursor())).expect("polls").items.len(), 1);
    assert!(script.path(1).ends_with("&pagination_token=7140dibdnow9c7btw"));
    let hostile = answer(200, r#"{"meta":{"result_count":0,"next_token":"a&x=/../"}}"#).header("date", DATE);
    assert_eq!(poll(&Script::new([(TIMELINE, hostile)]), &input("XDevelopers"), Some(&cursor())).expect("polls").items.len(), 0);
}

#[test]
fn bad_input_sends_nothing() {
    let refused = |input: NewPostInput, cursor: Option<&str>, field: &str| {
        let failure = poll(&Script::silent(), &input, cursor).expect_err(field);
        assert_eq!((failure.case(), failure.problem().field.as_deref()), (Case::InvalidInput, Some(field)));
    };
    refused(input(""), None, "username");
    refused(input("two words"), None, "username");
    refused(NewPostInput { maximum_items: Some(0), ..input("a") }, None, "maximum_items");
    refused(NewPostInput { maximum_items: Some(801), ..input("a") }, None, "maximum_items");
    refused(NewPostInput { first_poll_count: Some(101), ..input("a") }, None, "first_poll_count");
    refused(input("XDevelopers"), Some(""), "cursor");
    refused(input("XDevelopers"), Some("{}"), "cursor");
    refused(input("XDevelopers"), Some(&cursor()[..40]), "cursor");
    refused(input("XDevelopers"), Some(&" ".repeat(9_000)), "cursor");
}

#[test]
fn a_cursor_survives_a_rename_and_is_refused_for_another_account() {
    let renamed = ("GET /2/users/by/username/NewName", user("NewName"));
    let output =
        poll(&Script::new([renamed, (TIMELINE, page(&[(id_before(30), "")]))]), &input("NewName"), Some(&cursor())).expect("polls");
    assert_eq!(output.items[0].author.username.as_deref(), Some("NewName"));
    assert!(poll(&Script::new([(TIMELINE, empty())]), &input("@newname"), Some(&output.cursor)).is_ok(), "looked up once");
    let other = ("GET /2/users/by/username/Other", answer(200, r#"{"data":{"id":"78","username":"Other"}}"#));
    let failure = poll(&Script::new([other]), &input("Other"), Some(&cursor())).expect_err("another");
    assert_eq!((failure.case(), failure.code()), (Case::InvalidInput, "cursor-of-another-account"));
    let failure = poll(&Script::silent(), &input("78"), Some(&cursor())).expect_err("another, by its id");
    assert_eq!(failure.code(), "cursor-of-another-account");
}

#[test]
fn refusals_name_the_account_or_the_wait() {
    let hidden = r#"{"errors":[{"detail":"Sorry, you are not authorized to see the user.","type":"https://api.twitter.com/2/problems/not-authorized-for-resource"}]}"#;
    for (reply, case, field) in [
        (answer(404, ""), Case::NotFound, Some("username")),
        (answer(200, hidden), Case::Forbidden, Some("username")),
        (answer(429, ""), Case::RateLimited, None),
        (answer(401, ""), Case::Unauthorized, None),
        (answer(200, "<html>"), Case::UnexpectedResponse, None),
        (answer(200, r#"{"data":[{"id":"x"}]}"#), Case::UnexpectedResponse, None),
        (lost(Fault::Deadline), Case::Unavailable, None),
    ] {
        let failure = poll(&Script::new([(TIMELINE, reply)]), &input("XDevelopers"), Some(&cursor())).expect_err("refused");
        assert_eq!((failure.case(), failure.problem().field.as_deref()), (case, field));
    }
}
