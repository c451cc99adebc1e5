//! Servers of files that lie, stall, lead astray or break off: what can be overcome is, and the rest is told.

use serde_json::{Value, json};
use x_connector_host::http::Policy;
use x_connector_host::{ConnectionProperties, HostOptions};

use super::resumed::assert_whole;
use super::samples;
use crate::file_server::{Length, Offer};
use crate::stage::{load, told};
use crate::wire::{SEGMENT, Wire};

/// How much the file has, in segments and a bit.
const FILE: usize = 4 * SEGMENT + 77;

fn video() -> Vec<u8> {
    samples::mp4(FILE, 1)
}

async fn upload(wire: &Wire, offer: Offer) -> Result<Value, x_connector_host::CallError> {
    let url = wire.files.offer("/video.mp4", offer);
    wire.call("uploadMedia", json!({"file": {"url": url}})).await
}

/// No post was made of it, and what X has of it cannot be used.
fn assert_harmless(wire: &Wire, what: &str) {
    assert_eq!((wire.simulator.post_count(), wire.simulator.direct_messages().len()), (0, 0), "{what}");
}

#[tokio::test]
async fn a_connection_that_breaks_anywhere_is_read_on_and_the_file_is_whole() {
    let wire = Wire::open().await;
    let file = video();
    for at in [0, 1, 100, 4_095, 4_096, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT + 9, 4 * SEGMENT, FILE - 1] {
        for length in [Length::True, Length::Untold] {
            for (ranges, tag) in [(true, true), (true, false), (false, true), (false, false)] {
                let what = format!("broken at {at}, {length:?}, ranges: {ranges}, tag: {tag}");
                let mut offer = Offer::of(file.clone()).length(length).breaking([at]);
                offer = if ranges { offer } else { offer.without_ranges() };
                offer = if tag { offer } else { offer.untagged() };
                let asked = wire.files.asked().len();
                let output = upload(&wire, offer).await.unwrap_or_else(|error| panic!("{what}: {error}"));
                assert_eq!(output["data"]["state"], "ready", "{what}: {output}");
                assert_whole(&wire.told(&output), &file, &what);
                assert!(wire.files.asked().len() > asked + 1, "{what}: it was asked again");
            }
        }
    }
}

#[tokio::test]
async fn a_part_that_was_read_is_not_asked_for_again_where_the_server_offers_ranges() {
    let wire = Wire::open().await;
    let file = video();
    // Each answer breaks off a segment and a half further on.
    let breaks = [SEGMENT * 3 / 2, SEGMENT * 3 / 2];
    let output = upload(&wire, Offer::of(file.clone()).breaking(breaks)).await.expect("uploaded");
    assert_whole(&wire.told(&output), &file, "broken twice");
    let asked = wire.files.asked();
    let ranges: Vec<Option<&str>> = asked.iter().map(|asked| asked.header("range")).collect();
    assert_eq!(ranges, [None, Some("bytes=98304-"), Some("bytes=196608-")]);
    assert!(asked[1..].iter().all(|asked| asked.header("if-range") == Some("\"one\"")), "only of the same version");
    assert!(asked.iter().all(|asked| asked.header("authorization").is_none()), "never with a token");
    assert_eq!(wire.files.sent(), FILE, "no byte was sent twice");
}

#[tokio::test]
async fn a_server_that_breaks_off_for_ever_is_told_with_the_file() {
    let wire = Wire::open().await;
    let file = video();
    for after in [0, 10, SEGMENT / 2] {
        let url = wire.files.offer("/video.mp4", Offer::of(file.clone()).without_ranges().breaking([after; 20]));
        let error = told(wire.post_with(&url).await);
        let found = (&error["case"], &error["code"], &error["field"]);
        assert_eq!(found, (&json!("unavailable"), &json!("file-not-downloaded"), &json!("media[0].url")), "after {after}: {error}");
    }
    assert_harmless(&wire, "broken off for ever");
}

#[tokio::test]
async fn a_server_that_promises_more_than_it_has_is_found_out() {
    let wire = Wire::open().await;
    for file in [video(), samples::png(2_000, 2), samples::png(SEGMENT, 3), samples::gif(SEGMENT + 5, 4)] {
        for more in [1, 1_000, SEGMENT] {
            let claim = Length::Claimed(file.len() + more);
            for offer in [Offer::of(file.clone()).length(claim), Offer::of(file.clone()).length(claim).without_ranges()] {
                let url = wire.files.offer("/bad", offer);
                let error = told(wire.post_with(&url).await);
                let what = format!("{} bytes and {more} more: {error}", file.len());
                assert!(["unavailable", "permanent-invalid-input"].contains(&error["case"].as_str().unwrap_or_default()), "{what}");
                assert_eq!(error["field"], "media[0].url", "{what}");
            }
        }
    }
    assert_harmless(&wire, "more was promised");
}

#[tokio::test]
async fn a_server_that_has_more_than_it_promises_gives_a_file_that_is_cut_off() {
    let wire = Wire::open().await;
    for file in [video(), samples::mp4(2_000, 2), samples::png(2_000, 3)] {
        for less in [16, 500] {
            let url = wire.files.offer("/bad", Offer::of(file.clone()).length(Length::Claimed(file.len() - less)));
            let error = told(wire.post_with(&url).await);
            let found = (&error["case"], &error["code"], &error["field"]);
            let expected = (&json!("permanent-invalid-input"), &json!("file-truncated"), &json!("media[0].url"));
            assert_eq!(found, expected, "{} bytes less {less}: {error}", file.len());
        }
    }
    assert_harmless(&wire, "less was promised");
}

#[tokio::test]
async fn a_server_that_stalls_is_ended_by_the_deadline_of_the_call() {
    let wire = Wire::open().await.property("X_CALL_DEADLINE_MS", "600");
    for after in [0, 10, SEGMENT / 2, SEGMENT + 10] {
        let url = wire.files.offer("/video.mp4", Offer::of(video()).stalling(after));
        let error = told(wire.post_with(&url).await);
        let found = (&error["case"], &error["code"], &error["field"]);
        assert_eq!(found, (&json!("unavailable"), &json!("file-not-downloaded"), &json!("media[0].url")), "after {after}: {error}");
        assert!(error["message"].as_str().is_some_and(|message| message.contains("deadline")), "{error}");
    }
    assert_harmless(&wire, "stalled");
}

#[tokio::test]
async fn a_server_that_stalls_midway_costs_the_upload_nothing_but_the_call() {
    let wire = Wire::open().await.property("X_CALL_DEADLINE_MS", "1500");
    let file = video();
    let output = upload(&wire, Offer::of(file.clone()).stalling(2 * SEGMENT + 10)).await.expect("begun");
    assert_eq!(output["data"]["state"], "uploading", "{output}");
    let url = wire.files.offer("/video.mp4", Offer::of(file.clone()));
    let resumed = wire.call("uploadMedia", json!({"file": {"url": url}, "resume": output["resume"]})).await.expect("resumed");
    assert_whole(&wire.told(&resumed), &file, "stalled midway");
    assert_eq!(resumed["data"]["id"], output["data"]["id"]);
}

#[tokio::test]
async fn three_redirects_are_followed_and_each_host_is_checked() {
    let wire = Wire::open().await;
    let file = video();
    wire.files.offer("/end.mp4", Offer::of(file.clone()).breaking([SEGMENT + 3]));
    wire.files.offer("/third", Offer::redirect("end.mp4"));
    wire.files.offer("/second", Offer::redirect(wire.files.url_at("elsewhere.example", "/third")));
    let first = Offer::redirect(wire.files.url_at("files.example", "/second"));
    let output = upload(&wire, first.clone()).await.expect("uploaded");
    assert_whole(&wire.told(&output), &file, "three redirects");
    assert!(wire.files.asked().iter().all(|asked| asked.header("authorization").is_none()), "never with a token");
    // A fourth, whatever it leads to.
    wire.files.offer("/begin", first);
    wire.simulator.clear_exchanges();
    let error = told(upload(&wire, Offer::redirect("/begin")).await);
    assert_eq!((&error["case"], &error["code"]), (&json!("permanent-invalid-input"), &json!("invalid-url")), "{error}");
    assert!(error["message"].as_str().is_some_and(|message| message.contains("three")), "{error}");
    assert_eq!(wire.requests(), 0, "X was asked for something");
}

#[tokio::test]
async fn redirects_that_lead_nowhere_good_are_told() {
    let wire = Wire::open().await;
    let http = format!("http://127.0.0.1:{}/a.mp4", wire.files.port());
    let itself = wire.files.url("/video.mp4");
    let stranger = "https://stranger.example/a.mp4";
    let cases = [
        ("to itself", itself.as_str(), "invalid-url"),
        ("to plain http", &http, "invalid-url"),
        ("to plain http, in capitals", "HTTP://example.com/a.mp4", "invalid-url"),
        ("to data", "data:image/png;base64,AAAA", "invalid-url"),
        ("to a file", "file:///etc/passwd", "invalid-url"),
        ("to media", "media-id:1", "invalid-url"),
        ("to a script", "javascript:alert(1)", "invalid-url"),
        ("with a user name", "https://user:password@elsewhere.example/a.mp4", "invalid-url"),
        ("to no host", "https:///a.mp4", "invalid-url"),
        ("to where the operator allows nothing", stranger, "egress-denied"),
        ("to another scheme's host", "//stranger.example/a.mp4", "egress-denied"),
        ("to files of the host", "https://files.x-connector.internal/0/a.mp4", "invalid-url"),
    ];
    for (what, location, code) in cases {
        let asked = wire.files.asked().len();
        let error = told(upload(&wire, Offer::redirect(location)).await);
        assert_eq!((&error["code"], &error["field"]), (&json!(code), &json!("file.url")), "{what}: {error}");
        assert!(!error.to_string().contains("password"), "{what}: {error}");
        assert!(wire.files.asked().len() - asked <= 4, "{what}: asked {} times", wire.files.asked().len() - asked);
    }
    // A loop of two.
    wire.files.offer("/there", Offer::redirect("/video.mp4"));
    let error = told(upload(&wire, Offer::redirect("/there")).await);
    assert_eq!(error["code"], "invalid-url", "{error}");
    assert_eq!(wire.requests(), 0, "X was asked for something");
}

#[tokio::test]
async fn a_redirect_that_turns_up_while_a_file_is_read_on_is_checked_too() {
    let wire = Wire::open().await;
    // The first call stops for want of the rest; when it goes on, the server leads inside.
    let begun = upload(&wire, Offer::of(video()).without_ranges().breaking([SEGMENT + 10; 4])).await.expect("begun");
    assert_eq!(begun["data"]["state"], "uploading", "{begun}");
    let url = wire.files.offer("/video.mp4", Offer::redirect("https://169.254.169.254/latest/meta-data"));
    let error = told(wire.call("uploadMedia", json!({"file": {"url": url}, "resume": begun["resume"]})).await);
    assert_eq!((&error["case"], &error["field"]), (&json!("egress-denied"), &json!("file.url")), "{error}");
}

#[tokio::test]
async fn refusals_of_a_server_say_whose_turn_it_is() {
    let wire = Wire::open().await;
    for (status, case, code) in [
        (404, "permanent-invalid-input", "invalid-url"),
        (410, "permanent-invalid-input", "invalid-url"),
        (401, "permanent-invalid-input", "invalid-url"),
        (403, "permanent-invalid-input", "invalid-url"),
        (204, "permanent-invalid-input", "invalid-url"),
        (304, "permanent-invalid-input", "invalid-url"),
        (500, "unavailable", "file-not-downloaded"),
        (503, "unavailable", "file-not-downloaded"),
    ] {
        let error = told(upload(&wire, Offer::status(status)).await);
        assert_eq!(
            (&error["case"], &error["code"], &error["field"]),
            (&json!(case), &json!(code), &json!("file.url")),
            "{status}: {error}"
        );
        assert!(error["message"].as_str().is_some_and(|message| message.contains(&status.to_string())), "{status}: {error}");
    }
    assert_eq!(wire.requests(), 0, "X was asked for something");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_ends_the_reading() {
    let wire = Wire::open().await;
    let url = wire.files.offer("/video.mp4", Offer::of(video()));
    let rules = [wire.relay.address().to_string(), format!("127.0.0.1:{}", wire.files.port())];
    let stranger = load(HostOptions { policy: Policy::new(rules).expect("rules"), ..HostOptions::default() });
    let connection: ConnectionProperties = wire.connection.clone();
    let call = wire.prepared("uploadMedia", json!({"file": {"url": url}})).connection(connection);
    let error = told(stranger.call(call).await);
    assert_eq!((&error["case"], &error["code"]), (&json!("unavailable"), &json!("file-not-downloaded")), "{error}");
    assert!(error["message"].as_str().is_some_and(|message| message.contains("certificate")), "{error}");
    assert!(wire.files.asked().is_empty(), "the request never left");
    assert!(wire.files.connections() > 0);
}
