//! Parameter `first_attempt_at`: when an engine first tried a step that it now runs again.

use crate::error::Failure;

/// X's first numbered moment, and the year 2100: outside lie seconds and microseconds, which would find nothing or too much.
const PLAUSIBLE_MS: core::ops::Range<u64> = 1_288_834_974_657..4_102_444_800_000;

/// Checks the moment.
///
/// # Errors
/// A [`Failure`] that names `first_attempt_at`.
pub fn check(milliseconds: Option<u64>) -> Result<Option<u64>, Failure> {
    if milliseconds.is_none_or(|milliseconds| PLAUSIBLE_MS.contains(&milliseconds)) {
        return Ok(milliseconds);
    }
    Err(Failure::invalid("first_attempt_at", "out-of-range", "is no time in milliseconds since 1970, such as 1796000000000"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_microseconds_are_refused() {
        assert_eq!(check(Some(1_796_000_000_000)).expect("fits"), Some(1_796_000_000_000));
        assert_eq!(check(None).expect("nothing to check"), None);
        for wrong in [0, 1_796_000_000, 1_796_000_000_000_000, u64::MAX] {
            assert_eq!(check(Some(wrong)).expect_err("refused").problem().field.as_deref(), Some("first_attempt_at"));
        }
    }
}
