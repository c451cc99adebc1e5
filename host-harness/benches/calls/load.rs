//! Calls by the thousand, so many at a time, and what their times say.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How long a number of calls took together.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub calls: u64,
    pub took: Duration,
}

/// Runs `calls` calls, `concurrent` of them at a time, each told its number.
pub async fn drive<C, F>(calls: u64, concurrent: usize, call: C) -> Duration
where
    C: Fn(u64) -> F + Clone + Send + 'static,
    F: Future<Output = ()> + Send,
{
    let next = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..concurrent {
        let (call, next) = (call.clone(), Arc::clone(&next));
        callers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= calls {
                    break;
                }
                call(number).await;
            }
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended.expect("every call succeeds");
    }
    began.elapsed()
}

/// The samples that count: criterion warms up with fewer calls.
pub fn measured(samples: &[Sample]) -> impl Iterator<Item = Sample> {
    let calls = samples.iter().map(|sample| sample.calls).max().unwrap_or_default();
    samples.iter().copied().filter(move |sample| sample.calls == calls)
}

/// Calls a second: the median of the samples.
#[allow(clippy::cast_precision_loss, reason = "some thousands")]
pub fn rate(samples: &[Sample]) -> Option<f64> {
    median(measured(samples).map(|sample| sample.calls as f64 / sample.took.as_secs_f64()))
}

/// The middle one.
pub fn median<T: PartialOrd + Copy>(values: impl IntoIterator<Item = T>) -> Option<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort_by(|a, b| a.partial_cmp(b).expect("none is NaN"));
    values.get(values.len() / 2).copied()
}
