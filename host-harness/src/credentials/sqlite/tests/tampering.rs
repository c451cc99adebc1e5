//! Records that were changed from outside: 1,000 of 1,000 are refused.

use super::{Place, record, tokens};
use crate::credentials::{CredentialError, Key, SqliteStore, Store as _};
use rusqlite::{Connection, params};

struct Row {
    credential_id: String,
    generation: i64,
    sealed: Vec<u8>,
}

fn row(outsider: &Connection, name: &str) -> Row {
    outsider
        .query_row("SELECT credential_id, generation, sealed FROM connections WHERE name = ?1", [name], |row| {
            Ok(Row { credential_id: row.get(0)?, generation: row.get(1)?, sealed: row.get(2)? })
        })
        .expect("a row")
}

fn put(outsider: &Connection, name: &str, row: &Row) {
    outsider
        .execute(
            "UPDATE connections SET credential_id = ?2, generation = ?3, sealed = ?4 WHERE name = ?1",
            params![name, row.credential_id, row.generation, row.sealed],
        )
        .expect("writes");
}

/// Numbers that look random and are the same in every run.
fn numbers() -> impl FnMut(usize) -> usize {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).expect("fits")
    }
}

#[tokio::test]
async fn a_thousand_of_a_thousand_changed_records_are_refused() {
    let place = Place::new();
    let store = place.open();
    let mut acme = record("acme");
    let mut press = record("press");
    store.insert(&acme).await.expect("inserts");
    store.insert(&press).await.expect("inserts");
    let outsider = place.outsider();
    let mut older = Vec::new();
    for number in 1..20 {
        older.push(row(&outsider, "acme"));
        for record in [&mut acme, &mut press] {
            let replaces = record.advance();
            record.set_tokens(tokens(&record.name, number));
            assert!(store.replace(record, replaces, None).await.expect("writes"));
        }
    }
    let (good, other) = (row(&outsider, "acme"), row(&outsider, "press"));
    let mut number = numbers();
    let mut refused = 0;
    for round in 0..1000 {
        let mut bad = Row { credential_id: good.credential_id.clone(), generation: good.generation, sealed: good.sealed.clone() };
        match round % 5 {
            0 => {
                let bit = number(bad.sealed.len() * 8);
                bad.sealed[bit / 8] ^= 1 << (bit % 8);
            }
            1 => bad.sealed.truncate(number(good.sealed.len())),
            // The sealed part of another connection, of another with its generation changed to fit, and pieces of both.
            2 => {
                let cut = number(good.sealed.len());
                bad.sealed = [&other.sealed[..cut.max(1)], &good.sealed[cut.max(1)..]].concat();
                if bad.sealed == good.sealed || round % 2 == 0 {
                    bad.sealed.clone_from(&other.sealed);
                }
            }
            // An older state: the sealed part alone, or together with its generation.
            3 => bad.sealed.clone_from(&older[number(older.len())].sealed),
            _ => {
                let old = &older[number(older.len())];
                (bad.generation, bad.sealed) = (old.generation, old.sealed.clone());
            }
        }
        put(&outsider, "acme", &bad);
        let error = store.load("acme").await.expect_err("refused");
        assert!(is_of_kind(&error), "{error:?}");
        assert!(!error.to_string().contains("canary"));
        refused += 1;
    }
    assert_eq!(refused, 1000);
    put(&outsider, "acme", &good);
    store.load("acme").await.expect("the good one is still good");
}

fn is_of_kind(error: &CredentialError) -> bool {
    matches!(
        error,
        CredentialError::Tampered { .. }
            | CredentialError::Cut { .. }
            | CredentialError::OfAnotherConnection { .. }
            | CredentialError::RolledBack { .. }
            | CredentialError::OfAnotherKey { .. }
            | CredentialError::NewerFormat { .. }
    )
}

#[tokio::test]
async fn each_kind_of_change_has_a_message_of_its_own() {
    let place = Place::new();
    let store = place.open();
    let mut acme = record("acme");
    store.insert(&acme).await.expect("inserts");
    store.insert(&record("press")).await.expect("inserts");
    let outsider = place.outsider();
    let old = row(&outsider, "acme");
    let replaces = acme.advance();
    assert!(store.replace(&acme, replaces, None).await.expect("writes"));
    let (good, press) = (row(&outsider, "acme"), row(&outsider, "press"));
    let with = |sealed: &[u8], generation| Row { credential_id: good.credential_id.clone(), generation, sealed: sealed.to_vec() };
    let mut kinds = Vec::new();
    let mut flipped = good.sealed.clone();
    *flipped.last_mut().expect("bytes") ^= 1;
    for bad in [
        with(&flipped, good.generation),
        with(&good.sealed[..good.sealed.len() - 5], good.generation),
        with(&press.sealed, good.generation),
        with(&old.sealed, good.generation),
        with(&old.sealed, old.generation),
        with(&good.sealed, good.generation + 1),
    ] {
        put(&outsider, "acme", &bad);
        kinds.push(store.load("acme").await.expect_err("refused"));
        // One bad record does not hide the others.
        let listed = store.list().await.expect("lists");
        assert!(listed[0].record.is_err() && listed[1].record.is_ok());
    }
    assert!(matches!(kinds[0], CredentialError::Tampered { .. }), "{kinds:?}");
    assert!(matches!(kinds[1], CredentialError::Cut { .. }), "{kinds:?}");
    assert!(matches!(kinds[2], CredentialError::OfAnotherConnection { .. }), "{kinds:?}");
    assert!(matches!(kinds[3], CredentialError::RolledBack { found: 1, newest: 2, .. }), "{kinds:?}");
    assert!(matches!(kinds[4], CredentialError::RolledBack { found: 1, newest: 2, .. }), "{kinds:?}");
    assert!(matches!(kinds[5], CredentialError::RolledBack { found: 2, newest: 3, .. }), "{kinds:?}");

    // Names that were exchanged, so that one account would act for the other.
    put(&outsider, "acme", &good);
    outsider
        .execute_batch("UPDATE connections SET name = 'x' WHERE name = 'acme'; UPDATE connections SET name = 'acme' WHERE name = 'press'")
        .expect("writes");
    let error = store.load("acme").await.expect_err("refused");
    assert!(matches!(error, CredentialError::OfAnotherConnection { .. }), "{error:?}");
}

#[tokio::test]
async fn a_record_of_another_database_is_of_another_key() {
    let (place, elsewhere) = (Place::new(), Place::new());
    let acme = record("acme");
    let (store, other) = (place.open(), elsewhere.open());
    store.insert(&acme).await.expect("inserts");
    other.insert(&acme).await.expect("inserts");
    put(&place.outsider(), "acme", &row(&elsewhere.outsider(), "acme"));
    let error = store.load("acme").await.expect_err("refused");
    let CredentialError::OfAnotherKey { sealed_with, at_hand, .. } = &error else { panic!("{error:?}") };
    assert_eq!((sealed_with, at_hand), (&elsewhere.key.id(), &place.key.id()));
}

#[tokio::test]
async fn a_key_id_that_was_changed_to_fit_does_not_make_a_wrong_key_fit() {
    let place = Place::new();
    place.open().insert(&record("acme")).await.expect("inserts");
    let wrong = Key::random().expect("a key");
    place.outsider().execute("UPDATE settings SET value = ?1", [wrong.id()]).expect("writes");
    let store = SqliteStore::open(&place.path(), wrong).expect("opens");
    assert!(matches!(store.load("acme").await, Err(CredentialError::OfAnotherKey { .. })));
}
