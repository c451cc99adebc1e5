//! Credentials, and how each of them authorizes a request.

pub mod bearer;

use crate::error::Failure;
use crate::transport::Request;

/// What a connection can prove itself with. OAuth 1.0a and app-only bearer tokens become further variants.
#[derive(Debug)]
pub enum Credential {
    /// An OAuth 2.0 access token of a user.
    UserBearer(bearer::Token),
}

impl Credential {
    /// Adds to the request what X wants to see. It comes last: a signature covers the finished request.
    ///
    /// # Errors
    /// A [`Failure`] when this kind of credential cannot authorize the request.
    pub fn authorize(&self, request: &mut Request) -> Result<(), Failure> {
        match self {
            Self::UserBearer(token) => token.authorize(request),
        }
        Ok(())
    }

    /// Whether a secret of the credential stands in the text.
    #[must_use]
    pub fn stands_in(&self, text: &str) -> bool {
        match self {
            Self::UserBearer(token) => token.stands_in(text),
        }
    }
}
