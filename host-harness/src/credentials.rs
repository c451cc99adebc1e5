//! Connections: kept under seal, given to calls, and refreshed once however many callers there are.

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

pub use change::change;
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
