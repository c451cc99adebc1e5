//! The tokens of an account, as a service gives them and as they are kept.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

/// What a service answers when it gives tokens.
#[derive(Debug, Clone)]
pub struct TokenAnswer {
    /// What authorizes calls.
    pub access_token: SecretString,
    /// What the next refresh takes; none when the one that is held stays good.
    pub refresh_token: Option<SecretString>,
    /// How long the access token lives, in seconds; none when the service does not say.
    pub expires_in: Option<u64>,
    /// What the account granted; empty when the service does not say.
    pub scopes: Vec<String>,
}

/// Tokens as a record keeps them. `Debug` shows neither.
#[derive(Clone)]
pub struct Tokens {
    /// What authorizes calls.
    pub access_token: SecretString,
    /// What the next refresh takes, once; none when the account granted no lasting access.
    pub refresh_token: Option<SecretString>,
    /// When the access token ends, in milliseconds since 1970; none when it is not known.
    pub expires_at_ms: Option<u64>,
    /// How long it lives in all, in milliseconds; none when it is not known.
    pub lifetime_ms: Option<u64>,
    /// What the account granted.
    pub scopes: Vec<String>,
}

impl Tokens {
    /// The tokens of an answer to a request that was sent at `sent_at_ms`, in milliseconds since 1970.
    #[must_use]
    pub fn new(answer: TokenAnswer, sent_at_ms: u64) -> Self {
        let lifetime_ms = answer.expires_in.map(|seconds| seconds.saturating_mul(1000));
        Self {
            access_token: answer.access_token,
            refresh_token: answer.refresh_token,
            expires_at_ms: lifetime_ms.map(|lifetime| sent_at_ms.saturating_add(lifetime)),
            lifetime_ms,
            scopes: answer.scopes,
        }
    }

    /// These after a refresh: what the answer left out stays as it was.
    #[must_use]
    pub fn refreshed(&self, answer: TokenAnswer, sent_at_ms: u64) -> Self {
        let mut next = Self::new(answer, sent_at_ms);
        if next.refresh_token.is_none() {
            next.refresh_token.clone_from(&self.refresh_token);
        }
        if next.scopes.is_empty() {
            next.scopes.clone_from(&self.scopes);
        }
        next
    }

    /// Whether the access token still lives at `now_ms`, as far as is known.
    #[must_use]
    pub fn lives_at(&self, now_ms: u64) -> bool {
        self.expires_at_ms.is_none_or(|end| now_ms < end)
    }

    /// Whether it is time to refresh: less is left than `ahead_ms`, or than a twelfth of a shorter life.
    #[must_use]
    pub fn is_due_at(&self, now_ms: u64, ahead_ms: u64) -> bool {
        let ahead_ms = self.lifetime_ms.map_or(ahead_ms, |lifetime| ahead_ms.min(lifetime / 12));
        self.expires_at_ms.is_some_and(|end| now_ms.saturating_add(ahead_ms) > end || now_ms >= end)
    }

    pub(crate) fn same_as(&self, other: &Self) -> bool {
        let refresh = |tokens: &Self| tokens.refresh_token.as_ref().map(|token| token.expose_secret().to_owned());
        self.access_token.expose_secret() == other.access_token.expose_secret() && refresh(self) == refresh(other)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Tokens")
            .field("has_refresh_token", &self.refresh_token.is_some())
            .field("expires_at_ms", &self.expires_at_ms)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;

    fn tokens(expires_in: Option<u64>) -> Tokens {
        Tokens::new(TokenAnswer { access_token: "a".into(), refresh_token: Some("r".into()), expires_in, scopes: vec![] }, 0)
    }

    #[test]
    fn a_token_of_two_hours_is_due_ten_minutes_before_its_end() {
        let tokens = tokens(Some(7200));
        assert!(!tokens.is_due_at(110 * MINUTE, 10 * MINUTE));
        assert!(tokens.is_due_at(110 * MINUTE + 1, 10 * MINUTE));
        assert!(tokens.lives_at(120 * MINUTE - 1));
        assert!(!tokens.lives_at(120 * MINUTE));
    }

    #[test]
    fn a_shorter_life_is_due_in_its_last_twelfth() {
        let tokens = tokens(Some(12 * 60));
        assert!(!tokens.is_due_at(11 * MINUTE, 10 * MINUTE));
        assert!(tokens.is_due_at(11 * MINUTE + 1, 10 * MINUTE));
    }

    #[test]
    fn without_an_end_a_token_is_never_due() {
        assert!(!tokens(None).is_due_at(u64::MAX, 10 * MINUTE));
        assert!(tokens(None).lives_at(u64::MAX));
    }

    #[test]
    fn what_a_refresh_leaves_out_stays_and_nothing_is_shown() {
        let mut before = tokens(Some(7200));
        before.scopes = vec!["users.read".into()];
        let answer = TokenAnswer { access_token: "b".into(), refresh_token: None, expires_in: None, scopes: vec![] };
        let after = before.refreshed(answer, 5);
        assert_eq!(after.refresh_token.as_ref().expect("kept").expose_secret(), "r");
        assert_eq!(after.scopes, ["users.read"]);
        assert_eq!(after.expires_at_ms, None);
        assert!(!format!("{after:?}").contains("access_token"));
    }
}
