//! The two names of a connection: the one that people give it, and the one that never changes.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use super::CredentialError;

const LONGEST: usize = 64;

/// What people call a connection: 1 to 64 of `A-Z a-z 0-9 . _ -`, beginning with a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionName(String);

impl ConnectionName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`CredentialError::BadName`].
    pub fn new(name: impl Into<String>) -> Result<Self, CredentialError> {
        let name = name.into();
        let bad = |problem| CredentialError::BadName { given: name.chars().take(LONGEST).collect(), problem };
        if name.is_empty() {
            return Err(bad("it is empty"));
        }
        if name.len() > LONGEST {
            return Err(bad("it has more than 64 characters"));
        }
        if !name.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            return Err(bad("it does not begin with a letter or a digit"));
        }
        if !name.chars().all(|character| character.is_ascii_alphanumeric() || "._-".contains(character)) {
            return Err(bad("it has other characters than A-Z, a-z, 0-9, `.`, `_` and `-`"));
        }
        Ok(Self(name))
    }
}

/// What stays the same when a connection is renamed: the `credentialId` of the four settings.
///
/// Ours are 128 random bits in hex; those of another engine may be any 1 to 128 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CredentialId(String);

impl CredentialId {
    /// A new one.
    ///
    /// # Errors
    /// [`CredentialError::NoRandomness`].
    pub fn random() -> Result<Self, CredentialError> {
        Ok(Self(crate::credentials::random_hex()?))
    }

    /// Checks one that came from outside.
    ///
    /// # Errors
    /// [`CredentialError::BadCredentialId`].
    pub fn new(id: impl Into<String>) -> Result<Self, CredentialError> {
        let id = id.into();
        let good = (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        if good { Ok(Self(id)) } else { Err(CredentialError::BadCredentialId) }
    }
}

macro_rules! as_text {
    ($name:ident) => {
        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = CredentialError;

            fn from_str(text: &str) -> Result<Self, CredentialError> {
                Self::new(text)
            }
        }
    };
}

as_text!(ConnectionName);
as_text!(CredentialId);

/// The name that somebody may have meant: one that differs in at most a third of its characters.
pub(crate) fn nearest<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    let allowed = (given.chars().count() / 3).max(1);
    names
        .into_iter()
        .map(|name| (distance(&given, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many characters must be added, left out or changed to make one text the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, left) in left.chars().enumerate() {
        let mut diagonal = line;
        row[0] = line + 1;
        for (column, right) in right.iter().enumerate() {
            let changed = diagonal + usize::from(left != *right);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        for good in ["a", "Acme", "acme-press_2.eu", "7", &"x".repeat(64)] {
            assert_eq!(&*ConnectionName::new(good).expect(good), good);
        }
        for (bad, why) in [
            ("", "it is empty"),
            ("-a", "begin with"),
            (".a", "begin with"),
            ("a b", "other characters"),
            ("a/b", "other characters"),
            ("aé", "other characters"),
            (&"x".repeat(65), "more than 64"),
        ] {
            let error = ConnectionName::new(bad).expect_err(bad).to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn credential_ids_are_random_and_those_of_others_are_taken_as_they_are() {
        let (one, two) = (CredentialId::random().expect("random"), CredentialId::random().expect("random"));
        assert_ne!(one, two);
        assert_eq!(one.len(), 32);
        assert!(CredentialId::new("prod/x#1").is_ok());
        for bad in ["", "a b", "a\n", &"x".repeat(129)] {
            assert_eq!(CredentialId::new(bad), Err(CredentialError::BadCredentialId));
        }
    }

    #[test]
    fn the_nearest_name_is_one_that_could_have_been_meant() {
        let names = ["acme", "press", "acme-eu"];
        assert_eq!(nearest("Acme", names), Some("acme"));
        assert_eq!(nearest("amce-eu", names), Some("acme-eu"));
        assert_eq!(nearest("pres", names), Some("press"));
        assert_eq!(nearest("company", names), None);
        assert_eq!(nearest("x", []), None);
    }
}
