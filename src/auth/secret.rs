//! A text that must not be seen: it has no `Display`, never shows in `Debug`, and is overwritten when it is dropped.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::percent;

/// A token, key or secret of a connection.
pub struct Secret(String);

impl Secret {
    /// Takes any text that can stand in a header; a host may pass a placeholder that it replaces on the way out.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
        fits.then(|| Self(text.to_string()))
    }

    /// Takes a text that goes into forms and signatures, where any character but a control character can stand.
    #[must_use]
    pub fn of_any_text(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && !text.chars().any(char::is_control);
        fits.then(|| Self(text.to_string()))
    }

    /// The text itself. Give it to a request or to a signature, and to nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the secret stands in the text, as it is, percent-encoded, in base64 or in hexadecimal; an answer that
    /// echoes it must not be shown.
    #[must_use]
    pub fn stands_in(&self, text: &str) -> bool {
        // What is shorter than any token of X stands in many texts in one of its other forms.
        const SHORTEST: usize = 8;
        let bytes = self.0.as_bytes();
        text.contains(self.0.as_str())
            || (bytes.len() >= SHORTEST
                && (text.contains(percent::encode(&self.0).as_str())
                    || stands_in_base64(bytes, text)
                    || stands_in_hexadecimal(bytes, text)))
    }
}

/// Whether the bytes stand in the text in base64, of either alphabet, perhaps with more behind them.
pub(crate) fn stands_in_base64(bytes: &[u8], text: &str) -> bool {
    // The last characters depend on what is behind, as the padding does.
    let whole = bytes.len() / 3 * 3;
    let encoded = STANDARD.encode(bytes.get(..whole).unwrap_or_default());
    !encoded.is_empty() && (text.contains(encoded.as_str()) || text.contains(encoded.replace('+', "-").replace('/', "_").as_str()))
}

fn stands_in_hexadecimal(bytes: &[u8], text: &str) -> bool {
    let digits: Vec<u8> = bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|nibble| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 })
        .collect();
    text.as_bytes().windows(digits.len().max(1)).any(|window| window.eq_ignore_ascii_case(&digits))
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(redacted)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        // Instances are fresh for every call, so this is for hosts that keep one: the memory is given back empty.
        let mut bytes = core::mem::take(&mut self.0).into_bytes();
        bytes.fill(0);
        core::hint::black_box(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    const SECRET: &str = "s3cret+/=~_value~~?>";

    #[test]
    fn a_secret_is_found_in_every_form_that_an_echo_may_have() {
        let secret = Secret::new(SECRET).expect("fits");
        let hexadecimal: String = SECRET.bytes().map(|byte| alloc::format!("{byte:02X}")).collect();
        for echo in [
            SECRET.to_string(),
            percent::encode(SECRET),
            STANDARD.encode(SECRET),
            STANDARD.encode(alloc::format!("{SECRET}:more")),
            URL_SAFE_NO_PAD.encode(SECRET),
            hexadecimal.clone(),
            hexadecimal.to_lowercase(),
        ] {
            assert!(secret.stands_in(&alloc::format!("X says: {echo}.")), "{echo}");
        }
        for other in ["", "s3cret", "nothing of the kind", "8c2f1d3a5b6e7f80"] {
            assert!(!secret.stands_in(other), "{other}");
        }
    }

    #[test]
    fn a_secret_does_not_show() {
        assert_eq!(alloc::format!("{:?}", Secret::new(SECRET)), "Some(Secret(redacted))");
    }

    #[test]
    fn only_what_can_be_sent_is_taken() {
        for wrong in ["", "a b", "a\nb", "é"] {
            assert!(Secret::new(wrong).is_none(), "{wrong}");
        }
        assert!(Secret::of_any_text("a\nb").is_none());
        assert!(Secret::of_any_text("").is_none());
        assert_eq!(Secret::of_any_text("{{ é }}").expect("fits").expose(), "{{ é }}");
        assert_eq!(Secret::new("{{x_token}}").expect("a placeholder fits").expose(), "{{x_token}}");
    }
}
