//! A record as the bytes that are sealed. They hold every secret: they live in memory that is wiped, and nowhere else.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::{Account, ConnectionName, CredentialError, CredentialId, Record, Status, Tokens};

/// Room for everything in a record that is no secret.
const ROOM: usize = 1024;

/// JSON writes one byte as at most six.
const WIDEST: usize = 6;

/// A secret within the bytes.
#[derive(Clone)]
struct Secret(SecretString);

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Secret;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Secret, E> {
                Ok(Secret(text.into()))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<Secret, E> {
                Ok(Secret(text.into()))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[derive(Serialize, Deserialize)]
struct WholeRecord {
    name: String,
    credential_id: String,
    service_id: String,
    properties: BTreeMap<String, Secret>,
    tokens: Option<WholeTokens>,
    account_id: Option<String>,
    handle: Option<String>,
    reconnect_since_ms: Option<u64>,
    reconnect_reason: Option<String>,
    generation: u64,
    tokens_generation: u64,
}

#[derive(Serialize, Deserialize)]
struct WholeTokens {
    access_token: Secret,
    refresh_token: Option<Secret>,
    expires_at_ms: Option<u64>,
    lifetime_ms: Option<u64>,
    scopes: Vec<String>,
}

/// The tokens as the four settings carry them.
#[derive(Serialize, Deserialize)]
struct CarriedTokens {
    client_id: String,
    tokens: WholeTokens,
}

impl Record {
    /// The record as bytes that hold every secret, for a store that seals them itself; wiped when dropped.
    ///
    /// # Errors
    /// [`CredentialError::Store`]; it does not happen.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, CredentialError> {
        let (reconnect_since_ms, reconnect_reason) = match &self.status {
            Status::Ready => (None, None),
            Status::ReconnectNeeded { since_ms, reason } => (Some(*since_ms), Some(reason.clone())),
        };
        let properties: BTreeMap<_, _> = self.properties.iter().map(|(name, value)| (name.clone(), Secret(value.clone()))).collect();
        let size = properties.iter().map(|(name, value)| name.len() + value.0.expose_secret().len() + 8).sum::<usize>()
            + self.tokens.as_ref().map_or(0, size_of_tokens)
            + reconnect_reason.as_ref().map_or(0, String::len);
        to_bytes(
            size,
            &WholeRecord {
                name: self.name.to_string(),
                credential_id: self.credential_id.to_string(),
                service_id: self.service_id.clone(),
                properties,
                tokens: self.tokens.as_ref().map(WholeTokens::of),
                account_id: self.account.as_ref().map(|account| account.id.clone()),
                handle: self.account.as_ref().and_then(|account| account.handle.clone()),
                reconnect_since_ms,
                reconnect_reason,
                generation: self.generation,
                tokens_generation: self.tokens_generation,
            },
        )
    }

    /// A record from [`Record::to_bytes`].
    ///
    /// # Errors
    /// [`CredentialError::Tampered`] when the bytes are none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CredentialError> {
        let damaged = || CredentialError::Tampered { what: "a stored record".to_owned() };
        let whole: WholeRecord = serde_json::from_slice(bytes).map_err(|_| damaged())?;
        Ok(Self {
            name: ConnectionName::new(whole.name).map_err(|_| damaged())?,
            credential_id: CredentialId::new(whole.credential_id).map_err(|_| damaged())?,
            service_id: whole.service_id,
            properties: whole.properties.into_iter().map(|(name, value)| (name, value.0)).collect(),
            tokens: whole.tokens.map(WholeTokens::into_tokens),
            account: whole.account_id.map(|id| Account { id, handle: whole.handle }),
            status: match whole.reconnect_since_ms {
                None => Status::Ready,
                Some(since_ms) => Status::ReconnectNeeded { since_ms, reason: whole.reconnect_reason.unwrap_or_default() },
            },
            generation: whole.generation,
            tokens_generation: whole.tokens_generation,
        })
    }
}

/// Tokens and the client they are for, as bytes.
pub(crate) fn carried(client_id: &str, tokens: &Tokens) -> Result<Zeroizing<Vec<u8>>, CredentialError> {
    let size = size_of_tokens(tokens) + client_id.len();
    to_bytes(size, &CarriedTokens { client_id: client_id.to_owned(), tokens: WholeTokens::of(tokens) })
}

/// The client and the tokens of [`carried`]; none when the bytes are something else.
pub(crate) fn read_carried(bytes: &[u8]) -> Option<(String, Tokens)> {
    let carried: CarriedTokens = serde_json::from_slice(bytes).ok()?;
    Some((carried.client_id, carried.tokens.into_tokens()))
}

impl WholeTokens {
    fn of(tokens: &Tokens) -> Self {
        Self {
            access_token: Secret(tokens.access_token.clone()),
            refresh_token: tokens.refresh_token.clone().map(Secret),
            expires_at_ms: tokens.expires_at_ms,
            lifetime_ms: tokens.lifetime_ms,
            scopes: tokens.scopes.clone(),
        }
    }

    fn into_tokens(self) -> Tokens {
        Tokens {
            access_token: self.access_token.0,
            refresh_token: self.refresh_token.map(|token| token.0),
            expires_at_ms: self.expires_at_ms,
            lifetime_ms: self.lifetime_ms,
            scopes: self.scopes,
        }
    }
}

fn size_of_tokens(tokens: &Tokens) -> usize {
    tokens.access_token.expose_secret().len()
        + tokens.refresh_token.as_ref().map_or(0, |token| token.expose_secret().len())
        + tokens.scopes.iter().map(|scope| scope.len() + 3).sum::<usize>()
}

/// Writes into memory that is large enough from the start: a buffer that grows leaves copies behind.
fn to_bytes(size: usize, value: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, CredentialError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(size * WIDEST + ROOM));
    let room = bytes.capacity();
    serde_json::to_writer(&mut *bytes, value).map_err(|_| CredentialError::Store { problem: "a record cannot be written".to_owned() })?;
    debug_assert_eq!(room, bytes.capacity(), "the buffer has grown");
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::{Service, TokenAnswer};

    #[test]
    fn a_record_comes_back_as_it_was() {
        let mut record = Record::new(ConnectionName::new("acme").expect("a name"), &Service::X).expect("a record");
        record.set("X_CLIENT_SECRET", "\"quoted\"\n\u{1}é").set("X_API_BASE_URL", "http://127.0.0.1:1");
        record.account = Some(Account { id: "7".into(), handle: None });
        record.set_tokens(Tokens::new(
            TokenAnswer {
                access_token: "\u{1}".repeat(3000).into(),
                refresh_token: None,
                expires_in: Some(7200),
                scopes: vec!["users.read".into(); 40],
            },
            5,
        ));
        record.status = Status::ReconnectNeeded { since_ms: 9, reason: "spent".into() };
        record.generation = 12;
        let back = Record::from_bytes(&record.to_bytes().expect("writes")).expect("reads");
        assert_eq!(format!("{back:?}"), format!("{record:?}"));
        assert_eq!(back.get("X_CLIENT_SECRET"), record.get("X_CLIENT_SECRET"));
        assert!(back.tokens.expect("tokens").same_as(record.tokens.as_ref().expect("tokens")));
        assert!(Record::from_bytes(b"{}").is_err());
    }
}
