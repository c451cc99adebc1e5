//! Lists of files: which mix, what each must be, and what is said about them.

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::auth;
use crate::bindings::types::Subtitle;
use crate::error::Case;
use crate::media::testing::{
    APPEND, CHUNK, FINALIZE, INITIALIZE, METADATA, ONE_SHOT, SRT, SUBTITLES, appended, data, data_url, file, form, gif, mp4, png,
    processing, segmented, served, subtitle, video,
};
use crate::session::testing::{Reply, Script, answer, lost};
use crate::transport::Fault;

fn upload(script: &Script, entries: Vec<FileEntry>, purpose: Purpose) -> Result<Vec<String>, Failure> {
    let most = if purpose == Purpose::Post { 4 } else { 1 };
    script.run(|session| {
        let plan = Plan::parse(Some(entries), purpose, most)?;
        plan.check_credential(session)?;
        Ok(plan.upload(session)?.iter().map(ToString::to_string).collect())
    })
}

fn attach(script: &Script, entries: Vec<FileEntry>) -> Result<Vec<String>, Failure> {
    upload(script, entries, Purpose::Post)
}

fn of(bytes: &[u8]) -> FileEntry {
    file(data_url(bytes))
}

fn described(entry: FileEntry, text: &str) -> FileEntry {
    FileEntry { alt_text: Some(text.to_string()), ..entry }
}

fn with_subtitles(entry: FileEntry, subtitles: impl IntoIterator<Item = Subtitle>) -> FileEntry {
    FileEntry { subtitles: Some(subtitles.into_iter().collect()), ..entry }
}

fn id(id: &str) -> Reply {
    answer(200, format!(r#"{{"data":{{"id":"{id}"}}}}"#))
}

/// What is refused before anything goes to X.
fn refused(entries: Vec<FileEntry>, field: &str, code: &str) -> String {
    refused_by(&Script::silent(), entries, Purpose::Post, field, code)
}

fn refused_by(script: &Script, entries: Vec<FileEntry>, purpose: Purpose, field: &str, code: &str) -> String {
    let failure = upload(script, entries, purpose).expect_err(code);
    assert_eq!((failure.case(), failure.code(), failure.problem().field.as_deref()), (Case::InvalidInput, code, Some(field)));
    assert!(failure.problem().message.starts_with(field), "{}", failure.problem().message);
    failure.problem().message.clone()
}

#[test]
fn every_kind_has_its_category_in_each_place() {
    for (bytes, media_type, post, message) in [
        (gif(2), "image/gif", "tweet_gif", "dm_gif"),
        (mp4(b"isom", 9_000, 64), "video/mp4", "tweet_video", "dm_video"),
        (mp4(b"qt  ", 9_000, 64), "video/quicktime", "tweet_video", "dm_video"),
        (b"\x1A\x45\xDF\xA3\x9FB\x86\x81\x01B\x82\x84webmB".to_vec(), "video/webm", "tweet_video", "dm_video"),
    ] {
        for (purpose, category) in [(Purpose::Post, post), (Purpose::DirectMessage, message)] {
            let script = Script::new(segmented());
            assert_eq!(upload(&script, Vec::from([of(&bytes)]), purpose).expect("uploaded"), ["71"]);
            let body = format!(r#"{{"media_type":"{media_type}","total_bytes":{},"media_category":"{category}"}}"#, bytes.len());
            assert_eq!(script.body(0), body);
        }
    }
    for bytes in [gif(1), png(99), b"\xFF\xD8\xFF\xD9".to_vec(), b"RIFF\x08\x00\x00\x00WEBPVP8 ".to_vec()] {
        for (purpose, category) in [(Purpose::Post, "tweet_image"), (Purpose::DirectMessage, "dm_image")] {
            let script = Script::new([(ONE_SHOT, data(""))]);
            upload(&script, Vec::from([of(&bytes)]), purpose).expect("uploaded");
            assert!(form(&script.sent.borrow()[0].body) == ("media_category".into(), category.into(), bytes.clone()));
        }
    }
}

#[test]
fn both_kinds_of_credential_upload_and_describe() {
    for kind in [auth::Kind::UserBearer, auth::Kind::OAuth1] {
        let script = Script::new([
            (INITIALIZE, data("")),
            (APPEND, appended()),
            (FINALIZE, processing("pending", 1)),
            ("GET /2/media/upload", processing("succeeded", 1)),
            (METADATA, answer(200, r#"{"data":{"id":"71"}}"#)),
        ]);
        attach(&script.with_only(kind), Vec::from([described(of(&gif(2)), "A cat")])).expect("uploaded");
        let script = Script::new([(ONE_SHOT, data("")), (METADATA, answer(200, r#"{"data":{"id":"71"}}"#))]);
        attach(&script.with_only(kind), Vec::from([described(of(&png(20)), "A cat")])).expect("uploaded");
    }
    let failure = attach(&Script::silent().with_only(auth::Kind::AppOnly), Vec::from([of(&png(20))])).expect_err("no account");
    assert_eq!(failure.code(), "missing-credential");
    let script = Script::silent().with("X_GRANTED_SCOPES", "tweet.write users.read tweet.read");
    assert_eq!(attach(&script, Vec::from([of(&png(20))])).expect_err("no scope").code(), "missing-scopes");
    // What X has already needs none, unless something is said about it.
    let script = Script::silent().with("X_GRANTED_SCOPES", "tweet.write users.read tweet.read");
    assert_eq!(attach(&script, Vec::from([file("media-id:5")])).expect("used"), ["5"]);
    let script = Script::silent().with("X_GRANTED_SCOPES", "tweet.write users.read tweet.read");
    assert_eq!(attach(&script, Vec::from([described(file("media-id:5"), "A cat")])).expect_err("no scope").code(), "missing-scopes");
}

#[test]
fn four_images_with_alt_texts_are_uploaded_in_order() {
    let said = |number: usize| r#"{"data":{"id":"7"}}"#.replace('7', &number.to_string());
    let steps = (71..75).flat_map(|number| [(ONE_SHOT, id(&number.to_string())), (METADATA, answer(200, said(number)))]);
    let script = Script::new(steps);
    let entries = (0..4).map(|number| described(of(&png(50 + number)), &format!("Image \"{number}\""))).collect();
    assert_eq!(attach(&script, entries).expect("uploaded"), ["71", "72", "73", "74"]);
    assert_eq!(script.body(7), r#"{"id":"74","metadata":{"alt_text":{"text":"Image \"3\""}}}"#);
}

#[test]
fn a_gif_or_a_video_stands_alone() {
    for bytes in [gif(2), video(5_000)] {
        let message = refused(Vec::from([of(&png(50)), of(&bytes)]), "media[1].url", "media-do-not-mix");
        assert!(message.contains("takes alone"), "{message}");
        refused(Vec::from([of(&bytes), of(&png(50))]), "media[0].url", "media-do-not-mix");
        refused(Vec::from([of(&bytes), file("media-id:5")]), "media[0].url", "media-do-not-mix");
    }
    let script = Script::new([(ONE_SHOT, id("1")), (ONE_SHOT, id("2"))]);
    assert_eq!(attach(&script, Vec::from([of(&gif(1)), file("media-id:5"), of(&png(50))])).expect("stills mix"), ["1", "5", "2"]);
}

#[test]
fn a_post_takes_four_files_and_a_message_one() {
    refused((0..5).map(|_| of(&png(50))).collect(), "media", "too-many-files");
    refused_by(&Script::silent(), (0..2).map(|_| of(&png(50))).collect(), Purpose::DirectMessage, "media", "too-many-files");
    assert_eq!(attach(&Script::silent(), Vec::new()).expect("nothing"), [""; 0]);
}

#[test]
fn a_bad_file_is_named_and_nothing_goes_to_x() {
    let page = b"<!doctype html><html>".to_vec();
    for (bytes, code) in [
        (Vec::new(), "file-empty"),
        (b"hello".to_vec(), "file-not-an-image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), "file-not-an-image"),
        (page, "file-not-an-image"),
        (b"\x89PNG\r\n\x1A\n".to_vec(), "file-truncated"),
        (gif(1)[..20].to_vec(), "file-truncated"),
        (video(5_000)[..4_999].to_vec(), "file-truncated"),
        (gif(351), "file-too-large"),
        (mp4(b"isom", 499, 64), "video-length"),
        (mp4(b"isom", 1_200_001, 64), "video-length"),
        (SRT.as_bytes().to_vec(), "file-of-other-kind"),
    ] {
        let mut entries = Vec::from([of(&png(50)), of(&bytes)]);
        refused(entries.clone(), "media[1].url", code);
        entries[1].name = Some("holi\u{7}day.png".to_string());
        let message = refused(entries, "media[1].url", code);
        assert!(
            message.starts_with("media[1].url (holiday.png) is ") || message.starts_with("media[1].url (holiday.png) plays "),
            "{message}"
        );
    }
    let long = FileEntry { name: Some("n".repeat(500)), ..of(b"hello") };
    assert!(refused(Vec::from([long]), "media[0].url", "file-not-an-image").len() < 400);
}

#[test]
fn limits_go_by_category_and_account() {
    let of_size = |bytes: &[u8], size: u64| answer(200, bytes).header("content-length", &size.to_string());
    let fails = |bytes: &[u8], size: u64, purpose: Purpose, premium: bool| {
        let script = Script::new([("GET /a", of_size(bytes, size))]).with("X_POST_LIMIT", if premium { "25000" } else { "280" });
        upload(&script, Vec::from([file("https://example.com/a")]), purpose).expect_err("large").code().to_string()
    };
    let large = "file-too-large";
    let big = |name: &[u8; 4]| {
        [
            testing::boxed(b"ftyp", name),
            1_u32.to_be_bytes().to_vec(),
            b"mdat".to_vec(),
            99_999_999_u64.to_be_bytes().to_vec(),
            std::vec![0; 5_000],
        ]
        .concat()
    };
    assert_eq!(fails(&png(9_000), 5 * 1024 * 1024 + 1, Purpose::Post, true), large);
    assert_eq!(fails(&gif(300), 15 * 1024 * 1024 + 1, Purpose::Post, true), large);
    assert_eq!(fails(&big(b"isom"), 512 * 1024 * 1024 + 1, Purpose::DirectMessage, false), large);
    assert_eq!(fails(&big(b"isom"), 1024 * 1024 * 1024 + 1, Purpose::DirectMessage, true), large);
    // What a thousand segments of X's largest size cannot carry.
    assert_eq!(fails(&big(b"isom"), 8_000_000_001, Purpose::Post, true), large);
    // Where the size is not told, it is measured.
    let endless = answer(200, [png(9_000), std::vec![0; 5 * 1024 * 1024]].concat());
    let script = Script::new([("GET /a", endless)]);
    refused_by(&script, Vec::from([file("https://example.com/a")]), Purpose::Post, "media[0].url", large);
    for (milliseconds, premium, fits) in [(140_000, false, true), (140_001, false, false), (600_000, true, true), (600_001, true, false)] {
        let bytes = mp4(b"isom", milliseconds, 64);
        let steps: Vec<_> = if fits { segmented().into() } else { Vec::new() };
        let script = Script::new(steps).with("X_POST_LIMIT", if premium { "25000" } else { "280" });
        let result = upload(&script, Vec::from([of(&bytes)]), Purpose::DirectMessage);
        assert_eq!(result.map_err(|failure| failure.code().to_string()).err(), (!fits).then(|| "video-length".to_string()));
    }
}

#[test]
fn an_alt_text_is_checked_and_billed() {
    let entry = |text: String| described(of(&png(50)), &text);
    refused(Vec::from([entry("x".repeat(1_001))]), "media[0].alt_text", "alt-text-too-long");
    let script = Script::new([(ONE_SHOT, data("")), (METADATA, answer(200, ""))]);
    attach(&script, Vec::from([entry("\u{1F600}".repeat(1_000))])).expect("characters count, not bytes");
    let script = Script::new([(ONE_SHOT, data(""))]);
    attach(&script, Vec::from([entry(" \n".to_string())])).expect("an empty one is none");
    let script = Script::new([(METADATA, answer(200, ""))]);
    let charged = script.run(|session| {
        let plan = Plan::parse(Some(Vec::from([described(file("media-id:5"), "A cat")])), Purpose::Post, 4)?;
        plan.upload(session)?;
        Ok(session.receipt(crate::bindings::types::Outcome::Done).charges)
    });
    assert_eq!(charged.expect("described").iter().map(|charge| charge.item.as_str()).collect::<Vec<_>>(), ["media-metadata"]);
    assert_eq!(script.body(0), r#"{"id":"5","metadata":{"alt_text":{"text":"A cat"}}}"#);
}

#[test]
fn an_alt_text_that_x_does_not_take_stops_the_post() {
    for (reply, case) in [
        (answer(400, r#"{"detail":"words of X"}"#), Case::InvalidInput),
        (answer(503, ""), Case::Unavailable),
        (lost(Fault::ConnectionBroken), Case::Unavailable),
    ] {
        let script = Script::new([(ONE_SHOT, data("")), (METADATA, reply)]);
        let failure = attach(&script, Vec::from([described(of(&png(50)), "A cat")])).expect_err("not taken");
        assert_eq!((failure.case(), failure.problem().field.as_deref()), (case, Some("media[0].url")));
        assert!(failure.problem().message.contains("failed at its alt text"), "{}", failure.problem().message);
    }
    let script = Script::new([(METADATA, answer(404, ""))]);
    let failure = attach(&script, Vec::from([described(file("media-id:5"), "A cat")])).expect_err("forgotten");
    assert_eq!((failure.code(), failure.problem().field.as_deref()), ("media-expired", Some("media[0].url")));
}

#[test]
fn an_alt_text_may_be_obligatory_for_images() {
    let strict = |steps: Vec<(&'static str, Reply)>| Script::new(steps).with("X_REQUIRE_ALT_TEXT", "true");
    for bytes in [png(50), gif(1), gif(2)] {
        let message = refused_by(&strict(Vec::new()), Vec::from([of(&bytes)]), Purpose::Post, "media[0].url", "alt-text-missing");
        assert!(message.contains("alt_text"));
        refused_by(
            &strict(Vec::new()),
            Vec::from([described(of(&bytes), " ")]),
            Purpose::DirectMessage,
            "media[0].url",
            "alt-text-missing",
        );
    }
    let given = strict(Vec::from([(ONE_SHOT, data("")), (METADATA, answer(200, ""))]));
    attach(&given, Vec::from([described(of(&png(50)), "A cat")])).expect("described");
    attach(&strict(segmented().into()), Vec::from([of(&video(5_000))])).expect("a video needs none");
    // The second file is at fault, and the first is not uploaded.
    refused_by(
        &strict(Vec::new()),
        Vec::from([described(of(&png(50)), "A cat"), of(&png(50))]),
        Purpose::Post,
        "media[1].url",
        "alt-text-missing",
    );
}

#[test]
fn a_video_gets_its_subtitles_after_its_upload() {
    let steps = segmented().into_iter().chain([(ONE_SHOT, id("81")), (SUBTITLES, answer(200, "")), (SUBTITLES, answer(200, ""))]);
    let script = Script::new(steps);
    let english = Subtitle { name: Some("English".to_string()), ..subtitle(data_url(SRT.as_bytes()), " en ") };
    let entry = with_subtitles(of(&video(5_000)), [english, subtitle("media-id:82", "DE")]);
    assert_eq!(attach(&script, Vec::from([entry])).expect("uploaded"), ["71"]);
    assert!(form(&script.sent.borrow()[3].body) == ("media_category".into(), "subtitles".into(), SRT.into()));
    let body = |id: &str, code: &str, name: &str| {
        format!(
            r#"{{"id":"71","media_category":"TweetVideo","subtitles":{{"id":"{id}","language_code":"{code}","display_name":"{name}"}}}}"#
        )
    };
    assert_eq!((script.body(4), script.body(5)), (body("81", "EN", "English"), body("82", "DE", "DE")));
}

#[test]
fn subtitles_are_for_videos_of_posts() {
    let entry = |bytes: &[u8]| with_subtitles(of(bytes), [subtitle(data_url(SRT.as_bytes()), "EN")]);
    for bytes in [png(50), gif(2)] {
        refused(Vec::from([entry(&bytes)]), "media[0].url", "subtitles-not-taken");
    }
    let message = Purpose::DirectMessage;
    refused_by(&Script::silent(), Vec::from([entry(&video(5_000))]), message, "media[0].url", "subtitles-not-taken");
    let at_x = with_subtitles(file("media-id:5"), [subtitle("media-id:6", "EN")]);
    refused_by(&Script::silent(), Vec::from([at_x]), message, "media[0].url", "subtitles-not-taken");
}

#[test]
fn bad_subtitles_are_named_before_the_video_goes_to_x() {
    let entry = |url: &str, code: &str| Vec::from([with_subtitles(of(&video(5_000)), [subtitle("media-id:1", "DE"), subtitle(url, code)])]);
    let good = data_url(SRT.as_bytes());
    for code in ["", "E", "ENG", "E1", "\u{e4}"] {
        refused(entry(&good, code), "media[0].subtitles[1].language_code", "invalid-language");
    }
    let url = "media[0].subtitles[1].url";
    refused(entry("file:///a.srt", "EN"), url, "invalid-url");
    refused(entry("data:,", "EN"), url, "file-empty");
    refused(entry("data:,hello", "EN"), url, "file-not-an-image");
    refused(entry(&data_url(&png(50)), "EN"), url, "file-of-other-kind");
    let many = with_subtitles(of(&video(5_000)), (0..17).map(|_| subtitle("media-id:1", "EN")));
    refused(Vec::from([many]), "media[0].subtitles", "too-many-files");
    let served = |bytes: Vec<u8>| Script::new([("GET /s", answer(200, bytes))]).with("X_MEDIA_CHUNK_BYTES", "8000000");
    let large = [SRT.as_bytes(), &std::vec![b'x'; 1024 * 1024]].concat();
    refused_by(&served(large), entry("https://example.com/s", "EN"), Purpose::Post, url, "file-too-large");
    let wide = [SRT.as_bytes(), &std::vec![b'x'; CHUNK]].concat();
    let small_chunks = served(wide).with("X_MEDIA_CHUNK_BYTES", &CHUNK.to_string());
    refused_by(&small_chunks, entry("https://example.com/s", "EN"), Purpose::Post, url, "file-too-large");
}

#[test]
fn subtitles_that_x_does_not_take_stop_the_post() {
    for (upload, said) in [(answer(503, ""), None), (id("81"), Some(answer(400, ""))), (id("81"), Some(answer(503, "")))] {
        let steps = segmented().into_iter().chain([(ONE_SHOT, upload)]).chain(said.map(|reply| (SUBTITLES, reply)));
        let entry = with_subtitles(of(&video(5_000)), [subtitle(data_url(SRT.as_bytes()), "EN")]);
        let failure = attach(&Script::new(steps), Vec::from([entry])).expect_err("not taken");
        assert_eq!(failure.problem().field.as_deref(), Some("media[0].subtitles[0].url"));
        assert!(failure.problem().message.starts_with("media[0].subtitles[0].url failed at its "), "{}", failure.problem().message);
    }
}

#[test]
fn files_that_do_not_fit_into_a_chunk_together_are_read_again() {
    let (large, small) = (png(CHUNK - 100), png(90));
    let get = |path: &'static str, bytes: &[u8]| (path, served(bytes));
    let script = Script::new([
        get("GET /0", &large),
        get("GET /1", &large),
        get("GET /2", &small),
        (ONE_SHOT, id("1")),
        get("GET /1", &large),
        (ONE_SHOT, id("2")),
        (ONE_SHOT, id("3")),
    ])
    .with("X_MEDIA_CHUNK_BYTES", &CHUNK.to_string());
    let entries = (0..3).map(|number| file(format!("https://example.com/{number}"))).collect();
    assert_eq!(attach(&script, entries).expect("uploaded"), ["1", "2", "3"]);
    for (sent, bytes) in [(3, &large), (5, &large), (6, &small)] {
        assert!(form(&script.sent.borrow()[sent].body).2 == **bytes);
    }
}

#[test]
fn a_file_that_is_another_when_it_is_read_again_is_checked_again() {
    let large = png(CHUNK - 100);
    let script = Script::new([("GET /0", served(&large)), ("GET /1", served(&large)), (ONE_SHOT, id("1")), ("GET /1", served(b"<html>"))])
        .with("X_MEDIA_CHUNK_BYTES", &CHUNK.to_string());
    let entries = (0..2).map(|number| file(format!("https://example.com/{number}"))).collect();
    refused_by(&script, entries, Purpose::Post, "media[1].url", "file-not-an-image");
}
