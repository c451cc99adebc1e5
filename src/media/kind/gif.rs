//! The blocks of a GIF: how many images it holds, and how large they are.

/// What the first bytes of a GIF tell.
#[derive(Debug, Default)]
pub struct Images {
    pub count: u64,
    /// Whether the blocks end where they should.
    pub is_complete: bool,
    width: u64,
    height: u64,
}

impl Images {
    /// X's limits of a moving GIF.
    pub fn is_too_large(&self) -> bool {
        self.width > 1_280 || self.height > 1_080 || self.count > 350 || self.width * self.height * self.count > 300_000_000
    }
}

pub fn read(bytes: &[u8]) -> Images {
    let mut images = Images::default();
    images.is_complete = walk(bytes, &mut images).is_some();
    images
}

/// `None` when the bytes end before the blocks do.
fn walk(bytes: &[u8], images: &mut Images) -> Option<()> {
    let side = |at: usize| Some(u64::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    (images.width, images.height) = (side(6)?, side(8)?);
    let flags = *bytes.get(10)?;
    let mut rest = bytes.get(13 + color_table(flags)..)?;
    loop {
        match rest.first() {
            Some(0x21) => rest = after_sub_blocks(rest.get(2..)?)?,
            Some(0x2C) => {
                let flags = *rest.get(9)?;
                // After the descriptor come its colours and the LZW code size.
                rest = after_sub_blocks(rest.get(10 + color_table(flags) + 1..)?)?;
                images.count += 1;
            }
            None if images.count == 0 => return None,
            // The trailer; some encoders leave it out or pad it with zeros.
            _ => return Some(()),
        }
    }
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
