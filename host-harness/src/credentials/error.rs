//! What can be wrong with connections, their store, their key and their refresh; each says what to do next.

use thiserror::Error;

use super::clock::readable;

/// Why a connection cannot be used, found, kept or changed.
///
/// No message holds a token, a property's value or a sealed record.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// No connection has the name.
    #[error("no connection is named `{name}`; {}", suggestion(nearest.as_deref(), *known))]
    UnknownConnection {
        /// The name.
        name: String,
        /// One that may have been meant.
        nearest: Option<String>,
        /// How many connections there are.
        known: usize,
    },
    /// No connection has the credential id.
    #[error("no connection here has the credentialId `{credential_id}`; import its four settings, or log in")]
    UnknownCredential {
        /// The id.
        credential_id: String,
    },
    /// Another connection has the name.
    #[error("a connection named `{name}` is there already; choose another name, or remove that one first")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// Another connection has the credential id.
    #[error("the connection `{name}` has this credentialId already; use it under that name, or remove it first")]
    CredentialTaken {
        /// The connection that has it.
        name: String,
    },
    /// The text is no name for a connection.
    #[error("`{given}` is no name for a connection: {problem}; use up to 64 letters, digits, `.`, `_` and `-`")]
    BadName {
        /// The text.
        given: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// The text is no credential id.
    #[error("the credentialId is empty, longer than 128 characters, or has blanks in it; take it over as it was exported")]
    BadCredentialId,
    /// The record belongs to another service.
    #[error("the connection `{name}` leads to the service `{service_id}`, not to `{expected}`; use it with that service's connector")]
    OtherService {
        /// The connection.
        name: String,
        /// Its service.
        service_id: String,
        /// The service at hand.
        expected: &'static str,
    },
    /// Somebody else changed the record between reading and writing.
    #[error("the connection `{name}` was changed by somebody else just now; look at it and try again")]
    Conflict {
        /// The connection.
        name: String,
    },

    /// The owner of the account must log in again.
    #[error("the connection `{name}` must be connected again since {}: {reason}; log in with it once more", readable(*since_ms))]
    ReconnectNeeded {
        /// The connection.
        name: String,
        /// When that was found, in milliseconds since 1970.
        since_ms: u64,
        /// What the service said.
        reason: String,
    },
    /// There is nothing to refresh with.
    #[error(
        "the connection `{name}` has no refresh token, and its access token is of no more use; log in again, with offline access granted"
    )]
    NoRefreshToken {
        /// The connection.
        name: String,
    },
    /// Another process has the lease for longer than anybody waits.
    #[error("another process is refreshing the connection `{name}` and was not done after {waited_ms} ms; try again in a minute")]
    RefreshBusy {
        /// The connection.
        name: String,
        /// How long was waited.
        waited_ms: u64,
    },
    /// The service cannot be reached or asks to wait; the connection is as good as before.
    #[error("the tokens of the connection `{name}` cannot be refreshed now: {message}; nothing is lost, try again later")]
    RefreshUnavailable {
        /// The connection.
        name: String,
        /// What happened.
        message: String,
        /// How long to wait, where the service said so.
        retry_after_ms: Option<u64>,
    },
    /// The service may have refreshed, and its answer did not arrive, twice.
    #[error("the answer to the refresh of the connection `{name}` was lost: {message}; the next call asks again with the same token")]
    AnswerLost {
        /// The connection.
        name: String,
        /// What happened.
        message: String,
    },
    /// The service refuses the client, not the token.
    #[error("the tokens of the connection `{name}` were not refreshed: {message}")]
    RefreshRefused {
        /// The connection.
        name: String,
        /// What it said, and who must act.
        message: String,
    },
    /// New tokens came and could not be stored. They are kept in memory and stored with the next call.
    #[error(
        "the new tokens of the connection `{name}` could not be stored: {problem}; mend that while this process runs, it keeps them and tries again"
    )]
    NotSaved {
        /// The connection.
        name: String,
        /// What went wrong.
        problem: String,
    },

    /// The record was changed from outside.
    #[error("{what} was altered and is refused; put back a backup of the whole database, or remove the connection and log in again")]
    Tampered {
        /// What was read.
        what: String,
    },
    /// The record lacks its end.
    #[error("{what} is cut short and is refused; put back a backup of the whole database, or take over the settings once more in full")]
    Cut {
        /// What was read.
        what: String,
    },
    /// The record was sealed for another connection.
    #[error("{what} belongs to another connection and is refused; put each record back to its own")]
    OfAnotherConnection {
        /// What was read.
        what: String,
    },
    /// The record is older than it must be.
    #[error(
        "{what} is of generation {found}, and generation {newest} was there before: an older copy was put back and is refused, since its tokens are spent; log in again"
    )]
    RolledBack {
        /// What was read.
        what: String,
        /// Its generation.
        found: u64,
        /// The newest that is known.
        newest: u64,
    },
    /// The record was sealed with another key.
    #[error(
        "{what} was sealed with the key {sealed_with}, and the key at hand is {at_hand} from {source_of_key}; give the key it was sealed with"
    )]
    OfAnotherKey {
        /// What was read.
        what: String,
        /// The short id of its key.
        sealed_with: String,
        /// The short id of the key at hand.
        at_hand: String,
        /// Where that one was read.
        source_of_key: String,
    },
    /// A record that a later version wrote.
    #[error("{what} has the format {found}, which this version does not know; use the version that wrote it, or a later one")]
    NewerFormat {
        /// What was read.
        what: String,
        /// Its format.
        found: u8,
    },

    /// The database was made with another key.
    #[error(
        "the key of the connections in {path} is {expected}, and the one from {source_of_key} is {at_hand}; give the right one: its key file, or X_CONNECTOR_KEY"
    )]
    WrongKey {
        /// The database.
        path: String,
        /// The short id of its key.
        expected: String,
        /// The short id of the key at hand.
        at_hand: String,
        /// Where that one was read.
        source_of_key: String,
    },
    /// Another process keeps the database to itself.
    #[error("the database {path} is locked by another process and stayed so for {waited_ms} ms; end that process or wait for it")]
    Locked {
        /// The database.
        path: String,
        /// How long was waited.
        waited_ms: u64,
    },
    /// The file is no database, or a damaged one.
    #[error("the database {path} is damaged or no database of connections: {problem}; put back a backup, or move it away and log in again")]
    Corrupt {
        /// The database.
        path: String,
        /// What was found.
        problem: String,
    },
    /// A later version made the database.
    #[error("the database {path} has the version {found}, and this program knows {known}; use the program that wrote it, or a later one")]
    NewerDatabase {
        /// The database.
        path: String,
        /// Its version.
        found: i64,
        /// The newest that is known.
        known: i64,
    },
    /// The database refuses something else: no space, no permission.
    #[error("the database {path} cannot be used: {problem}; see to its disk and its permissions")]
    Database {
        /// The database.
        path: String,
        /// What it said.
        problem: String,
    },
    /// A file or directory refuses.
    #[error("{path} cannot be {action}: {problem}")]
    File {
        /// The file or directory.
        path: String,
        /// Read, written or made.
        action: &'static str,
        /// Why.
        problem: String,
    },
    /// A store of an engine's own refuses.
    #[error("the store of connections cannot be used: {problem}")]
    Store {
        /// What it said.
        problem: String,
    },

    /// Others can read the key file.
    #[error(
        "the key file {path} can be read by others (mode {mode:04o}) and is refused; run `chmod 600` on it, and make a new key if others had access"
    )]
    KeyFileOpen {
        /// The file.
        path: String,
        /// Its mode.
        mode: u32,
    },
    /// There is no key where one must be.
    #[error("there is no key at {source_of_key}; put back the one that the connections were sealed with, or give it as X_CONNECTOR_KEY")]
    KeyMissing {
        /// Where it was looked for.
        source_of_key: String,
    },
    /// What is there is no key.
    #[error("what {source_of_key} holds is no key: {problem}; a key is 32 bytes in base64, or in 64 hex digits")]
    BadKey {
        /// Where it was read.
        source_of_key: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// The operating system has no keyring, or it is locked.
    #[error("the operating system's keyring cannot be used: {problem}; unlock it, or use a key file or X_CONNECTOR_KEY instead")]
    Keyring {
        /// What it said.
        problem: String,
    },
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes: {problem}")]
    NoRandomness {
        /// What it said.
        problem: String,
    },

    /// What was given are not the four settings.
    #[error(
        "the settings are not complete: {problem}; they look like {{\"encryptedRecord\": \"...\", \"serviceId\": \"x\", \"clientId\": \"...\", \"credentialId\": \"...\"}}"
    )]
    NotSettings {
        /// What is wrong, without values.
        problem: String,
    },
    /// The settings name another client than the record.
    #[error("the clientId of the settings is not the one that {what} is for; export the settings again, or correct the clientId")]
    OfAnotherClient {
        /// The record they were compared with.
        what: String,
    },
    /// The store knows newer tokens.
    #[error(
        "the encryptedRecord is of generation {given}, and the connection `{name}` is at {stored}: its tokens are spent; use the connection as it is stored"
    )]
    Older {
        /// The stored connection.
        name: String,
        /// The generation of the settings' tokens.
        given: u64,
        /// The generation of the stored tokens.
        stored: u64,
    },
    /// The connection has no tokens that could be exported.
    #[error("the connection `{name}` has no OAuth 2.0 tokens to export; log in first")]
    NothingToExport {
        /// The connection.
        name: String,
    },
}

impl CredentialError {
    /// A stable name to branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownConnection { .. } => "unknown-connection",
            Self::UnknownCredential { .. } => "unknown-credential",
            Self::NameTaken { .. } => "name-taken",
            Self::CredentialTaken { .. } => "credential-taken",
            Self::BadName { .. } => "bad-name",
            Self::BadCredentialId => "bad-credential-id",
            Self::OtherService { .. } => "other-service",
            Self::Conflict { .. } => "conflict",
            Self::ReconnectNeeded { .. } => "reconnect-needed",
            Self::NoRefreshToken { .. } => "no-refresh-token",
            Self::RefreshBusy { .. } => "refresh-busy",
            Self::RefreshUnavailable { .. } => "refresh-unavailable",
            Self::AnswerLost { .. } => "answer-lost",
            Self::RefreshRefused { .. } => "refresh-refused",
            Self::NotSaved { .. } => "tokens-not-saved",
            Self::Tampered { .. } => "record-tampered",
            Self::Cut { .. } => "record-cut",
            Self::OfAnotherConnection { .. } => "record-of-another-connection",
            Self::RolledBack { .. } => "record-rolled-back",
            Self::OfAnotherKey { .. } => "sealed-with-another-key",
            Self::NewerFormat { .. } => "record-newer-format",
            Self::WrongKey { .. } => "wrong-key",
            Self::Locked { .. } => "database-locked",
            Self::Corrupt { .. } => "database-corrupt",
            Self::NewerDatabase { .. } => "database-newer",
            Self::Database { .. } => "database",
            Self::File { .. } => "file",
            Self::Store { .. } => "store",
            Self::KeyFileOpen { .. } => "key-file-open",
            Self::KeyMissing { .. } => "key-missing",
            Self::BadKey { .. } => "bad-key",
            Self::Keyring { .. } => "keyring",
            Self::NoRandomness { .. } => "no-randomness",
            Self::NotSettings { .. } => "not-settings",
            Self::OfAnotherClient { .. } => "settings-of-another-client",
            Self::Older { .. } => "settings-older",
            Self::NothingToExport { .. } => "nothing-to-export",
        }
    }
}

fn suggestion(nearest: Option<&str>, known: usize) -> String {
    match (nearest, known) {
        (Some(nearest), _) => format!("did you mean `{nearest}`?"),
        (None, 0) => "there are none yet, add one first".to_owned(),
        (None, _) => "list those that there are, or add it first".to_owned(),
    }
}
