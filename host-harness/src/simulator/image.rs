//! What an image file is, from its own bytes.

/// An image's kind and size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// `image/jpeg`, `image/png`, `image/gif` or `image/webp`.
    pub media_type: &'static str,
    /// Pixels across; 0 when the file does not tell in its first part.
    pub width: u32,
    /// Pixels down; 0 when the file does not tell in its first part.
    pub height: u32,
}

impl Image {
    /// Recognises JPEG, PNG, GIF and WEBP; nothing else.
    #[must_use]
    pub fn recognise(bytes: &[u8]) -> Option<Self> {
        let (media_type, (width, height)) = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            ("image/png", png(bytes))
        } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
            ("image/gif", gif(bytes))
        } else if bytes.starts_with(b"\xff\xd8\xff") {
            ("image/jpeg", jpeg(bytes))
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            ("image/webp", webp(bytes))
        } else {
            return None;
        };
        Some(Self { media_type, width, height })
    }
}

fn number<const N: usize>(bytes: &[u8], at: usize, big_endian: bool) -> u32 {
    let Some(slice) = bytes.get(at..at + N) else {
        return 0;
    };
    let fold = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
    if big_endian { slice.iter().fold(0, fold) } else { slice.iter().rev().fold(0, fold) }
}

fn png(bytes: &[u8]) -> (u32, u32) {
    (number::<4>(bytes, 16, true), number::<4>(bytes, 20, true))
}

fn gif(bytes: &[u8]) -> (u32, u32) {
    (number::<2>(bytes, 6, false), number::<2>(bytes, 8, false))
}

/// The first frame header tells; segments before it are jumped over.
fn jpeg(bytes: &[u8]) -> (u32, u32) {
    let mut at = 2;
    while bytes.get(at) == Some(&0xff) {
        let Some(&marker) = bytes.get(at + 1) else {
            break;
        };
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            return (number::<2>(bytes, at + 7, true), number::<2>(bytes, at + 5, true));
        }
        at += 2 + number::<2>(bytes, at + 2, true).max(2) as usize;
    }
    (0, 0)
}

fn webp(bytes: &[u8]) -> (u32, u32) {
    match bytes.get(12..16) {
        Some(b"VP8 ") => (number::<2>(bytes, 26, false) & 0x3fff, number::<2>(bytes, 28, false) & 0x3fff),
        Some(b"VP8L") => {
            let packed = number::<4>(bytes, 21, false);
            ((packed & 0x3fff) + 1, (packed >> 14 & 0x3fff) + 1)
        }
        Some(b"VP8X") => (number::<3>(bytes, 24, false) + 1, number::<3>(bytes, 27, false) + 1),
        _ => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_sizes_come_from_the_bytes() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02";
        let gif = b"GIF89a\x03\0\x02\0";
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\0\x02\0\x03";
        let webp = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x02\0\0\x01\0\0";
        for (bytes, media_type) in [(&png[..], "image/png"), (gif, "image/gif"), (jpeg, "image/jpeg"), (webp, "image/webp")] {
            let expected = Image { media_type, width: 3, height: 2 };
            assert_eq!(Image::recognise(bytes), Some(expected));
        }
    }

    #[test]
    fn other_files_are_no_images() {
        for bytes in [&b""[..], b"hello", b"BM......", b"%PDF-1.7", b"RIFF....WAVE"] {
            assert_eq!(Image::recognise(bytes), None);
        }
    }
}
