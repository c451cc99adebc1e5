//! Which part of a file a request asks for.

use http::{HeaderMap, header};

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Range {
    Whole,
    /// First byte and length.
    Part(u64, u64),
    Outside,
}

/// Reads a `range` header: one range of bytes. Others are ignored, as RFC 9110 allows.
pub(super) fn range(headers: &HeaderMap, length: u64) -> Range {
    let parsed = headers.get(header::RANGE).and_then(|value| {
        let (first, last) = value.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
        Some(match (first.trim(), last.trim()) {
            ("", last) => (length.saturating_sub(last.parse().ok()?), None),
            (first, "") => (first.parse().ok()?, None),
            (first, last) => (first.parse().ok()?, Some(last.parse::<u64>().ok()?)),
        })
    });
    match parsed {
        None => Range::Whole,
        Some((first, Some(last))) if last < first => Range::Whole,
        Some((first, _)) if first >= length => Range::Outside,
        Some((first, last)) => {
            let last = last.map_or(length - 1, |last| last.min(length - 1));
            Range::Part(first, last - first + 1)
        }
    }
}
