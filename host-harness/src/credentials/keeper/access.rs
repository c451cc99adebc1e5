//! What a call may use.

use std::sync::Arc;

use crate::credentials::{Record, Service};

/// What a call may use: the record, as it was read. Cheap to clone; `Debug` shows no secrets.
#[derive(Debug, Clone)]
pub struct Access {
    pub(super) record: Arc<Record>,
    pub(super) service: Service,
}

impl Access {
    /// Every property by its environment name: for the steps of a connection (refresh, revoke, verify).
    pub fn environment(&self) -> impl Iterator<Item = (&str, String)> {
        self.record.environment(&self.service)
    }

    /// The properties that a call of an operation needs: all but refresh token and client secret.
    pub fn call_environment(&self) -> impl Iterator<Item = (&str, String)> {
        self.record.call_environment(&self.service)
    }

    /// What to tell [`Keeper::refreshed_after`](super::Keeper::refreshed_after) when the service does not take the access token any more.
    #[must_use]
    pub fn tokens_generation(&self) -> u64 {
        self.record.tokens_generation
    }

    /// The record.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }
}
