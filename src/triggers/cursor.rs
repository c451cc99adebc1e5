//! The cursor of a timeline trigger: versioned JSON of at most 8 KiB, which the engine stores and hands back unchanged.

use alloc::{format, string::String, vec::Vec};

use crate::error::{Failure, Party};
use crate::id::{PostId, UserId};
use crate::json::Json;

/// The form that this version writes. A reader refuses what it does not know.
const VERSION: i64 = 1;
/// A cursor is stored with every trigger of an engine, so it has to stay small.
const LARGEST: usize = 8 * 1024;
/// About 24 bytes an id: together they fit into [`LARGEST`].
pub const MOST_SEEN: usize = 150;
pub const MOST_READS: usize = 60;
/// No two neighbours of a backlog make one page together, so X's 3200 posts make at most 64.
pub const MOST_PAGES: usize = 64;

/// Where a poll stands. Ids are compared as numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub user: UserId,
    /// The handle as X spelt it when it was looked up; `None` for a numeric id.
    pub username: Option<String>,
    /// What the author typed then, so that another account is noticed.
    pub account: String,
    /// Every post up to here was delivered, or is older than the trigger.
    pub floor: PostId,
    /// The newest post that was seen; it bounds a gap.
    pub newest: Option<PostId>,
    /// Posts that were delivered: all of those above `floor`, which may still be joined by others that X indexes late,
    /// and the newest of those below it, which may come back edited.
    pub seen: Vec<PostId>,
    /// Behind this one posts are missing, since X's timelines reach back only so far. The next delivered post ends the gap.
    pub gap_after: Option<PostId>,
    /// What is left of a window with more posts than one poll returns.
    pub backlog: Option<Backlog>,
    /// When the floor passed what can still be edited, oldest first: a post edited before that had left its place.
    pub reads: Vec<Read>,
}

/// A window that was found and is delivered in parts, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    /// When the window was found, in seconds since 1970 on X's clock.
    pub opened_s: u64,
    /// What was delivered of the window, or the floor it began at. What is indexed late below it is for the next window.
    pub reached: PostId,
    /// What `floor` becomes when the window is done.
    pub next_floor: PostId,
    /// The oldest post that was found so far.
    pub low: PostId,
    /// Upper ends of the pages, newest first, each with the number of posts on its page.
    pub pages: Vec<(PostId, u32)>,
    /// Whether older pages are still to be found.
    pub scanning: bool,
}

/// Posts above the read before and up to `up_to` were read at `unix_s` on X's clock; 0 is long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    pub up_to: PostId,
    pub unix_s: u64,
}

impl Cursor {
    /// A cursor that stands at `floor`.
    #[must_use]
    pub fn new(user: UserId, username: Option<String>, account: String, floor: PostId) -> Self {
        Self { user, username, account, floor, newest: None, seen: Vec::new(), gap_after: None, backlog: None, reads: Vec::new() }
    }

    /// Reads what an engine stored.
    ///
    /// # Errors
    /// A [`Failure`] that names `cursor`, for anything that [`Cursor::write`] did not write.
    pub fn read(text: &str) -> Result<Self, Failure> {
        if text.len() > LARGEST {
            return Err(broken("is larger than 8 KiB"));
        }
        let json = Json::read(text.as_bytes()).ok_or_else(|| broken("is no JSON of this connector, or was cut"))?;
        match json.get("v").as_integer() {
            Some(VERSION) => Self::from_json(&json).ok_or_else(|| broken("lacks a part, or holds something that is no id")),
            Some(other) => Err(broken(&format!("has version {other}, and this connector reads version {VERSION}"))),
            None => Err(broken("is no cursor of this connector")),
        }
    }

    fn from_json(json: &Json) -> Option<Self> {
        let post = |json: &Json| PostId::from_digits(json.as_text()?);
        let backlog = json.get("backlog");
        let page = |page: &Json| match page.items() {
            [id, number] => Some((post(id)?, u64::try_from(number.as_integer()?).ok()?)),
            _ => None,
        };
        Some(Self {
            user: UserId::from_digits(json.get("user").as_text()?)?,
            username: json.get("username").to_text(),
            account: json.get("account").to_text()?,
            floor: post(json.get("floor"))?,
            newest: if json.get("newest").is_null() { None } else { Some(post(json.get("newest"))?) },
            gap_after: if json.get("gap_after").is_null() { None } else { Some(post(json.get("gap_after"))?) },
            seen: json.get("seen").items().iter().map(post).collect::<Option<_>>()?,
            backlog: if backlog.is_null() {
                None
            } else {
                let pages = backlog
                    .get("pages")
                    .items()
                    .iter()
                    .map(|item| page(item).and_then(|(id, count)| Some((id, u32::try_from(count).ok()?))));
                Some(Backlog {
                    opened_s: u64::try_from(backlog.get("opened").as_integer()?).ok()?,
                    reached: post(backlog.get("reached"))?,
                    next_floor: post(backlog.get("next_floor"))?,
                    low: post(backlog.get("low"))?,
                    pages: pages.collect::<Option<_>>()?,
                    scanning: backlog.get("scanning").as_bool()?,
                })
            },
            reads: json
                .get("reads")
                .items()
                .iter()
                .map(|item| page(item).map(|(up_to, unix_s)| Read { up_to, unix_s }))
                .collect::<Option<_>>()?,
        })
    }

    /// Writes it for the engine, at most 8 KiB.
    ///
    /// # Errors
    /// A [`Failure`] in place of a cursor that could not be read back.
    pub fn write(mut self) -> Result<String, Failure> {
        self.shrink();
        let page = |id: PostId, number: u64| Json::List(Vec::from([Json::text(id), Json::from(number)]));
        let backlog = self.backlog.as_ref().map_or(Json::Null, |backlog| {
            Json::object([
                ("opened", backlog.opened_s.into()),
                ("reached", Json::text(backlog.reached)),
                ("next_floor", Json::text(backlog.next_floor)),
                ("low", Json::text(backlog.low)),
                ("pages", Json::list(backlog.pages.iter().map(|(id, count)| page(*id, (*count).into())))),
                ("scanning", backlog.scanning.into()),
            ])
        });
        let json = Json::object([
            ("v", Json::Integer(VERSION)),
            ("user", Json::text(self.user)),
            ("username", self.username.map_or(Json::Null, Json::Text)),
            ("account", Json::Text(self.account)),
            ("floor", Json::text(self.floor)),
            ("newest", self.newest.map_or(Json::Null, Json::text)),
            ("gap_after", self.gap_after.map_or(Json::Null, Json::text)),
            ("seen", Json::list(self.seen.iter().map(Json::text))),
            ("backlog", backlog),
            ("reads", Json::list(self.reads.iter().map(|read| page(read.up_to, read.unix_s)))),
        ]);
        Some(json.write()).filter(|text| text.len() <= LARGEST).ok_or_else(|| broken("would be larger than 8 KiB"))
    }

    /// Keeps the newest ids. A window delivers no more posts above the floor than fit, so what is forgotten lies below it.
    fn shrink(&mut self) {
        while self.seen.len() > MOST_SEEN {
            let Some(oldest) = self.seen.iter().copied().min() else {
                break;
            };
            self.floor = self.floor.max(oldest);
            self.seen.retain(|id| *id > oldest);
        }
    }
}

fn broken(why: &str) -> Failure {
    let message = format!("{why}; hand back the last cursor unchanged, or begin again without one");
    Failure::invalid("cursor", "invalid-cursor", &message).party(Party::Operator)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> PostId {
        PostId::from_number(number)
    }

    fn full() -> Cursor {
        let user = UserId::from_digits("9999999999999999999").expect("digits");
        let mut cursor = Cursor::new(user, Some("a".repeat(15)), "a".repeat(15), id(1));
        let large = |offset: u64| id(9_999_999_999_999_999_999 - offset);
        cursor.newest = Some(large(0));
        cursor.gap_after = Some(large(0));
        cursor.seen = (0..5_000).map(large).collect();
        cursor.reads = (0..MOST_READS as u64).map(|offset| Read { up_to: large(offset), unix_s: 1_800_000_000 }).collect();
        cursor.backlog = Some(Backlog {
            opened_s: 1_800_000_000,
            reached: large(0),
            next_floor: large(0),
            low: large(0),
            pages: (0..MOST_PAGES as u64).map(|offset| (large(offset), 100)).collect(),
            scanning: true,
        });
        cursor
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut cursor = full();
        let text = cursor.clone().write().expect("writes");
        cursor.shrink();
        assert_eq!(Cursor::read(&text).expect("reads"), cursor);
    }

    #[test]
    fn the_largest_cursor_stays_within_8_kib() {
        let text = full().write().expect("writes");
        assert!(text.len() <= LARGEST, "{}", text.len());
    }

    #[test]
    fn an_id_that_is_forgotten_is_below_the_floor() {
        let mut cursor = full();
        let smallest = cursor.seen.iter().copied().min().expect("some");
        cursor.shrink();
        assert_eq!(cursor.seen.len(), MOST_SEEN);
        assert!(cursor.floor >= smallest && cursor.seen.iter().all(|seen| *seen > cursor.floor));
    }

    #[test]
    fn a_cut_or_foreign_cursor_is_refused() {
        let text = full().write().expect("writes");
        for end in 0..text.len() {
            let failure = Cursor::read(&text[..end]).expect_err("cut");
            assert_eq!(failure.problem().field.as_deref(), Some("cursor"));
        }
        for foreign in ["null", "{}", "[]", "\"a\"", r#"{"v":2}"#, r#"{"v":1,"user":"x","account":"a","floor":"1"}"#] {
            assert!(Cursor::read(foreign).is_err(), "{foreign}");
        }
    }
}
