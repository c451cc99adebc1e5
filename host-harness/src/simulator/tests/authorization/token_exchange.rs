//! OAuth 2.0 tokens for OAuth 1.0a tokens.

use super::*;
use crate::simulator::{Access, CONFIDENTIAL_API_KEY};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const KIND: &str = "urn:x:params:oauth:token-type:oauth1_token";

fn pairs(subject: &Oauth1Token) -> Vec<(&str, &str)> {
    vec![
        ("grant_type", GRANT),
        ("subject_token", &subject.token),
        ("subject_token_type", KIND),
        ("oauth_token_secret", &subject.secret),
        ("client_id", PUBLIC_CLIENT_ID),
    ]
}

fn issued(simulator: &Simulator, permissions: Access) -> Oauth1Token {
    assert!(simulator.set_permissions(PUBLIC_CLIENT_ID, permissions));
    simulator.issue_oauth1_token(PUBLIC_API_KEY, MAKER).expect("an app")
}

#[tokio::test]
async fn the_permissions_of_the_token_decide_on_the_scopes() {
    let simulator = simulator(Options::default());
    for (permissions, has, has_not) in [
        (Access::Read, "tweet.read", "tweet.write"),
        (Access::ReadWrite, "media.write", "dm.read"),
        (Access::ReadWriteDirectMessages, "dm.write", "bookmark.read"),
    ] {
        let subject = issued(&simulator, permissions);
        let given = token(&simulator, "", &pairs(&subject)).await;
        assert_eq!(given.status, StatusCode::OK, "{}", given.text);
        let body = given.json();
        let scopes: Vec<&str> = body["scope"].as_str().expect("scopes").split(' ').collect();
        assert!(scopes.contains(&has) && scopes.contains(&"offline.access") && !scopes.contains(&has_not), "{scopes:?}");
        assert!(!scopes.contains(&"space.read"));
        let text = |name: &str| body[name].as_str().expect("a token").to_owned();
        assert_eq!(status_of(&simulator, &text("access_token")).await, StatusCode::OK);
        assert_eq!(refresh(&simulator, &text("refresh_token")).await.status, StatusCode::OK);
        let mut narrow = pairs(&subject);
        narrow.push(("scope", "tweet.read users.read"));
        assert_eq!(token(&simulator, "", &narrow).await.json()["scope"], "tweet.read users.read");
        let mut wide = pairs(&subject);
        wide.push(("scope", has_not));
        let (status, error, _) = token(&simulator, "", &wide).await.refused();
        assert_eq!((status, error.as_str()), (400, "invalid_scope"));
    }
    assert_eq!(simulator.authorization_counts().exchange_calls, 9);
}

#[tokio::test]
async fn a_second_exchange_ends_the_first_pair() {
    let simulator = simulator(Options::default());
    let subject = issued(&simulator, Access::ReadWrite);
    let first = token(&simulator, "", &pairs(&subject)).await.json();
    let second = token(&simulator, "", &pairs(&subject)).await.json();
    let text = |body: &Value, name: &str| body[name].as_str().expect("a token").to_owned();
    assert_eq!(status_of(&simulator, &text(&first, "access_token")).await, StatusCode::UNAUTHORIZED);
    assert_eq!(refresh(&simulator, &text(&first, "refresh_token")).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(status_of(&simulator, &text(&second, "access_token")).await, StatusCode::OK);
    let signed = Signer::user(&subject).request("GET", "/2/users/me", &[], "", "");
    assert_eq!(fetch(&simulator, signed).await.status, StatusCode::OK, "the OAuth 1.0a token lives on");
}

#[tokio::test]
async fn wrong_subjects_and_clients_are_refused_with_400() {
    let simulator = simulator(Options::default());
    let subject = issued(&simulator, Access::Read);
    let theirs = simulator.issue_oauth1_token(CONFIDENTIAL_API_KEY, MAKER).expect("an app");
    let right = pairs(&subject);
    for (wrong, error) in [
        (with(&right, "subject_token", Some("made up")), "invalid_grant"),
        (with(&right, "oauth_token_secret", Some("wrong")), "invalid_grant"),
        (pairs(&theirs), "invalid_grant"),
        (with(&right, "subject_token_type", Some("access_token")), "invalid_request"),
        (with(&right, "subject_token_type", None), "invalid_request"),
        (with(&right, "subject_token", None), "invalid_request"),
        (with(&right, "oauth_token_secret", None), "invalid_request"),
        (with(&right, "code", Some("c")), "invalid_request"),
        (with(&right, "client_id", Some("nobody")), "invalid_client"),
        (with(&right, "client_id", Some(CONFIDENTIAL_CLIENT_ID)), "unauthorized_client"),
    ] {
        let (status, given, _) = token(&simulator, "", &wrong).await.refused();
        assert_eq!((status, given.as_str()), (400, error), "{wrong:?}");
    }
    let given = token(&simulator, &confidential(), &with(&pairs(&theirs), "client_id", None)).await;
    assert_eq!(given.status, StatusCode::OK);
}
