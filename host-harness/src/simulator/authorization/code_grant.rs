//! Authorization codes: what consent gives, and what they are exchanged for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;

use super::Visit;
use super::grants::{self, IssuedTokens};
use super::parameters::Parameters;
use super::refusal::OauthError;
use super::token::required;
use crate::simulator::apps::App;

/// How long a code lives at X.
pub(super) const LIFETIME_MS: u64 = 30_000;

/// A code and what it stands for.
#[derive(Debug)]
pub(crate) struct Code {
    pub app_id: u64,
    pub user_id: u64,
    pub scopes: Vec<String>,
    pub redirect_uri: String,
    /// The S256 challenge.
    pub challenge: String,
    pub expires_at_ms: u64,
    pub fate: Fate,
}

/// What became of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    None,
    /// Somebody came with it and the wrong verifier or address.
    Refused,
    /// It gave this family of tokens.
    Gave(usize),
}

/// Exchanges a code for tokens.
///
/// # Errors
/// 400 for a code that is unknown, late, used or another app's, and for the wrong address or verifier; either uses it up. A
/// second use ends what the first one gave.
pub(super) fn redeem(visit: &mut Visit, app: &App, parameters: &Parameters) -> Result<IssuedTokens, OauthError> {
    let invalid = || OauthError::invalid_value("the authorization code");
    let text = required(parameters, "code")?;
    let redirect_uri = required(parameters, "redirect_uri")?;
    let verifier = required(parameters, "code_verifier")?;
    let code = visit.state.grants.codes.get_mut(text).filter(|code| code.app_id == app.id).ok_or_else(invalid)?;
    if let Fate::Gave(family) = code.fate {
        visit.state.grants.counts.replays += 1;
        grants::end(visit.state, family);
        return Err(invalid());
    }
    if code.fate == Fate::Refused || visit.now_ms >= code.expires_at_ms {
        return Err(invalid());
    }
    code.fate = Fate::Refused;
    if code.redirect_uri != redirect_uri {
        return Err(OauthError::invalid_request("Value passed for the redirect uri did not match the uri of the authorization code."));
    }
    if !is_verifier(verifier) || challenge_of(verifier) != code.challenge {
        return Err(OauthError::invalid_request("Value passed for the code verifier did not match the code challenge."));
    }
    let (user_id, scopes) = (code.user_id, code.scopes.clone());
    let (family, issued) = grants::open(visit.state, visit.options, visit.now_ms, (app.id, user_id), scopes);
    if let Some(code) = visit.state.grants.codes.get_mut(text) {
        code.fate = Fate::Gave(family);
    }
    Ok(issued)
}

/// The S256 challenge of RFC 7636.
fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

/// 43 to 128 unreserved characters.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(is_verifier(verifier));
        assert_eq!(challenge_of(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
