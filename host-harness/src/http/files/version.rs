//! What tells one version of a file from another, so that nobody takes half of each.

use crate::http::redact::hex;
use std::fs::{File, Metadata};
use std::io;
use std::time::UNIX_EPOCH;

/// Length and time of the last change. Not which file on which device it is: a copy that keeps the time is the same
/// version, also on another machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) length: u64,
    /// In nanoseconds since 1970, and before it.
    changed_at: i128,
}

impl Version {
    /// Of an open file, as it is now.
    pub(super) fn of(file: &File) -> io::Result<Self> {
        Ok(Self::told(&file.metadata()?))
    }

    fn told(metadata: &Metadata) -> Self {
        let nanoseconds = |time: std::time::Duration| i128::try_from(time.as_nanos()).unwrap_or(i128::MAX);
        let changed_at = metadata.modified().map_or(0, |time| match time.duration_since(UNIX_EPOCH) {
            Ok(since) => nanoseconds(since),
            Err(before) => -nanoseconds(before.duration()),
        });
        Self { length: metadata.len(), changed_at }
    }

    /// The strong entity tag. It is hashed: when somebody worked on a file is nobody else's business.
    pub(super) fn entity_tag(&self) -> String {
        let Self { length, changed_at } = self;
        let digest = ring::digest::digest(&ring::digest::SHA256, format!("{length} {changed_at}").as_bytes());
        format!("\"{}\"", hex(&digest.as_ref()[..16]))
    }
}
