//! A file whose first bytes were read: what it is, how large it is, and whether X takes it.

use alloc::{format, rc::Rc, vec::Vec};

use crate::error::{Failure, Party};
use crate::media::Purpose;
use crate::media::kind::{self, Group, Kind, Unfit};
use crate::media::limits::Row;
use crate::media::source::{Reader, Source};
use crate::media::upload;
use crate::session::Session;

/// What tells most kinds.
const FIRST_BYTES: usize = 4_096;
const SHORTEST_VIDEO_MS: u64 = 500;

/// What a file has to be.
#[derive(Debug, Clone, Copy)]
pub enum Expected {
    /// What can be attached there.
    Attachment(Purpose),
    /// Whatever fits the category.
    Category(&'static Row),
    /// Anything that X takes.
    Any,
}

/// A file whose first bytes were read and checked.
pub struct File<'a> {
    pub kind: Kind,
    pub row: &'static Row,
    pub size: u64,
    /// The first chunk of it.
    pub head: Rc<Vec<u8>>,
    /// Reads the rest.
    pub reader: Reader<'a>,
}

impl<'a> File<'a> {
    /// Opens a file, reads its first chunk, and holds it against what X takes.
    ///
    /// # Errors
    /// A [`Failure`] that names `field`.
    pub fn inspect(session: &'a Session<'a>, source: &'a Source, field: &'a str, expected: Expected) -> Result<Self, Failure> {
        let connection = session.connection;
        let (chunk, is_premium) = (connection.media_chunk, connection.is_premium());
        let mut reader = Reader::open(session, source, field, None)?;
        let mut head = Vec::new();
        reader.fill(&mut head, FIRST_BYTES)?;
        let sniffed = kind::sniff(&head).map_err(|problem| unfit(field, problem))?;
        // Whether a GIF is still turns out when more of it was read.
        let widest = if sniffed == Kind::Gif { Kind::MovingGif } else { sniffed };
        let Some(row) = expected.row(widest).or_else(|| expected.row(sniffed)) else {
            return Err(expected.refusal(sniffed, field));
        };
        let limit = row.largest(is_premium);
        let mut size = reader.size.unwrap_or_default();
        if size <= limit {
            // One byte more than X takes tells enough.
            let most = limit.saturating_add(1).min(chunk.into());
            reader.fill(&mut head, usize::try_from(most).unwrap_or_default())?;
            size = reader.measure(limit)?;
        }
        check_limits(row, size, None, is_premium, field)?;
        let (kind, extent) = kind::check(&head, size).map_err(|problem| unfit(field, problem))?;
        let Some(row) = expected.row(kind) else {
            return Err(expected.refusal(kind, field));
        };
        check_limits(row, size, extent.milliseconds, is_premium, field)?;
        if size.div_ceil(chunk.into()) > upload::MOST_SEGMENTS {
            let least = size.div_ceil(upload::MOST_SEGMENTS);
            let message = format!("is too small for {field}: X takes a file in at most 1000 requests; raise it to {least}");
            return Err(Failure::invalid("X_MEDIA_CHUNK_BYTES", "invalid-connection-property", &message).party(Party::Operator));
        }
        // Where the size was not known, room was made for a whole chunk.
        head.shrink_to_fit();
        Ok(Self { kind, row, size, head: Rc::new(head), reader })
    }

    /// Whether X takes the file in one request.
    #[must_use]
    pub fn is_small(&self) -> bool {
        self.head.len() as u64 == self.size && matches!(self.row.group, Group::Image | Group::Subtitles)
    }
}

impl Expected {
    /// The category of a file, where the kind fits.
    fn row(self, kind: Kind) -> Option<&'static Row> {
        let group = kind.group();
        match self {
            // X takes a still GIF as a GIF too.
            Self::Category(row) => Some(row).filter(|row| row.group == group || (row.group == Group::Gif && kind == Kind::Gif)),
            Self::Attachment(purpose) => Row::of(group, purpose).filter(|row| row.group != Group::Subtitles),
            Self::Any => Row::of(group, Purpose::Post),
        }
    }

    /// The failure of a kind that does not fit.
    fn refusal(self, kind: Kind, field: &str) -> Failure {
        let wanted = if let Self::Category(row) = self { row.name } else { "an attachment" };
        let moves = if kind == Kind::MovingGif { " and moves" } else { "" };
        let message = format!("is {}{moves} by its bytes, which X does not take as {wanted}; give another file", kind.media_type());
        Failure::invalid(field, "file-of-other-kind", &message)
    }
}

/// Holds size and length against the limits of the category.
fn check_limits(row: &Row, size: u64, plays_ms: Option<u64>, is_premium: bool, field: &str) -> Result<(), Failure> {
    let (limit, longest_ms) = (row.largest(is_premium), row.longest_ms(is_premium));
    if size > limit {
        let name = row.name;
        let message = format!(
            "is larger than {} MB, which is what X takes as {name}; make it smaller{}",
            limit / (1024 * 1024),
            premium(row, is_premium)
        );
        return Err(Failure::invalid(field, "file-too-large", &message));
    }
    let is_odd = |played: &u64| row.group == Group::Video && !(SHORTEST_VIDEO_MS..=longest_ms).contains(played);
    if let Some(played) = plays_ms.filter(is_odd) {
        let (seconds, longest, name) = (played / 1_000, longest_ms / 1_000, row.name);
        let more = premium(row, is_premium);
        let message = format!("plays {seconds} seconds, and X takes a {name} of 0.5 to {longest} seconds; cut it{more}");
        return Err(Failure::invalid(field, "video-length", &message));
    }
    Ok(())
}

/// The next step of those for whom X has other limits.
fn premium(row: &Row, is_premium: bool) -> &'static str {
    if is_premium || row.group != Group::Video { "" } else { ", or set X_POST_LIMIT where the account has X Premium" }
}

/// The failure of a file that X would not take.
#[must_use]
pub fn unfit(field: &str, problem: Unfit) -> Failure {
    let (code, message) = problem.told();
    Failure::invalid(field, code, message)
}
