//! What X bills: the list prices, the ledger, credits and the cap of post reads.

use std::collections::{HashMap, HashSet};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// A billed kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Item {
    /// A post was published.
    PostCreate,
    /// A post with a link in it was published.
    PostCreateWithUrl,
    /// A reply to somebody who mentioned the account was published.
    SummonedReply,
    /// A post was deleted.
    PostDelete,
    /// A like or repost.
    UserInteraction,
    /// The undoing of a like or repost.
    UserInteractionDelete,
    /// A direct message was sent.
    DmCreate,
    /// An upload was described.
    MediaMetadata,
    /// A post was read.
    PostRead,
    /// An account was read.
    UserRead,
    /// A direct message was read.
    DmEventRead,
    /// One of the app owner's own posts was read from the own timeline.
    OwnedRead,
}

impl Item {
    /// The name that charges bear.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PostCreate => "post-create",
            Self::PostCreateWithUrl => "post-create-with-url",
            Self::SummonedReply => "summoned-reply",
            Self::PostDelete => "post-delete",
            Self::UserInteraction => "user-interaction",
            Self::UserInteractionDelete => "user-interaction-delete",
            Self::DmCreate => "dm-create",
            Self::MediaMetadata => "media-metadata",
            Self::PostRead => "post-read",
            Self::UserRead => "user-read",
            Self::DmEventRead => "dm-event-read",
            Self::OwnedRead => "owned-read",
        }
    }

    /// The list price in millionths of a US dollar.
    #[must_use]
    pub fn micro_usd(self) -> u64 {
        match self {
            Self::PostCreateWithUrl => 200_000,
            Self::PostCreate | Self::UserInteraction | Self::DmCreate => 15_000,
            Self::SummonedReply | Self::PostDelete | Self::UserInteractionDelete | Self::UserRead | Self::DmEventRead => 10_000,
            Self::PostRead | Self::MediaMetadata => 5_000,
            Self::OwnedRead => 1_000,
        }
    }

    fn is_read(self) -> bool {
        matches!(self, Self::PostRead | Self::UserRead | Self::DmEventRead | Self::OwnedRead)
    }

    fn counts_for_cap(self) -> bool {
        matches!(self, Self::PostRead | Self::OwnedRead)
    }
}

/// Something that a successful call owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bill {
    pub item: Item,
    /// The post, account or message that was read.
    pub resource: u64,
}

/// What was billed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    counts: HashMap<Item, u64>,
    total_micro_usd: u64,
    post_reads: u64,
    /// A resource is billed once per UTC day.
    read_on_day: (u64, HashSet<(u64, bool)>),
}

impl Ledger {
    pub fn charge(&mut self, bills: &[Bill], now_ms: u64) {
        for bill in bills {
            if bill.item.is_read() {
                let day = now_ms / DAY_MS;
                if self.read_on_day.0 != day {
                    self.read_on_day = (day, HashSet::new());
                }
                // Ids are unique over posts and messages; accounts can collide with neither but in theory.
                let key = (bill.resource, bill.item == Item::UserRead);
                if !self.read_on_day.1.insert(key) {
                    continue;
                }
            }
            *self.counts.entry(bill.item).or_default() += 1;
            self.total_micro_usd += bill.item.micro_usd();
            self.post_reads += u64::from(bill.item.counts_for_cap());
        }
    }

    pub fn count(&self, item: Item) -> u64 {
        self.counts.get(&item).copied().unwrap_or_default()
    }

    pub fn total_micro_usd(&self) -> u64 {
        self.total_micro_usd
    }

    pub fn post_reads(&self) -> u64 {
        self.post_reads
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_billed_once_per_utc_day() {
        let mut ledger = Ledger::default();
        let read = |resource| Bill { item: Item::PostRead, resource };
        ledger.charge(&[read(1), read(2), read(1)], DAY_MS - 1);
        assert_eq!(ledger.total_micro_usd(), 10_000);
        ledger.charge(&[read(1)], DAY_MS);
        assert_eq!(ledger.count(Item::PostRead), 3);
        assert_eq!(ledger.post_reads(), 3);
    }

    #[test]
    fn writes_are_billed_each_time() {
        let mut ledger = Ledger::default();
        let link = Bill { item: Item::PostCreateWithUrl, resource: 0 };
        ledger.charge(&[link, link], 0);
        assert_eq!(ledger.total_micro_usd(), 400_000);
    }
}
