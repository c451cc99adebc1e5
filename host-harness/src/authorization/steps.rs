//! The connection steps of a connector, typed: what its interface `connection` offers, without JSON in between.

use super::Expected;
use crate::credentials::TokenAnswer;
use crate::host::{Call, CallError, ConnectionProperties, Connector};
use crate::http::Sink;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The properties that exist for one step only.
const AUTHORIZATION_CODE: &str = "X_AUTHORIZATION_CODE";
const CODE_VERIFIER: &str = "X_CODE_VERIFIER";
const OAUTH1_TOKEN: &str = "X_OAUTH1_TOKEN";
const OAUTH1_TOKEN_SECRET: &str = "X_OAUTH1_TOKEN_SECRET";
const OAUTH1_VERIFIER: &str = "X_OAUTH1_VERIFIER";

/// Runs connection steps. Secrets go in as connection properties and come out as [`SecretString`]s.
#[derive(Clone)]
pub struct Steps {
    connector: Connector,
    recorder: Option<Arc<dyn Sink>>,
}

/// An authorization by OAuth 2.0 that has begun.
#[derive(Debug)]
pub struct Begun {
    /// What the account's owner opens in a browser.
    pub url: String,
    /// How its callback is known.
    pub expected: Expected,
    /// The secret half of the challenge.
    pub code_verifier: SecretString,
    /// The scopes that are asked for.
    pub scopes: Vec<String>,
}

/// An authorization by OAuth 1.0a that has begun.
#[derive(Debug)]
pub struct BegunOAuth1 {
    /// What the account's owner opens in a browser.
    pub url: String,
    /// How its callback is known.
    pub expected: Expected,
    /// The request token.
    pub token: SecretString,
    /// Its secret.
    pub token_secret: SecretString,
}

/// An OAuth 1.0a token of an account.
#[derive(Debug)]
pub struct OAuth1Token {
    /// What stands for the account.
    pub token: SecretString,
    /// What signs its requests.
    pub token_secret: SecretString,
    /// The account's id and handle, where X said them.
    pub user_id: Option<String>,
    /// The handle.
    pub username: Option<String>,
}

impl std::fmt::Debug for Steps {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Steps").finish_non_exhaustive()
    }
}

impl Steps {
    /// The steps of a connector.
    #[must_use]
    pub fn new(connector: Connector) -> Self {
        Self { connector, recorder: None }
    }

    /// Records every request and answer, without secrets.
    #[must_use]
    pub fn recorder(mut self, recorder: Option<Arc<dyn Sink>>) -> Self {
        self.recorder = recorder;
        self
    }

    /// Makes the address at which the account's owner authorizes the app by OAuth 2.0. Nothing is sent.
    ///
    /// # Errors
    ///
    /// The connector's, which names what is wrong or missing.
    pub async fn authorization_url(
        &self,
        connection: ConnectionProperties,
        redirect_uri: &str,
        operations: &[String],
        additional_scopes: &[String],
    ) -> Result<Begun, CallError> {
        let mut input = json!({ "redirect_uri": redirect_uri, "additional_scopes": additional_scopes });
        if !operations.is_empty() {
            input["operations"] = operations.into();
        }
        let answer = self.run("authorizationUrl", input, connection).await?;
        Ok(Begun {
            url: answer.text("url")?,
            expected: Expected::State(answer.text("state")?),
            code_verifier: answer.secret("code_verifier")?,
            scopes: answer.texts("scopes"),
        })
    }

    /// Exchanges the code of a callback for tokens.
    ///
    /// # Errors
    ///
    /// The connector's; `authorization-code-refused` when the code came too late or was used before.
    pub async fn exchange_code(
        &self,
        mut connection: ConnectionProperties,
        redirect_uri: &str,
        code: &SecretString,
        code_verifier: &SecretString,
    ) -> Result<TokenAnswer, CallError> {
        connection.set(AUTHORIZATION_CODE, code.expose_secret()).set(CODE_VERIFIER, code_verifier.expose_secret());
        self.run("exchangeCode", json!({ "redirect_uri": redirect_uri }), connection).await?.tokens()
    }

    /// Exchanges the refresh token for new tokens.
    ///
    /// # Errors
    ///
    /// The connector's; `reconnect-needed` when the token is spent or revoked.
    pub async fn refresh_tokens(&self, connection: ConnectionProperties) -> Result<TokenAnswer, CallError> {
        self.run("refreshTokens", json!({}), connection).await?.tokens()
    }

    /// Takes the tokens back.
    ///
    /// # Errors
    ///
    /// The connector's.
    pub async fn revoke_token(&self, connection: ConnectionProperties) -> Result<bool, CallError> {
        let answer = self.run("revokeToken", json!({}), connection).await?;
        Ok(answer.0.get("revoked") == Some(&Value::Bool(true)))
    }

    /// Exchanges an OAuth 1.0a token for OAuth 2.0 tokens, with these scopes or all that the app's permissions allow.
    ///
    /// # Errors
    ///
    /// The connector's.
    pub async fn exchange_oauth1_token(&self, connection: ConnectionProperties, scopes: &[String]) -> Result<TokenAnswer, CallError> {
        let input = if scopes.is_empty() { json!({}) } else { json!({ "scopes": scopes }) };
        self.run("exchangeOauth1Token", input, connection).await?.tokens()
    }

    /// Gets the app's own bearer token.
    ///
    /// # Errors
    ///
    /// The connector's.
    pub async fn request_app_token(&self, connection: ConnectionProperties) -> Result<SecretString, CallError> {
        self.run("requestAppToken", json!({}), connection).await?.secret("bearer_token")
    }

    /// Begins an authorization by OAuth 1.0a; `callback` is a redirect URI, or `oob`.
    ///
    /// # Errors
    ///
    /// The connector's.
    pub async fn request_oauth1_token(&self, connection: ConnectionProperties, callback: &str) -> Result<BegunOAuth1, CallError> {
        let answer = self.run("requestOauth1Token", json!({ "callback": callback }), connection).await?;
        let token = answer.text("request_token")?;
        Ok(BegunOAuth1 {
            url: answer.text("url")?,
            expected: Expected::RequestToken(token.clone()),
            token: token.into(),
            token_secret: answer.secret("request_token_secret")?,
        })
    }

    /// Ends an authorization by OAuth 1.0a.
    ///
    /// # Errors
    ///
    /// The connector's.
    pub async fn exchange_oauth1_verifier(
        &self,
        mut connection: ConnectionProperties,
        begun: &BegunOAuth1,
        verifier: &SecretString,
    ) -> Result<OAuth1Token, CallError> {
        connection
            .set(OAUTH1_TOKEN, begun.token.expose_secret())
            .set(OAUTH1_TOKEN_SECRET, begun.token_secret.expose_secret())
            .set(OAUTH1_VERIFIER, verifier.expose_secret());
        let answer = self.run("exchangeOauth1Verifier", json!({}), connection).await?;
        Ok(OAuth1Token {
            token: answer.secret("token")?,
            token_secret: answer.secret("token_secret")?,
            user_id: answer.text("user_id").ok(),
            username: answer.text("username").ok(),
        })
    }

    /// Looks at a connection and explains it: the connector's `verification`, as JSON.
    ///
    /// # Errors
    ///
    /// The connector's, when nothing can be told.
    pub async fn verify(&self, connection: ConnectionProperties, operations: &[String]) -> Result<Value, CallError> {
        let input = if operations.is_empty() { json!({}) } else { json!({ "operations": operations }) };
        Ok(Value::Object(self.run("verify", input, connection).await?.0))
    }

    async fn run(&self, operation: &str, input: Value, connection: ConnectionProperties) -> Result<Fields, CallError> {
        let call = Call::new(operation).parameters(input).connection(connection);
        let call = match &self.recorder {
            Some(recorder) => call.recorder(Arc::clone(recorder)),
            None => call,
        };
        match self.connector.call(call).await? {
            Value::Object(fields) => Ok(Fields(fields)),
            _ => Err(unexpected("an object")),
        }
    }
}

/// What a step returned.
struct Fields(Map<String, Value>);

impl Fields {
    fn text(&self, name: &'static str) -> Result<String, CallError> {
        self.0.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| unexpected(name))
    }

    fn secret(&self, name: &'static str) -> Result<SecretString, CallError> {
        self.text(name).map(SecretString::from)
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let values = self.0.get(name).and_then(Value::as_array).into_iter().flatten();
        values.filter_map(|value| value.as_str().map(str::to_owned)).collect()
    }

    fn tokens(&self) -> Result<TokenAnswer, CallError> {
        Ok(TokenAnswer {
            access_token: self.secret("access_token")?,
            refresh_token: self.secret("refresh_token").ok(),
            expires_in: self.0.get("expires_in").and_then(Value::as_u64),
            scopes: self.texts("scopes"),
        })
    }
}

/// A connector whose step returns something else than this host knows.
fn unexpected(name: &str) -> CallError {
    CallError::Engine { reason: format!("the step's result has no `{name}`; use the connector that fits this host") }
}
