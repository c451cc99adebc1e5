//! The end of a connection's tokens: taken back at the service and forgotten here, with no refresh in between.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Access, Keeper, millis};
use crate::credentials::{Acquired, CredentialError, LeaseRequest, Record, random_hex};

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How often a store whose record somebody else changes is tried again.
const TRIES: u32 = 100;

impl Keeper {
    /// Takes the tokens of the connection `name` back with `revoke`, and forgets them when that went well. It holds the
    /// lease all the while: no refresh can put new tokens in the place of those that `revoke` takes back.
    ///
    /// # Errors
    /// [`CredentialError`] of the store, or when another process refreshes for too long; inside, the error of `revoke`.
    pub async fn log_out<R, E, F>(&self, name: &str, revoke: impl FnOnce(Access) -> F) -> Result<Result<(R, Record), E>, CredentialError>
    where
        F: Future<Output = Result<R, E>>,
    {
        let store = &self.0.store;
        let credential_id = store.load(name).await?.credential_id;
        let (began, mut pause) = (Instant::now(), FIRST_PAUSE);
        let (lease, record) = loop {
            let record = store.load_by_id(&credential_id).await?;
            let now_ms = self.0.now_ms();
            let request = LeaseRequest {
                credential_id: credential_id.clone(),
                owner: random_hex()?,
                tokens_generation: record.tokens_generation,
                now_ms,
                until_ms: now_ms + millis(self.0.options.lease),
            };
            if let Acquired::Held { lease, .. } = store.acquire(&request).await? {
                break (lease, store.load_by_id(&credential_id).await?);
            }
            if began.elapsed() >= self.0.options.wait {
                return Err(CredentialError::RefreshBusy { name: record.name.to_string(), waited_ms: millis(began.elapsed()) });
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        };
        let revoked = match revoke(Access { record: std::sync::Arc::new(record), service: self.0.options.service }).await {
            Ok(revoked) => revoked,
            Err(error) => {
                store.release(&lease, true).await?;
                return Ok(Err(error));
            }
        };
        for _ in 0..TRIES {
            let mut record = store.load_by_id(&credential_id).await?;
            let replaces = record.advance();
            record.clear_tokens();
            if store.replace(&record, replaces, Some(&lease)).await? {
                return Ok(Ok((revoked, record)));
            }
        }
        store.release(&lease, true).await?;
        Err(CredentialError::Conflict { name: name.chars().take(64).collect() })
    }
}
