//! The window of a timeline poll: which pages to read, which posts are new, and where the cursor stands after.
//!
//! X gives timelines newest first, at most 100 a page and 3200 in all, indexes posts late, and replaces an
//! edited post by a new id. The engine wants oldest first, each once, none lost. So a poll first finds the
//! pages down to the floor, then delivers from the oldest; what does not fit waits in the cursor as a
//! backlog. Nothing here touches the network: `read` does.

use alloc::vec::Vec;

use crate::error::Failure;
use crate::id::PostId;
use crate::triggers::cursor::{Backlog, Cursor, MOST_PAGES, Read};

/// What X gives on a page.
const PAGE: u32 = 100;
/// Posts may appear this long after they were published.
const LATE_MS: u64 = 60_000;
/// One poll reads no more pages than a whole timeline has.
const MOST_REQUESTS: u32 = 40;
/// X re-issues a token without end at times; after so many empty pages the timeline has ended.
const MOST_EMPTY: u32 = 10;
/// The smallest page that X gives.
const SMALLEST_PAGE: u32 = 5;

/// One request for a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Posts above this id alone.
    pub since: Option<PostId>,
    /// Posts below this id alone.
    pub until: Option<PostId>,
    pub token: Option<alloc::string::String>,
    pub max_results: u32,
}

/// A post on a page.
#[derive(Debug, Clone)]
pub struct Sighting<T> {
    pub id: PostId,
    /// The ids of all its versions, itself included.
    pub versions: Vec<PostId>,
    pub post: T,
}

/// A page, newest first.
#[derive(Debug)]
pub struct Page<T> {
    pub posts: Vec<Sighting<T>>,
    pub next_token: Option<alloc::string::String>,
    /// X's clock when it gave the page, in milliseconds since 1970.
    pub server_ms: u64,
}

/// What a poll found.
#[derive(Debug)]
pub struct Found<T> {
    /// Oldest first.
    pub items: Vec<Sighting<T>>,
    pub has_more: bool,
    /// The ids around posts that X does not give any more.
    pub gap: Option<(PostId, PostId)>,
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        Self { items: Vec::new(), has_more: false, gap: None }
    }
}

/// Gives a page or says why not.
pub type Reader<'a, T> = dyn FnMut(Query) -> Result<Page<T>, Failure> + 'a;

/// Finds where a new trigger begins, and the newest `count` posts.
///
/// `now_ms` is a guess of X's clock; the page tells the truth.
///
/// # Errors
/// The reader's [`Failure`].
pub fn begin<T>(cursor: &mut Cursor, count: usize, now_ms: u64, read: &mut Reader<'_, T>) -> Result<Found<T>, Failure> {
    if count == 0 {
        // Only what may still be joined by late posts has to be known, so an idle account costs nothing.
        let guess = PostId::at_unix_ms(now_ms.saturating_sub(LATE_MS));
        let query = |since| Query { since: Some(since), until: None, token: None, max_results: PAGE };
        let mut page = read(query(guess))?;
        if guess > settled(page.server_ms) {
            page = read(query(settled(page.server_ms)))?;
        }
        stand(cursor, &page.posts, page.server_ms);
        return Ok(Found::default());
    }
    let wanted = u32::try_from(count).unwrap_or(PAGE).clamp(SMALLEST_PAGE, PAGE);
    let mut query = Query { since: None, until: None, token: None, max_results: wanted };
    let mut posts = Vec::new();
    let mut server_ms = None;
    for _ in 0..MOST_EMPTY {
        let page = read(query.clone())?;
        server_ms.get_or_insert(page.server_ms);
        posts.extend(page.posts);
        query.token = page.next_token;
        if posts.len() >= count || query.token.is_none() {
            break;
        }
    }
    stand(cursor, &posts, server_ms.unwrap_or(now_ms));
    oldest_first(&mut posts);
    posts.drain(..posts.len().saturating_sub(count));
    Ok(Found { items: posts, ..Found::default() })
}

/// Puts the cursor behind everything that was seen.
fn stand<T>(cursor: &mut Cursor, posts: &[Sighting<T>], server_ms: u64) {
    cursor.newest = posts.iter().map(|sighting| sighting.id).max();
    cursor.floor = next_floor(cursor.newest, server_ms);
    cursor.seen = posts.iter().map(|sighting| sighting.id).filter(|id| *id > cursor.floor).collect();
}

/// The newest id below which every post has been indexed by now.
fn settled(server_ms: u64) -> PostId {
    PostId::at_unix_ms(server_ms.saturating_sub(LATE_MS))
}

/// Where the floor may rise to. A real id is better than a computed one, and keeps an idle cursor still.
fn next_floor(newest: Option<PostId>, server_ms: u64) -> PostId {
    newest.map_or(settled(server_ms), |newest| newest.min(settled(server_ms)))
}

/// Polls once: delivers at most `maximum` posts and moves the cursor. `reach` is how many posts X's timeline holds at most.
///
/// # Errors
/// The reader's [`Failure`] when not a single page came; later failures keep what was found.
pub fn advance<T>(cursor: &mut Cursor, maximum: usize, reach: u32, read: &mut Reader<'_, T>) -> Result<Found<T>, Failure> {
    let mut poll = Poll { cursor, read, reach, requests: 0, held: Vec::new(), found: Found::default() };
    match poll.run(maximum) {
        Err(failure) if poll.requests == 0 => return Err(failure),
        // The pages that came count; the next poll meets the failure first, if it lasts.
        Err(_) | Ok(()) => {}
    }
    poll.found.has_more = poll.cursor.backlog.is_some();
    Ok(poll.found)
}

struct Poll<'a, 'r, T> {
    cursor: &'a mut Cursor,
    read: &'a mut Reader<'r, T>,
    reach: u32,
    requests: u32,
    /// Posts of pages that were read in this poll, by the upper end of the page, with the time.
    held: Vec<(PostId, u64, Vec<Sighting<T>>)>,
    found: Found<T>,
}

impl<T> Poll<'_, '_, T> {
    fn run(&mut self, maximum: usize) -> Result<(), Failure> {
        if self.cursor.backlog.is_none() && !self.open()? {
            return Ok(());
        }
        loop {
            while self.backlog().is_some_and(|backlog| backlog.scanning) {
                if self.requests >= MOST_REQUESTS {
                    return Ok(());
                }
                self.scan()?;
            }
            let left = maximum.saturating_sub(self.found.items.len());
            if left == 0 || self.requests >= MOST_REQUESTS || !self.deliver(left)? {
                return Ok(());
            }
        }
    }

    fn backlog(&self) -> Option<&Backlog> {
        self.cursor.backlog.as_ref()
    }

    /// Reads a page between `since` and `until`, following tokens over empty pages.
    fn page(&mut self, since: Option<PostId>, until: Option<PostId>, max_results: u32) -> Result<Page<T>, Failure> {
        let mut query = Query { since, until, token: None, max_results };
        let mut empty = 0;
        loop {
            let mut page = (self.read)(query.clone())?;
            self.requests += 1;
            let inside = |id: PostId| since.is_none_or(|since| id > since) && until.is_none_or(|until| id < until);
            page.posts.retain(|sighting| inside(sighting.id));
            empty += 1;
            if !page.posts.is_empty() || page.next_token.is_none() {
                return Ok(page);
            }
            if empty >= MOST_EMPTY || page.next_token == query.token {
                return Ok(Page { next_token: None, ..page });
            }
            query.token = page.next_token;
        }
    }

    /// Reads the newest page. `false` when there is nothing above the floor.
    fn open(&mut self) -> Result<bool, Failure> {
        let floor = self.cursor.floor;
        let page = self.page(Some(floor), None, PAGE)?;
        self.forget_reads(page.server_ms);
        let Some((top, low)) = ends(&page.posts) else {
            // Known posts may have been deleted; nothing late can come below this any more.
            let newest = self.cursor.newest;
            self.raise_floor(next_floor(newest, page.server_ms));
            return Ok(false);
        };
        let newest = self.cursor.newest.map_or(top, |newest| newest.max(top));
        self.cursor.backlog = Some(Backlog {
            top,
            next_floor: next_floor(Some(newest), page.server_ms).max(floor),
            low,
            pages: Vec::from([(top, count(&page.posts))]),
            scanning: page.next_token.is_some(),
            capped: false,
        });
        self.held.push((top, page.server_ms, page.posts));
        Ok(true)
    }

    /// Looks for the next older page.
    fn scan(&mut self) -> Result<(), Failure> {
        let floor = self.cursor.floor;
        let Some(low) = self.backlog().map(|backlog| backlog.low) else {
            return Ok(());
        };
        let page = self.page(Some(floor), Some(low), PAGE)?;
        let ended = page.next_token.is_none();
        self.keep(page);
        if ended { self.end_scan() } else { Ok(()) }
    }

    /// Adds an older page to the backlog.
    fn keep(&mut self, mut page: Page<T>) {
        let floor = self.cursor.floor;
        page.posts.retain(|sighting| sighting.id > floor);
        if let (Some(backlog), Some((up, low))) = (self.cursor.backlog.as_mut(), ends(&page.posts)) {
            backlog.low = low;
            append(&mut backlog.pages, (up, count(&page.posts)));
            self.held.push((up, page.server_ms, page.posts));
        }
    }

    /// The pages have ended: at the floor, or at X's limit? Only a window as large as the limit leaves a doubt.
    fn end_scan(&mut self) -> Result<(), Failure> {
        let Some(backlog) = self.backlog() else {
            return Ok(());
        };
        let low = backlog.low;
        let total: u32 = backlog.pages.iter().map(|(_, count)| *count).sum();
        let mut capped = backlog.capped;
        if total >= self.reach / 2 && !capped {
            let below = self.page(None, Some(low), SMALLEST_PAGE)?;
            match ends(&below.posts) {
                // X ended its pages early; there is more above the floor.
                Some((up, _)) if up > self.cursor.floor => {
                    self.keep(below);
                    return Ok(());
                }
                Some(_) => {}
                None => {
                    capped = true;
                    self.report_gap(low);
                }
            }
        }
        if let Some(backlog) = self.cursor.backlog.as_mut() {
            backlog.scanning = false;
            backlog.capped = capped;
        }
        Ok(())
    }

    fn report_gap(&mut self, before: PostId) {
        let after = self.cursor.newest.unwrap_or(self.cursor.floor).min(before);
        self.found.gap.get_or_insert((after, before));
    }

    /// Delivers from the oldest page. `false` when the window is done.
    fn deliver(&mut self, left: usize) -> Result<bool, Failure> {
        let Some((up, expected)) = self.backlog().and_then(|backlog| backlog.pages.last().copied()) else {
            self.close();
            return Ok(false);
        };
        let (server_ms, mut posts) = match self.take_held(up, expected) {
            Some(held) => held,
            None => match self.reread(up, expected)? {
                Some(read) => read,
                // The page has grown beyond one request; its lower part has to be found first.
                None => return Ok(true),
            },
        };
        oldest_first(&mut posts);
        let mut new: Vec<Sighting<T>> = Vec::new();
        let mut rest = posts.into_iter();
        for sighting in rest.by_ref() {
            if self.is_delivered(&sighting) {
                self.mark(sighting.id);
            } else {
                new.push(sighting);
                if new.len() == left {
                    break;
                }
            }
        }
        let remaining = u32::try_from(rest.len()).unwrap_or(u32::MAX);
        let reached = if remaining == 0 { up } else { new.last().map_or(self.cursor.floor, |sighting| sighting.id) };
        self.note_read(reached, server_ms);
        if let Some(ceiling) = self.backlog().map(|backlog| backlog.next_floor) {
            self.raise_floor(reached.min(ceiling));
        }
        for sighting in &new {
            self.mark(sighting.id);
        }
        self.cursor.newest = self.cursor.newest.max(Some(reached));
        self.found.items.extend(new);
        let Some(backlog) = self.cursor.backlog.as_mut() else {
            return Ok(false);
        };
        if remaining > 0 {
            if let Some((_, count)) = backlog.pages.last_mut() {
                *count = remaining;
            }
            return Ok(true);
        }
        backlog.pages.pop();
        let is_done = backlog.pages.is_empty();
        if is_done {
            self.close();
        }
        Ok(!is_done)
    }

    /// The posts of a page, if this poll has read all of it. Small neighbours are one page of the backlog, and may
    /// come from two polls.
    fn take_held(&mut self, up: PostId, expected: u32) -> Option<(u64, Vec<Sighting<T>>)> {
        let (mut posts, mut server_ms) = (Vec::new(), None);
        while let Some((_, at, mut page)) = self.held.pop_if(|(held, _, _)| *held <= up) {
            server_ms = server_ms.max(Some(at));
            posts.append(&mut page);
        }
        server_ms.filter(|_| count(&posts) == expected).map(|at| (at, posts))
    }

    /// Reads a page of the backlog again. `None` when the scan has to go on below it.
    fn reread(&mut self, up: PostId, expected: u32) -> Result<Option<(u64, Vec<Sighting<T>>)>, Failure> {
        let floor = self.cursor.floor;
        let page = self.page(Some(floor), Some(PostId::from_number(up.number().saturating_add(1))), PAGE)?;
        let low = ends(&page.posts).map(|(_, low)| low);
        let reach = self.reach;
        let Some(backlog) = self.cursor.backlog.as_mut() else {
            return Ok(None);
        };
        if let (true, Some(low)) = (page.next_token.is_some(), low) {
            backlog.low = low;
            backlog.scanning = true;
            if let Some((_, known)) = backlog.pages.last_mut() {
                *known = count(&page.posts);
            }
            self.held.push((up, page.server_ms, page.posts));
            return Ok(None);
        }
        // While a large window waited, new posts may have pushed its end over X's limit.
        let total: u32 = backlog.pages.iter().map(|(_, count)| *count).sum();
        if count(&page.posts) < expected && total >= reach / 2 && !backlog.capped {
            let first = low.unwrap_or(up);
            let below = self.page(None, Some(PostId::from_number(floor.number().saturating_add(1))), SMALLEST_PAGE)?;
            if below.posts.is_empty() {
                self.report_gap(first);
            }
        }
        Ok(Some((page.server_ms, page.posts)))
    }

    /// Whether this post, or an earlier version of it, was delivered.
    fn is_delivered(&self, sighting: &Sighting<T>) -> bool {
        let cursor = &*self.cursor;
        let known = |id: PostId| cursor.seen.contains(&id);
        let edited_at = sighting.id.unix_ms();
        known(sighting.id)
            || sighting
                .versions
                .iter()
                .filter(|version| **version < sighting.id)
                .any(|version| known(*version) || (*version <= cursor.floor && !self.left_before_read(*version, edited_at)))
    }

    /// Whether a version was replaced before its page was read, so that nobody has seen it.
    fn left_before_read(&self, version: PostId, edited_at_ms: u64) -> bool {
        let read = self.cursor.reads.iter().find(|read| version <= read.up_to);
        // X tells its clock to the second; within that second, twice is better than never.
        read.is_some_and(|read| edited_at_ms < read.unix_s.saturating_add(1) * 1_000 && read.unix_s > 0)
    }

    fn mark(&mut self, id: PostId) {
        if id > self.cursor.floor && !self.cursor.seen.contains(&id) {
            self.cursor.seen.push(id);
        }
    }

    fn raise_floor(&mut self, floor: PostId) {
        let cursor = &mut *self.cursor;
        cursor.floor = cursor.floor.max(floor);
        let floor = cursor.floor;
        cursor.seen.retain(|id| *id > floor);
    }

    /// Remembers when posts up to here were read, where that was later than the newest page.
    fn note_read(&mut self, up_to: PostId, server_ms: u64) {
        let Some(top) = self.backlog().map(|backlog| backlog.top) else {
            return;
        };
        if up_to >= top {
            return;
        }
        let floor = self.cursor.floor;
        if self.cursor.reads.last().is_none_or(|last| last.up_to < floor) {
            // What lies below the window was read long ago.
            self.cursor.reads.push(Read { up_to: floor, unix_s: 0 });
        }
        self.cursor.reads.push(Read { up_to, unix_s: server_ms / 1_000 });
    }

    /// X lets a post be edited for an hour; reads longer ago decide nothing any more.
    fn forget_reads(&mut self, server_ms: u64) {
        let now_s = server_ms / 1_000;
        if self.cursor.reads.iter().all(|read| read.unix_s + 2 * 3_600 < now_s) {
            self.cursor.reads.clear();
        }
    }

    fn close(&mut self) {
        let Some(backlog) = self.cursor.backlog.take() else {
            return;
        };
        if self.cursor.reads.last().is_some_and(|last| last.unix_s > 0) {
            // The newest page was read first of all.
            self.cursor.reads.push(Read { up_to: backlog.top, unix_s: 0 });
        }
        self.cursor.newest = self.cursor.newest.max(Some(backlog.top));
        self.raise_floor(backlog.next_floor);
    }
}

fn ends<T>(posts: &[Sighting<T>]) -> Option<(PostId, PostId)> {
    let ids = || posts.iter().map(|sighting| sighting.id);
    Some((ids().max()?, ids().min()?))
}

/// Sorts by id and drops doubles. X gives pages newest first, so this turns them around; what it moves beyond
/// that is little, and the standard library's sort would be a tenth of the component.
fn oldest_first<T>(posts: &mut Vec<Sighting<T>>) {
    posts.reverse();
    for sorted in 1..posts.len() {
        let before = posts.get(..sorted).unwrap_or_default();
        let Some(id) = posts.get(sorted).map(|sighting| sighting.id) else {
            return;
        };
        let place = before.partition_point(|sighting| sighting.id <= id);
        if let Some(tail) = posts.get_mut(place..=sorted) {
            tail.rotate_right(1);
        }
    }
    posts.dedup_by_key(|sighting| sighting.id);
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
