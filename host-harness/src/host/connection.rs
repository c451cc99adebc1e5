//! The properties of a connection, which a call hands to the instance as its environment.

use std::collections::BTreeMap;
use std::fmt;

/// Connection properties by their environment names, such as `X_ACCESS_TOKEN`.
///
/// `Debug` shows the names alone.
///
/// ```
/// # use x_connector_host::ConnectionProperties;
/// let connection = ConnectionProperties::from_iter([("X_ACCESS_TOKEN", "secret-token"), ("X_USER_ID", "2244994945")]);
/// assert_eq!(format!("{connection:?}"), r#"ConnectionProperties({"X_ACCESS_TOKEN", "X_USER_ID"})"#);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ConnectionProperties(BTreeMap<String, String>);

impl ConnectionProperties {
    /// No properties.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a property.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// The value of a property.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The names of the properties.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The values that must never be shown: of every property whose name speaks of a token, secret, key or password.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        const PARTS: [&str; 6] = ["TOKEN", "SECRET", "KEY", "PASSWORD", "VERIFIER", "CODE"];
        self.0.iter().filter_map(|(name, value)| {
            let name = name.to_ascii_uppercase();
            PARTS.iter().any(|part| name.contains(part)).then_some(value.as_str())
        })
    }

    /// As the instance's environment.
    pub(crate) fn into_environment(self) -> Vec<(String, String)> {
        self.0.into_iter().collect()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for ConnectionProperties {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(properties: I) -> Self {
        let properties = properties.into_iter();
        Self(properties.map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for ConnectionProperties {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Names<'a>(&'a BTreeMap<String, String>);
        impl fmt::Debug for Names<'_> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.debug_set().entries(self.0.keys()).finish()
            }
        }
        formatter.debug_tuple("ConnectionProperties").field(&Names(&self.0)).finish()
    }
}
