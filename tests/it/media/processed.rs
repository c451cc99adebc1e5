//! What X does with a file after its last byte: it takes long, fails, or never ends, and media may be too old when it is used.

use std::sync::Arc;
use std::time::Duration;

use http::Request;
use serde_json::{Value, json};
use x_connector_host::http::{Body, Service};
use x_connector_host::simulator::{Clock, MediaState, Options, Processing, ProcessingEnd, ProcessingError, Simulator};

use super::samples;
use crate::actions::files::{PNG, data_url};
use crate::stage::{Place, Stage, frozen_clock, told};

fn video() -> Value {
    json!({"url": data_url("video/mp4", &samples::mp4(3_000, 1)), "name": "sunrise.mp4"})
}

fn post() -> Value {
    json!({"text": "with a video", "media": [video()]})
}

fn message() -> Value {
    json!({"username": "friend", "text": "with a video", "media": [video()]})
}

/// An X whose time passes by as much at each look at an upload.
fn hurrying(options: Options, by: Duration) -> (Stage, Place) {
    let mut stage = Stage::with(Options { clock: frozen_clock(), ..options });
    let simulator: Simulator = stage.simulator.clone();
    let place = Place::open(Arc::new(move |request: Request<Body>| {
        if request.uri().query().is_some_and(|query| query.contains("STATUS")) {
            simulator.clock().advance(by);
        }
        simulator.call(request)
    }));
    stage.connection.set("X_API_BASE_URL", place.url());
    (stage, place)
}

fn ending(end: ProcessingEnd) -> Options {
    Options { processing: Processing { time: Duration::from_secs(4), check_after: Duration::from_secs(1), end }, ..Options::default() }
}

// The waits are real: X gives them in whole seconds, one at least.
#[tokio::test]
async fn a_post_waits_as_x_says_until_the_video_is_ready() {
    let (stage, _place) = hurrying(ending(ProcessingEnd::Succeeds), Duration::from_secs(2));
    stage.call("createPost", post()).await.expect("published");
    let looks = stage.simulator.calls("GET", "/2/media/upload");
    assert_eq!((looks, stage.simulator.post_count()), (2, 1));
    assert_eq!(stage.simulator.media()[0].state, MediaState::Succeeded);
}

#[tokio::test]
async fn a_video_that_x_cannot_work_on_makes_no_post_and_no_message() {
    for inside in [false, true] {
        let error = ProcessingError { inside, ..ProcessingError::invalid_media("The video has no frames.") };
        let options = Options { processing: Processing::none().ending(ProcessingEnd::Fails(error)), ..Options::default() };
        let stage = Stage::with(options).property("X_CALL_DEADLINE_MS", "5000");
        for (operation, parameters, field) in [
            ("createPost", post(), "media[0].url"),
            ("sendDirectMessage", message(), "media[0].url"),
            ("uploadMedia", json!({"file": video()}), "file.url"),
        ] {
            let error = told(stage.call(operation, parameters).await);
            let found = (&error["case"], &error["code"], &error["field"]);
            assert_eq!(
                found,
                (&json!("permanent-invalid-input"), &json!("media-processing-failed"), &json!(field)),
                "{operation}: {error}"
            );
            let message = error["message"].as_str().unwrap_or_default();
            assert!(message.starts_with(&format!("{field} (sunrise.mp4) ")), "it names the file: {message}");
            assert_eq!(error["excerpt"].as_str(), Some("The video has no frames."), "{operation}, inside: {inside}: {error}");
        }
        assert_eq!((stage.simulator.post_count(), stage.simulator.direct_messages().len()), (0, 0));
        if inside {
            // As version 1.1 told it, which X's descriptions do not have.
            stage.simulator.clear_exchanges();
        }
    }
}

#[tokio::test]
async fn a_video_that_fails_later_is_told_by_the_call_that_looks() {
    let failing = ProcessingEnd::Fails(ProcessingError::invalid_media("The codec is unknown."));
    let stage = Stage::with(Options { clock: frozen_clock(), ..ending(failing) }).property("X_CALL_DEADLINE_MS", "900");
    let begun = stage.call("uploadMedia", json!({"file": video()})).await.expect("sent");
    assert_eq!(begun["data"]["state"], "processing", "{begun}");
    stage.simulator.clock().advance(Duration::from_secs(4));
    let error = told(stage.call("uploadMedia", json!({"file": video(), "resume": begun["resume"]})).await);
    assert_eq!((&error["code"], &error["field"]), (&json!("media-processing-failed"), &json!("file.url")), "{error}");
}

#[tokio::test]
async fn work_that_never_ends_ends_the_call_in_time_without_a_post() {
    let stage = Stage::with(Options { clock: frozen_clock(), ..ending(ProcessingEnd::Never) }).property("X_CALL_DEADLINE_MS", "900");
    for (operation, parameters) in [("createPost", post()), ("sendDirectMessage", message())] {
        let error = told(stage.call(operation, parameters).await);
        let found = (&error["case"], &error["code"], &error["field"]);
        assert_eq!(
            found,
            (&json!("permanent-invalid-input"), &json!("upload-not-finished"), &json!("media[0].url")),
            "{operation}: {error}"
        );
        let message = error["message"].as_str().unwrap_or_default();
        assert!(message.contains("give media-id:") && message.contains("X_CALL_DEADLINE_MS"), "it says what to do: {message}");
    }
    assert_eq!((stage.simulator.post_count(), stage.simulator.direct_messages().len()), (0, 0));
    // An engine asks on and on, and gets the same token until the day is over.
    let mut output = stage.call("uploadMedia", json!({"file": video()})).await.expect("sent");
    for _ in 0..3 {
        assert_eq!(output["data"]["state"], "processing", "{output}");
        stage.simulator.clock().advance(Duration::from_hours(7));
        output = stage.call("uploadMedia", json!({"file": video(), "resume": output["resume"]})).await.expect("looked");
    }
    stage.simulator.clock().advance(Duration::from_hours(7));
    let error = told(stage.call("uploadMedia", json!({"file": video(), "resume": output["resume"]})).await);
    assert_eq!((&error["case"], &error["code"]), (&json!("permanent-invalid-input"), &json!("media-expired")), "{error}");
}

#[tokio::test]
async fn media_whose_day_is_over_makes_no_post_and_no_message() {
    let options = Options { clock: Clock::frozen(frozen_clock().now_ms()), processing: Processing::none(), ..Options::default() };
    let stage = Stage::with(options);
    for (operation, category) in [("createPost", "tweet_image"), ("sendDirectMessage", "dm_image")] {
        let uploaded = json!({"file": {"url": data_url("image/png", PNG)}, "category": category});
        let uploaded = stage.call("uploadMedia", uploaded).await.expect("uploaded");
        stage.simulator.clock().advance(Duration::from_hours(24));
        let media = json!([{"url": format!("media-id:{}", uploaded["data"]["id"].as_str().expect("text"))}]);
        let with_alt_text = json!([{"url": media[0]["url"], "alt_text": "a sunrise"}]);
        for media in [media, with_alt_text] {
            let mut parameters = json!({"text": "too late", "media": media});
            if operation == "sendDirectMessage" {
                parameters["username"] = json!("friend");
            }
            let error = told(stage.call(operation, parameters).await);
            assert_eq!(error["case"], "permanent-invalid-input", "{operation}: {error}");
            assert!(error["field"].as_str().is_some_and(|field| field.starts_with("media")), "{operation}: {error}");
            let message = error["message"].as_str().unwrap_or_default();
            assert!(message.contains("day") && message.contains("again"), "{operation}, it says what to do: {error}");
        }
    }
    assert_eq!((stage.simulator.post_count(), stage.simulator.direct_messages().len()), (0, 0));
}

#[tokio::test]
async fn media_that_is_another_accounts_of_another_category_or_unfinished_makes_no_post() {
    let stage = Stage::with(Options { processing: Processing::none(), ..Options::default() });
    let for_messages = json!({"file": {"url": data_url("image/png", PNG)}, "category": "dm_image"});
    let for_messages = stage.call("uploadMedia", for_messages).await.expect("uploaded");
    let ids = [for_messages["data"]["id"].as_str().expect("text").to_owned(), "1880012345678901234".to_owned()];
    for id in ids {
        let error = told(stage.call("createPost", json!({"text": "x", "media": [{"url": format!("media-id:{id}")}]})).await);
        assert_eq!(error["case"], "permanent-invalid-input", "{error}");
        assert!(error["field"].as_str().is_some_and(|field| field.starts_with("media")), "{error}");
    }
    assert_eq!(stage.simulator.post_count(), 0);
}
