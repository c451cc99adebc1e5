//! Stores of an engine's own: one that fails, and one in memory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use super::server::Fault;
use super::*;
use crate::credentials::{Acquired, LeaseRequest, Listed, StoreFuture, StoreMark};

/// A store whose disk is full for a while.
struct Full {
    store: SqliteStore,
    refuses: AtomicU32,
}

impl Store for Full {
    fn mark(&self) -> Option<StoreMark> {
        self.store.mark()
    }

    fn list(&self) -> StoreFuture<'_, Vec<Listed>> {
        self.store.list()
    }

    fn load<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Record> {
        self.store.load(name)
    }

    fn load_by_id<'a>(&'a self, credential_id: &'a CredentialId) -> StoreFuture<'a, Record> {
        self.store.load_by_id(credential_id)
    }

    fn insert<'a>(&'a self, record: &'a Record) -> StoreFuture<'a, ()> {
        self.store.insert(record)
    }

    fn replace<'a>(&'a self, record: &'a Record, replaces: u64, ends: Option<&'a Lease>) -> StoreFuture<'a, bool> {
        let refuses = self.refuses.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if refuses {
            let full = CredentialError::Database { path: "connections.db".into(), problem: "database or disk is full".into() };
            return Box::pin(async { Err(full) });
        }
        self.store.replace(record, replaces, ends)
    }

    fn remove<'a>(&'a self, name: &'a str) -> StoreFuture<'a, ()> {
        self.store.remove(name)
    }

    fn acquire<'a>(&'a self, request: &'a LeaseRequest) -> StoreFuture<'a, Acquired> {
        self.store.acquire(request)
    }

    fn renew<'a>(&'a self, lease: &'a Lease, until_ms: u64) -> StoreFuture<'a, bool> {
        self.store.renew(lease, until_ms)
    }

    fn release<'a>(&'a self, lease: &'a Lease, finished: bool) -> StoreFuture<'a, ()> {
        self.store.release(lease, finished)
    }
}

#[tokio::test(start_paused = true)]
async fn new_tokens_outlive_a_full_disk_and_are_used_by_nobody_before_they_are_stored() {
    let place = Place::new().await;
    place.clock.pass(MINUTE * 121);
    for (refuses, fails) in [(3, false), (5, true), (12, true)] {
        let full = Arc::new(Full { store: place.store(), refuses: AtomicU32::new(refuses) });
        let keeper = Keeper::new(full.clone(), place.server.clone(), place.options());
        let before = place.server.refreshes();
        let first = keeper.properties("acme").await;
        assert_eq!(first.is_err(), fails);
        if let Err(error) = first {
            assert!(matches!(&error, CredentialError::NotSaved { problem, .. } if problem.contains("disk is full")), "{error:?}");
            let mut access = keeper.properties("acme").await;
            while access.is_err() {
                access = keeper.properties("acme").await;
            }
            assert_eq!(token(&access.expect("is stored")), place.server.access_token());
        }
        assert_eq!(place.server.refreshes(), before + 1, "the spent token was not sent again");
        assert_eq!(place.record().await.tokens.expect("tokens").access_token.expose_secret(), place.server.access_token());
        place.clock.pass(MINUTE * 121);
    }
}

/// The least that a store needs.
#[derive(Default)]
struct InMemory {
    records: Mutex<BTreeMap<String, Record>>,
    leases: Mutex<HashMap<CredentialId, (Lease, u64)>>,
}

impl InMemory {
    fn find(&self, credential_id: &CredentialId) -> Result<Record, CredentialError> {
        let found = lock(&self.records).values().find(|record| record.credential_id == *credential_id).cloned();
        found.ok_or_else(|| CredentialError::UnknownCredential { credential_id: credential_id.to_string() })
    }
}

impl Store for InMemory {
    fn list(&self) -> StoreFuture<'_, Vec<Listed>> {
        let listed = |record: &Record| Listed {
            name: record.name.to_string(),
            credential_id: record.credential_id.to_string(),
            record: Ok(record.clone()),
        };
        Box::pin(async move { Ok(lock(&self.records).values().map(listed).collect()) })
    }

    fn load<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Record> {
        Box::pin(async move {
            let records = lock(&self.records);
            let unknown = || CredentialError::UnknownConnection { name: name.to_owned(), nearest: None, known: records.len() };
            records.get(name).cloned().ok_or_else(unknown)
        })
    }

    fn load_by_id<'a>(&'a self, credential_id: &'a CredentialId) -> StoreFuture<'a, Record> {
        Box::pin(async move { self.find(credential_id) })
    }

    fn insert<'a>(&'a self, record: &'a Record) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            lock(&self.records).insert(record.name.to_string(), record.clone());
            Ok(())
        })
    }

    fn replace<'a>(&'a self, record: &'a Record, replaces: u64, ends: Option<&'a Lease>) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let stored = self.find(&record.credential_id)?;
            if stored.generation != replaces {
                return Ok(false);
            }
            let mut records = lock(&self.records);
            records.remove(&*stored.name);
            records.insert(record.name.to_string(), record.clone());
            if ends.is_some() {
                lock(&self.leases).remove(&record.credential_id);
            }
            Ok(true)
        })
    }

    fn remove<'a>(&'a self, name: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            lock(&self.records).remove(name);
            Ok(())
        })
    }

    fn acquire<'a>(&'a self, request: &'a LeaseRequest) -> StoreFuture<'a, Acquired> {
        Box::pin(async move {
            let mut leases = lock(&self.leases);
            let stored = leases.get(&request.credential_id);
            if let Some((lease, _)) = stored.filter(|(lease, _)| lease.until_ms > request.now_ms) {
                return Ok(Acquired::Busy { until_ms: lease.until_ms });
            }
            let interrupted = stored.map(|(_, generation)| *generation);
            let lease = Lease { credential_id: request.credential_id.clone(), owner: request.owner.clone(), until_ms: request.until_ms };
            leases.insert(request.credential_id.clone(), (lease.clone(), request.tokens_generation));
            Ok(Acquired::Held { lease, interrupted })
        })
    }

    fn renew<'a>(&'a self, _lease: &'a Lease, _until_ms: u64) -> StoreFuture<'a, bool> {
        Box::pin(async { Ok(true) })
    }

    fn release<'a>(&'a self, lease: &'a Lease, _finished: bool) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            lock(&self.leases).remove(&lease.credential_id);
            Ok(())
        })
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_can_keep_connections_in_a_store_of_its_own() {
    let place = Place::new().await;
    let store = Arc::new(InMemory::default());
    store.insert(&place.record().await).await.expect("inserts");
    let keeper = Keeper::new(store.clone(), place.server.clone(), place.options());
    place.clock.pass(MINUTE * 121);
    place.server.will([Fault::Unavailable { retry_after_ms: None }]);
    keeper.properties("acme").await.expect_err("is unavailable");
    assert_eq!(token(&keeper.properties("acme").await.expect("refreshes")), place.server.access_token());
    store.rename("acme", &ConnectionName::new("news").expect("a name")).await.expect("renames");
    assert_eq!(keeper.properties("news").await.expect("properties").tokens_generation(), 2);
    assert!(keeper.properties("acme").await.is_err());
}
