//! The text of a post: what X refuses for certain, links, and comparing what was sent with what X stored.

pub mod links;
pub mod same;
pub mod weight;

use crate::error::Failure;

/// Characters that X takes in no post.
const INVALID: [char; 3] = ['\u{FFFE}', '\u{FEFF}', '\u{FFFF}'];

/// Refuses a text that X would refuse for certain, before anything is sent.
///
/// # Errors
/// A [`Failure`] that names `text`.
pub fn check_post(text: &str, limit: u32) -> Result<(), Failure> {
    // All three begin with this byte in UTF-8; few texts have it.
    if text.as_bytes().contains(&0xEF) && text.contains(INVALID) {
        return Err(Failure::invalid(
            "text",
            "invalid-character",
            "holds U+FFFE, U+FEFF or U+FFFF, which X refuses; remove it, it often comes from a copied file",
        ));
    }
    // X counts no character more than UTF-8 has bytes for it.
    if text.len() as u64 <= u64::from(limit) {
        return Ok(());
    }
    let least = weight::least(text);
    if least > u64::from(limit) {
        let message = alloc::format!(
            "is too long: X counts at least {least} characters and this account may post {limit}; shorten it, or set X_POST_LIMIT when the account has X Premium"
        );
        return Err(Failure::invalid("text", "text-too-long", &message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_x_refuses_for_certain_is_refused_first() {
        assert!(check_post(&"a".repeat(280), 280).is_ok());
        assert!(check_post(&"字".repeat(140), 280).is_ok());
        assert!(check_post(&"a".repeat(281), 281).is_ok());
        for text in ["a".repeat(281), "字".repeat(141), "a\u{FEFF}".into()] {
            assert_eq!(check_post(&text, 280).expect_err("refused").problem().field.as_deref(), Some("text"));
        }
    }
}
