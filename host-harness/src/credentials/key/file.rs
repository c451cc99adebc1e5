//! A key in a file that only its owner reads.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::{Key, KeySource};
use crate::credentials::{CredentialError, random_hex};

/// More than any key has: what is longer is some other file.
const LONGEST: u64 = 1024;

impl Key {
    /// The key in a file.
    ///
    /// # Errors
    /// [`CredentialError::KeyMissing`], [`CredentialError::KeyFileOpen`] when others can read it,
    /// [`CredentialError::BadKey`], [`CredentialError::File`].
    pub fn from_file(path: &Path) -> Result<Self, CredentialError> {
        let source = KeySource::File(path.to_owned());
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(CredentialError::KeyMissing { source_of_key: source.to_string() });
            }
            Err(error) => return Err(refused(path, "read", &error)),
        };
        refuse_when_others_read(path, &file)?;
        let mut text = Zeroizing::new(String::with_capacity(usize::try_from(LONGEST).unwrap_or_default()));
        let read = file.take(LONGEST).read_to_string(&mut text);
        if let Err(error) = read {
            return Err(if error.kind() == io::ErrorKind::InvalidData {
                CredentialError::BadKey { source_of_key: source.to_string(), problem: "it is no text" }
            } else {
                refused(path, "read", &error)
            });
        }
        Self::parse(&text, source)
    }

    /// The key in a file; makes the file, readable by its owner alone, when there is none.
    ///
    /// When several processes do so at once, all get the same key.
    ///
    /// # Errors
    /// As [`Key::from_file`].
    pub fn from_file_or_new(path: &Path) -> Result<Self, CredentialError> {
        match Self::from_file(path) {
            Err(CredentialError::KeyMissing { .. }) => {}
            found => return found,
        }
        let key = Self::random()?;
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        crate::credentials::make_directory(directory)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let new = path.with_file_name(format!(".{name}.{}", random_hex()?));
        let made = write_new(&new, &key.to_base64()).and_then(|()| publish(&new, path));
        // It is there under its own name by now, or of no use.
        let _ = fs::remove_file(&new);
        match made {
            Ok(()) => {
                // Where directories cannot be opened, the new name is as durable as that system makes it.
                File::open(directory).map_or(Ok(()), |directory| directory.sync_all()).map_err(|error| refused(path, "written", &error))?;
            }
            // Another process was faster: its key holds.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(refused(path, "written", &error)),
        }
        Self::from_file(path)
    }
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

/// Gives the file its name in one step, unless the name is taken.
fn publish(new: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(new, path) {
        // Some file systems know no links; there, two processes at once may overwrite each other.
        Err(error) if error.kind() == io::ErrorKind::Unsupported => fs::rename(new, path),
        linked => linked,
    }
}

#[cfg(unix)]
fn refuse_when_others_read(path: &Path, file: &File) -> Result<(), CredentialError> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = file.metadata().map_err(|error| refused(path, "read", &error))?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode.trailing_zeros() >= 6 { Ok(()) } else { Err(CredentialError::KeyFileOpen { path: path.display().to_string(), mode }) }
}

/// Elsewhere the directory's own rights decide.
#[cfg(not(unix))]
fn refuse_when_others_read(_path: &Path, _file: &File) -> Result<(), CredentialError> {
    Ok(())
}

fn refused(path: &Path, action: &'static str, error: &io::Error) -> CredentialError {
    CredentialError::File { path: path.display().to_string(), action, problem: error.to_string() }
}
