//! Percent-encoding as RFC 3986 and OAuth want it: all but the unreserved characters, in upper-case hexadecimal.

use alloc::{string::String, vec::Vec};

const HEXADECIMAL: &[u8; 16] = b"0123456789ABCDEF";

/// Encodes a text. Only `A-Z a-z 0-9 - . _ ~` stay as they are (RFC 3986, 2.3).
#[must_use]
pub fn encode(text: &str) -> String {
    encode_bytes(text.as_bytes())
}

/// Encodes bytes, which need not be a text.
#[must_use]
pub fn encode_bytes(bytes: &[u8]) -> String {
    let mut encoded = String::with_capacity(bytes.len());
    let digit = |nibble: u8| HEXADECIMAL.get(usize::from(nibble)).map_or('0', |digit| char::from(*digit));
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(digit(byte >> 4));
            encoded.push(digit(byte & 15));
        }
    }
    encoded
}

/// Decodes a name or value of a query or form: `+` is a space, and a `%` that begins no code stands for itself.
#[must_use]
pub fn decode_form(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match (byte, behind) {
            (b'+', _) => decoded.push(b' '),
            (b'%', [high, low, after @ ..]) => match (nibble(*high), nibble(*low)) {
                (Some(high), Some(low)) => {
                    decoded.push(high << 4 | low);
                    rest = after;
                }
                _ => decoded.push(b'%'),
            },
            _ => decoded.push(byte),
        }
    }
    decoded
}

/// Writes pairs as `application/x-www-form-urlencoded`, in their order.
#[must_use]
pub fn form(pairs: &[(&str, &str)]) -> String {
    let mut form = String::new();
    for (name, value) in pairs {
        if !form.is_empty() {
            form.push('&');
        }
        form.push_str(&encode(name));
        form.push('=');
        form.push_str(&encode(value));
    }
    form
}

/// The value of a name in a query or form; `None` when it is not there or no text.
#[must_use]
pub fn form_value(form: &str, name: &str) -> Option<String> {
    let value = pairs(form).find_map(|(key, value)| (decode_form(key) == name.as_bytes()).then_some(value))?;
    String::from_utf8(decode_form(value)).ok()
}

/// The names and values of a query or form, still encoded. A name without `=` has an empty value.
pub fn pairs(form: &str) -> impl Iterator<Item = (&str, &str)> {
    form.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xs_examples_are_encoded_as_x_shows_them() {
        for (plain, encoded) in [
            ("Ladies + Gentlemen", "Ladies%20%2B%20Gentlemen"),
            ("An encoded string!", "An%20encoded%20string%21"),
            ("Dogs, Cats & Mice", "Dogs%2C%20Cats%20%26%20Mice"),
            ("☃", "%E2%98%83"),
        ] {
            assert_eq!(encode(plain), encoded);
            assert_eq!(decode_form(encoded), plain.as_bytes());
        }
        assert_eq!(encode("azAZ09-._~"), "azAZ09-._~");
        assert_eq!(encode("/:@*'()%+ \0\u{7f}"), "%2F%3A%40%2A%27%28%29%25%2B%20%00%7F");
    }

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode_form(&encode_bytes(&all)), all);
    }

    #[test]
    fn broken_codes_stand_for_themselves() {
        for (text, decoded) in
            [("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("%4z%41", "%4zA"), ("%%41", "%A"), ("a+b%2b", "a b+"), ("%c3%A9", "é")]
        {
            assert_eq!(decode_form(text), decoded.as_bytes(), "{text}");
        }
    }

    #[test]
    fn forms_are_written_and_read() {
        assert_eq!(form(&[("a b", "1&2"), ("c", "")]), "a%20b=1%262&c=");
        assert_eq!(form(&[]), "");
        let answer = "oauth_token=a%2Bb&oauth_token_secret=c&&flag&oauth_callback_confirmed=true";
        assert_eq!(form_value(answer, "oauth_token").as_deref(), Some("a+b"));
        assert_eq!(form_value(answer, "flag").as_deref(), Some(""));
        assert_eq!(form_value(answer, "user_id"), None);
        assert_eq!(form_value("a=%FF", "a"), None);
    }
}
