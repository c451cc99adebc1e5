//! Secrets in every form in which they may stand in a text.

use super::*;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

const SECRET: &str = "s3cr3t+/Token=~\"x\" of~mine";

#[test]
fn a_secret_is_taken_out_in_every_form() {
    let redactor = Redactor::new([SECRET]);
    let hex = hex(SECRET.as_bytes());
    let percent = utf8_percent_encode(SECRET, NON_ALPHANUMERIC).to_string();
    for form in [
        SECRET.to_owned(),
        hex.clone(),
        hex.to_uppercase(),
        percent.clone(),
        lower_escapes(&percent),
        utf8_percent_encode(SECRET, UNRESERVED).to_string(),
        STANDARD.encode(SECRET),
        URL_SAFE.encode(SECRET),
        serde_json::json!({ "token": SECRET }).to_string(),
    ] {
        let text = format!("before {form} after");
        let redacted = redactor.redact(&text);
        assert!(redacted.contains(REDACTED), "{text}");
        assert!(redacted.starts_with("before ") && redacted.ends_with(" after"), "{redacted}");
        assert!(!redacted.contains("Token"), "{redacted}");
    }
}

#[test]
fn a_secret_within_base64_of_more_is_taken_out_wherever_it_begins() {
    let redactor = Redactor::new([SECRET]);
    for before in ["", "a", "ab", "abc", "client-id:"] {
        for after in ["", "x", "xy", "xyz"] {
            let text = STANDARD.encode(format!("{before}{SECRET}{after}"));
            let redacted = redactor.redact(&text);
            assert!(redacted.contains(REDACTED), "{before:?} {after:?}");
            // What is left at the edges tells less than one group of the secret.
            assert!(redacted.len() < before.len() * 2 + after.len() * 2 + REDACTED.len() + 10, "{redacted}");
        }
    }
}

#[test]
fn other_text_stays_as_it_is_and_is_not_copied() {
    let redactor = Redactor::new([SECRET, "short", ""]);
    assert!(matches!(redactor.redact("a short text"), Cow::Borrowed("a short text")));
    assert!(!format!("{redactor:?}").contains("s3cr3t"));
}
