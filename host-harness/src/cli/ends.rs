//! The signals that end what goes on: Ctrl-C, and what a service manager sends.

use std::time::Duration;

use super::output::Failed;

/// The signals. They are listened for all the time, so that one that comes during a call counts after it.
pub struct Ends {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Ends {
    #[cfg(unix)]
    pub fn listen() -> Result<Self, Failed> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).map_err(|error| Failed::setup(format!("signals cannot be listened for: {error}")));
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    #[cfg(unix)]
    pub async fn come_within(&mut self, time: Duration) -> bool {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => true,
            _ = self.terminate.recv() => true,
            () = tokio::time::sleep(time) => false,
        }
    }

    /// Waits for a signal.
    #[cfg(unix)]
    pub async fn come(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    pub async fn come(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }

    #[cfg(not(unix))]
    pub fn listen() -> Result<Self, Failed> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    pub async fn come_within(&mut self, time: Duration) -> bool {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => true,
            () = tokio::time::sleep(time) => false,
        }
    }
}
