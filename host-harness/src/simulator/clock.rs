//! The simulator's time: everything it stamps, expires or limits is read from here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A clock in milliseconds since 1970, frozen or running, that can be moved forward by hand.
///
/// Clones are the same clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    base_ms: AtomicU64,
    running_since: Option<Instant>,
}

impl Clock {
    /// A clock that stands still at `at_ms` until it is advanced.
    #[must_use]
    pub fn frozen(at_ms: u64) -> Self {
        Self::new(at_ms, None)
    }

    /// A clock that shows `at_ms` now and runs with real time from here on.
    #[must_use]
    pub fn running_from(at_ms: u64) -> Self {
        Self::new(at_ms, Some(Instant::now()))
    }

    /// The machine's own time.
    #[must_use]
    pub fn system() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::running_from(millis(since_epoch))
    }

    fn new(at_ms: u64, running_since: Option<Instant>) -> Self {
        Self(Arc::new(Inner { base_ms: AtomicU64::new(at_ms), running_since }))
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        let ran = self.0.running_since.map_or(0, |since| millis(since.elapsed()));
        self.0.base_ms.load(Ordering::Relaxed) + ran
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.base_ms.fetch_add(millis(by), Ordering::Relaxed);
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

/// A duration in whole milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn date_time(ms: u64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// `2026-11-21T06:15:30.000Z`, as X writes `created_at`.
pub(crate) fn rfc3339(ms: u64) -> String {
    let at = date_time(ms);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.millisecond()
    )
}

/// `Sat, 21 Nov 2026 06:15:30 GMT`, as the `date` header has it.
pub(crate) fn http_date(ms: u64) -> String {
    let at = date_time(ms);
    let (weekday, month) = (at.weekday().to_string(), at.month().to_string());
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        &weekday[..3],
        at.day(),
        &month[..3],
        at.year(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// Milliseconds since 1970 of an RFC 3339 time, or nothing when it is none.
pub(crate) fn parse_rfc3339(text: &str) -> Option<u64> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    u64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: u64 = 1_795_262_400_000;

    #[test]
    fn a_frozen_clock_moves_only_when_it_is_advanced() {
        let clock = Clock::frozen(NOON);
        assert_eq!(clock.now_ms(), NOON);
        clock.clone().advance(Duration::from_secs(90));
        assert_eq!(clock.now_ms(), NOON + 90_000);
    }

    #[test]
    fn times_are_written_as_x_writes_them() {
        assert_eq!(rfc3339(NOON + 7), "2026-11-21T12:00:00.007Z");
        assert_eq!(http_date(NOON), "Sat, 21 Nov 2026 12:00:00 GMT");
        assert_eq!(parse_rfc3339("2026-11-21T13:00:00+01:00"), Some(NOON));
        assert_eq!(parse_rfc3339("yesterday"), None);
    }
}
