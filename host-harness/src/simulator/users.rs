//! Accounts at the simulated X.

use std::collections::HashMap;

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "X's user object has these flags side by side")]
pub struct User {
    /// The numeric id; it survives a rename.
    pub id: u64,
    /// The handle without @.
    pub username: String,
    /// The display name.
    pub name: String,
    /// The profile text.
    pub description: String,
    /// When the account was opened, in milliseconds since 1970.
    pub created_at_ms: u64,
    /// Whether only followers see its posts.
    pub protected: bool,
    /// Whether it has a check mark.
    pub verified: bool,
    /// Whether it has Premium: posts of up to 25,000 characters, and edits.
    pub premium: bool,
    /// Whether anybody may send it direct messages.
    pub accepts_direct_messages: bool,
    /// The post on top of its profile.
    pub pinned_post_id: Option<u64>,
}

impl User {
    /// A plain account, opened in 2013.
    #[must_use]
    pub fn new(id: u64, username: &str, name: &str) -> Self {
        Self {
            id,
            username: username.to_owned(),
            name: name.to_owned(),
            description: String::new(),
            created_at_ms: 1_386_995_755_000,
            protected: false,
            verified: false,
            premium: false,
            accepts_direct_messages: true,
            pinned_post_id: None,
        }
    }

    /// How many characters its posts may have, as X weighs them.
    #[must_use]
    pub fn post_limit(&self) -> usize {
        if self.premium { 25_000 } else { 280 }
    }
}

/// The accounts by id and by handle.
#[derive(Debug, Default)]
pub(crate) struct Users {
    by_id: HashMap<u64, User>,
    by_username: HashMap<String, u64>,
}

impl Users {
    pub fn add(&mut self, user: User) {
        self.by_username.insert(user.username.to_ascii_lowercase(), user.id);
        self.by_id.insert(user.id, user);
    }

    pub fn get(&self, id: u64) -> Option<&User> {
        self.by_id.get(&id)
    }

    pub fn by_username(&self, username: &str) -> Option<&User> {
        let id = self.by_username.get(&username.to_ascii_lowercase())?;
        self.by_id.get(id)
    }

    /// Gives the account a new handle; the old one is free again.
    pub fn rename(&mut self, id: u64, username: &str) {
        if let Some(user) = self.by_id.get_mut(&id) {
            self.by_username.remove(&user.username.to_ascii_lowercase());
            username.clone_into(&mut user.username);
            self.by_username.insert(username.to_ascii_lowercase(), id);
        }
    }

    pub fn remove(&mut self, id: u64) {
        if let Some(user) = self.by_id.remove(&id) {
            self.by_username.remove(&user.username.to_ascii_lowercase());
        }
    }

    pub fn all(&self) -> Vec<User> {
        let mut users: Vec<_> = self.by_id.values().cloned().collect();
        users.sort_by_key(|user| user.id);
        users
    }
}
