//! A key in an environment variable.

use std::env::{self, VarError};

use zeroize::Zeroizing;

use super::{Key, KeySource};
use crate::credentials::CredentialError;

impl Key {
    /// The key in the variable `name`, usually [`Key::VARIABLE`]; none when it is not set.
    ///
    /// # Errors
    /// [`CredentialError::BadKey`] when it holds something else.
    pub fn from_environment(name: &str) -> Result<Option<Self>, CredentialError> {
        let source = KeySource::Environment(name.to_owned());
        match env::var(name) {
            Ok(text) => Self::parse(&Zeroizing::new(text), source).map(Some),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => Err(CredentialError::BadKey { source_of_key: source.to_string(), problem: "it is no text" }),
        }
    }
}
