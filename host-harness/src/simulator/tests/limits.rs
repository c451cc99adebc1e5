//! Windows, days, credits and caps.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::simulator::{Limit, NewPost, Scope};

#[tokio::test]
async fn a_window_runs_out_and_opens_again() {
    let simulator = simulator(Options::default());
    for used in 1..=75 {
        let answer = get(&simulator, "/2/users/me").await;
        assert_eq!(answer.header("x-rate-limit-limit"), "75");
        assert_eq!(answer.header("x-rate-limit-remaining"), (75 - used).to_string());
        assert_eq!(answer.header("x-rate-limit-reset"), (NOW / 1000 + 900).to_string());
    }
    let refused = get(&simulator, "/2/users/me").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("x-rate-limit-remaining"), "0");
    let theirs = request("friend", "GET", "/2/users/me", "", Bytes::new());
    assert_eq!(send(&simulator, theirs).await.status, StatusCode::OK);
    simulator.clock().advance(Duration::from_mins(15));
    assert_eq!(get(&simulator, "/2/users/me").await.status, StatusCode::OK);
    assert_eq!(simulator.calls("GET", "/2/users/me"), 78);
}

#[tokio::test]
async fn a_day_can_be_used_up_while_the_window_is_open() {
    let simulator = simulator(Options::default());
    let day = Limit { scope: Scope::User, calls: 1, seconds: 24 * 60 * 60 };
    assert!(simulator.set_limit("POST", "/2/tweets", day));
    post(&simulator, "/2/tweets", json!({"text": "a"})).await;
    let refused = post(&simulator, "/2/tweets", json!({"text": "b"})).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("x-user-limit-24hour-limit"), "1");
    assert_eq!(refused.header("x-user-limit-24hour-remaining"), "0");
    assert_eq!(refused.header("x-rate-limit-remaining"), "99");
    assert_eq!(refused.header("x-app-limit-24hour-remaining"), "9999");
    simulator.clock().advance(Duration::from_hours(24));
    let again = post(&simulator, "/2/tweets", json!({"text": "b"})).await;
    assert_eq!(again.status, StatusCode::CREATED);
}

#[tokio::test]
async fn an_app_has_a_window_of_its_own() {
    let simulator = simulator(Options::default());
    let me = || request("app", "GET", "/2/users/by/username/friend", "", Bytes::new());
    let answer = send(&simulator, me()).await;
    assert_eq!(answer.header("x-rate-limit-limit"), "300");
    let mine = get(&simulator, "/2/users/by/username/friend").await;
    assert_eq!(mine.header("x-rate-limit-limit"), "900");
    assert_eq!(mine.header("x-rate-limit-remaining"), "899");
}

#[tokio::test]
async fn limits_can_be_off() {
    let simulator = simulator(Options { limits: false, ..Options::default() });
    for _ in 0..80 {
        assert_eq!(get(&simulator, "/2/users/me").await.status, StatusCode::OK);
    }
    assert_eq!(get(&simulator, "/2/users/me").await.header("x-rate-limit-limit"), "");
}

#[tokio::test]
async fn without_credits_nothing_works() {
    let simulator = simulator(Options { credits: Some(30_000), ..Options::default() });
    for text in ["a", "b"] {
        let created = post(&simulator, "/2/tweets", json!({"text": text})).await;
        assert_eq!(created.status, StatusCode::CREATED);
    }
    let refused = post(&simulator, "/2/tweets", json!({"text": "c"})).await;
    assert_eq!(refused.status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(refused.body["title"], "CreditsDepleted");
    assert_eq!(refused.header("x-rate-limit-remaining"), "97");
    simulator.set_credits(Some(1_000_000));
    let created = post(&simulator, "/2/tweets", json!({"text": "c"})).await;
    assert_eq!(created.status, StatusCode::CREATED);
}

#[tokio::test]
async fn the_cap_ends_reading_posts_alone() {
    let simulator = simulator(Options { usage_cap: Some(1), ..Options::default() });
    let theirs = simulator.add_post(FRIEND, NewPost::saying("theirs"));
    let path = format!("/2/tweets/{theirs}");
    assert_eq!(get(&simulator, &path).await.status, StatusCode::OK);
    let refused = get(&simulator, &path).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.body["title"], "UsageCapExceeded");
    assert_ne!(refused.header("x-rate-limit-remaining"), "0");
    assert_eq!(get(&simulator, "/2/users/me").await.status, StatusCode::OK);
}

#[tokio::test]
async fn answers_tell_time_access_and_transaction() {
    let simulator = simulator(Options::default());
    simulator.add_token(Token::with_scopes("read", MAKER, &["tweet.read", "users.read"]));
    let answer = get(&simulator, "/2/users/me").await;
    assert_eq!(answer.header("date"), "Sat, 21 Nov 2026 12:00:00 GMT");
    assert_eq!(answer.header("x-access-level"), "read-write-directmessages");
    let other = send(&simulator, request("read", "GET", "/2/users/me", "", Bytes::new())).await;
    assert_eq!(other.header("x-access-level"), "read");
    let (one, two) = (answer.header("x-transaction-id"), other.header("x-transaction-id"));
    assert!(one.len() == 16 && one != two);
}
