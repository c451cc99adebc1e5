//! What tests look at: counts, contents, charges and the exchange log.

use super::billing::Item;
use super::endpoints;
use super::exchange::Exchange;
use super::media::Media;
use super::messages::DirectMessage;
use super::posts::Post;
use super::users::User;
use super::{Simulator, lock};

impl Simulator {
    /// How many calls of an endpoint changed something, by method and path template (`"POST", "/2/tweets"`).
    #[must_use]
    pub fn effects(&self, method: &str, path: &str) -> u64 {
        endpoints::name(method, path).and_then(|name| self.state().effects.get(name).copied()).unwrap_or_default()
    }

    /// How many calls of an endpoint came in, refused ones too; calls that a fault stopped before are not among them.
    #[must_use]
    pub fn calls(&self, method: &str, path: &str) -> u64 {
        endpoints::name(method, path).and_then(|name| self.state().calls.get(name).copied()).unwrap_or_default()
    }

    /// All accounts, by id.
    #[must_use]
    pub fn users(&self) -> Vec<User> {
        self.state().users.all()
    }

    /// The account of this handle.
    #[must_use]
    pub fn user(&self, username: &str) -> Option<User> {
        self.state().users.by_username(username).cloned()
    }

    /// The account that owns the token of the options.
    #[must_use]
    pub fn owner(&self) -> Option<User> {
        self.options().users.first().cloned()
    }

    /// All posts of all accounts, old versions and reposts among them, by id.
    #[must_use]
    pub fn posts(&self) -> Vec<Post> {
        self.state().posts.all()
    }

    /// How many posts there are.
    #[must_use]
    pub fn post_count(&self) -> usize {
        self.state().posts.len()
    }

    /// One post.
    #[must_use]
    pub fn post(&self, id: u64) -> Option<Post> {
        self.state().posts.get(id).cloned()
    }

    /// The posts that the account likes, by id.
    #[must_use]
    pub fn liked_by(&self, user_id: u64) -> Vec<u64> {
        self.state().posts.liked_by(user_id)
    }

    /// The posts that the account reposted, by id.
    #[must_use]
    pub fn reposted_by(&self, user_id: u64) -> Vec<u64> {
        self.state().posts.reposted_by(user_id)
    }

    /// All direct messages, oldest first.
    #[must_use]
    pub fn direct_messages(&self) -> Vec<DirectMessage> {
        self.state().messages.all()
    }

    /// All uploads, unfinished and expired ones too, oldest first.
    #[must_use]
    pub fn media(&self) -> Vec<Media> {
        let now_ms = self.now_ms();
        self.state().media.all(now_ms)
    }

    /// One upload, unfinished or expired ones too.
    #[must_use]
    pub fn media_with_id(&self, id: u64) -> Option<Media> {
        let now_ms = self.now_ms();
        self.state().media.one(id, now_ms)
    }

    /// What all calls cost so far at list price, in millionths of a US dollar.
    #[must_use]
    pub fn charged_micro_usd(&self) -> u64 {
        self.state().ledger.total_micro_usd()
    }

    /// How many of an item were charged so far.
    #[must_use]
    pub fn charged(&self, item: Item) -> u64 {
        self.state().ledger.count(item)
    }

    /// The newest exchanges, oldest first, as many as the options keep.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        lock(&self.0.log).all()
    }

    /// Forgets the exchanges.
    pub fn clear_exchanges(&self) {
        lock(&self.0.log).clear();
    }
}
