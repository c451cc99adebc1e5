//! What the app has used and what is left.

use super::*;

async fn app(simulator: &Simulator, place: &str) -> Reply {
    send(simulator, request("app", "GET", place, "", Bytes::new())).await
}

#[tokio::test]
async fn the_app_sees_what_it_has_read() {
    let simulator = simulator(Options { usage_cap: Some(7), ..Options::default() });
    let post = simulator.add_post(FRIEND, crate::simulator::NewPost::saying("theirs"));
    get(&simulator, &format!("/2/tweets/{post}")).await;
    let usage = app(&simulator, "/2/usage/tweets").await;
    let expected = serde_json::json!({"data": {"cap_reset_day": 1, "project_cap": "7", "project_id": "1", "project_usage": "1"}});
    assert_eq!((usage.status, usage.body), (StatusCode::OK, expected));
    let daily = app(&simulator, "/2/usage/tweets?days=1&usage.fields=daily_project_usage").await;
    let expected = serde_json::json!({"project_id": "1", "usage": [{"date": "2026-11-21T00:00:00.000Z", "usage": "1"}]});
    assert_eq!(daily.body["data"], serde_json::json!({"daily_project_usage": expected}));
    for wrong in ["days=0", "days=91", "usage.fields=money", "month=1"] {
        let refused = app(&simulator, &format!("/2/usage/tweets?{wrong}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn the_balance_is_told_even_when_nothing_is_left() {
    let simulator = simulator(Options { credits: Some(25_000), ..Options::default() });
    let balance = || async { app(&simulator, "/2/usage/credits").await.body["data"].clone() };
    assert_eq!(balance().await["total_balance"], 0.025);
    assert_eq!(balance().await["currency"], "USD");
    post(&simulator, "/2/tweets", serde_json::json!({"text": "a"})).await;
    assert_eq!(balance().await["prepaid_balance"], 0.01);
    post(&simulator, "/2/tweets", serde_json::json!({"text": "b"})).await;
    assert_eq!(get(&simulator, "/2/users/me").await.status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(balance().await["total_balance"], -0.005);
    assert_eq!(app(&simulator, "/2/usage/credits?currency=EUR").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn only_apps_may_ask() {
    let simulator = simulator(Options::default());
    let account = Signer::user(&simulator.issue_oauth1_token(PUBLIC_API_KEY, MAKER).expect("an app"));
    for place in ["/2/usage/tweets", "/2/usage/credits"] {
        let by_user = get(&simulator, place).await;
        assert_eq!(by_user.status, StatusCode::FORBIDDEN);
        let detail = by_user.body["detail"].as_str().expect("a detail");
        assert!(detail.contains("OAuth 2.0 User Context is forbidden"), "{detail}");
        assert!(detail.ends_with("are [OAuth 2.0 Application-Only]."), "{detail}");
        let signed = fetch(&simulator, account.request("GET", place, &[], "", "")).await;
        assert_eq!(signed.status, StatusCode::FORBIDDEN);
        assert!(signed.text.contains("OAuth 1.0a User Context is forbidden"), "{}", signed.text);
        assert_eq!(app(&simulator, place).await.status, StatusCode::OK);
    }
}
