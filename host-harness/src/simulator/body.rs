//! Bodies: what a handler answers with, streamed, whole or damaged on purpose.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use tokio::time::Sleep;

/// A request body of any origin.
pub(crate) type RequestBody = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// The connection ends here, without an answer or in the middle of one.
#[derive(Debug, thiserror::Error)]
#[error("the simulator was told to break the connection")]
pub struct ConnectionFault;

/// The body of an answer.
#[derive(Debug)]
pub struct Body(Kind);

#[derive(Debug)]
enum Kind {
    Whole(Bytes),
    /// Announces all of it, sends `rest`, then breaks.
    Cut {
        rest: Bytes,
        announced: u64,
        /// Whether the server had its chance to write out what came before the break.
        flushed: bool,
    },
    /// A few bytes at a time.
    Drip {
        rest: Bytes,
        step: usize,
        pause: Duration,
        sleep: Option<Pin<Box<Sleep>>>,
    },
    /// White space without end, or until `left` is used up, then `tail`.
    Oversized {
        left: u64,
        tail: Bytes,
    },
    /// Announces all of it, sends `rest`, then nothing for ever.
    Hang {
        rest: Bytes,
        announced: u64,
    },
}

impl Body {
    /// The bytes, in one piece.
    #[must_use]
    pub fn whole(bytes: Bytes) -> Self {
        Self(Kind::Whole(bytes))
    }

    pub(crate) fn cut(bytes: &Bytes, after: usize) -> Self {
        Self(Kind::Cut { rest: bytes.slice(..after.min(bytes.len())), announced: bytes.len() as u64, flushed: false })
    }

    pub(crate) fn drip(bytes: Bytes, step: usize, pause: Duration) -> Self {
        Self(Kind::Drip { rest: bytes, step: step.max(1), pause, sleep: None })
    }

    /// White space that brings `tail` to `length` bytes in all: JSON stays JSON, only larger.
    pub(crate) fn oversized(tail: Bytes, length: u64) -> Self {
        Self(Kind::Oversized { left: length.saturating_sub(tail.len() as u64), tail })
    }

    pub(crate) fn hang(bytes: &Bytes, after: usize) -> Self {
        Self(Kind::Hang { rest: bytes.slice(..after.min(bytes.len())), announced: bytes.len() as u64 })
    }
}

const SPACES: &[u8] = &[b' '; 16 * 1024];

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = ConnectionFault;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, ConnectionFault>>> {
        let frame = |bytes| Poll::Ready(Some(Ok(Frame::data(bytes))));
        match &mut self.0 {
            Kind::Whole(bytes) => {
                if bytes.is_empty() {
                    return Poll::Ready(None);
                }
                frame(std::mem::take(bytes))
            }
            Kind::Cut { rest, flushed, .. } => {
                if !rest.is_empty() {
                    return frame(std::mem::take(rest));
                }
                if !*flushed {
                    *flushed = true;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Ready(Some(Err(ConnectionFault)))
            }
            Kind::Drip { rest, step, pause, sleep } => {
                if rest.is_empty() {
                    return Poll::Ready(None);
                }
                let waiting = sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(*pause)));
                if waiting.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                *sleep = None;
                let length = (*step).min(rest.len());
                frame(rest.split_to(length))
            }
            Kind::Oversized { left, tail } => {
                if *left > 0 {
                    let length = usize::try_from(*left).unwrap_or(usize::MAX).min(SPACES.len());
                    *left -= length as u64;
                    return frame(Bytes::from_static(&SPACES[..length]));
                }
                if tail.is_empty() {
                    return Poll::Ready(None);
                }
                frame(std::mem::take(tail))
            }
            Kind::Hang { rest, .. } => {
                if rest.is_empty() {
                    return Poll::Pending;
                }
                frame(std::mem::take(rest))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, Kind::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Cut { announced, .. } | Kind::Hang { announced, .. } => SizeHint::with_exact(*announced),
            Kind::Drip { rest, .. } => SizeHint::with_exact(rest.len() as u64),
            Kind::Oversized { left, tail } => SizeHint::with_exact(left + tail.len() as u64),
        }
    }
}
