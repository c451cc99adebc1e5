//! A lower bound of the length that X counts, by the ranges of its text configuration v3.
//!
//! It never exceeds X's own count, so a text that is refused here would be refused there. X counts a link
//! as 23 and an emoji sequence as 2, whatever it is made of; the bound takes the smaller reading of each.

/// What a link counts.
const LINK: u64 = 23;

/// Code points that count one; all others count two.
const LIGHT: [core::ops::RangeInclusive<u32>; 4] = [0..=4351, 8192..=8205, 8208..=8223, 8242..=8247];

/// Marks that normalization form C may melt into the letter before them, and parts of emoji sequences.
const MELTING: [core::ops::RangeInclusive<u32>; 40] = [
    0x0300..=0x036F,
    0x0653..=0x0655,
    0x093C..=0x093C,
    0x09BE..=0x09BE,
    0x09D7..=0x09D7,
    0x0B3E..=0x0B3E,
    0x0B56..=0x0B57,
    0x0BBE..=0x0BBE,
    0x0BD7..=0x0BD7,
    0x0C56..=0x0C56,
    0x0CC2..=0x0CC2,
    0x0CD5..=0x0CD6,
    0x0D3E..=0x0D3E,
    0x0D57..=0x0D57,
    0x0DCA..=0x0DCA,
    0x0DCF..=0x0DCF,
    0x0DDF..=0x0DDF,
    0x102E..=0x102E,
    0x1161..=0x1175,
    0x11A8..=0x11C2,
    0x1B35..=0x1B35,
    0x200D..=0x200D,
    0x20E3..=0x20E3,
    0x3099..=0x309A,
    0xFE00..=0xFE0F,
    0x110BA..=0x110BA,
    0x11127..=0x11127,
    0x1133E..=0x1133E,
    0x11357..=0x11357,
    0x113B8..=0x113C9,
    0x114B0..=0x114B0,
    0x114BA..=0x114BA,
    0x114BD..=0x114BD,
    0x115AF..=0x115AF,
    0x11930..=0x11930,
    0x1611E..=0x16129,
    0x16D67..=0x16D68,
    0x1D165..=0x1D172,
    0x1F3FB..=0x1F3FF,
    0xE0020..=0xE007F,
];

/// The least that X can count for the text.
#[must_use]
pub fn least(text: &str) -> u64 {
    let mut total: u64 = 0;
    for token in text.split_inclusive(char::is_whitespace) {
        let weight = token_weight(token);
        // A token with a dot may be a link, however long it is.
        total = total.saturating_add(if token.contains('.') { weight.min(LINK) } else { weight });
    }
    total
}

fn token_weight(token: &str) -> u64 {
    let mut weight = 0u64;
    let mut joined = false;
    for character in token.chars() {
        let point = u32::from(character);
        let melts = joined || in_ranges(&MELTING, point);
        joined = point == 0x200D;
        weight = weight.saturating_add(match point {
            _ if melts => 0,
            // Two regional indicators make one flag.
            0x1F1E6..=0x1F1FF => 1,
            _ if in_ranges(&LIGHT, point) => 1,
            _ => 2,
        });
    }
    weight
}

fn in_ranges(ranges: &[core::ops::RangeInclusive<u32>], point: u32) -> bool {
    ranges.iter().any(|range| range.contains(&point))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_exact_for_plain_text() {
        assert_eq!(least(""), 0);
        assert_eq!(least("Hello, world!"), 13);
        assert_eq!(least("漢字かな"), 8);
        assert_eq!(least("👋"), 2);
    }

    #[test]
    fn the_bound_never_exceeds_a_link_or_an_emoji() {
        assert!(least(&std::format!("https://example.com/{}", "a".repeat(500))) <= 23);
        assert!(least("👨‍👩‍👧‍👦") <= 2);
        assert!(least("🇩🇪") <= 2);
        assert!(least("🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}") <= 2);
        assert!(least("e\u{301}") <= 1);
        assert!(least("\u{1112}\u{1161}\u{11AB}") <= 2);
        assert!(least("\u{09C7}\u{09BE}") <= 1);
    }
}
