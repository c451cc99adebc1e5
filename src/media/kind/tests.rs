//! Files of every kind, whole and cut, and files that are none.

use std::vec::Vec;

use super::*;
use crate::media::testing::{self, boxed, gif};

fn told(bytes: &[u8]) -> Result<Kind, Unfit> {
    check(bytes, bytes.len() as u64).map(|(kind, _)| kind)
}

fn mp4(brand: &[u8; 4], seconds: u32) -> Vec<u8> {
    testing::mp4(brand, seconds * 1_000, 64)
}

#[test]
fn the_kind_comes_from_the_bytes() {
    for (bytes, kind) in [
        (&b"\xFF\xD8\xFF\xE0....\xFF\xD9"[..], Kind::Jpeg),
        (b"\xFF\xD8\xFF\xE0....\xFF\xD9 appended", Kind::Jpeg),
        (b"\x89PNG\r\n\x1A\n....IEND....", Kind::Png),
        (b"RIFF\x08\x00\x00\x00WEBPVP8 ", Kind::Webp),
        (&gif(1), Kind::Gif),
        (&gif(2), Kind::MovingGif),
        (&gif(350), Kind::MovingGif),
        (&mp4(b"isom", 9), Kind::Mp4),
        (&mp4(b"qt  ", 9), Kind::QuickTime),
        (&mp4(b"isom", 9)[12..], Kind::QuickTime),
        (b"\x1A\x45\xDF\xA3\x9FB\x86\x81\x01B\x82\x84webmB", Kind::WebM),
        (b"WEBVTT\n\n00:01.000 --> 00:04.000\nHello", Kind::Vtt),
        (b"\xEF\xBB\xBFWEBVTT", Kind::Vtt),
        (b"1\r\n00:00:01,000 --> 00:00:04,000\r\nHello\r\n", Kind::Srt),
    ] {
        assert_eq!(told(bytes), Ok(kind));
    }
    assert_eq!(check(&mp4(b"isom", 9), mp4(b"isom", 9).len() as u64).map(|(_, extent)| extent.milliseconds), Ok(Some(9_000)));
}

#[test]
fn other_files_are_told_what_they_are_not() {
    assert_eq!(told(b""), Err(Unfit::Empty));
    assert_eq!(told(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), Err(Unfit::Drawing));
    assert_eq!(told(b"<?xml version=\"1.0\"?>\n<!-- a -->\n<SVG/>"), Err(Unfit::Drawing));
    assert_eq!(told(b"\n<!doctype html><svg>"), Err(Unfit::Page));
    assert_eq!(told(b"\xEF\xBB\xBF<HTML>"), Err(Unfit::Page));
    for other in [
        &b"%PDF-1.7"[..],
        b"BM....",
        b"GIF",
        b"\xFF",
        b"<a/>",
        b"1\nno time",
        b"plain text",
        b"\0\0\0\x18ftypheic\0\0\0\0",
        b"\0\0\0\x18ftyp",
        b"\x1A\x45\xDF\xA3\x9FB\x86\x81\x01B\x82\x88matroska",
    ] {
        assert_eq!(told(other), Err(Unfit::OtherKind));
    }
    assert_eq!(told(&gif(351)), Err(Unfit::GifTooLarge));
    let mut wide = gif(2);
    wide[7] = 6;
    assert_eq!(told(&wide), Err(Unfit::GifTooLarge));
}

#[test]
fn a_file_that_was_cut_is_noticed() {
    assert_eq!(told(b"\xFF\xD8\xFF\xE0...."), Err(Unfit::Truncated));
    assert_eq!(told(b"\x89PNG\r\n\x1A\n...."), Err(Unfit::Truncated));
    assert_eq!(told(b"RIFF\x09\x00\x00\x00WEBPVP8 "), Err(Unfit::Truncated));
    let whole = gif(1);
    for end in 6..whole.len() - 1 {
        assert_eq!(told(&whole[..end]), Err(Unfit::Truncated), "{end}");
    }
    let whole = mp4(b"isom", 9);
    for end in 12..whole.len() {
        assert_eq!(told(&whole[..end]), Err(Unfit::Truncated), "{end}");
    }
    assert_eq!(told(&boxed(b"ftyp", b"isom")), Err(Unfit::Truncated), "nothing describes the video");
    // A camera puts a small image into the segments before the picture; its end is not the picture's.
    let small = b"\xFF\xD8\xFF\xE1\x00\x08\xFF\xD8\xFF\xD9..\xFF\xDA\x00\x02picture";
    assert_eq!(told(small), Err(Unfit::Truncated));
    assert_eq!(told(&[&small[..], b"\xFF\xD9"].concat()), Ok(Kind::Jpeg));
}

#[test]
fn a_large_file_is_judged_by_its_first_bytes() {
    let size = 9_000_000;
    assert_eq!(check(b"\xFF\xD8\xFF\xE0....", size).map(|(kind, _)| kind), Ok(Kind::Jpeg));
    assert_eq!(check(&gif(2), size).map(|(kind, _)| kind), Ok(Kind::MovingGif));
    let long = [boxed(b"ftyp", b"isom"), 8_999_988_u32.to_be_bytes().to_vec(), b"mdat".to_vec(), std::vec![0; 90]].concat();
    assert_eq!(check(&long, size).map(|(kind, _)| kind), Err(Unfit::Truncated), "the data end the file, undescribed");
    let long = [boxed(b"ftyp", b"isom"), 8_000_000_u32.to_be_bytes().to_vec(), b"mdat".to_vec(), std::vec![0; 90]].concat();
    assert_eq!(check(&long, size).map(|(kind, _)| kind), Ok(Kind::Mp4));
    assert_eq!(check(&long, 7_000_000), Err(Unfit::Truncated));
}

#[test]
fn a_video_whose_length_is_not_told_is_not_measured() {
    for milliseconds in [0, u32::MAX] {
        let bytes = testing::mp4(b"isom", milliseconds, 64);
        assert_eq!(check(&bytes, bytes.len() as u64).map(|(_, extent)| extent.milliseconds), Ok(None));
    }
}

#[test]
fn what_ends_or_begins_in_an_odd_way_is_judged_by_what_it_is() {
    let mut terminated = mp4(b"qt  ", 9);
    terminated.extend([0; 4]);
    assert_eq!(told(&terminated), Ok(Kind::QuickTime), "QuickTime ends lists of boxes by zeros");
    assert_eq!(told(b"RIFF\0\0\0\0WEBP"), Err(Unfit::Truncated));
    assert_eq!(told(b"WEBVTT<html>"), Err(Unfit::OtherKind));
    for text in [&b"WEBVTT"[..], b"WEBVTT - title", b"WEBVTT\n\n", b"WEBVTT\ttitle"] {
        assert_eq!(told(text), Ok(Kind::Vtt));
    }
    assert_eq!(told(b"\0\0\0\x0CftypM4P "), Err(Unfit::OtherKind), "protected sound");
    // The first image of a GIF may be larger than what was read: a picture that may move is never taken for a still one.
    let gif = gif(2);
    assert_eq!(check(&gif[..20], 5_000_000).map(|(kind, _)| kind), Ok(Kind::MovingGif));
}
