//! What people get wrong: each mistake is told with the field and the next step, before anything is written at X.

use serde_json::{Value, json};
use x_connector_host::{Call, ConnectionProperties};

use crate::actions::files::{PNG, data_url};
use crate::media::samples::SRT;
use crate::stage::{FRIEND, Stage, TOKEN, connector, told};

/// An error that an author can use: a case for what is wrong with the input, the field, and a message that begins in
/// lower case and says what to do next.
fn assert_useful(error: &Value, field: &str, what: &str) {
    assert_eq!(error["case"], "permanent-invalid-input", "{what}: {error}");
    assert_eq!(error["field"], field, "{what}: {error}");
    let message = error["message"].as_str().unwrap_or_default();
    let first = message.chars().next().unwrap_or('A');
    assert!(message.len() > 20 && (!first.is_uppercase() || message.starts_with('X')), "{what}: {message}");
    assert!(error["code"].as_str().is_some_and(|code| !code.is_empty()) && error["who_must_act"].is_string(), "{what}: {error}");
}

#[tokio::test]
async fn wrong_parameters_are_refused_before_anything_is_asked_of_x() {
    let image = || json!({"url": data_url("image/png", PNG)});
    let five: Vec<Value> = (0..5).map(|_| image()).collect();
    let long = "a".repeat(281);
    let eleven = vec!["2244994945"; 11];
    let cases = [
        ("empty text, no media", "createPost", json!({"text": ""}), "text"),
        ("white space alone", "createPost", json!({"text": " \n\t"}), "text"),
        ("nothing at all", "createPost", json!({}), "text"),
        ("null for text, an empty list", "createPost", json!({"text": null, "media": []}), "text"),
        ("too long", "createPost", json!({ "text": long }), "text"),
        ("an invalid character", "createPost", json!({"text": "a\u{fffe}b"}), "text"),
        ("five images", "createPost", json!({"text": "a", "media": five}), "media"),
        ("an unknown parameter", "createPost", json!({"text": "a", "poll": {}}), "poll"),
        ("a near miss", "createPost", json!({"txt": "a"}), "txt"),
        ("a number for text", "createPost", json!({"text": 1}), "text"),
        ("a list for text", "createPost", json!({"text": ["a"]}), "text"),
        ("an object for media", "createPost", json!({"media": image()}), "media"),
        ("a text for media", "createPost", json!({"media": "sunrise.png"}), "media"),
        ("an entry without url", "createPost", json!({"media": [{"name": "a.png"}]}), "media[0].url"),
        ("an unknown member of a file", "createPost", json!({"media": [{"url": "media-id:1", "alt": "x"}]}), "media[0].alt"),
        ("a bad address", "createPost", json!({"media": [{"url": "https://"}]}), "media[0].url"),
        ("an address with a user name", "createPost", json!({"media": [{"url": "https://a@b.example/a.png"}]}), "media[0].url"),
        ("no image", "createPost", json!({"media": [{"url": data_url("image/png", b"text")}]}), "media[0].url"),
        ("a time that is none", "createPost", json!({"text": "a", "first_attempt_at": "now"}), "first_attempt_at"),
        ("a time before 1970", "createPost", json!({"text": "a", "first_attempt_at": -1}), "first_attempt_at"),
        ("no id", "deletePost", json!({}), "id"),
        ("an empty id", "deletePost", json!({"id": ""}), "id"),
        ("a number for an id", "deletePost", json!({"id": 1_880_012_345_678_901_234_u64}), "id"),
        ("twenty digits", "likePost", json!({"tweet_id": "18800123456789012345"}), "tweet_id"),
        ("an address elsewhere", "repostPost", json!({"tweet_id": "https://example.com/a/status/1"}), "tweet_id"),
        ("a profile for a post", "repostPost", json!({"tweet_id": "https://x.com/friend"}), "tweet_id"),
        ("no recipient", "sendDirectMessage", json!({"text": "a"}), "username"),
        ("an empty recipient", "sendDirectMessage", json!({"username": "@", "text": "a"}), "username"),
        ("a recipient of 16 letters", "sendDirectMessage", json!({"username": "a23456789012345b", "text": "a"}), "username"),
        ("a mail address", "sendDirectMessage", json!({"username": "a@b.example", "text": "a"}), "username"),
        ("no words", "sendDirectMessage", json!({"username": "friend", "text": ""}), "text"),
        ("too many words", "sendDirectMessage", json!({"username": "friend", "text": "a".repeat(10_001)}), "text"),
        ("two files", "sendDirectMessage", json!({"username": "friend", "text": "a", "media": [image(), image()]}), "media"),
        ("no file", "uploadMedia", json!({}), "file"),
        ("a text for a file", "uploadMedia", json!({"file": "sunrise.png"}), "file"),
        ("a file without url", "uploadMedia", json!({"file": {"name": "a.png"}}), "file.url"),
        ("an empty url", "uploadMedia", json!({"file": {"url": " "}}), "file.url"),
        ("plain http", "uploadMedia", json!({"file": {"url": "http://example.com/a.png"}}), "file.url"),
        ("what X has already", "uploadMedia", json!({"file": {"url": "media-id:1"}}), "file.url"),
        ("an unknown category", "uploadMedia", json!({"file": image(), "category": "tweet_audio"}), "category"),
        ("a text for shared", "uploadMedia", json!({"file": image(), "shared": "yes"}), "shared"),
        ("no token of an upload", "uploadMedia", json!({"file": image(), "resume": "1"}), "resume"),
        (
            "subtitles of an image",
            "uploadMedia",
            json!({"file": {"url": data_url("image/png", PNG), "subtitles": [{"url": data_url("text/srt", SRT), "language_code": "EN"}]}}),
            "file.url",
        ),
        (
            "subtitles in no language",
            "uploadMedia",
            json!({"file": {"url": data_url("image/png", PNG), "subtitles": [{"url": "media-id:1", "language_code": "english"}]}}),
            "file.subtitles[0].language_code",
        ),
        (
            "an alt text that is too long",
            "createPost",
            json!({"media": [{"url": data_url("image/png", PNG), "alt_text": "a".repeat(1_001)}]}),
            "media[0].alt_text",
        ),
        ("tagged users and no media", "createPost", json!({"text": "a", "tagged_user_ids": ["2244994945"]}), "tagged_user_ids"),
        ("a name for a tagged user", "createPost", json!({"media": [image()], "tagged_user_ids": ["@friend"]}), "tagged_user_ids"),
        ("eleven tagged users", "createPost", json!({"media": [image()], "tagged_user_ids": eleven}), "tagged_user_ids"),
        (
            "subtitles in a message",
            "sendDirectMessage",
            json!({"username": "friend", "text": "a", "media": [{"url": "media-id:1", "subtitles": [{"url": "media-id:2", "language_code": "EN"}]}]}),
            "media[0].url",
        ),
        ("no account", "newPost", json!({}), "username"),
        ("a page for an account", "newPost", json!({"username": "https://x.com/home"}), "username"),
        ("a text for a truth value", "newPost", json!({"username": "maker", "include_replies": "yes"}), "include_replies"),
        ("an unknown choice", "newPost", json!({"username": "maker", "first_poll": "all"}), "first_poll"),
        ("too many", "newPost", json!({"username": "maker", "maximum_items": 801}), "maximum_items"),
        ("none", "newPost", json!({"username": "maker", "maximum_items": 0}), "maximum_items"),
        ("a fraction", "newPost", json!({"username": "maker", "maximum_items": 1.5}), "maximum_items"),
        ("too many at first", "newPost", json!({"username": "maker", "first_poll_count": 101}), "first_poll_count"),
    ];
    let stage = Stage::new();
    for (what, operation, parameters, field) in cases {
        let error = told(stage.call(operation, parameters).await);
        assert_useful(&error, field, what);
    }
    assert_eq!((stage.requests(), stage.effects()), (0, 0));
}

#[tokio::test]
async fn parameters_that_are_no_object_are_refused() {
    let stage = Stage::new();
    for parameters in [json!([]), json!("text"), json!(1), json!(true)] {
        let error = told(stage.call("createPost", parameters.clone()).await);
        assert_eq!(error["case"], "permanent-invalid-input", "{parameters}: {error}");
    }
    assert_eq!(stage.requests(), 0);
}

#[tokio::test]
async fn names_may_be_spelled_as_in_json_or_as_in_wit() {
    for name in ["tweet_id", "tweet-id", "tweetId", "TWEET_ID"] {
        let stage = Stage::new();
        let id = stage.simulator.add_post(FRIEND, x_connector_host::simulator::NewPost::saying("nice"));
        stage.call("likePost", json!({name: id.to_string()})).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[tokio::test]
async fn an_unknown_operation_is_told_with_the_nearest_one() {
    let stage = Stage::new();
    let error = told(stage.call("createPots", json!({"text": "a"})).await);
    assert_eq!((&error["case"], &error["code"]), (&json!("permanent-invalid-input"), &json!("unknown-operation")), "{error}");
    assert!(error["message"].as_str().is_some_and(|message| message.contains("createPost")), "{error}");
}

#[tokio::test]
async fn wrong_connection_properties_are_refused_before_anything_is_asked_of_x() {
    let cases = [
        ("X_ACCESS_TOKEN", "", "permanent-unauthorized"),
        ("X_ACCESS_TOKEN", "two words", "permanent-invalid-input"),
        ("X_ACCESS_TOKEN", "a\r\nx: y", "permanent-invalid-input"),
        ("X_USER_ID", "maker", "permanent-invalid-input"),
        ("X_POST_LIMIT", "many", "permanent-invalid-input"),
        ("X_POST_LIMIT", "0", "permanent-invalid-input"),
        ("X_CALL_DEADLINE_MS", "0", "permanent-invalid-input"),
        ("X_CALL_DEADLINE_MS", "-5", "permanent-invalid-input"),
        ("X_API_BASE_URL", "http://api.x.com", "permanent-invalid-input"),
        ("X_API_BASE_URL", "http://127.0.0.1.evil.example", "permanent-invalid-input"),
        ("X_API_BASE_URL", "http://localhost@evil.example", "permanent-invalid-input"),
        ("X_API_BASE_URL", "http://2130706433", "permanent-invalid-input"),
        ("X_API_BASE_URL", "http://0x7f.1", "permanent-invalid-input"),
        ("X_API_BASE_URL", "http://127.1", "permanent-invalid-input"),
        ("X_API_BASE_URL", "ftp://api.x.com", "permanent-invalid-input"),
        ("X_API_BASE_URL", "api.x.com", "permanent-invalid-input"),
        ("X_API_BASE_URL", "https://api.x.com/2", "permanent-invalid-input"),
        ("X_API_BASE_URL", "https://", "permanent-invalid-input"),
        ("X_API_BASE_URL", "https://api.x.com:0", "permanent-invalid-input"),
    ];
    for (name, value, case) in cases {
        let stage = Stage::new().property(name, value);
        for (operation, parameters) in
            [("createPost", json!({"text": "a"})), ("likePost", json!({"tweet_id": "1"})), ("newPost", json!({"username": "maker"}))]
        {
            let error = told(stage.call(operation, parameters).await);
            assert_eq!((&error["case"], &error["field"]), (&json!(case), &json!(name)), "{name}={value}: {error}");
            assert!(!error.to_string().contains(TOKEN), "{error}");
        }
        assert_eq!(stage.requests(), 0, "{name}={value}");
    }
}

#[tokio::test]
async fn a_missing_token_is_told_to_the_owner_of_the_account() {
    let call = Call::new("createPost").parameters(json!({"text": "a"})).connection(ConnectionProperties::new());
    let error = told(connector().call(call).await);
    assert_eq!((&error["code"], &error["field"]), (&json!("missing-credential"), &json!("X_ACCESS_TOKEN")), "{error}");
    assert_eq!(error["who_must_act"], "account_owner");
}

#[tokio::test]
async fn a_cursor_that_is_none_is_refused_and_nothing_is_read() {
    let stage = Stage::new();
    let cursor = stage.poll(json!({"username": "maker"}), None).await.expect("a baseline")["cursor"].as_str().expect("text").to_owned();
    stage.simulator.clear_exchanges();
    let half = &cursor[..cursor.len() / 2];
    for wrong in ["", " ", "null", "{}", "[]", "1", half, &cursor[1..], &format!("{cursor}x"), &cursor.replace("\"v\":1", "\"v\":99")] {
        let error = told(stage.poll(json!({"username": "maker"}), Some(wrong)).await);
        assert_useful(&error, "cursor", wrong);
    }
    assert_eq!(stage.requests(), 0);
}

#[tokio::test]
async fn an_action_takes_no_cursor() {
    let stage = Stage::new();
    let call = stage.prepared("createPost", json!({"text": "a"})).cursor(Some("{}".to_owned()));
    assert_useful(&told(connector().call(call).await), "cursor", "a cursor for an action");
    assert_eq!(stage.requests(), 0);
}
