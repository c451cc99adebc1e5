//! The four settings in which a connection travels from engine to engine.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::sealed::{self, Bound, Purpose};
use super::{ConnectionName, CredentialError, CredentialId, Key, Record, Service, Store, Tokens, plaintext};

/// A connection as other engines keep it: `{"encryptedRecord", "serviceId", "clientId", "credentialId"}`.
///
/// The encrypted record holds access token, refresh token, expiry and scopes, sealed under the key of the store, bound
/// to the credential id and to the generation of the tokens. The client secret is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// The tokens, sealed, in base64 for URLs.
    pub encrypted_record: String,
    /// The service: [`Service::id`].
    pub service_id: String,
    /// The client id of the app.
    pub client_id: String,
    /// The credential id of the connection.
    pub credential_id: String,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Imported {
    /// A connection was added.
    Added(ConnectionName),
    /// The connection of this credential id has the newer tokens now.
    Updated(ConnectionName),
    /// The connection of this credential id has these tokens already.
    Unchanged(ConnectionName),
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`CredentialError::NotSettings`].
    pub fn parse(json: &str) -> Result<Self, CredentialError> {
        let settings: Self = serde_json::from_str(json).map_err(|error| CredentialError::NotSettings {
            // The parser's own words may quote values.
            problem: match error.classify() {
                serde_json::error::Category::Data => "a setting is missing, unknown, given twice or no text".to_owned(),
                _ => format!("the text is no JSON, from line {} column {} on", error.line(), error.column()),
            },
        })?;
        let empty = [
            ("encryptedRecord", &settings.encrypted_record),
            ("serviceId", &settings.service_id),
            ("clientId", &settings.client_id),
            ("credentialId", &settings.credential_id),
        ];
        match empty.iter().find(|(_, value)| value.trim().is_empty()) {
            Some((name, _)) => Err(CredentialError::NotSettings { problem: format!("{name} is empty") }),
            None => Ok(settings),
        }
    }

    /// The settings of a record, sealed under `key`.
    ///
    /// # Errors
    /// [`CredentialError::NothingToExport`] without tokens or client id.
    pub fn export(record: &Record, service: &Service, key: &Key) -> Result<Self, CredentialError> {
        let nothing = || CredentialError::NothingToExport { name: record.name.to_string() };
        let tokens = record.tokens.as_ref().ok_or_else(nothing)?;
        let client_id = record.get(service.client_id).ok_or_else(nothing)?;
        let bound = Bound { purpose: Purpose::Settings, credential_id: &record.credential_id, generation: record.tokens_generation };
        let sealed = sealed::seal(key, &bound, plaintext::carried(client_id, tokens)?)?;
        Ok(Self {
            encrypted_record: URL_SAFE_NO_PAD.encode(sealed),
            service_id: record.service_id.clone(),
            client_id: client_id.to_owned(),
            credential_id: record.credential_id.to_string(),
        })
    }

    /// The tokens, and their generation.
    ///
    /// # Errors
    /// [`CredentialError`]: of another service, client, connection or key, altered, or cut short.
    pub fn open(&self, service: &Service, key: &Key) -> Result<(Tokens, u64), CredentialError> {
        let what = || "the encryptedRecord".to_owned();
        if self.service_id != service.id {
            return Err(CredentialError::NotSettings {
                problem: format!("serviceId is not `{}`, the service of this connector", service.id),
            });
        }
        let credential_id = CredentialId::new(self.credential_id.clone())?;
        let sealed = URL_SAFE_NO_PAD
            .decode(self.encrypted_record.trim().trim_end_matches('='))
            .map_err(|_| CredentialError::NotSettings { problem: "encryptedRecord is not base64 as it was exported".to_owned() })?;
        let generation = sealed::claimed_generation(&sealed, what)?;
        let bound = Bound { purpose: Purpose::Settings, credential_id: &credential_id, generation };
        let text = sealed::open(key, &bound, &sealed, what)?;
        let (client_id, tokens) = plaintext::read_carried(&text).ok_or_else(|| CredentialError::Tampered { what: what() })?;
        if client_id != self.client_id {
            return Err(CredentialError::OfAnotherClient { what: what() });
        }
        Ok((tokens, generation))
    }

    /// Takes the settings into a store: newer tokens go to the connection of the credential id; where there is none, one is
    /// added under `name`, with `properties` beside the client id (such as the client secret of a confidential client).
    ///
    /// # Errors
    /// As [`Settings::open`]; [`CredentialError::Older`] when the store has newer tokens, whose connection it names;
    /// [`CredentialError::OfAnotherClient`] when the stored connection has another client id.
    pub async fn import(&self, store: &dyn Store, import: Import<'_>) -> Result<Imported, CredentialError> {
        let (tokens, generation) = self.open(import.service, import.key)?;
        let credential_id = CredentialId::new(self.credential_id.clone())?;
        loop {
            let mut record = match store.load_by_id(&credential_id).await {
                Ok(record) => record,
                Err(CredentialError::UnknownCredential { .. }) => break,
                Err(error) => return Err(error),
            };
            if record.get(import.service.client_id).is_some_and(|client_id| client_id != self.client_id) {
                return Err(CredentialError::OfAnotherClient { what: format!("the connection `{}`", record.name) });
            }
            if record.tokens.as_ref().is_some_and(|stored| stored.same_as(&tokens)) {
                return Ok(Imported::Unchanged(record.name));
            }
            if generation <= record.tokens_generation {
                return Err(CredentialError::Older { name: record.name.to_string(), given: generation, stored: record.tokens_generation });
            }
            let replaces = record.advance();
            record.generation = record.generation.max(generation);
            record.set(import.service.client_id, self.client_id.as_str());
            record.set_tokens(tokens.clone());
            // Theirs: this store's own generation grows with every rename, and must not outrun the exporter's next refresh.
            record.tokens_generation = generation;
            if store.replace(&record, replaces, None).await? {
                return Ok(Imported::Updated(record.name));
            }
        }
        let mut record = Record::with_id(import.name, credential_id, self.service_id.clone());
        for (property, value) in import.properties {
            record.set(property, value);
        }
        record.set(import.service.client_id, self.client_id.as_str());
        record.generation = generation.max(1);
        record.set_tokens(tokens);
        store.insert(&record).await?;
        Ok(Imported::Added(record.name))
    }
}

/// How settings come into a store.
#[derive(Debug)]
pub struct Import<'a> {
    /// The name of the connection, if there is none with the credential id yet.
    pub name: ConnectionName,
    /// Its properties beside the client id.
    pub properties: Vec<(String, secrecy::SecretString)>,
    /// The service.
    pub service: &'a Service,
    /// The key under which the record was exported.
    pub key: &'a Key,
}

#[cfg(test)]
mod tests;
