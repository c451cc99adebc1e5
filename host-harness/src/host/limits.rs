//! What one call may use: memory, and time on the processor.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};
use wasmtime::ResourceLimiter;

/// The memory cap of one instance.
#[derive(Debug)]
pub(crate) struct Memory {
    limit: usize,
    /// How much the guest has had at most: a memory never shrinks.
    pub(crate) peak: usize,
    /// Whether the guest asked for more than the limit.
    pub(crate) exceeded: bool,
}

impl Memory {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, peak: 0, exceeded: false }
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let fits = desired <= self.limit;
        self.exceeded |= !fits;
        if fits {
            self.peak = self.peak.max(desired);
        }
        Ok(fits)
    }

    fn table_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(maximum.is_none_or(|maximum| desired <= maximum))
    }
}

/// Why a future was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It computed for too long.
    RunningTime,
    /// It took too long in all.
    Deadline,
}

/// Runs a future that yields every tick, for so long in all, and for so long on the processor: `ran` says how long it was there.
pub(crate) async fn limited<F: Future>(
    future: F,
    deadline: tokio::time::Instant,
    running_time: Duration,
    ran: &mut Duration,
) -> Result<F::Output, Ended> {
    let mut future = pin!(future);
    let metered = poll_fn(|context| {
        let began = Instant::now();
        let polled = future.as_mut().poll(context);
        *ran += began.elapsed();
        match polled {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending if *ran > running_time => Poll::Ready(Err(Ended::RunningTime)),
            Poll::Pending => Poll::Pending,
        }
    });
    tokio::time::timeout_at(deadline, metered).await.unwrap_or(Err(Ended::Deadline))
}
