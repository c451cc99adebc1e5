//! Connections: kept under seal, given to calls, and refreshed once however many callers there are.
//!
//! ```
//! use std::sync::Arc;
//! use x_connector_host::credentials::{
//!     Access, BoxFuture, ConnectionName, Keeper, KeeperOptions, Record, Refresh, RefreshError, Service, SqliteStore, Store as _,
//!     TokenAnswer, Tokens,
//! };
//!
//! /// Asks the connector, with `connection.environment()` as the instance's environment.
//! struct Connector;
//!
//! impl Refresh for Connector {
//!     fn refresh<'a>(&'a self, _connection: &'a Access) -> BoxFuture<'a, Result<TokenAnswer, RefreshError>> {
//!         Box::pin(async { Err(RefreshError::Unavailable { message: "X answers 503".into(), retry_after_ms: None }) })
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let (directory, sent_at_ms) = (directory.path(), 1_800_000_000_000);
//! let store = SqliteStore::open_directory(directory)?;
//!
//! // Once, after a login.
//! let mut record = Record::new(ConnectionName::new("acme")?, &Service::X)?;
//! record.set("X_CLIENT_ID", "client");
//! # let (access_token, refresh_token) = ("access", "refresh");
//! record.set_tokens(Tokens::new(
//!     TokenAnswer {
//!         access_token: access_token.into(),
//!         refresh_token: Some(refresh_token.into()),
//!         expires_in: Some(7200),
//!         scopes: vec!["users.read".into(), "offline.access".into()],
//!     },
//!     sent_at_ms,
//! ));
//! store.insert(&record).await?;
//!
//! // For every call.
//! let keeper = Keeper::new(Arc::new(store), Arc::new(Connector), KeeperOptions::default());
//! let access = keeper.properties("acme").await?;
//! assert!(access.call_environment().any(|(name, _)| name == "X_ACCESS_TOKEN"));
//! // And when X answers that the access token has expired: `keeper.refreshed_after("acme", access.tokens_generation())`.
//! # Ok(())
//! # }
//! ```
//!
//! | part | what it is for |
//! |---|---|
//! | [`Record`] | what a connection holds, and the environment that it becomes |
//! | [`SqliteStore`], [`Store`] | where records are; an engine may bring a store of its own |
//! | [`Key`] | what records are sealed with: a key file, a variable, or the system's keyring |
//! | [`Keeper`], [`Refresh`] | tokens that live: ahead of time, once, and durable before use |
//! | [`Settings`] | the four settings in which a connection travels |
//! | [`CredentialError`] | what can be wrong, each with the next step |
//!
//! # A refresh
//!
//! 1. The callers of one process share it; the lease settles it among processes. Taking the lease notes that it has begun.
//! 2. Under the lease the record is read again: if another process was faster, that is all.
//! 3. The refresh token is sent. When the answer is lost, the same token is sent once more, after a pause; a process that finds
//!    the note of one that died does the same. X either never saw the first, or the connection could not be saved anyway.
//! 4. The new pair is written, if the record is still of the generation that was read, and the lease ends with the same write.
//!    Only then does anybody get it.

mod change;
mod clock;
mod error;
mod keeper;
mod key;
mod name;
mod plaintext;
mod record;
mod sealed;
mod service;
mod settings;
mod sqlite;
mod store;
mod tokens;

pub use change::{change, change_by_id};
pub use clock::{Clock, SystemClock};
pub use error::CredentialError;
pub use keeper::{Access, Keeper, KeeperOptions, Refresh, RefreshError};
pub use key::{Key, KeySource};
pub use name::{ConnectionName, CredentialId};
pub use record::{Account, Record, Status};
pub use service::Service;
pub use settings::{Import, Imported, Settings};
pub use sqlite::SqliteStore;
pub use store::{Acquired, BoxFuture, LONGEST_LEASE_MS, Lease, LeaseRequest, Listed, Store, StoreFuture, StoreMark};
pub use tokens::{TokenAnswer, Tokens};

use std::io;
use std::path::Path;

/// Fills with bytes that nobody can guess.
fn fill_random(bytes: &mut [u8]) -> Result<(), CredentialError> {
    getrandom::fill(bytes).map_err(|error| CredentialError::NoRandomness { problem: error.to_string() })
}

/// 128 random bits in hex.
fn random_hex() -> Result<String, CredentialError> {
    let mut bytes = [0; 16];
    fill_random(&mut bytes)?;
    Ok(hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

/// Makes a directory that only its owner enters, if it is not there; one that is there stays as it is.
fn make_directory(directory: &Path) -> Result<(), CredentialError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|error: io::Error| CredentialError::File {
        path: directory.display().to_string(),
        action: "made",
        problem: error.to_string(),
    })
}
