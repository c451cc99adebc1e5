//! Tokens that do not fit any more: each is told as that, and no media is made of two files.

use std::time::Duration;

use serde_json::{Value, json};
use x_connector_host::simulator::{Clock, Effect, Fault, MediaState, Options, Processing};

use super::resumed::{assert_whole, run_until_ready, token};
use super::samples;
use crate::actions::files::data_url;
use crate::file_server::Offer;
use crate::stage::{frozen_clock, told};
use crate::wire::{Plan, SEGMENT, Wire};

const APPEND: (&str, &str) = ("POST", "/2/media/upload/{id}/append");

/// Begins an upload that stops before its third segment, and gives its token.
async fn begun(wire: &Wire, url: &str) -> String {
    wire.simulator.clear_faults();
    for nth in 3..=5 {
        wire.simulator.add_fault(Fault::at(APPEND.0, APPEND.1, Effect::Reset).nth(nth));
    }
    let output = wire.call("uploadMedia", json!({"file": {"url": url}})).await.expect("begun");
    wire.simulator.clear_faults();
    assert_eq!(output["data"]["state"], "uploading", "{output}");
    token(&output)
}

async fn resume(wire: &Wire, url: &str, token: &str) -> Value {
    told(wire.call("uploadMedia", json!({"file": {"url": url}, "resume": token})).await)
}

#[tokio::test]
async fn a_file_that_changed_since_is_not_mixed_with_what_x_has_of_it() {
    let wire = Wire::open().await;
    let file = samples::mp4(5 * SEGMENT, 1);
    let other = samples::mp4(5 * SEGMENT, 2);
    let longer = samples::mp4(5 * SEGMENT + 1, 1);
    let shorter = samples::mp4(5 * SEGMENT - 1, 1);
    let much_shorter = samples::mp4(SEGMENT, 1);
    let offer = |bytes: &[u8]| Offer::of(bytes.to_vec());
    let changes = [
        ("another version", offer(&file), offer(&other).tagged("two")),
        ("another version, no ranges", offer(&file).without_ranges(), offer(&other).tagged("two").without_ranges()),
        ("the same bytes under another tag", offer(&file), offer(&file).tagged("two")),
        ("a tag that is gone", offer(&file), offer(&other).untagged()),
        ("longer", offer(&file).untagged(), offer(&longer).untagged()),
        ("shorter", offer(&file).untagged(), offer(&shorter).untagged()),
        ("much shorter", offer(&file).untagged(), offer(&much_shorter).untagged()),
        ("longer, no ranges", offer(&file).untagged().without_ranges(), offer(&longer).untagged().without_ranges()),
        ("shorter, no ranges", offer(&file).untagged().without_ranges(), offer(&shorter).untagged().without_ranges()),
        ("much shorter, no ranges", offer(&file).untagged().without_ranges(), offer(&much_shorter).untagged().without_ranges()),
    ];
    for (what, before, after) in changes {
        let url = wire.files.offer("/video.mp4", before);
        let token = begun(&wire, &url).await;
        let appended = wire.simulator.calls(APPEND.0, APPEND.1);
        wire.files.offer("/video.mp4", after);
        let error = resume(&wire, &url, &token).await;
        assert_eq!((&error["case"], &error["code"]), (&json!("permanent-invalid-input"), &json!("file-changed")), "{what}: {error}");
        assert_eq!(error["field"], "file.url", "{what}: {error}");
        assert_eq!(wire.simulator.calls(APPEND.0, APPEND.1), appended, "{what}: X got bytes of the other file");
    }
    assert!(wire.simulator.media().iter().all(|media| media.state == MediaState::Uploading), "nothing was ended");
}

#[tokio::test]
async fn another_file_of_the_parameters_is_told_by_its_size() {
    let wire = Wire::open().await;
    let token = begun(&wire, &data_url("video/mp4", &samples::mp4(5 * SEGMENT, 3))).await;
    for other in [samples::mp4(5 * SEGMENT + 1, 3), samples::mp4(SEGMENT, 3), samples::png(5 * SEGMENT + 7, 3)] {
        let error = resume(&wire, &data_url("video/mp4", &other), &token).await;
        assert_eq!((&error["code"], &error["field"]), (&json!("file-changed"), &json!("file.url")), "{error}");
    }
}

#[tokio::test]
async fn a_token_of_another_account_or_of_no_upload_is_refused_by_x() {
    let wire = Wire::open().await;
    let url = wire.files.offer("/video.mp4", Offer::of(samples::mp4(5 * SEGMENT, 4)));
    let token = begun(&wire, &url).await;
    let id = wire.simulator.media()[0].id.to_string();
    let foreign = token.replace(&format!("\"id\":\"{id}\""), "\"id\":\"1880012345678901234\"");
    assert_ne!(foreign, token);
    let error = resume(&wire, &url, &foreign).await;
    assert_eq!((&error["code"], &error["field"]), (&json!("media-expired"), &json!("file.url")), "{error}");
}

#[tokio::test]
async fn text_that_is_no_token_is_named_before_anything_is_asked() {
    let wire = Wire::open().await;
    let url = wire.files.offer("/video.mp4", Offer::of(samples::mp4(5 * SEGMENT, 5)));
    let token = begun(&wire, &url).await;
    wire.simulator.clear_exchanges();
    let asked = wire.files.asked().len();
    let wrong = [
        "x".to_owned(),
        "{}".to_owned(),
        "[1]".to_owned(),
        token[..token.len() - 1].to_owned(),
        format!("{token}{token}"),
        token.replace("\"v\":1", "\"v\":2"),
        token.replace("\"segment\":2", "\"segment\":99"),
        token.replace("\"chunk\":65536", "\"chunk\":0"),
        "1".repeat(10_000),
    ];
    for text in wrong {
        let error = resume(&wire, &url, &text).await;
        assert_eq!((&error["case"], &error["field"]), (&json!("permanent-invalid-input"), &json!("resume")), "{text}: {error}");
    }
    assert_eq!((wire.requests(), wire.files.asked().len()), (0, asked));
    // An empty one is none, as forms send it.
    let output = wire.call("uploadMedia", json!({"file": {"url": url}, "resume": " "})).await.expect("begun anew");
    assert_eq!(output["data"]["state"], "ready");
}

#[tokio::test]
async fn an_upload_whose_day_is_over_says_so_and_begins_anew_without_its_token() {
    let options = Options { clock: frozen_clock(), processing: Processing::none(), limits: false, ..Options::default() };
    let wire = Wire::with(Plan { options, ..Plan::default() }).await;
    let file = samples::mp4(5 * SEGMENT, 6);
    let url = wire.files.offer("/video.mp4", Offer::of(file.clone()));
    let token = begun(&wire, &url).await;
    wire.simulator.clock().advance(Duration::from_hours(24));
    let error = resume(&wire, &url, &token).await;
    assert_eq!((&error["case"], &error["code"]), (&json!("permanent-invalid-input"), &json!("media-expired")), "{error}");
    assert_eq!(error["field"], "file.url");
    assert!(error["message"].as_str().is_some_and(|message| message.contains("a day") && message.contains("again")), "{error}");
    let (output, _) = run_until_ready(&wire, json!({ "url": url }), None).await;
    assert_whole(&wire.told(&output), &file, "begun anew");
}

#[tokio::test]
async fn media_that_is_ready_is_told_as_ready_without_reading_the_file() {
    let clock = Clock::frozen(frozen_clock().now_ms());
    let options = Options { clock, limits: false, ..Options::default() };
    let wire = Wire::with(Plan { options, ..Plan::default() }).await.property("X_CALL_DEADLINE_MS", "900");
    let file = samples::mp4(3 * SEGMENT, 7);
    let url = wire.files.offer("/video.mp4", Offer::of(file.clone()));
    let first = wire.call("uploadMedia", json!({"file": {"url": url}})).await.expect("sent");
    assert_eq!((&first["data"]["state"], &first["progress_percent"]), (&json!("processing"), &json!(0)), "{first}");
    assert!(first["check_after_ms"].as_u64().is_some_and(|pause| pause >= 1_000), "{first}");
    let asked = wire.files.asked().len();
    // X needs two seconds of its own time.
    for (milliseconds, state) in [(1_000, "processing"), (999, "processing"), (1, "ready"), (60_000, "ready")] {
        wire.simulator.clock().advance(Duration::from_millis(milliseconds));
        let output = wire.call("uploadMedia", json!({"file": {"url": url}, "resume": token(&first)})).await.expect("looked");
        assert_eq!(output["data"]["state"], state, "{output}");
        assert_eq!(output["data"]["id"], first["data"]["id"]);
    }
    assert_eq!(wire.files.asked().len(), asked, "nothing was left to read");
    assert_whole(&wire.told(&first), &file, "processed");
}
