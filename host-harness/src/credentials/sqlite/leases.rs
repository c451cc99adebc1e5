//! Leases: who may refresh a connection, until when, and whether somebody began and did not tell how it ended.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Inner, signed, unsigned};
use crate::credentials::{Acquired, CredentialError, LONGEST_LEASE_MS, Lease, LeaseRequest};

impl Inner {
    pub(super) fn acquire(&self, request: LeaseRequest) -> Result<Acquired, CredentialError> {
        self.write(|connection| {
            let mut there = connection.prepare_cached("SELECT 1 FROM connections WHERE credential_id = ?1")?;
            if !there.exists([&*request.credential_id])? {
                return Ok(Err(CredentialError::UnknownCredential { credential_id: request.credential_id.to_string() }));
            }
            let mut stored = connection.prepare_cached("SELECT tokens_generation, until_ms FROM leases WHERE credential_id = ?1")?;
            let stored = stored.query_row([&*request.credential_id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            let stored = stored.map(|(generation, until)| (unsigned(generation), unsigned(until)));
            if let Some((_, until_ms)) = stored
                && (request.now_ms + 1..=request.now_ms.saturating_add(LONGEST_LEASE_MS)).contains(&until_ms)
            {
                return Ok(Ok(Acquired::Busy { until_ms }));
            }
            let mut take = connection.prepare_cached(
                "INSERT INTO leases (credential_id, owner, tokens_generation, until_ms) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (credential_id) DO UPDATE SET owner = ?2, tokens_generation = ?3, until_ms = ?4",
            )?;
            take.execute(params![&*request.credential_id, &request.owner, signed(request.tokens_generation), signed(request.until_ms)])?;
            let lease = Lease { credential_id: request.credential_id, owner: request.owner, until_ms: request.until_ms };
            Ok(Ok(Acquired::Held { lease, interrupted: stored.map(|(generation, _)| generation) }))
        })
    }

    pub(super) fn renew(&self, lease: &Lease, until_ms: u64) -> Result<bool, CredentialError> {
        self.write(|connection| {
            let mut renew = connection.prepare_cached("UPDATE leases SET until_ms = ?3 WHERE credential_id = ?1 AND owner = ?2")?;
            Ok(Ok(renew.execute(params![&*lease.credential_id, &lease.owner, signed(until_ms)])? == 1))
        })
    }

    pub(super) fn release(&self, lease: &Lease, finished: bool) -> Result<(), CredentialError> {
        self.write(|connection| {
            if finished {
                Self::end(connection, lease)?;
            } else {
                // It stays behind, with its time up: the next holder takes it over and knows.
                let mut end = connection.prepare_cached("UPDATE leases SET until_ms = 0 WHERE credential_id = ?1 AND owner = ?2")?;
                end.execute([&*lease.credential_id, &lease.owner])?;
            }
            Ok(Ok(()))
        })
    }

    pub(super) fn end(connection: &Connection, lease: &Lease) -> rusqlite::Result<()> {
        let mut end = connection.prepare_cached("DELETE FROM leases WHERE credential_id = ?1 AND owner = ?2")?;
        end.execute([&*lease.credential_id, &lease.owner])?;
        Ok(())
    }
}
