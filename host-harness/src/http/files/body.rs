//! The bytes of a local file on their way to the guest.

use super::version::Version;
use crate::http::Fault;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::fs::File;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::task::JoinHandle;

/// How much of a file is read at a time. While the guest takes one piece, the next is read.
pub(super) const CHUNK: u64 = 256 * 1024;

/// A part of a file, read piece by piece off the async threads.
pub(super) struct FileBody {
    file: Arc<File>,
    /// What the head of the answer was of.
    version: Version,
    next: u64,
    left: u64,
    /// The piece at `next`, once something was asked for.
    reading: Option<Reading>,
}

type Reading = JoinHandle<io::Result<Vec<u8>>>;

impl FileBody {
    pub(super) fn new(file: Arc<File>, version: Version, first: u64, length: u64) -> Self {
        Self { file, version, next: first, left: length, reading: None }
    }

    fn read(&self) -> Reading {
        let (file, version, next, size) = (Arc::clone(&self.file), self.version, self.next, self.left.min(CHUNK));
        tokio::task::spawn_blocking(move || read_version_at(&file, version, next, size))
    }
}

impl HttpBody for FileBody {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let mut reading = self.reading.take().unwrap_or_else(|| self.read());
        let Poll::Ready(read) = Pin::new(&mut reading).poll(context) else {
            self.reading = Some(reading);
            return Poll::Pending;
        };
        Poll::Ready(Some(match read {
            Ok(Ok(bytes)) if !bytes.is_empty() => {
                self.next += bytes.len() as u64;
                self.left -= bytes.len() as u64;
                // A guest that went to wait for each piece would be as slow as the two of them together.
                self.reading = (self.left > 0).then(|| self.read());
                Ok(Frame::data(bytes.into()))
            }
            // The file has changed, or cannot be read any more.
            _ => {
                self.left = 0;
                Err(Fault::Incomplete)
            }
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// A piece of the file as it was when the answer began; an error once it has changed, grown or become shorter.
fn read_version_at(file: &File, version: Version, offset: u64, size: u64) -> io::Result<Vec<u8>> {
    let bytes = read_at(file, offset, size)?;
    // Behind the read: what changed before or meanwhile shows.
    if Version::of(file)? == version { Ok(bytes) } else { Err(io::Error::other("the file has changed")) }
}

fn read_at(file: &File, offset: u64, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
    #[cfg(unix)]
    let read = std::os::unix::fs::FileExt::read_at(file, &mut bytes, offset)?;
    #[cfg(windows)]
    let read = std::os::windows::fs::FileExt::seek_read(file, &mut bytes, offset)?;
    bytes.truncate(read);
    Ok(bytes)
}
