//! Every spelling of a post that people paste, and the look-alikes that must not reach X.

use serde_json::json;
use x_connector_host::simulator::{NewPost, Options};

use crate::stage::{FRIEND, Stage, told};

const OPERATIONS: [(&str, &str); 3] = [("deletePost", "id"), ("likePost", "tweet_id"), ("repostPost", "tweet_id")];

#[tokio::test]
async fn every_address_that_x_gives_a_post_is_understood() {
    let stage = Stage::with(Options { limits: false, repeats: x_connector_host::simulator::Repeat::Silent, ..Options::default() });
    let id = stage.simulator.add_post(FRIEND, NewPost::saying("nice"));
    let spellings = [
        "{id}",
        " {id}\n",
        "https://x.com/friend/status/{id}",
        "https://x.com/i/web/status/{id}",
        "https://x.com/i/status/{id}",
        "https://twitter.com/friend/status/{id}",
        "https://www.twitter.com/friend/status/{id}?s=20",
        "https://mobile.twitter.com/friend/status/{id}?s=20&t=abc_-",
        "https://mobile.x.com/friend/status/{id}",
        "http://x.com/friend/status/{id}",
        "x.com/friend/status/{id}",
        "HTTPS://X.COM/friend/status/{id}",
        "https://x.com/friend/statuses/{id}",
        "https://x.com/friend/status/{id}/photo/1",
        "https://x.com/friend/status/{id}/",
        "https://x.com/friend/status/{id}#m",
    ];
    for spelling in spellings {
        let text = spelling.replace("{id}", &id.to_string());
        stage.call("likePost", json!({"tweet_id": text})).await.unwrap_or_else(|error| panic!("{text}: {error}"));
    }
    assert_eq!(stage.simulator.effects("POST", "/2/users/{id}/likes"), 1, "all are the same post");
}

#[tokio::test]
async fn look_alikes_and_everything_else_are_refused_before_x_is_asked() {
    let stage = Stage::new();
    let wrong = [
        "",
        " ",
        "abc",
        "-1",
        "1.5",
        "0x10",
        "12345678901234567890",
        "1880012345678901234 1",
        "https://x.com.evil.example/a/status/1",
        "https://evil.example/x.com/a/status/1",
        "https://x.com@evil.example/a/status/1",
        "https://evil.example#x.com/a/status/1",
        "https://evil.example?x.com/a/status/1",
        "https://notx.com/a/status/1",
        "https://xx.com/a/status/1",
        "https://x.co/a/status/1",
        "https://x.com:8443/a/status/1",
        "https://х.com/a/status/1",
        "https://twitter.com.br/a/status/1",
        "https://x.com\\@evil.example/a/status/1",
        "https://x.com/friend",
        "https://x.com/friend/status/",
        "https://x.com/friend/status/abc",
        "https://x.com/friend/status/1/../../2",
        "https://x.com/i/web/1",
        "https://t.co/abc",
        "javascript:alert(1)",
        "../users/me",
        "1/../../users/me",
        "1?x=1",
        "1\r\nx: y",
    ];
    let mut accepted = Vec::new();
    for (operation, field) in OPERATIONS {
        for text in wrong {
            let result = stage.call(operation, json!({ field: text })).await;
            if result.is_ok() || stage.requests() > 0 {
                accepted.push(text);
                stage.simulator.clear_exchanges();
                continue;
            }
            let error = told(result);
            assert_eq!((&error["case"], &error["field"]), (&json!("permanent-invalid-input"), &json!(field)), "{text}: {error}");
            assert!(error["message"].as_str().is_some_and(|message| message.starts_with(field)), "{text}: {error}");
        }
    }
    // What follows the id in an address on x.com is of no account, whatever it is: the id alone goes on.
    accepted.retain(|text| *text != "https://x.com/friend/status/1/../../2");
    assert!(accepted.is_empty(), "{accepted:?}");
}
