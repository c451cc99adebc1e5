//! A video by its boxes, whose pictures are noise.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};

use crate::world::hex;

/// What plays for a second, at 8 Mbit/s.
const BYTES_PER_SECOND: u64 = 1_000_000;
const PIECE: usize = 1 << 20;

pub struct Video {
    pub path: PathBuf,
    pub size: u64,
    /// In lower case hexadecimal digits.
    pub sha256: String,
}

impl Video {
    /// Writes a video of so many bytes.
    pub fn make(directory: &Path, name: &str, size: u64) -> Self {
        let path = directory.join(name);
        let mut out = BufWriter::new(File::create(&path).expect("a file"));
        let mut digest = Context::new(&SHA256);
        let mut write = |bytes: &[u8]| {
            digest.update(bytes);
            out.write_all(bytes).expect("room for the file");
        };
        let head = head(size);
        write(&head);
        let mut left = size - head.len() as u64;
        let mut noise = Noise(size);
        let mut piece = vec![0; PIECE];
        while left > 0 {
            let length = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            noise.fill(&mut piece);
            write(&piece[..length]);
            left -= length as u64;
        }
        out.flush().expect("room for the file");
        Self { path, size, sha256: hex(digest.finish().as_ref()) }
    }

    /// In millions of bytes.
    #[allow(clippy::cast_precision_loss, reason = "below 2^53")]
    pub fn megabytes(&self) -> f64 {
        self.size as f64 / 1e6
    }
}

/// All that comes before the pictures.
fn head(size: u64) -> Vec<u8> {
    let file_type = boxed(b"ftyp", b"isom\0\0\x02\0isommp41");
    let milliseconds = u32::try_from(size * 1000 / BYTES_PER_SECOND).expect("less than a month");
    let mut header = vec![0; 100];
    header[12..16].copy_from_slice(&1000_u32.to_be_bytes());
    header[16..20].copy_from_slice(&milliseconds.to_be_bytes());
    let mut head = [file_type, boxed(b"moov", &boxed(b"mvhd", &header))].concat();
    let rest = u32::try_from(size - head.len() as u64).expect("less than 4 GiB");
    head.extend(rest.to_be_bytes());
    head.extend(b"mdat");
    head
}

fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(8 + content.len()).expect("a small box");
    [&length.to_be_bytes(), name.as_slice(), content].concat()
}

/// Xorshift: the same noise in every run, and no byte twice in the same place of a segment.
struct Noise(u64);

impl Noise {
    fn fill(&mut self, bytes: &mut [u8]) {
        for word in bytes.as_chunks_mut::<8>().0 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            *word = self.0.to_le_bytes();
        }
    }
}
