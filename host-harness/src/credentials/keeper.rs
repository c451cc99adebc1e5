//! Gives every call the tokens of its connection, and refreshes them once, however many callers and processes there are.

mod access;
mod cache;
mod exchange;
mod flight;
mod logout;
mod options;
mod refresh;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{CredentialError, CredentialId, LONGEST_LEASE_MS, Lease, Record, Status, Store, Tokens};
pub use access::Access;
pub use exchange::{Refresh, RefreshError};
pub use options::KeeperOptions;

use cache::Cache;
use flight::{Common, Flight};

/// A service asks for no more: X's windows are 15 minutes long, some limits last a day.
const LONGEST_REST_MS: u64 = 24 * 3_600_000;

/// Keeps the tokens of connections alive. Clones are the same keeper.
///
/// - An access token is refreshed ahead of its end, and after the service refused it ([`Keeper::refreshed_after`]).
/// - Callers of one process share one refresh; processes settle it by a lease with a time limit, then read again.
/// - The new pair is durable before anybody gets it. A caller that goes away does not stop a refresh.
/// - A lost answer (the network, or a process that was killed) makes the same token be sent once more, under the lease.
/// - Only [`RefreshError::ReconnectNeeded`] marks a connection. While an access token lives, other failures of a refresh
///   ahead of time do not disturb a call.
///
/// Its methods need a Tokio runtime with time, and end by themselves: within [`KeeperOptions::wait`] and two exchanges
/// with the service.
#[derive(Clone)]
pub struct Keeper(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    refresh: Arc<dyn Refresh>,
    options: KeeperOptions,
    cache: Cache,
    flights: Mutex<HashMap<Common, Flight>>,
    unsaved: Mutex<HashMap<CredentialId, Unsaved>>,
    /// Until when a refresh is not tried again, and what came of the last.
    rests: Mutex<HashMap<CredentialId, (u64, CredentialError)>>,
}

/// Tokens that came and are not stored yet.
#[derive(Clone)]
struct Unsaved {
    /// The generation of the tokens that they take the place of.
    follows: u64,
    tokens: Tokens,
    /// It keeps others from sending the spent token meanwhile.
    lease: Lease,
}

/// Why tokens are refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Need {
    /// They will end soon; they still do.
    Ahead,
    /// They are of no use any more.
    Now,
    /// Somebody asks for it.
    Asked,
}

impl Keeper {
    /// A keeper of the connections in a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, refresh: Arc<dyn Refresh>, mut options: KeeperOptions) -> Self {
        options.lease = options.lease.min(Duration::from_millis(LONGEST_LEASE_MS));
        Self(Arc::new(Inner {
            store,
            refresh,
            options,
            cache: Cache::default(),
            flights: Mutex::default(),
            unsaved: Mutex::default(),
            rests: Mutex::default(),
        }))
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.0.store
    }

    /// The options.
    #[must_use]
    pub fn options(&self) -> &KeeperOptions {
        &self.0.options
    }

    /// What a call of the connection `name` may use; refreshes first when it is time.
    ///
    /// # Errors
    /// [`CredentialError`]: an unknown connection, one that must be connected again, a refused record, or a token that has
    /// ended and cannot be refreshed now.
    pub async fn properties(&self, name: &str) -> Result<Access, CredentialError> {
        let record = self.0.current(name).await?;
        self.0.usable(&record, Need::Now)?;
        let Some(tokens) = &record.tokens else { return Ok(self.0.access(record)) };
        let now_ms = self.0.now_ms();
        if !tokens.is_due_at(now_ms, millis(self.0.options.ahead)) {
            return Ok(self.0.access(record));
        }
        let need = if tokens.lives_at(now_ms) { Need::Ahead } else { Need::Now };
        match self.0.refreshed(&record, need).await {
            // What is still good is not spoilt by a refresh that came early.
            Err(error) if passes(&error) && tokens.lives_at(self.0.now_ms()) => Ok(self.0.access(record)),
            refreshed => refreshed,
        }
    }

    /// What a call of the connection `name` may use after the service refused the access token of `tokens_generation`
    /// ([`Access::tokens_generation`]) as expired. When the store has newer tokens, they are read; otherwise the tokens are refreshed.
    ///
    /// Call it once for a call: tokens that are refused right after are not saved by another refresh.
    ///
    /// # Errors
    /// As [`Keeper::properties`].
    pub async fn refreshed_after(&self, name: &str, tokens_generation: u64) -> Result<Access, CredentialError> {
        let record = self.0.read(name).await?;
        self.0.usable(&record, Need::Now)?;
        if record.tokens_generation > tokens_generation {
            return Ok(self.0.access(record));
        }
        self.0.refreshed(&record, Need::Now).await
    }

    /// Refreshes the connection `name` now, whether it is time or not. One that must be connected again is tried once
    /// more: services have called good tokens invalid.
    ///
    /// # Errors
    /// As [`Keeper::properties`].
    pub async fn refresh(&self, name: &str) -> Result<Access, CredentialError> {
        let record = self.0.read(name).await?;
        self.0.usable(&record, Need::Asked)?;
        self.0.refreshed(&record, Need::Asked).await
    }
}

impl Inner {
    fn now_ms(&self) -> u64 {
        self.options.clock.now_ms()
    }

    fn access(&self, record: Arc<Record>) -> Access {
        Access { record, service: self.options.service }
    }

    /// The record, from memory if nothing was written since.
    async fn current(&self, name: &str) -> Result<Arc<Record>, CredentialError> {
        match self.cache.get(name, self.store.mark()) {
            Some(record) => Ok(record),
            None => self.read(name).await,
        }
    }

    async fn read(&self, name: &str) -> Result<Arc<Record>, CredentialError> {
        // Taken before the record is read: what is written in between makes it old.
        let mark = self.store.mark();
        let record = Arc::new(self.store.load(name).await.inspect_err(|_| self.cache.forget(name))?);
        self.cache.put(Arc::clone(&record), mark);
        Ok(record)
    }

    async fn refreshed(self: &Arc<Self>, record: &Record, need: Need) -> Result<Access, CredentialError> {
        if record.tokens.as_ref().and_then(|tokens| tokens.refresh_token.as_ref()).is_none() {
            return Err(CredentialError::NoRefreshToken { name: record.name.to_string() });
        }
        if let Some(error) = self.resting(&record.credential_id, need, self.now_ms()) {
            return Err(error);
        }
        flight::refreshed(self, record, need).await.map(|record| self.access(record))
    }

    fn usable(&self, record: &Record, need: Need) -> Result<(), CredentialError> {
        let expected = self.options.service.id;
        if record.service_id != expected {
            return Err(CredentialError::OtherService {
                name: record.name.to_string(),
                service_id: record.service_id.chars().take(64).collect(),
                expected,
            });
        }
        match &record.status {
            Status::ReconnectNeeded { since_ms, reason } if need != Need::Asked => Err(reconnect_needed(record, *since_ms, reason)),
            Status::Ready | Status::ReconnectNeeded { .. } => Ok(()),
        }
    }

    /// What came of the last refresh, while it is too early for another. Tokens that are needed now wait for nothing but
    /// the time that the service asked for.
    fn resting(&self, credential_id: &CredentialId, need: Need, now_ms: u64) -> Option<CredentialError> {
        let rests = lock(&self.rests);
        let (until_ms, error) = rests.get(credential_id)?;
        // A clock that was set back must not make it last.
        let left_ms = until_ms.checked_sub(now_ms).filter(|left| (1..=LONGEST_REST_MS).contains(left))?;
        match error.clone() {
            CredentialError::RefreshUnavailable { name, message, retry_after_ms: Some(_) } => {
                Some(CredentialError::RefreshUnavailable { name, message, retry_after_ms: Some(left_ms) })
            }
            error => (need == Need::Ahead).then_some(error),
        }
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keeper").field("options", &self.0.options).finish_non_exhaustive()
    }
}

fn reconnect_needed(record: &Record, since_ms: u64, reason: &str) -> CredentialError {
    CredentialError::ReconnectNeeded { name: record.name.to_string(), since_ms, reason: reason.to_owned() }
}

/// Whether an error says nothing against the access token that is held.
fn passes(error: &CredentialError) -> bool {
    matches!(
        error,
        CredentialError::RefreshUnavailable { .. }
            | CredentialError::AnswerLost { .. }
            | CredentialError::RefreshRefused { .. }
            | CredentialError::RefreshBusy { .. }
            | CredentialError::NoRefreshToken { .. }
            | CredentialError::NotSaved { .. }
            | CredentialError::Locked { .. }
            | CredentialError::Database { .. }
            | CredentialError::Store { .. }
    )
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// No step leaves what is behind these locks half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
