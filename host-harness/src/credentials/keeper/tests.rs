//! The keeper against a token server that takes each refresh token once and forgives nothing.

mod failures;
mod server;
mod stores;
mod together;

use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use super::*;
use crate::credentials::{Clock as _, ConnectionName, Key, Service, SqliteStore};
use server::{TestClock, TokenServer};

const MINUTE: Duration = Duration::from_mins(1);

struct Place {
    directory: TempDir,
    key: Key,
    server: Arc<TokenServer>,
    clock: Arc<TestClock>,
}

impl Place {
    /// A store with the connection `acme`, whose tokens live for two hours.
    async fn new() -> Self {
        let server = Arc::new(TokenServer::default());
        let place = Self {
            directory: tempfile::tempdir().expect("a directory"),
            key: Key::random().expect("a key"),
            clock: Arc::new(TestClock::new()),
            server,
        };
        let mut record = Record::new(ConnectionName::new("acme").expect("a name"), &Service::X).expect("a record");
        record.set("X_CLIENT_ID", "client");
        record.set_tokens(Tokens::new(place.server.log_in(), place.clock.now_ms()));
        place.store().insert(&record).await.expect("inserts");
        place
    }

    fn store(&self) -> SqliteStore {
        SqliteStore::open(&self.directory.path().join(SqliteStore::DATABASE), self.key.clone()).expect("opens")
    }

    fn options(&self) -> KeeperOptions {
        KeeperOptions { clock: self.clock.clone(), ..KeeperOptions::default() }
    }

    /// As another process has it: a store and a keeper of its own.
    fn keeper(&self) -> Keeper {
        Keeper::new(Arc::new(self.store()), self.server.clone(), self.options())
    }

    /// A refresh by `keeper` that has begun at the server, which holds it.
    async fn refreshing(&self, keeper: &Keeper) -> tokio::task::JoinHandle<Result<Access, CredentialError>> {
        let keeper = keeper.clone();
        let refreshing = tokio::spawn(async move { keeper.properties("acme").await });
        self.server.begun.acquire().await.expect("begins").forget();
        refreshing
    }

    async fn record(&self) -> Record {
        self.store().load("acme").await.expect("loads")
    }

    /// As if a process had died between the lease and the answer.
    async fn die_while_refreshing(&self) {
        let record = self.record().await;
        let now_ms = self.clock.now_ms();
        let request = crate::credentials::LeaseRequest {
            credential_id: record.credential_id,
            owner: "a process that died".into(),
            tokens_generation: record.tokens_generation,
            now_ms,
            until_ms: now_ms + 60_000,
        };
        self.store().acquire(&request).await.expect("acquires");
    }
}

fn token(access: &Access) -> String {
    access.record().tokens.as_ref().expect("tokens").access_token.expose_secret().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_token_is_used_until_ten_minutes_before_its_end_and_then_refreshed() {
    let place = Place::new().await;
    let keeper = place.keeper();
    let first = keeper.properties("acme").await.expect("properties");
    place.clock.pass(MINUTE * 110);
    assert_eq!(token(&keeper.properties("acme").await.expect("properties")), token(&first));
    assert_eq!(place.server.refreshes(), 0);
    place.clock.pass(Duration::from_secs(1));
    let second = keeper.properties("acme").await.expect("properties");
    assert_eq!(place.server.refreshes(), 1);
    assert_eq!(token(&second), place.server.access_token());
    assert_eq!(second.tokens_generation(), 2);
    let environment: Vec<_> = second.call_environment().collect();
    assert!(environment.contains(&("X_ACCESS_TOKEN", place.server.access_token())));
    assert!(environment.contains(&("X_GRANTED_SCOPES", "users.read offline.access".to_owned())));
    assert!(!environment.iter().any(|(name, _)| *name == "X_REFRESH_TOKEN"));
    // It is on the disk, and there is nothing left to do.
    let stored = place.record().await.tokens.expect("tokens");
    assert_eq!(stored.access_token.expose_secret(), place.server.access_token());
    assert_eq!(stored.expires_at_ms, Some(place.clock.now_ms() + 7_200_000));
    keeper.properties("acme").await.expect("properties");
    assert_eq!(place.server.refreshes(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_refreshed_once_and_read_again_by_who_comes_late() {
    let place = Place::new().await;
    let (one, two) = (place.keeper(), place.keeper());
    let (first, same) = (one.properties("acme").await.expect("properties"), two.properties("acme").await.expect("properties"));
    let fresh = one.refreshed_after("acme", first.tokens_generation()).await.expect("refreshes");
    assert_eq!(place.server.refreshes(), 1);
    let late = two.refreshed_after("acme", same.tokens_generation()).await.expect("reads again");
    assert_eq!(token(&late), token(&fresh));
    assert_eq!(place.server.refreshes(), 1);
    // A change that is none of the tokens' does not count as newer tokens.
    place.store().rename("acme", &ConnectionName::new("news").expect("a name")).await.expect("renames");
    one.refreshed_after("news", fresh.tokens_generation()).await.expect("refreshes");
    assert_eq!(place.server.refreshes(), 2);
    one.refresh("news").await.expect("refreshes");
    assert_eq!(place.server.refreshes(), 3);
    assert!(matches!(one.properties("acme").await, Err(CredentialError::UnknownConnection { .. })));
}

#[tokio::test(start_paused = true)]
async fn without_a_refresh_token_what_is_there_is_used_to_its_end() {
    let place = Place::new().await;
    let store = place.store();
    crate::credentials::change(&store, "acme", |record| {
        let mut tokens = record.tokens.clone().expect("tokens");
        tokens.refresh_token = None;
        record.set_tokens(tokens);
    })
    .await
    .expect("changes");
    let keeper = place.keeper();
    place.clock.pass(MINUTE * 115);
    let access = keeper.properties("acme").await.expect("properties");
    let refused = keeper.refreshed_after("acme", access.tokens_generation()).await;
    assert_eq!(refused.expect_err("refused"), CredentialError::NoRefreshToken { name: "acme".into() });
    place.clock.pass(MINUTE * 5);
    assert!(matches!(keeper.properties("acme").await, Err(CredentialError::NoRefreshToken { .. })));
    crate::credentials::change(&store, "acme", |record| {
        record.clear_tokens();
        record.set("X_BEARER_TOKEN", "bearer");
    })
    .await
    .expect("changes");
    let access = keeper.properties("acme").await.expect("properties");
    assert!(access.call_environment().any(|pair| pair == ("X_BEARER_TOKEN", "bearer".to_owned())));
    assert_eq!(place.server.refreshes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_connection_of_another_service_is_not_used() {
    let place = Place::new().await;
    crate::credentials::change(&place.store(), "acme", |record| record.service_id = "y".into()).await.expect("changes");
    let error = place.keeper().properties("acme").await.expect_err("refused");
    assert_eq!(error.to_string(), "the connection `acme` leads to the service `y`, not to `x`; use it with that service's connector");
}
