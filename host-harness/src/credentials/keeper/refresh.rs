//! One refresh among processes: the lease, the exchange with the service, and the new pair in the store.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::flight::Outcome;
use super::{Inner, Need, RefreshError, Unsaved, lock, millis, reconnect_needed};
use crate::credentials::{
    Access, Acquired, CredentialError, CredentialId, LONGEST_LEASE_MS, Lease, LeaseRequest, Record, Status, TokenAnswer, Tokens, random_hex,
};

const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How often new tokens are offered to a store that refuses them, before the caller learns of it.
const SAVES: u32 = 5;

/// How long not to look again at a lease that somebody else has, while the access token lives.
const BUSY_MS: u64 = 1000;

/// Refreshes the tokens of `generation`, unless somebody else does or did.
pub(super) async fn refresh(inner: &Inner, credential_id: &CredentialId, generation: u64, need: Need) -> Outcome {
    let began = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let record = inner.store.load_by_id(credential_id).await?;
        if record.tokens_generation > generation {
            return Ok(Arc::new(record));
        }
        inner.usable(&record, need)?;
        let unsaved = lock(&inner.unsaved).get(credential_id).cloned();
        if let Some(unsaved) = unsaved.filter(|unsaved| unsaved.follows == generation) {
            return save(inner, record, unsaved).await;
        }
        let now_ms = inner.now_ms();
        let request = LeaseRequest {
            credential_id: credential_id.clone(),
            owner: random_hex()?,
            tokens_generation: generation,
            now_ms,
            until_ms: now_ms + millis(inner.options.lease),
        };
        match inner.store.acquire(&request).await? {
            Acquired::Held { lease, interrupted } => {
                let held = Held { inner, lease, answer_lost: interrupted == Some(generation) };
                return held.refresh(credential_id, generation, need).await;
            }
            Acquired::Busy { .. } if need == Need::Ahead && record.tokens.as_ref().is_some_and(|tokens| tokens.lives_at(now_ms)) => {
                let busy = CredentialError::RefreshBusy { name: record.name.to_string(), waited_ms: 0 };
                lock(&inner.rests).insert(credential_id.clone(), (now_ms + BUSY_MS, busy));
                return Ok(Arc::new(record));
            }
            Acquired::Busy { .. } => {
                let waited = began.elapsed();
                if waited >= inner.options.wait {
                    return Err(CredentialError::RefreshBusy { name: record.name.to_string(), waited_ms: millis(waited) });
                }
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// A lease that is held.
struct Held<'a> {
    inner: &'a Inner,
    lease: Lease,
    /// Whether these tokens were sent before and the answer did not arrive: the service may have taken them.
    answer_lost: bool,
}

impl Held<'_> {
    async fn refresh(mut self, credential_id: &CredentialId, generation: u64, need: Need) -> Outcome {
        // Under the lease nobody else refreshes: what is read now is what must be sent.
        let record = match self.inner.store.load_by_id(credential_id).await {
            Ok(record) if record.tokens_generation > generation => {
                self.end(true).await;
                return Ok(Arc::new(record));
            }
            Ok(record) => record,
            Err(error) => return self.fail(error).await,
        };
        if let Err(error) = self.inner.usable(&record, need) {
            return self.fail(error).await;
        }
        let Some(tokens) = record.tokens.clone() else {
            return self.fail(CredentialError::NoRefreshToken { name: record.name.to_string() }).await;
        };
        let access = self.inner.access(Arc::new(record.clone()));
        let mut may_replay = !self.answer_lost;
        loop {
            if !self.lasts().await {
                return Err(CredentialError::RefreshBusy { name: record.name.to_string(), waited_ms: 0 });
            }
            let sent_at_ms = self.inner.now_ms();
            match self.exchange(&access).await {
                Ok(answer) => {
                    let tokens = tokens.refreshed(answer, sent_at_ms);
                    let unsaved = Unsaved { follows: generation, tokens, lease: self.lease };
                    lock(&self.inner.unsaved).insert(credential_id.clone(), unsaved.clone());
                    return save(self.inner, record, unsaved).await;
                }
                Err(RefreshError::ReconnectNeeded { message }) => return self.mark(record, generation, message).await,
                Err(RefreshError::AnswerLost { message }) => {
                    self.answer_lost = true;
                    if !may_replay {
                        return self.fail(CredentialError::AnswerLost { name: record.name.to_string(), message }).await;
                    }
                    may_replay = false;
                    tracing::warn!(connection = %record.name, "the answer to a refresh was lost; the same token is sent once more");
                    // Time for what is still on its way to the service: it must not arrive after the repetition.
                    sleep(self.inner.options.replay_after).await;
                }
                Err(RefreshError::Unavailable { message, retry_after_ms }) => {
                    let name = record.name.to_string();
                    return self.fail(CredentialError::RefreshUnavailable { name, message, retry_after_ms }).await;
                }
                Err(RefreshError::Refused { message }) => {
                    return self.fail(CredentialError::RefreshRefused { name: record.name.to_string(), message }).await;
                }
            }
        }
    }

    /// One exchange with the service, with the lease renewed for as long as it takes.
    async fn exchange(&mut self, access: &Access) -> Result<TokenAnswer, RefreshError> {
        let began = Instant::now();
        let mut exchange = self.inner.refresh.refresh(access);
        while millis(began.elapsed()) < LONGEST_LEASE_MS {
            tokio::select! {
                answer = &mut exchange => return answer,
                () = sleep(self.inner.options.lease / 2) => { self.renew().await; }
            }
        }
        Err(RefreshError::AnswerLost { message: "there was no answer within 10 minutes".to_owned() })
    }

    /// Whether the lease is good for an exchange: a process that was stopped for a while may have lost it.
    async fn lasts(&mut self) -> bool {
        let half_ms = millis(self.inner.options.lease) / 2;
        self.inner.now_ms() + half_ms < self.lease.until_ms || self.renew().await
    }

    async fn renew(&mut self) -> bool {
        let until_ms = self.inner.now_ms() + millis(self.inner.options.lease);
        let renewed = self.inner.store.renew(&self.lease, until_ms).await.unwrap_or(false);
        if renewed {
            self.lease.until_ms = until_ms;
        }
        renewed
    }

    async fn fail(self, error: CredentialError) -> Outcome {
        tracing::warn!(%error, "the tokens of a connection were not refreshed");
        self.end(!self.answer_lost).await;
        let now_ms = self.inner.now_ms();
        let rest_ms = match &error {
            CredentialError::RefreshUnavailable { retry_after_ms: Some(after_ms), .. } => *after_ms,
            _ => millis(self.inner.options.try_again_after),
        };
        lock(&self.inner.rests).insert(self.lease.credential_id.clone(), (now_ms.saturating_add(rest_ms), error.clone()));
        Err(error)
    }

    async fn end(&self, finished: bool) {
        if let Err(error) = self.inner.store.release(&self.lease, finished).await {
            tracing::warn!(%error, "a lease was not given back; it ends by itself");
        }
    }

    /// Notes that the owner must log in again, unless somebody already has.
    async fn mark(self, mut record: Record, generation: u64, message: String) -> Outcome {
        let since_ms = match record.status {
            Status::Ready => self.inner.now_ms(),
            Status::ReconnectNeeded { since_ms, .. } => since_ms,
        };
        let reason = if self.answer_lost { format!("{message}; the answer to the refresh before it had been lost") } else { message };
        loop {
            let replaces = record.advance();
            record.status = Status::ReconnectNeeded { since_ms, reason: reason.clone() };
            match self.inner.store.replace(&record, replaces, Some(&self.lease)).await {
                Ok(true) => break,
                Ok(false) => match self.inner.store.load_by_id(&record.credential_id).await {
                    Ok(stored) if stored.tokens_generation > generation => {
                        self.end(true).await;
                        return Ok(Arc::new(stored));
                    }
                    Ok(stored) => record = stored,
                    Err(error) => return self.fail(error).await,
                },
                Err(error) => {
                    // The next refresh finds the same.
                    tracing::warn!(connection = %record.name, %error, "that the connection must be connected again was not stored");
                    self.end(true).await;
                    break;
                }
            }
        }
        Err(reconnect_needed(&record, since_ms, &reason))
    }
}

/// Stores new tokens and ends the lease with the same write. Until that is done they are in memory alone, so it is tried
/// again, by the next call too.
async fn save(inner: &Inner, mut record: Record, unsaved: Unsaved) -> Outcome {
    let credential_id = record.credential_id.clone();
    let mut pause = FIRST_PAUSE;
    let mut tries = 0;
    let saved = loop {
        let mut next = record.clone();
        let replaces = next.advance();
        next.set_tokens(Tokens::clone(&unsaved.tokens));
        let problem = match inner.store.replace(&next, replaces, Some(&unsaved.lease)).await {
            Ok(true) => break Ok(Arc::new(next)),
            // Somebody renamed it, or changed a property: the tokens belong into what is there now.
            Ok(false) => match inner.store.load_by_id(&credential_id).await {
                // Or logged in again: those tokens are the newer ones.
                Ok(stored) if stored.tokens_generation > unsaved.follows => {
                    // Where the lease cannot be ended, its time does it.
                    let _ = inner.store.release(&unsaved.lease, true).await;
                    break Ok(Arc::new(stored));
                }
                Ok(stored) => {
                    record = stored;
                    continue;
                }
                Err(error) => error,
            },
            Err(error) => error,
        };
        if matches!(problem, CredentialError::UnknownCredential { .. }) {
            break Err(problem);
        }
        tries += 1;
        if tries == SAVES {
            return Err(CredentialError::NotSaved { name: record.name.to_string(), problem: problem.to_string() });
        }
        sleep(pause).await;
        pause *= 4;
    };
    lock(&inner.unsaved).remove(&credential_id);
    lock(&inner.rests).remove(&credential_id);
    saved
}
