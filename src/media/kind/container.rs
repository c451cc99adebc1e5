//! The boxes of MP4 and QuickTime: whether all are there, and how long the video is.

use super::Kind;

/// What a video's first bytes tell of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// How long it plays; `None` where that is told at its end, or not at all.
    pub milliseconds: Option<u64>,
}

/// Images share the container of videos, under brands of their own.
pub fn by_brand(brand: &[u8]) -> Option<Kind> {
    let brand = brand.get(..4)?;
    if brand == b"qt  " {
        return Some(Kind::QuickTime);
    }
    OTHER_BRANDS.chunks_exact(4).all(|other| other != brand).then_some(Kind::Mp4)
}

/// Images, sound and raw pictures of cameras, four letters each.
const OTHER_BRANDS: &[u8] = b"heicheixhevcmif1msf1avifavisM4A M4B M4P jp2 jpx crx ";

/// Walks the boxes as far as they begin within `head`. `None` when one reaches beyond the file, or one is missing: that which describes the video, or its data.
pub fn boxes(head: &[u8], size: u64) -> Option<Extent> {
    let (mut at, mut extent, mut is_described, mut has_data) = (0_u64, Extent::default(), false, false);
    while at < size {
        let Some(rest) =
            usize::try_from(at).ok().and_then(|at| head.get(at..)).filter(|rest| rest.len() >= 16 || head.len() as u64 >= size)
        else {
            // What follows lies beyond the first bytes.
            return Some(extent);
        };
        // QuickTime ends lists of boxes by four zeros.
        if rest.len() < 8 && rest.iter().all(|byte| *byte == 0) {
            break;
        }
        let name = rest.get(4..8)?;
        let length = match number(rest.get(..4)?) {
            0 => size - at,
            1 => number(rest.get(8..16)?),
            length => length,
        };
        has_data |= name == b"mdat";
        if name == b"moov" {
            is_described = true;
            extent.milliseconds = duration(rest.get(..usize::try_from(length).ok()?).unwrap_or(rest));
        }
        at = at.checked_add(length.max(8)).filter(|end| *end <= size)?;
    }
    (is_described && has_data).then_some(extent)
}

/// The duration in the movie header, which comes first in its box.
fn duration(movie: &[u8]) -> Option<u64> {
    let at = movie.windows(4).position(|name| name == b"mvhd")? + 4;
    let header = movie.get(at..)?;
    // Version 1 has times of eight bytes.
    let (scale, ticks) = match header.first()? {
        1 => (header.get(20..24)?, header.get(24..32)?),
        _ => (header.get(12..16)?, header.get(16..20)?),
    };
    if ticks.iter().all(|byte| *byte == 0xFF) {
        // Not known.
        return None;
    }
    number(ticks).checked_mul(1_000)?.checked_div(number(scale)).filter(|milliseconds| *milliseconds > 0)
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
