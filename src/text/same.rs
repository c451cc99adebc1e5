//! Whether a stored post is the one that was sent. X escapes HTML, shortens links, and adds links of media.

use alloc::{borrow::Cow, string::String, vec::Vec};

use crate::json::Json;

/// A link of a stored post: X's short form, and what it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub short: String,
    pub expanded: String,
}

/// The links that X lists in `entities`.
#[must_use]
pub fn links(entities: &Json) -> Vec<Link> {
    let urls = entities.get("urls").items().iter();
    urls.filter_map(|url| Some(Link { short: url.get("url").to_text()?, expanded: url.get("expanded_url").to_text()? })).collect()
}

/// Whether X's stored text can come from the sent one.
///
/// White space is folded; `&amp;`, `&lt;` and `&gt;` are read back; a short link stands for what it leads to,
/// and short links may follow the text where media was attached.
#[must_use]
pub fn same(sent: &str, stored: &str, links: &[Link], with_media: bool) -> bool {
    let sent: Vec<&str> = sent.split_whitespace().collect();
    let stored: Vec<&str> = stored.split_whitespace().collect();
    let Some((head, tail)) = stored.split_at_checked(sent.len()) else {
        return false;
    };
    let tail_fits = tail.iter().all(|token| with_media && token.starts_with(SHORT));
    tail_fits && sent.iter().zip(head).all(|(sent, stored)| token_fits(sent, stored, links))
}

const SHORT: &str = "https://t.co/";

fn token_fits(sent: &str, stored: &str, links: &[Link]) -> bool {
    let plain = unescape(stored);
    if plain == sent || unescape(sent) == plain {
        return true;
    }
    // Words may stand around the link: `(https://t.co/abc)`.
    links.iter().any(|link| {
        let Some((before, after)) = plain.split_once(link.short.as_str()) else {
            return false;
        };
        let middle = sent.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        middle.is_some_and(|middle| bare(middle) == bare(&link.expanded))
    })
}

/// A link without what X may add to it or take from it.
fn bare(link: &str) -> &str {
    let start = link.find("://").map_or(0, |at| at + 3);
    link.get(start..).unwrap_or(link).trim_end_matches('/')
}

fn unescape(text: &str) -> Cow<'_, str> {
    if text.contains('&') { Cow::Owned(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(expanded: &str) -> [Link; 1] {
        [Link { short: "https://t.co/Ab3".into(), expanded: expanded.into() }]
    }

    #[test]
    fn a_stored_text_is_recognized_through_what_x_does_to_it() {
        assert!(same("hello  world\n", "hello world", &[], false));
        assert!(same("a < b & c", "a &lt; b &amp; c", &[], false));
        assert!(same("see https://example.com/x, now", "see https://t.co/Ab3, now", &link("https://example.com/x"), false));
        assert!(same("see (example.com)", "see (https://t.co/Ab3)", &link("http://example.com/"), false));
        assert!(same("look", "look https://t.co/Zz9", &[], true));
        assert!(same("", "https://t.co/Ab3", &[], true));
    }

    #[test]
    fn another_text_is_not_taken_for_it() {
        assert!(!same("hello", "hello again", &[], false));
        assert!(!same("hello again", "hello", &[], false));
        assert!(!same("look", "look https://t.co/Ab3", &[], false));
        assert!(!same("look", "look here", &[], true));
        assert!(!same("Hello", "hello", &[], false));
        assert!(!same("see https://a.example", "see https://t.co/Ab3", &link("https://b.example"), false));
        assert!(!same("see https://a.example", "see https://t.co/Ab3", &[], false));
    }
}
