//! Changing a stored record in one step that nobody else's step is lost over.

use super::{CredentialError, CredentialId, Record, Store};

/// Reads the connection `name`, changes it and writes it back, as a new generation; does it again with what is there when
/// somebody else wrote in between. Gives the record as it is stored now.
///
/// # Errors
/// As [`Store::load`] and [`Store::replace`]; [`CredentialError::Conflict`] when others do not stop writing.
pub async fn change(store: &dyn Store, name: &str, mut how: impl FnMut(&mut Record) + Send) -> Result<Record, CredentialError> {
    for _ in 0..100 {
        let mut record = store.load(name).await?;
        let replaces = record.advance();
        how(&mut record);
        if store.replace(&record, replaces, None).await? {
            return Ok(record);
        }
    }
    Err(CredentialError::Conflict { name: name.chars().take(64).collect() })
}

/// As [`change`], for the connection of a credential id, whatever it is called by now.
///
/// # Errors
/// As [`Store::load_by_id`] and [`Store::replace`]; [`CredentialError::Conflict`] when others do not stop writing.
pub async fn change_by_id(
    store: &dyn Store,
    credential_id: &CredentialId,
    mut how: impl FnMut(&mut Record) + Send,
) -> Result<Record, CredentialError> {
    for _ in 0..100 {
        let mut record = store.load_by_id(credential_id).await?;
        let replaces = record.advance();
        how(&mut record);
        if store.replace(&record, replaces, None).await? {
            return Ok(record);
        }
    }
    Err(CredentialError::Conflict { name: credential_id.to_string() })
}
