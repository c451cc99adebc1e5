//! The envelope in which secrets rest: XChaCha20-Poly1305, bound to a purpose, a credential id and a generation.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | format, 1 |
//! | 1 | purpose |
//! | 8 | short id of the key |
//! | 8 | generation, big endian |
//! | 2 + n | credential id |
//! | 4 | length of the rest after the nonce |
//! | 24 | random nonce |
//! | n + 16 | the sealed text and its tag |
//!
//! Everything before the nonce is associated data. It stands in the clear so that a refusal can say what is wrong; a
//! header that lies does not open.

use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::{CredentialError, Key};

const FORMAT: u8 = 1;
const LABEL: &[u8] = b"connector credentials";
const NONCE: usize = 24;
const TAG: usize = 16;

/// What is sealed; an envelope of one purpose never opens for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A whole record, in a store.
    Record = 1,
    /// The tokens of a connection, to be carried elsewhere.
    Settings = 2,
}

/// What an envelope is bound to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound<'a> {
    pub purpose: Purpose,
    pub credential_id: &'a str,
    pub generation: u64,
}

impl Bound<'_> {
    fn header(&self, key: &Key, sealed_length: usize) -> Vec<u8> {
        let id = self.credential_id.as_bytes();
        let mut header = Vec::with_capacity(24 + id.len());
        header.extend([FORMAT, self.purpose as u8]);
        header.extend(key.id_bytes());
        header.extend(self.generation.to_be_bytes());
        header.extend(u16::try_from(id.len()).unwrap_or(u16::MAX).to_be_bytes());
        header.extend(id);
        header.extend(u32::try_from(sealed_length).unwrap_or(u32::MAX).to_be_bytes());
        header
    }
}

/// Seals a text; the text's own memory is used, and wiped.
pub(crate) fn seal(key: &Key, bound: &Bound<'_>, mut text: Zeroizing<Vec<u8>>) -> Result<Vec<u8>, CredentialError> {
    let mut nonce = [0; NONCE];
    super::fill_random(&mut nonce)?;
    let header = bound.header(key, text.len() + TAG);
    let tag = XChaCha20Poly1305::new(key.bytes().into())
        .encrypt_inout_detached(&XNonce::from(nonce), &associated(&header), text.as_mut_slice().into())
        .map_err(|_| CredentialError::Store { problem: "a record is too large to seal".to_owned() })?;
    let mut sealed = header;
    sealed.reserve_exact(NONCE + text.len() + TAG);
    sealed.extend(nonce);
    sealed.extend_from_slice(&text);
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// Opens an envelope; `what` names it in refusals.
pub(crate) fn open(key: &Key, bound: &Bound<'_>, sealed: &[u8], what: impl Fn() -> String) -> Result<Zeroizing<Vec<u8>>, CredentialError> {
    let claimed = Claimed::read(sealed, &what)?;
    if claimed.key_id != key.id_bytes() {
        return Err(CredentialError::OfAnotherKey {
            what: what(),
            sealed_with: super::hex(&claimed.key_id),
            at_hand: key.id(),
            source_of_key: key.source().to_string(),
        });
    }
    if claimed.credential_id != bound.credential_id.as_bytes() {
        return Err(CredentialError::OfAnotherConnection { what: what() });
    }
    if claimed.generation < bound.generation {
        return Err(CredentialError::RolledBack { what: what(), found: claimed.generation, newest: bound.generation });
    }
    let tampered = || CredentialError::Tampered { what: what() };
    let header = bound.header(key, claimed.sealed.len());
    if !sealed.starts_with(&header) {
        return Err(tampered());
    }
    let (text, tag) = claimed.sealed.split_last_chunk::<TAG>().ok_or_else(tampered)?;
    let mut text = Zeroizing::new(text.to_vec());
    XChaCha20Poly1305::new(key.bytes().into())
        .decrypt_inout_detached(&XNonce::from(claimed.nonce), &associated(&header), text.as_mut_slice().into(), tag.into())
        .map_err(|_| tampered())?;
    Ok(text)
}

/// The generation that an envelope claims; only [`open`] tells whether it is true.
pub(crate) fn claimed_generation(sealed: &[u8], what: impl Fn() -> String) -> Result<u64, CredentialError> {
    Claimed::read(sealed, what).map(|claimed| claimed.generation)
}

fn associated(header: &[u8]) -> Vec<u8> {
    [LABEL, header].concat()
}

struct Claimed<'a> {
    key_id: [u8; 8],
    generation: u64,
    credential_id: &'a [u8],
    nonce: [u8; NONCE],
    sealed: &'a [u8],
}

impl<'a> Claimed<'a> {
    fn read(envelope: &'a [u8], what: impl Fn() -> String) -> Result<Self, CredentialError> {
        let cut = || CredentialError::Cut { what: what() };
        let (format, rest) = envelope.split_first().ok_or_else(cut)?;
        if *format != FORMAT {
            // Formats count up from 1: anything else was never written by us.
            return Err(if *format == 0 || *format > 16 {
                CredentialError::Tampered { what: what() }
            } else {
                CredentialError::NewerFormat { what: what(), found: *format }
            });
        }
        let (_purpose, rest) = rest.split_first().ok_or_else(cut)?;
        let (key_id, rest) = rest.split_first_chunk::<8>().ok_or_else(cut)?;
        let (generation, rest) = rest.split_first_chunk::<8>().ok_or_else(cut)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
        let (credential_id, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or_else(cut)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or_else(cut)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if sealed.len() < length {
            return Err(cut());
        }
        if sealed.len() > length {
            return Err(CredentialError::Tampered { what: what() });
        }
        Ok(Self { key_id: *key_id, generation: u64::from_be_bytes(*generation), credential_id, nonce: *nonce, sealed })
    }
}

#[cfg(test)]
mod tests;
