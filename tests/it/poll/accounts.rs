//! Whose posts, of which kinds, and what each tells.

use serde_json::json;
use x_connector_host::simulator::{NewPost, User};

use super::{NOTHING, Trigger, ids, pass, say};
use crate::stage::{DEVELOPERS, FRIEND, Stage, told};

#[tokio::test]
async fn a_post_tells_who_wrote_it_when_where_and_in_full() {
    let stage = Stage::frozen();
    stage.simulator.add_user(User { premium: true, ..User::new(DEVELOPERS, "XDevelopers", "Developers") });
    let mut trigger = Trigger::standing(&stage, json!({})).await;
    let long = "a long story ".repeat(100).trim_end().to_owned();
    let id = say(&stage, &long);
    let at_ms = stage.simulator.post(id).expect("there").created_at_ms;
    let output = trigger.once().await;
    let item = &output["items"][0];
    assert_eq!(item["id"], id.to_string());
    assert_eq!(item["edit_history_tweet_ids"], json!([id.to_string()]));
    assert_eq!(item["author"], json!({"id": DEVELOPERS.to_string(), "username": "XDevelopers"}));
    assert_eq!(item["url"], format!("https://x.com/XDevelopers/status/{id}"));
    assert_eq!(item["full_text"], long.as_str());
    assert!(item["text"].as_str().is_some_and(|text| text.len() < long.len()), "X cuts it: {item}");
    assert_eq!(item["kind"], "post");
    assert_eq!(item["conversation_id"], id.to_string());
    let created_at = item["created_at"].as_str().expect("a time");
    assert_eq!(created_at.len(), "2026-11-21T06:15:30.000Z".len());
    assert!(created_at.ends_with(&format!("{:03}Z", at_ms % 1_000)), "{created_at}");
    let short = say(&stage, "a short one");
    let output = trigger.once().await;
    assert_eq!(ids(&output), [short]);
    assert_eq!((&output["items"][0]["text"], &output["items"][0]["full_text"]), (&json!("a short one"), &json!("a short one")));
}

#[tokio::test]
async fn an_account_without_posts_is_watched_from_its_first_one_on() {
    let stage = Stage::frozen();
    for first_poll in ["nothing", "latest"] {
        let mut trigger = Trigger::new(&stage, json!({"username": "XDevelopers", "first_poll": first_poll}));
        let known = stage.simulator.post_count();
        if known == 0 {
            assert_eq!(trigger.poll().await, NOTHING);
        } else {
            trigger.poll().await;
        }
        let id = say(&stage, first_poll);
        pass(&stage, 600);
        assert_eq!(trigger.poll().await, [id], "{first_poll}");
    }
}

#[tokio::test]
async fn replies_and_reposts_count_as_the_author_chooses() {
    let stage = Stage::frozen();
    let other = stage.simulator.add_post(FRIEND, NewPost::saying("from somebody else"));
    let choices = [(true, true), (true, false), (false, true), (false, false)];
    let mut triggers = Vec::new();
    for (replies, reposts) in choices {
        triggers.push(Trigger::standing(&stage, json!({"include_replies": replies, "include_reposts": reposts})).await);
    }
    let plain = say(&stage, "plain");
    pass(&stage, 1);
    let reply = stage.simulator.add_post(DEVELOPERS, NewPost { replies_to: Some(other), ..NewPost::saying("a reply") });
    pass(&stage, 1);
    let repost = stage.simulator.add_post(DEVELOPERS, NewPost { repost_of: Some(other), ..NewPost::default() });
    pass(&stage, 1);
    let quote = stage.simulator.add_post(DEVELOPERS, NewPost { quotes: Some(other), ..NewPost::saying("a quote") });
    let expected = [vec![plain, reply, repost, quote], vec![plain, reply, quote], vec![plain, repost, quote], vec![plain, quote]];
    for ((mut trigger, expected), choice) in triggers.into_iter().zip(expected).zip(choices) {
        let output = trigger.once().await;
        assert_eq!(ids(&output), expected, "{choice:?}");
        let kinds: Vec<&str> = output["items"].as_array().into_iter().flatten().filter_map(|item| item["kind"].as_str()).collect();
        if choice == (true, true) {
            assert_eq!(kinds, ["post", "reply", "repost", "quote"]);
        }
        assert_eq!(trigger.poll().await, NOTHING);
    }
}

#[tokio::test]
async fn a_renamed_account_is_still_watched_and_not_looked_up_again() {
    let stage = Stage::frozen();
    let mut trigger = Trigger::standing(&stage, json!({})).await;
    let look_ups = || stage.simulator.calls("GET", "/2/users/by/username/{username}");
    assert_eq!(look_ups(), 1);
    stage.simulator.rename_user(DEVELOPERS, "XDevs");
    let id = say(&stage, "under a new name");
    assert_eq!(trigger.poll().await, [id]);
    assert_eq!(look_ups(), 1);
}

#[tokio::test]
async fn the_cursor_of_another_account_is_refused() {
    let stage = Stage::frozen();
    let trigger = Trigger::standing(&stage, json!({})).await;
    stage.simulator.clear_exchanges();
    for username in ["friend", "@maker", "2244994946", "https://x.com/friend"] {
        let error = told(stage.poll(json!({ "username": username }), trigger.cursor.as_deref()).await);
        assert_eq!((&error["case"], &error["field"]), (&json!("permanent-invalid-input"), &json!("cursor")), "{username}: {error}");
    }
    // Whether a new handle is the old account was looked up; no timeline was read.
    assert!(stage.simulator.exchanges().iter().all(|exchange| !exchange.path.ends_with("/tweets")));
    for username in ["@xdevelopers", " XDevelopers", "https://x.com/XDevelopers"] {
        stage.poll(json!({ "username": username }), trigger.cursor.as_deref()).await.unwrap_or_else(|error| panic!("{username}: {error}"));
    }
}

#[tokio::test]
async fn an_account_that_is_not_there_or_not_shown_is_told_apart_from_silence() {
    let stage = Stage::frozen();
    let error = told(stage.poll(json!({"username": "nobody_here"}), None).await);
    assert_eq!((&error["case"], &error["field"]), (&json!("permanent-not-found"), &json!("username")), "{error}");
    let mut trigger = Trigger::standing(&stage, json!({})).await;
    trigger.poll().await;
    stage.simulator.add_user(User { protected: true, ..User::new(DEVELOPERS, "XDevelopers", "Developers") });
    let error = told(stage.poll(trigger.parameters.clone(), trigger.cursor.as_deref()).await);
    assert!(error["case"].as_str().is_some_and(|case| case.starts_with("permanent-")), "{error}");
    assert_eq!(error["field"], "username", "{error}");
}
