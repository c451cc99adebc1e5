//! Many callers at once: one refresh.

use super::server::Fault;
use super::*;
use tokio::task::JoinSet;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn sixty_four_callers_share_one_refresh() {
    let place = Place::new().await;
    let keeper = place.keeper();
    for round in 1..=20 {
        let used = keeper.properties("acme").await.expect("properties");
        let mut callers = JoinSet::new();
        for caller in 0..64 {
            let (keeper, generation) = (keeper.clone(), used.tokens_generation());
            callers.spawn(async move {
                if caller % 8 == 0 {
                    tokio::task::yield_now().await;
                }
                keeper.refreshed_after("acme", generation).await.expect("refreshes")
            });
        }
        while let Some(access) = callers.join_next().await {
            assert_eq!(token(&access.expect("joins")), place.server.access_token());
        }
        assert_eq!((place.server.refreshes(), place.server.requests()), (round, round));
    }
}

#[tokio::test(start_paused = true)]
async fn several_processes_share_one_refresh() {
    let place = Place::new().await;
    let keepers: Vec<_> = (0..8).map(|_| place.keeper()).collect();
    for round in 1..=5 {
        let mut callers = JoinSet::new();
        place.clock.pass(MINUTE * 121);
        for keeper in &keepers {
            let keeper = keeper.clone();
            callers.spawn(async move { keeper.properties("acme").await.expect("properties") });
        }
        while let Some(access) = callers.join_next().await {
            assert_eq!(token(&access.expect("joins")), place.server.access_token());
        }
        assert_eq!((place.server.refreshes(), place.server.requests()), (round, round));
    }
}

#[tokio::test(start_paused = true)]
async fn a_living_token_is_not_held_up_by_another_process() {
    let place = Place::new().await;
    let (one, two) = (place.keeper(), place.keeper());
    place.server.will([Fault::Held]);
    place.clock.pass(MINUTE * 115);
    let refreshing = place.refreshing(&one).await;
    let before = Instant::now();
    assert_eq!(two.properties("acme").await.expect("properties").tokens_generation(), 1);
    assert_eq!(before.elapsed(), Duration::ZERO);
    place.server.go_on.add_permits(1);
    let fresh = refreshing.await.expect("joins").expect("refreshes");
    assert_eq!(token(&two.properties("acme").await.expect("properties")), token(&fresh));
    assert_eq!(place.server.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_slow_refresh_keeps_its_lease() {
    let place = Place::new().await;
    let (one, two) = (place.keeper(), place.keeper());
    place.server.will([Fault::Slow(Duration::from_secs(70))]);
    place.clock.pass(MINUTE * 121);
    let (first, second) = tokio::join!(one.properties("acme"), two.properties("acme"));
    assert_eq!(token(&first.expect("refreshes")), token(&second.expect("waits")));
    assert_eq!(place.server.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_another_process_has_an_end() {
    let place = Place::new().await;
    let (one, two) = (place.keeper(), place.keeper());
    place.server.will([Fault::Held]);
    place.clock.pass(MINUTE * 121);
    let refreshing = place.refreshing(&one).await;
    let before = Instant::now();
    let error = two.properties("acme").await.expect_err("gives up");
    assert!(matches!(error, CredentialError::RefreshBusy { .. }), "{error:?}");
    assert!((75..77).contains(&before.elapsed().as_secs()), "{:?}", before.elapsed());
    place.server.go_on.add_permits(1);
    refreshing.await.expect("joins").expect("refreshes");
    two.properties("acme").await.expect("reads");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_does_not_stop_a_refresh() {
    let place = Place::new().await;
    let keeper = place.keeper();
    place.server.will([Fault::Held]);
    place.clock.pass(MINUTE * 121);
    {
        let mut leaving = Box::pin(keeper.properties("acme"));
        tokio::select! {
            _ = &mut leaving => panic!("it is held"),
            begun = place.server.begun.acquire() => begun.expect("begins").forget(),
        }
    }
    place.server.go_on.add_permits(1);
    let access = keeper.properties("acme").await.expect("properties");
    assert_eq!(token(&access), place.server.access_token());
    assert_eq!(place.server.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_renamed_or_changed_during_a_refresh_gets_its_tokens() {
    let place = Place::new().await;
    let keeper = place.keeper();
    place.server.will([Fault::Held]);
    place.clock.pass(MINUTE * 121);
    let refreshing = place.refreshing(&keeper).await;
    let store = place.store();
    store.rename("acme", &ConnectionName::new("news").expect("a name")).await.expect("renames");
    crate::credentials::change(&store, "news", |record| {
        record.set("X_POST_LIMIT", "25000");
    })
    .await
    .expect("changes");
    place.server.go_on.add_permits(1);
    let access = refreshing.await.expect("joins").expect("refreshes");
    assert_eq!((&*access.record().name, access.record().get("X_POST_LIMIT")), ("news", Some("25000")));
    assert_eq!(token(&keeper.properties("news").await.expect("properties")), place.server.access_token());
}

#[tokio::test(start_paused = true)]
async fn a_login_during_a_refresh_wins() {
    let place = Place::new().await;
    let keeper = place.keeper();
    place.server.will([Fault::Held]);
    place.clock.pass(MINUTE * 121);
    let refreshing = place.refreshing(&keeper).await;
    let tokens = Tokens::new(place.server.log_in(), place.clock.now_ms());
    crate::credentials::change(&place.store(), "acme", |record| record.set_tokens(tokens.clone())).await.expect("changes");
    place.server.go_on.add_permits(1);
    let access = refreshing.await.expect("joins").expect("has the newer tokens");
    assert!(access.record().tokens.as_ref().expect("tokens").same_as(&tokens));
    assert_eq!(place.record().await.status, Status::Ready);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_removed_during_a_refresh_stays_removed() {
    let place = Place::new().await;
    let keeper = place.keeper();
    place.server.will([Fault::Held]);
    place.clock.pass(MINUTE * 121);
    let refreshing = place.refreshing(&keeper).await;
    place.store().remove("acme").await.expect("removes");
    place.server.go_on.add_permits(1);
    let error = refreshing.await.expect("joins").expect_err("is gone");
    assert!(matches!(error, CredentialError::UnknownCredential { .. }), "{error:?}");
    assert!(matches!(keeper.properties("acme").await, Err(CredentialError::UnknownConnection { .. })));
}
