//! How a keeper goes about it.

use std::sync::Arc;
use std::time::Duration;

use crate::credentials::{Clock, Service, SystemClock};

/// How a [`Keeper`](super::Keeper) goes about it.
#[derive(Debug, Clone)]
pub struct KeeperOptions {
    /// The names of the connection properties.
    pub service: Service,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How long before its end an access token is refreshed: 10 minutes. Shorter lives are refreshed in their last twelfth.
    pub ahead: Duration,
    /// How long another process is kept from refreshing when this one dies over it: 60 seconds. It is renewed while a refresh
    /// goes on; let it be longer than one exchange with the service can take. At most 10 minutes.
    pub lease: Duration,
    /// How long a caller without a living token waits for another process's refresh: 75 seconds.
    pub wait: Duration,
    /// How long to wait before the same token is sent again when the answer was lost: 2 seconds.
    pub replay_after: Duration,
    /// How long not to try again after a refresh ahead of time failed, unless the service says: 30 seconds.
    pub try_again_after: Duration,
}

impl Default for KeeperOptions {
    fn default() -> Self {
        Self {
            service: Service::X,
            clock: Arc::new(SystemClock),
            ahead: Duration::from_mins(10),
            lease: Duration::from_mins(1),
            wait: Duration::from_secs(75),
            replay_after: Duration::from_secs(2),
            try_again_after: Duration::from_secs(30),
        }
    }
}
