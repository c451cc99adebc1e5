//! Keys from files, variables and text.

use super::*;
use std::fs;
use std::sync::Barrier;
use std::thread;

#[test]
fn a_key_is_read_as_base64_of_either_alphabet_or_as_hex() {
    let bytes = [0xfb_u8; LENGTH];
    let key = Key::from_bytes(&bytes);
    let standard = key.to_base64();
    assert!(standard.contains('+') || standard.contains('/'));
    let url = standard.replace('+', "-").replace('/', "_");
    for text in
        [standard.as_str(), standard.trim_end_matches('='), &url, &hex(&bytes), &hex(&bytes).to_uppercase(), &format!(" {}\n", *standard)]
    {
        let read = Key::parse(text, KeySource::Program).expect(text);
        assert_eq!(read.bytes(), key.bytes());
        assert_eq!(read.id(), key.id());
    }
    assert_ne!(Key::random().expect("a key").id(), key.id());
}

#[test]
fn what_is_no_key_is_refused_without_showing_it() {
    for (text, why) in [("", "empty"), ("canary!", "neither"), ("Y2FuYXJ5", "32 bytes"), (&"ab".repeat(31), "32 bytes")] {
        let error = Key::parse(text, KeySource::Environment("X_CONNECTOR_KEY".into())).expect_err(text).to_string();
        assert!(error.contains(why) && error.contains("X_CONNECTOR_KEY") && !error.contains("canary"), "{error}");
    }
    let key = Key::random().expect("a key");
    let shown = format!("{key:?}");
    assert!(shown.contains(&key.id()) && !shown.contains(key.to_base64().as_str()), "{shown}");
}

#[test]
fn a_key_file_is_made_once_and_for_its_owner_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("connections").join("key");
    let together = Barrier::new(8);
    let keys: Vec<Key> = thread::scope(|scope| {
        let made: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    together.wait();
                    Key::from_file_or_new(&path).expect("a key")
                })
            })
            .collect();
        made.into_iter().map(|made| made.join().expect("joins")).collect()
    });
    assert!(keys.iter().all(|key| key.bytes() == keys[0].bytes()));
    assert_eq!(Key::from_file(&path).expect("reads").source(), &KeySource::File(path.clone()));
    let left: Vec<_> = fs::read_dir(path.parent().expect("a directory")).expect("reads").collect();
    assert_eq!(left.len(), 1, "{left:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &std::path::Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().expect("a directory")), 0o700);
    }
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("key");
    Key::from_file_or_new(&path).expect("a key");
    for mode in [0o640, 0o604, 0o620, 0o601] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("changes");
        let error = Key::from_file(&path).expect_err("refused");
        assert_eq!(error, CredentialError::KeyFileOpen { path: path.display().to_string(), mode });
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
}

#[test]
fn a_missing_or_foreign_key_file_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("key");
    assert!(matches!(Key::from_file(&path), Err(CredentialError::KeyMissing { .. })));
    let written = Key::from_file_or_new(&path).and_then(|_| {
        fs::write(&path, [0xff; 40]).expect("writes");
        Key::from_file(&path)
    });
    assert!(matches!(written, Err(CredentialError::BadKey { problem: "it is no text", .. })), "{written:?}");
    fs::write(&path, "").expect("writes");
    assert!(matches!(Key::from_file(&path), Err(CredentialError::BadKey { problem: "it is empty", .. })));
}

#[test]
fn a_variable_that_is_not_set_holds_no_key() {
    assert!(Key::from_environment("X_CONNECTOR_KEY_THAT_NOBODY_SETS").expect("reads").is_none());
    // The test runner's own variable: there, and no key.
    assert!(matches!(Key::from_environment("PATH"), Err(CredentialError::BadKey { .. })));
}

#[tokio::test]
async fn without_a_keyring_the_error_names_the_other_ways() {
    // Where there is one, nothing is filed under this name.
    let error = Key::from_keyring("x-connector test", "nothing is filed here").expect_err("no key");
    assert!(matches!(error, CredentialError::Keyring { .. } | CredentialError::KeyMissing { .. }), "{error:?}");
    assert!(error.to_string().contains("X_CONNECTOR_KEY"), "{error}");
}
