//! X's allowances, read from response headers. How long to wait is computed from the server's own clock.

use alloc::{string::String, vec::Vec};

use crate::bindings::types::{RateLimit, RateLimitScope};
use crate::time;
use crate::transport::header;

/// Header names by allowance. The 24 hour ones come with `POST /2/tweets` and direct messages, and may be
/// at zero while the window has room.
const SCOPES: [(RateLimitScope, &str); 3] = [
    (RateLimitScope::Window, "x-rate-limit"),
    (RateLimitScope::UserDay, "x-user-limit-24hour"),
    (RateLimitScope::AppDay, "x-app-limit-24hour"),
];

/// All allowances that an answer tells. `unix_ms` stands in where the server sent no `date`.
#[must_use]
pub fn read(headers: &[(String, String)], unix_ms: u64) -> Vec<RateLimit> {
    let now_ms = server_time_ms(headers).unwrap_or(unix_ms);
    SCOPES.iter().filter_map(|(scope, prefix)| read_one(headers, *scope, prefix, now_ms)).collect()
}

/// The server's clock in milliseconds since 1970, to the second.
#[must_use]
pub fn server_time_ms(headers: &[(String, String)]) -> Option<u64> {
    header(headers, "date").and_then(time::from_http_date).map(|seconds| seconds * 1_000)
}

fn read_one(headers: &[(String, String)], scope: RateLimitScope, prefix: &str, now_ms: u64) -> Option<RateLimit> {
    let number = |name: &str| -> Option<u64> { header(headers, &alloc::format!("{prefix}-{name}"))?.trim().parse().ok() };
    let reset_at = number("reset")?;
    Some(RateLimit {
        scope,
        limit: number("limit")?,
        remaining: number("remaining")?,
        reset_at,
        reset_after_ms: reset_at.saturating_mul(1_000).saturating_sub(now_ms),
    })
}

/// The allowance to tell about: of those that are used up the one that lasts longest, else the endpoint's window.
#[must_use]
pub fn deciding(limits: &[RateLimit]) -> Option<RateLimit> {
    limits.iter().filter(|limit| limit.remaining == 0).max_by_key(|limit| limit.reset_after_ms).or(limits.first()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn the_wait_follows_the_servers_clock_and_not_ours() {
        let headers = headers(&[
            ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("x-rate-limit-limit", "100"),
            ("x-rate-limit-remaining", "0"),
            ("x-rate-limit-reset", "784112377"),
        ]);
        for our_clock in [0, 784_111_777_000 - 3_600_000, 784_111_777_000 + 3_600_000] {
            let limits = read(&headers, our_clock);
            assert_eq!(deciding(&limits).map(|limit| limit.reset_after_ms), Some(600_000));
        }
    }

    #[test]
    fn the_day_can_be_used_up_while_the_window_has_room() {
        let headers = headers(&[
            ("x-rate-limit-limit", "100"),
            ("x-rate-limit-remaining", "99"),
            ("x-rate-limit-reset", "1000"),
            ("x-user-limit-24hour-limit", "100"),
            ("x-user-limit-24hour-remaining", "0"),
            ("x-user-limit-24hour-reset", "5000"),
        ]);
        let limits = read(&headers, 1_000_000);
        assert_eq!(limits.len(), 2);
        assert_eq!(deciding(&limits).map(|limit| limit.reset_after_ms), Some(4_000_000));
    }

    #[test]
    fn a_header_that_is_no_number_is_passed_over() {
        let headers = headers(&[("x-rate-limit-limit", "many"), ("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", "1")]);
        assert!(read(&headers, 0).is_empty());
    }
}
