//! createPost: what is published, what it costs, and what X is told.

use serde_json::json;
use x_connector_host::simulator::{Item, Options, RecordedBody, User};

use crate::stage::{MAKER, Stage, told};

#[tokio::test]
async fn a_text_is_published_once_and_comes_back_with_its_id() {
    let stage = Stage::new();
    let output = stage.call("createPost", json!({"text": "Sunrise over the bay"})).await.expect("published");
    let posts = stage.simulator.posts();
    assert_eq!(posts.len(), 1);
    let id = posts[0].id.to_string();
    assert_eq!(output["data"], json!({"id": id, "text": "Sunrise over the bay", "edit_history_tweet_ids": [id]}));
    assert_eq!((posts[0].author_id, posts[0].sent_text.as_str()), (MAKER, "Sunrise over the bay"));
    assert_eq!(output["receipt"]["outcome"], "done");
    assert_eq!(output["receipt"]["charges"], json!([{"item": "post-create", "count": 1, "micro_usd": 15_000}]));
    // One request: neither the own id nor anything else is looked up.
    assert_eq!(stage.requests(), 1);
    assert_eq!(stage.simulator.charged_micro_usd(), 15_000);
}

#[tokio::test]
async fn x_is_told_the_text_and_nothing_else() {
    let stage = Stage::new();
    stage.call("createPost", json!({"text": "plain"})).await.expect("published");
    let exchanges = stage.simulator.exchanges();
    assert_eq!(exchanges[0].request_body, RecordedBody::Json(json!({"text": "plain"})));
}

#[tokio::test]
async fn a_text_with_a_link_is_billed_as_one() {
    let stage = Stage::new();
    for text in ["read https://example.com/a?b=1 today", "bare example.com too"] {
        let output = stage.call("createPost", json!({ "text": text })).await.expect("published");
        assert_eq!(output["receipt"]["charges"][0]["item"], "post-create-with-url", "{text}");
        assert_eq!(output["receipt"]["charges"][0]["micro_usd"], 200_000, "{text}");
    }
    assert_eq!(stage.simulator.charged(Item::PostCreateWithUrl), 2);
}

#[tokio::test]
async fn x_and_the_connector_bill_the_same() {
    let texts =
        ["no link", "1.5 of 2.0", "see x.com", "a.b", "mail me@example.com", "https://example.com", "e.g. this", "café ☕.", "$TWTR up"];
    for text in texts {
        let stage = Stage::new();
        let output = stage.call("createPost", json!({ "text": text })).await.expect("published");
        assert_eq!(output["receipt"]["charges"][0]["micro_usd"], stage.simulator.charged_micro_usd(), "{text}");
    }
}

#[tokio::test]
async fn every_script_and_sign_arrives_as_it_was_written() {
    let stage = Stage::new();
    for text in [
        "日本語の投稿",
        "e\u{301}clair",
        "👩‍👩‍👧‍👦 family",
        "\"quotes\" \\ and /",
        "line one\nline two",
        "tab\there",
        "<b>&amp;</b>",
        "مرحبا",
        "\u{1F1E9}\u{1F1EA} #tag @friend",
    ] {
        stage.call("createPost", json!({ "text": text })).await.unwrap_or_else(|error| panic!("{text}: {error}"));
    }
    let sent: Vec<String> = stage.simulator.posts().into_iter().map(|post| post.sent_text).collect();
    assert_eq!(sent.len(), 9);
    assert!(
        sent.contains(&"👩‍👩‍👧‍👦 family".to_owned())
            && sent.contains(&"line one\nline two".to_owned())
            && sent.contains(&"<b>&amp;</b>".to_owned())
    );
}

#[tokio::test]
async fn the_length_is_counted_as_x_counts_it() {
    let stage = Stage::new();
    // 280 by X's weights: Latin letters one, CJK two, a link 23, an emoji of many code points two.
    let link = format!("{} https://example.com/{}", "a".repeat(256), "b".repeat(200));
    let family = format!("{}{}", "👩‍👩‍👧‍👦".repeat(100), "c".repeat(80));
    for text in ["a".repeat(280), "語".repeat(140), link, family] {
        stage.call("createPost", json!({ "text": text })).await.unwrap_or_else(|error| panic!("{text}: {error}"));
    }
    for text in ["a".repeat(281), "語".repeat(141)] {
        let error = told(stage.call("createPost", json!({ "text": text })).await);
        assert_eq!((&error["case"], &error["field"]), (&json!("permanent-invalid-input"), &json!("text")), "{error}");
        assert!(error["message"].as_str().is_some_and(|message| message.contains("280")), "{error}");
    }
    // X itself was asked for what fits alone.
    assert_eq!(stage.requests(), 4);
}

#[tokio::test]
async fn an_account_with_premium_posts_25000_characters() {
    let users = vec![User { premium: true, ..User::new(MAKER, "maker", "Maker") }];
    let stage = Stage::with(Options { users, ..Options::default() }).property("X_POST_LIMIT", "25000");
    stage.call("createPost", json!({"text": "a".repeat(25_000)})).await.expect("published");
    let error = told(stage.call("createPost", json!({"text": "a".repeat(25_001)})).await);
    assert_eq!(error["field"], "text", "{error}");
}

#[tokio::test]
async fn the_same_text_twice_is_a_conflict_that_says_so() {
    let stage = Stage::new();
    stage.call("createPost", json!({"text": "once"})).await.expect("published");
    let error = told(stage.call("createPost", json!({"text": "once"})).await);
    assert_eq!((&error["case"], &error["code"]), (&json!("permanent-conflict"), &json!("duplicate-content")), "{error}");
    assert_eq!(stage.simulator.post_count(), 1);
}

#[tokio::test]
async fn a_step_that_is_run_again_finds_what_the_first_run_published() {
    let stage = Stage::new();
    let first_try = stage.now_ms();
    let first = stage.call("createPost", json!({"text": "run twice"})).await.expect("published");
    let again = stage.call("createPost", json!({"text": "run twice", "first_attempt_at": first_try})).await.expect("found");
    assert_eq!(again["data"]["id"], first["data"]["id"]);
    assert_eq!(again["receipt"]["outcome"], "recovered");
    assert_eq!(stage.simulator.effects("POST", "/2/tweets"), 1);
}

#[tokio::test]
async fn an_old_post_with_the_same_text_is_not_taken_for_a_new_one() {
    let stage = Stage::with(Options { refuse_duplicates: false, ..Options::default() });
    stage.call("createPost", json!({"text": "good morning"})).await.expect("yesterday's");
    stage.simulator.clock().advance(std::time::Duration::from_hours(24));
    // The host's clock stands still in the meantime; the first attempt is told in X's time, as a host with a right clock would.
    let first_try = stage.now_ms();
    let output = stage.call("createPost", json!({"text": "good morning", "first_attempt_at": first_try})).await.expect("published");
    assert_eq!(output["receipt"]["outcome"], "done");
    assert_eq!(stage.simulator.effects("POST", "/2/tweets"), 2);
}
