//! Uploads in segments: accounting, processing, descriptions, and what may be done with them.

mod attaching;
mod describing;
mod processing;
mod refusals;
mod segments;
mod streaming;

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::simulator::{Media, MediaState, Processing, ProcessingEnd, ProcessingError, SegmentOrder};

const INITIALIZE: &str = "/2/media/upload/initialize";
const GIF: &[u8] = b"GIF89a\x03\0\x02\0\0\0\0;";
const MP4: &[u8] = b"\0\0\0\x18ftypisom\0\0\0\0isomavc1 and then some frames";
const VTT: &[u8] = b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n";

/// An X that is through with a file as soon as it has it.
fn quick() -> Simulator {
    simulator(Options { processing: Processing::none(), ..Options::default() })
}

fn opening(category: &str, media_type: &str, total: usize) -> Value {
    json!({"media_category": category, "media_type": media_type, "total_bytes": total})
}

async fn open(simulator: &Simulator, category: &str, media_type: &str, total: usize) -> String {
    let answer = post(simulator, INITIALIZE, opening(category, media_type, total)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.id()
}

/// A form of these parts for an upload.
fn parts(token: &str, id: &str, parts: &[(&str, &[u8])]) -> Request<Full<Bytes>> {
    let (head, body) = form(parts).into_parts();
    let content_type = head.headers["content-type"].to_str().expect("text").to_owned();
    let mut request = request(token, "POST", &format!("/2/media/upload/{id}/append"), &content_type, Bytes::new());
    *request.body_mut() = body;
    request
}

async fn append_as(simulator: &Simulator, token: &str, id: &str, index: u32, bytes: &[u8]) -> Reply {
    let index = index.to_string();
    send(simulator, parts(token, id, &[("segment_index", index.as_bytes()), ("media", bytes)])).await
}

async fn append(simulator: &Simulator, id: &str, index: u32, bytes: &[u8]) -> Reply {
    append_as(simulator, "maker", id, index, bytes).await
}

async fn finalize_as(simulator: &Simulator, token: &str, id: &str) -> Reply {
    send(simulator, request(token, "POST", &format!("/2/media/upload/{id}/finalize"), "", Bytes::new())).await
}

async fn finalize(simulator: &Simulator, id: &str) -> Reply {
    finalize_as(simulator, "maker", id).await
}

async fn status(simulator: &Simulator, id: &str) -> Reply {
    get(simulator, &format!("/2/media/upload?command=STATUS&media_id={id}")).await
}

/// A whole upload in segments of 16 bytes, by what opens it.
async fn upload_by(simulator: &Simulator, opening: Value, bytes: &[u8]) -> String {
    let answer = post(simulator, INITIALIZE, opening).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let id = answer.id();
    for (index, segment) in (0..).zip(bytes.chunks(16)) {
        assert_eq!(append(simulator, &id, index, segment).await.status, StatusCode::OK);
    }
    let answer = finalize(simulator, &id).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    id
}

async fn uploaded(simulator: &Simulator, category: &str) -> String {
    let (media_type, bytes) = match category {
        "tweet_image" | "dm_image" => ("image/png", PNG),
        "tweet_gif" | "dm_gif" => ("image/gif", GIF),
        "subtitles" => ("text/vtt", VTT),
        _ => ("video/mp4", MP4),
    };
    upload_by(simulator, opening(category, media_type, bytes.len()), bytes).await
}

fn media(simulator: &Simulator, id: &str) -> Media {
    simulator.media_with_id(id.parse().expect("a number")).expect("an upload")
}

fn sha256(bytes: &[u8]) -> String {
    ring::digest::digest(&ring::digest::SHA256, bytes).as_ref().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}
