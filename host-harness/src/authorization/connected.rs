//! A connector with a stored connection: calls whose tokens are kept fresh.

use super::Steps;
use crate::credentials::{Access, BoxFuture, CredentialError, Keeper, Refresh, RefreshError, TokenAnswer};
use crate::host::{Call, CallError, ConnectionProperties, Connector, Failure};
use serde_json::{Value, json};

/// The code of a call's failure that a refresh can cure.
const EXPIRED: &str = "expired-token";

/// A connector and the name of a stored connection.
///
/// Before a call the tokens are refreshed when their end is near; a call that X refuses because the access token has
/// ended is run once more with fresh ones: X did nothing then.
#[derive(Debug, Clone)]
pub struct Connected {
    connector: Connector,
    keeper: Keeper,
    name: String,
}

impl Connected {
    /// A connector that calls with the connection `name` of the keeper.
    #[must_use]
    pub fn new(connector: Connector, keeper: Keeper, name: impl Into<String>) -> Self {
        Self { connector, keeper, name: name.into() }
    }

    /// Runs an operation with the connection as it is now; the call's own connection is replaced.
    ///
    /// # Errors
    ///
    /// As [`Connector::call`]; what is wrong with the connection itself comes in the same shape.
    pub async fn call(&self, call: Call) -> Result<Value, CallError> {
        let access = self.keeper.properties(&self.name).await.map_err(|error| failure(&error))?;
        let failed = match self.connector.call(call.clone().connection(properties(&access))).await {
            Err(error) if error.code() == EXPIRED => error,
            result => return result,
        };
        let access = match self.keeper.refreshed_after(&self.name, access.tokens_generation()).await {
            Ok(access) => access,
            // There is nothing to refresh with, so X's own refusal says more.
            Err(CredentialError::NoRefreshToken { .. }) => return Err(failed),
            Err(error) => return Err(failure(&error)),
        };
        self.connector.call(call.connection(properties(&access))).await
    }
}

fn properties(access: &Access) -> ConnectionProperties {
    access.call_environment().collect()
}

/// The error case that a connection's trouble belongs to, and who must act.
#[must_use]
pub fn case_and_party(error: &CredentialError) -> (&'static str, &'static str) {
    match error.code() {
        "reconnect-needed" | "no-refresh-token" => ("permanent-unauthorized", "account_owner"),
        "refresh-refused" => ("permanent-unauthorized", "app_owner"),
        "refresh-unavailable" | "refresh-busy" | "answer-lost" => ("unavailable", "wait"),
        "unknown-connection" | "name-taken" | "bad-name" | "bad-credential-id" | "credential-taken" | "nothing-to-export" => {
            ("permanent-invalid-input", "author")
        }
        _ => ("execution-failed", "operator"),
    }
}

/// A connection's trouble in the shape of a call's failure.
fn failure(error: &CredentialError) -> CallError {
    let (case, who) = case_and_party(error);
    let mut problem = json!({ "code": error.code(), "message": error.to_string(), "who_must_act": who });
    if let CredentialError::RefreshUnavailable { retry_after_ms: Some(pause), .. } = error {
        problem["retry_after_ms"] = (*pause).into();
    }
    CallError::Connector(Failure { case: case.to_owned(), problem, refusals: Vec::new() })
}

impl Refresh for Steps {
    fn refresh<'a>(&'a self, access: &'a Access) -> BoxFuture<'a, Result<TokenAnswer, RefreshError>> {
        Box::pin(async move { self.refresh_tokens(access.environment().collect()).await.map_err(|error| refresh_error(&error)) })
    }
}

/// What the connector's failure means for the tokens. Where nobody knows what X saw, the answer counts as lost.
fn refresh_error(error: &CallError) -> RefreshError {
    // What comes behind the first semicolon is the connector's next step; the keeper has one of its own.
    let message = error.to_string();
    let message = message.split(';').next().unwrap_or_default().to_owned();
    match error {
        CallError::Connector(failure) => match (failure.case.as_str(), failure.code()) {
            (_, "reconnect-needed") => RefreshError::ReconnectNeeded { message },
            (_, "answer-lost") | ("permanent-outcome-unknown" | "permanent-unexpected-response", _) => RefreshError::AnswerLost { message },
            ("unavailable" | "rate-limited", _) => RefreshError::Unavailable { message, retry_after_ms: failure.retry_after_ms() },
            _ => RefreshError::Refused { message },
        },
        CallError::UnknownOperation { .. } | CallError::Parameters(_) => RefreshError::Refused { message },
        CallError::Trapped { .. }
        | CallError::DeadlineExceeded
        | CallError::RunningTimeExceeded
        | CallError::OutOfMemory
        | CallError::Engine { .. } => RefreshError::AnswerLost { message },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connector(case: &str, code: &str) -> CallError {
        let problem = json!({ "code": code, "message": "m", "who_must_act": "wait" });
        CallError::Connector(Failure { case: case.to_owned(), problem, refusals: Vec::new() })
    }

    #[test]
    fn only_a_spent_token_means_reconnect_and_doubt_means_a_lost_answer() {
        let meaning = |error| match refresh_error(&error) {
            RefreshError::ReconnectNeeded { .. } => "reconnect",
            RefreshError::AnswerLost { .. } => "lost",
            RefreshError::Unavailable { .. } => "unavailable",
            RefreshError::Refused { .. } => "refused",
        };
        assert_eq!(meaning(connector("permanent-unauthorized", "reconnect-needed")), "reconnect");
        for code in ["wrong-client-kind", "invalid-client", "missing-credential"] {
            assert_eq!(meaning(connector("permanent-unauthorized", code)), "refused", "{code}");
        }
        for case in ["unavailable", "rate-limited"] {
            assert_eq!(meaning(connector(case, "x-unavailable")), "unavailable", "{case}");
        }
        assert_eq!(meaning(connector("egress-denied", "egress-denied")), "refused");
        assert_eq!(meaning(connector("permanent-outcome-unknown", "answer-lost")), "lost");
        for error in [CallError::DeadlineExceeded, CallError::OutOfMemory, CallError::Trapped { reason: "r".to_owned() }] {
            assert_eq!(meaning(error), "lost");
        }
    }
}
