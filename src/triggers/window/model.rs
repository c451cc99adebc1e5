//! The poll against a model of X: nothing lost outside a reported gap, nothing twice but after a crash.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::timeline::{Habits, Timeline};
use super::{Found, advance, begin};
use crate::id::{PostId, UserId};
use crate::triggers::cursor::Cursor;

/// What happens between two looks.
#[derive(Debug, Clone)]
enum Step {
    Wait {
        ms: u64,
    },
    Publish {
        posts: u32,
        apart_ms: u64,
    },
    /// The post that many back from the newest.
    Edit {
        back: usize,
    },
    Delete {
        back: usize,
    },
    Poll {
        maximum: usize,
        fails_in: Option<u32>,
        crash: Crash,
    },
}

/// What an engine that crashes loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Crash {
    No,
    /// Items and cursor.
    Wholly,
    /// The cursor alone.
    AfterItems,
}

#[derive(Debug, Clone)]
struct Case {
    reach: usize,
    habits: Habits,
    seed: u64,
    before: u32,
    first: usize,
    host_behind_ms: u64,
    steps: Vec<Step>,
}

fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![0..3_000u64, 0..70_000u64, 0..600_000u64, 0..8_000_000u64];
    let maximum = prop_oneof![1..10usize, Just(100usize), 1..800usize];
    let crash = prop_oneof![8 => Just(Crash::No), 1 => Just(Crash::Wholly), 1 => Just(Crash::AfterItems)];
    let fails_in = prop_oneof![6 => Just(None), 1 => (0..12u32).prop_map(Some)];
    prop_oneof![
        4 => wait.prop_map(|ms| Step::Wait { ms }),
        4 => (1..6u32, 0..20_000u64).prop_map(|(posts, apart_ms)| Step::Publish { posts, apart_ms }),
        1 => (1..300u32, 0..2_000u64).prop_map(|(posts, apart_ms)| Step::Publish { posts, apart_ms }),
        3 => prop_oneof![0..4usize, 0..200usize].prop_map(|back| Step::Edit { back }),
        2 => prop_oneof![0..4usize, 0..200usize].prop_map(|back| Step::Delete { back }),
        9 => (maximum, fails_in, crash).prop_map(|(maximum, fails_in, crash)| Step::Poll { maximum, fails_in, crash }),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let chance = || prop_oneof![2 => Just(0u8), 1 => any::<u8>()];
    let habits = (chance(), chance(), chance(), prop::bool::weighted(0.2))
        .prop_map(|(short_pages, empty_pages, late_end, endless)| Habits { short_pages, empty_pages, late_end, endless });
    let reach = prop_oneof![2 => 300..500usize, 1 => Just(800usize), 2 => Just(3_200usize)];
    let before = prop_oneof![1 => Just(0u32), 3 => 1..400u32];
    let first = prop_oneof![2 => Just(0usize), 1 => 1..100usize];
    let host_behind_ms = prop_oneof![Just(0u64), 0..3_600_000u64];
    let steps = prop::collection::vec(step(), 60);
    (reach, habits, any::<u64>(), before, first, host_behind_ms, steps).prop_map(
        |(reach, habits, seed, before, first, host_behind_ms, steps)| Case { reach, habits, seed, before, first, host_behind_ms, steps },
    )
}

/// An engine with one trigger, and what its author has seen.
struct Engine {
    timeline: Timeline,
    doubtful: u32,
    /// By how much the host's clock is late.
    host_behind_ms: u64,
    cursor: Option<String>,
    /// Posts below this number are older than the trigger.
    first_post: usize,
    deliveries: BTreeMap<usize, u32>,
    allowed: BTreeMap<usize, u32>,
    gaps: Vec<(PostId, PostId)>,
}

impl Engine {
    fn new(case: &Case) -> Self {
        let mut timeline = Timeline::new(case.reach, case.habits, case.seed);
        for _ in 0..case.before {
            timeline.now_ms += 20_000;
            timeline.publish();
        }
        let doubtful = u32::try_from(case.reach / 2).expect("small");
        let (deliveries, allowed) = (BTreeMap::new(), BTreeMap::new());
        Self { timeline, doubtful, host_behind_ms: case.host_behind_ms, cursor: None, first_post: 0, deliveries, allowed, gaps: Vec::new() }
    }

    fn poll(&mut self, first: usize, maximum: usize, fails_in: Option<u32>, crash: Crash) -> Option<Found<usize>> {
        self.timeline.fails_in = fails_in;
        let timeline = &mut self.timeline;
        let published = timeline.posts;
        let host_ms = timeline.now_ms - self.host_behind_ms;
        let mut read = |query| timeline.read(&query);
        let (cursor, found) = match &self.cursor {
            None => {
                let user = UserId::from_digits("1").expect("digits");
                let mut cursor = Cursor::new(user, None, "id:1".into(), PostId::from_number(0));
                let found = begin(&mut cursor, first, host_ms, &mut read).ok()?;
                assert!(found.items.len() <= first);
                (cursor, found)
            }
            Some(text) => {
                let mut cursor = Cursor::read(text).expect("the cursor is readable");
                let found = advance(&mut cursor, maximum, self.doubtful, &mut read).ok()?;
                assert!(found.items.len() <= maximum);
                (cursor, found)
            }
        };
        self.timeline.fails_in = None;
        let text = cursor.write().expect("the cursor is at most 8 KiB");
        assert!(text.len() <= 8 * 1_024);
        assert!(found.items.is_sorted_by(|a, b| a.id < b.id), "oldest first");
        if crash == Crash::Wholly {
            return None;
        }
        for item in &found.items {
            *self.deliveries.entry(item.post).or_default() += 1;
            if crash == Crash::AfterItems {
                *self.allowed.entry(item.post).or_default() += 1;
            }
        }
        if let Some((after, before)) = found.gap {
            assert!(after < before, "a gap lies between two posts");
            assert!(found.items.iter().any(|item| item.id == before), "a gap ends at a post that is delivered");
            assert!(self.is_gap(after, before), "a gap was reported where none was");
            self.gaps.push((after, before));
        }
        if crash == Crash::AfterItems {
            return None;
        }
        if self.cursor.is_none() {
            self.first_post = published;
        }
        self.cursor = Some(text);
        Some(found)
    }

    /// Whether a post between these was missed. Where nothing older is left, X does not tell whether something was.
    fn is_gap(&self, after: PostId, before: PostId) -> bool {
        let missed = |post: usize| !self.deliveries.contains_key(&post);
        let inside = |id: PostId| after < id && id < before;
        self.timeline.versions.iter().any(|version| inside(version.id) && missed(version.post))
            || !self.timeline.shown().any(|version| version.id <= after)
    }

    fn act(&mut self, case: &Case, step: &Step) {
        let timeline = &mut self.timeline;
        match *step {
            Step::Wait { ms } => timeline.now_ms += ms,
            Step::Publish { posts, apart_ms } => {
                for _ in 0..posts {
                    timeline.now_ms += apart_ms;
                    timeline.publish();
                }
            }
            Step::Edit { back } => {
                if let Some(post) = timeline.posts.checked_sub(back + 1) {
                    timeline.edit(post);
                }
            }
            Step::Delete { back } => {
                if let Some(post) = timeline.posts.checked_sub(back + 1) {
                    timeline.delete(post);
                }
            }
            Step::Poll { maximum, fails_in, crash } => {
                self.poll(case.first, maximum, fails_in, crash);
            }
        }
        self.nothing_twice();
    }

    /// Polls as an engine does when all is well, until X gives nothing more.
    fn settle(&mut self, case: &Case) {
        for _ in 0..400 {
            self.timeline.now_ms += 30_000;
            let has_more = self.poll(case.first, 100, None, Crash::No).expect("no read fails").has_more;
            if !has_more && self.is_idle(case) {
                return;
            }
        }
        panic!("polling without new posts goes on costing");
    }

    /// Whether a poll 61 seconds later reads no post at all.
    fn is_idle(&mut self, case: &Case) -> bool {
        self.timeline.now_ms += 61_000;
        self.poll(case.first, 100, None, Crash::No).expect("no read fails");
        self.timeline.now_ms += 61_000;
        let before = self.timeline.posts_read;
        self.poll(case.first, 100, None, Crash::No).expect("no read fails");
        self.timeline.posts_read == before
    }

    fn nothing_twice(&self) {
        for (post, times) in &self.deliveries {
            let allowed = 1 + self.allowed.get(post).copied().unwrap_or_default();
            assert!(
                *times <= allowed || self.may_come_twice(*post),
                "post {post} came {times} times, {allowed} allowed: {:?}",
                self.history(*post)
            );
        }
    }

    /// Of an account that publishes more than the cursor holds, an edit may come again when a page was read in the
    /// very second of the edit, or while X did not show it yet.
    fn may_come_twice(&self, post: usize) -> bool {
        let history = self.history(post);
        let first_ms = history[0].unix_ms();
        let around = self.timeline.versions.iter().filter(|version| version.id.unix_ms().abs_diff(first_ms) < 3_600_000).count();
        history.len() > 1 && around > 140
    }

    fn history(&self, post: usize) -> &[PostId] {
        &self.timeline.versions[self.timeline.current[&post]].history
    }

    fn nothing_lost(&self) {
        for post in self.first_post..self.timeline.posts {
            let is_reported = || self.history(post).iter().any(|id| self.gaps.iter().any(|(after, before)| after < id && id < before));
            assert!(
                self.deliveries.contains_key(&post) || self.timeline.is_deleted(post) || is_reported(),
                "post {post} was lost: {:?}, gaps {:?}",
                self.history(post),
                self.gaps
            );
        }
    }
}

fn check(case: &Case) {
    let mut engine = Engine::new(case);
    for step in &case.steps {
        engine.act(case, step);
    }
    engine.settle(case);
    engine.nothing_twice();
    engine.nothing_lost();
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 2_000, max_shrink_time: 30_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_poll_loses_nothing_silently_and_repeats_only_after_a_crash(case in case()) {
        check(&case);
    }
}

#[test]
fn of_5000_posts_between_two_polls_3200_are_delivered_and_one_gap_is_reported() {
    let quiet = Case { reach: 3_200, habits: Habits::default(), seed: 7, before: 10, first: 0, host_behind_ms: 0, steps: Vec::new() };
    let mut engine = Engine::new(&quiet);
    engine.poll(0, 100, None, Crash::No).expect("begins");
    engine.act(&quiet, &Step::Publish { posts: 3, apart_ms: 1_000 });
    engine.timeline.now_ms += 3_600_000;
    engine.poll(0, 100, None, Crash::No).expect("polls");
    let last = engine.timeline.versions[12].id;

    engine.act(&quiet, &Step::Publish { posts: 5_000, apart_ms: 1_000 });
    engine.timeline.now_ms += 120_000;
    let (mut delivered, mut polls) = (Vec::new(), 0);
    loop {
        let found = engine.poll(0, 100, None, Crash::No).expect("polls");
        polls += 1;
        assert_eq!(found.gap.is_some(), polls == 1, "the gap comes with the first part, once");
        delivered.extend(found.items.iter().map(|item| item.id));
        if !found.has_more {
            break;
        }
    }
    let newest: Vec<PostId> = engine.timeline.versions[5_013 - 3_200..].iter().map(|version| version.id).collect();
    assert_eq!(delivered, newest);
    assert_eq!(engine.gaps, [(last, newest[0])]);
    assert_eq!(polls, 32, "each part is full");
}

#[test]
fn a_read_that_fails_in_the_middle_keeps_what_was_found() {
    let quiet = Case { reach: 3_200, habits: Habits::default(), seed: 7, before: 10, first: 0, host_behind_ms: 0, steps: Vec::new() };
    let mut engine = Engine::new(&quiet);
    engine.poll(0, 100, None, Crash::No).expect("begins");
    engine.act(&quiet, &Step::Publish { posts: 1_000, apart_ms: 1_000 });
    assert!(engine.poll(0, 100, Some(0), Crash::No).is_none(), "nothing came, so the failure is told");
    let found = engine.poll(0, 100, Some(5), Crash::No).expect("five pages came");
    assert_eq!((found.items.len(), found.has_more), (0, true));
    let before = engine.timeline.posts_read;
    let found = engine.poll(0, 800, None, Crash::No).expect("polls");
    assert_eq!((found.items.len(), found.has_more), (800, true));
    assert!(engine.timeline.posts_read - before < 1_000, "what was found is not searched again");
}

#[test]
fn an_account_without_new_posts_costs_nothing() {
    let quiet = Case { reach: 3_200, habits: Habits::default(), seed: 7, before: 10, first: 0, host_behind_ms: 0, steps: Vec::new() };
    let mut engine = Engine::new(&quiet);
    engine.timeline.now_ms += 120_000;
    for _ in 0..20 {
        engine.timeline.now_ms += 300_000;
        engine.poll(0, 100, None, Crash::No).expect("polls");
    }
    assert_eq!((engine.timeline.posts_read, engine.timeline.requests), (0, 20));
}
