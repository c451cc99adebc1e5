//! Rate limits: windows per account and per app, and the headers that tell of them.

use std::collections::HashMap;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::auth::Caller;

const DAY_SECONDS: u64 = 24 * 60 * 60;

/// Who shares an allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All callers of one developer app.
    App,
    /// One account.
    User,
}

/// So many calls in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Who shares it.
    pub scope: Scope,
    /// How many calls.
    pub calls: u64,
    /// In how many seconds, from the first call on.
    pub seconds: u64,
}

impl Limit {
    pub(crate) const fn user(calls: u64) -> Self {
        Self { scope: Scope::User, calls, seconds: 900 }
    }

    pub(crate) const fn app(calls: u64) -> Self {
        Self { scope: Scope::App, calls, seconds: 900 }
    }

    pub(crate) const fn per_day(self) -> Self {
        Self { seconds: DAY_SECONDS, ..self }
    }
}

#[derive(Clone, Copy, Debug)]
struct Window {
    ends_at: u64,
    used: u64,
}

/// What is left of one limit after this call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    limit: Limit,
    remaining: u64,
    reset_at: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Windows {
    windows: HashMap<(&'static str, Scope, u64, u64), Window>,
    /// Limits that a test has changed, by endpoint.
    changed: Vec<(&'static str, Limit)>,
}

impl Windows {
    /// Replaces the endpoint's limit of the same scope and span, or adds it.
    pub fn change(&mut self, endpoint: &'static str, limit: Limit) {
        self.changed.retain(|(name, old)| !(*name == endpoint && old.scope == limit.scope && old.seconds == limit.seconds));
        self.changed.push((endpoint, limit));
    }

    /// Counts a call. The second value says whether it is within all limits.
    pub fn count(&mut self, endpoint: &'static str, limits: &[Limit], caller: &Caller, now_ms: u64) -> (Vec<Standing>, bool) {
        let now = now_ms / 1000;
        let changed = self.changed.iter().filter(|(name, _)| *name == endpoint);
        let changed: Vec<Limit> = changed.map(|(_, limit)| *limit).collect();
        let same = |a: &Limit, b: &Limit| a.scope == b.scope && a.seconds == b.seconds;
        let unchanged = limits.iter().filter(|limit| !changed.iter().any(|other| same(other, limit))).copied();
        let effective: Vec<Limit> = unchanged.chain(changed.iter().copied()).collect();
        let key = |limit: &Limit| {
            let who = match limit.scope {
                Scope::App => caller.app_id,
                Scope::User => caller.user_id?,
            };
            Some((endpoint, limit.scope, limit.seconds, who))
        };
        let mut applying: Vec<(Limit, _)> = effective.iter().filter_map(|limit| Some((*limit, key(limit)?))).collect();
        // An app's own window does not bind its users' calls; its day does.
        if caller.user_id.is_some() {
            applying.retain(|(limit, _)| limit.scope == Scope::User || limit.seconds == DAY_SECONDS);
        }
        let mut within = true;
        for (limit, key) in &applying {
            let window = self.windows.entry(*key).or_insert(Window { ends_at: now + limit.seconds, used: 0 });
            if window.ends_at <= now {
                *window = Window { ends_at: now + limit.seconds, used: 0 };
            }
            within &= window.used < limit.calls;
        }
        let standings = applying
            .iter()
            .filter_map(|(limit, key)| {
                let window = self.windows.get_mut(key)?;
                window.used += u64::from(within);
                Some(Standing { limit: *limit, remaining: limit.calls.saturating_sub(window.used), reset_at: window.ends_at })
            })
            .collect();
        (standings, within)
    }
}

/// Writes `x-rate-limit-*`, `x-user-limit-24hour-*` and `x-app-limit-24hour-*`.
pub(crate) fn write_headers(standings: &[Standing], headers: &mut HeaderMap) {
    for standing in standings {
        let names = match (standing.limit.scope, standing.limit.seconds) {
            (Scope::User, DAY_SECONDS) => ["x-user-limit-24hour-limit", "x-user-limit-24hour-remaining", "x-user-limit-24hour-reset"],
            (Scope::App, DAY_SECONDS) => ["x-app-limit-24hour-limit", "x-app-limit-24hour-remaining", "x-app-limit-24hour-reset"],
            (Scope::App | Scope::User, _) => ["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"],
        };
        let values = [standing.limit.calls, standing.remaining, standing.reset_at];
        for (name, value) in names.into_iter().zip(values) {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
    }
}
