//! A key in the operating system's keyring: Keychain, Credential Manager or Secret Service.

use keyring::{Entry, Error};
use zeroize::Zeroizing;

use super::{Key, KeySource};
use crate::credentials::CredentialError;

impl Key {
    /// The key under a service and an entry of the keyring.
    ///
    /// It may ask the user to unlock the keyring; call it from a thread that may wait.
    ///
    /// # Errors
    /// [`CredentialError::Keyring`] where there is no keyring or it stays locked, [`CredentialError::KeyMissing`],
    /// [`CredentialError::BadKey`].
    pub fn from_keyring(service: &str, entry: &str) -> Result<Self, CredentialError> {
        let source = KeySource::Keyring { service: service.to_owned(), entry: entry.to_owned() };
        match open(service, entry)?.get_password() {
            Ok(text) => Self::parse(&Zeroizing::new(text), source),
            Err(Error::NoEntry) => Err(CredentialError::KeyMissing { source_of_key: source.to_string() }),
            Err(error) => Err(refused(&error)),
        }
    }

    /// The key under a service and an entry of the keyring; makes a new one when there is none.
    ///
    /// # Errors
    /// As [`Key::from_keyring`].
    pub fn from_keyring_or_new(service: &str, entry: &str) -> Result<Self, CredentialError> {
        match Self::from_keyring(service, entry) {
            Err(CredentialError::KeyMissing { .. }) => {}
            found => return found,
        }
        let key = Self::random()?;
        open(service, entry)?.set_password(&key.to_base64()).map_err(|error| refused(&error))?;
        // Whatever is there now holds: another process may have been at it, too.
        Self::from_keyring(service, entry)
    }
}

fn open(service: &str, entry: &str) -> Result<Entry, CredentialError> {
    // A missing service shows at the first call; the reason stands in the status.
    if let Err(error) = Entry::store_status() {
        return Err(refused(error));
    }
    Entry::new(service, entry).map_err(|error| refused(&error))
}

/// Says what happened without what was read: some of these errors carry the bytes.
fn refused(error: &Error) -> CredentialError {
    let problem = match error {
        Error::PlatformFailure(_) | Error::NoDefaultStore => "this system has none that answers".to_owned(),
        Error::NoStorageAccess(_) => "it is locked or refuses access".to_owned(),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "the entry holds something else than a key".to_owned(),
        Error::Ambiguous(_) => "it has several entries of that name; leave one".to_owned(),
        Error::TooLong(attribute, limit) => format!("{attribute} may have at most {limit} characters"),
        Error::Invalid(attribute, problem) => format!("{attribute} {problem}"),
        Error::NotSupportedByStore(_) | Error::BadStoreFormat(_) => "it does not keep such entries".to_owned(),
        _ => "it gives a reason that this program does not know".to_owned(),
    };
    CredentialError::Keyring { problem }
}
