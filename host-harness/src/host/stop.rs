//! Ends calls early, so that the connector itself can say how far it came.

use tokio::sync::watch;

/// A switch that ends the calls it is given to: [`Call::stop`](super::Call::stop).
///
/// Once it is thrown, a request on its way breaks off, also in the middle of its answer, and no further one leaves. The connector sees that as a network
/// that has failed, and returns what it returns then: `uploadMedia` the token with which it goes on. Dropping the
/// future of a call is quicker, and loses that. Cloning gives the same switch.
#[derive(Debug, Clone)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// A switch that is not thrown.
    #[must_use]
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Throws the switch.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether it has been thrown.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is thrown.
    pub async fn stopped(&self) {
        // The other end lives as long as `self`.
        let _ = self.0.subscribe().wait_for(|stopped| *stopped).await;
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}
