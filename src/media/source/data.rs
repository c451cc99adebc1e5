//! What a `data:` URL (RFC 2397) holds, decoded while it is read: of a large one only the URL itself is in memory.

use alloc::{borrow::Cow, vec::Vec};

use crate::transport::{Source, TransportError};

/// The bytes of a `data:` URL.
#[derive(Clone)]
pub struct Decoded<'a> {
    rest: &'a [u8],
    base64: bool,
    /// Bits of base64 that make no whole byte yet, how many they are, and how many `=` came.
    bits: u32,
    count: u32,
    padding: u32,
}

/// What is no base64, or no `%` with two digits.
#[derive(Debug, PartialEq, Eq)]
pub struct Damaged;

impl<'a> Decoded<'a> {
    /// `text` is what stands behind the comma.
    #[must_use]
    pub fn new(text: &'a str, base64: bool) -> Self {
        Self { rest: text.trim_end().as_bytes(), base64, bits: 0, count: 0, padding: 0 }
    }

    /// How many bytes it comes to.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn length(mut self) -> Result<u64, Damaged> {
        let mut length = 0;
        while self.next()?.is_some() {
            length += 1;
        }
        Ok(length)
    }

    /// The next byte; both alphabets are read, with and without padding.
    #[inline(never)]
    fn next(&mut self) -> Result<Option<u8>, Damaged> {
        while let Some(byte) = self.unescaped()? {
            if !self.base64 {
                return Ok(Some(byte));
            }
            let digit = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' | b'-' => 62,
                b'/' | b'_' => 63,
                b'=' => {
                    self.padding += 1;
                    continue;
                }
                _ if byte.is_ascii_whitespace() => continue,
                _ => return Err(Damaged),
            };
            if self.padding > 0 {
                return Err(Damaged);
            }
            self.bits = self.bits << 6 | u32::from(digit);
            self.count += 6;
            if self.count >= 8 {
                self.count -= 8;
                let [byte, ..] = (self.bits >> self.count).to_le_bytes();
                self.bits &= (1 << self.count) - 1;
                return Ok(Some(byte));
            }
        }
        // Six bits are no byte, and bits that are left over belong to one that is missing.
        let is_whole = self.count < 6 && self.bits == 0 && self.padding <= 2;
        if is_whole { Ok(None) } else { Err(Damaged) }
    }

    fn unescaped(&mut self) -> Result<Option<u8>, Damaged> {
        let Some((first, rest)) = self.rest.split_first() else {
            return Ok(None);
        };
        self.rest = rest;
        if *first != b'%' {
            return Ok(Some(*first));
        }
        let digit = |at: usize| rest.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        let (Some(high), Some(low)) = (digit(0), digit(1)) else {
            return Err(Damaged);
        };
        self.rest = rest.get(2..).unwrap_or_default();
        let [byte, ..] = (high << 4 | low).to_le_bytes();
        Ok(Some(byte))
    }
}

impl Source for Decoded<'_> {
    /// [`Decoded::length`] was asked before, so what is damaged is no more than the end here.
    fn read(&mut self, maximum: usize) -> Result<Option<Cow<'_, [u8]>>, TransportError> {
        let mut piece = Vec::with_capacity(maximum.min(self.rest.len()));
        while piece.len() < maximum {
            match self.next() {
                Ok(Some(byte)) => piece.push(byte),
                Ok(None) | Err(Damaged) => break,
            }
        }
        Ok(if piece.is_empty() { None } else { Some(Cow::Owned(piece)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::read_all;

    fn decode(text: &str, base64: bool) -> Result<Vec<u8>, Damaged> {
        let decoded = Decoded::new(text, base64);
        let length = decoded.clone().length()?;
        let bytes = read_all(&mut decoded.clone(), 1_000).expect("reads");
        assert_eq!(bytes.len() as u64, length);
        let mut slow = decoded;
        let mut singly = Vec::new();
        while let Some(piece) = slow.read(1).expect("reads") {
            singly.extend_from_slice(&piece);
        }
        assert_eq!(singly, bytes);
        Ok(bytes)
    }

    #[test]
    fn both_alphabets_are_decoded_with_and_without_padding() {
        for (text, bytes) in [
            ("aGVsbG8=", &b"hello"[..]),
            ("aGVsbG8", b"hello"),
            ("aGVs%0AbG8%3D", b"hello"),
            ("aGVs\r\n bG8= \n", b"hello"),
            ("aGVsbG8h", b"hello!"),
            ("-_-_", b"\xFB\xFF\xBF"),
            ("+/+/", b"\xFB\xFF\xBF"),
            ("AA==", b"\0"),
            ("", b""),
        ] {
            assert_eq!(decode(text, true).as_deref(), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn text_is_taken_as_it_is() {
        assert_eq!(decode("a%20b+%fF%00", false).as_deref(), Ok(&b"a b+\xFF\0"[..]));
        assert_eq!(decode("", false).as_deref(), Ok(&b""[..]));
    }

    #[test]
    fn what_is_damaged_or_cut_is_noticed() {
        for text in ["a%2", "a%", "a%zz", "%"] {
            assert_eq!((decode(text, false), decode(text, true)), (Err(Damaged), Err(Damaged)), "{text}");
        }
        for text in ["a", "aGVsb", "a===b", "AA=A", "AAAA===", "aGVsbG9", "AB==", "aGV!", "aGV\u{e9}", "AAA\0"] {
            assert_eq!(decode(text, true), Err(Damaged), "{text}");
        }
    }
}
