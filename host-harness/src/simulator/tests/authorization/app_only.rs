//! The app's own token.

use super::*;
use crate::simulator::{CONFIDENTIAL_API_KEY, CONFIDENTIAL_API_SECRET};

const GRANT: Pairs = &[("grant_type", "client_credentials")];

async fn app_token(simulator: &Simulator, authorization: &str, pairs: Pairs<'_>) -> Page {
    send_form(simulator, "/oauth2/token", authorization, pairs).await
}

#[tokio::test]
async fn an_app_has_one_token_that_reads_and_does_not_write() {
    let simulator = simulator(Options::default());
    let keys = basic(PUBLIC_API_KEY, PUBLIC_API_SECRET);
    let first = app_token(&simulator, &keys, GRANT).await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(first.json()["token_type"], "bearer");
    assert_eq!(first.json().as_object().map(serde_json::Map::len), Some(2));
    let again = app_token(&simulator, &keys, GRANT).await;
    assert_eq!(first.text, again.text);
    let other = app_token(&simulator, &basic(CONFIDENTIAL_API_KEY, CONFIDENTIAL_API_SECRET), GRANT).await;
    assert_ne!(first.text, other.text);
    let body = first.json();
    let token = body["access_token"].as_str().expect("a token");
    let read = send(&simulator, request(token, "GET", "/2/users/by/username/friend", "", Bytes::new())).await;
    assert_eq!(read.body["data"]["username"], "friend");
    let written = post_as(&simulator, token, "/2/tweets", serde_json::json!({"text": "a"})).await;
    assert!(written.body["type"].as_str().is_some_and(|kind| kind.ends_with("/unsupported-authentication")), "{written:?}");
    simulator.revoke_token(token);
    assert_ne!(app_token(&simulator, &keys, GRANT).await.json()["access_token"], token, "a token that is gone is replaced");
}

#[tokio::test]
async fn wrong_keys_are_refused_as_x_refuses_them() {
    let simulator = simulator(Options::default());
    let expected = serde_json::json!({"errors": [
        {"code": 99, "label": "authenticity_token_error", "message": "Unable to verify your credentials"},
    ]});
    for authorization in [
        String::new(),
        basic(PUBLIC_API_KEY, "wrong"),
        basic("nobody", PUBLIC_API_SECRET),
        basic(PUBLIC_API_KEY, CONFIDENTIAL_API_SECRET),
        // The keys of OAuth 2.0 are others.
        confidential(),
        "Bearer maker".to_owned(),
    ] {
        let refused = app_token(&simulator, &authorization, GRANT).await;
        assert_eq!((refused.status, refused.json()), (StatusCode::FORBIDDEN, expected.clone()), "{authorization}");
    }
}

#[tokio::test]
async fn another_grant_is_refused() {
    let simulator = simulator(Options::default());
    let keys = basic(PUBLIC_API_KEY, PUBLIC_API_SECRET);
    for wrong in [&[][..], &[("grant_type", "password")], &[GRANT[0], GRANT[0]], &[GRANT[0], ("scope", "tweet.read")]] {
        assert_eq!(app_token(&simulator, &keys, wrong).await.code(), (403, 170), "{wrong:?}");
    }
}
