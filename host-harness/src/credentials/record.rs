//! A connection as it is kept: who it is, what it may use, and how it stands.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::{ConnectionName, CredentialError, CredentialId, Service, Tokens};

/// One connection. `Debug` shows no value of a property and no token.
#[derive(Clone)]
#[non_exhaustive]
pub struct Record {
    /// What people call it; no two connections share it.
    pub name: ConnectionName,
    /// What never changes.
    pub credential_id: CredentialId,
    /// The service it leads to: [`Service::id`].
    pub service_id: String,
    /// Connection properties by their environment names, but for those that come from the tokens.
    ///
    /// All are kept as secrets; [`Service::is_secret`] tells which may be shown.
    pub properties: BTreeMap<String, SecretString>,
    /// OAuth 2.0 tokens; none before the login, or when the connection lives by its properties alone.
    pub tokens: Option<Tokens>,
    /// The account, as far as it is known.
    pub account: Option<Account>,
    /// Whether it works.
    pub status: Status,
    /// How often it was written, from 1; every write has one of its own, and no older one is accepted again.
    pub generation: u64,
    /// The generation at which the tokens were last replaced; 0 without tokens.
    pub tokens_generation: u64,
}

/// The account behind a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id at the service.
    pub id: String,
    /// Its handle without @.
    pub handle: Option<String>,
}

/// How a connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It can be used.
    Ready,
    /// Its refresh token is spent, revoked or unknown: the owner of the account must log in again.
    ReconnectNeeded {
        /// When that was found, in milliseconds since 1970.
        since_ms: u64,
        /// What the service said, without secrets.
        reason: String,
    },
}

impl Record {
    /// A new connection, with a credential id of its own.
    ///
    /// # Errors
    /// [`CredentialError::NoRandomness`].
    pub fn new(name: ConnectionName, service: &Service) -> Result<Self, CredentialError> {
        Ok(Self::with_id(name, CredentialId::random()?, service.id))
    }

    /// A new connection under a credential id that is known already.
    #[must_use]
    pub fn with_id(name: ConnectionName, credential_id: CredentialId, service_id: impl Into<String>) -> Self {
        Self {
            name,
            credential_id,
            service_id: service_id.into(),
            properties: BTreeMap::new(),
            tokens: None,
            account: None,
            status: Status::Ready,
            generation: 1,
            tokens_generation: 0,
        }
    }

    /// Sets a property; an empty value takes it away.
    pub fn set(&mut self, property: impl Into<String>, value: impl Into<SecretString>) -> &mut Self {
        let (property, value) = (property.into(), value.into());
        if value.expose_secret().is_empty() {
            self.properties.remove(&property);
        } else {
            self.properties.insert(property, value);
        }
        self
    }

    /// The value of a property.
    #[must_use]
    pub fn get(&self, property: &str) -> Option<&str> {
        self.properties.get(property).map(ExposeSecret::expose_secret)
    }

    /// Replaces the tokens, by a login or a refresh; the connection can be used again.
    ///
    /// They belong to the record's present generation: call [`Record::advance`] first on a record that is stored.
    pub fn set_tokens(&mut self, tokens: Tokens) {
        self.tokens = Some(tokens);
        self.status = Status::Ready;
        self.tokens_generation = self.generation;
    }

    /// Takes the tokens away, after a logout.
    pub fn clear_tokens(&mut self) {
        self.tokens = None;
        self.status = Status::Ready;
        self.tokens_generation = self.generation;
    }

    /// Steps to the next generation, as each write must; gives the one that the write replaces.
    pub fn advance(&mut self) -> u64 {
        let replaced = self.generation;
        self.generation += 1;
        replaced
    }

    /// Every property by its environment name, tokens included: for the steps of a connection (refresh, revoke, verify).
    pub fn environment<'a>(&'a self, service: &'a Service) -> impl Iterator<Item = (&'a str, String)> {
        let tokens = self.tokens.as_ref();
        let filled = [
            (service.access_token, tokens.map(|tokens| tokens.access_token.expose_secret().to_owned())),
            (service.refresh_token, tokens.and_then(|tokens| tokens.refresh_token.as_ref()).map(|token| token.expose_secret().to_owned())),
            (service.granted_scopes, tokens.filter(|tokens| !tokens.scopes.is_empty()).map(|tokens| tokens.scopes.join(" "))),
        ];
        let account = self.account.as_ref().filter(|_| !self.properties.contains_key(service.user_id));
        let filled = filled.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
        self.properties
            .iter()
            // A token that somebody set as a property stands in only while there are no tokens.
            .filter(move |(name, _)| tokens.is_none() || !service.is_filled(name))
            .map(|(name, value)| (name.as_str(), value.expose_secret().to_owned()))
            .chain(filled)
            .chain(account.map(|account| (service.user_id, account.id.clone())))
    }

    /// The properties that a call of an operation needs: the environment without refresh token and client secret.
    pub fn call_environment<'a>(&'a self, service: &'a Service) -> impl Iterator<Item = (&'a str, String)> {
        self.environment(service).filter(|(name, _)| !service.only_for_connecting(name))
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Record")
            .field("name", &self.name)
            .field("credential_id", &self.credential_id)
            .field("service_id", &self.service_id)
            .field("properties", &self.properties.keys().collect::<Vec<_>>())
            .field("tokens", &self.tokens)
            .field("account", &self.account)
            .field("status", &self.status)
            .field("generation", &self.generation)
            .field("tokens_generation", &self.tokens_generation)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::TokenAnswer;

    fn record() -> Record {
        let mut record = Record::new(ConnectionName::new("acme").expect("a name"), &Service::X).expect("a record");
        record.set("X_CLIENT_ID", "client").set("X_CLIENT_SECRET", "canary-secret").set("X_POST_LIMIT", "25000");
        record.account = Some(Account { id: "2244994945".into(), handle: Some("XDevelopers".into()) });
        record.set_tokens(Tokens::new(
            TokenAnswer {
                access_token: "canary-access".into(),
                refresh_token: Some("canary-refresh".into()),
                expires_in: Some(7200),
                scopes: vec!["users.read".into(), "offline.access".into()],
            },
            0,
        ));
        record
    }

    #[test]
    fn a_record_becomes_the_environment_of_a_call() {
        let record = record();
        let all: BTreeMap<_, _> = record.environment(&Service::X).collect();
        let expected = [
            ("X_ACCESS_TOKEN", "canary-access"),
            ("X_CLIENT_ID", "client"),
            ("X_CLIENT_SECRET", "canary-secret"),
            ("X_GRANTED_SCOPES", "users.read offline.access"),
            ("X_POST_LIMIT", "25000"),
            ("X_REFRESH_TOKEN", "canary-refresh"),
            ("X_USER_ID", "2244994945"),
        ];
        assert_eq!(all, expected.map(|(name, value)| (name, value.to_owned())).into());
        let call: Vec<_> = record.call_environment(&Service::X).map(|(name, _)| name).collect();
        assert!(!call.contains(&"X_REFRESH_TOKEN") && !call.contains(&"X_CLIENT_SECRET") && call.contains(&"X_ACCESS_TOKEN"));
    }

    #[test]
    fn a_property_gives_way_to_the_tokens_and_an_empty_one_is_none() {
        let mut record = record();
        record.set("X_ACCESS_TOKEN", "old").set("X_USER_ID", "1").set("X_POST_LIMIT", "");
        let all: Vec<_> = record.environment(&Service::X).collect();
        assert_eq!(all.iter().filter(|(name, _)| *name == "X_ACCESS_TOKEN").count(), 1);
        assert!(all.contains(&("X_ACCESS_TOKEN", "canary-access".to_owned())));
        assert!(all.contains(&("X_USER_ID", "1".to_owned())));
        assert_eq!(all.iter().filter(|(name, _)| *name == "X_USER_ID").count(), 1);
        assert_eq!(record.get("X_POST_LIMIT"), None);
        record.clear_tokens();
        assert!(record.environment(&Service::X).any(|pair| pair == ("X_ACCESS_TOKEN", "old".to_owned())));
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", record());
        assert!(shown.contains("acme") && shown.contains("X_CLIENT_SECRET") && !shown.contains("canary"), "{shown}");
    }
}
