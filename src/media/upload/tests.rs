//! Uploads to a scripted X: what is sent in which order, and what becomes of every trouble on the way.

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use crate::error::{Case, Failure, Party};
use crate::id::MediaId;
use crate::media::testing::{
    APPEND, CHUNK, FINALIZE, GET, INITIALIZE, ONE_SHOT, STATUS, Step, URL, appended, assert_whole, data, file, form, png, processing,
    script, segments, served, video,
};
use crate::media::{Plan, Purpose};
use crate::session::testing::{BEGAN_AT, Reply, Script, TOKEN, answer, lost, not_sent};
use crate::transport::{Clock, Fault};

/// A video of two whole segments and a rest.
const LENGTH: usize = 2 * CHUNK + 1_000;

fn upload_for(script: &Script, purpose: Purpose) -> Result<MediaId, Failure> {
    script.run(|session| {
        let plan = Plan::parse(Some(Vec::from([file(URL)])), purpose, 1)?;
        plan.upload(session).map(|ids| ids[0])
    })
}

/// The steps before the first segment of a video.
fn begun() -> Vec<Step> {
    Vec::from([(GET, served(&video(LENGTH))), (INITIALIZE, data(r#","expires_after_secs":86400"#))])
}

/// The steps before finalize.
fn sent() -> Vec<Step> {
    let mut steps = begun();
    steps.extend([(); 3].map(|()| (APPEND, appended())));
    steps
}

fn uploaded(before: Vec<Step>, rest: impl IntoIterator<Item = Step>) -> (Script, Result<MediaId, Failure>) {
    let script = script(before.into_iter().chain(rest));
    let result = upload_for(&script, Purpose::Post);
    (script, result)
}

/// Case and code of a failure that names the file and the step.
fn told<'a>(failure: &'a Failure, step: &str) -> (Case, &'a str) {
    let problem = failure.problem();
    assert!(problem.message.starts_with("media[0].url ") && problem.message.contains(step), "{}", problem.message);
    assert_eq!(problem.field.as_deref(), Some("media[0].url"), "{}", problem.message);
    (failure.case(), failure.code())
}

fn passed_ms(script: &Script) -> u64 {
    script.unix_ms() - BEGAN_AT
}

#[test]
fn a_small_image_goes_in_one_request() {
    let bytes = png(CHUNK - 1);
    for (purpose, category) in [(Purpose::Post, "tweet_image"), (Purpose::DirectMessage, "dm_image")] {
        let script = script([(GET, served(&bytes)), (ONE_SHOT, data(""))]);
        assert_eq!(upload_for(&script, purpose).expect("uploaded").to_string(), "71");
        assert!(form(&script.sent.borrow()[1].body) == ("media_category".to_string(), category.to_string(), bytes.clone()));
    }
}

#[test]
fn an_image_larger_than_a_chunk_goes_in_segments() {
    let bytes = png(CHUNK + 1);
    let script = script([(GET, served(&bytes)), (INITIALIZE, data("")), (APPEND, appended()), (APPEND, appended()), (FINALIZE, data(""))]);
    upload_for(&script, Purpose::Post).expect("uploaded");
    assert_whole(&segments(&script), CHUNK, &bytes);
    assert_eq!(script.body(1), r#"{"media_type":"image/png","total_bytes":65537,"media_category":"tweet_image"}"#);
}

#[test]
fn a_video_is_announced_sent_in_segments_ended_and_awaited() {
    let (script, id) = uploaded(
        sent(),
        [
            (FINALIZE, processing("pending", 2)),
            (STATUS, processing("in_progress", 3)),
            (STATUS, processing("in_progress", 1)),
            (STATUS, processing("succeeded", 1)),
        ],
    );
    assert_eq!(id.expect("uploaded").to_string(), "71");
    assert_whole(&segments(&script), CHUNK, &video(LENGTH));
    assert_eq!(script.body(1), format!(r#"{{"media_type":"video/mp4","total_bytes":{LENGTH},"media_category":"tweet_video"}}"#));
    assert_eq!((script.body(5).as_str(), script.path(6).as_str()), ("", "/2/media/upload?command=STATUS&media_id=71"));
    assert_eq!(passed_ms(&script), 6_000, "as long as X says, each time");
}

#[test]
fn every_size_makes_one_complete_file() {
    for length in [CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1, 5 * CHUNK] {
        for is_known in [true, false] {
            let bytes = video(length);
            let mut steps = Vec::from([(GET, if is_known { served(&bytes) } else { answer(200, bytes.clone()) })]);
            steps.push((INITIALIZE, data("")));
            // A file whose length its server does not tell is read twice, where the first chunk is not all of it.
            let first = (!is_known && length >= CHUNK).then(|| (GET, answer(200, bytes.clone())));
            for index in 0..length.div_ceil(CHUNK) {
                if index == 1 {
                    steps.extend(first.is_some().then(|| (GET, answer(200, bytes.clone()))));
                }
                steps.push((APPEND, appended()));
            }
            steps.push((FINALIZE, data("")));
            let script = script(steps);
            upload_for(&script, Purpose::Post).expect("uploaded");
            assert_whole(&segments(&script), CHUNK, &bytes);
            assert!(script.body(1).contains(&format!(r#""total_bytes":{length}"#)));
        }
    }
}

#[test]
fn x_takes_a_thousand_segments_and_no_more() {
    let bytes = video(1_000 * CHUNK);
    let steps = [(GET, served(&bytes)), (INITIALIZE, data(""))].into_iter();
    let script = script(steps.chain((0..1_000).map(|_| (APPEND, appended()))).chain([(FINALIZE, data(""))]));
    upload_for(&script, Purpose::Post).expect("uploaded");
    let sent = segments(&script);
    assert_eq!((sent.len(), sent[0].0, sent[999].0), (1_000, 0, 999));
    assert_whole(&sent, CHUNK, &bytes);
}

#[test]
fn a_file_that_would_take_more_segments_asks_for_larger_ones() {
    let size = 1_000 * CHUNK + 1;
    let head = served_beginning(&video(CHUNK), size);
    let failure = upload_for(&script([(GET, head)]), Purpose::Post).expect_err("too many");
    let problem = failure.problem();
    assert_eq!((failure.case(), problem.field.as_deref()), (Case::InvalidInput, Some("X_MEDIA_CHUNK_BYTES")));
    assert_eq!(problem.who_must_act, Party::Operator);
    assert!(problem.message.contains("media[0].url") && problem.message.contains("raise it to 65537"), "{}", problem.message);
}

/// The beginning of a larger file, most of which is data of the video.
fn served_beginning(beginning: &[u8], size: usize) -> Reply {
    let mut bytes = beginning.to_vec();
    let at = bytes.windows(4).position(|name| name == b"mdat").expect("the data") - 4;
    bytes[at..at + 4].copy_from_slice(&u32::try_from(size - at).expect("small").to_be_bytes());
    answer(200, bytes).header("content-length", &size.to_string())
}

#[test]
fn a_segment_that_x_may_not_have_is_sent_again() {
    let faults: [fn() -> Reply; 7] = [
        || lost(Fault::ConnectionBroken),
        || lost(Fault::Protocol),
        || not_sent(Fault::ConnectionRefused),
        || not_sent(Fault::Tls),
        || answer(500, ""),
        || answer(502, "<html>"),
        || answer(503, r#"{"title":"Service Unavailable","status":503}"#),
    ];
    for fault in faults {
        for failed in 0..3 {
            let mut steps = begun();
            for index in 0..3 {
                if index == failed {
                    steps.extend([(APPEND, fault()), (APPEND, fault())]);
                }
                steps.push((APPEND, appended()));
            }
            let (script, id) = uploaded(steps, [(FINALIZE, data(""))]);
            id.expect("uploaded");
            let mut sent = segments(&script);
            assert_eq!(sent.len(), 5);
            assert!(sent[failed] == sent[failed + 1] && sent[failed] == sent[failed + 2]);
            sent.drain(failed..failed + 2);
            assert_whole(&sent, CHUNK, &video(LENGTH));
            // The source was not read again.
            assert_eq!(script.sent.borrow().iter().filter(|sent| sent.target.authority == "example.com").count(), 1);
        }
    }
}

#[test]
fn an_answer_to_a_segment_that_cannot_be_read_is_an_answer() {
    let (_, id) = uploaded(
        begun(),
        [(APPEND, answer(204, "")), (APPEND, answer(200, "{").cut()), (APPEND, answer(200, "<html>")), (FINALIZE, data(""))],
    );
    id.expect("uploaded");
}

#[test]
fn a_segment_that_fails_three_times_ends_the_call() {
    for fault in [|| lost(Fault::ConnectionBroken), || answer(503, "")] as [fn() -> Reply; 2] {
        let (_, result) = uploaded(begun(), [(APPEND, appended()), (APPEND, fault()), (APPEND, fault()), (APPEND, fault())]);
        assert_eq!(told(&result.expect_err("lost"), "segment 1 of 3"), (Case::Unavailable, "outcome-unknown"));
    }
    let (_, result) = uploaded(begun(), [(APPEND, lost(Fault::Deadline).takes_ms(30_000))]);
    assert_eq!(told(&result.expect_err("late"), "segment 0 of 3").0, Case::Unavailable);
}

#[test]
fn a_segment_that_x_refuses_is_not_sent_again() {
    let body = |status: u16| answer(status, format!(r#"{{"title":"Refused","detail":"words of X","status":{status}}}"#));
    for (status, case) in [
        (400, Case::InvalidInput),
        (401, Case::Unauthorized),
        (402, Case::OutOfCredits),
        (403, Case::Forbidden),
        (409, Case::Conflict),
        (413, Case::InvalidInput),
        (418, Case::UnexpectedResponse),
        (429, Case::RateLimited),
    ] {
        let (_, result) = uploaded(begun(), [(APPEND, appended()), (APPEND, body(status))]);
        let failure = result.expect_err("refused");
        assert!(failure.problem().message.contains("segment 1 of 3"), "{}", failure.problem().message);
        assert_eq!((failure.case(), failure.problem().status), (case, Some(status)));
    }
    let (_, result) = uploaded(begun(), [(APPEND, not_sent(Fault::Denied))]);
    assert_eq!(result.expect_err("denied").case(), Case::EgressDenied);
}

#[test]
fn what_x_calls_by_names_of_its_own_is_named_as_the_author_does() {
    let refusal = r#"{"errors":[{"parameters":{"media_type":["video/x"]},"message":"bad"}],"title":"Invalid Request","detail":"bad","type":"https://api.twitter.com/2/problems/invalid-request"}"#;
    let (_, result) = uploaded(Vec::from([(GET, served(&video(LENGTH)))]), [(INITIALIZE, answer(400, refusal))]);
    assert_eq!(told(&result.expect_err("refused"), "its first request").0, Case::InvalidInput);
}

#[test]
fn an_upload_that_x_has_forgotten_is_told_apart() {
    let gone = || answer(404, r#"{"title":"Not Found Error","type":"https://api.twitter.com/2/problems/resource-not-found"}"#);
    let expired = (Case::InvalidInput, "media-expired");
    let lapses = "lapses after a day";
    for steps in [
        Vec::from([(APPEND, gone())]),
        Vec::from([(APPEND, appended()), (APPEND, appended()), (APPEND, appended()), (FINALIZE, gone())]),
        Vec::from([
            (APPEND, appended()),
            (APPEND, appended()),
            (APPEND, appended()),
            (FINALIZE, processing("pending", 1)),
            (STATUS, gone()),
        ]),
    ] {
        assert_eq!(told(&uploaded(begun(), steps).1.expect_err("gone"), lapses), expired);
    }
    // Its day is over by what X said: then X means that by any refusal.
    let begun = Vec::from([(GET, served(&video(LENGTH))), (INITIALIZE, data(r#","expires_after_secs":2"#))]);
    let (_, late) = uploaded(begun, [(APPEND, appended().takes_ms(3_000)), (APPEND, answer(400, ""))]);
    assert_eq!(told(&late.expect_err("late"), lapses), expired);
}

#[test]
fn the_announcement_names_the_file_when_it_fails() {
    let began = |reply: Reply| uploaded(Vec::from([(GET, served(&video(LENGTH)))]), [(INITIALIZE, reply)]).1.expect_err("failed");
    assert_eq!(told(&began(lost(Fault::ConnectionBroken)), "its first request").0, Case::Unavailable);
    assert_eq!(told(&began(answer(503, "")), "its first request").0, Case::Unavailable);
    for body in ["", "<html>", "{}", r#"{"data":{}}"#, r#"{"data":{"id":"../1"}}"#, r#"{"data":{"id":71}}"#] {
        assert_eq!(told(&began(answer(200, body)), "its first request").0, Case::UnexpectedResponse, "{body}");
    }
    let failure = upload_for(&script([(GET, served(&png(99))), (ONE_SHOT, lost(Fault::ConnectionBroken))]), Purpose::Post);
    assert_eq!(told(&failure.expect_err("lost"), "its first request").0, Case::Unavailable);
}

#[test]
fn the_status_tells_what_became_of_a_lost_end() {
    for reply in [lost(Fault::ConnectionBroken), answer(503, ""), answer(200, "{").cut(), answer(200, "<html>")] {
        let (script, id) =
            uploaded(sent(), [(FINALIZE, reply), (STATUS, processing("in_progress", 1)), (STATUS, processing("succeeded", 1))]);
        assert_eq!((id.expect("uploaded").to_string(), passed_ms(&script)), ("71".to_string(), 1_000));
    }
    // X has not got it: it is sent again.
    let refused = || answer(400, r#"{"detail":"The upload is not finalized."}"#);
    let (_, id) = uploaded(sent(), [(FINALIZE, lost(Fault::ConnectionBroken)), (STATUS, refused()), (FINALIZE, data(""))]);
    id.expect("uploaded");
    // X has got it in an earlier call, and takes it once.
    let (_, id) =
        uploaded(sent(), [(FINALIZE, answer(400, r#"{"detail":"The upload is finalized."}"#)), (STATUS, processing("succeeded", 1))]);
    id.expect("uploaded");
}

#[test]
fn an_end_that_fails_again_and_again_ends_the_call() {
    let unknown = || [(FINALIZE, answer(503, "")), (STATUS, answer(400, ""))];
    let (_, result) = uploaded(sent(), [unknown(), unknown(), unknown()].into_iter().flatten());
    assert_eq!(told(&result.expect_err("lost"), "failed at its end").0, Case::Unavailable);
    let (_, result) = uploaded(sent(), [(FINALIZE, answer(400, r#"{"detail":"Segments do not add up"}"#)), (STATUS, answer(400, ""))]);
    let failure = result.expect_err("refused");
    assert_eq!(told(&failure, "failed at its end").0, Case::InvalidInput);
    assert_eq!(failure.problem().excerpt.as_deref(), Some("Segments do not add up"));
    for (status, case) in [(401, Case::Unauthorized), (403, Case::Forbidden), (429, Case::RateLimited)] {
        let (_, result) = uploaded(sent(), [(FINALIZE, answer(status, ""))]);
        assert_eq!(result.expect_err("refused").case(), case);
    }
}

#[test]
fn failed_work_is_told_in_xs_words() {
    let failed = |rest: &str, beside: &str| {
        let body = format!(r#"{{"data":{{"id":"71","processing_info":{{"state":"failed","progress_percent":40{rest}}}}}{beside}}}"#);
        let (_, result) = uploaded(sent(), [(FINALIZE, processing("pending", 1)), (STATUS, answer(200, body))]);
        let failure = result.expect_err("failed");
        assert_eq!(told(&failure, "X could not work on it"), (Case::InvalidInput, "media-processing-failed"));
        failure.problem().excerpt.clone()
    };
    let words = Some("file is currently unsupported".to_string());
    assert_eq!(failed(r#","error":{"code":3,"name":"InvalidMedia","message":"file is currently unsupported"}"#, ""), words);
    assert_eq!(failed(r#","error":{"code":1,"name":"InvalidMedia"}"#, ""), Some("InvalidMedia".to_string()));
    assert_eq!(failed("", r#","errors":[{"title":"InvalidMedia","detail":"file is currently unsupported"}]"#), words);
    assert_eq!(failed("", r#","errors":[{"title":"InvalidMedia"}]"#), Some("InvalidMedia".to_string()));
    assert_eq!(failed("", ""), None);
    assert_eq!(failed(&format!(r#","error":{{"message":"echo {TOKEN}"}}"#), ""), None, "an echoed secret is not quoted");
    // It may fail at once.
    let (_, result) = uploaded(sent(), [(FINALIZE, processing("failed", 1))]);
    assert_eq!(result.expect_err("failed").code(), "media-processing-failed");
}

#[test]
fn work_that_does_not_end_is_awaited_within_the_deadline() {
    for (check_after_s, looks) in [(1, 25), (5, 5), (7, 3), (24, 1), (25, 1), (26, 0), (3_600, 0)] {
        let steps = (0..looks).map(|_| (STATUS, processing("in_progress", check_after_s)));
        let (script, result) = uploaded(sent(), [(FINALIZE, processing("pending", check_after_s))].into_iter().chain(steps));
        let failure = result.expect_err("never ends");
        assert_eq!(told(&failure, "(40 %)"), (Case::InvalidInput, "upload-not-finished"));
        assert!(failure.problem().message.contains("give media-id:71 in its place"), "{}", failure.problem().message);
        assert!(passed_ms(&script) <= 25_000, "{}", passed_ms(&script));
    }
    let (script, _) = uploaded(sent(), [(FINALIZE, processing("pending", u32::MAX))]);
    assert_eq!(passed_ms(&script), 0);
}

#[test]
fn what_x_says_of_its_work_may_lack_parts() {
    let info = |info: &str| data(&format!(r#","processing_info":{info}"#));
    for odd in [
        "{}",
        r#"{"state":"resting"}"#,
        r#"{"state":"pending","check_after_secs":0}"#,
        r#"{"state":"pending","check_after_secs":-5}"#,
        r#"{"state":7}"#,
    ] {
        let (script, id) = uploaded(sent(), [(FINALIZE, info(odd)), (STATUS, info(r#"{"state":"succeeded"}"#))]);
        id.expect("uploaded");
        assert_eq!(passed_ms(&script), 1_000, "{odd}");
    }
}

#[test]
fn trouble_with_the_status_does_not_end_an_upload_that_x_has() {
    let trouble = || [(); 3].map(|()| (STATUS, answer(503, "")));
    let steps = trouble().into_iter().chain([(STATUS, processing("succeeded", 1))]);
    let (script, id) = uploaded(sent(), [(FINALIZE, processing("pending", 2))].into_iter().chain(steps));
    id.expect("uploaded");
    assert_eq!(passed_ms(&script), 4_000);
    for (status, case) in [(401, Case::Unauthorized), (403, Case::Forbidden), (429, Case::RateLimited)] {
        let (_, result) = uploaded(sent(), [(FINALIZE, processing("pending", 2)), (STATUS, answer(status, ""))]);
        let failure = result.expect_err("refused");
        assert!(failure.case() == case && failure.problem().message.contains("X's work on it"));
    }
}

#[test]
fn a_file_that_is_no_more_what_it_was_ends_the_upload() {
    let bytes = video(LENGTH);
    let begins = || answer(200, &bytes[..CHUNK + 10]).header("content-length", &LENGTH.to_string()).header("etag", "\"v1\"").cut();
    let failed = |second: Reply| {
        let (_, result) = uploaded(Vec::from([(GET, begins()), (INITIALIZE, data("")), (APPEND, appended())]), [(GET, second)]);
        result.expect_err("changed")
    };
    let other = answer(206, &bytes[CHUNK + 10..]).header("content-range", &format!("bytes {}-{}/{LENGTH}", CHUNK + 10, LENGTH - 1));
    assert_eq!(told(&failed(other.header("etag", "\"v2\"")), "has changed"), (Case::InvalidInput, "file-changed"));
    assert_eq!(told(&failed(answer(404, "")), "is not there").0, Case::InvalidInput);
    assert_eq!(told(&failed(answer(503, "")), "status 503").0, Case::Unavailable);
}

#[test]
fn a_download_that_breaks_in_a_segment_goes_on_there() {
    let bytes = video(LENGTH);
    for break_at in [CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, LENGTH - 1] {
        let begins = answer(200, &bytes[..break_at]).header("content-length", &LENGTH.to_string()).header("etag", "\"v1\"").cut();
        let rest = (GET, crate::media::testing::served_from(&bytes, break_at));
        let mut steps = Vec::from([(GET, begins), (INITIALIZE, data(""))]);
        steps.extend((0..3).map(|_| (APPEND, appended())));
        // The segment that the break is in waits for the rest.
        steps.insert(2 + break_at / CHUNK, rest);
        let (script, id) = uploaded(steps, [(FINALIZE, data(""))]);
        id.expect("uploaded");
        assert_whole(&segments(&script), CHUNK, &bytes);
    }
}

#[test]
fn a_file_of_unknown_length_that_is_another_the_second_time_ends_the_upload() {
    let bytes = video(LENGTH);
    let first = || Vec::from([(GET, answer(200, bytes.clone())), (INITIALIZE, data("")), (APPEND, appended())]);
    let longer = [&bytes[..], b"x"].concat();
    let (_, result) = uploaded(first(), [(GET, answer(200, longer)), (APPEND, appended())]);
    assert_eq!(told(&result.expect_err("longer"), "longer").1, "file-changed");
    let shorter = || (GET, answer(200, &bytes[..LENGTH - 1]));
    let (_, result) = uploaded(first(), [shorter(), (APPEND, appended()), shorter(), shorter()]);
    assert_eq!(told(&result.expect_err("shorter"), "broke off").0, Case::Unavailable);
}

#[test]
fn a_stalling_source_ends_with_the_call() {
    let bytes = video(LENGTH);
    let begins = answer(200, &bytes[..CHUNK]).header("content-length", &LENGTH.to_string()).stalls();
    let (_, result) = uploaded(Vec::from([(GET, begins), (INITIALIZE, data("")), (APPEND, appended())]), []);
    assert_eq!(told(&result.expect_err("stalls"), "before the deadline").0, Case::Unavailable);
}

#[test]
fn an_upload_that_does_not_fit_into_the_call_is_no_post() {
    let (script, result) = uploaded(begun(), [(APPEND, appended().takes_ms(26_000))]);
    let failure = result.expect_err("late");
    assert_eq!(told(&failure, "not wholly uploaded"), (Case::InvalidInput, "upload-not-finished"));
    assert!(failure.problem().message.contains("(49 %)") && passed_ms(&script) == 26_000, "{}", failure.problem().message);
    let names: Vec<String> = script.sent.borrow().iter().map(|sent| sent.target.path.clone()).collect();
    assert!(names.iter().all(|path| !path.contains("tweets")));
}

#[test]
fn an_upload_that_nobody_ended_is_not_taken_for_whole() {
    // X tells of the upload, and neither that it has all of it nor that it works on it.
    let told_nothing = || (STATUS, data(""));
    let (_, id) = uploaded(sent(), [(FINALIZE, not_sent(Fault::ConnectionRefused)), told_nothing(), (FINALIZE, data(""))]);
    assert_eq!(id.expect("ended at last").to_string(), "71");
    let (_, result) = uploaded(sent(), [(FINALIZE, answer(400, "")), told_nothing()]);
    assert_eq!(told(&result.expect_err("refused"), "failed at its end").0, Case::InvalidInput);
    // An image that X has as large as it is, and does not work on.
    let (_, id) = uploaded(sent(), [(FINALIZE, lost(Fault::ConnectionBroken)), (STATUS, data(&format!(r#","size":{LENGTH}"#)))]);
    id.expect("whole");
}

#[test]
fn nothing_is_published_when_the_uploads_took_all_the_time() {
    let script = script([(GET, served(&png(50))), (ONE_SHOT, data("").takes_ms(25_001))]);
    let failure = upload_for(&script, Purpose::Post).expect_err("no time");
    assert_eq!(
        (failure.case(), failure.code(), failure.problem().field.as_deref()),
        (Case::InvalidInput, "upload-not-finished", Some("media"))
    );
    assert!(failure.problem().message.contains("give media-id:71 in place"), "{}", failure.problem().message);
}
