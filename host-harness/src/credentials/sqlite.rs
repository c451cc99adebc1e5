//! Connections in an `SQLite` database, each record sealed, used by several processes at once.

mod leases;
mod open;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::{Acquired, CredentialError, CredentialId, Key, Lease, LeaseRequest, Listed, Record, Store, StoreFuture, StoreMark};

/// Connections in one `SQLite` file. Clones share it, and any number of processes may open it at once.
///
/// Every record is sealed under the key with its credential id and its generation; names, credential ids, generations and
/// leases stand in the clear. What is altered, cut, swapped, renamed from outside or put back from an older copy is refused, each
/// with an error of its own. A write is on the disk before it is reported.
///
/// What cannot be told: that the *whole* of a record's row was put back to an older state while no process that had
/// seen the newer one was running, or that a row was deleted. A record so put back holds a spent refresh token, which the
/// service refuses. Nor does sealing help against somebody who can read the key.
#[derive(Clone)]
pub struct SqliteStore(Arc<Inner>);

struct Inner {
    path: PathBuf,
    key: Key,
    /// How long a process waits for another's write.
    wait: Duration,
    writer: Mutex<Connection>,
    /// Reads go past a write that waits for the disk.
    reader: Mutex<Connection>,
    /// Tells whether anything was written; no read or write ever keeps it busy.
    watcher: Mutex<Connection>,
    /// The newest generation of each credential id that this process has seen.
    seen: Mutex<HashMap<CredentialId, u64>>,
}

impl SqliteStore {
    /// The name of the database in a directory of connections.
    pub const DATABASE: &'static str = "connections.db";
    /// The name of the key file in a directory of connections.
    pub const KEY_FILE: &'static str = "key";
    /// How long a process waits for another's write: 10 seconds.
    pub const WAIT: Duration = Duration::from_secs(10);

    /// Opens the database, or makes it, readable by its owner alone; blocks for a few disk accesses.
    ///
    /// # Errors
    /// [`CredentialError`]: of a wrong key, a damaged, newer, locked or unusable database.
    pub fn open(path: &Path, key: Key) -> Result<Self, CredentialError> {
        Self::open_waiting(path, key, Self::WAIT)
    }

    /// As [`SqliteStore::open`], with another time to wait for the writes of other processes.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub fn open_waiting(path: &Path, key: Key, wait: Duration) -> Result<Self, CredentialError> {
        let [writer, reader, watcher] = open::open(path, &key, wait)?;
        Ok(Self(Arc::new(Inner {
            path: path.to_owned(),
            key,
            wait,
            writer: Mutex::new(writer),
            reader: Mutex::new(reader),
            watcher: Mutex::new(watcher),
            seen: Mutex::default(),
        })))
    }

    /// Opens or makes the database of a directory, with the key from [`Key::VARIABLE`] or else from the directory's key file.
    ///
    /// A key file is made only together with a new database: a new key would not open an old one.
    ///
    /// # Errors
    /// As [`SqliteStore::open`], [`Key::from_environment`] and [`Key::from_file_or_new`].
    pub fn open_directory(directory: &Path) -> Result<Self, CredentialError> {
        Self::open_directory_with(directory, Key::from_environment(Key::VARIABLE)?)
    }

    fn open_directory_with(directory: &Path, given: Option<Key>) -> Result<Self, CredentialError> {
        let (database, key_file) = (directory.join(Self::DATABASE), directory.join(Self::KEY_FILE));
        let key = match given {
            Some(key) => key,
            None if open::is_there(&database) => Key::from_file(&key_file)?,
            None => Key::from_file_or_new(&key_file)?,
        };
        Self::open(&database, key)
    }

    /// The key that the records are sealed with.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.0.key
    }

    /// The database.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, CredentialError> + Send + 'static,
    ) -> Result<T, CredentialError> {
        let inner = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        done.unwrap_or_else(|_| Err(CredentialError::Store { problem: "a step of the database ended too early".to_owned() }))
    }
}

impl Inner {
    /// A read; it waits for no write.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, CredentialError> {
        work(&lock(&self.reader)).map_err(|error| self.refused(&error))
    }

    /// A step that is whole or not done: a refusal by the work takes everything back.
    fn write<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<Result<T, CredentialError>, rusqlite::Error>,
    ) -> Result<T, CredentialError> {
        let mut writer = lock(&self.writer);
        let step = || {
            let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&transaction)?;
            if done.is_ok() {
                transaction.commit()?;
            }
            Ok(done)
        };
        step().map_err(|error: rusqlite::Error| self.refused(&error))?
    }

    fn refused(&self, error: &rusqlite::Error) -> CredentialError {
        refused(&self.path, self.wait, error)
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<CredentialId, u64>> {
        lock(&self.seen)
    }
}

impl Store for SqliteStore {
    fn mark(&self) -> Option<StoreMark> {
        // It changes with every commit of another connection, and this one makes none. What it reads is memory that the
        // processes share: it is over in microseconds.
        let watcher = lock(&self.0.watcher);
        let version = watcher.prepare_cached("PRAGMA data_version").and_then(|mut version| version.query_row([], |row| row.get(0)));
        version.ok().map(|version: i64| StoreMark(version.cast_unsigned(), 0))
    }

    fn list(&self) -> StoreFuture<'_, Vec<Listed>> {
        Box::pin(self.blocking(Inner::list))
    }

    fn load<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Record> {
        let name = name.to_owned();
        Box::pin(self.blocking(move |inner| inner.load(&name)))
    }

    fn load_by_id<'a>(&'a self, credential_id: &'a CredentialId) -> StoreFuture<'a, Record> {
        let credential_id = credential_id.clone();
        Box::pin(self.blocking(move |inner| inner.load_by_id(&credential_id)))
    }

    fn insert<'a>(&'a self, record: &'a Record) -> StoreFuture<'a, ()> {
        let record = record.clone();
        Box::pin(self.blocking(move |inner| inner.insert(&record)))
    }

    fn replace<'a>(&'a self, record: &'a Record, replaces: u64, ends: Option<&'a Lease>) -> StoreFuture<'a, bool> {
        let (record, ends) = (record.clone(), ends.cloned());
        Box::pin(self.blocking(move |inner| inner.replace(&record, replaces, ends.as_ref())))
    }

    fn remove<'a>(&'a self, name: &'a str) -> StoreFuture<'a, ()> {
        let name = name.to_owned();
        Box::pin(self.blocking(move |inner| inner.remove(&name)))
    }

    fn acquire<'a>(&'a self, request: &'a LeaseRequest) -> StoreFuture<'a, Acquired> {
        let request = request.clone();
        Box::pin(self.blocking(move |inner| inner.acquire(request)))
    }

    fn renew<'a>(&'a self, lease: &'a Lease, until_ms: u64) -> StoreFuture<'a, bool> {
        let lease = lease.clone();
        Box::pin(self.blocking(move |inner| inner.renew(&lease, until_ms)))
    }

    fn release<'a>(&'a self, lease: &'a Lease, finished: bool) -> StoreFuture<'a, ()> {
        let lease = lease.clone();
        Box::pin(self.blocking(move |inner| inner.release(&lease, finished)))
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SqliteStore").field("path", &self.0.path).field("key", &self.0.key).finish_non_exhaustive()
    }
}

/// What a refusal of the database means. Its own words name tables, never values.
fn refused(path: &Path, wait: Duration, error: &rusqlite::Error) -> CredentialError {
    let path = path.display().to_string();
    let problem = match error {
        rusqlite::Error::SqliteFailure(code, text) => text.clone().unwrap_or_else(|| code.to_string()),
        other => other.to_string(),
    };
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            CredentialError::Locked { path, waited_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) }
        }
        // A table or column that is not there, or a value of another type: the file was changed from outside.
        None | Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown | ErrorCode::TypeMismatch) => {
            CredentialError::Corrupt { path, problem }
        }
        Some(_) => CredentialError::Database { path, problem },
    }
}

/// A thread that panicked with the lock in its hand left no step half done: the database took it back.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the database keeps as a signed number.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
