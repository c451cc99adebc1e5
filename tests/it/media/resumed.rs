//! Uploads that are interrupted at every request, in every way, and go on in a fresh instance: one whole file at the end.

use std::collections::BTreeSet;
use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use x_connector_host::CallError;
use x_connector_host::simulator::{Effect, Fault, Media, MediaState};

use super::samples::{self, SRT, sha256};
use crate::actions::files::data_url;
use crate::file_server::Offer;
use crate::wire::{SEGMENT, Wire};

const SEGMENTS: usize = 6;
const APPEND: (&str, &str) = ("POST", "/2/media/upload/{id}/append");

/// A video of [`SEGMENTS`] segments, the last one short.
fn video(seed: u64) -> Vec<u8> {
    samples::mp4((SEGMENTS - 1) * SEGMENT + 1_234, seed)
}

/// What an engine does: runs the step until it is ready, with the newest token that it got, each time in a fresh instance.
/// The value is the last output, and how many calls it took.
pub async fn run_until_ready(wire: &Wire, file: Value, mut resume: Option<String>) -> (Value, usize) {
    for calls in 1..=10 {
        let mut parameters = json!({ "file": file });
        if let Some(token) = &resume {
            parameters["resume"] = json!(token);
        }
        match wire.call("uploadMedia", parameters).await {
            Ok(output) if output["data"]["state"] == "ready" => return (output, calls),
            Ok(output) => resume = Some(token(&output)),
            Err(error) => assert_eq!(error.case(), "unavailable", "after {calls} calls: {error}"),
        }
        wire.simulator.clear_faults();
        wire.relay.rest();
    }
    panic!("the upload never ends");
}

/// The token of an upload that is not ready.
pub fn token(output: &Value) -> String {
    output["resume"].as_str().unwrap_or_else(|| panic!("no token in {output}")).to_owned()
}

/// One whole file: nothing missing, nothing twice in it. What came twice came with the same bytes, and counts once.
pub fn assert_whole(media: &Media, file: &[u8], what: &str) {
    assert_eq!((media.state, media.size, media.total_bytes), (MediaState::Succeeded, file.len() as u64, file.len() as u64), "{what}");
    let found: Vec<(u32, u64)> = media.segments.iter().map(|segment| (segment.index, segment.length)).collect();
    let expected: Vec<(u32, u64)> = (0..).zip(file.chunks(SEGMENT)).map(|(index, chunk)| (index, chunk.len() as u64)).collect();
    assert_eq!(found, expected, "{what}");
    assert_eq!(media.sha256, sha256(file), "{what}");
}

/// What is left of earlier attempts is unfinished, so that no post can have it.
fn assert_one_is_ready(wire: &Wire, before: &BTreeSet<u64>, what: &str) {
    let fresh = wire.simulator.media().into_iter().filter(|media| !before.contains(&media.id) && media.category != "subtitles");
    let ready = fresh.filter(|media| media.state == MediaState::Succeeded).count();
    assert_eq!(ready, 1, "{what}");
}

fn ids(wire: &Wire) -> BTreeSet<u64> {
    wire.simulator.media().iter().map(|media| media.id).collect()
}

/// A way to interrupt a segment.
#[derive(Clone, Copy, Debug)]
enum Interruption {
    /// The connection breaks before X has taken anything.
    Before,
    /// It breaks when half of the segment is there.
    Midway,
    /// X takes it, and its answer is lost.
    After,
    /// X takes it, and its answer breaks off behind the head.
    InTheAnswer,
    /// X says that it cannot now.
    Unavailable,
}

const INTERRUPTIONS: [Interruption; 5] =
    [Interruption::Before, Interruption::Midway, Interruption::After, Interruption::InTheAnswer, Interruption::Unavailable];

impl Interruption {
    /// Orders it for `count` requests that carry segments, beginning with one.
    fn order(self, wire: &Wire, segment: usize, count: usize) {
        let unavailable = json!({"title": "Service Unavailable", "detail": "Over capacity", "type": "about:blank", "status": 503});
        let fault = match self {
            // The last segment is short.
            Self::Midway => return wire.relay.break_segments(segment, count, if segment + 1 < SEGMENTS { SEGMENT / 2 } else { 1_000 }),
            Self::Before => Fault::at(APPEND.0, APPEND.1, Effect::Reset),
            Self::After => Fault::at(APPEND.0, APPEND.1, Effect::Reset).after_effect(),
            Self::InTheAnswer => Fault::at(APPEND.0, APPEND.1, Effect::CutBody(3)).after_effect(),
            Self::Unavailable => Fault::at(APPEND.0, APPEND.1, Effect::Status(StatusCode::SERVICE_UNAVAILABLE, unavailable)),
        };
        for number in segment..segment + count {
            wire.simulator.add_fault(fault.clone().nth(number as u64 + 1));
        }
    }
}

/// The file from the network with ranges and without, and from the parameters.
fn sources(wire: &Wire, file: &[u8]) -> [(&'static str, String); 3] {
    [
        ("ranges", wire.files.offer("/video.mp4", Offer::of(file.to_vec()))),
        ("no ranges", wire.files.offer("/whole.mp4", Offer::of(file.to_vec()).without_ranges())),
        ("parameters", data_url("video/mp4", file)),
    ]
}

#[tokio::test]
async fn an_interruption_that_passes_is_overcome_within_the_call() {
    let wire = Wire::open().await;
    let file = video(1);
    let url = wire.files.offer("/video.mp4", Offer::of(file.clone()));
    for interruption in INTERRUPTIONS {
        for segment in 0..SEGMENTS {
            let what = format!("{interruption:?} segment {segment}");
            let before = ids(&wire);
            wire.simulator.clear_faults();
            wire.relay.rest();
            interruption.order(&wire, segment, 1);
            let output = wire.call("uploadMedia", json!({"file": {"url": url}})).await.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(output["data"]["state"], "ready", "{what}: {output}");
            let media = wire.told(&output);
            assert_whole(&media, &file, &what);
            assert_one_is_ready(&wire, &before, &what);
            for part in &media.segments {
                let twice = part.index as usize == segment && matches!(interruption, Interruption::After);
                assert_eq!(part.arrivals, 1 + u32::from(twice), "{what}, segment {}", part.index);
            }
        }
    }
}

#[tokio::test]
async fn an_interruption_that_stays_is_overcome_by_the_next_call_from_any_source() {
    let wire = Wire::open().await;
    let file = video(2);
    let mut resumed = 0;
    for (source, url) in sources(&wire, &file) {
        for interruption in INTERRUPTIONS {
            for segment in 0..SEGMENTS {
                let what = format!("{interruption:?} segment {segment}, {source}");
                let before = ids(&wire);
                wire.simulator.clear_faults();
                wire.relay.rest();
                // Once, and all the times that the call tries again.
                interruption.order(&wire, segment, 3);
                let first = wire.call("uploadMedia", json!({"file": {"url": url}})).await.unwrap_or_else(|error| panic!("{what}: {error}"));
                if let Interruption::InTheAnswer = interruption {
                    // The head of the answer says that X has it.
                    assert_eq!(first["data"]["state"], "ready", "{what}: {first}");
                    assert_whole(&wire.told(&first), &file, &what);
                    continue;
                }
                assert_eq!(first["data"]["state"], "uploading", "{what}: {first}");
                assert!(first["check_after_ms"].as_u64().is_some_and(|pause| pause > 0), "{what}: {first}");
                let percent = (segment * SEGMENT * 100 / file.len()) as u64;
                assert_eq!(first["progress_percent"].as_u64(), Some(percent), "{what}: {first}");
                wire.simulator.clear_faults();
                wire.relay.rest();
                let appended = wire.simulator.calls(APPEND.0, APPEND.1);
                let (output, calls) = run_until_ready(&wire, json!({ "url": url }), Some(token(&first))).await;
                assert_eq!((calls, &output["data"]["id"]), (1, &first["data"]["id"]), "{what}");
                assert_eq!(
                    wire.simulator.calls(APPEND.0, APPEND.1) - appended,
                    (SEGMENTS - segment) as u64,
                    "{what}: it goes on at {segment}"
                );
                assert_whole(&wire.told(&output), &file, &what);
                assert_one_is_ready(&wire, &before, &what);
                resumed += 1;
            }
        }
    }
    println!("{resumed} uploads were interrupted and resumed");
    assert_eq!(resumed, 3 * 4 * SEGMENTS);
}

#[tokio::test]
async fn an_interruption_at_any_request_at_all_leaves_one_whole_described_video() {
    let wire = Wire::open().await;
    let file = video(3);
    let url = wire.files.offer("/video.mp4", Offer::of(file.clone()));
    let srt = wire.files.offer("/en.srt", Offer::of(SRT));
    let entry = json!({"url": url, "alt_text": "the sun rises", "subtitles": [{"url": srt, "language_code": "EN"}]});
    // Initialize, segments, finalize, alt text, the subtitles' upload, subtitles.
    let requests = SEGMENTS + 5;
    for after in [false, true] {
        // The last round has no fault left to meet.
        for number in 1..=requests + 1 {
            let what = format!("request {number}, {}", if after { "after its effect" } else { "before it" });
            let before = ids(&wire);
            wire.simulator.clear_faults();
            // Once, and more often than any request is tried again; each of three lost ends is asked after by a read that is tried thrice.
            for nth in number..number + 13 {
                let fault = Fault::everywhere(Effect::Reset).nth(nth as u64);
                wire.simulator.add_fault(if after { fault.after_effect() } else { fault });
            }
            let (output, calls) = run_until_ready(&wire, entry.clone(), None).await;
            assert_eq!(calls > 1, number <= requests, "{what} took {calls} calls");
            let media = wire.told(&output);
            assert_whole(&media, &file, &what);
            assert_one_is_ready(&wire, &before, &what);
            assert_eq!(media.alt_text.as_deref(), Some("the sun rises"), "{what}");
            let languages: Vec<&str> = media.subtitles.iter().map(|one| one.language_code.as_str()).collect();
            assert_eq!(languages, ["EN"], "{what}");
        }
    }
}

#[tokio::test]
async fn the_deadline_of_the_call_interrupts_at_every_segment() {
    for segment in 0..SEGMENTS {
        let wire = Wire::open().await.property("X_CALL_DEADLINE_MS", "600");
        let file = video(4);
        let url = wire.files.offer("/video.mp4", Offer::of(file.clone()));
        wire.simulator.add_fault(Fault::at(APPEND.0, APPEND.1, Effect::Hang).nth(segment as u64 + 1));
        let (output, calls) = run_until_ready(&wire, json!({ "url": url }), None).await;
        assert!(calls > 1, "segment {segment} hangs, and one call was enough");
        assert_whole(&wire.told(&output), &file, &format!("segment {segment}"));
    }
}

#[tokio::test]
async fn an_engine_that_drops_the_whole_instance_goes_on_with_the_token_that_it_has() {
    let wire = Wire::open().await;
    let file = video(5);
    let url = wire.files.offer("/video.mp4", Offer::of(file.clone()));
    let entry = json!({ "url": url });
    for first in [None, Some(1), Some(3)] {
        for dropped in 0..SEGMENTS - first.unwrap_or_default() {
            let what = format!("a token of {first:?}, dropped at segment {dropped} from there");
            wire.simulator.clear_faults();
            wire.relay.rest();
            let mut parameters = json!({ "file": entry });
            let mut resume = None;
            if let Some(segment) = first {
                Interruption::Before.order(&wire, segment, 3);
                let output = wire.call("uploadMedia", parameters.clone()).await.unwrap_or_else(|error| panic!("{what}: {error}"));
                parameters["resume"] = output["resume"].clone();
                resume = Some(token(&output));
                wire.simulator.clear_faults();
                wire.relay.rest();
            }
            tokio::select! {
                biased;
                () = wire.relay.segments(dropped + 1) => {}
                result = wire.call("uploadMedia", parameters) => panic!("{what}: it ended before: {result:?}"),
            }
            let (output, calls) = run_until_ready(&wire, entry.clone(), resume).await;
            assert_eq!(calls, 1, "{what}");
            assert_whole(&wire.told(&output), &file, &what);
        }
    }
}

#[tokio::test]
async fn an_upload_that_an_unheard_call_has_ended_is_ready_for_every_older_token() {
    let wire = Wire::open().await;
    let file = video(7);
    let entry = json!({"url": wire.files.offer("/video.mp4", Offer::of(file.clone()))});
    for segment in 0..SEGMENTS {
        wire.simulator.clear_faults();
        Interruption::Before.order(&wire, segment, 3);
        let first = wire.call("uploadMedia", json!({ "file": entry })).await.expect("begun");
        wire.simulator.clear_faults();
        // Its output is lost with its engine, and so is that of the next one.
        run_until_ready(&wire, entry.clone(), Some(token(&first))).await;
        let (output, calls) = run_until_ready(&wire, entry.clone(), Some(token(&first))).await;
        assert_eq!((calls, &output["data"]["id"]), (1, &first["data"]["id"]), "segment {segment}");
        assert_whole(&wire.told(&output), &file, &format!("segment {segment}"));
    }
}

#[tokio::test]
async fn a_host_that_ends_the_call_itself_is_no_worse() {
    let wire = Wire::open().await;
    let file = video(6);
    let url = wire.files.offer("/video.mp4", Offer::of(file.clone()));
    Interruption::Before.order(&wire, 2, 3);
    let first = wire.call("uploadMedia", json!({"file": {"url": url}})).await.expect("begun");
    wire.simulator.clear_faults();
    wire.simulator.add_fault(Fault::at(APPEND.0, APPEND.1, Effect::Hang).after_effect().nth(2));
    let call = wire.prepared("uploadMedia", json!({"file": {"url": url}, "resume": token(&first)}));
    let ended = wire.connector.call(call.deadline(Duration::from_secs(1))).await;
    assert!(matches!(&ended, Err(error) if !matches!(error, CallError::Connector(_))), "{ended:?}");
    let (output, _) = run_until_ready(&wire, json!({ "url": url }), Some(token(&first))).await;
    assert_eq!(output["data"]["id"], first["data"]["id"]);
    let media = wire.told(&output);
    assert_whole(&media, &file, "ended by the host");
    assert!(media.segments.iter().any(|segment| segment.arrivals == 2), "{:?}", media.segments);
}
