//! What happens when everything is right.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::simulator::{Item, NewPost, RecordedBody, Repeat, User};

#[tokio::test]
async fn a_post_with_an_image_is_published_shown_and_deleted() {
    let simulator = simulator(Options::default());
    let media = upload(&simulator, "tweet_image").await;
    let body = json!({"text": "a & b", "media": {"media_ids": [media]}});
    let created = post(&simulator, "/2/tweets", body).await;
    assert_eq!(created.status, StatusCode::CREATED);
    let text = created.body["data"]["text"].as_str().expect("text");
    assert!(text.starts_with("a &amp; b https://t.co/"), "{text}");
    assert_eq!(created.body["data"]["edit_history_tweet_ids"], json!([created.id()]));

    let query = "tweet.fields=attachments,author_id&expansions=attachments.media_keys&media.fields=width";
    let shown = get(&simulator, &format!("/2/tweets/{}?{query}", created.id())).await;
    assert_eq!(shown.body["data"]["author_id"], MAKER.to_string());
    assert_eq!(shown.body["includes"]["media"][0]["width"], 3);
    assert_eq!(simulator.media()[0].bytes.as_deref(), Some(PNG));

    let gone = delete(&simulator, &format!("/2/tweets/{}", created.id())).await;
    assert_eq!(gone.body, json!({"data": {"deleted": true}}));
    assert_eq!(simulator.post_count(), 0);
    assert_eq!(simulator.effects("POST", "/2/tweets"), 1);
    assert_eq!(simulator.effects("DELETE", "/2/tweets/{id}"), 1);
}

#[tokio::test]
async fn likes_and_reposts_are_remembered_and_taken_back() {
    let simulator = simulator(Options::default());
    let theirs = simulator.add_post(FRIEND, NewPost::saying("theirs"));
    let body = json!({"tweet_id": theirs.to_string()});
    let liked = post(&simulator, &format!("/2/users/{MAKER}/likes"), body.clone()).await;
    assert_eq!(liked.body, json!({"data": {"liked": true}}));
    let reposted = post(&simulator, &format!("/2/users/{MAKER}/retweets"), body).await;
    assert_eq!(reposted.body["data"]["retweeted"], true);
    assert_eq!(reposted.body["data"]["id"], theirs.to_string());
    assert_eq!(simulator.liked_by(MAKER), [theirs]);
    assert_eq!(simulator.reposted_by(MAKER), [theirs]);

    let path = format!("/2/users/{MAKER}/tweets?tweet.fields=referenced_tweets,public_metrics");
    let mine = get(&simulator, &path).await;
    let repost = &mine.body["data"][0];
    assert_eq!(repost["text"], "RT @friend: theirs");
    assert_eq!(repost["referenced_tweets"][0]["type"], "retweeted");

    let path = format!("/2/users/{MAKER}/likes/{theirs}");
    assert_eq!(delete(&simulator, &path).await.body, json!({"data": {"liked": false}}));
    let path = format!("/2/users/{MAKER}/retweets/{theirs}");
    assert_eq!(delete(&simulator, &path).await.body, json!({"data": {"retweeted": false}}));
    assert!(simulator.liked_by(MAKER).is_empty() && simulator.reposted_by(MAKER).is_empty());
}

#[tokio::test]
async fn a_direct_message_reaches_both_ends() {
    let simulator = simulator(Options::default());
    let media = upload(&simulator, "dm_image").await;
    let path = format!("/2/dm_conversations/with/{FRIEND}/messages");
    let body = json!({"text": "hi", "attachments": [{"media_id": media}]});
    let sent = post(&simulator, &path, body).await;
    assert_eq!(sent.status, StatusCode::CREATED);
    let conversation = format!("{MAKER}-{FRIEND}");
    assert_eq!(sent.body["data"]["dm_conversation_id"], conversation);
    let answer = simulator.add_direct_message(FRIEND, MAKER, "hello");

    let path = format!("/2/dm_conversations/with/{MAKER}/dm_events?dm_event.fields=sender_id,attachments");
    let seen = send(&simulator, request("friend", "GET", &path, "", Bytes::new())).await;
    assert_eq!(seen.ids()[0], answer);
    assert_eq!(seen.body["data"][1]["sender_id"], MAKER.to_string());
    assert_eq!(seen.body["data"][1]["attachments"]["media_keys"][0], format!("3_{media}"));

    let first = get(&simulator, "/2/dm_events?max_results=1").await;
    let token = first.body["meta"]["next_token"].as_str().expect("more");
    let second = get(&simulator, &format!("/2/dm_events?pagination_token={token}")).await;
    assert_eq!(first.ids().len() + second.ids().len(), 2);
    assert!(second.body["meta"].get("next_token").is_none());

    simulator.clock().advance(Duration::from_hours(31 * 24));
    let later = get(&simulator, "/2/dm_events").await;
    assert_eq!(later.body, json!({"meta": {"result_count": 0}}));
}

#[tokio::test]
async fn a_timeline_is_paged_newest_first_without_loss() {
    let simulator = simulator(Options::default());
    let mut ids: Vec<u64> = (0..23).map(|nth| simulator.add_post(FRIEND, NewPost::saying(format!("{nth}")))).collect();
    ids.reverse();
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let page = get(&simulator, &format!("/2/users/{FRIEND}/tweets?max_results=10{token}")).await;
        assert_eq!(page.body["meta"]["result_count"], page.ids().len());
        seen.extend(page.ids());
        let Some(next) = page.body["meta"]["next_token"].as_str() else {
            break;
        };
        token = format!("&pagination_token={next}");
    }
    assert_eq!(seen, ids);

    let path = format!("/2/users/{FRIEND}/tweets?since_id={}", ids[2]);
    assert_eq!(get(&simulator, &path).await.ids(), ids[..2]);
    let path = format!("/2/users/{FRIEND}/tweets?since_id={}", ids[0]);
    assert_eq!(get(&simulator, &path).await.body, json!({"meta": {"result_count": 0}}));
    let path = format!("/2/users/{FRIEND}/tweets?until_id={}", ids[19]);
    assert_eq!(get(&simulator, &path).await.ids(), ids[20..]);
}

#[tokio::test]
async fn times_bound_a_timeline_unless_an_id_does() {
    let simulator = simulator(Options::default());
    let hour = 3_600_000;
    let old = simulator.add_post(FRIEND, NewPost::saying("old").at(NOW - 3 * hour));
    let new = simulator.add_post(FRIEND, NewPost::saying("new").at(NOW - hour));
    let path = format!("/2/users/{FRIEND}/tweets?start_time=2026-11-21T10:00:00Z");
    assert_eq!(get(&simulator, &path).await.ids(), [new]);
    let path = format!("/2/users/{FRIEND}/tweets?end_time=2026-11-21T10:00:00Z");
    assert_eq!(get(&simulator, &path).await.ids(), [old]);
    let path = format!("/2/users/{FRIEND}/tweets?start_time=2026-11-21T11:30:00Z&since_id=1");
    assert_eq!(get(&simulator, &path).await.ids(), [new, old]);
}

#[tokio::test]
async fn only_the_newest_posts_are_within_reach() {
    let simulator = simulator(Options { limits: false, exchange_log: 0, ..Options::default() });
    let parent = simulator.add_post(MAKER, NewPost::saying("parent"));
    for nth in 0..3_300 {
        let reply = NewPost { replies_to: (nth % 2 == 0).then_some(parent), ..NewPost::saying("x") };
        simulator.add_post(FRIEND, reply);
    }
    for (query, reach) in [("", 3_200), ("&exclude=replies", 400)] {
        let (mut count, mut token) = (0, String::new());
        loop {
            let path = format!("/2/users/{FRIEND}/tweets?max_results=100{query}{token}");
            let page = get(&simulator, &path).await;
            count += page.ids().len();
            let Some(next) = page.body["meta"]["next_token"].as_str() else {
                break;
            };
            token = format!("&pagination_token={next}");
        }
        assert_eq!(count, reach);
    }
}

#[tokio::test]
async fn pages_can_be_short_and_posts_late() {
    let simulator = simulator(Options { short_pages: true, ..Options::default() });
    let first = simulator.add_post(FRIEND, NewPost::saying("first"));
    for _ in 0..5 {
        let reply = NewPost { replies_to: Some(first), ..NewPost::saying("reply") };
        simulator.add_post(FRIEND, reply);
    }
    let path = format!("/2/users/{FRIEND}/tweets?max_results=5&exclude=replies");
    let page = get(&simulator, &path).await;
    assert!(page.ids().is_empty() && page.body["meta"]["next_token"].is_string());

    let late = NewPost { hidden_for: Duration::from_secs(30), ..NewPost::saying("late") };
    let late = simulator.add_post(FRIEND, late);
    let path = format!("/2/users/{FRIEND}/tweets?since_id={first}");
    assert!(!get(&simulator, &path).await.ids().contains(&late));
    simulator.clock().advance(Duration::from_secs(30));
    assert_eq!(get(&simulator, &path).await.ids()[0], late);
}

#[tokio::test]
async fn an_edit_takes_the_place_of_what_it_edits() {
    let simulator = simulator(Options::default());
    simulator.add_user(User { premium: true, ..simulator.user("maker").expect("the maker") });
    let old = post(&simulator, "/2/tweets", json!({"text": "old"})).await.id();
    let body = json!({"text": "new", "edit_options": {"previous_post_id": old}});
    let new = post(&simulator, "/2/tweets", body).await;
    assert_eq!(new.body["data"]["edit_history_tweet_ids"], json!([old, new.id()]));
    let newer = simulator.edit_post(new.id().parse().expect("an id"), "newer");
    let timeline = get(&simulator, &format!("/2/users/{MAKER}/tweets")).await;
    assert_eq!(timeline.ids(), [newer.expect("an edit")]);
    assert_eq!(timeline.body["data"][0]["edit_history_tweet_ids"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_long_post_is_cut_in_the_text_and_whole_in_the_note() {
    let simulator = simulator(Options::default());
    let text = "word ".repeat(100);
    simulator.add_post(FRIEND, NewPost::saying(text.clone()));
    let path = format!("/2/users/{FRIEND}/tweets?tweet.fields=note_tweet");
    let shown = get(&simulator, &path).await;
    assert_eq!(shown.body["data"][0]["note_tweet"]["text"], text);
    let short = shown.body["data"][0]["text"].as_str().expect("text");
    assert!(short.ends_with('…') && short.chars().count() <= 280);
}

#[tokio::test]
async fn the_answer_is_in_the_dialect_of_the_question() {
    let simulator = simulator(Options::default());
    let theirs = simulator.add_post(FRIEND, NewPost::saying("theirs"));
    let reply = NewPost { replies_to: Some(theirs), ..NewPost::saying("reply") };
    let reply = simulator.add_post(MAKER, reply);
    let old = get(&simulator, &format!("/2/tweets/{reply}?tweet.fields=public_metrics,referenced_tweets")).await;
    assert_eq!(old.body["data"]["public_metrics"]["retweet_count"], 0);
    assert_eq!(old.body["data"]["referenced_tweets"][0]["id"], theirs.to_string());
    let query = "post.fields=public_metrics&expansions=referenced_posts";
    let new = get(&simulator, &format!("/2/tweets/{reply}?{query}")).await;
    assert_eq!(new.body["data"]["public_metrics"]["repost_count"], 0);
    assert_eq!(new.body["data"]["referenced_posts"][0]["id"], theirs.to_string());
    assert_eq!(new.body["data"]["edit_history_post_ids"], json!([reply.to_string()]));
    assert_eq!(new.body["includes"]["posts"][0]["id"], theirs.to_string());
    let bare = get(&simulator, &format!("/2/tweets/{reply}")).await;
    let fields: Vec<_> = bare.body["data"].as_object().expect("a post").keys().collect();
    assert_eq!(fields, ["edit_history_tweet_ids", "id", "text"]);
}

#[tokio::test]
async fn what_is_not_there_is_told_beside_what_is() {
    let simulator = simulator(Options::default());
    let theirs = simulator.add_post(FRIEND, NewPost::saying("theirs"));
    let both = get(&simulator, &format!("/2/tweets?ids={theirs},404")).await;
    assert_eq!(both.ids(), [theirs]);
    assert_eq!(both.body["errors"][0]["resource_id"], "404");
    for path in ["/2/users/404", "/2/users/by/username/nobody", "/2/tweets/404"] {
        let missing = get(&simulator, path).await;
        assert_eq!(missing.status, StatusCode::OK);
        assert!(missing.body.get("data").is_none(), "{path}");
        let kind = missing.body["errors"][0]["type"].as_str();
        assert_eq!(kind, Some("https://api.x.com/2/problems/resource-not-found"));
    }
}

#[tokio::test]
async fn a_renamed_user_keeps_the_id() {
    let simulator = simulator(Options::default());
    simulator.rename_user(FRIEND, "buddy");
    let found = get(&simulator, "/2/users/by/username/BUDDY").await;
    assert_eq!(found.id(), FRIEND.to_string());
    let lost = get(&simulator, "/2/users/by/username/friend").await;
    assert!(lost.body.get("data").is_none());
}

#[tokio::test]
async fn repeats_can_be_silent() {
    let simulator = simulator(Options { repeats: Repeat::Silent, ..Options::default() });
    let theirs = simulator.add_post(FRIEND, NewPost::saying("theirs"));
    let body = json!({"tweet_id": theirs.to_string()});
    for what in ["likes", "retweets"] {
        for _ in 0..2 {
            let again = post(&simulator, &format!("/2/users/{MAKER}/{what}"), body.clone()).await;
            assert_eq!(again.status, StatusCode::OK);
        }
        assert_eq!(simulator.effects("POST", &format!("/2/users/{{id}}/{what}")), 1);
    }
    let gone = delete(&simulator, "/2/tweets/404").await;
    assert_eq!(gone.body, json!({"data": {"deleted": false}}));
}

#[tokio::test]
async fn everything_is_billed_at_list_price_and_refusals_are_not() {
    let simulator = simulator(Options::default());
    post(&simulator, "/2/tweets", json!({"text": "plain"})).await;
    post(&simulator, "/2/tweets", json!({"text": "see example.com"})).await;
    post(&simulator, "/2/tweets", json!({"text": "plain"})).await;
    assert_eq!(simulator.charged_micro_usd(), 215_000);
    let theirs = simulator.add_post(FRIEND, NewPost::saying("theirs"));
    for _ in 0..2 {
        get(&simulator, &format!("/2/users/{FRIEND}/tweets")).await;
        get(&simulator, &format!("/2/users/{MAKER}/tweets")).await;
        get(&simulator, &format!("/2/users/{FRIEND}/tweets?since_id={theirs}")).await;
        get(&simulator, "/2/users/me").await;
    }
    assert_eq!(simulator.charged(Item::PostRead), 1);
    assert_eq!(simulator.charged(Item::OwnedRead), 2);
    assert_eq!(simulator.charged(Item::UserRead), 1);
    assert_eq!(simulator.charged_micro_usd(), 215_000 + 5_000 + 2_000 + 10_000);
    get(&simulator, &format!("/2/tweets/{theirs}?expansions=author_id")).await;
    assert_eq!(simulator.charged(Item::UserRead), 2);
}

#[tokio::test]
async fn the_log_has_everything_but_the_credential() {
    let simulator = simulator(Options::default());
    upload(&simulator, "tweet_image").await;
    post(&simulator, "/2/tweets", json!({"text": "a"})).await;
    get(&simulator, "/2/users/me?user.fields=created_at").await;
    let log = simulator.exchanges();
    let RecordedBody::Multipart(parts) = &log[0].request_body else {
        panic!("{:?}", log[0].request_body);
    };
    assert_eq!(parts[0].text.as_deref(), Some("tweet_image"));
    assert_eq!(parts[1].length, PNG.len() as u64);
    assert_eq!(log[1].request_body, RecordedBody::Json(json!({"text": "a"})));
    assert_eq!(log[1].status, Some(201));
    assert_eq!(log[2].template, Some("/2/users/me"));
    assert_eq!(log[2].query, [("user.fields".to_owned(), "created_at".to_owned())]);
    assert!(!format!("{log:?}").contains("Bearer"));
}

#[tokio::test]
async fn the_log_keeps_the_newest() {
    let simulator = Simulator::new(Options { token: "maker".to_owned(), exchange_log: 2, ..Options::default() });
    for path in ["/a", "/b", "/c"] {
        get(&simulator, path).await;
    }
    let paths: Vec<_> = simulator.exchanges().into_iter().map(|e| e.path).collect();
    assert_eq!(paths, ["/b", "/c"]);
}
