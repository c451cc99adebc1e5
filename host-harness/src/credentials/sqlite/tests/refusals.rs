//! Databases that cannot be used: each says why, and what to do.

use std::fs;

use super::{Place, record};
use crate::credentials::{CredentialError, Key, SqliteStore, Store as _};
use rusqlite::TransactionBehavior;
use std::time::Duration;

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    let store = place.open();
    store.insert(&record("acme")).await.expect("inserts");
    let directory = place.path().parent().expect("a directory").to_owned();
    let mode = |path: &std::path::Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    let files: Vec<_> = fs::read_dir(&directory).expect("reads").map(|entry| entry.expect("an entry").path()).collect();
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
        let bytes = fs::read(&file).expect("reads");
        assert!(!bytes.windows(6).any(|window| window == b"canary"), "{} holds a secret", file.display());
    }
    drop(store);
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o644)).expect("changes");
    drop(place.open());
    assert_eq!(mode(&place.path()), 0o600);
}

#[tokio::test]
async fn a_wrong_key_is_told_from_a_changed_record_and_says_where_it_was_read() {
    let place = Place::new();
    place.open().insert(&record("acme")).await.expect("inserts");
    let key_file = place.directory.path().join("other-key");
    let wrong = Key::from_file_or_new(&key_file).expect("a key");
    let error = SqliteStore::open(&place.path(), wrong.clone()).expect_err("refused");
    let CredentialError::WrongKey { expected, at_hand, .. } = &error else { panic!("{error:?}") };
    assert_eq!((expected, at_hand), (&place.key.id(), &wrong.id()));
    let message = error.to_string();
    assert!(message.contains(&key_file.display().to_string()) && message.contains("X_CONNECTOR_KEY"), "{message}");
    assert_eq!(place.open().list().await.expect("lists").len(), 1);
}

#[test]
fn a_directory_makes_its_key_with_its_database_and_never_later() {
    let place = tempfile::tempdir().expect("a directory");
    let directory = place.path().join("connections");
    let key = SqliteStore::open_directory_with(&directory, None).expect("opens").key().clone();
    assert_eq!(SqliteStore::open_directory_with(&directory, None).expect("opens").key().id(), key.id());
    fs::remove_file(directory.join(SqliteStore::KEY_FILE)).expect("removes");
    let error = SqliteStore::open_directory_with(&directory, None).expect_err("refused");
    assert!(matches!(error, CredentialError::KeyMissing { .. }), "{error:?}");
    assert!(!directory.join(SqliteStore::KEY_FILE).exists());
    SqliteStore::open_directory_with(&directory, Some(key)).expect("opens with the key from elsewhere");
}

#[test]
fn every_commit_waits_for_the_disk() {
    let place = Place::new();
    let store = place.open();
    for connection in [&store.0.writer, &store.0.reader, &store.0.watcher] {
        let connection = super::super::lock(connection);
        let number = |pragma: &str| connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0)).expect(pragma);
        assert_eq!([number("synchronous"), number("fullfsync"), number("foreign_keys"), number("secure_delete")], [2, 1, 1, 1]);
        let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).expect("a mode");
        assert_eq!(mode, "wal");
    }
}

#[test]
fn many_processes_may_open_a_new_database_at_once() {
    let place = Place::new();
    let together = std::sync::Barrier::new(8);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                together.wait();
                drop(place.open());
            });
        }
    });
}

#[test]
fn what_is_no_database_of_connections_is_left_as_it_is() {
    let place = Place::new();
    fs::create_dir_all(place.path().parent().expect("a directory")).expect("makes");
    fs::write(place.path(), "no database at all, but a text of some length ".repeat(100)).expect("writes");
    let error = SqliteStore::open(&place.path(), place.key.clone()).expect_err("refused");
    assert!(matches!(error, CredentialError::Corrupt { .. }), "{error:?}");
    assert!(fs::read_to_string(place.path()).expect("reads").starts_with("no database"));

    fs::remove_file(place.path()).expect("removes");
    place.outsider().execute_batch("CREATE TABLE notes (text TEXT)").expect("makes");
    let error = SqliteStore::open(&place.path(), place.key.clone()).expect_err("refused").to_string();
    assert!(error.contains("another program's"), "{error}");
}

#[test]
fn a_later_version_is_not_touched() {
    let place = Place::new();
    drop(place.open());
    place.outsider().pragma_update(None, "user_version", 9).expect("changes");
    let error = SqliteStore::open(&place.path(), place.key.clone()).expect_err("refused");
    assert_eq!(error, CredentialError::NewerDatabase { path: place.path().display().to_string(), found: 9, known: 1 });
}

#[tokio::test]
async fn a_locked_database_says_so_and_reads_go_on() {
    let place = Place::new();
    place.open().insert(&record("acme")).await.expect("inserts");
    let store = SqliteStore::open_waiting(&place.path(), place.key.clone(), Duration::from_millis(20)).expect("opens");
    let mut outsider = place.outsider();
    let held = outsider.transaction_with_behavior(TransactionBehavior::Exclusive).expect("locks");
    let error = store.insert(&record("press")).await.expect_err("refused");
    assert_eq!(error, CredentialError::Locked { path: place.path().display().to_string(), waited_ms: 20 });
    store.load("acme").await.expect("loads");
    drop(held);
    store.insert(&record("press")).await.expect("inserts");
}

#[tokio::test]
async fn a_damaged_database_says_so() {
    let place = Place::new();
    {
        let store = place.open();
        for number in 0..50 {
            store.insert(&record(&format!("connection-{number}"))).await.expect("inserts");
        }
    }
    let mut bytes = fs::read(place.path()).expect("reads");
    // The first page says what the file is; all others are scrambled.
    for byte in &mut bytes[4096..] {
        *byte ^= 0x5a;
    }
    fs::write(place.path(), bytes).expect("writes");
    let refused = match SqliteStore::open(&place.path(), place.key.clone()) {
        Ok(store) => store.list().await.map(drop).expect_err("refused"),
        Err(error) => error,
    };
    assert!(matches!(refused, CredentialError::Corrupt { .. }), "{refused:?}");
    assert!(refused.to_string().contains("backup"), "{refused}");
}

#[tokio::test]
async fn a_table_that_is_gone_is_damage() {
    let place = Place::new();
    let store = place.open();
    place.outsider().execute_batch("DROP TABLE leases; DROP TABLE connections").expect("drops");
    let error = store.load("acme").await.expect_err("refused");
    assert!(matches!(error, CredentialError::Corrupt { .. }), "{error:?}");
}
