//! What a cursor knows of posts that were delivered: by id while that is young, by the time of the read after that.
//!
//! An edited post leaves its place and comes back under a new id, up to a minute later. Its history tells the
//! old ids; whether one of them was delivered depends on whether it was still there when its place was read.

use crate::id::PostId;
use crate::triggers::cursor::{Cursor, MOST_READS, Read};

/// X lets a post be edited for an hour, and shows the edit at most a minute later; the rest is for its clock.
const EDITABLE_MS: u64 = 3_600_000 + 60_000 + 2_000;

impl Cursor {
    /// Whether the post with these versions was delivered under this id or an earlier one.
    #[must_use]
    pub fn is_delivered(&self, id: PostId, versions: &[PostId]) -> bool {
        let earlier = versions.iter().copied().filter(|version| *version < id);
        self.seen.contains(&id) || earlier.into_iter().any(|version| self.seen.contains(&version) || self.was_read(version, id, versions))
    }

    /// Whether a version below the floor was still there when the floor passed it.
    fn was_read(&self, version: PostId, id: PostId, versions: &[PostId]) -> bool {
        if version > self.floor {
            return false;
        }
        let replaced_by = versions.iter().copied().filter(|next| *next > version).min().unwrap_or(id).min(id);
        // X tells its clock to the second. Within that second only `seen` knows; beyond what it holds, twice is better than never.
        let read = self.reads.iter().find(|read| version <= read.up_to);
        read.is_none_or(|read| replaced_by.unix_ms() >= read.unix_s.saturating_add(1).saturating_mul(1_000) || read.unix_s == 0)
    }

    /// Remembers a post that was delivered, or that needs no delivery.
    pub fn mark(&mut self, id: PostId) {
        if !self.seen.contains(&id) {
            self.seen.push(id);
        }
        self.newest = self.newest.max(Some(id));
    }

    /// Raises the floor over posts that were read at `server_ms`.
    pub fn pass(&mut self, up_to: PostId, server_ms: u64) {
        if up_to <= self.floor {
            return;
        }
        let unix_s = server_ms / 1_000;
        match self.reads.last_mut() {
            Some(last) if last.unix_s == unix_s => last.up_to = up_to,
            last => {
                if last.is_none() {
                    // What lies below was read long ago.
                    self.reads.push(Read { up_to: self.floor, unix_s: 0 });
                }
                self.reads.push(Read { up_to, unix_s });
            }
        }
        self.floor = up_to;
        if self.reads.len() > MOST_READS {
            self.forget_oldest_read();
        }
    }

    /// Forgets what can be edited no more. A window that began at `server_ms` has been delivered to its end.
    pub fn forget(&mut self, server_ms: u64) {
        while self.reads.get(1).is_some_and(|read| read.up_to.unix_ms().saturating_add(EDITABLE_MS) <= server_ms) {
            self.forget_oldest_read();
        }
        let known_by_time = match self.reads.as_slice() {
            [] | [_] => self.floor,
            [oldest, ..] => oldest.up_to,
        };
        self.seen.retain(|id| *id > known_by_time);
    }

    /// The first read stands for all before it, and has no time.
    fn forget_oldest_read(&mut self) {
        self.reads.remove(0);
        if let Some(oldest) = self.reads.first_mut() {
            oldest.unix_s = 0;
        }
        if self.reads.len() == 1 {
            self.reads.clear();
        }
    }

    /// The newest post below `before` that was seen.
    #[must_use]
    pub fn newest_below(&self, before: PostId) -> PostId {
        let known = self.seen.iter().copied().chain(self.newest).filter(|id| *id < before);
        known.max().unwrap_or(self.floor.min(before))
    }
}
