//! Files of every kind that X takes, of any size, with bytes that repeat nowhere: a segment in the wrong place shows in the hash.

use std::fmt::Write as _;

use ring::digest::{SHA256, digest};

/// The hash by which files are compared, as the simulator writes it.
pub fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes that look like chance and are the same for the same seed.
pub fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15 ^ (seed + 1).wrapping_mul(0xD134_2543_DE82_EF95);
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// A PNG of so many bytes, by its chunks whole.
pub fn png(length: usize, seed: u64) -> Vec<u8> {
    const AROUND: usize = 8 + 25 + 12 + 12;
    let data = noise(length.checked_sub(AROUND).expect("room for the chunks"), seed);
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0\0\0\x01\0\x08\x02\0\0\0\xd3\x10\x3f\x31".to_vec();
    bytes.extend(u32::try_from(data.len()).expect("a small image").to_be_bytes());
    bytes.extend(b"IDAT");
    bytes.extend(data);
    bytes.extend(b"\0\0\0\0\0\0\0\0IEND\xae\x42\x60\x82");
    bytes
}

/// A GIF of two images or more, filled up to at least so many bytes.
pub fn gif(length: usize, seed: u64) -> Vec<u8> {
    let mut bytes = b"GIF89a\x40\0\x40\0\0\0\0".to_vec();
    let mut count = 0;
    while bytes.len() < length || count < 2 {
        bytes.extend(b"\x21\xf9\x04\0\x0a\0\0\0\x2c\0\0\0\0\x40\0\x40\0\0\x08");
        // An image of the length that is left, in pieces of 255 bytes; at most a hundredth of what may be missing at a time,
        // so that X's limit on the number of images holds.
        let pieces = length.saturating_sub(bytes.len()).div_ceil(100 * 256).max(1);
        for data in noise(pieces * 255, seed + count).chunks(255) {
            bytes.push(255);
            bytes.extend(data);
        }
        bytes.push(0);
        count += 1;
    }
    bytes.push(b';');
    bytes
}

fn part(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(content.len() + 8).expect("a small box").to_be_bytes().to_vec();
    bytes.extend(name);
    bytes.extend(content);
    bytes
}

fn container(brand: &[u8; 4], length: usize, milliseconds: u32, seed: u64) -> Vec<u8> {
    let mut header = vec![0; 12];
    header.extend(1_000_u32.to_be_bytes());
    header.extend(milliseconds.to_be_bytes());
    header.resize(100, 0);
    let mut bytes = part(b"ftyp", &[brand.as_slice(), b"\0\0\0\0", brand.as_slice()].concat());
    bytes.extend(part(b"moov", &part(b"mvhd", &header)));
    let left = length.checked_sub(bytes.len() + 8).expect("room for the boxes");
    bytes.extend(part(b"mdat", &noise(left, seed)));
    bytes
}

/// An MP4 of so many bytes that plays ten seconds.
pub fn mp4(length: usize, seed: u64) -> Vec<u8> {
    container(b"isom", length, 10_000, seed)
}

/// An MP4 that plays so long.
pub fn mp4_playing(milliseconds: u32) -> Vec<u8> {
    container(b"isom", 2_000, milliseconds, 0)
}

/// A QuickTime film of so many bytes that plays ten seconds.
pub fn quicktime(length: usize, seed: u64) -> Vec<u8> {
    container(b"qt  ", length, 10_000, seed)
}

/// A WebM as far as its head tells, of so many bytes.
pub fn webm(length: usize, seed: u64) -> Vec<u8> {
    let mut bytes = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm".to_vec();
    bytes.extend(noise(length.checked_sub(bytes.len()).expect("room for the head"), seed));
    bytes
}

/// A subtitle of one second, in the two ways of writing it.
pub const SRT: &[u8] = b"1\n00:00:00,000 --> 00:00:01,000\nThe sun rises.\n";
pub const VTT: &[u8] = b"WEBVTT\n\n00:00.000 --> 00:01.000\nDie Sonne geht auf.\n";
