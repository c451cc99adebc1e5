//! What tests put into the simulated X behind the back of its API.

use std::time::Duration;

use super::Simulator;
use super::auth::Token;
use super::clock::millis;
use super::endpoints;
use super::limits::Limit;
use super::media::processing::Processing;
use super::messages::DirectMessage;
use super::state::Draft;
use super::users::User;

/// A post to put on somebody's timeline.
#[derive(Clone, Debug, Default)]
pub struct NewPost {
    /// What it says; longer than 280 makes it a long post.
    pub text: String,
    /// When it was written, in milliseconds since 1970; nothing is now.
    pub at_ms: Option<u64>,
    /// The post that it answers.
    pub replies_to: Option<u64>,
    /// The post that it repeats; the text is then made from that one.
    pub repost_of: Option<u64>,
    /// The post that it quotes.
    pub quotes: Option<u64>,
    /// How long after it was written timelines show it.
    pub hidden_for: Duration,
}

impl NewPost {
    /// A plain post of now.
    #[must_use]
    pub fn saying(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The same post at another time, in milliseconds since 1970.
    #[must_use]
    pub fn at(mut self, at_ms: u64) -> Self {
        self.at_ms = Some(at_ms);
        self
    }
}

#[allow(clippy::must_use_candidate, reason = "what they do matters more than what they return")]
impl Simulator {
    /// Opens an account, or replaces the one with the same id.
    pub fn add_user(&self, user: User) {
        self.state().users.add(user);
    }

    /// Gives an account another handle.
    pub fn rename_user(&self, id: u64, username: &str) {
        self.state().users.rename(id, username);
    }

    /// Closes an account; its posts stay.
    pub fn remove_user(&self, id: u64) {
        self.state().users.remove(id);
    }

    /// Makes a credential known.
    pub fn add_token(&self, token: Token) {
        self.state().tokens.add(token);
    }

    /// Takes a credential back.
    pub fn revoke_token(&self, secret: &str) {
        self.state().tokens.revoke(secret);
    }

    /// Puts a post on the author's timeline and returns its id.
    pub fn add_post(&self, author_id: u64, post: NewPost) -> u64 {
        let now_ms = self.now_ms();
        let mut state = self.state();
        let at_ms = post.at_ms.unwrap_or(now_ms);
        let id = match post.at_ms {
            Some(at_ms) => state.id_at(at_ms),
            None => state.next_id(now_ms),
        };
        let source = post.repost_of.and_then(|id| state.posts.get(id));
        let text = source.map_or(post.text, |source| state.repost_text(source));
        let draft = Draft {
            author_id,
            text,
            replies_to: post.replies_to,
            repost_of: post.repost_of,
            quotes: post.quotes,
            hidden_ms: millis(post.hidden_for),
            ..Draft::default()
        };
        state.publish(draft, id, at_ms, self.options());
        id
    }

    /// Edits a post now: a new version with an id of its own takes its place. Returns that id, or nothing without such a post.
    pub fn edit_post(&self, id: u64, text: &str) -> Option<u64> {
        let now_ms = self.now_ms();
        let mut state = self.state();
        let old = state.posts.get(id)?.clone();
        let draft = Draft {
            author_id: old.author_id,
            text: text.to_owned(),
            replies_to: old.replies_to,
            quotes: old.quotes,
            media_ids: old.media_ids,
            tagged_user_ids: old.tagged_user_ids,
            edits: Some(id),
            ..Draft::default()
        };
        let id = state.next_id(now_ms);
        state.publish(draft, id, now_ms, self.options());
        Some(id)
    }

    /// Deletes a post as its author would. Whether there was one.
    pub fn delete_post(&self, id: u64) -> bool {
        self.state().posts.remove(id).is_some()
    }

    /// Sends a direct message now and returns its id.
    pub fn add_direct_message(&self, sender_id: u64, recipient_id: u64, text: &str) -> u64 {
        let now_ms = self.now_ms();
        let mut state = self.state();
        let id = state.next_id(now_ms);
        state.messages.add(DirectMessage {
            id,
            sender_id,
            recipient_id,
            created_at_ms: now_ms,
            text: text.to_owned(),
            media_ids: Vec::new(),
        });
        id
    }

    /// Replaces an endpoint's limit of the same scope and span, or adds one. Whether there is such an endpoint.
    pub fn set_limit(&self, method: &str, path: &str, limit: Limit) -> bool {
        let Some(endpoint) = endpoints::named(method, path) else {
            return false;
        };
        self.state().windows.change(endpoint.name, limit);
        true
    }

    /// Sets what becomes of GIFs and videos that are finalized from now on.
    pub fn set_processing(&self, processing: Processing) {
        self.state().media.processing = Some(processing);
    }

    /// Sets what may be spent in all from the beginning on, in millionths of a US dollar.
    pub fn set_credits(&self, credits: Option<i64>) {
        self.state().credits = credits;
    }
}
