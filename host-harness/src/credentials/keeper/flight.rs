//! One refresh for all callers of this process: the first begins it, the others wait for what comes of it.

use std::sync::Arc;

use tokio::sync::watch;

use super::{Inner, Need, lock, refresh};
use crate::credentials::{CredentialError, CredentialId, Record};

/// What comes of a refresh.
pub(super) type Outcome = Result<Arc<Record>, CredentialError>;

/// A refresh that is under way, by the tokens it replaces.
pub(super) type Flight = watch::Receiver<Option<Outcome>>;

/// What callers must have in common to share a refresh: the connection, the generation of its tokens, and the need.
pub(super) type Common = (CredentialId, u64, Need);

/// Joins the refresh of these tokens, or begins it. It goes on when every caller has gone away: tokens that were
/// answered must be stored.
pub(super) async fn refreshed(inner: &Arc<Inner>, record: &Record, need: Need) -> Outcome {
    let common = (record.credential_id.clone(), record.tokens_generation, need);
    let (outcome, begun) = watch::channel(None);
    let joined = lock(&inner.flights).entry(common.clone()).or_insert_with(|| begun.clone()).clone();
    let begins = joined.same_channel(&begun);
    let mut flight = joined;
    if begins {
        let end = End { inner: Arc::clone(inner), common };
        tokio::spawn(async move {
            let (credential_id, generation, need) = &end.common;
            let came = refresh::refresh(&end.inner, credential_id, *generation, *need).await;
            // Whoever comes from here on reads the store first.
            drop(end);
            let _ = outcome.send(Some(came));
        });
    }
    let came = flight.wait_for(Option::is_some).await;
    came.ok().and_then(|came| came.clone()).unwrap_or_else(|| {
        Err(CredentialError::RefreshUnavailable {
            name: record.name.to_string(),
            message: "the refresh was ended with its program".to_owned(),
            retry_after_ms: None,
        })
    })
}

/// Takes the flight off the list, however it ends.
struct End {
    inner: Arc<Inner>,
    common: Common,
}

impl Drop for End {
    fn drop(&mut self) {
        lock(&self.inner.flights).remove(&self.common);
    }
}
