//! The four settings: out of one store, into another, and every way in which they do not fit.

use super::*;
use crate::credentials::{SqliteStore, TokenAnswer};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;

fn store(key: &Key) -> (TempDir, SqliteStore) {
    let directory = tempfile::tempdir().expect("a directory");
    let store = SqliteStore::open(&directory.path().join(SqliteStore::DATABASE), key.clone()).expect("opens");
    (directory, store)
}

fn name(name: &str) -> ConnectionName {
    ConnectionName::new(name).expect(name)
}

fn tokens(number: u64) -> Tokens {
    let answer = TokenAnswer {
        access_token: format!("canary-access-{number}").into(),
        refresh_token: Some(format!("canary-refresh-{number}").into()),
        expires_in: Some(7200),
        scopes: vec!["users.read".into()],
    };
    Tokens::new(answer, 1000)
}

fn record() -> Record {
    let mut record = Record::new(name("acme"), &Service::X).expect("a record");
    record.set("X_CLIENT_ID", "client").set("X_CLIENT_SECRET", "canary-secret");
    record.set_tokens(tokens(0));
    record
}

fn export(record: &Record, key: &Key) -> Settings {
    Settings::export(record, &Service::X, key).expect("exports")
}

fn import<'a>(new: &str, key: &'a Key) -> Import<'a> {
    Import { name: name(new), properties: vec![("X_CLIENT_SECRET".into(), "canary-secret".into())], service: &Service::X, key }
}

#[tokio::test]
async fn a_connection_travels_in_the_four_settings() {
    let key = Key::random().expect("a key");
    let record = record();
    let json = serde_json::to_value(export(&record, &key)).expect("writes");
    let names: Vec<_> = json.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(names, ["clientId", "credentialId", "encryptedRecord", "serviceId"]);
    assert_eq!(json["serviceId"], "x");
    assert!(!json.to_string().contains("canary"));

    let (_directory, store) = store(&key);
    let settings = Settings::parse(&json.to_string()).expect("parses");
    assert_eq!(settings.import(&store, import("there", &key)).await, Ok(Imported::Added(name("there"))));
    let there = store.load("there").await.expect("loads");
    assert_eq!(there.credential_id, record.credential_id);
    let environment = |record: &Record| record.environment(&Service::X).map(|(name, value)| (name.to_owned(), value)).collect::<Vec<_>>();
    assert_eq!(environment(&there), environment(&record));
    assert_eq!(there.tokens.expect("tokens").expires_at_ms, Some(7_201_000));
    assert_eq!(settings.import(&store, import("again", &key)).await, Ok(Imported::Unchanged(name("there"))));
}

#[tokio::test]
async fn newer_tokens_update_the_connection_and_older_ones_are_refused() {
    let key = Key::random().expect("a key");
    let (_directory, store) = store(&key);
    let mut acme = record();
    store.insert(&acme).await.expect("inserts");
    let first = export(&acme, &key);
    acme.advance();
    acme.set_tokens(tokens(1));
    let second = export(&acme, &key);
    store.rename("acme", &name("news")).await.expect("renames");
    assert_eq!(first.import(&store, import("x", &key)).await, Ok(Imported::Unchanged(name("news"))));
    assert_eq!(second.import(&store, import("x", &key)).await, Ok(Imported::Updated(name("news"))));
    assert_eq!(store.load("news").await.expect("loads").tokens.expect("tokens").access_token.expose_secret(), "canary-access-1");
    assert_eq!(second.import(&store, import("x", &key)).await, Ok(Imported::Unchanged(name("news"))));
    let older = first.import(&store, import("x", &key)).await;
    assert_eq!(older, Err(CredentialError::Older { name: "news".into(), given: 1, stored: 2 }));
}

#[tokio::test]
async fn settings_that_do_not_fit_are_refused_each_in_its_own_words() {
    let (key, other) = (Key::random().expect("a key"), Key::random().expect("a key"));
    let (_directory, store) = store(&key);
    let good = export(&record(), &key);
    let refusal = async |settings: Settings, key: &Key| {
        let error = settings.import(&store, import("acme", key)).await.expect_err("refused");
        assert!(!error.to_string().contains("canary"));
        error
    };
    assert!(matches!(refusal(good.clone(), &other).await, CredentialError::OfAnotherKey { .. }));
    let wrong = Settings { credential_id: "other".into(), ..good.clone() };
    assert!(matches!(refusal(wrong, &key).await, CredentialError::OfAnotherConnection { .. }));
    let wrong = Settings { client_id: "other".into(), ..good.clone() };
    assert!(matches!(refusal(wrong, &key).await, CredentialError::OfAnotherClient { .. }));
    let wrong = Settings { service_id: "y".into(), ..good.clone() };
    assert!(matches!(refusal(wrong, &key).await, CredentialError::NotSettings { problem } if problem.contains("serviceId")));
    let wrong = Settings { encrypted_record: good.encrypted_record[..40].into(), ..good.clone() };
    assert!(matches!(refusal(wrong, &key).await, CredentialError::Cut { .. }));
    let wrong = Settings { encrypted_record: "!".into(), ..good.clone() };
    assert!(matches!(refusal(wrong, &key).await, CredentialError::NotSettings { problem } if problem.contains("base64")));
    let mut changed = URL_SAFE_NO_PAD.decode(&good.encrypted_record).expect("decodes");
    *changed.last_mut().expect("bytes") ^= 1;
    let wrong = Settings { encrypted_record: URL_SAFE_NO_PAD.encode(changed), ..good.clone() };
    assert!(matches!(refusal(wrong, &key).await, CredentialError::Tampered { .. }));
    assert_eq!(store.list().await.expect("lists").len(), 0);

    let mut stored = record();
    stored.credential_id = CredentialId::new(good.credential_id.clone()).expect("an id");
    stored.set("X_CLIENT_ID", "another client");
    store.insert(&stored).await.expect("inserts");
    let error = refusal(good, &key).await;
    assert_eq!(error, CredentialError::OfAnotherClient { what: "the connection `acme`".into() });
}

#[test]
fn no_bit_of_an_encrypted_record_can_be_changed() {
    let key = Key::random().expect("a key");
    let good = export(&record(), &key);
    let bytes = URL_SAFE_NO_PAD.decode(&good.encrypted_record).expect("decodes");
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let wrong = Settings { encrypted_record: URL_SAFE_NO_PAD.encode(changed), ..good.clone() };
        assert!(wrong.open(&Service::X, &key).is_err(), "bit {bit}");
    }
}

#[test]
fn what_is_missing_is_named_without_what_is_there() {
    let error = |json: &str| Settings::parse(json).expect_err(json).to_string();
    assert!(error("{").contains("no JSON"));
    assert!(error(r#"{"encryptedRecord":"canary"}"#).contains("missing"));
    let empty = error(r#"{"encryptedRecord":"canary","serviceId":"x","clientId":" ","credentialId":"c"}"#);
    assert!(empty.contains("clientId is empty") && !empty.contains("canary"), "{empty}");
    let more = error(r#"{"encryptedRecord":"canary","serviceId":"x","clientId":"c","credentialId":"c","accessToken":"canary"}"#);
    assert!(more.contains("unknown") && !more.contains("canary"), "{more}");
}

#[test]
fn without_tokens_there_is_nothing_to_export() {
    let key = Key::random().expect("a key");
    let mut record = record();
    record.clear_tokens();
    let error = Settings::export(&record, &Service::X, &key).expect_err("refused");
    assert_eq!(error, CredentialError::NothingToExport { name: "acme".into() });
}
