//! Bodies, and the clocks that run while they are on their way.

use super::Fault;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::{Error as WasiError, WasiBody};

/// A body on either side of a [`Service`](super::Service).
pub type Body = UnsyncBoxBody<Bytes, Fault>;

/// A body without bytes.
#[must_use]
pub fn empty_body() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// A body that is there as a whole.
pub fn full_body(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// The guest's body as a service takes it.
pub(crate) fn from_guest(body: WasiBody) -> Body {
    // The guest ends its body early or says that it failed: for the service the connection breaks.
    body.map_err(|_| Fault::Terminated).boxed_unsync()
}

/// A service's body as the guest takes it.
pub(crate) fn to_guest(body: Body) -> WasiBody {
    body.map_err(Fault::into_wasi).boxed_unsync()
}

/// Whether a request's body has moved since it was last looked at.
///
/// The clock for the first byte of the answer starts anew with every piece of the request's body that goes out,
/// or no large upload could ever end within it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<AtomicBool>);

impl Progress {
    pub(crate) fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// A request's body that tells its progress.
#[derive(Debug)]
pub(crate) struct Outgoing {
    body: WasiBody,
    progress: Progress,
}

impl Outgoing {
    pub(crate) fn new(body: WasiBody, progress: Progress) -> Self {
        Self { body, progress }
    }
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = WasiError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, WasiError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if polled.is_ready() {
            self.progress.0.store(true, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body that breaks off once something has happened and nothing of it is there.
pub(crate) struct Breaking {
    body: WasiBody,
    /// Nothing once it has happened.
    event: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Breaking {
    pub(crate) fn new(body: WasiBody, event: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { body, event: Some(Box::pin(event)) }
    }
}

impl HttpBody for Breaking {
    type Data = Bytes;
    type Error = WasiError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, WasiError>>> {
        let Some(event) = &mut self.event else { return Poll::Ready(None) };
        let has_happened = event.as_mut().poll(context).is_ready();
        // What is there is taken all the same: it may be the answer to a write.
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if polled.is_ready() || !has_happened {
            // A future that has ended is not polled again.
            if has_happened {
                self.event = Some(Box::pin(std::future::ready(())));
            }
            return polled;
        }
        self.event = None;
        Poll::Ready(Some(Err(Fault::Terminated.into_wasi())))
    }

    fn is_end_stream(&self) -> bool {
        self.event.is_none() || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body with a clock between its pieces.
#[derive(Debug)]
pub(crate) struct Incoming {
    body: hyper::body::Incoming,
    limit: Duration,
    /// Made when a piece is waited for: most bodies are there when the head is.
    timer: Option<Pin<Box<Sleep>>>,
    waiting: bool,
}

impl Incoming {
    pub(crate) fn new(body: hyper::body::Incoming, limit: Duration) -> Self {
        Self { body, limit, timer: None, waiting: false }
    }
}

impl HttpBody for Incoming {
    type Data = Bytes;
    type Error = WasiError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, WasiError>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.waiting = false;
            return Poll::Ready(frame.map(|frame| frame.map_err(|error| Fault::after_connecting(&error).into_wasi())));
        }
        let deadline = Instant::now() + this.limit;
        let timer = this.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if !this.waiting {
            this.waiting = true;
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(context).map(|()| Some(Err(Fault::ReadTimedOut.into_wasi())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
