//! OAuth 2.0 bearer tokens (RFC 6750), used as they are given.

use alloc::{format, string::String, string::ToString};
use core::fmt;

use crate::transport::Request;

/// A token. It has no `Display` and never shows in `Debug`.
pub struct Token(String);

impl Token {
    /// Takes any token that can stand in a header; a host may pass a placeholder that it replaces on the way out.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
        fits.then(|| Self(text.to_string()))
    }

    pub(super) fn authorize(&self, request: &mut Request) {
        request.headers.push(("authorization", format!("Bearer {}", self.0)));
    }

    /// Whether the token stands in the text; an answer that echoes it must not be shown.
    #[must_use]
    pub fn stands_in(&self, text: &str) -> bool {
        text.contains(self.0.as_str())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(redacted)")
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        // Instances are fresh for every call, so this is for hosts that keep one: the memory is given back empty.
        let mut bytes = core::mem::take(&mut self.0).into_bytes();
        bytes.fill(0);
        core::hint::black_box(&bytes);
    }
}
