//! Whether a text holds a link, which makes a post cost 13 times as much.

/// Endings under which a bare name is taken for a link. X knows every top-level domain; these are the ones that texts hold.
const ENDINGS: [&str; 40] = [
    "com", "org", "net", "io", "co", "ai", "app", "dev", "de", "uk", "fr", "nl", "eu", "us", "ca", "jp", "cn", "in", "br", "au", "ru",
    "it", "es", "ch", "at", "be", "se", "no", "pl", "info", "biz", "me", "tv", "gg", "ly", "xyz", "news", "blog", "shop", "edu",
];

/// Whether X will find a link in the text: one with a scheme, or a bare name under a common ending.
#[must_use]
pub fn has_link(text: &str) -> bool {
    // Most texts have no dot within a word, and cost one look this way.
    text.contains('.') && text.split(|character: char| character.is_whitespace() || "()<>[]{}\"'“”，、。".contains(character)).any(is_link)
}

fn is_link(token: &str) -> bool {
    let token = token.trim_matches(['.', ',', ';', ':', '!', '?']);
    for scheme in ["http://", "https://"] {
        if token.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)) {
            return token.get(scheme.len()..).is_some_and(|rest| rest.contains('.'));
        }
    }
    let host = token.split(['/', '?', '#', ':']).next().unwrap_or_default();
    // `name@example.com` is an address of a mailbox, which X does not link.
    let Some((name, ending)) = host.rsplit_once('.') else {
        return false;
    };
    let name_fits = !name.is_empty()
        && name.chars().all(|character| character.is_ascii_alphanumeric() || !character.is_ascii() || matches!(character, '.' | '-'));
    name_fits && ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_with_and_without_a_scheme() {
        for text in [
            "https://example.museum/a",
            "see HTTP://a.b",
            "see (example.com)!",
            "example.com/path?x=1",
            "a.b.co.uk.",
            "read https://t.co/x now",
            "caf\u{e9}.fr",
        ] {
            assert!(has_link(text), "{text}");
        }
        for text in ["hello", "end. Begin", "3.14", "mail me@example.com", "https://", "file.txt", "e.g. this", "..."] {
            assert!(!has_link(text), "{text}");
        }
    }
}
