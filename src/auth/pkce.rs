//! Proof key for code exchange (RFC 7636), by S256, and the random texts that an authorization needs.

use alloc::{string::String, vec::Vec};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::transport::Random;

/// 256 random bits as 43 characters that need no encoding anywhere: a verifier, or a `state`.
#[must_use]
pub fn random_text(random: &(impl Random + ?Sized)) -> String {
    let bytes: Vec<u8> = (0..4).flat_map(|_| random.random().to_le_bytes()).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What the browser carries in the verifier's stead (RFC 7636, 4.2).
#[must_use]
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// Whether the text can be a verifier: 43 to 128 unreserved characters (RFC 7636, 4.1).
#[must_use]
pub fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;

    use super::*;

    #[test]
    fn the_challenge_is_the_one_of_rfc_7636_appendix_b() {
        assert_eq!(challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_random_text_is_a_verifier_and_holds_every_bit() {
        struct Counter(Cell<u64>);
        impl Random for Counter {
            fn random(&self) -> u64 {
                self.0.set(self.0.get() + 1);
                self.0.get() << 56
            }
        }
        let counter = Counter(Cell::new(0));
        let text = random_text(&counter);
        assert_eq!(counter.0.get(), 4);
        assert_eq!(text.len(), 43);
        assert!(is_verifier(&text));
        let bytes = URL_SAFE_NO_PAD.decode(&text).expect("base64url");
        assert_eq!([bytes[7], bytes[15], bytes[23], bytes[31]], [1, 2, 3, 4]);
        assert_ne!(random_text(&counter), text);
    }

    #[test]
    fn a_verifier_has_43_to_128_unreserved_characters() {
        for good in ["a".repeat(43), "~".repeat(128), "A0-._~".repeat(10)] {
            assert!(is_verifier(&good), "{good}");
        }
        for bad in ["a".repeat(42), "a".repeat(129), "+".repeat(43), "ä".repeat(43), std::string::String::new()] {
            assert!(!is_verifier(&bad), "{bad}");
        }
    }
}
