//! Envelopes open as they were sealed, and in no other way.

use super::*;
use crate::credentials::fill_random;

const ID: &str = "7f3c";

fn bound(generation: u64) -> Bound<'static> {
    Bound { purpose: Purpose::Record, credential_id: ID, generation }
}

fn sealed(key: &Key, generation: u64) -> Vec<u8> {
    seal(key, &bound(generation), Zeroizing::new(b"canary: a token and another".to_vec())).expect("seals")
}

fn what() -> String {
    "the record".to_owned()
}

#[test]
fn an_envelope_opens_under_its_key_and_binding() {
    let key = Key::random().expect("a key");
    let envelope = sealed(&key, 3);
    assert_eq!(open(&key, &bound(3), &envelope, what).expect("opens").as_slice(), b"canary: a token and another");
    assert_ne!(envelope, sealed(&key, 3), "a nonce was used twice");
    assert!(!envelope.windows(6).any(|window| window == b"canary"));
    assert_eq!(claimed_generation(&envelope, what).expect("reads"), 3);
}

#[test]
fn each_refusal_says_what_is_wrong() {
    let (key, other) = (Key::random().expect("a key"), Key::random().expect("a key"));
    let envelope = sealed(&key, 3);
    let refusal = |key: &Key, bound: Bound<'_>, envelope: &[u8]| open(key, &bound, envelope, what).expect_err("refused");
    assert!(matches!(refusal(&other, bound(3), &envelope), CredentialError::OfAnotherKey { sealed_with, .. } if sealed_with == key.id()));
    assert!(matches!(refusal(&key, bound(4), &envelope), CredentialError::RolledBack { found: 3, newest: 4, .. }));
    assert!(matches!(refusal(&key, bound(2), &envelope), CredentialError::Tampered { .. }));
    let elsewhere = Bound { credential_id: "7f3d", ..bound(3) };
    assert!(matches!(refusal(&key, elsewhere, &envelope), CredentialError::OfAnotherConnection { .. }));
    let carried = Bound { purpose: Purpose::Settings, ..bound(3) };
    assert!(matches!(refusal(&key, carried, &envelope), CredentialError::Tampered { .. }));
    assert!(matches!(refusal(&key, bound(3), &envelope[..envelope.len() - 1]), CredentialError::Cut { .. }));
    assert!(matches!(refusal(&key, bound(3), &[&envelope[..], &[0]].concat()), CredentialError::Tampered { .. }));
    let newer = [&[2], &envelope[1..]].concat();
    assert!(matches!(refusal(&key, bound(3), &newer), CredentialError::NewerFormat { found: 2, .. }));
}

#[test]
fn no_bit_of_an_envelope_can_be_changed_and_no_byte_left_out() {
    let key = Key::random().expect("a key");
    let envelope = sealed(&key, 3);
    for bit in 0..envelope.len() * 8 {
        let mut changed = envelope.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&key, &bound(3), &changed, what).is_err(), "bit {bit}");
    }
    for length in 0..envelope.len() {
        assert!(matches!(open(&key, &bound(3), &envelope[..length], what), Err(CredentialError::Cut { .. })), "{length} bytes");
    }
}

#[test]
fn no_bytes_make_it_fail_in_another_way() {
    let key = Key::random().expect("a key");
    for length in 0..600 {
        let mut bytes = vec![0; length];
        fill_random(&mut bytes).expect("random");
        if let Some(format) = bytes.first_mut() {
            *format = 1;
        }
        assert!(open(&key, &bound(3), &bytes, what).is_err());
    }
}
