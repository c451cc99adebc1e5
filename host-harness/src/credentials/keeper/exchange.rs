//! The exchange of a refresh token for new tokens: what the embedding program brings.

use thiserror::Error;

use super::Access;
use crate::credentials::{BoxFuture, TokenAnswer};

/// Asks the service for new tokens: one exchange, which ends in time by itself.
pub trait Refresh: Send + Sync + 'static {
    /// Refreshes with the connection's environment ([`Access::environment`]), refresh token and client secret included.
    fn refresh<'a>(&'a self, connection: &'a Access) -> BoxFuture<'a, Result<TokenAnswer, RefreshError>>;
}

/// Why there are no new tokens. The messages go to people: they hold no secrets.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RefreshError {
    /// The refresh token is spent, revoked or unknown. Only this marks the connection.
    #[error("{message}")]
    ReconnectNeeded {
        /// What the service said.
        message: String,
    },
    /// The service may have given new tokens, and the answer did not arrive.
    #[error("{message}")]
    AnswerLost {
        /// What happened.
        message: String,
    },
    /// The service was not reached, or asks to come later.
    #[error("{message}")]
    Unavailable {
        /// What happened.
        message: String,
        /// How long to wait, in milliseconds, where the service said so.
        retry_after_ms: Option<u64>,
    },
    /// The service refuses the client, or the request, not the token.
    #[error("{message}")]
    Refused {
        /// What it said, and who must act.
        message: String,
    },
}
