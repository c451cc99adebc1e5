//! Where the core meets WASI 0.2: the exported functions, HTTP, clocks, randomness and the environment.

mod exports;
mod runtime;
mod wasi_http;

use wasip2::clocks::{monotonic_clock, wall_clock};
use wasip2::random::random;

use crate::transport::{Clock, Instant, Random};

/// The world outside, by WASI.
struct Wasi;

impl Clock for Wasi {
    fn now(&self) -> Instant {
        Instant(monotonic_clock::now())
    }

    fn unix_ms(&self) -> u64 {
        let now = wall_clock::now();
        now.seconds.saturating_mul(1_000).saturating_add(u64::from(now.nanoseconds / 1_000_000))
    }

    fn wait_until(&self, moment: Instant) {
        monotonic_clock::subscribe_instant(moment.0).block();
    }
}

impl Random for Wasi {
    fn random(&self) -> u64 {
        random::get_random_u64()
    }
}
