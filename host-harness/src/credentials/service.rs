//! What the connections of a service are called in the environment of a call.

/// A service that connections lead to, and the names of its connection properties.
///
/// Everything here that knows of a service's names reads them from this table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// The `serviceId`: `x`.
    pub id: &'static str,
    /// The property with the access token.
    pub access_token: &'static str,
    /// The property with the refresh token.
    pub refresh_token: &'static str,
    /// The property with the granted scopes, with spaces between.
    pub granted_scopes: &'static str,
    /// The property with the client id: the `clientId` of the four settings.
    pub client_id: &'static str,
    /// The property with the client secret.
    pub client_secret: &'static str,
    /// The property with the account's own id.
    pub user_id: &'static str,
}

impl Service {
    /// X.
    pub const X: Self = Self {
        id: "x",
        access_token: "X_ACCESS_TOKEN",
        refresh_token: "X_REFRESH_TOKEN",
        granted_scopes: "X_GRANTED_SCOPES",
        client_id: "X_CLIENT_ID",
        client_secret: "X_CLIENT_SECRET",
        user_id: "X_USER_ID",
    };

    /// Whether a property's value must never be shown: its name speaks of a token, secret, key, password, verifier or code.
    #[must_use]
    pub fn is_secret(property: &str) -> bool {
        const PARTS: [&str; 6] = ["TOKEN", "SECRET", "KEY", "PASSWORD", "VERIFIER", "CODE"];
        let property = property.to_ascii_uppercase();
        PARTS.iter().any(|part| property.contains(part))
    }

    /// The properties that only the steps of a connection need, never a call of an operation.
    pub(crate) fn only_for_connecting(&self, property: &str) -> bool {
        [self.refresh_token, self.client_secret].contains(&property)
    }

    /// The properties that a record fills from its tokens and account.
    pub(crate) fn is_filled(&self, property: &str) -> bool {
        [self.access_token, self.refresh_token, self.granted_scopes].contains(&property)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        for secret in ["X_ACCESS_TOKEN", "X_CLIENT_SECRET", "X_API_KEY", "X_OAUTH1_TOKEN", "x_code_verifier", "X_BEARER_TOKEN"] {
            assert!(Service::is_secret(secret), "{secret}");
        }
        for open in ["X_CLIENT_ID", "X_USER_ID", "X_POST_LIMIT", "X_API_BASE_URL", "X_GRANTED_SCOPES"] {
            assert!(!Service::is_secret(open), "{open}");
        }
    }
}
