//! What an endpoint of X accepts: kinds of credential, and the scopes that a user's OAuth 2.0 token must have.

use alloc::{string::String, vec::Vec};

use crate::auth::Kind;

/// Stated beside every request; `credentials` chooses by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepts {
    kinds: &'static [Kind],
    scopes: &'static [&'static str],
}

impl Accepts {
    /// Whatever the connection has: most reads.
    pub const ANY: Self = Self::of(&Kind::ALL);
    /// A user by either OAuth: writes, and reads of what is the account's own.
    pub const USER: Self = Self::of(&[Kind::UserBearer, Kind::OAuth1]);
    /// A user by OAuth 2.0: bookmarks.
    pub const USER_BEARER: Self = Self::of(&[Kind::UserBearer]);
    /// The app alone: usage, filtered streams.
    pub const APP_ONLY: Self = Self::of(&[Kind::AppOnly]);

    const fn of(kinds: &'static [Kind]) -> Self {
        Self { kinds, scopes: &[] }
    }

    /// The same kinds, with the scopes that an OAuth 2.0 token needs. The other kinds have none.
    #[must_use]
    pub const fn with_scopes(self, scopes: &'static [&'static str]) -> Self {
        Self { kinds: self.kinds, scopes }
    }

    /// The kinds in the order in which they are taken.
    #[must_use]
    pub const fn kinds(&self) -> &'static [Kind] {
        self.kinds
    }

    #[must_use]
    pub const fn scopes(&self) -> &'static [&'static str] {
        self.scopes
    }

    /// Whether the endpoint accepts this kind.
    #[must_use]
    pub fn has(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// The scopes that are not among the granted ones.
    #[must_use]
    pub fn missing_scopes(&self, granted: &[String]) -> Vec<&'static str> {
        self.scopes.iter().copied().filter(|scope| !granted.iter().any(|granted| granted == scope)).collect()
    }
}

/// Names in a sentence: `a`, `a or b`, `a, b or c`.
#[must_use]
pub fn listed(names: &[&str], before_last: &str) -> String {
    let mut list = String::new();
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            list.push_str(if index + 1 == names.len() { before_last } else { ", " });
        }
        list.push_str(name);
    }
    list
}
