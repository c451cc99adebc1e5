//! Exchanging codes for tokens.

use std::time::Duration;

use super::*;

const CODE_INVALID: (u16, &str, &str) = (400, "invalid_request", "Value passed for the authorization code was invalid.");

fn is(page: &Page, expected: (u16, &str, &str)) {
    let (status, error, description) = page.refused();
    assert_eq!((status, error.as_str(), description.as_str()), expected);
}

#[tokio::test]
async fn both_kinds_of_client_get_their_tokens() {
    let simulator = simulator(Options::default());
    for (client_id, authorization) in [(PUBLIC_CLIENT_ID, String::new()), (CONFIDENTIAL_CLIENT_ID, confidential())] {
        let code = code(&simulator, client_id).await;
        let mut pairs = code_pairs(&code);
        if authorization.is_empty() {
            pairs = public(pairs);
        }
        let given = token(&simulator, &authorization, &pairs).await;
        assert_eq!(given.status, StatusCode::OK, "{}", given.text);
        assert_eq!(given.header("cache-control"), "no-store");
        let body = given.json();
        assert_eq!(body["token_type"], "bearer");
        assert_eq!(body["expires_in"], 7200);
        assert_eq!(body["scope"], SCOPE);
        let access_token = body["access_token"].as_str().expect("an access token");
        assert!(body["refresh_token"].as_str().is_some_and(|token| token.len() >= 43));
        assert_eq!(status_of(&simulator, access_token).await, StatusCode::OK);
        // Scopes are enforced: this one was not granted.
        let liked = post_as(&simulator, access_token, &format!("/2/users/{MAKER}/likes"), serde_json::json!({"tweet_id": "1"})).await;
        assert_eq!(liked.status, StatusCode::FORBIDDEN);
        simulator.clock().advance(Duration::from_millis(7_199_999));
        assert_eq!(status_of(&simulator, access_token).await, StatusCode::OK);
        simulator.clock().advance(Duration::from_millis(1));
        assert_eq!(status_of(&simulator, access_token).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(simulator.authorization_counts().code_calls, 2);
}

#[tokio::test]
async fn without_offline_access_there_is_no_refresh_token() {
    let simulator = simulator(Options::default());
    let pairs = authorization_pairs(PUBLIC_CLIENT_ID);
    let url = format!("/i/oauth2/authorize?{}", query(&with(&pairs, "scope", Some("tweet.read users.read"))));
    let back = simulator.decide(&url, Decision::Authorize(MAKER)).await.expect("a redirect");
    let code = parameter(&back, "code").expect("a code");
    let body = token(&simulator, "", &public(code_pairs(&code))).await.json();
    assert_eq!(body.get("refresh_token"), None);
    assert_eq!(body["scope"], "tweet.read users.read");
}

#[tokio::test]
async fn a_code_lives_thirty_seconds() {
    let simulator = simulator(Options::default());
    let in_time = code(&simulator, PUBLIC_CLIENT_ID).await;
    simulator.clock().advance(Duration::from_millis(29_999));
    assert_eq!(token(&simulator, "", &public(code_pairs(&in_time))).await.status, StatusCode::OK);
    let late = code(&simulator, PUBLIC_CLIENT_ID).await;
    simulator.clock().advance(Duration::from_secs(30));
    is(&token(&simulator, "", &public(code_pairs(&late))).await, CODE_INVALID);
}

#[tokio::test]
async fn the_second_use_of_a_code_ends_what_the_first_one_gave() {
    let simulator = simulator(Options::default());
    let code = code(&simulator, PUBLIC_CLIENT_ID).await;
    let body = token(&simulator, "", &public(code_pairs(&code))).await.json();
    let access_token = body["access_token"].as_str().expect("a token");
    assert_eq!(status_of(&simulator, access_token).await, StatusCode::OK);
    is(&token(&simulator, "", &public(code_pairs(&code))).await, CODE_INVALID);
    assert_eq!(status_of(&simulator, access_token).await, StatusCode::UNAUTHORIZED);
    let refused = refresh(&simulator, body["refresh_token"].as_str().expect("a token")).await;
    is(&refused, (400, "invalid_request", "Value passed for the token was invalid."));
    assert_eq!(simulator.authorization_counts().replays, 1);
}

#[tokio::test]
async fn a_wrong_verifier_or_redirect_is_refused_and_uses_the_code_up() {
    let simulator = simulator(Options::default());
    assert!(simulator.register_redirect(PUBLIC_CLIENT_ID, "http://127.0.0.1:2/other"));
    let verifier = (400, "invalid_request", "Value passed for the code verifier did not match the code challenge.");
    let redirect = (400, "invalid_request", "Value passed for the redirect uri did not match the uri of the authorization code.");
    let (long, other) = ("a".repeat(129), "b".repeat(43));
    for (name, value, expected) in [
        ("code_verifier", other.as_str(), verifier),
        ("code_verifier", CHALLENGE, verifier),
        ("code_verifier", "short", verifier),
        ("code_verifier", &long, verifier),
        ("redirect_uri", "http://127.0.0.1:2/other", redirect),
        ("redirect_uri", "http://127.0.0.1:18181/callback/", redirect),
    ] {
        let code = code(&simulator, PUBLIC_CLIENT_ID).await;
        let pairs = public(code_pairs(&code));
        is(&token(&simulator, "", &with(&pairs, name, Some(value))).await, expected);
        is(&token(&simulator, "", &pairs).await, CODE_INVALID);
    }
}

#[tokio::test]
async fn a_code_of_another_app_or_of_nobody_is_refused() {
    let simulator = simulator(Options::default());
    is(&token(&simulator, "", &public(code_pairs("made up"))).await, CODE_INVALID);
    let theirs = code(&simulator, CONFIDENTIAL_CLIENT_ID).await;
    is(&token(&simulator, "", &public(code_pairs(&theirs))).await, CODE_INVALID);
    let given = token(&simulator, &confidential(), &code_pairs(&theirs)).await;
    assert_eq!(given.status, StatusCode::OK, "the wrong app has not used it up");
}

#[tokio::test]
async fn what_is_missing_repeated_or_unknown_is_refused() {
    let simulator = simulator(Options::default());
    let code = code(&simulator, PUBLIC_CLIENT_ID).await;
    let right = public(code_pairs(&code));
    for missing in ["grant_type", "code", "redirect_uri", "code_verifier"] {
        for value in [None, Some("")] {
            let refused = token(&simulator, "", &with(&right, missing, value)).await;
            is(&refused, (400, "invalid_request", &format!("Missing required parameter [{missing}].")));
        }
    }
    for more in [("state", "s"), ("scope", "tweet.read"), ("client_secret", "x"), ("code", &code), ("grant_type", "authorization_code")] {
        let mut pairs = right.clone();
        pairs.push(more);
        let (status, error, _) = token(&simulator, "", &pairs).await.refused();
        assert_eq!((status, error.as_str()), (400, "invalid_request"), "{more:?}");
    }
    let (status, error, _) = token(&simulator, "", &with(&right, "grant_type", Some("password"))).await.refused();
    assert_eq!((status, error.as_str()), (400, "unsupported_grant_type"));
    for (content_type, body) in [("application/json", "{\"grant_type\":\"authorization_code\"}".to_owned()), ("", query(&right))] {
        let mut request = Request::post("/2/oauth2/token");
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        let refused = fetch(&simulator, request.body(Full::new(body.into())).expect("a request")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{content_type}");
    }
    let endless = Full::new(Bytes::from(vec![b'a'; 100_000]));
    let request = Request::post("/2/oauth2/token").header("content-type", FORM).body(endless).expect("a request");
    assert_eq!(fetch(&simulator, request).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(token(&simulator, "", &right).await.status, StatusCode::OK, "none of this has used the code up");
}
