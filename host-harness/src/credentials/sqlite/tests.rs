//! The database: what goes in comes out, what was changed from outside does not.

mod refusals;
mod tampering;

use super::*;
use crate::credentials::{Account, Service, Status, TokenAnswer, Tokens, change};
use tempfile::TempDir;

pub(super) struct Place {
    pub directory: TempDir,
    pub key: Key,
}

impl Place {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a directory"), key: Key::random().expect("a key") }
    }

    pub fn path(&self) -> PathBuf {
        self.directory.path().join("connections").join(SqliteStore::DATABASE)
    }

    /// As another process would open it.
    pub fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.path(), self.key.clone()).expect("opens")
    }

    /// Somebody with a database tool.
    pub fn outsider(&self) -> Connection {
        Connection::open(self.path()).expect("opens")
    }
}

pub(super) fn record(name: &str) -> Record {
    let mut record = Record::new(ConnectionName::new(name).expect(name), &Service::X).expect("a record");
    record.set("X_CLIENT_ID", "client").set("X_CLIENT_SECRET", format!("canary-{name}-secret"));
    record.account = Some(Account { id: "7".into(), handle: Some("handle".into()) });
    record.set_tokens(tokens(name, 0));
    record
}

pub(super) fn tokens(name: &str, number: u64) -> Tokens {
    let answer = TokenAnswer {
        access_token: format!("canary-{name}-access-{number}").into(),
        refresh_token: Some(format!("canary-{name}-refresh-{number}").into()),
        expires_in: Some(7200),
        scopes: vec!["users.read".into(), "offline.access".into()],
    };
    Tokens::new(answer, 0)
}

fn environment(record: &Record) -> Vec<(String, String)> {
    record.environment(&Service::X).map(|(name, value)| (name.to_owned(), value)).collect()
}

use crate::credentials::ConnectionName;

#[tokio::test]
async fn a_record_comes_out_as_it_went_in_after_the_database_was_closed_too() {
    let place = Place::new();
    let acme = record("acme");
    {
        let store = place.open();
        store.insert(&acme).await.expect("inserts");
        store.insert(&record("press")).await.expect("inserts");
    }
    let store = place.open();
    let loaded = store.load("acme").await.expect("loads");
    assert_eq!(format!("{loaded:?}"), format!("{acme:?}"));
    assert_eq!(environment(&loaded), environment(&acme));
    assert_eq!(store.load_by_id(&acme.credential_id).await.expect("loads").name, acme.name);
    let names: Vec<_> = store.list().await.expect("lists").into_iter().map(|listed| listed.name).collect();
    assert_eq!(names, ["acme", "press"]);
}

#[tokio::test]
async fn a_write_replaces_the_generation_it_read_and_no_other() {
    let place = Place::new();
    let (one, two) = (place.open(), place.open());
    one.insert(&record("acme")).await.expect("inserts");
    let mut first = one.load("acme").await.expect("loads");
    let mut second = two.load("acme").await.expect("loads");
    let replaces = first.advance();
    first.set_tokens(tokens("acme", 1));
    assert!(one.replace(&first, replaces, None).await.expect("writes"));
    let replaces = second.advance();
    assert!(!two.replace(&second, replaces, None).await.expect("is refused"));
    let stored = two.load("acme").await.expect("loads");
    assert_eq!((stored.generation, stored.tokens_generation), (2, 2));
    let without_advance = one.replace(&stored, 2, None).await.expect_err("no new generation");
    assert!(without_advance.to_string().contains("generation"));
}

#[tokio::test]
async fn names_and_credential_ids_are_taken_once() {
    let place = Place::new();
    let store = place.open();
    let acme = record("acme");
    store.insert(&acme).await.expect("inserts");
    assert_eq!(store.insert(&record("acme")).await, Err(CredentialError::NameTaken { name: "acme".into() }));
    let mut other = record("other");
    other.credential_id = acme.credential_id.clone();
    assert_eq!(store.insert(&other).await, Err(CredentialError::CredentialTaken { name: "acme".into() }));
    store.insert(&record("press")).await.expect("inserts");
    let taken = store.rename("press", &acme.name).await;
    assert_eq!(taken, Err(CredentialError::NameTaken { name: "acme".into() }));
    let name = ConnectionName::new("news").expect("a name");
    store.rename("press", &name).await.expect("renames");
    assert_eq!(store.load("news").await.expect("loads").tokens_generation, 1);
    store.remove("news").await.expect("removes");
    assert!(matches!(store.remove("news").await, Err(CredentialError::UnknownConnection { known: 1, .. })));
}

#[tokio::test]
async fn an_unknown_name_is_answered_with_the_nearest() {
    let place = Place::new();
    let store = place.open();
    let error = store.load("acme").await.expect_err("none").to_string();
    assert_eq!(error, "no connection is named `acme`; there are none yet, add one first");
    store.insert(&record("acme-press")).await.expect("inserts");
    let error = store.load("acme_press").await.expect_err("none").to_string();
    assert_eq!(error, "no connection is named `acme_press`; did you mean `acme-press`?");
    let error = store.load("\u{1b}[31mred").await.expect_err("none").to_string();
    assert_eq!(error, "no connection is named `[31mred`; list those that there are, or add it first");
}

#[tokio::test]
async fn a_change_goes_through_beside_others() {
    let place = Place::new();
    let (one, two) = (place.open(), place.open());
    one.insert(&record("acme")).await.expect("inserts");
    let changes = |store: SqliteStore, property: &'static str| async move {
        for value in 0..20 {
            change(&store, "acme", |record| {
                record.set(property, value.to_string());
            })
            .await
            .expect("changes");
        }
    };
    tokio::join!(changes(one.clone(), "X_ONE"), changes(two, "X_TWO"));
    let record = one.load("acme").await.expect("loads");
    assert_eq!((record.get("X_ONE"), record.get("X_TWO"), record.generation), (Some("19"), Some("19"), 41));
}

#[tokio::test]
async fn the_mark_moves_with_every_write_of_whoever() {
    let place = Place::new();
    let (one, two) = (place.open(), place.open());
    let before = one.mark().expect("a mark");
    assert_eq!(one.mark(), Some(before));
    one.insert(&record("acme")).await.expect("inserts");
    let own = one.mark().expect("a mark");
    assert_ne!(own, before);
    two.insert(&record("press")).await.expect("inserts");
    let of_another = one.mark().expect("a mark");
    assert_ne!(of_another, own);
    one.load("press").await.expect("loads");
    assert_eq!(one.mark(), Some(of_another));
}

#[tokio::test]
async fn a_lease_is_held_by_one_until_its_time_is_up() {
    let place = Place::new();
    let (one, two) = (place.open(), place.open());
    let acme = record("acme");
    one.insert(&acme).await.expect("inserts");
    let wish = |owner: &str, now_ms| LeaseRequest {
        credential_id: acme.credential_id.clone(),
        owner: owner.into(),
        tokens_generation: 1,
        now_ms,
        until_ms: now_ms + 60_000,
    };
    let Acquired::Held { lease, interrupted: None } = one.acquire(&wish("one", 1000)).await.expect("acquires") else { panic!("held") };
    assert_eq!(two.acquire(&wish("two", 60_999)).await.expect("asks"), Acquired::Busy { until_ms: 61_000 });
    assert!(one.renew(&lease, 62_000).await.expect("renews"));
    assert_eq!(two.acquire(&wish("two", 61_000)).await.expect("asks"), Acquired::Busy { until_ms: 62_000 });
    // Its holder died: the next one learns that a refresh of generation 1 was begun.
    let taken = two.acquire(&wish("two", 62_000)).await.expect("acquires");
    let Acquired::Held { lease: second, interrupted: Some(1) } = taken else { panic!("{taken:?}") };
    assert!(!one.renew(&lease, 90_000).await.expect("asks"));
    one.release(&lease, true).await.expect("does nothing");
    // A refresh without a known end leaves the fact behind, a finished one nothing.
    two.release(&second, false).await.expect("releases");
    let taken = one.acquire(&wish("three", 70_000)).await.expect("acquires");
    let Acquired::Held { lease: third, interrupted: Some(1) } = taken else { panic!("{taken:?}") };
    one.release(&third, true).await.expect("releases");
    let taken = one.acquire(&wish("four", 70_000)).await.expect("acquires");
    assert!(matches!(taken, Acquired::Held { interrupted: None, .. }), "{taken:?}");
    // The clock was set back by a day: that lease is not waited for.
    let taken = two.acquire(&wish("five", 1)).await.expect("acquires");
    assert!(matches!(taken, Acquired::Busy { .. }), "{taken:?}");
    let mut late = wish("six", 1);
    late.until_ms = 2;
    drop(one.acquire(&wish("seven", 100_000_000)).await.expect("acquires"));
    assert!(matches!(two.acquire(&late).await.expect("acquires"), Acquired::Held { .. }));
}

#[tokio::test]
async fn new_tokens_end_the_lease_in_the_same_step_and_a_removal_ends_all() {
    let place = Place::new();
    let store = place.open();
    let mut acme = record("acme");
    store.insert(&acme).await.expect("inserts");
    let wish =
        LeaseRequest { credential_id: acme.credential_id.clone(), owner: "one".into(), tokens_generation: 1, now_ms: 0, until_ms: 60_000 };
    let Acquired::Held { lease, .. } = store.acquire(&wish).await.expect("acquires") else { panic!("held") };
    let replaces = acme.advance();
    acme.set_tokens(tokens("acme", 1));
    assert!(store.replace(&acme, replaces, Some(&lease)).await.expect("writes"));
    let again = store.acquire(&wish).await.expect("acquires");
    assert!(matches!(again, Acquired::Held { interrupted: None, .. }));
    store.remove("acme").await.expect("removes");
    assert!(matches!(store.acquire(&wish).await, Err(CredentialError::UnknownCredential { .. })));
    assert!(matches!(store.replace(&acme, 2, None).await, Err(CredentialError::Store { .. } | CredentialError::UnknownCredential { .. })));
}

#[tokio::test]
async fn the_status_is_kept() {
    let place = Place::new();
    let store = place.open();
    let mut acme = record("acme");
    acme.status = Status::ReconnectNeeded { since_ms: 5, reason: "spent".into() };
    store.insert(&acme).await.expect("inserts");
    assert_eq!(store.load("acme").await.expect("loads").status, acme.status);
}
