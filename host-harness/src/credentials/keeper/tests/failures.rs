//! Refreshes that fail: which of them a connection survives, and what the caller learns.

use super::server::Fault;
use super::*;
use tokio::time::Instant;

const AFTER: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn a_lost_request_is_sent_once_more_with_the_same_token() {
    let place = Place::new().await;
    place.server.will([Fault::LostRequest]);
    place.clock.pass(MINUTE * 121);
    let access = place.keeper().properties("acme").await.expect("refreshes");
    assert_eq!(token(&access), place.server.access_token());
    assert_eq!(place.server.refreshes(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_needs_the_owner_once_the_service_says_so() {
    let place = Place::new().await;
    let keeper = place.keeper();
    place.server.will([Fault::LostAnswer]);
    place.clock.pass(MINUTE * 121);
    let error = keeper.properties("acme").await.expect_err("is spent");
    let CredentialError::ReconnectNeeded { reason, .. } = &error else { panic!("{error:?}") };
    assert!(reason.contains("had been lost"), "{reason}");
    assert_eq!(place.server.requests(), 2, "the same token is sent twice and no more");
    // From then on nothing is sent, by nobody.
    assert!(matches!(keeper.properties("acme").await, Err(CredentialError::ReconnectNeeded { .. })));
    let error = place.keeper().properties("acme").await.expect_err("is marked").to_string();
    assert!(error.starts_with("the connection `acme` must be connected again since 2027-01-15T"), "{error}");
    assert_eq!(place.server.requests(), 2);
    // A login makes it good.
    let tokens = Tokens::new(place.server.log_in(), place.clock.now_ms());
    crate::credentials::change(&place.store(), "acme", |record| record.set_tokens(tokens.clone())).await.expect("changes");
    keeper.properties("acme").await.expect("works again");
}

#[tokio::test(start_paused = true)]
async fn a_marked_connection_is_tried_once_more_when_somebody_asks() {
    let place = Place::new().await;
    let keeper = place.keeper();
    crate::credentials::change(&place.store(), "acme", |record| {
        record.status = Status::ReconnectNeeded { since_ms: 7, reason: "X was mistaken".into() };
    })
    .await
    .expect("changes");
    keeper.properties("acme").await.expect_err("is marked");
    keeper.refreshed_after("acme", 1).await.expect_err("is marked");
    assert_eq!(place.server.requests(), 0);
    keeper.refresh("acme").await.expect("refreshes");
    assert_eq!(place.record().await.status, Status::Ready);
    // Where it is true, it stays marked, since when it was.
    crate::credentials::change(&place.store(), "acme", |record| {
        record.status = Status::ReconnectNeeded { since_ms: 7, reason: "X was right".into() };
    })
    .await
    .expect("changes");
    place.server.log_in();
    keeper.refresh("acme").await.expect_err("is spent");
    assert!(matches!(place.record().await.status, Status::ReconnectNeeded { since_ms: 7, .. }));
}

#[tokio::test(start_paused = true)]
async fn network_trouble_never_marks_a_connection() {
    let place = Place::new().await;
    let keeper = place.keeper();
    place.clock.pass(MINUTE * 121);
    for faults in [
        vec![Fault::Unavailable { retry_after_ms: None }],
        vec![Fault::Refused],
        vec![Fault::LostRequest, Fault::Unavailable { retry_after_ms: None }],
        // One was lost already: it is not sent a third time in a row.
        vec![Fault::LostRequest],
    ] {
        place.server.will(faults.clone());
        let error = keeper.properties("acme").await.expect_err("fails");
        match faults.last() {
            Some(Fault::LostRequest) => assert!(matches!(error, CredentialError::AnswerLost { .. }), "{error:?}"),
            Some(Fault::Refused) => assert!(matches!(error, CredentialError::RefreshRefused { .. }), "{error:?}"),
            _ => assert!(matches!(error, CredentialError::RefreshUnavailable { .. }), "{error:?}"),
        }
        assert_eq!(place.record().await.status, Status::Ready);
    }
    let access = keeper.properties("acme").await.expect("refreshes");
    assert_eq!(token(&access), place.server.access_token());
    assert_eq!(place.server.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_still_lives_is_used_when_a_refresh_ahead_of_time_fails() {
    let place = Place::new().await;
    let keeper = place.keeper();
    place.clock.pass(MINUTE * 115);
    for fault in [Fault::Unavailable { retry_after_ms: None }, Fault::Refused] {
        place.server.will([fault]);
        assert_eq!(keeper.properties("acme").await.expect("lives").tokens_generation(), 1);
        // It is not tried again with every call.
        for _ in 0..100 {
            assert_eq!(keeper.properties("acme").await.expect("lives").tokens_generation(), 1);
        }
        assert_eq!(place.server.requests(), 0);
        place.clock.pass(Duration::from_secs(31));
    }
    assert_eq!(keeper.properties("acme").await.expect("refreshes").tokens_generation(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_time_that_the_service_asks_for_is_kept_even_when_the_token_has_ended() {
    let place = Place::new().await;
    let keeper = place.keeper();
    place.server.will([Fault::Unavailable { retry_after_ms: Some(60_000) }]);
    place.clock.pass(MINUTE * 121);
    keeper.properties("acme").await.expect_err("must wait");
    place.clock.pass(Duration::from_secs(59));
    let error = keeper.properties("acme").await.expect_err("must wait");
    assert!(matches!(error, CredentialError::RefreshUnavailable { retry_after_ms: Some(1000), .. }), "{error:?}");
    place.clock.pass(Duration::from_secs(1));
    keeper.properties("acme").await.expect("refreshes");
}

#[tokio::test(start_paused = true)]
async fn a_failed_refresh_is_shared_and_not_repeated_by_every_caller() {
    let place = Place::new().await;
    let keeper = place.keeper();
    place.server.will([Fault::Held]);
    place.clock.pass(MINUTE * 121);
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let keeper = keeper.clone();
        callers.spawn(async move { keeper.properties("acme").await });
    }
    place.server.begun.acquire().await.expect("begins").forget();
    // The account takes the app's permission back meanwhile.
    place.server.log_in();
    place.server.go_on.add_permits(1);
    while let Some(access) = callers.join_next().await {
        assert!(matches!(access.expect("joins"), Err(CredentialError::ReconnectNeeded { .. })));
    }
    assert_eq!(place.server.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_lease_of_a_process_that_died_is_waited_for_and_taken_over() {
    let place = Place::new().await;
    place.clock.pass(MINUTE * 121);
    place.die_while_refreshing().await;
    let before = Instant::now();
    let access = place.keeper().properties("acme").await.expect("refreshes");
    assert!((60..62).contains(&before.elapsed().as_secs()), "{:?}", before.elapsed());
    assert_eq!(token(&access), place.server.access_token());
    assert_eq!(place.server.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn after_a_process_died_the_same_token_is_sent_once_more_and_only_once() {
    let place = Place::new().await;
    let keeper = place.keeper();
    place.clock.pass(MINUTE * 121);
    place.die_while_refreshing().await;
    place.clock.pass(MINUTE + AFTER);
    place.server.will([Fault::LostRequest]);
    let error = keeper.properties("acme").await.expect_err("is lost");
    assert!(matches!(error, CredentialError::AnswerLost { .. }), "{error:?}");
    assert_eq!((place.server.requests(), place.server.begun.available_permits()), (0, 1));
    // The fact stays, so that the reason is told when the service refuses at last.
    place.server.log_in();
    let error = keeper.properties("acme").await.expect_err("is spent");
    assert!(matches!(&error, CredentialError::ReconnectNeeded { reason, .. } if reason.contains("had been lost")), "{error:?}");
    assert_eq!(place.server.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_late_loser_of_the_lease_does_not_mark_what_another_refreshed() {
    let place = Place::new().await;
    let (slow, other) = (place.keeper(), place.keeper());
    place.server.will([Fault::Held]);
    place.clock.pass(MINUTE * 121);
    let refreshing = place.refreshing(&slow).await;
    // The process is stopped for longer than its lease; another takes over.
    place.clock.pass(MINUTE + AFTER);
    let fresh = other.properties("acme").await.expect("takes over");
    place.server.go_on.add_permits(1);
    let late = refreshing.await.expect("joins").expect("reads what the other stored");
    assert_eq!(late.tokens_generation(), fresh.tokens_generation());
    assert_eq!(place.record().await.status, Status::Ready);
}
