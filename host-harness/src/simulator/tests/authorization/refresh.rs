//! Refreshing without grace, replay, and revocation.

use std::time::Duration;

use super::*;

fn is_spent(page: &Page) {
    let expected = (400, "invalid_request".to_owned(), "Value passed for the token was invalid.".to_owned());
    assert_eq!(page.refused(), expected);
}

fn tokens(page: &Page) -> (String, String) {
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let body = page.json();
    let text = |name: &str| body[name].as_str().expect("a token").to_owned();
    (text("access_token"), text("refresh_token"))
}

#[tokio::test]
async fn a_refresh_gives_a_new_pair_and_ends_the_old_one() {
    let simulator = simulator(Options::default());
    let old = pair(&simulator);
    let new = tokens(&refresh(&simulator, &old.1).await);
    assert!(new.0 != old.0 && new.1 != old.1);
    assert_eq!(status_of(&simulator, &new.0).await, StatusCode::OK);
    assert_eq!(status_of(&simulator, &old.0).await, StatusCode::UNAUTHORIZED);
    let newer = tokens(&refresh(&simulator, &new.1).await);
    assert_eq!(status_of(&simulator, &newer.0).await, StatusCode::OK);
    let counts = simulator.authorization_counts();
    assert_eq!((counts.refresh_calls, counts.refreshes, counts.replays), (2, 2, 0));
}

#[tokio::test]
async fn the_old_access_token_can_be_left_to_its_end() {
    let simulator = simulator(Options { refresh_ends_access_token: false, ..Options::default() });
    let old = pair(&simulator);
    simulator.clock().advance(Duration::from_hours(1));
    let new = tokens(&refresh(&simulator, &old.1).await);
    assert_eq!(status_of(&simulator, &old.0).await, StatusCode::OK);
    simulator.clock().advance(Duration::from_hours(1));
    assert_eq!(status_of(&simulator, &old.0).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status_of(&simulator, &new.0).await, StatusCode::OK);
    assert!(simulator.end_family(&new.0));
    assert_eq!(status_of(&simulator, &new.0).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_spent_refresh_token_ends_its_whole_family_and_no_other() {
    let simulator = simulator(Options::default());
    let (first, other) = (pair(&simulator), pair(&simulator));
    let second = tokens(&refresh(&simulator, &first.1).await);
    let third = tokens(&refresh(&simulator, &second.1).await);
    is_spent(&refresh(&simulator, &first.1).await);
    assert_eq!(status_of(&simulator, &third.0).await, StatusCode::UNAUTHORIZED);
    is_spent(&refresh(&simulator, &third.1).await);
    assert_eq!(status_of(&simulator, &other.0).await, StatusCode::OK);
    tokens(&refresh(&simulator, &other.1).await);
    assert_eq!(simulator.authorization_counts().replays, 1, "the third was never spent");
}

#[tokio::test]
async fn of_many_refreshes_at_once_one_wins_and_the_family_is_gone() {
    let simulator = simulator(Options::default());
    let (_, refresh_token) = pair(&simulator);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (simulator, refresh_token) = (simulator.clone(), refresh_token.clone());
        calls.spawn(async move { refresh(&simulator, &refresh_token).await.status });
    }
    let statuses = calls.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == StatusCode::OK).count(), 1);
    let counts = simulator.authorization_counts();
    assert_eq!((counts.refresh_calls, counts.refreshes, counts.replays), (64, 1, 63));
}

#[tokio::test]
async fn a_refresh_token_is_its_apps_alone() {
    let simulator = simulator(Options::default());
    let (access_token, refresh_token) = pair(&simulator);
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.as_str())];
    is_spent(&token(&simulator, &confidential(), &pairs).await);
    assert_eq!(status_of(&simulator, &access_token).await, StatusCode::OK, "a stranger ends nothing");
    is_spent(&refresh(&simulator, &access_token).await);
    is_spent(&refresh(&simulator, "made up").await);
    tokens(&refresh(&simulator, &refresh_token).await);
}

#[tokio::test]
async fn refresh_tokens_end_after_half_a_year() {
    let simulator = simulator(Options::default());
    let (_, refresh_token) = pair(&simulator);
    simulator.clock().advance(Duration::from_hours(179 * 24));
    let (_, refresh_token) = tokens(&refresh(&simulator, &refresh_token).await);
    simulator.clock().advance(Duration::from_hours(180 * 24));
    is_spent(&refresh(&simulator, &refresh_token).await);
    assert_eq!(simulator.authorization_counts().replays, 0);
}

#[tokio::test]
async fn lifetimes_can_be_set() {
    let simulator = simulator(Options { access_token_lifetime: Duration::from_mins(1), ..Options::default() });
    let (access_token, refresh_token) = pair(&simulator);
    simulator.clock().advance(Duration::from_mins(1));
    assert_eq!(status_of(&simulator, &access_token).await, StatusCode::UNAUTHORIZED);
    assert_eq!(refresh(&simulator, &refresh_token).await.json()["expires_in"], 60);
}

#[tokio::test]
async fn a_refresh_takes_its_own_parameters_and_no_others() {
    let simulator = simulator(Options::default());
    let (access_token, refresh_token) = pair(&simulator);
    let right = public(vec![("grant_type", "refresh_token"), ("refresh_token", &refresh_token)]);
    let wrong = [("scope", "tweet.read"), ("code", "c"), ("redirect_uri", DEFAULT_REDIRECT_URI), ("refresh_token", refresh_token.as_str())];
    for more in wrong {
        let mut pairs = right.clone();
        pairs.push(more);
        assert_eq!(token(&simulator, "", &pairs).await.status, StatusCode::BAD_REQUEST, "{more:?}");
    }
    assert_eq!(token(&simulator, "", &with(&right, "refresh_token", None)).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(status_of(&simulator, &access_token).await, StatusCode::OK);
}

#[tokio::test]
async fn revoking_either_token_ends_the_family() {
    let simulator = simulator(Options::default());
    for by_refresh_token in [true, false] {
        let (access_token, refresh_token) = pair(&simulator);
        let (mine, kind) = if by_refresh_token { (&refresh_token, "refresh_token") } else { (&access_token, "access_token") };
        let pairs = public(vec![("token", mine), ("token_type_hint", kind)]);
        for _ in 0..2 {
            let answer = send_form(&simulator, "/2/oauth2/revoke", "", &pairs).await;
            assert_eq!((answer.status, answer.json()), (StatusCode::OK, serde_json::json!({"revoked": true})));
        }
        assert_eq!(status_of(&simulator, &access_token).await, StatusCode::UNAUTHORIZED);
        is_spent(&refresh(&simulator, &refresh_token).await);
    }
    assert_eq!(simulator.authorization_counts().revocations, 2, "what is gone is not taken back again");
}

#[tokio::test]
async fn nobody_revokes_the_tokens_of_another_app() {
    let simulator = simulator(Options::default());
    let (access_token, refresh_token) = pair(&simulator);
    for token in [&access_token, &refresh_token] {
        let refused = send_form(&simulator, "/2/oauth2/revoke", &confidential(), &[("token", token)]).await;
        is_spent(&refused);
    }
    assert_eq!(status_of(&simulator, &access_token).await, StatusCode::OK);
    let unknown = send_form(&simulator, "/2/oauth2/revoke", &confidential(), &[("token", "made up")]).await;
    assert_eq!(unknown.status, StatusCode::OK);
    for wrong in [vec![], vec![("token", "a"), ("token", "b")], vec![("token", "a"), ("scope", "b")]] {
        let refused = send_form(&simulator, "/2/oauth2/revoke", "", &public(wrong)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    }
    // A token of the options goes too.
    let gone = send_form(&simulator, "/2/oauth2/revoke", "", &public(vec![("token", "maker")])).await;
    assert_eq!(gone.status, StatusCode::OK);
    assert_eq!(status_of(&simulator, "maker").await, StatusCode::UNAUTHORIZED);
}
