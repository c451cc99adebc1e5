//! Records as rows: each is sealed on the way in, and checked against its row on the way out.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Inner, signed, unsigned};
use crate::credentials::name::nearest;
use crate::credentials::sealed::{self, Bound, Purpose};
use crate::credentials::{CredentialError, CredentialId, Lease, Listed, Record};

const COLUMNS: &str = "SELECT credential_id, name, generation, sealed FROM connections";

/// A row as it stands in the database, of which nothing is believed yet.
struct Stored {
    credential_id: String,
    name: String,
    generation: u64,
    sealed: Vec<u8>,
}

impl Stored {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { credential_id: row.get(0)?, name: row.get(1)?, generation: unsigned(row.get(2)?), sealed: row.get(3)? })
    }
}

impl Inner {
    pub(super) fn list(&self) -> Result<Vec<Listed>, CredentialError> {
        let rows: Vec<Stored> = self.read(|connection| {
            let mut rows = connection.prepare_cached(&format!("{COLUMNS} ORDER BY name"))?;
            rows.query_map([], Stored::read)?.collect()
        })?;
        let listed = rows.into_iter().map(|row| {
            let record = self.open(&row).or_else(|error| self.open_once_more(&row.name, error));
            Listed { name: row.name, credential_id: row.credential_id, record }
        });
        Ok(listed.collect())
    }

    pub(super) fn load(&self, name: &str) -> Result<Record, CredentialError> {
        match self.row(name)? {
            Some(row) => self.open(&row).or_else(|error| self.open_once_more(name, error)),
            None => Err(self.unknown(name)?),
        }
    }

    pub(super) fn load_by_id(&self, credential_id: &CredentialId) -> Result<Record, CredentialError> {
        let name = self.read(|connection| name_of(connection, credential_id))?;
        let name = name.ok_or_else(|| CredentialError::UnknownCredential { credential_id: credential_id.to_string() })?;
        match self.load(&name) {
            Ok(record) if record.credential_id == *credential_id => Ok(record),
            // Renamed or removed in between.
            Ok(_) | Err(CredentialError::UnknownConnection { .. }) => {
                Err(CredentialError::UnknownCredential { credential_id: credential_id.to_string() })
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn insert(&self, record: &Record) -> Result<(), CredentialError> {
        let sealed = self.seal(record)?;
        self.write(|connection| {
            if let Some(name) = name_of(connection, &record.credential_id)? {
                return Ok(Err(CredentialError::CredentialTaken { name }));
            }
            if is_taken(connection, record)? {
                return Ok(Err(CredentialError::NameTaken { name: record.name.to_string() }));
            }
            connection.execute(
                "INSERT INTO connections (credential_id, name, generation, sealed) VALUES (?1, ?2, ?3, ?4)",
                params![&*record.credential_id, &*record.name, signed(record.generation), sealed],
            )?;
            Ok(Ok(()))
        })?;
        self.saw(record);
        Ok(())
    }

    pub(super) fn replace(&self, record: &Record, replaces: u64, ends: Option<&Lease>) -> Result<bool, CredentialError> {
        if record.generation <= replaces {
            return Err(CredentialError::Store { problem: "a record was to be written without a new generation".to_owned() });
        }
        let sealed = self.seal(record)?;
        let written = self.write(|connection| {
            let mut stored = connection.prepare_cached("SELECT generation FROM connections WHERE credential_id = ?1")?;
            let Some(stored) = stored.query_row([&*record.credential_id], |row| row.get(0)).optional()? else {
                return Ok(Err(CredentialError::UnknownCredential { credential_id: record.credential_id.to_string() }));
            };
            if unsigned(stored) != replaces {
                return Ok(Ok(false));
            }
            if is_taken(connection, record)? {
                return Ok(Err(CredentialError::NameTaken { name: record.name.to_string() }));
            }
            let mut update =
                connection.prepare_cached("UPDATE connections SET name = ?2, generation = ?3, sealed = ?4 WHERE credential_id = ?1")?;
            update.execute(params![&*record.credential_id, &*record.name, signed(record.generation), sealed])?;
            if let Some(lease) = ends {
                Self::end(connection, lease)?;
            }
            Ok(Ok(true))
        })?;
        if written {
            self.saw(record);
        }
        Ok(written)
    }

    pub(super) fn remove(&self, name: &str) -> Result<(), CredentialError> {
        let removed: Option<String> = self.write(|connection| {
            let mut remove = connection.prepare_cached("DELETE FROM connections WHERE name = ?1 RETURNING credential_id")?;
            Ok(Ok(remove.query_row([name], |row| row.get(0)).optional()?))
        })?;
        match removed {
            Some(credential_id) => {
                self.seen().remove(&*credential_id);
                Ok(())
            }
            None => Err(self.unknown(name)?),
        }
    }

    fn row(&self, name: &str) -> Result<Option<Stored>, CredentialError> {
        self.read(|connection| {
            let mut row = connection.prepare_cached(&format!("{COLUMNS} WHERE name = ?1"))?;
            row.query_row([name], Stored::read).optional()
        })
    }

    fn seal(&self, record: &Record) -> Result<Vec<u8>, CredentialError> {
        let bound = Bound { purpose: Purpose::Record, credential_id: &record.credential_id, generation: record.generation };
        sealed::seal(&self.key, &bound, record.to_bytes()?)
    }

    fn open(&self, row: &Stored) -> Result<Record, CredentialError> {
        let what = || format!("the stored record of the connection `{}`", printable(&row.name));
        let tampered = |_| CredentialError::Tampered { what: what() };
        let credential_id = CredentialId::new(row.credential_id.clone()).map_err(tampered)?;
        let newest = self.seen().get(&credential_id).copied().unwrap_or_default();
        if row.generation < newest {
            return Err(CredentialError::RolledBack { what: what(), found: row.generation, newest });
        }
        let bound = Bound { purpose: Purpose::Record, credential_id: &credential_id, generation: row.generation };
        let text = sealed::open(&self.key, &bound, &row.sealed, what)?;
        let record = Record::from_bytes(&text).map_err(tampered)?;
        if *record.name != *row.name {
            return Err(CredentialError::OfAnotherConnection { what: what() });
        }
        if record.credential_id != credential_id || record.generation != row.generation {
            return Err(CredentialError::Tampered { what: what() });
        }
        self.saw(&record);
        Ok(record)
    }

    /// Between the reading of a row and its check this process may have seen a newer one: what is read now settles it.
    fn open_once_more(&self, name: &str, error: CredentialError) -> Result<Record, CredentialError> {
        if !matches!(error, CredentialError::RolledBack { .. }) {
            return Err(error);
        }
        match self.row(name)? {
            Some(row) => self.open(&row),
            None => Err(self.unknown(name)?),
        }
    }

    fn saw(&self, record: &Record) {
        let mut seen = self.seen();
        match seen.get_mut(&record.credential_id) {
            Some(newest) => *newest = record.generation.max(*newest),
            None => {
                seen.insert(record.credential_id.clone(), record.generation);
            }
        }
    }

    fn unknown(&self, name: &str) -> Result<CredentialError, CredentialError> {
        let names: Vec<String> = self.read(|connection| {
            let mut names = connection.prepare_cached("SELECT name FROM connections ORDER BY name")?;
            names.query_map([], |row| row.get(0))?.collect()
        })?;
        Ok(CredentialError::UnknownConnection {
            name: printable(name),
            nearest: nearest(name, names.iter().map(String::as_str)).map(printable),
            known: names.len(),
        })
    }
}

fn name_of(connection: &Connection, credential_id: &CredentialId) -> rusqlite::Result<Option<String>> {
    let mut name = connection.prepare_cached("SELECT name FROM connections WHERE credential_id = ?1")?;
    name.query_row([&**credential_id], |row| row.get(0)).optional()
}

fn is_taken(connection: &Connection, record: &Record) -> rusqlite::Result<bool> {
    let mut other = connection.prepare_cached("SELECT 1 FROM connections WHERE name = ?1 AND credential_id <> ?2")?;
    other.exists([&*record.name, &*record.credential_id])
}

/// A name as it may stand in a message: somebody may have put anything in its place.
fn printable(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).take(64).collect()
}
