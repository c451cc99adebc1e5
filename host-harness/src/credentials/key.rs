//! The key under which records are sealed, and where it comes from.

mod environment;
mod file;
mod keyring;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::{Zeroize as _, Zeroizing};

use super::{CredentialError, fill_random, hex};

pub(crate) const LENGTH: usize = 32;

/// A key of 256 bits, wiped when the last clone goes. `Debug` shows its short id and where it was read.
#[derive(Clone)]
pub struct Key {
    bytes: Arc<Zeroizing<[u8; LENGTH]>>,
    id: [u8; 8],
    source: KeySource,
}

/// Where a key was read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySource {
    /// A file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// The operating system's keyring.
    Keyring {
        /// The service it is filed under.
        service: String,
        /// The entry.
        entry: String,
    },
    /// The program that embeds this library.
    Program,
}

impl fmt::Display for KeySource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "the key file {}", path.display()),
            Self::Environment(name) => write!(formatter, "the environment variable {name}"),
            Self::Keyring { service, entry } => write!(formatter, "the keyring entry {service}/{entry}"),
            Self::Program => formatter.write_str("the program itself"),
        }
    }
}

impl Key {
    /// The environment variable that holds a key.
    pub const VARIABLE: &'static str = "X_CONNECTOR_KEY";

    /// A new random key, for a program that keeps it in a place of its own.
    ///
    /// # Errors
    /// [`CredentialError::NoRandomness`].
    pub fn random() -> Result<Self, CredentialError> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        fill_random(bytes.as_mut_slice())?;
        Ok(Self::from_bytes(&bytes))
    }

    /// A key that the program got from a place of its own.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; LENGTH]) -> Self {
        Self::new(Zeroizing::new(*bytes), KeySource::Program)
    }

    /// A key as text: base64 (either alphabet, with or without padding) of 32 bytes, or 64 hex digits.
    ///
    /// # Errors
    /// [`CredentialError::BadKey`].
    pub fn parse(text: &str, source: KeySource) -> Result<Self, CredentialError> {
        let bytes = read_text(text.trim()).map_err(|problem| CredentialError::BadKey { source_of_key: source.to_string(), problem })?;
        Ok(Self::new(bytes, source))
    }

    /// Where it was read.
    #[must_use]
    pub fn source(&self) -> &KeySource {
        &self.source
    }

    /// What tells keys apart without telling what they are: 16 hex digits.
    #[must_use]
    pub fn id(&self) -> String {
        hex(&self.id)
    }

    /// The key in base64, to be kept.
    #[must_use]
    pub fn to_base64(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(LENGTH * 2));
        base64::engine::general_purpose::STANDARD.encode_string(self.bytes.as_slice(), &mut text);
        text
    }

    fn new(bytes: Zeroizing<[u8; LENGTH]>, source: KeySource) -> Self {
        // The tag of nothing under a nonce of zeros, which no envelope has: it tells keys apart, and not what they are.
        let tag = XChaCha20Poly1305::new((&*bytes).into()).encrypt_inout_detached(
            &XNonce::from([0; 24]),
            b"connector credentials: short id of a key",
            (&mut [][..]).into(),
        );
        let id = tag.ok().and_then(|tag| tag.first_chunk::<8>().copied()).unwrap_or_default();
        Self { bytes: Arc::new(bytes), id, source }
    }

    pub(crate) fn bytes(&self) -> &[u8; LENGTH] {
        &self.bytes
    }

    pub(crate) fn id_bytes(&self) -> [u8; 8] {
        self.id
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Key").field("id", &self.id()).field("source", &self.source).finish_non_exhaustive()
    }
}

fn read_text(text: &str) -> Result<Zeroizing<[u8; LENGTH]>, &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    let bytes = if text.len() == LENGTH * 2 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Zeroizing::new((0..LENGTH).filter_map(|index| u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()).collect())
    } else {
        let text = text.trim_end_matches('=');
        let decoded = STANDARD_NO_PAD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text));
        Zeroizing::new(decoded.map_err(|_| "it is neither base64 nor hex")?)
    };
    let mut key: [u8; LENGTH] = bytes.as_slice().try_into().map_err(|_| "it does not have 32 bytes")?;
    let kept = Zeroizing::new(key);
    key.zeroize();
    Ok(kept)
}
