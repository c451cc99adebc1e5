//! A running SHA-256 that can be told at any point and gone on from.

use std::fmt;

use ring::digest::{Context, SHA256};

/// The SHA-256 of the bytes so far.
#[derive(Clone)]
pub(crate) struct Digest(Context);

impl Digest {
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// In lower case hexadecimal digits.
    pub fn hex(&self) -> String {
        let sum = self.0.clone().finish();
        sum.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from_digit(digit.into(), 16).unwrap_or('?')).collect()
    }
}

impl Default for Digest {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.hex())
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.clone().finish().as_ref() == other.0.clone().finish().as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_the_known_one_however_the_bytes_come() {
        let mut digest = Digest::default();
        assert_eq!(digest.hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        digest.update(b"a");
        let earlier = digest.clone();
        digest.update(b"bc");
        assert_eq!(digest.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_ne!(digest, earlier);
    }
}
