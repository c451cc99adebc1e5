//! Everything that is wrong is refused, the way X refuses it, and changes nothing.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::simulator::{Item, NewPost, Plan, UnknownFields, User};

const INVALID: &str = "https://api.x.com/2/problems/invalid-request";

#[tokio::test]
async fn unknown_paths_and_methods_are_not_found() {
    let simulator = simulator(Options::default());
    for path in ["/", "/2", "/2/tweet", "/2/tweets/", "/2/users//tweets", "/1.1/statuses"] {
        assert_eq!(get(&simulator, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(delete(&simulator, "/2/tweets").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn dead_credentials_are_unauthorized() {
    let simulator = simulator(Options::default());
    simulator.add_token(Token::user("spent", MAKER).expiring(NOW));
    simulator.add_token(Token::user("back", MAKER).revoked());
    simulator.add_token(Token::user("short", MAKER).expiring(NOW + 1_000));
    for token in ["", "nobody", "spent", "back"] {
        let request = request(token, "GET", "/2/users/me", "", Bytes::new());
        let refused = send(&simulator, request).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{token}");
        assert_eq!(refused.body["type"], "about:blank");
        assert_eq!(refused.header("content-type"), "application/problem+json");
    }
    let me = || request("short", "GET", "/2/users/me", "", Bytes::new());
    assert_eq!(send(&simulator, me()).await.status, StatusCode::OK);
    simulator.clock().advance(Duration::from_secs(1));
    assert_eq!(send(&simulator, me()).await.status, StatusCode::UNAUTHORIZED);
    simulator.revoke_token("maker");
    assert_eq!(get(&simulator, "/2/users/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_missing_scope_is_forbidden_on_every_endpoint() {
    let simulator = simulator(Options::default());
    for (missing, method, path) in [
        ("tweet.write", "POST", "/2/tweets"),
        ("tweet.write", "DELETE", "/2/tweets/1"),
        ("tweet.read", "GET", "/2/tweets/1"),
        ("tweet.read", "GET", "/2/tweets?ids=1"),
        ("users.read", "GET", "/2/users/1/tweets"),
        ("like.write", "POST", "/2/users/1/likes"),
        ("like.write", "DELETE", "/2/users/1/likes/1"),
        ("tweet.write", "POST", "/2/users/1/retweets"),
        ("tweet.write", "DELETE", "/2/users/1/retweets/1"),
        ("users.read", "GET", "/2/users/me"),
        ("users.read", "GET", "/2/users/by/username/friend"),
        ("users.read", "GET", "/2/users/1"),
        ("dm.write", "POST", "/2/dm_conversations/with/1/messages"),
        ("dm.read", "GET", "/2/dm_conversations/with/1/dm_events"),
        ("dm.read", "GET", "/2/dm_events"),
        ("media.write", "POST", "/2/media/upload"),
    ] {
        let scopes: Vec<_> = crate::simulator::ALL_SCOPES.iter().copied().filter(|scope| *scope != missing).collect();
        simulator.add_token(Token::with_scopes("less", MAKER, &scopes));
        let request = request("less", method, path, "", Bytes::new());
        let refused = send(&simulator, request).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{method} {path}");
        assert_eq!(refused.body["detail"], "Forbidden");
    }
}

#[tokio::test]
async fn an_app_alone_may_read_what_is_public_and_no_more() {
    let simulator = simulator(Options::default());
    for (path, status) in [
        ("/2/users/by/username/friend", StatusCode::OK),
        ("/2/users/1/tweets", StatusCode::OK),
        ("/2/tweets/1", StatusCode::OK),
        ("/2/users/me", StatusCode::FORBIDDEN),
        ("/2/dm_events", StatusCode::FORBIDDEN),
    ] {
        let answer = send(&simulator, request("app", "GET", path, "", Bytes::new())).await;
        assert_eq!(answer.status, status, "{path}");
        if status == StatusCode::FORBIDDEN {
            let kind = answer.body["type"].as_str().expect("a type");
            assert!(kind.ends_with("/unsupported-authentication"), "{kind}");
        }
    }
}

#[tokio::test]
async fn wrong_queries_are_invalid() {
    let simulator = simulator(Options::default());
    for (path, parameter) in [
        ("/2/users/me?fields=id", "fields"),
        ("/2/users/me?user.fields=shoe_size", "user.fields"),
        ("/2/users/me?user.fields=", "user.fields"),
        ("/2/users/me?user.fields=id,id", "user.fields"),
        ("/2/users/me?user.fields=id&user.fields=name", "user.fields"),
        ("/2/users/maker", "id"),
        ("/2/users/by/username/no-one", "username"),
        ("/2/users/by/username/abcdefghijklmnop", "username"),
        ("/2/users/1/tweets?max_results=4", "max_results"),
        ("/2/users/1/tweets?max_results=101", "max_results"),
        ("/2/users/1/tweets?max_results=ten", "max_results"),
        ("/2/users/1/tweets?since_id=-1", "since_id"),
        ("/2/users/1/tweets?until_id=12345678901234567890", "until_id"),
        ("/2/users/1/tweets?exclude=likes", "exclude"),
        ("/2/users/1/tweets?exclude=replies&exclude=retweets", "exclude"),
        ("/2/users/1/tweets?start_time=yesterday", "start_time"),
        ("/2/users/1/tweets?start_time=2026-11-21T11:59:55Z", "start_time"),
        ("/2/users/1/tweets?end_time=2026-11-21T12:00:00Z", "end_time"),
        ("/2/users/1/tweets?pagination_token=abc", "pagination_token"),
        ("/2/users/1/tweets?tweet.fields=note_post", "tweet.fields"),
        ("/2/users/1/tweets?post.fields=author_id", "post.fields"),
        ("/2/users/1/tweets?tweet.fields=id&post.fields=id", "post.fields"),
        ("/2/users/1/tweets?tweet.fields=id&expansions=referenced_posts", "post.fields"),
        ("/2/tweets", "ids"),
        ("/2/tweets?ids=1,x", "ids"),
        ("/2/dm_events?max_results=0", "max_results"),
        ("/2/dm_events?pagination_token=short", "pagination_token"),
        ("/2/dm_events?event_types=Typing", "event_types"),
    ] {
        let refused = get(&simulator, path).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(refused.body["type"], INVALID, "{path}");
        assert_eq!(refused.blamed(), [parameter], "{path}");
    }
    let many = ["1"; 101].join(",");
    let refused = get(&simulator, &format!("/2/tweets?ids={many}")).await;
    assert_eq!(refused.blamed(), ["ids"]);
}

#[tokio::test]
async fn unknown_fields_can_be_dropped_instead() {
    let simulator = simulator(Options { unknown_fields: UnknownFields::Dropped, ..Options::default() });
    let answer = get(&simulator, "/2/users/me?user.fields=shoe_size,verified").await;
    assert_eq!(answer.body["data"]["verified"], false);
}

#[tokio::test]
async fn wrong_bodies_are_invalid_and_publish_nothing() {
    let simulator = simulator(Options::default());
    let media = upload(&simulator, "tweet_image").await;
    for (body, parameter) in [
        (json!({}), "text"),
        (json!({"text": "  "}), "text"),
        (json!({"text": 1}), "$.text"),
        (json!({"text": null}), "$.text"),
        (json!([]), "$"),
        (json!({"text": "a", "status": "a"}), "$"),
        (json!({"text": "a", "media": {}}), "$.media"),
        (json!({"text": "a", "media": {"media_ids": []}}), "$.media.media_ids"),
        (json!({"text": "a", "media": {"media_ids": ["1", "2", "3", "4", "5"]}}), "$.media.media_ids"),
        (json!({"text": "a", "media": {"media_ids": [1]}}), "$.media.media_ids[0]"),
        (json!({"text": "a", "media": {"media_ids": ["1"]}}), "media.media_ids"),
        (json!({"text": "a", "media": {"media_ids": [media, media]}}), "media.media_ids"),
        (json!({"text": "a", "media": {"media_ids": [media]}, "quote_tweet_id": "1"}), "quote_tweet_id"),
        (json!({"text": "a", "quote_tweet_id": "1"}), "quote_tweet_id"),
        (json!({"text": "a", "reply": {}}), "$.reply"),
        (json!({"text": "a", "poll": {"options": ["a"], "duration_minutes": 5}}), "$.poll.options"),
        (json!({"text": "a", "reply_settings": "nobody"}), "$.reply_settings"),
        (json!({"text": "a".repeat(281)}), "text"),
        (json!({"text": "字".repeat(141)}), "text"),
    ] {
        let refused = post(&simulator, "/2/tweets", body.clone()).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(refused.body["type"], INVALID, "{body}");
        assert_eq!(refused.blamed(), [parameter], "{body}");
    }
    for (content_type, body) in [
        ("application/json", "{\"text\":"),
        ("application/json", ""),
        ("", "{\"text\":\"a\"}"),
        ("text/plain", "{\"text\":\"a\"}"),
        ("application/x-www-form-urlencoded", "text=a"),
    ] {
        let request = request("maker", "POST", "/2/tweets", content_type, body.into());
        let refused = send(&simulator, request).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{content_type} {body}");
    }
    assert_eq!(simulator.post_count(), 0);
    assert_eq!(simulator.effects("POST", "/2/tweets"), 0);
    assert_eq!(simulator.charged_micro_usd(), 0);
}

#[tokio::test]
async fn the_same_text_twice_is_refused_for_a_while() {
    let simulator = simulator(Options::default());
    let say = || post(&simulator, "/2/tweets", json!({"text": "again"}));
    let first = say().await;
    let refused = say().await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let detail = "You are not allowed to create a Tweet with duplicate content.";
    assert_eq!(refused.body["detail"], detail);
    let theirs = post_as(&simulator, "friend", "/2/tweets", json!({"text": "again"})).await;
    assert_eq!(theirs.status, StatusCode::CREATED);
    delete(&simulator, &format!("/2/tweets/{}", first.id())).await;
    assert_eq!(say().await.status, StatusCode::CREATED);
    simulator.clock().advance(Duration::from_hours(24));
    assert_eq!(say().await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn media_must_be_the_callers_fresh_and_of_the_right_kind() {
    let simulator = simulator(Options::default());
    let image = upload(&simulator, "tweet_image").await;
    let for_message = upload(&simulator, "dm_image").await;
    let with = |id: &str| json!({"text": "a", "media": {"media_ids": [id]}});
    let refused = post_as(&simulator, "friend", "/2/tweets", with(&image)).await;
    assert_eq!(refused.blamed(), ["media.media_ids"]);
    let refused = post(&simulator, "/2/tweets", with(&for_message)).await;
    assert_eq!(refused.blamed(), ["media.media_ids"]);
    let messages = format!("/2/dm_conversations/with/{FRIEND}/messages");
    let attach = |id: &str| json!({"attachments": [{"media_id": id}]});
    let refused = post(&simulator, &messages, attach(&image)).await;
    assert_eq!(refused.blamed(), ["attachments.media_id"]);
    let sent = post(&simulator, &messages, attach(&for_message)).await;
    assert_eq!(sent.status, StatusCode::CREATED);
    let refused = post(&simulator, &messages, attach(&for_message)).await;
    assert_eq!(refused.blamed(), ["attachments.media_id"], "it was not shared");
    simulator.clock().advance(Duration::from_hours(24));
    let refused = post(&simulator, "/2/tweets", with(&image)).await;
    assert_eq!(refused.blamed(), ["media.media_ids"]);
}

#[tokio::test]
async fn wrong_uploads_are_refused() {
    let simulator = simulator(Options::default());
    let large = [PNG, &vec![0; 5 * 1024 * 1024]].concat();
    let image: (&str, &[u8]) = ("media", PNG);
    let category: (&str, &[u8]) = ("media_category", b"tweet_image");
    let wrong: [&[(&str, &[u8])]; 10] = [
        &[image],
        &[category],
        &[category, ("media", b"")],
        &[category, ("media", b"no image")],
        &[category, ("media", &large)],
        &[image, ("media_category", b"tweet_video")],
        &[category, image, image],
        &[category, category, image],
        &[category, image, ("caption", b"a")],
        &[category, image, ("additional_owners", b"me")],
    ];
    for parts in wrong {
        let refused = send(&simulator, form(parts)).await;
        let names: Vec<_> = parts.iter().map(|(name, _)| name).collect();
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{names:?}");
    }
    for body in [
        json!({"media": "%%%", "media_category": "tweet_image"}),
        json!({"media": 1, "media_category": "tweet_image"}),
        json!({"media": "iVBORw0KGgo="}),
        json!([]),
    ] {
        let refused = post(&simulator, "/2/media/upload", body.clone()).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body}");
    }
    let cut = request(
        "maker",
        "POST",
        "/2/media/upload",
        "multipart/form-data; boundary=cut",
        Bytes::from_static(b"--cut\r\nContent-Disposition: form-data; name=\"media\"\r\n\r\nabc"),
    );
    assert_eq!(send(&simulator, cut).await.status, StatusCode::BAD_REQUEST);
    assert!(simulator.media().is_empty());
}

#[tokio::test]
async fn nobody_acts_for_somebody_else() {
    let simulator = simulator(Options::default());
    let theirs = simulator.add_post(FRIEND, NewPost::saying("theirs"));
    let body = json!({"tweet_id": theirs.to_string()});
    for path in [format!("/2/users/{FRIEND}/likes"), format!("/2/users/{FRIEND}/retweets")] {
        let refused = post(&simulator, &path, body.clone()).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in [format!("/2/tweets/{theirs}"), format!("/2/users/{FRIEND}/likes/{theirs}"), format!("/2/users/{FRIEND}/retweets/{theirs}")]
    {
        assert_eq!(delete(&simulator, &path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(simulator.post(theirs).is_some());
}

#[tokio::test]
async fn what_is_done_or_gone_is_refused() {
    let simulator = simulator(Options::default());
    let theirs = simulator.add_post(FRIEND, NewPost::saying("theirs"));
    for (what, detail) in [("likes", "You have already liked this Tweet."), ("retweets", "You have already retweeted this Tweet.")] {
        let path = format!("/2/users/{MAKER}/{what}");
        let body = json!({"tweet_id": theirs.to_string()});
        assert_eq!(post(&simulator, &path, body.clone()).await.status, StatusCode::OK);
        let again = post(&simulator, &path, body).await;
        assert_eq!(again.status, StatusCode::FORBIDDEN);
        assert_eq!(again.body["detail"], detail);
        let missing = post(&simulator, &path, json!({"tweet_id": "404"})).await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND);
        let wrong = post(&simulator, &path, json!({"tweet_id": 404})).await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    }
    let gone = delete(&simulator, "/2/tweets/404").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert!(gone.body["type"].as_str().expect("a type").ends_with("/resource-not-found"));
}

#[tokio::test]
async fn direct_messages_need_a_willing_recipient_and_something_to_say() {
    let simulator = simulator(Options::default());
    let to = |user: u64| format!("/2/dm_conversations/with/{user}/messages");
    let hello = json!({"text": "hello"});
    let refused = post(&simulator, &to(STRANGER), hello.clone()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let refused = post(&simulator, &to(404), hello).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    for body in [
        json!({}),
        json!({"text": ""}),
        json!({"text": "a", "media": {"media_ids": ["1"]}}),
        json!({"attachments": []}),
        json!({"attachments": [{"media_id": "1"}, {"media_id": "2"}]}),
        json!({"attachments": [{"media_id": "1"}]}),
        json!({"attachments": {"media_id": "1"}}),
    ] {
        let refused = post(&simulator, &to(FRIEND), body.clone()).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body}");
    }
    assert!(simulator.direct_messages().is_empty());
}

#[tokio::test]
async fn the_self_serve_plan_has_no_likes_no_quotes_and_few_replies() {
    let simulator = simulator(Options { plan: Plan::SelfServe, ..Options::default() });
    let theirs = simulator.add_post(FRIEND, NewPost::saying("theirs"));
    let to_me = simulator.add_post(FRIEND, NewPost::saying("hello @Maker"));
    let body = json!({"tweet_id": theirs.to_string()});
    let refused = post(&simulator, &format!("/2/users/{MAKER}/likes"), body.clone()).await;
    assert_eq!(refused.body["reason"], "client-not-enrolled");
    let reposted = post(&simulator, &format!("/2/users/{MAKER}/retweets"), body).await;
    assert_eq!(reposted.status, StatusCode::OK);
    let body = json!({"text": "a", "quote_tweet_id": theirs.to_string()});
    assert_eq!(post(&simulator, "/2/tweets", body).await.status, StatusCode::FORBIDDEN);
    let reply = |to: u64| json!({"text": "a", "reply": {"in_reply_to_tweet_id": to.to_string()}});
    let refused = post(&simulator, "/2/tweets", reply(theirs)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let summoned = post(&simulator, "/2/tweets", reply(to_me)).await;
    assert_eq!(summoned.status, StatusCode::CREATED);
    assert_eq!(simulator.charged(Item::SummonedReply), 1);
    let body = json!({"text": "b", "reply": {"in_reply_to_tweet_id": summoned.id()}});
    assert_eq!(post(&simulator, "/2/tweets", body).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn only_premium_users_edit_and_only_for_an_hour() {
    let simulator = simulator(Options::default());
    let old = post(&simulator, "/2/tweets", json!({"text": "old"})).await.id();
    let edit = |text: &str| json!({"text": text, "edit_options": {"previous_post_id": old}});
    assert_eq!(post(&simulator, "/2/tweets", edit("b")).await.status, StatusCode::FORBIDDEN);
    simulator.add_user(User { premium: true, ..simulator.user("maker").expect("the maker") });
    simulator.clock().advance(Duration::from_hours(1));
    assert_eq!(post(&simulator, "/2/tweets", edit("c")).await.status, StatusCode::FORBIDDEN);
}
