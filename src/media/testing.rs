//! Files for tests, and what a scripted X got of them.

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use crate::bindings::types::{FileEntry, Subtitle};
use crate::session::testing::{Reply, Script, answer};

/// Where a file is, and the request that reads it.
pub const URL: &str = "https://example.com/a";
pub const GET: &str = "GET /a";

/// What X is asked for; the uploads of tests have the id that [`data`] tells.
pub const ONE_SHOT: &str = "POST /2/media/upload";
pub const INITIALIZE: &str = "POST /2/media/upload/initialize";
pub const APPEND: &str = "POST /2/media/upload/71/append";
pub const FINALIZE: &str = "POST /2/media/upload/71/finalize";
pub const STATUS: &str = "GET /2/media/upload";
pub const METADATA: &str = "POST /2/media/metadata";
pub const SUBTITLES: &str = "POST /2/media/subtitles";

/// A request that is expected, and what answers it.
pub type Step = (&'static str, Reply);

/// An X that takes files in chunks of [`CHUNK`].
pub fn script(steps: impl IntoIterator<Item = Step>) -> Script {
    Script::new(steps).with("X_MEDIA_CHUNK_BYTES", &CHUNK.to_string())
}

/// A file in a single segment.
pub fn segmented() -> [Step; 3] {
    [(INITIALIZE, data("")), (APPEND, appended()), (FINALIZE, data(""))]
}

/// The smallest chunk that a connection may have.
pub const CHUNK: usize = 64 * 1024;

/// A PNG of so many bytes.
pub fn png(length: usize) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1A\n".to_vec();
    bytes.extend((bytes.len()..length.saturating_sub(4)).map(|at| u8::try_from(at % 251).expect("small")));
    bytes.extend(b"IEND");
    bytes
}

/// A 1x1 GIF with as many images as asked for.
pub fn gif(images: usize) -> Vec<u8> {
    let mut bytes = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xFF\xFF\xFF".to_vec();
    for _ in 0..images {
        bytes.extend(b"\x21\xF9\x04\x00\x00\x00\x00\x00");
        bytes.extend(b"\x2C\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00");
    }
    bytes.push(0x3B);
    bytes
}

/// A box of MP4.
pub fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).expect("small");
    [&length.to_be_bytes()[..], name, content].concat()
}

/// An MP4 that plays so long, with so many bytes of data.
pub fn mp4(brand: &[u8; 4], milliseconds: u32, data: usize) -> Vec<u8> {
    let header = [&[0; 12][..], &1_000_u32.to_be_bytes(), &milliseconds.to_be_bytes(), &[0; 80]].concat();
    let data: Vec<u8> = (0..data).map(|at| u8::try_from(at % 251).expect("small")).collect();
    [boxed(b"ftyp", brand), boxed(b"moov", &boxed(b"mvhd", &header)), boxed(b"mdat", &data)].concat()
}

/// A video of so many bytes in all.
pub fn video(length: usize) -> Vec<u8> {
    let least = mp4(b"isom", 9_000, 0).len();
    let bytes = mp4(b"isom", 9_000, length - least);
    assert_eq!(bytes.len(), length);
    bytes
}

/// Subtitles with one line.
pub const SRT: &str = "1\n00:00:01,000 --> 00:00:04,000\nHello\n";

/// An entry that says nothing but where the file is.
pub fn file(url: impl ToString) -> FileEntry {
    FileEntry { extension: None, mime_type: None, name: None, url: url.to_string(), alt_text: None, subtitles: None }
}

/// The file as a `data:` URL.
pub fn data_url(bytes: &[u8]) -> String {
    bytes.iter().fold("data:,".to_string(), |url, byte| format!("{url}%{byte:02x}"))
}

pub fn subtitle(url: impl ToString, language: &str) -> Subtitle {
    Subtitle { url: url.to_string(), language_code: language.to_string(), name: None }
}

/// A server's answer with a whole file, whose version it tells.
pub fn served(bytes: &[u8]) -> Reply {
    answer(200, bytes).header("content-length", &bytes.len().to_string()).header("etag", "\"v1\"")
}

/// A server's answer with the rest of a file.
pub fn served_from(bytes: &[u8], first: usize) -> Reply {
    let range = format!("bytes {first}-{}/{}", bytes.len() - 1, bytes.len());
    answer(206, &bytes[first..]).header("content-range", &range).header("etag", "\"v1\"")
}

/// An answer with `data` of an upload.
pub fn data(rest: &str) -> Reply {
    answer(200, format!(r#"{{"data":{{"id":"71","media_key":"7_71"{rest}}}}}"#))
}

/// X's answer while it works on the file.
pub fn processing(state: &str, check_after_s: u32) -> Reply {
    data(&format!(r#","processing_info":{{"state":"{state}","check_after_secs":{check_after_s},"progress_percent":40}}"#))
}

pub fn appended() -> Reply {
    answer(200, r#"{"data":{"expires_at":1796086400}}"#)
}

/// The parts of a multipart form that was sent: the text field's name and value, and the file.
pub fn form(body: &[u8]) -> (String, String, Vec<u8>) {
    let find = |mark: &[u8], from: usize| from + body[from..].windows(mark.len()).position(|window| window == mark).expect("the mark");
    let text = |from: usize, to: usize| String::from_utf8(body[from..to].to_vec()).expect("a text");
    let boundary = &body[..find(b"\r\n", 0)];
    let name = find(b"name=\"", 0) + 6;
    let value = find(b"\r\n\r\n", name) + 4;
    let second = find(boundary, value);
    let file = find(b"\r\n\r\n", second) + 4;
    let end = body.len() - boundary.len() - 6;
    assert_eq!(&body[end..], [b"\r\n", boundary, b"--\r\n"].concat());
    (text(name, find(b"\"", name)), text(value, second - 2), body[file..end].to_vec())
}

/// The segments that were sent to X, as they came.
pub fn segments(script: &Script) -> Vec<(usize, Vec<u8>)> {
    let sent = script.sent.borrow();
    let appends = sent.iter().filter(|sent| sent.target.path.ends_with("/append"));
    appends
        .map(|sent| {
            let (name, index, bytes) = form(&sent.body);
            assert_eq!(name, "segment_index");
            (index.parse().expect("an index"), bytes)
        })
        .collect()
}

/// Holds segments against the file: all of them, each once, in order.
pub fn assert_whole(segments: &[(usize, Vec<u8>)], chunk: usize, file: &[u8]) {
    let expected: Vec<(usize, Vec<u8>)> = file.chunks(chunk).map(<[u8]>::to_vec).enumerate().collect();
    let indices = |segments: &[(usize, Vec<u8>)]| segments.iter().map(|(index, bytes)| (*index, bytes.len())).collect::<Vec<_>>();
    assert_eq!(indices(segments), indices(&expected));
    assert!(segments == expected, "the bytes of a segment");
}
