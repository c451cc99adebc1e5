//! Direct messages at the simulated X.

use std::collections::BTreeMap;

/// How long a message can be read through the API.
pub(crate) const REACH_MS: u64 = 30 * 24 * 60 * 60 * 1000;

/// A direct message of a conversation of two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectMessage {
    /// The event's id.
    pub id: u64,
    /// Who wrote it.
    pub sender_id: u64,
    /// To whom.
    pub recipient_id: u64,
    /// When, in milliseconds since 1970.
    pub created_at_ms: u64,
    /// What it says; empty when it is media alone.
    pub text: String,
    /// Attached media; X takes one at most.
    pub media_ids: Vec<u64>,
}

impl DirectMessage {
    /// `{smaller}-{larger}` of the two accounts.
    #[must_use]
    pub fn conversation_id(&self) -> String {
        let (a, b) = (self.sender_id, self.recipient_id);
        format!("{}-{}", a.min(b), a.max(b))
    }

    fn concerns(&self, user: u64) -> bool {
        self.sender_id == user || self.recipient_id == user
    }
}

#[derive(Debug, Default)]
pub(crate) struct Messages(BTreeMap<u64, DirectMessage>);

impl Messages {
    pub fn add(&mut self, message: DirectMessage) {
        self.0.insert(message.id, message);
    }

    pub fn all(&self) -> Vec<DirectMessage> {
        self.0.values().cloned().collect()
    }

    /// Whether an unshared upload was sent before.
    pub fn used_media(&self, media_id: u64) -> bool {
        self.0.values().any(|message| message.media_ids.contains(&media_id))
    }

    /// Messages of `user`, newest first, with `other` alone if given, below an id if given.
    pub fn page(&self, user: u64, other: Option<u64>, below: Option<u64>, limit: usize, now_ms: u64) -> (Vec<&DirectMessage>, Option<u64>) {
        let mut within = self
            .0
            .range(..below.unwrap_or(u64::MAX))
            .rev()
            .map(|(_, message)| message)
            .filter(|message| message.concerns(user))
            .filter(|message| match other {
                Some(other) if other == user => message.sender_id == message.recipient_id,
                Some(other) => message.concerns(other),
                None => true,
            })
            .filter(|message| message.created_at_ms + REACH_MS > now_ms);
        let page: Vec<_> = within.by_ref().take(limit).collect();
        let more = within.next().is_some();
        let next = page.last().filter(|_| more).map(|message| message.id);
        (page, next)
    }
}
