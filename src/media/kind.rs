//! The kind of a file, from its bytes. Names and declared types lie too often.

mod container;
mod gif;
#[cfg(test)]
mod tests;

pub use container::Extent;

/// A file that X takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Jpeg,
    Png,
    Webp,
    Gif,
    MovingGif,
    Mp4,
    QuickTime,
    WebM,
    Srt,
    Vtt,
}

/// What X treats alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Image,
    Gif,
    Video,
    Subtitles,
}

impl Kind {
    /// Media type, extension and group, in the order of the kinds.
    const TABLE: [(&'static str, &'static str, Group); 10] = [
        ("image/jpeg", "jpg", Group::Image),
        ("image/png", "png", Group::Image),
        ("image/webp", "webp", Group::Image),
        ("image/gif", "gif", Group::Image),
        ("image/gif", "gif", Group::Gif),
        ("video/mp4", "mp4", Group::Video),
        ("video/quicktime", "mov", Group::Video),
        ("video/webm", "webm", Group::Video),
        ("text/srt", "srt", Group::Subtitles),
        ("text/vtt", "vtt", Group::Subtitles),
    ];

    fn row(self) -> (&'static str, &'static str, Group) {
        Self::TABLE.get(self as usize).copied().unwrap_or(("", "", Group::Image))
    }

    #[must_use]
    pub fn media_type(self) -> &'static str {
        self.row().0
    }

    #[must_use]
    pub fn extension(self) -> &'static str {
        self.row().1
    }

    #[must_use]
    pub fn group(self) -> Group {
        self.row().2
    }
}

/// Why X would not take a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    Empty,
    OtherKind,
    Drawing,
    Page,
    Truncated,
    GifTooLarge,
}

impl Unfit {
    /// The code of the problem, and the end of a sentence that begins with the field's name.
    #[must_use]
    pub const fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Empty => ("file-empty", "is an empty file; check that the step before it made one"),
            Self::OtherKind => (
                "file-not-an-image",
                "is no JPEG, PNG, WEBP, GIF, MP4, QuickTime, WebM, SRT or VTT by its first bytes; give a file of one of these kinds",
            ),
            Self::Drawing => ("file-not-an-image", "is an SVG drawing, which X does not take; export it as PNG"),
            Self::Page => {
                ("file-not-an-image", "is a web page and no media file; check that its address does not lead to a page, a login perhaps")
            }
            Self::Truncated => ("file-truncated", "is cut off: its end is missing; make or download it again"),
            Self::GifTooLarge => (
                "file-too-large",
                "is a GIF beyond what X takes: at most 1280 by 1080 pixels, 350 images, and 300 million pixels in all; make it smaller, or a video",
            ),
        }
    }
}

/// Tells the kind by the first bytes; a GIF counts as still here.
///
/// # Errors
/// [`Unfit`].
pub fn sniff(head: &[u8]) -> Result<Kind, Unfit> {
    if head.is_empty() {
        return Err(Unfit::Empty);
    }
    let fits = |(at, mark, kind): &&(usize, &[u8], Kind)| {
        head.get(*at..).is_some_and(|rest| rest.starts_with(mark)) && (*kind != Kind::Webp || head.starts_with(b"RIFF"))
    };
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    match MARKS.iter().find(fits).map(|(.., kind)| *kind) {
        Some(Kind::Mp4) => container::by_brand(head.get(8..).unwrap_or_default()).ok_or(Unfit::OtherKind),
        // Matroska begins in the same way and X does not take it.
        Some(Kind::WebM) if !contains(head.get(..68).unwrap_or(head), b"webm") => Err(Unfit::OtherKind),
        Some(kind) => Ok(kind),
        None if is_vtt(text) => Ok(Kind::Vtt),
        None if is_srt(text) => Ok(Kind::Srt),
        None => Err(other(text)),
    }
}

/// Where the bytes lie that tell a kind.
const MARKS: [(usize, &[u8], Kind); 10] = [
    (0, b"\xFF\xD8\xFF", Kind::Jpeg),
    (0, b"\x89PNG\r\n\x1A\n", Kind::Png),
    (8, b"WEBP", Kind::Webp),
    (0, b"GIF87a", Kind::Gif),
    (0, b"GIF89a", Kind::Gif),
    (4, b"ftyp", Kind::Mp4),
    // QuickTime files from before 2001 have no brand.
    (4, b"moov", Kind::QuickTime),
    (4, b"mdat", Kind::QuickTime),
    (4, b"wide", Kind::QuickTime),
    (0, b"\x1A\x45\xDF\xA3", Kind::WebM),
];

/// Looks whether a file is whole and within what X says of its kind, as far as its first bytes tell. `size` is the whole file's.
/// An image whose end lies beyond them is X's to judge: cameras and editors append to images, so it need not end at its end.
///
/// # Errors
/// [`Unfit`].
pub fn check(head: &[u8], size: u64) -> Result<(Kind, Extent), Unfit> {
    let kind = sniff(head)?;
    let is_whole = head.len() as u64 >= size;
    let mut extent = Extent::default();
    let fits = match kind {
        Kind::Jpeg => !is_whole || contains(picture(head), &[0xFF, 0xD9]),
        Kind::Png => !is_whole || contains(head, b"IEND"),
        Kind::Webp => head.get(4..8).and_then(|length| length.try_into().ok()).is_some_and(|length| {
            // The size of a RIFF file leaves out its first eight bytes.
            (8..=size.saturating_sub(8)).contains(&u64::from(u32::from_le_bytes(length)))
        }),
        Kind::Gif | Kind::MovingGif => {
            let images = gif::read(head);
            if images.count > 1 || (!images.is_complete && !is_whole) {
                return if images.is_too_large() {
                    Err(Unfit::GifTooLarge)
                } else {
                    cut(is_whole && !images.is_complete, Kind::MovingGif, extent)
                };
            }
            images.is_complete && images.count == 1
        }
        Kind::Mp4 | Kind::QuickTime => {
            extent = container::boxes(head, size).ok_or(Unfit::Truncated)?;
            true
        }
        Kind::WebM | Kind::Srt | Kind::Vtt => true,
    };
    cut(!fits, kind, extent)
}

fn cut(is_cut: bool, kind: Kind, extent: Extent) -> Result<(Kind, Extent), Unfit> {
    if is_cut { Err(Unfit::Truncated) } else { Ok((kind, extent)) }
}

/// A JPEG without the segments before its picture: one of them may hold a small image with an end mark of its own.
fn picture(head: &[u8]) -> &[u8] {
    let mut rest = head.get(2..).unwrap_or_default();
    while let [0xFF, 0xC0..=0xD8 | 0xDB..=0xFE, high, low, ..] = rest {
        let Some(after) = rest.get(2 + usize::from(u16::from_be_bytes([*high, *low]))..) else {
            break;
        };
        rest = after;
    }
    rest
}

/// Looks from behind: end marks are there.
fn contains(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).rev().any(|window| window == mark)
}

/// The mark, and behind it the end of a line or a blank.
fn is_vtt(text: &[u8]) -> bool {
    text.strip_prefix(b"WEBVTT").is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
}

/// A number on the first line, and a span of time on the second.
fn is_srt(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).skip_while(|line| line.is_empty());
    let number = lines.next().unwrap_or_default();
    !number.is_empty() && number.iter().all(u8::is_ascii_digit) && lines.next().is_some_and(|line| contains(line, b"-->"))
}

/// What the text is that is no media.
fn other(text: &[u8]) -> Unfit {
    let start = text.get(..1_024).unwrap_or(text).trim_ascii_start().to_ascii_lowercase();
    if !start.starts_with(b"<") {
        return Unfit::OtherKind;
    }
    match () {
        () if contains(&start, b"<html") || contains(&start, b"<!doctype html") => Unfit::Page,
        () if contains(&start, b"<svg") => Unfit::Drawing,
        () => Unfit::OtherKind,
    }
}
