//! The bytes of an upload: which segments have come, in which order, and what they add up to.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};

use super::digest::Digest;
use crate::simulator::options::SegmentOrder;
use crate::simulator::problem::Refusal;

/// The largest segment that X takes.
pub(crate) const LARGEST_SEGMENT: usize = 8 * 1024 * 1024;
/// What is needed to tell what a file is.
const HEAD: usize = 64 * 1024;
/// What waits for the segments before it, at most.
const LARGEST_AHEAD: usize = 64 * 1024 * 1024;

/// A segment that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its index.
    pub index: u32,
    /// How many bytes it has.
    pub length: u64,
    /// How many times it came whole; more than once when an answer was lost.
    pub arrivals: u32,
}

/// What has come of a file.
#[derive(Debug, Default)]
pub(crate) struct Content {
    total: u64,
    length: u64,
    whole: Digest,
    /// All segments in order up to the first that is missing, each with the digest of what is before it.
    segments: Vec<(Segment, Digest)>,
    /// Segments beyond one that is missing, with their arrivals.
    ahead: BTreeMap<u32, (Bytes, u32)>,
    head: BytesMut,
    kept: Option<BytesMut>,
}

/// A segment that is coming in.
#[derive(Debug)]
pub(crate) struct Piece {
    length: usize,
    /// The digest of all up to the end of this segment, and the index for which it was begun. Without it the bytes are
    /// held until the index is known.
    digest: Option<(u32, Digest)>,
    held: BytesMut,
    hold: usize,
}

impl Piece {
    /// A piece whose place is not known yet.
    pub fn held() -> Self {
        Self { length: 0, digest: None, held: BytesMut::new(), hold: LARGEST_SEGMENT }
    }

    /// Adds bytes; those beyond the largest segment are counted alone.
    pub fn write(&mut self, bytes: &[u8]) {
        self.length += bytes.len();
        if self.length > LARGEST_SEGMENT {
            return;
        }
        if let Some((_, digest)) = &mut self.digest {
            digest.update(bytes);
        }
        let room = self.hold - self.held.len();
        self.held.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    pub fn is_too_large(&self) -> bool {
        self.length > LARGEST_SEGMENT
    }
}

impl Content {
    /// Nothing yet of a file of so many bytes.
    pub fn of(total: u64, keep: bool) -> Self {
        Self { total, kept: keep.then(BytesMut::new), ..Self::default() }
    }

    /// A whole file.
    pub fn whole(bytes: Bytes, keep: bool) -> Self {
        let mut whole = Digest::default();
        whole.update(&bytes);
        let length = bytes.len() as u64;
        let head = BytesMut::from(&bytes[..bytes.len().min(HEAD)]);
        Self { total: length, length, whole, head, kept: keep.then(|| bytes.into()), ..Self::default() }
    }

    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many bytes have come.
    pub fn length(&self) -> u64 {
        self.length + self.ahead.values().map(|(bytes, _)| bytes.len() as u64).sum::<u64>()
    }

    pub fn head(&self) -> &[u8] {
        &self.head
    }

    pub fn sha256(&self) -> String {
        self.whole.hex()
    }

    pub fn bytes(&self) -> Option<Bytes> {
        self.kept.as_ref().map(|kept| Bytes::copy_from_slice(kept))
    }

    /// All segments that have come, by index.
    pub fn segments(&self) -> Vec<Segment> {
        let ahead =
            self.ahead.iter().map(|(index, (bytes, arrivals))| Segment { index: *index, length: bytes.len() as u64, arrivals: *arrivals });
        self.segments.iter().map(|(segment, _)| *segment).chain(ahead).collect()
    }

    fn next_index(&self) -> u32 {
        u32::try_from(self.segments.len()).unwrap_or(u32::MAX)
    }

    /// The digest of all that is before this segment, if that has come.
    fn before(&self, index: u32) -> Option<&Digest> {
        if index == self.next_index() {
            return Some(&self.whole);
        }
        self.segments.get(index as usize).map(|(_, before)| before)
    }

    /// Makes ready for a segment. What comes in its turn is not held but for what is kept of it.
    ///
    /// # Errors
    /// 400 when it is not this segment's turn and X insists on that.
    pub fn begin(&self, index: u32, order: SegmentOrder) -> Result<Piece, Refusal> {
        let Some(before) = self.before(index) else {
            self.check_turn(index, order)?;
            return Ok(Piece::held());
        };
        let hold = if self.kept.is_some() { LARGEST_SEGMENT } else { HEAD - self.head.len() };
        Ok(Piece { hold, digest: Some((index, before.clone())), ..Piece::held() })
    }

    fn check_turn(&self, index: u32, order: SegmentOrder) -> Result<(), Refusal> {
        if order == SegmentOrder::Any {
            return Ok(());
        }
        let message = format!("The segment is out of order; {} is the next one.", self.next_index());
        Err(Refusal::invalid("segment_index", &index.to_string(), &message))
    }

    /// Takes a segment that has come whole. The value says whether it is new.
    ///
    /// # Errors
    /// 400 when it is empty, out of turn, of other bytes than before, or more than was announced.
    pub fn take(&mut self, index: u32, mut piece: Piece, order: SegmentOrder) -> Result<bool, Refusal> {
        if piece.length == 0 {
            return Err(Refusal::invalid("media", "", "$.media: is missing but it is required"));
        }
        let other = || Err(Refusal::invalid("segment_index", &index.to_string(), "The segment was uploaded before with other bytes."));
        let next = self.next_index();
        if let Some(before) = self.before(index)
            && piece.digest.as_ref().is_none_or(|(begun, _)| *begun != index)
        {
            let mut digest = before.clone();
            digest.update(&piece.held);
            piece.digest = Some((index, digest));
        }
        if index < next {
            let after = self.segments.get(index as usize + 1).map_or(&self.whole, |(_, before)| before);
            let same = piece.digest.as_ref().is_some_and(|(_, digest)| digest == after);
            let Some((segment, _)) =
                self.segments.get_mut(index as usize).filter(|(segment, _)| same && segment.length == piece.length as u64)
            else {
                return other();
            };
            segment.arrivals += 1;
            return Ok(false);
        }
        if let Some((bytes, arrivals)) = self.ahead.get_mut(&index)
            && index > next
        {
            if *bytes != piece.held {
                return other();
            }
            *arrivals += 1;
            return Ok(false);
        }
        if self.length() + piece.length as u64 > self.total {
            let message = format!("The segments are more than the {} bytes of total_bytes.", self.total);
            return Err(Refusal::invalid("media", "", &message));
        }
        if index > next {
            self.check_turn(index, order)?;
            let waiting: usize = self.ahead.values().map(|(bytes, _)| bytes.len()).sum();
            if waiting + piece.length > LARGEST_AHEAD {
                let message = format!("Too many segments wait for segment {next}.");
                return Err(Refusal::invalid("segment_index", &index.to_string(), &message));
            }
            self.ahead.insert(index, (piece.held.freeze(), 1));
            return Ok(true);
        }
        if let Some((_, digest)) = piece.digest {
            self.append(digest, &piece.held, piece.length as u64, 1);
        }
        while let Some((bytes, arrivals)) = self.ahead.remove(&self.next_index()) {
            let mut digest = self.whole.clone();
            digest.update(&bytes);
            self.append(digest, &bytes, bytes.len() as u64, arrivals);
        }
        Ok(true)
    }

    fn append(&mut self, whole: Digest, held: &[u8], length: u64, arrivals: u32) {
        let segment = Segment { index: self.next_index(), length, arrivals };
        let before = std::mem::replace(&mut self.whole, whole);
        self.segments.push((segment, before));
        self.length += length;
        let room = HEAD - self.head.len();
        self.head.extend_from_slice(&held[..held.len().min(room)]);
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(held);
        }
    }

    /// # Errors
    /// 400 while a segment is missing or bytes at the end.
    pub fn check_whole(&self) -> Result<(), Refusal> {
        if self.ahead.is_empty() && self.length == self.total {
            return Ok(());
        }
        let length = self.length().to_string();
        Err(Refusal::invalid("total_bytes", &length, "Segments do not add up to provided total file size."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_of_a_large_file_is_not_held() {
        let mut content = Content::of(1 << 30, false);
        for index in 0..3 {
            let mut piece = content.begin(index, SegmentOrder::Ascending).expect("its turn");
            for _ in 0..64 {
                piece.write(&[7; 16 * 1024]);
            }
            assert!(piece.held.len() <= HEAD, "{}", piece.held.len());
            assert_eq!(content.take(index, piece, SegmentOrder::Ascending), Ok(true));
        }
        assert_eq!((content.head().len(), content.length()), (HEAD, 3 << 20));
    }

    #[test]
    fn segments_that_wait_are_held_up_to_a_limit() {
        let mut content = Content::of(1 << 30, false);
        let mut refused = 0;
        for index in 1..=20 {
            let mut piece = content.begin(index, SegmentOrder::Any).expect("any order");
            piece.write(&vec![7; LARGEST_SEGMENT]);
            refused += u32::from(content.take(index, piece, SegmentOrder::Any).is_err());
        }
        assert_eq!(refused, 12);
    }
}
