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

    /// Notes that X gives nothing more between here and the next post: a gap begins at the last post below which none is missing.
    pub fn miss(&mut self) {
        let known = self.seen.iter().copied().chain(self.newest).filter(|id| *id <= self.floor);
        let last = known.max().unwrap_or(self.floor);
        self.gap_after.get_or_insert(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UserId;
    use alloc::string::String;

    fn at(second: u64) -> PostId {
        PostId::at_unix_ms((1_795_000_000 + second) * 1_000)
    }

    /// A cursor whose floor passed everything up to second 100 in a read at second 200.
    fn read_at_200() -> Cursor {
        let mut cursor = Cursor::new(UserId::from_digits("1").expect("digits"), None, String::new(), at(0));
        cursor.pass(at(100), 1_795_000_200_000);
        cursor
    }

    #[test]
    fn an_edit_after_the_read_was_delivered_before_and_an_edit_ahead_of_it_was_not() {
        let cursor = read_at_200();
        assert!(cursor.is_delivered(at(201), &[at(50), at(201)]));
        assert!(!cursor.is_delivered(at(199), &[at(50), at(199)]));
        // Twice is better than never.
        assert!(!cursor.is_delivered(at(200), &[at(50), at(200)]));
    }

    #[test]
    fn the_first_edit_decides_when_a_version_left() {
        let cursor = read_at_200();
        assert!(!cursor.is_delivered(at(300), &[at(50), at(190), at(300)]));
        assert!(cursor.is_delivered(at(300), &[at(50), at(210), at(300)]));
    }

    #[test]
    fn a_version_that_is_older_than_all_reads_was_delivered_or_is_older_than_the_trigger() {
        let mut cursor = read_at_200();
        let old = PostId::from_number(at(0).number() - 1);
        assert!(cursor.is_delivered(at(199), &[old, at(199)]));
        for second in 1..200 {
            cursor.pass(at(100 + second), (1_795_000_200 + second) * 1_000);
        }
        assert_eq!(cursor.reads.len(), MOST_READS);
        assert!(cursor.is_delivered(at(199), &[at(50), at(199)]), "forgotten");
    }

    #[test]
    fn a_post_that_was_seen_is_known_by_each_of_its_versions() {
        let mut cursor = read_at_200();
        cursor.mark(at(50));
        assert!(cursor.is_delivered(at(50), &[at(50)]));
        assert!(cursor.is_delivered(at(199), &[at(50), at(199)]));
        assert!(!cursor.is_delivered(at(199), &[at(199)]));
    }

    #[test]
    fn what_can_be_edited_no_more_is_forgotten() {
        let mut cursor = read_at_200();
        cursor.mark(at(50));
        cursor.mark(at(150));
        cursor.forget((1_795_000_000 + 3_700) * 1_000);
        assert_eq!((cursor.reads.len(), cursor.seen.len()), (2, 2));
        cursor.forget((1_795_000_000 + 3_800) * 1_000);
        assert_eq!((cursor.reads.len(), cursor.seen.as_slice()), (0, [at(150)].as_slice()));
    }
}
