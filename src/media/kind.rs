//! The kind of a file, from its bytes. Names and declared types lie too often.

/// An image that X takes in one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Jpeg,
    Png,
    Webp,
    Gif,
}

impl Kind {
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
        }
    }

    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Gif => "gif",
        }
    }
}

/// Why a file is no image for X; completes a sentence that begins with the field's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnImage {
    #[error("is an empty file; check that the step before it made one")]
    Empty,
    #[error("is no JPEG, PNG, WEBP or GIF by its first bytes; give an image file, and check that its address does not lead to a web page")]
    OtherKind,
    #[error("is an animated GIF, and only still images can be attached; give a still image")]
    Animated,
    #[error("is cut off: the end of the image is missing; make or download the file again")]
    Truncated,
}

impl NotAnImage {
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "file-empty",
            Self::OtherKind => "file-not-an-image",
            Self::Animated => "file-animated",
            Self::Truncated => "file-truncated",
        }
    }
}

/// Tells the kind of an image and looks whether it is whole.
///
/// # Errors
/// [`NotAnImage`].
pub fn check_image(bytes: &[u8]) -> Result<Kind, NotAnImage> {
    if bytes.is_empty() {
        return Err(NotAnImage::Empty);
    }
    let kind = sniff(bytes).ok_or(NotAnImage::OtherKind)?;
    let whole = match kind {
        Kind::Jpeg => contains_end(bytes, &[0xFF, 0xD9]),
        Kind::Png => contains_end(bytes, b"IEND"),
        Kind::Webp => bytes.get(4..8).and_then(|size| size.try_into().ok()).is_some_and(|size| {
            // The size of a RIFF file leaves out its first eight bytes.
            u64::from(u32::from_le_bytes(size)) <= (bytes.len() as u64).saturating_sub(8)
        }),
        Kind::Gif => match gif_images(bytes) {
            Some(0) | None => false,
            Some(1) => true,
            Some(_) => return Err(NotAnImage::Animated),
        },
    };
    if whole { Ok(kind) } else { Err(NotAnImage::Truncated) }
}

fn sniff(bytes: &[u8]) -> Option<Kind> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Some(Kind::Jpeg),
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Some(Kind::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Kind::Webp),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Kind::Gif),
        _ => None,
    }
}

/// Cameras and editors append to images, so the end mark is looked for from behind, not at the very end.
fn contains_end(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).rev().any(|window| window == mark)
}

/// How many images a GIF holds, counted to two; `None` when its blocks end before they should.
fn gif_images(bytes: &[u8]) -> Option<u32> {
    let mut rest = bytes.get(10..)?;
    let flags = *rest.first()?;
    rest = rest.get(3 + color_table(flags)..)?;
    let mut images = 0;
    while images < 2 {
        match *rest.first()? {
            0x21 => rest = after_sub_blocks(rest.get(2..)?)?,
            0x2C => {
                let flags = *rest.get(9)?;
                // After the descriptor come its colours and the LZW code size.
                rest = after_sub_blocks(rest.get(10 + color_table(flags) + 1..)?)?;
                images += 1;
            }
            // The trailer; some encoders leave it out or pad it with zeros.
            _ => return Some(images),
        }
        if rest.is_empty() {
            return Some(images);
        }
    }
    Some(images)
}

fn color_table(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 0x07) + 1) }
}

fn after_sub_blocks(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        let length = usize::from(*rest.first()?);
        rest = rest.get(1 + length..)?;
        if length == 0 {
            return Some(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// A 1x1 GIF with as many images as asked for.
    fn gif(images: usize) -> Vec<u8> {
        let mut bytes = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xFF\xFF\xFF".to_vec();
        for _ in 0..images {
            bytes.extend(b"\x21\xF9\x04\x00\x00\x00\x00\x00");
            bytes.extend(b"\x2C\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00");
        }
        bytes.push(0x3B);
        bytes
    }

    #[test]
    fn the_kind_comes_from_the_bytes() {
        assert_eq!(check_image(b"\xFF\xD8\xFF\xE0....\xFF\xD9"), Ok(Kind::Jpeg));
        assert_eq!(check_image(b"\xFF\xD8\xFF\xE0....\xFF\xD9 appended"), Ok(Kind::Jpeg));
        assert_eq!(check_image(b"\x89PNG\r\n\x1A\n....IEND...."), Ok(Kind::Png));
        assert_eq!(check_image(b"RIFF\x08\x00\x00\x00WEBPVP8 "), Ok(Kind::Webp));
        assert_eq!(check_image(&gif(1)), Ok(Kind::Gif));
    }

    #[test]
    fn other_files_are_told_what_they_are_not() {
        assert_eq!(check_image(b""), Err(NotAnImage::Empty));
        for other in [
            &b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..],
            b"<!doctype html>",
            b"%PDF-1.7",
            b"BM....",
            b"\x00\x00\x00\x18ftypmp42",
            b"GIF",
            b"\xFF",
        ] {
            assert_eq!(check_image(other), Err(NotAnImage::OtherKind));
        }
        assert_eq!(check_image(&gif(2)), Err(NotAnImage::Animated));
        assert_eq!(check_image(&gif(9)), Err(NotAnImage::Animated));
    }

    #[test]
    fn a_file_that_was_cut_is_noticed() {
        assert_eq!(check_image(b"\xFF\xD8\xFF\xE0...."), Err(NotAnImage::Truncated));
        assert_eq!(check_image(b"\x89PNG\r\n\x1A\n...."), Err(NotAnImage::Truncated));
        assert_eq!(check_image(b"RIFF\x09\x00\x00\x00WEBPVP8 "), Err(NotAnImage::Truncated));
        let whole = gif(1);
        for end in 6..whole.len() - 1 {
            assert_eq!(check_image(&whole[..end]), Err(NotAnImage::Truncated), "{end}");
        }
    }
}
