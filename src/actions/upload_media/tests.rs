//! Flows of uploadMedia against a scripted X: in one call, and over many.

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::bindings::types::{FileEntry, MediaCategory, Subtitle};
use crate::json::Json;
use crate::media::testing::{
    APPEND, CHUNK, FINALIZE, GET, INITIALIZE, METADATA, ONE_SHOT, SRT, STATUS, SUBTITLES, URL, appended, assert_whole, data, data_url,
    file, form, gif, mp4, png, processing, script, segmented, segments, served, served_from, subtitle, video,
};
use crate::session::testing::{Script, answer, lost};
use crate::transport::Fault;

const LENGTH: usize = 4 * CHUNK + 1_000;
const SEGMENTS: usize = 5;

fn input(file: FileEntry) -> UploadMediaInput {
    UploadMediaInput { file, category: None, resume: None, shared: None }
}

fn of(bytes: &[u8]) -> UploadMediaInput {
    input(file(data_url(bytes)))
}

fn as_category(bytes: &[u8], category: MediaCategory) -> UploadMediaInput {
    UploadMediaInput { category: Some(category), ..of(bytes) }
}

/// The large video at its address.
fn resumed(token: Option<String>) -> UploadMediaInput {
    UploadMediaInput { resume: token, ..input(file(URL)) }
}

fn upload(script: &Script, input: UploadMediaInput) -> Result<UploadMediaOutput, Failure> {
    script.run(|session| run(session, input))
}

fn refused(script: &Script, input: UploadMediaInput, field: &str, code: &str) -> String {
    let failure = upload(script, input).expect_err(code);
    assert_eq!((failure.code(), failure.problem().field.as_deref()), (code, Some(field)), "{}", failure.problem().message);
    failure.problem().message.clone()
}

/// A token in which a member has another value.
fn with_member(token: &str, name: &str, value: Json) -> String {
    let Some(Json::Object(mut members)) = Json::read(token.as_bytes()) else { panic!("a token") };
    members.iter_mut().find(|(member, _)| member == name).expect(name).1 = value;
    Json::Object(members).write()
}

/// The first call of the large video, which ends before segment `stop`.
fn interrupted(stop: usize, video: &[u8]) -> (Script, UploadMediaOutput) {
    let mut steps = Vec::from([(GET, served(video)), (INITIALIZE, data(r#","expires_after_secs":86400"#))]);
    steps.extend((0..stop).map(|_| (APPEND, appended())));
    steps.extend((0..3).map(|_| (if stop == SEGMENTS { FINALIZE } else { APPEND }, lost(Fault::ConnectionBroken))));
    if stop == SEGMENTS {
        let refused = || (STATUS, answer(400, ""));
        steps.insert(2 + stop + 1, refused());
        steps.insert(2 + stop + 3, refused());
        steps.push(refused());
    }
    let script = script(steps);
    let output = upload(&script, resumed(None)).expect("interrupted");
    (script, output)
}

#[test]
fn an_image_is_ready_at_once() {
    let script = Script::new([(ONE_SHOT, data(r#","expires_after_secs":86400"#))]);
    let output = upload(&script, of(&png(99))).expect("uploaded");
    assert_eq!((output.data.id.as_str(), output.data.media_key.as_deref(), output.data.state), ("71", Some("7_71"), UploadState::Ready));
    assert_eq!((output.resume, output.progress_percent, output.check_after_ms), (None, 100, None));
    assert_eq!(output.data.expires_at, Some(1_795_241_730 + 86_400));
    assert_eq!(output.receipt.outcome, Outcome::Done);
}

#[test]
fn an_interruption_at_every_segment_is_followed_by_a_whole_file() {
    let video = video(LENGTH);
    for stop in 0..=SEGMENTS {
        let (first, output) = interrupted(stop, &video);
        assert_eq!((output.data.state, output.data.id.as_str()), (UploadState::Uploading, "71"));
        assert_eq!(output.progress_percent as usize, (stop * CHUNK).min(LENGTH) * 100 / LENGTH);
        assert_eq!(output.check_after_ms, Some(5_000));
        let mut steps = Vec::new();
        if stop < SEGMENTS {
            steps.push((GET, if stop == 0 { served(&video) } else { served_from(&video, stop * CHUNK) }));
        }
        steps.extend((stop..SEGMENTS).map(|_| (APPEND, appended())));
        steps.push((FINALIZE, processing("pending", 1)));
        steps.push((STATUS, processing("succeeded", 1)));
        let second = script(steps);
        let output = upload(&second, resumed(output.resume)).expect("resumed");
        assert_eq!((output.data.state, output.resume, output.data.expires_at), (UploadState::Ready, None, Some(1_795_241_730 + 86_400)));
        if (1..SEGMENTS).contains(&stop) {
            let sent = second.sent.borrow();
            let range = format!("bytes={}-", stop * CHUNK);
            assert_eq!((sent[0].header("range"), sent[0].header("if-range")), (Some(range.as_str()), Some("\"v1\"")));
        }
        // X keeps the last of what came for an index.
        let mut all = segments(&first);
        all.truncate(stop);
        all.extend(segments(&second));
        assert_whole(&all, CHUNK, &video);
    }
}

#[test]
fn a_short_deadline_takes_many_calls_and_no_segment_twice() {
    let video = video(LENGTH);
    let (mut token, mut all, mut calls) = (None, Vec::new(), 0);
    loop {
        let is_first = token.is_none();
        let sent = all.len();
        let mut steps = Vec::new();
        if is_first {
            steps.extend([(GET, served(&video)), (INITIALIZE, data(""))]);
        } else if sent < SEGMENTS {
            steps.push((GET, served_from(&video, sent * CHUNK)));
        }
        // One segment takes the most of a call.
        if sent < SEGMENTS {
            steps.push((APPEND, appended().takes_ms(26_000)));
        } else {
            steps.push((FINALIZE, data("")));
        }
        let script = script(steps);
        let output = upload(&script, resumed(token)).expect("a part");
        all.extend(segments(&script));
        calls += 1;
        if output.data.state == UploadState::Ready {
            break;
        }
        assert_eq!((output.data.state, output.check_after_ms), (UploadState::Uploading, Some(0)));
        token = output.resume;
    }
    assert_whole(&all, CHUNK, &video);
    assert_eq!(calls, SEGMENTS + 1);
}

#[test]
fn a_cut_or_foreign_token_is_refused_before_anything_is_sent() {
    let token = interrupted(2, &video(LENGTH)).1.resume.expect("a token");
    for end in 1..token.len() {
        refused(&script([]), resumed(Some(token[..end].to_string())), "resume", "invalid-resume");
    }
    let version = with_member(&token, "v", Json::Integer(2));
    for foreign in ["x", "null", "[]", "{}", "\"71\"", "71", version.as_str(), r#"{"v":1}"#] {
        refused(&script([]), resumed(Some(foreign.to_string())), "resume", "invalid-resume");
    }
    // An empty one is none.
    let bytes = video(CHUNK - 1);
    let script = script([(GET, served(&bytes))].into_iter().chain(segmented()));
    upload(&script, resumed(Some(" ".to_string()))).expect("begun again");
}

#[test]
fn a_token_of_another_file_is_noticed() {
    let bytes = video(LENGTH);
    let token = || interrupted(2, &bytes).1.resume;
    let part = |range: String, tag: &str| answer(206, &bytes[2 * CHUNK..]).header("content-range", &range).header("etag", tag);
    let whole = |bytes: &[u8], tag: &str| answer(200, bytes).header("content-length", &bytes.len().to_string()).header("etag", tag);
    let ends = LENGTH - 1;
    for reply in [
        whole(&bytes, "\"v2\""),
        whole(&bytes[..ends], "\"v1\""),
        whole(&[&bytes[..], b"x"].concat(), "\"v1\""),
        part(format!("bytes {}-{ends}/{LENGTH}", 2 * CHUNK), "\"v2\""),
        part(format!("bytes {}-{ends}/{}", 2 * CHUNK, LENGTH + 1), "\"v1\""),
        answer(416, ""),
    ] {
        refused(&script([(GET, reply)]), resumed(token()), "file.url", "file-changed");
    }
    let other = UploadMediaInput { resume: token(), ..of(&png(99)) };
    refused(&script([]), other, "file.url", "file-changed");
    // What another account uploaded is X's to refuse.
    for (reply, case) in [(answer(403, ""), Case::Forbidden), (answer(404, ""), Case::InvalidInput)] {
        let script = script([(GET, served_from(&bytes, 2 * CHUNK)), (APPEND, reply)]);
        assert_eq!(upload(&script, resumed(token())).expect_err("foreign").case(), case);
    }
}

#[test]
fn an_upload_that_an_earlier_call_ended_unheard_is_found_where_it_is() {
    let bytes = video(LENGTH);
    let begins = || Vec::from([(GET, served_from(&bytes, 2 * CHUNK)), (APPEND, answer(400, r#"{"detail":"The upload is finalized."}"#))]);
    let token = || interrupted(2, &bytes).1.resume;
    let ended = script(begins().into_iter().chain([(STATUS, processing("in_progress", 1)), (STATUS, processing("succeeded", 1))]));
    assert_eq!(upload(&ended, resumed(token())).expect("ready").data.state, UploadState::Ready);
    let open = script(begins().into_iter().chain([(STATUS, answer(400, ""))]));
    let message = refused(&open, resumed(token()), "file.url", "refused-by-x");
    assert!(message.contains("segment 2 of 5"), "{message}");
}

#[test]
fn a_source_that_fails_at_a_resumed_upload_leaves_the_token_good() {
    let token = interrupted(2, &video(LENGTH)).1.resume;
    let named = FileEntry { name: Some("clip.mp4".to_string()), ..file(URL) };
    let script = script([(GET, answer(503, ""))]);
    let failure = upload(&script, UploadMediaInput { resume: token, ..input(named) }).expect_err("unavailable");
    assert_eq!(failure.case(), Case::Unavailable);
    assert!(failure.problem().message.starts_with("file.url (clip.mp4) could not be read"), "{}", failure.problem().message);
}

#[test]
fn trouble_that_passes_pauses_an_upload_that_has_moved() {
    let video = video(LENGTH);
    let begun = || Vec::from([(GET, served(&video)), (INITIALIZE, data("")), (APPEND, appended())]);
    let limited = || {
        answer(429, "").header("x-rate-limit-limit", "9").header("x-rate-limit-remaining", "0").header("x-rate-limit-reset", "1795241790")
    };
    let steps = begun().into_iter().chain([(APPEND, limited())]);
    let output = upload(&script(steps), resumed(None)).expect("paused");
    assert_eq!((output.data.state, output.check_after_ms), (UploadState::Uploading, Some(60_000)));
    // Nothing has moved: it is a failure, and the engine has its token still.
    let steps = [(GET, served_from(&video, CHUNK)), (APPEND, limited())];
    let failure = upload(&script(steps), resumed(output.resume)).expect_err("limited");
    assert_eq!((failure.case(), failure.problem().retry_after_ms), (Case::RateLimited, Some(60_000)));
    // The source breaks off.
    let broken = answer(200, &video[..CHUNK]).header("content-length", &LENGTH.to_string()).header("etag", "\"v1\"").stalls();
    let output = upload(&script([(GET, broken), (INITIALIZE, data("")), (APPEND, appended())]), resumed(None)).expect("paused");
    assert_eq!((output.data.state, output.progress_percent), (UploadState::Uploading, 24));
    // The token has ended meanwhile, which whoever keeps it mends.
    let steps = begun().into_iter().chain([(APPEND, answer(401, ""))]);
    let output = upload(&script(steps), resumed(None)).expect("paused");
    assert_eq!((output.data.state, output.resume.is_some()), (UploadState::Uploading, true));
    let failure =
        upload(&script([(GET, served_from(&video, CHUNK)), (APPEND, answer(401, ""))]), resumed(output.resume)).expect_err("ended");
    assert_eq!(failure.case(), Case::Unauthorized);
    // What the file is to blame for is a failure, however far it came.
    let failure = upload(&script(begun().into_iter().chain([(APPEND, answer(400, ""))])), resumed(None)).expect_err("refused");
    assert_eq!((failure.case(), failure.problem().field.as_deref()), (Case::InvalidInput, Some("file.url")));
}

#[test]
fn a_line_too_slow_for_a_segment_is_named_when_nothing_moves() {
    let video = video(LENGTH);
    let late = || (APPEND, lost(Fault::Deadline).takes_ms(30_000));
    let output = upload(&script([(GET, served(&video)), (INITIALIZE, data("")), late()]), resumed(None)).expect("paused");
    let failure = upload(&script([(GET, served(&video)), late()]), resumed(output.resume)).expect_err("too slow");
    assert!(failure.problem().message.contains("a smaller X_MEDIA_CHUNK_BYTES"), "{}", failure.problem().message);
}

#[test]
fn xs_work_on_a_file_goes_on_over_calls() {
    let bytes = mp4(b"isom", 9_000, 64);
    let steps = [(INITIALIZE, data("")), (APPEND, appended()), (FINALIZE, processing("pending", 3_600))];
    let output = upload(&Script::new(steps), of(&bytes)).expect("processing");
    assert_eq!((output.data.state, output.progress_percent, output.check_after_ms), (UploadState::Processing, 40, Some(3_600_000)));
    // A call that comes early looks once.
    let again = UploadMediaInput { resume: output.resume, ..of(&bytes) };
    let output = upload(&Script::new([(STATUS, processing("in_progress", 60))]), again).expect("processing");
    assert_eq!((output.data.state, output.check_after_ms), (UploadState::Processing, Some(60_000)));
    // The file itself is not needed any more.
    let again = || UploadMediaInput { resume: output.resume.clone(), ..resumed(None) };
    let ready = upload(&Script::new([(STATUS, processing("succeeded", 1))]), again()).expect("ready");
    assert_eq!((ready.data.state, ready.resume, ready.data.id.as_str()), (UploadState::Ready, None, "71"));
    refused(&Script::new([(STATUS, processing("failed", 1))]), again(), "file.url", "media-processing-failed");
    refused(&Script::new([(STATUS, answer(404, ""))]), again(), "file.url", "media-expired");
    let trouble = [(); 3].map(|()| (STATUS, answer(503, "")));
    assert_eq!(upload(&Script::new(trouble), again()).expect_err("trouble").case(), Case::Unavailable);
}

#[test]
fn descriptions_that_fail_are_all_that_a_later_call_gives() {
    let said = || FileEntry { alt_text: Some("A cat".to_string()), ..file(data_url(&png(99))) };
    let output = upload(&Script::new([(ONE_SHOT, data("")), (METADATA, answer(503, ""))]), input(said())).expect("paused");
    assert_eq!((output.data.state, output.progress_percent, output.check_after_ms), (UploadState::Processing, 100, Some(5_000)));
    let again = || UploadMediaInput { resume: output.resume.clone(), ..input(said()) };
    let script = Script::new([(METADATA, answer(200, ""))]);
    let ready = upload(&script, again()).expect("ready");
    assert_eq!((ready.data.state, ready.resume), (UploadState::Ready, None));
    assert_eq!(script.body(0), r#"{"id":"71","metadata":{"alt_text":{"text":"A cat"}}}"#);
    assert_eq!(upload(&Script::new([(METADATA, answer(503, ""))]), again()).expect_err("trouble").case(), Case::Unavailable);
    refused(&Script::new([(METADATA, answer(400, ""))]), again(), "file.url", "refused-by-x");
}

#[test]
fn subtitles_of_a_video_are_uploaded_with_it_and_again_when_they_failed() {
    let said = |category: Option<MediaCategory>, resume: Option<String>| {
        let spoken = Subtitle { name: Some(" ".to_string()), ..subtitle(data_url(SRT.as_bytes()), "en") };
        let entry = FileEntry { subtitles: Some(Vec::from([spoken])), ..file(data_url(&video(5_000))) };
        UploadMediaInput { category, resume, ..input(entry) }
    };
    let own = || answer(200, r#"{"data":{"id":"81"}}"#);
    for (category, name) in
        [(None, "TweetVideo"), (Some(MediaCategory::TweetVideo), "TweetVideo"), (Some(MediaCategory::AmplifyVideo), "AmplifyVideo")]
    {
        let steps = segmented().into_iter().chain([(ONE_SHOT, own()), (SUBTITLES, lost(Fault::ConnectionBroken))]);
        let output = upload(&Script::new(steps), said(category, None)).expect("paused");
        assert_eq!(output.data.state, UploadState::Processing);
        let script = Script::new([(ONE_SHOT, own()), (SUBTITLES, answer(200, ""))]);
        assert_eq!(upload(&script, said(category, output.resume)).expect("ready").data.state, UploadState::Ready);
        let body = format!(r#"{{"id":"71","media_category":"{name}","subtitles":{{"id":"81","language_code":"EN","display_name":"EN"}}}}"#);
        assert_eq!(script.body(1), body);
    }
    refused(&Script::silent(), said(Some(MediaCategory::DmVideo), None), "file.url", "subtitles-not-taken");
}

#[test]
fn a_category_is_taken_where_the_file_fits_it() {
    for (bytes, category, name) in [
        (gif(1), MediaCategory::TweetGif, "tweet_gif"),
        (gif(2), MediaCategory::DmGif, "dm_gif"),
        (video(5_000), MediaCategory::AmplifyVideo, "amplify_video"),
        (video(5_000), MediaCategory::DmVideo, "dm_video"),
    ] {
        let script = Script::new(segmented());
        upload(&script, as_category(&bytes, category)).expect(name);
        assert!(script.body(0).contains(&format!(r#""media_category":"{name}""#)), "{}", script.body(0));
    }
    for (bytes, category, name) in [
        (png(99), MediaCategory::DmImage, "dm_image"),
        (gif(1), MediaCategory::TweetImage, "tweet_image"),
        (SRT.as_bytes().to_vec(), MediaCategory::Subtitles, "subtitles"),
    ] {
        let script = Script::new([(ONE_SHOT, data(""))]);
        upload(&script, as_category(&bytes, category)).expect(name);
        assert_eq!(form(&script.sent.borrow()[0].body).1, name);
    }
    for (bytes, category) in [
        (png(99), MediaCategory::TweetVideo),
        (png(99), MediaCategory::TweetGif),
        (gif(2), MediaCategory::TweetImage),
        (video(5_000), MediaCategory::DmImage),
        (SRT.as_bytes().to_vec(), MediaCategory::TweetImage),
        (png(99), MediaCategory::Subtitles),
    ] {
        refused(&Script::silent(), as_category(&bytes, category), "file.url", "file-of-other-kind");
    }
    // Without a category it is for a post.
    let script = Script::new([(ONE_SHOT, data(""))]);
    upload(&script, of(SRT.as_bytes())).expect("subtitles");
    assert_eq!(form(&script.sent.borrow()[0].body).1, "subtitles");
}

#[test]
fn media_for_several_messages_are_announced_as_shared() {
    let input = |shared| UploadMediaInput { shared: Some(shared), ..as_category(&png(99), MediaCategory::DmImage) };
    let script = Script::new(segmented());
    upload(&script, input(true)).expect("uploaded");
    assert_eq!(script.body(0), r#"{"media_type":"image/png","total_bytes":99,"media_category":"dm_image","shared":true}"#);
    upload(&Script::new([(ONE_SHOT, data(""))]), input(false)).expect("uploaded");
}

#[test]
fn what_cannot_be_uploaded_is_refused_before_anything_is_sent() {
    refused(&Script::silent(), input(file("media-id:71")), "file.url", "invalid-url");
    refused(&Script::silent(), input(file("")), "file.url", "invalid-url");
    refused(&Script::silent(), of(b""), "file.url", "file-empty");
    let said = FileEntry { alt_text: Some("x".repeat(1_001)), ..file(data_url(&png(99))) };
    refused(&Script::silent(), input(said), "file.alt_text", "alt-text-too-long");
    let said = FileEntry { alt_text: Some("x".to_string()), ..file(data_url(SRT.as_bytes())) };
    refused(&Script::silent(), input(said), "file.url", "alt-text-not-taken");
}

#[test]
fn an_obligatory_alt_text_is_asked_for_in_every_call() {
    let strict = |script: Script| script.with("X_REQUIRE_ALT_TEXT", "true");
    refused(&strict(Script::silent()), of(&png(99)), "file.url", "alt-text-missing");
    let said = FileEntry { alt_text: Some("A cat".to_string()), ..file(data_url(&png(99))) };
    let token = upload(&strict(Script::new([(ONE_SHOT, data("")), (METADATA, answer(503, ""))])), input(said)).expect("paused").resume;
    refused(&strict(Script::silent()), UploadMediaInput { resume: token, ..of(&png(99)) }, "file.url", "alt-text-missing");
}

#[test]
fn a_connection_without_the_scope_sends_nothing() {
    let script = Script::silent().with("X_GRANTED_SCOPES", "tweet.write");
    refused(&script, input(file(URL)), "X_GRANTED_SCOPES", "missing-scopes");
}

#[test]
fn a_token_does_not_raise_what_the_operator_lets_in() {
    let video = video(LENGTH);
    let begun = [(GET, served(&video)), (INITIALIZE, data("")), (APPEND, appended().takes_ms(26_000))];
    let token = upload(&Script::new(begun).with("X_MEDIA_CHUNK_BYTES", "70000"), resumed(None)).expect("a part").resume;
    let message = refused(&script([]), resumed(token), "resume", "invalid-resume");
    assert!(message.contains("70000") && message.contains("X_MEDIA_CHUNK_BYTES"), "{message}");
}
