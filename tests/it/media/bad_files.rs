//! Files that X would not take: each is told by its name and what is wrong with it, and X gets no byte of it.

use serde_json::{Value, json};

use super::samples::{self, SRT};
use crate::actions::files::{ANIMATED_GIF, JPEG, PNG, WEBP};
use crate::file_server::{Length, Offer};
use crate::stage::told;
use crate::wire::{SEGMENT, Wire};

const MIB: usize = 1024 * 1024;

/// An error of the author's that names the file, by its parameter and by its name.
fn assert_named(error: &Value, code: &str, what: &str) {
    let found = (&error["case"], &error["code"], &error["field"]);
    assert_eq!(found, (&json!("permanent-invalid-input"), &json!(code), &json!("media[0].url")), "{what}: {error}");
    let message = error["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("media[0].url (holiday.bin) "), "{what}: {message}");
    assert!(message.contains("; "), "{what}, it says what to do: {message}");
}

fn parameters(url: &str) -> [(&'static str, Value); 2] {
    let media = json!([{"url": url, "name": "holiday.bin"}]);
    [
        ("createPost", json!({"text": "with a file", "media": media})),
        ("sendDirectMessage", json!({"username": "2244994945", "text": "with a file", "media": media})),
    ]
}

/// From a server that tells the length, and from one that does not.
async fn assert_refused(wire: &Wire, file: &[u8], code: &str, what: &str) {
    for length in [Length::True, Length::Untold] {
        let url = wire.files.offer("/bad", Offer::of(file.to_vec()).length(length));
        for (operation, parameters) in parameters(&url) {
            let what = format!("{what}, {operation}, {length:?}");
            assert_named(&told(wire.call(operation, parameters).await), code, &what);
            assert_eq!(wire.requests(), 0, "{what}: X was asked for something");
        }
    }
}

fn without_end(mut bytes: Vec<u8>, missing: usize) -> Vec<u8> {
    bytes.truncate(bytes.len() - missing);
    bytes
}

#[tokio::test]
async fn an_empty_file_is_told_as_empty() {
    assert_refused(&Wire::open().await, b"", "file-empty", "empty").await;
}

#[tokio::test]
async fn what_is_no_media_is_told_as_what_it_is() {
    let wire = Wire::open().await;
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
    let comment = format!("<?xml version=\"1.0\"?>\n<!-- {} -->\n{svg}", "drawn ".repeat(20));
    let cases: [(&str, &[u8], &str); 15] = [
        ("an SVG", svg.as_bytes(), "SVG"),
        ("an SVG behind a prologue", comment.as_bytes(), "SVG"),
        ("an SVG behind a mark of its encoding", &[b"\xEF\xBB\xBF", svg.as_bytes()].concat(), "SVG"),
        ("a page", b"<!DOCTYPE html><html><body>Log in</body></html>", "page"),
        ("a page without a type", b"\n\n <HTML><head>", "page"),
        ("text", b"just text", "first bytes"),
        ("JSON", b"{\"error\":\"not found\"}", "first bytes"),
        ("a script", b"#!/bin/sh\nexit 0\n", "first bytes"),
        ("a PDF", b"%PDF-1.7\n", "first bytes"),
        ("an archive", b"PK\x03\x04aaaaaaaaaaaaaaaaaa", "first bytes"),
        ("a program", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", "first bytes"),
        ("zeros", &[0; 5_000], "first bytes"),
        ("HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "first bytes"),
        ("Matroska", b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska", "first bytes"),
        ("sound", b"ID3\x04\0\0\0\0\0\0", "first bytes"),
    ];
    for (what, file, word) in cases {
        assert_refused(&wire, file, "file-not-an-image", what).await;
        let url = wire.files.offer("/bad", Offer::of(file.to_vec()));
        let message = told(wire.post_with(&url).await)["message"].as_str().unwrap_or_default().to_owned();
        assert!(message.contains(word), "{what}: {message}");
    }
    // Subtitles are media, and nothing that a post or a message takes.
    assert_refused(&wire, SRT, "file-of-other-kind", "subtitles").await;
}

#[tokio::test]
async fn a_file_without_its_end_is_told_as_cut_off() {
    let wire = Wire::open().await;
    for (what, file) in [
        ("PNG", without_end(PNG.to_vec(), 12)),
        ("PNG of a segment", without_end(samples::png(SEGMENT, 1), 12)),
        ("JPEG", without_end(JPEG.to_vec(), 2)),
        ("WEBP", without_end(WEBP.to_vec(), 1)),
        ("GIF", without_end(ANIMATED_GIF.to_vec(), 4)),
        ("MP4", without_end(samples::mp4(2_000, 3), 1)),
        ("MP4 of many segments", without_end(samples::mp4(3 * SEGMENT, 4), 1)),
        ("MP4 with nothing but its head", samples::mp4(2_000, 5)[..24].to_vec()),
        ("QuickTime", without_end(samples::quicktime(2_000, 6), 900)),
    ] {
        let url = wire.files.offer("/bad", Offer::of(file.clone()));
        for (operation, parameters) in parameters(&url) {
            let what = format!("{what}, {operation}");
            assert_named(&told(wire.call(operation, parameters).await), "file-truncated", &what);
        }
    }
    assert_eq!((wire.simulator.post_count(), wire.simulator.direct_messages().len()), (0, 0));
}

#[tokio::test]
async fn a_file_that_is_too_large_by_its_servers_word_is_not_read_to_its_end() {
    let wire = Wire::open().await;
    for (what, file, limit) in [("an image", samples::png(5 * MIB + 1, 1), "5 MB"), ("a GIF", samples::gif(15 * MIB + 1, 2), "15 MB")] {
        let sent = wire.files.sent();
        let url = wire.files.offer("/bad", Offer::of(file.clone()));
        for (operation, parameters) in parameters(&url) {
            let error = told(wire.call(operation, parameters).await);
            assert_named(&error, "file-too-large", what);
            assert!(error["message"].as_str().is_some_and(|message| message.contains(limit)), "{error}");
        }
        // What was on its way when the connector had seen enough; buffers of sockets hold some of it.
        assert!(wire.files.sent() - sent < 2 * file.len(), "{what}: {} of {} bytes were sent", wire.files.sent() - sent, file.len());
    }
    assert_eq!(wire.requests(), 0, "X was asked for something");
}

#[tokio::test]
async fn a_video_that_is_claimed_to_be_too_large_is_not_read_at_all() {
    let wire = Wire::open().await;
    let head = samples::mp4(SEGMENT, 1);
    let claims = [(8 << 30, "createPost"), (512 << 20, "sendDirectMessage")];
    for ((limit, operation), (expected, parameters)) in claims.into_iter().zip(parameters(&wire.files.url("/bad"))) {
        assert_eq!(operation, expected);
        wire.files.offer("/bad", Offer::of(head.clone()).length(Length::Claimed(limit + 1)));
        assert_named(&told(wire.call(operation, parameters).await), "file-too-large", operation);
    }
    assert_eq!(wire.requests(), 0, "X was asked for something");
}

#[tokio::test]
async fn a_file_of_unknown_size_stops_when_it_turns_out_to_be_too_large() {
    let wire = Wire::open().await;
    for (what, file) in [("an image", samples::png(8 * MIB, 1)), ("a GIF", samples::gif(20 * MIB, 2))] {
        let url = wire.files.offer("/bad", Offer::of(file.clone()).length(Length::Untold));
        let (operation, parameters) = parameters(&url)[0].clone();
        assert_named(&told(wire.call(operation, parameters).await), "file-too-large", what);
    }
    let large = [SRT, &vec![b'a'; MIB]].concat();
    for length in [Length::True, Length::Untold] {
        let url = wire.files.offer("/large.srt", Offer::of(large.clone()).length(length));
        let video = wire.files.offer("/a.mp4", Offer::of(samples::mp4(2_000, 3)));
        let media = json!([{"url": video, "subtitles": [{"url": url, "language_code": "EN"}]}]);
        let error = told(wire.call("createPost", json!({"text": "x", "media": media})).await);
        assert_eq!((&error["code"], &error["field"]), (&json!("file-too-large"), &json!("media[0].subtitles[0].url")), "{error}");
    }
    assert_eq!(wire.requests(), 0, "X was asked for something");
}

#[tokio::test]
async fn a_video_that_plays_too_long_or_too_short_is_told_with_the_limit() {
    let wire = Wire::open().await;
    let minutes = |count: u32| count * 60_000;
    let url = |milliseconds| wire.files.offer("/video.mp4", Offer::of(samples::mp4_playing(milliseconds)));
    for (operation, milliseconds, limit) in
        [(0, minutes(20) + 1_000, "1200 seconds"), (0, 499, "0.5"), (1, 141_000, "140 seconds"), (1, 100, "0.5")]
    {
        let (operation, parameters) = parameters(&url(milliseconds))[operation].clone();
        let error = told(wire.call(operation, parameters).await);
        assert_named(&error, "video-length", operation);
        assert!(error["message"].as_str().is_some_and(|message| message.contains(limit)), "{error}");
    }
    assert_eq!(wire.requests(), 0, "X was asked for something");
    for (operation, milliseconds) in [(0, minutes(20)), (0, 500), (1, 140_000)] {
        let (operation, parameters) = parameters(&url(milliseconds))[operation].clone();
        wire.call(operation, parameters).await.unwrap_or_else(|error| panic!("{operation} {milliseconds}: {error}"));
        wire.simulator.clock().advance(std::time::Duration::from_hours(25));
    }
}

#[tokio::test]
async fn files_that_do_not_go_together_are_told_before_any_of_them_goes_out() {
    let wire = Wire::open().await;
    let image = wire.files.offer("/a.png", Offer::of(samples::png(1_000, 1)));
    let gif = wire.files.offer("/a.gif", Offer::of(samples::gif(0, 2)));
    let video = wire.files.offer("/a.mp4", Offer::of(samples::mp4(1_000, 3)));
    for (pair, at) in [([&image, &gif], 1), ([&video, &image], 0), ([&gif, &gif], 0), ([&image, &video], 1), ([&video, &video], 0)] {
        let media: Vec<Value> = pair.iter().map(|url| json!({ "url": url })).collect();
        let error = told(wire.call("createPost", json!({"text": "x", "media": media})).await);
        assert_eq!((&error["code"], &error["field"]), (&json!("media-do-not-mix"), &json!(format!("media[{at}].url"))), "{error}");
    }
    let subtitles = json!([{"url": image, "language_code": "EN"}]);
    for media in [json!([{"url": image, "subtitles": subtitles}]), json!([{"url": video, "subtitles": subtitles}])] {
        let error = told(wire.call("createPost", json!({"text": "x", "media": media})).await);
        assert_eq!(error["case"], "permanent-invalid-input", "{error}");
    }
    let one_bad = json!([{"url": image}, {"url": wire.files.offer("/bad", Offer::of("no image"))}]);
    let error = told(wire.call("createPost", json!({"text": "x", "media": one_bad})).await);
    assert_eq!(error["field"], "media[1].url", "{error}");
    assert_eq!(wire.requests(), 0, "X was asked for something");
}

#[tokio::test]
async fn a_file_of_another_kind_than_its_category_is_told_as_that() {
    let wire = Wire::open().await;
    let files = [
        ("tweet_image", samples::mp4(1_000, 1)),
        ("tweet_video", samples::png(1_000, 2)),
        ("tweet_gif", samples::png(1_000, 3)),
        ("dm_video", samples::gif(0, 4)),
        ("subtitles", samples::png(1_000, 5)),
        ("dm_image", SRT.to_vec()),
    ];
    for (category, file) in files {
        let url = wire.files.offer("/bad", Offer::of(file));
        let error = told(wire.call("uploadMedia", json!({"file": {"url": url}, "category": category})).await);
        assert_eq!((&error["code"], &error["field"]), (&json!("file-of-other-kind"), &json!("file.url")), "{category}: {error}");
    }
    assert_eq!(wire.requests(), 0, "X was asked for something");
}

#[tokio::test]
async fn a_connection_that_wants_alt_texts_gets_no_image_without_one() {
    let wire = Wire::open().await.property("X_REQUIRE_ALT_TEXT", "true");
    let image = wire.files.offer("/a.png", Offer::of(samples::png(1_000, 1)));
    let gif = wire.files.offer("/a.gif", Offer::of(samples::gif(0, 2)));
    for url in [&image, &gif] {
        for entry in [json!({ "url": url }), json!({"url": url, "alt_text": " "})] {
            let error = told(wire.call("createPost", json!({"text": "x", "media": [entry]})).await);
            assert_eq!((&error["code"], &error["field"]), (&json!("alt-text-missing"), &json!("media[0].url")), "{error}");
        }
    }
    let long = json!([{"url": image, "alt_text": "a".repeat(1_001)}]);
    let error = told(wire.call("createPost", json!({"text": "x", "media": long})).await);
    assert_eq!((&error["code"], &error["field"]), (&json!("alt-text-too-long"), &json!("media[0].alt_text")), "{error}");
    assert_eq!(wire.requests(), 0, "X was asked for something");
    let described = json!([{"url": image, "alt_text": "a sunrise"}]);
    wire.call("createPost", json!({"text": "described", "media": described})).await.expect("published");
}
