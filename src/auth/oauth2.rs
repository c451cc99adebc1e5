//! OAuth 2.0 at X: the steps that connect an account by PKCE, keep it connected, and end it. Each is at most one exchange.

pub mod authorization_url;
pub mod exchange_code;
pub mod exchange_oauth1_token;
pub mod redirect_uri;
pub mod refresh_tokens;
mod refusals;
pub mod request_app_token;
pub mod revoke_token;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod token_endpoint;
mod tokens;
