//! A model of an account's timeline at X, in memory: newest first, cut at its reach, late, edited, with odd pages.

use std::collections::BTreeMap;

use super::{Page, Query, Sighting};
use crate::error::{Case, Failure, Party};
use crate::id::PostId;

/// A version of a post. Versions of one post share its number.
#[derive(Debug, Clone)]
pub struct Version {
    pub id: PostId,
    pub post: usize,
    pub history: Vec<PostId>,
    /// When X shows it, and when it stops, in milliseconds since 1970.
    pub from_ms: u64,
    pub to_ms: u64,
}

/// How X pages, in chances of 256.
#[derive(Debug, Clone, Copy, Default)]
pub struct Habits {
    pub short_pages: u8,
    pub empty_pages: u8,
    /// A token on the last page, behind which nothing comes.
    pub late_end: u8,
    /// Tokens without end.
    pub endless: bool,
}

pub struct Timeline {
    pub now_ms: u64,
    pub reach: usize,
    pub habits: Habits,
    pub versions: Vec<Version>,
    /// The newest version of each post.
    pub current: BTreeMap<usize, usize>,
    pub posts: usize,
    /// Fails the read with this number, counted down.
    pub fails_in: Option<u32>,
    pub posts_read: usize,
    pub requests: u32,
    /// The seconds at which pages were read.
    pub read_at: Vec<u64>,
    random: u64,
}

impl Timeline {
    pub fn new(reach: usize, habits: Habits, seed: u64) -> Self {
        Self {
            now_ms: 1_795_000_000_000,
            reach,
            habits,
            versions: Vec::new(),
            current: BTreeMap::new(),
            posts: 0,
            fails_in: None,
            posts_read: 0,
            requests: 0,
            read_at: Vec::new(),
            random: seed | 1,
        }
    }

    /// A number below `end`, by xorshift.
    pub fn random(&mut self, end: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % end.max(1)
    }

    fn chance(&mut self, of_256: u8) -> bool {
        self.random(256) < u64::from(of_256)
    }

    fn fresh_id(&mut self) -> PostId {
        let low = self.versions.last().map_or(0, |version| version.id.number());
        let id = PostId::at_unix_ms(self.now_ms).number() + self.random(1 << 20);
        PostId::from_number(id.max(low + 1))
    }

    /// X shows half of all posts at once, the others up to a minute late.
    fn lateness(&mut self) -> u64 {
        if self.chance(128) { 0 } else { self.random(60_001) }
    }

    /// Nobody publishes a third of a timeline within the minute that X may be late.
    fn take_breath(&mut self) {
        let recent = self.versions.len().checked_sub(self.reach / 3).and_then(|index| self.versions.get(index));
        if recent.is_some_and(|version| version.id.unix_ms() + 61_000 > self.now_ms) {
            self.now_ms += 61_000;
        }
    }

    pub fn publish(&mut self) -> usize {
        self.take_breath();
        let (id, late, post) = (self.fresh_id(), self.lateness(), self.posts);
        self.posts += 1;
        self.current.insert(post, self.versions.len());
        // Ids may run ahead of the clock where many are made in a millisecond.
        let from_ms = self.now_ms + late;
        self.versions.push(Version { id, post, history: vec![id], from_ms, to_ms: u64::MAX });
        post
    }

    /// Edits a post, if X lets it: five times within an hour.
    pub fn edit(&mut self, post: usize) {
        self.take_breath();
        let Some(&old) = self.current.get(&post) else { return };
        let version = self.versions[old].clone();
        if version.to_ms <= self.now_ms || version.history.len() > 5 || version.history[0].unix_ms() + 3_600_000 < self.now_ms {
            return;
        }
        let (id, late) = (self.fresh_id(), self.lateness());
        self.versions[old].to_ms = self.now_ms;
        let history = version.history.iter().copied().chain([id]).collect();
        self.current.insert(post, self.versions.len());
        self.versions.push(Version { id, post, history, from_ms: self.now_ms + late, to_ms: u64::MAX });
    }

    pub fn delete(&mut self, post: usize) {
        let Some(&index) = self.current.get(&post) else { return };
        let now_ms = self.now_ms;
        let version = &mut self.versions[index];
        version.to_ms = version.to_ms.min(now_ms);
    }

    pub fn is_deleted(&self, post: usize) -> bool {
        self.versions[self.current[&post]].to_ms <= self.now_ms
    }

    /// What X would show, newest first.
    pub fn shown(&self) -> impl Iterator<Item = &Version> {
        let now_ms = self.now_ms;
        self.versions.iter().rev().filter(move |version| version.from_ms <= now_ms && now_ms < version.to_ms).take(self.reach)
    }

    /// Answers as X does.
    pub fn read(&mut self, query: &Query) -> Result<Page<usize>, Failure> {
        self.now_ms += 10 + self.random(1_500);
        self.requests += 1;
        self.read_at.push(self.now_ms / 1_000);
        if let Some(left) = self.fails_in.as_mut() {
            if *left == 0 {
                return Err(Failure::new(Case::Unavailable, "x-unavailable", Party::X, "fails"));
            }
            *left -= 1;
        }
        assert!((5..=100).contains(&query.max_results), "max_results {}", query.max_results);
        assert!(query.since.is_none_or(|since| since.unix_ms() <= self.now_ms), "since_id in the future");
        let (empties, below) = match query.token.as_deref().and_then(|token| token.split_once('-')) {
            Some((empties, below)) => (empties.parse().expect("empties"), below.parse().expect("below")),
            None => (0u32, u64::MAX),
        };
        let inside = |version: &&Version| {
            let id = version.id;
            id.number() < below && query.since.is_none_or(|since| id > since) && query.until.is_none_or(|until| id < until)
        };
        let mut room = query.max_results as usize;
        if self.chance(self.habits.short_pages) {
            room = 1 + usize::try_from(self.random(room as u64)).expect("small");
        }
        if empties < 3 && self.chance(self.habits.empty_pages) {
            room = 0;
        }
        let found: Vec<Version> = self.shown().filter(inside).take(room + 1).cloned().collect();
        let more = found.len() > room;
        let posts: Vec<Sighting<usize>> = found
            .into_iter()
            .take(room)
            .map(|version| Sighting { id: version.id, versions: version.history, post: version.post })
            .collect();
        self.posts_read += posts.len();
        let low = posts.last().map_or(below, |sighting| sighting.id.number());
        let is_next_empty = posts.is_empty();
        let goes_on = more || self.habits.endless || (!is_next_empty && self.chance(self.habits.late_end));
        let next_token = goes_on.then(|| format!("{}-{low}", if is_next_empty { empties + 1 } else { 0 }));
        Ok(Page { posts, next_token, server_ms: self.now_ms / 1_000 * 1_000 })
    }
}
