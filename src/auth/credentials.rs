//! The credentials of a connection, and the choice among them for one request.

use alloc::{format, string::String, vec::Vec};

use crate::auth::accepts::listed;
use crate::auth::{Accepts, Credential, Kind, Secret, oauth1};
use crate::error::{Case, Failure, Party};

/// All that the connection can prove itself with; any part may be missing.
#[derive(Debug, Default)]
pub struct Credentials {
    /// `X_ACCESS_TOKEN`.
    pub oauth2_user: Option<Secret>,
    /// `X_API_KEY`, `X_API_SECRET`, `X_OAUTH1_TOKEN` and `X_OAUTH1_TOKEN_SECRET`.
    pub oauth1: oauth1::Keys,
    /// `X_BEARER_TOKEN`.
    pub app_only: Option<Secret>,
}

impl Credentials {
    /// The kinds that are there, in the order in which they are taken. OAuth 1.0a is when all four of its parts are.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        let is_there = |kind: &Kind| match kind {
            Kind::UserBearer => self.oauth2_user.is_some(),
            Kind::OAuth1 => self.oauth1.is_complete(),
            Kind::AppOnly => self.app_only.is_some(),
        };
        Kind::ALL.into_iter().filter(is_there).collect()
    }

    /// The credential for a request: the first kind that is there and that the endpoint accepts, in the order user bearer,
    /// OAuth 1.0a, app-only.
    ///
    /// # Errors
    /// `missing-credential` when no kind fits, or when OAuth 1.0a is next and a part of it is missing;
    /// `placeholder-cannot-sign` when OAuth 1.0a is next and a part of it is no key of X.
    pub fn choose(&self, accepts: Accepts) -> Result<Credential<'_>, Failure> {
        for kind in accepts.kinds() {
            match kind {
                Kind::UserBearer => {
                    if let Some(token) = &self.oauth2_user {
                        return Ok(Credential::UserBearer(token));
                    }
                }
                Kind::OAuth1 => {
                    if self.oauth1.names_account() {
                        return self.oauth1.account().map(Credential::OAuth1);
                    }
                }
                Kind::AppOnly => {
                    if let Some(token) = &self.app_only {
                        return Ok(Credential::AppOnly(token));
                    }
                }
            }
        }
        Err(self.missing(accepts))
    }

    /// Whether a secret of the credentials stands in the text.
    #[must_use]
    pub fn stands_in(&self, text: &str) -> bool {
        self.oauth1.stands_in(text) || [&self.oauth2_user, &self.app_only].into_iter().flatten().any(|secret| secret.stands_in(text))
    }

    fn missing(&self, accepts: Accepts) -> Failure {
        let names = |kinds: &[Kind], name: fn(Kind) -> &'static str| kinds.iter().copied().map(name).collect::<Vec<_>>();
        let has = self.kinds();
        let has = if has.is_empty() { String::from("no credential") } else { listed(&names(&has, Kind::name), " and ") };
        let accepted = listed(&names(accepts.kinds(), Kind::name), " or ");
        let properties = listed(&names(accepts.kinds(), Kind::properties), ", or ");
        let first = accepts.kinds().first().copied().unwrap_or(Kind::UserBearer);
        let (party, advice) = if first == Kind::AppOnly {
            (Party::AppOwner, format!("set {properties}, or get it with the app's API key and secret"))
        } else {
            (Party::AccountOwner, format!("connect an X account, or set {properties}"))
        };
        let message = format!("X takes {accepted} for this, and the connection has {has}; {advice}");
        Failure::new(Case::Unauthorized, "missing-credential", party, message).field(first.property())
    }
}
