//! Taking secrets out of text, in every form in which they may stand there.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;
use std::fmt;

mod named;

const REDACTED: &str = "[redacted]";

/// What RFC 3986 leaves alone.
pub(crate) const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Shorter secrets are left alone: their forms would hit by chance.
const MINIMUM: usize = 6;

/// Knows secrets, and takes them out of text: raw, and in base64, percent-encoding, hex and JSON.
#[derive(Clone, Default)]
pub struct Redactor {
    /// The longest first, so that no form leaves a rest of a longer one.
    forms: Vec<String>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Redactor").finish_non_exhaustive()
    }
}

impl Redactor {
    /// Learns secrets. Those of fewer than 6 bytes are not looked for.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut forms: Vec<String> = secrets.into_iter().filter(|secret| secret.len() >= MINIMUM).flat_map(forms).collect();
        forms.sort_by(|left, right| right.len().cmp(&left.len()).then_with(|| left.cmp(right)));
        forms.dedup();
        Self { forms }
    }

    /// How many bytes the longest form has.
    pub(crate) fn longest(&self) -> usize {
        self.forms.first().map_or(0, String::len)
    }

    /// The text without the secrets, and without the values of names that secrets come under, such as `access_token`.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for form in &self.forms {
            if text.contains(form.as_str()) {
                text = Cow::Owned(text.replace(form.as_str(), REDACTED));
            }
        }
        match named::redact(&text) {
            Cow::Owned(redacted) => Cow::Owned(redacted),
            Cow::Borrowed(_) => text,
        }
    }
}

fn forms(secret: &str) -> impl Iterator<Item = String> + use<> {
    let hex = hex(secret.as_bytes());
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    // Percent-encoders differ in what they leave alone.
    let percent_unreserved = utf8_percent_encode(secret, UNRESERVED).to_string();
    let json = serde_json::Value::from(secret).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let mut forms = vec![
        secret.to_owned(),
        hex.to_uppercase(),
        hex,
        lower_escapes(&percent),
        percent,
        lower_escapes(&percent_unreserved),
        percent_unreserved,
        json,
    ];
    for alphabet in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        // Within a longer text, such as `id:secret`, base64 has three forms by where the secret begins.
        for before in 0..3_usize {
            let mut bytes = vec![0; before];
            bytes.extend_from_slice(secret.as_bytes());
            let whole = bytes.len() / 3 * 4;
            let encoded = alphabet.encode(&bytes);
            // The first group mixes with what is before, and a part group with what comes after.
            let start = if before == 0 { 0 } else { 4 };
            if whole > start + 4 {
                forms.push(encoded[start..whole].to_owned());
            }
        }
    }
    forms.into_iter()
}

/// Bytes in lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// `%2B` as `%2b`.
fn lower_escapes(text: &str) -> String {
    let mut left = 0_u8;
    text.chars()
        .map(|character| {
            if character == '%' {
                left = 2;
                return character;
            }
            if left == 0 {
                return character;
            }
            left -= 1;
            character.to_ascii_lowercase()
        })
        .collect()
}

#[cfg(test)]
mod tests;
