//! Codes, tokens and PINs that nobody can guess.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// 43 characters that stand in addresses as they are.
pub(super) fn token() -> String {
    let mut bytes = [0; 32];
    fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Seven digits that a person copies.
pub(super) fn pin() -> String {
    let mut bytes = [0; 4];
    fill(&mut bytes);
    format!("{:07}", u32::from_le_bytes(bytes) % 10_000_000)
}

fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system has randomness");
}
