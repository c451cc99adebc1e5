//! Where a trigger's cursor is kept between polls: a file that is whole or not there, and used by one process at a time.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A cursor in a file of its own.
///
/// The file holds the cursor as the connector gave it. It is replaced in one step, so that a killed process leaves
/// the old cursor or the new one.
#[derive(Debug)]
pub struct CursorFile {
    path: PathBuf,
    /// Held as long as this lives.
    _lock: File,
}

/// Why a cursor file cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CursorFileError {
    /// Another process polls with it.
    #[error("the cursor file {0} is in use by another process; wait for it, or give this one a file of its own")]
    InUse(String),
    /// The system refuses it.
    #[error("the cursor file {path} cannot be {action}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Read or written.
        action: &'static str,
        /// Why.
        source: io::Error,
    },
}

impl CursorFile {
    /// Opens a cursor file, which need not be there yet, and keeps others from it.
    ///
    /// # Errors
    /// [`CursorFileError`].
    pub fn open(path: &Path) -> Result<Self, CursorFileError> {
        let lock_path = beside(path, "lock");
        let io = |source| CursorFileError::Io { path: path.display().to_string(), action: "written", source };
        let lock = File::options().create(true).truncate(false).write(true).open(&lock_path).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(CursorFileError::InUse(path.display().to_string())),
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }

    /// The cursor, or `None` where there is no file yet. What is in the file is for the connector to judge.
    ///
    /// # Errors
    /// [`CursorFileError::Io`].
    pub fn read(&self) -> Result<Option<String>, CursorFileError> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(CursorFileError::Io { path: self.path.display().to_string(), action: "read", source }),
        }
    }

    /// Replaces the cursor; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`CursorFileError::Io`]; the old cursor is still there then.
    pub fn save(&self, cursor: &str) -> Result<(), CursorFileError> {
        self.replace(cursor).map_err(|source| CursorFileError::Io { path: self.path.display().to_string(), action: "written", source })
    }

    fn replace(&self, cursor: &str) -> io::Result<()> {
        let new = beside(&self.path, "new");
        let mut file = File::create(&new)?;
        writeln!(file, "{cursor}")?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Where directories cannot be opened, the rename is as durable as that system makes it.
        File::open(directory).map_or(Ok(()), |directory| directory.sync_all())
    }
}

/// A hidden neighbour of a file: `.name.extension`.
fn beside(path: &Path, extension: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{extension}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_kept_whole_and_for_one_process_at_a_time() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a.cursor");
        let file = CursorFile::open(&path).expect("opens");
        assert_eq!(file.read().expect("reads"), None);
        file.save("{\"v\":1}").expect("saves");
        file.save("{\"v\":2}").expect("saves");
        assert_eq!(file.read().expect("reads").as_deref(), Some("{\"v\":2}"));
        assert!(matches!(CursorFile::open(&path), Err(CursorFileError::InUse(_))));
        drop(file);
        assert_eq!(CursorFile::open(&path).expect("opens again").read().expect("reads").as_deref(), Some("{\"v\":2}"));
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let directory = tempfile::tempdir().expect("a directory");
        let missing = directory.path().join("missing").join("a.cursor");
        assert!(CursorFile::open(&missing).expect_err("no directory").to_string().contains("a.cursor"));
    }
}
