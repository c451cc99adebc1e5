//! The backlog of a window: finding its pages from the newest to the oldest, and delivering them the other way.

use alloc::vec::Vec;

use super::{Dated, PAGE, Page, Poll, SMALLEST_PAGE, Sighting, ends, oldest_first};
use crate::error::Failure;
use crate::id::PostId;
use crate::triggers::cursor::{MOST_PAGES, MOST_SEEN};

impl<T> Poll<'_, '_, T> {
    /// Looks for the next older page.
    pub(super) fn scan(&mut self) -> Result<(), Failure> {
        match self.cursor.backlog.as_ref().map(|backlog| (backlog.reached, backlog.low)) {
            Some((reached, low)) => {
                let page = self.page(Some(reached), Some(low), PAGE)?;
                self.keep(page)
            }
            None => Ok(()),
        }
    }

    /// Adds an older page to the backlog.
    pub(super) fn keep(&mut self, page: Page<T>) -> Result<(), Failure> {
        let ended = page.next_token.is_none();
        self.add(page);
        if ended { self.end_scan() } else { Ok(()) }
    }

    fn add(&mut self, page: Page<T>) {
        if let (Some(backlog), Some((up, low))) = (self.cursor.backlog.as_mut(), ends(&page.posts)) {
            backlog.low = low;
            append(&mut backlog.pages, (up, count(&page.posts)));
            self.held.push((up, (page.server_ms, page.posts)));
        }
    }

    /// The pages have ended: at the floor, or at X's limit? A large window leaves a doubt, and so does one that an
    /// earlier poll began, since new posts push old ones over the limit.
    fn end_scan(&mut self) -> Result<(), Failure> {
        let Some(backlog) = self.cursor.backlog.as_ref() else {
            return Ok(());
        };
        let reached = backlog.reached;
        let total: u32 = backlog.pages.iter().map(|(_, count)| *count).sum();
        if total >= self.doubtful || !self.opened {
            let mut below = self.page(None, Some(backlog.low), SMALLEST_PAGE)?;
            if below.posts.is_empty() {
                self.cursor.miss();
            }
            below.posts.retain(|sighting| sighting.id > reached);
            if !below.posts.is_empty() {
                // X ended its pages early; there is more.
                self.add(below);
                return Ok(());
            }
        }
        if let Some(backlog) = self.cursor.backlog.as_mut() {
            backlog.scanning = false;
        }
        Ok(())
    }

    /// Delivers from the oldest page. `false` when that is all for this poll.
    pub(super) fn deliver(&mut self, mut room: usize) -> Result<bool, Failure> {
        let page = self.cursor.backlog.as_ref().and_then(|backlog| Some((*backlog.pages.last()?, backlog.reached)));
        let Some(((up, expected), mut reached)) = page else {
            self.close();
            return Ok(false);
        };
        let (server_ms, mut posts) = match self.take_held(up, expected) {
            Some(held) => held,
            None => match self.reread(reached, up)? {
                Some(read) => read,
                // The page has grown beyond one request; its lower part has to be found first.
                None => return Ok(true),
            },
        };
        let Some(ceiling) = self.cursor.backlog.as_ref().map(|backlog| backlog.next_floor) else {
            return Ok(false);
        };
        oldest_first(&mut posts);
        let (mut rest, mut is_crowded) = (posts.into_iter(), false);
        while let Some(next) = rest.as_slice().first() {
            let id = next.id;
            let is_new = !self.cursor.is_delivered(id, &next.versions);
            // One gap a poll; the next poll finds the other again.
            if is_new && (room == 0 || (self.cursor.gap_after.is_some() && self.found.gap.is_some())) {
                break;
            }
            if id > ceiling && self.is_crowded(ceiling) {
                is_crowded = true;
                break;
            }
            let sighting = rest.next();
            if is_new {
                room -= 1;
                self.found.gap = self.cursor.gap_after.take().map(|after| (after, id)).or(self.found.gap);
                self.found.items.extend(sighting);
            }
            self.cursor.mark(id);
            reached = id;
        }
        let waiting = count(rest.as_slice());
        if waiting == 0 {
            reached = reached.max(up);
        }
        self.cursor.pass(reached.min(ceiling), server_ms);
        if is_crowded {
            // What is left is found again, when what was delivered has settled.
            self.cursor.backlog = None;
            return Ok(false);
        }
        let Some(backlog) = self.cursor.backlog.as_mut() else {
            return Ok(false);
        };
        backlog.reached = reached;
        if waiting > 0 {
            if let Some((_, count)) = backlog.pages.last_mut() {
                *count = waiting;
            }
            return Ok(false);
        }
        backlog.pages.pop();
        if backlog.pages.is_empty() {
            self.close();
        }
        Ok(true)
    }

    /// Whether the cursor can hold no more posts that may still be joined by late ones.
    fn is_crowded(&self, ceiling: PostId) -> bool {
        self.cursor.seen.iter().filter(|id| **id > ceiling).count() >= MOST_SEEN
    }

    /// The posts of a page, if this poll has read all of it. Small neighbours are one page of the backlog, and may
    /// come from two polls.
    fn take_held(&mut self, up: PostId, expected: u32) -> Option<Dated<T>> {
        let (mut posts, mut server_ms) = (Vec::new(), None);
        while let Some((_, (at, mut page))) = self.held.pop_if(|(held, _)| *held <= up) {
            server_ms = server_ms.max(Some(at));
            posts.append(&mut page);
        }
        server_ms.filter(|_| count(&posts) == expected).map(|at| (at, posts))
    }

    /// Reads a page of the backlog again. `None` when the scan has to go on below it.
    fn reread(&mut self, reached: PostId, up: PostId) -> Result<Option<Dated<T>>, Failure> {
        // The last delivered post comes along: while it is there, nothing above it has been pushed over X's limit.
        let mut page = self.page(Some(moved(reached, -1)), Some(moved(up, 1)), PAGE + 1)?;
        let before = page.posts.len();
        page.posts.retain(|sighting| sighting.id > reached);
        let is_whole = page.posts.len() < before;
        let low = page.next_token.as_ref().and(ends(&page.posts)).map(|(_, low)| low);
        if let (false, Some(low), Some(backlog)) = (is_whole, low, self.cursor.backlog.as_mut()) {
            (backlog.low, backlog.scanning) = (low, true);
            if let Some((_, known)) = backlog.pages.last_mut() {
                *known = count(&page.posts);
            }
            self.held.push((up, (page.server_ms, page.posts)));
            return Ok(None);
        }
        // It may have been deleted; then others are still there.
        if !is_whole && self.page(None, Some(moved(reached, 1)), SMALLEST_PAGE)?.posts.is_empty() {
            self.cursor.miss();
        }
        Ok(Some((page.server_ms, page.posts)))
    }

    fn close(&mut self) {
        if let Some(backlog) = self.cursor.backlog.take() {
            let opened_ms = backlog.opened_s.saturating_mul(1_000);
            self.cursor.pass(backlog.next_floor, opened_ms);
            self.cursor.forget(opened_ms);
        }
    }
}

fn moved(id: PostId, by: i64) -> PostId {
    PostId::from_number(id.number().saturating_add_signed(by))
}

fn count<T>(posts: &[Sighting<T>]) -> u32 {
    u32::try_from(posts.len()).unwrap_or(u32::MAX)
}

/// Adds an older page. Small neighbours become one; when the list is full, so do the newest two: a page that
/// turns out too large for one request is searched again when its turn comes.
fn append(pages: &mut Vec<(PostId, u32)>, page: (PostId, u32)) {
    match pages.last_mut() {
        Some((_, count)) if *count + page.1 <= PAGE => *count += page.1,
        _ => pages.push(page),
    }
    if pages.len() > MOST_PAGES {
        let second = pages.remove(1);
        if let Some((_, count)) = pages.first_mut() {
            *count = count.saturating_add(second.1);
        }
    }
}
