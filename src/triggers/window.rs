//! The window of a timeline poll: which pages to read, which posts are new, and where the cursor stands after.
//!
//! X gives timelines newest first, at most 100 a page and 3200 in all, indexes posts late, and replaces an
//! edited post by a new id. The engine wants oldest first, each once, none lost. So a poll first finds the
//! pages down to the floor, then delivers from the oldest; what does not fit waits in the cursor as a
//! backlog. Nothing here touches the network: `read` does.

mod backlog;
#[cfg(test)]
mod model;
#[cfg(test)]
mod timeline;

use alloc::vec::Vec;

use crate::error::Failure;
use crate::id::PostId;
use crate::triggers::cursor::{Backlog, Cursor};

/// What X gives on a page, less one post: a page is read again together with its neighbour.
const PAGE: u32 = 99;
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
        let query = |since| Query { since: Some(since), until: None, token: None, max_results: PAGE + 1 };
        let mut page = read(query(guess))?;
        if guess > settled(page.server_ms) {
            page = read(query(settled(page.server_ms)))?;
        }
        stand(cursor, &page.posts, page.server_ms, page.next_token.is_some());
        return Ok(Found::default());
    }
    let wanted = u32::try_from(count).unwrap_or(PAGE).clamp(SMALLEST_PAGE, PAGE + 1);
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
    stand(cursor, &posts, server_ms.unwrap_or(now_ms), query.token.is_some());
    oldest_first(&mut posts);
    posts.drain(..posts.len().saturating_sub(count));
    Ok(Found { items: posts, ..Found::default() })
}

/// Puts the cursor behind everything that was seen, and behind what lies below it where more was not read: that is older
/// than the trigger.
fn stand<T>(cursor: &mut Cursor, posts: &[Sighting<T>], server_ms: u64, more: bool) {
    cursor.newest = posts.iter().map(|sighting| sighting.id).max();
    cursor.floor = next_floor(cursor.newest, server_ms);
    if let Some(oldest) = posts.iter().map(|sighting| sighting.id).min().filter(|_| more) {
        cursor.floor = cursor.floor.max(PostId::from_number(oldest.number().saturating_sub(1)));
    }
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

/// Polls once: delivers at most `maximum` posts and moves the cursor.
///
/// A window of `doubtful` posts or more may have met X's limit on how far a timeline reaches back; it is then looked into.
///
/// # Errors
/// The reader's [`Failure`] when not a single page came; later failures keep what was found.
pub fn advance<T>(cursor: &mut Cursor, maximum: usize, doubtful: u32, read: &mut Reader<'_, T>) -> Result<Found<T>, Failure> {
    let mut poll = Poll { cursor, read, doubtful, requests: 0, opened: false, held: Vec::new(), found: Found::default() };
    match poll.run(maximum) {
        Err(failure) if poll.requests == 0 => return Err(failure),
        // The pages that came count; the next poll meets the failure first, if it lasts.
        Err(_) | Ok(()) => {}
    }
    poll.found.has_more = poll.cursor.backlog.is_some();
    Ok(poll.found)
}

/// Posts of one page, and X's clock when it gave them, in milliseconds since 1970.
type Dated<T> = (u64, Vec<Sighting<T>>);

struct Poll<'a, 'r, T> {
    cursor: &'a mut Cursor,
    read: &'a mut Reader<'r, T>,
    doubtful: u32,
    requests: u32,
    /// Whether the window was found by this poll.
    opened: bool,
    /// Posts of pages that were read in this poll, by the upper end of the page, with the time.
    held: Vec<(PostId, Dated<T>)>,
    found: Found<T>,
}

impl<T> Poll<'_, '_, T> {
    fn run(&mut self, maximum: usize) -> Result<(), Failure> {
        if self.cursor.backlog.is_none() {
            self.open()?;
        }
        while let Some(backlog) = &self.cursor.backlog {
            let left = maximum.saturating_sub(self.found.items.len());
            if self.requests >= MOST_REQUESTS || left == 0 {
                break;
            }
            if backlog.scanning {
                self.scan()?;
            } else if !self.deliver(left)? {
                break;
            }
        }
        Ok(())
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

    /// Reads the newest page, and opens a window where it holds something above the floor.
    fn open(&mut self) -> Result<(), Failure> {
        let floor = self.cursor.floor;
        let page = self.page(Some(floor), None, PAGE)?;
        let (server_ms, newest) = (page.server_ms, self.cursor.newest);
        let Some((top, low)) = ends(&page.posts) else {
            // Known posts may have been deleted; nothing late can come below this any more.
            if newest.is_some() {
                self.cursor.pass(next_floor(newest, server_ms), server_ms);
            }
            self.cursor.forget(server_ms);
            return Ok(());
        };
        self.cursor.backlog = Some(Backlog {
            opened_s: server_ms / 1_000,
            reached: floor,
            next_floor: next_floor(newest.max(Some(top)), server_ms).max(floor),
            low,
            pages: Vec::new(),
            scanning: true,
        });
        self.opened = true;
        self.keep(page)
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
