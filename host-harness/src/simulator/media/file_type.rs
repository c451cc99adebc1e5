//! What a file is, from its first bytes.

use crate::simulator::image::Image;

/// The media type of the first bytes, if they are of a kind that X knows.
pub(crate) fn recognise(head: &[u8]) -> Option<&'static str> {
    if let Some(image) = Image::recognise(head) {
        return Some(image.media_type);
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    if head.starts_with(b"BM") {
        Some("image/bmp")
    } else if head.starts_with(b"II*\0") || head.starts_with(b"MM\0*") {
        Some("image/tiff")
    } else if head.get(4..8) == Some(b"ftyp") {
        Some(if head.get(8..12) == Some(b"qt  ") { "video/quicktime" } else { "video/mp4" })
    } else if head.starts_with(b"\x1a\x45\xdf\xa3") {
        Some("video/webm")
    } else if head.first() == Some(&0x47) && head.get(188).is_none_or(|sync| *sync == 0x47) {
        Some("video/mp2t")
    } else if text.starts_with(b"WEBVTT") {
        Some("text/vtt")
    } else if text.first().is_some_and(u8::is_ascii_digit) && text.windows(3).any(|window| window == b"-->") {
        Some("text/srt")
    } else {
        None
    }
}

/// Whether a file that declares one type may turn out to be of another.
pub(crate) fn fits(declared: &str, found: &str) -> bool {
    let same_family = |family: &[&str]| family.contains(&declared) && family.contains(&found);
    declared == found || same_family(&["image/jpeg", "image/pjpeg"]) || same_family(&["video/mp4", "video/quicktime"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_come_from_the_first_bytes() {
        for (head, expected) in [
            (&b"GIF89a\x01\0\x01\0"[..], Some("image/gif")),
            (b"BM......", Some("image/bmp")),
            (b"II*\0", Some("image/tiff")),
            (b"\0\0\0\x18ftypisom", Some("video/mp4")),
            (b"\0\0\0\x14ftypqt  ", Some("video/quicktime")),
            (b"\x1a\x45\xdf\xa3", Some("video/webm")),
            (b"G1234", Some("video/mp2t")),
            (b"\xef\xbb\xbfWEBVTT\n", Some("text/vtt")),
            (b"1\n00:00:00,000 --> 00:00:01,000\nhi\n", Some("text/srt")),
            (b"<svg xmlns", None),
            (b"", None),
        ] {
            assert_eq!(recognise(head), expected);
        }
    }

    #[test]
    fn a_declared_type_must_be_the_found_one_or_its_twin() {
        assert!(fits("image/pjpeg", "image/jpeg"));
        assert!(fits("video/quicktime", "video/mp4"));
        assert!(!fits("image/png", "image/jpeg"));
        assert!(!fits("video/webm", "video/mp4"));
    }
}
