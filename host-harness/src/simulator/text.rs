//! How X counts and rewrites the text of a post. An implementation of its own, so that it can contradict the connector's.

use std::ops::Range;

use super::posts::Link;

/// Every link counts this much, whatever its length.
const LINK_WEIGHT: usize = 23;

/// Generic top-level domains that occur in practice; with all of them in, the table would outgrow the rest of the simulator.
const GENERIC: &str = "com net org edu gov mil int info biz name pro app dev page blog shop store online site tech cloud \
    xyz live news media agency digital social studio design world today top club art wiki space website email link zone \
    ai io";
const COUNTRIES: &str = "ac ad ae af ag ai al am an ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br \
    bs bt bv bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee \
    eg eh er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm \
    hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li \
    lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne \
    nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc \
    sd se sg sh si sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tp tr tt \
    tv tw tz ua ug uk um us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw";

/// The length of a post as X weighs it: 1 for most of the world's alphabets, 2 for the rest and for a whole emoji, 23 for a link.
///
/// Characters that Unicode normalisation would merge are counted one by one.
pub(crate) fn weighted_length(text: &str) -> usize {
    let links = links(text);
    let linked = links.len() * LINK_WEIGHT;
    let mut rest = String::with_capacity(text.len());
    let mut at = 0;
    for link in links {
        rest.push_str(&text[at..link.start]);
        rest.push('\u{0}');
        at = link.end;
    }
    rest.push_str(&text[at..]);
    let plain: usize = weigh(&rest);
    // A nul stands for each link, so that emoji on both sides of one do not grow together.
    linked + plain - rest.matches('\u{0}').count() + text.matches('\u{0}').count()
}

fn weigh(text: &str) -> usize {
    let mut characters = text.chars().peekable();
    let mut weight = 0;
    while let Some(character) = characters.next() {
        let keycap = matches!(character, '0'..='9' | '#' | '*') && {
            let mut ahead = characters.clone();
            let first = ahead.next();
            first == Some(KEYCAP) || first == Some(EMOJI_STYLE) && ahead.next() == Some(KEYCAP)
        };
        if !(keycap || is_emoji(character)) {
            weight += if is_light(character) { 1 } else { 2 };
            continue;
        }
        weight += 2;
        if is_flag_half(character) {
            characters.next_if(|next| is_flag_half(*next));
            continue;
        }
        while let Some(next) = characters.next_if(|next| joins(*next)) {
            if next == JOINER && characters.next_if(|next| is_emoji(*next)).is_none() {
                weight += 1;
            }
        }
    }
    weight
}

const JOINER: char = '\u{200d}';
const KEYCAP: char = '\u{20e3}';
const EMOJI_STYLE: char = '\u{fe0f}';

fn joins(character: char) -> bool {
    matches!(character, JOINER | KEYCAP | EMOJI_STYLE | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}')
}

fn is_flag_half(character: char) -> bool {
    matches!(character, '\u{1f1e6}'..='\u{1f1ff}')
}

fn is_emoji(character: char) -> bool {
    matches!(character,
        '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2b05}'..='\u{2b07}' | '\u{2b1b}' | '\u{2b1c}'
        | '\u{2b50}' | '\u{2b55}' | '\u{231a}' | '\u{231b}' | '\u{23e9}'..='\u{23f3}' | '\u{3030}' | '\u{303d}')
}

/// twitter-text's ranges of weight 100.
fn is_light(character: char) -> bool {
    matches!(
        u32::from(character),
        0..=4351 | 8192..=8205 | 8208..=8223 | 8242..=8247
    )
}

/// Where the links are: `http(s)://` addresses and bare domains with a known ending.
pub(crate) fn links(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let Some(rest) = text.get(at..) else {
            at += 1;
            continue;
        };
        let before = text[..at].chars().next_back();
        let begins = before.is_none_or(|c| !(c.is_alphanumeric() && c < '\u{250}' || "@#$_-./".contains(c)));
        if let Some(length) = begins.then(|| link_length(rest)).flatten() {
            found.push(at..at + length);
            at += length;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    found
}

fn link_length(rest: &str) -> Option<usize> {
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| rest.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
        .map_or(0, str::len);
    let after = &rest[scheme..];
    let in_host = |c: char| match c {
        '.' | '-' => true,
        // With a scheme in front, any letter is a domain's; without one, Latin letters alone.
        '_' => scheme > 0,
        _ => c.is_alphanumeric() && (scheme > 0 || c < '\u{250}'),
    };
    let host = &after[..after.find(|c| !in_host(c)).unwrap_or(after.len())];
    let host = host.trim_end_matches(['.', '-']);
    let (name, ending) = host.rsplit_once('.')?;
    let known = |list: &str| list.split_whitespace().any(|known| known.eq_ignore_ascii_case(ending));
    // Names of other alphabets are as long as their spelling on the wire is.
    let wire = if name.is_ascii() { name.to_owned() } else { url::Host::parse(name).ok()?.to_string() };
    let label = |label: &str| (1..=63).contains(&label.len()) && !label.starts_with(['-', '_']) && !label.ends_with(['-', '_']);
    let domain = wire.rsplit('.').next().unwrap_or_default();
    if domain.contains('_') || !wire.split('.').all(label) || !(known(GENERIC) || known(COUNTRIES)) {
        return None;
    }
    // A bare domain before an @ is the first half of an e-mail address, perhaps with a tag.
    let next_word = after[host.len()..].split_whitespace().next().unwrap_or_default();
    if scheme == 0 && next_word.starts_with(['@', '+']) && next_word.contains('@') {
        return None;
    }
    let mut end = host.len();
    let port = &after[end..];
    if let Some(digits) = port.strip_prefix(':') {
        let count = digits.bytes().take_while(u8::is_ascii_digit).count();
        end += if count > 0 { count + 1 } else { 0 };
    }
    let path = &after[end..];
    if path.starts_with(['/', '?']) {
        let length = path.find(|c: char| !c.is_ascii_graphic() || "<>\"`{}\\^".contains(c)).unwrap_or(path.len());
        let open = path[..length].contains('(');
        end += path[..length].trim_end_matches(|c: char| ".,:;!?'\"*".contains(c) || c == ')' && !open).len();
    }
    Some(scheme + end)
}

/// The text as X shows it: links and attached media as t.co addresses, `&`, `<` and `>` escaped.
pub(crate) fn rewrite(text: &str, media: bool, id: u64) -> (String, Vec<Link>) {
    let mut shown = String::with_capacity(text.len() + 24);
    let mut rewritten = Vec::new();
    let mut at = 0;
    for (nth, range) in links(text).into_iter().enumerate() {
        escape(&text[at..range.start], &mut shown);
        let address = short_address(id, nth as u64);
        shown.push_str(&address);
        let sent = &text[range.clone()];
        let target = if sent.contains("://") { sent.to_owned() } else { format!("http://{sent}") };
        rewritten.push(Link { shown: address, target });
        at = range.end;
    }
    escape(&text[at..], &mut shown);
    if media {
        if !shown.is_empty() {
            shown.push(' ');
        }
        shown.push_str(&short_address(id, u64::MAX));
    }
    (shown, rewritten)
}

fn escape(text: &str, into: &mut String) {
    for character in text.chars() {
        match character {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            other => into.push(other),
        }
    }
}

/// `https://t.co/` and ten letters that differ for every link of every post.
fn short_address(id: u64, nth: u64) -> String {
    const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut mixed = (id ^ nth.rotate_left(47)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut address = String::from("https://t.co/");
    for _ in 0..10 {
        let letter = usize::try_from(mixed % 62).unwrap_or_default();
        address.push(char::from(LETTERS[letter]));
        mixed /= 62;
    }
    address
}

/// The first part of a long post and an ellipsis, as the short `text` has it.
pub(crate) fn cut(text: &str) -> String {
    let mut short = String::new();
    let mut weight = 0;
    for character in text.chars() {
        weight += if is_light(character) { 1 } else { 2 };
        if weight > 275 {
            break;
        }
        short.push(character);
    }
    short.push('\u{2026}');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_weighed_as_x_weighs_it() {
        for (text, weight) in [
            ("hello", 5),
            ("Hi http://test.co", 26),
            ("see example.com/a?b=c, ok", 4 + 23 + 4),
            ("H🐱☺👨‍👩‍👧‍👦", 7),
            ("故人西辞", 8),
            ("🇩🇪🇫🇷", 4),
            ("1️⃣", 2),
            ("mail me@example.com", 19),
            ("Hello, world! 👋", 16),
            ("http://xn--はじめよう.com", 25),
            ("http://-twitter.com", 19),
            ("見よ http://あ-あ.com です", 5 + 23 + 5),
        ] {
            assert_eq!(weighted_length(text), weight, "{text}");
        }
    }

    #[test]
    fn links_and_markup_are_rewritten() {
        let (shown, links) = rewrite("a & b https://example.com/x.", true, 7);
        assert!(shown.starts_with("a &amp; b https://t.co/"), "{shown}");
        assert_eq!(shown.matches("https://t.co/").count(), 2);
        assert_eq!(links[0].target, "https://example.com/x");
        assert_eq!(rewrite("plain", false, 7).0, "plain");
    }
}
