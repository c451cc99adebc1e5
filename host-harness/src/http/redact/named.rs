//! Secrets that nobody knows yet: the tokens that an answer brings, found by the names under which they come.

use super::REDACTED;
use std::borrow::Cow;

/// Names in JSON and in forms whose values are secret: of RFC 5849, 6749, 7636, 8693 and their kin.
const NAMES: [&str; 16] = [
    "access_token",
    "refresh_token",
    "id_token",
    "bearer_token",
    "subject_token",
    "actor_token",
    "client_secret",
    "client_assertion",
    "code",
    "code_verifier",
    "oauth_token",
    "oauth_token_secret",
    "oauth_verifier",
    "assertion",
    "password",
    "token",
];

/// The text with the values of secret names taken out: JSON texts and form pairs, also where the text is cut within one.
pub(super) fn redact(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut from = 0;
    while let Some((start, end)) = next(text, from) {
        out.push_str(&text[copied..start]);
        out.push_str(REDACTED);
        (copied, from) = (end, end);
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Where the next secret value begins and ends, from `from` on.
fn next(text: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(offset) = bytes.get(at..)?.iter().position(|byte| matches!(byte, b':' | b'=')) {
        let mark = at + offset;
        at = mark + 1;
        let value = if bytes[mark] == b'=' { form_value(text, mark) } else { json_value(text, mark) };
        if let Some((start, end)) = value.filter(|(start, end)| start < end) {
            return Some((start, end));
        }
    }
    None
}

/// The value behind `name=`, up to `&` or whatever no form holds.
fn form_value(text: &str, mark: usize) -> Option<(usize, usize)> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let before = &text[..mark];
    let name_start = before.trim_end_matches(is_name).len();
    if !NAMES.contains(&text[name_start..mark].to_ascii_lowercase().as_str()) {
        return None;
    }
    let rest = &text[mark + 1..];
    let length = rest.find(|character: char| character == '&' || character == '"' || character.is_whitespace()).unwrap_or(rest.len());
    Some((mark + 1, mark + 1 + length))
}

/// The text behind `"name":`, up to its closing quote; a text that is cut ends with the input.
fn json_value(text: &str, mark: usize) -> Option<(usize, usize)> {
    let before = text[..mark].trim_end().strip_suffix('"')?;
    let name = &before[before.rfind('"')? + 1..];
    if !NAMES.contains(&name.to_ascii_lowercase().as_str()) {
        return None;
    }
    let rest = &text[mark + 1..];
    let quote = rest.find(|character: char| !character.is_whitespace()).filter(|at| rest[*at..].starts_with('"'))?;
    let start = mark + 1 + quote + 1;
    let mut escaped = false;
    let end = text[start..].char_indices().find(|(_, character)| {
        let ends = *character == '"' && !escaped;
        escaped = *character == '\\' && !escaped;
        ends
    });
    Some((start, end.map_or(text.len(), |(at, _)| start + at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_an_answer_are_taken_out_and_the_rest_stays() {
        for (text, expected) in [
            (
                r#"{"token_type":"bearer","access_token":"a\"b","expires_in":7200,"refresh_token" : "c"}"#,
                r#"{"token_type":"bearer","access_token":"[redacted]","expires_in":7200,"refresh_token" : "[redacted]"}"#,
            ),
            ("oauth_token=a%2Fb&oauth_token_secret=c&user_id=1", "oauth_token=[redacted]&oauth_token_secret=[redacted]&user_id=1"),
            (r#"{"Access_Token":"cut off in the mid"#, r#"{"Access_Token":"[redacted]"#),
            ("code=x y", "code=[redacted] y"),
            (r#"{"text":"my token: none","codes":"1"}"#, r#"{"text":"my token: none","codes":"1"}"#),
            (r#"{"errors":[{"code":32,"message":"no"}]}"#, r#"{"errors":[{"code":32,"message":"no"}]}"#),
            ("éaccess_token=é=&token=", "éaccess_token=[redacted]&token="),
            (":", ":"),
            ("=", "="),
            ("", ""),
        ] {
            assert_eq!(redact(text), expected);
        }
    }
}
