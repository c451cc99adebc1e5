//! Opening the database: its file, its settings, its tables, and whether the key is the right one.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, TransactionBehavior};

use super::refused;
use crate::credentials::{CredentialError, Key, make_directory};

/// Marks the file as ours: `conn` in ASCII.
const APPLICATION: i32 = 0x636f_6e6e;

/// The version of the tables.
const VERSION: i64 = 1;

const TABLES: &str = "
    CREATE TABLE settings (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE connections (
        credential_id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        generation INTEGER NOT NULL,
        sealed BLOB NOT NULL
    ) STRICT;
    CREATE TABLE leases (
        credential_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (credential_id) ON DELETE CASCADE,
        owner TEXT NOT NULL,
        tokens_generation INTEGER NOT NULL,
        until_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// Whether there is a database that a new key would not open.
pub(super) fn is_there(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0)
}

/// A connection that writes, one that reads, and one that watches.
pub(super) fn open(path: &Path, key: &Key, wait: Duration) -> Result<[Connection; 3], CredentialError> {
    make_file(path)?;
    let mut writer = connect(path, wait).map_err(|error| refused(path, wait, &error))?;
    prepare(&mut writer, path, key, wait)?;
    let another = || connect(path, wait).map_err(|error| refused(path, wait, &error));
    Ok([writer, another()?, another()?])
}

fn make_file(path: &Path) -> Result<(), CredentialError> {
    let failed = |action| {
        move |error: std::io::Error| CredentialError::File { path: path.display().to_string(), action, problem: error.to_string() }
    };
    if let Some(directory) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        make_directory(directory)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    // The files that SQLite puts beside it take its mode over.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(failed("opened"))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.metadata().map_err(failed("read"))?.permissions().mode();
        if mode & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(0o600)).map_err(failed("kept from others"))?;
        }
    }
    drop(file);
    Ok(())
}

fn connect(path: &Path, wait: Duration) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(wait)?;
    for (name, value) in [("foreign_keys", "ON"), ("secure_delete", "ON"), ("trusted_schema", "OFF"), ("cell_size_check", "ON")] {
        connection.pragma_update(None, name, value)?;
    }
    // Every commit is on the disk before it is reported, on Apple's systems too.
    for (name, value) in [("synchronous", "FULL"), ("fullfsync", "ON"), ("checkpoint_fullfsync", "ON")] {
        connection.pragma_update(None, name, value)?;
    }
    Ok(connection)
}

fn prepare(connection: &mut Connection, path: &Path, key: &Key, wait: Duration) -> Result<(), CredentialError> {
    let failed = |error: rusqlite::Error| refused(path, wait, &error);
    if version(connection).map_err(failed)? != (APPLICATION, VERSION) {
        make_tables(connection, path, key, wait)?;
    }
    let mode = |connection: &Connection| connection.query_row("PRAGMA journal_mode", [], |row| row.get::<_, String>(0));
    if mode(connection).map_err(failed)? != "wal" {
        use_write_ahead_log(connection, wait).map_err(failed)?;
    }
    let expected: Option<String> =
        connection.query_row("SELECT value FROM settings WHERE name = 'key'", [], |row| row.get(0)).optional().map_err(failed)?;
    match expected {
        Some(expected) if expected == key.id() => Ok(()),
        Some(expected) => Err(CredentialError::WrongKey {
            path: path.display().to_string(),
            expected: expected.chars().filter(char::is_ascii_hexdigit).take(16).collect(),
            at_hand: key.id(),
            source_of_key: key.source().to_string(),
        }),
        None => {
            Err(CredentialError::Corrupt { path: path.display().to_string(), problem: "it does not say which key it is for".to_owned() })
        }
    }
}

fn make_tables(connection: &mut Connection, path: &Path, key: &Key, wait: Duration) -> Result<(), CredentialError> {
    let failed = |error: rusqlite::Error| refused(path, wait, &error);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    // Another process may have been faster.
    match version(&transaction).map_err(failed)? {
        (APPLICATION, VERSION) => return Ok(()),
        (APPLICATION, found) if found > VERSION => {
            return Err(CredentialError::NewerDatabase { path: path.display().to_string(), found, known: VERSION });
        }
        (0, 0) => {}
        _ => {
            return Err(CredentialError::Corrupt { path: path.display().to_string(), problem: "it is another program's".to_owned() });
        }
    }
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    if tables > 0 {
        return Err(CredentialError::Corrupt { path: path.display().to_string(), problem: "it is another program's".to_owned() });
    }
    transaction.execute_batch(TABLES).map_err(failed)?;
    transaction.execute("INSERT INTO settings (name, value) VALUES ('key', ?1)", [key.id()]).map_err(failed)?;
    transaction.pragma_update(None, "application_id", APPLICATION).map_err(failed)?;
    transaction.pragma_update(None, "user_version", VERSION).map_err(failed)?;
    transaction.commit().map_err(failed)
}

fn version(connection: &Connection) -> rusqlite::Result<(i32, i64)> {
    let application = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let version = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok((application, version))
}

/// `SQLite` answers at once that it is busy, without its usual wait, when two processes change the mode together.
fn use_write_ahead_log(connection: &Connection, wait: Duration) -> rusqlite::Result<()> {
    let end = Instant::now() + wait;
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0)) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && Instant::now() < end => {
                thread::sleep(Duration::from_millis(5));
            }
            // Where the file system has no shared memory the old way stays: slower, and as safe.
            other => return other.map(drop),
        }
    }
}
