//! What a store of connections does: the seam at which an engine plugs in its own.

use std::future::Future;
use std::pin::Pin;

use super::{ConnectionName, CredentialError, CredentialId, Record};

/// A future in a box, so that traits with it can be objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a store answers.
pub type StoreFuture<'a, T> = BoxFuture<'a, Result<T, CredentialError>>;

/// Where connections are kept. [`SqliteStore`](super::SqliteStore) is ours; an engine with a database or vault of its own
/// implements this instead and hands it to the [`Keeper`](super::Keeper).
///
/// The methods answer futures and must not block the thread. Each step is whole or not done, and durable when its future
/// ends: tokens that a service gave once are gone if a store says it has them and then forgets. Records hold secrets;
/// the store seals them ([`Record::to_bytes`] gives it something to seal). Names and credential ids are unique.
pub trait Store: Send + Sync + 'static {
    /// A mark that changes when anything in the store may have changed, if that can be told at once without waiting; records that
    /// were read under the same mark need not be read again. `None`, the default: they are read for every call.
    fn mark(&self) -> Option<StoreMark> {
        None
    }

    /// Every connection, by name. One that cannot be read does not hide the others.
    fn list(&self) -> StoreFuture<'_, Vec<Listed>>;

    /// The connection of a name, or [`CredentialError::UnknownConnection`].
    fn load<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Record>;

    /// The connection of a credential id, or [`CredentialError::UnknownCredential`].
    fn load_by_id<'a>(&'a self, credential_id: &'a CredentialId) -> StoreFuture<'a, Record>;

    /// Adds a connection as it is, or answers [`CredentialError::NameTaken`] or [`CredentialError::CredentialTaken`].
    fn insert<'a>(&'a self, record: &'a Record) -> StoreFuture<'a, ()>;

    /// Compare and swap: writes the record over the one of its credential id if that is at generation `replaces`, and ends
    /// the lease in the same step if one is given. `false` when the stored one is at another generation; nothing is
    /// written then. The record carries its new, higher generation ([`Record::advance`]) and perhaps a new name, which may
    /// be [`CredentialError::NameTaken`].
    fn replace<'a>(&'a self, record: &'a Record, replaces: u64, ends: Option<&'a Lease>) -> StoreFuture<'a, bool>;

    /// Gives a connection another name.
    fn rename<'a>(&'a self, name: &'a str, new: &'a ConnectionName) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            for _ in 0..100 {
                let mut record = self.load(name).await?;
                let replaces = record.advance();
                record.name = new.clone();
                if self.replace(&record, replaces, None).await? {
                    return Ok(());
                }
            }
            Err(CredentialError::Conflict { name: new.to_string() })
        })
    }

    /// Removes a connection with all that belongs to it, or answers [`CredentialError::UnknownConnection`].
    fn remove<'a>(&'a self, name: &'a str) -> StoreFuture<'a, ()>;

    /// Takes the lease on refreshing a connection, unless somebody has it. One whose time is up is taken over, and so is one
    /// that would last longer than [`LONGEST_LEASE_MS`] from now: it was made under another clock.
    fn acquire<'a>(&'a self, request: &'a LeaseRequest) -> StoreFuture<'a, Acquired>;

    /// Prolongs a lease; `false` when it is no longer held.
    fn renew<'a>(&'a self, lease: &'a Lease, until_ms: u64) -> StoreFuture<'a, bool>;

    /// Ends a lease, if it is still held. Where the refresh under it has no known end (`finished` is false), the next
    /// holder must learn of it by [`Acquired::Held`].
    fn release<'a>(&'a self, lease: &'a Lease, finished: bool) -> StoreFuture<'a, ()>;
}

/// No lease lasts longer: 10 minutes.
pub const LONGEST_LEASE_MS: u64 = 600_000;

/// A state of a store; compare it with another of the same store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreMark(pub u64, pub u64);

/// A connection in a list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its name, as it stands in the store.
    pub name: String,
    /// Its credential id, as it stands in the store.
    pub credential_id: String,
    /// The record, or why it is refused.
    pub record: Result<Record, CredentialError>,
}

/// A wish for a lease.
#[derive(Debug, Clone)]
pub struct LeaseRequest {
    /// The connection.
    pub credential_id: CredentialId,
    /// Who wants it: random, another for every wish.
    pub owner: String,
    /// The [`Record::tokens_generation`] that will be refreshed. It is kept with the lease as the fact that the refresh has
    /// begun.
    pub tokens_generation: u64,
    /// Now, in milliseconds since 1970.
    pub now_ms: u64,
    /// When it ends by itself.
    pub until_ms: u64,
}

/// A lease that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The connection.
    pub credential_id: CredentialId,
    /// Who has it.
    pub owner: String,
    /// When it ends by itself, in milliseconds since 1970.
    pub until_ms: u64,
}

/// What came of a wish for a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acquired {
    /// It is held.
    Held {
        /// The lease.
        lease: Lease,
        /// The tokens' generation whose refresh an earlier holder began without telling how it ended: the service may
        /// have taken the refresh token already.
        interrupted: Option<u64>,
    },
    /// Somebody else has it.
    Busy {
        /// When theirs ends by itself, in milliseconds since 1970.
        until_ms: u64,
    },
}
