//! Answers that no X would give: each ends in an error with a shape, and never in a trap.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use serde_json::{Value, json};
use x_connector_host::http::{Body, Fault as Broken, full_body};
use x_connector_host::simulator::{Clock, Effect, Fault, NewPost};
use x_connector_host::{Call, CallError};

use crate::actions::files::{ANIMATED_GIF, data_url};
use crate::stage::{FRIEND, MAKER, Place, Stage, connection, connector};

/// What a `2xx` alone says of an operation: X did it, whatever the body holds. A creation has an id to tell, and a poll posts.
fn is_told_by_status(operation: &str) -> bool {
    ["likePost", "repostPost", "deletePost"].contains(&operation)
}

/// All operations, with parameters that would do.
fn calls() -> [(&'static str, Value); 7] {
    [
        ("createPost", json!({"text": "hello", "first_attempt_at": Clock::system().now_ms()})),
        ("likePost", json!({"tweet_id": "1880012345678901234"})),
        ("repostPost", json!({"tweet_id": "1880012345678901234"})),
        ("sendDirectMessage", json!({"username": "friend", "text": "hello"})),
        ("newPost", json!({"username": "friend", "first_poll": "latest"})),
        ("deletePost", json!({"id": "1880012345678901234"})),
        ("uploadMedia", json!({"file": {"url": data_url("image/gif", ANIMATED_GIF)}})),
    ]
}

/// An error of the connector's own, with all its parts.
fn assert_structured(result: &Result<Value, CallError>, what: &str) {
    match result {
        Ok(output) => assert!(output["receipt"]["outcome"].is_string(), "{what}: {output}"),
        Err(CallError::Connector(failure)) => {
            assert!(!failure.code().is_empty() && !failure.message().is_empty(), "{what}: {failure:?}");
            assert!(failure.who_must_act().is_some(), "{what}: {failure:?}");
            assert!(failure.message().len() < 1_000, "{what}: {failure:?}");
        }
        Err(error) => panic!("{what}: {error}"),
    }
}

/// Bodies of every wrong kind.
fn bodies() -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> = Vec::new();
    let values = [
        "null",
        "true",
        "0",
        "-1",
        "1e999",
        "\"\"",
        "\"text\"",
        "[]",
        "[[]]",
        "{}",
        "[null]",
        "{\"id\":null}",
        "{\"id\":{}}",
        "{\"id\":\"\"}",
        "{\"id\":\"abc\"}",
        "{\"id\":\"-1\"}",
        "{\"id\":\"99999999999999999999\"}",
        "{\"id\":1880012345678901234}",
        "{\"id\":\"1\",\"text\":7}",
        "[{\"id\":\"1\"}]",
        "[{\"id\":\"99999999999999999999\",\"text\":null}]",
        "[{\"id\":\"1\",\"text\":\"a\",\"referenced_tweets\":7,\"note_tweet\":[],\"entities\":\"x\",\"edit_history_tweet_ids\":[\"\"]}]",
    ];
    for value in values {
        bodies.push(value.into());
        for name in ["data", "errors", "meta", "includes", "title", "detail", "type", "status"] {
            bodies.push(format!("{{\"{name}\":{value}}}").into());
            bodies.push(format!("{{\"data\":{{\"id\":\"1\",\"username\":\"a\"}},\"{name}\":{value}}}").into());
        }
        for member in [
            "liked",
            "retweeted",
            "deleted",
            "dm_event_id",
            "dm_conversation_id",
            "username",
            "edit_history_tweet_ids",
            "media_key",
            "expires_after_secs",
            "processing_info",
        ] {
            bodies.push(format!("{{\"data\":{{\"id\":\"1\",\"{member}\":{value}}}}}").into());
        }
        for member in ["state", "check_after_secs", "progress_percent", "error"] {
            bodies.push(format!("{{\"data\":{{\"id\":\"1\",\"processing_info\":{{\"{member}\":{value}}}}}}}").into());
        }
        bodies.push(format!("{{\"data\":[],\"meta\":{{\"next_token\":{value},\"result_count\":{value}}}}}").into());
    }
    bodies.push(Vec::new());
    bodies.push(b"\xef\xbb\xbf{}".to_vec());
    bodies.push(b"{\"data\":{\"id\":\"1\",\"text\":\"\\ud800\"}}".to_vec());
    bodies.push(b"{\"data\":{\"id\":\"1\",\"text\":\"\xff\xfe\"}}".to_vec());
    bodies.push(b"{\"data\":{\"id\":\"1\"},\"data\":{\"id\":\"2\"}}".to_vec());
    bodies.push(vec![0; 10_000]);
    bodies.push(b"<!doctype html><html>".to_vec());
    bodies.push("[".repeat(1_000_000).into());
    bodies.push(format!("{{\"data\":{}1{}}}", "[".repeat(500_000), "]".repeat(500_000)).into());
    bodies.push("{\"a\":".repeat(200_000).into());
    bodies.push(format!("{{\"data\":{{\"id\":\"{}\"}}}}", "1".repeat(1_000_000)).into());
    bodies.push(format!("{{\"detail\":\"{}\"}}", "long ".repeat(100_000)).into());
    bodies.push(format!("{{\"data\":{{\"id\":{}}}}}", "9".repeat(100_000)).into());
    bodies.push(format!("{{\"data\":[{}]}}", "{\"id\":\"1\"},".repeat(50_000).trim_end_matches(',')).into());
    bodies
}

#[tokio::test]
async fn bodies_of_every_wrong_kind_end_in_an_error_with_a_shape() {
    let statuses = [200, 201, 204, 400, 403, 404, 429, 500];
    let mut answers = 0_u64;
    for (number, body) in bodies().into_iter().enumerate() {
        let body = Bytes::from(body);
        let is_large = body.len() > 100_000;
        for status in statuses.into_iter().filter(|status| !is_large || *status == 200 || *status == 403) {
            let served = body.clone();
            let place = Place::open(Arc::new(move |_: Request<Body>| {
                let answer = Response::builder().status(status).header("content-type", "application/json").body(full_body(served.clone()));
                std::future::ready(Ok(answer.expect("an answer")))
            }));
            // Each body meets two of the operations; together they meet all.
            let picked = [number % 7, (number + usize::from(status)) % 7];
            for (operation, parameters) in picked.map(|index| calls()[index].clone()) {
                answers += 1;
                // Too short to wait for what X is said to be working on.
                let mut connection = connection(&place);
                connection.set("X_CALL_DEADLINE_MS", "900");
                let result = connector().call(Call::new(operation).parameters(parameters).connection(connection)).await;
                let start = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
                assert_structured(&result, &format!("{operation}, {status}, {start}"));
            }
        }
    }
    println!("{answers} hostile answers");
    assert!(answers > 1_000);
}

#[tokio::test]
async fn a_body_without_end_is_cut_and_memory_stays_small() {
    let stage = Stage::new();
    stage.simulator.add_post(FRIEND, NewPost::saying("nice"));
    stage.simulator.add_fault(Fault::everywhere(Effect::Oversized(100 << 20)));
    for (operation, parameters) in calls() {
        let result = stage.call(operation, parameters).await;
        assert!(result.is_err() || is_told_by_status(operation), "{operation}");
        assert_structured(&result, operation);
    }
}

#[tokio::test]
async fn headers_of_every_wrong_kind_do_no_harm() {
    let values: [&'static str; 6] =
        ["", "text/html", "application/json; charset=utf-16", "a/b;;;=", "application/json, text/html", "\u{7f}"];
    for value in values.into_iter().filter_map(|value| HeaderValue::from_str(value).ok()) {
        let stage = Stage::new();
        stage.simulator.add_fault(Fault::everywhere(Effect::ContentType(value.clone())));
        for (operation, parameters) in calls() {
            assert_structured(&stage.call(operation, parameters).await, &format!("{operation} {value:?}"));
        }
    }
    let place = Place::open(Arc::new(|_: Request<Body>| {
        let mut answer = Response::builder().status(200);
        for number in 0..2_000 {
            answer = answer.header(format!("x-header-{number}"), "v".repeat(100));
        }
        std::future::ready(Ok(answer.body(full_body("{}")).expect("an answer")))
    }));
    for (operation, parameters) in calls() {
        let result = connector().call(Call::new(operation).parameters(parameters).connection(connection(&place))).await;
        assert_structured(&result, operation);
    }
}

#[tokio::test]
async fn statuses_of_every_kind_end_in_an_error_with_a_shape() {
    for status in (200..=299).chain(300..=308).chain(400..=431).chain(500..=511).chain([599, 999]) {
        let place = Place::open(Arc::new(move |_: Request<Body>| {
            std::future::ready(Ok(Response::builder().status(status).body(full_body("{\"title\":\"Odd\"}")).expect("an answer")))
        }));
        for (operation, parameters) in calls() {
            let result = connector().call(Call::new(operation).parameters(parameters).connection(connection(&place))).await;
            let may_do = status < 300 && is_told_by_status(operation);
            assert!(result.is_err() || may_do, "{operation}, {status}: {result:?}");
            assert_structured(&result, &format!("{operation}, {status}"));
        }
    }
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let asked = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let count = Arc::clone(&asked);
    let trap = Place::open(Arc::new(move |_: Request<Body>| {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        std::future::ready(Ok(Response::new(full_body("{\"data\":{\"id\":\"1\"}}"))))
    }));
    for status in [301, 302, 303, 307, 308] {
        let stage = Stage::new();
        let location = HeaderValue::from_str(&trap.url()).expect("a header");
        let headers = vec![(http::header::LOCATION, location)];
        stage.simulator.add_fault(Fault::everywhere(Effect::Answer {
            status: StatusCode::from_u16(status).expect("a status"),
            headers,
            body: Vec::new(),
        }));
        for (operation, parameters) in calls() {
            assert!(stage.call(operation, parameters).await.is_err(), "{operation} {status}");
        }
    }
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn every_call_ends_in_time_whatever_hangs() {
    let effects = [
        Effect::Hang,
        Effect::HangBody(0),
        Effect::HangBody(10),
        Effect::Drip { step: 1, pause: Duration::from_secs(1) },
        Effect::Delay(Duration::from_hours(1)),
    ];
    for effect in effects {
        let stage = Stage::new().property("X_CALL_DEADLINE_MS", "300");
        stage.simulator.add_post(MAKER, NewPost::saying("mine"));
        stage.simulator.add_fault(Fault::everywhere(effect.clone()));
        for (operation, parameters) in calls() {
            let began = std::time::Instant::now();
            let result = stage.call(operation, parameters).await;
            let took = began.elapsed();
            let has_head = !matches!(effect, Effect::Hang | Effect::Delay(_));
            assert!(result.is_err() || has_head && is_told_by_status(operation), "{operation} {effect:?}");
            assert_structured(&result, &format!("{operation} {effect:?}"));
            assert!(took < Duration::from_secs(3), "{operation} {effect:?} took {took:?}");
        }
    }
}

#[tokio::test]
async fn connections_that_fail_before_anything_was_sent_are_told_as_not_sent() {
    for fault in [Broken::NameNotResolved, Broken::Refused, Broken::Unreachable, Broken::ConnectTimedOut, Broken::Tls, Broken::Certificate]
    {
        let place = Place::open(Arc::new(move |_: Request<Body>| std::future::ready(Err(fault))));
        for (operation, parameters) in calls() {
            let result = connector().call(Call::new(operation).parameters(parameters).connection(connection(&place))).await;
            let Err(CallError::Connector(failure)) = result else { panic!("{operation} {fault:?}: {result:?}") };
            assert_eq!(failure.case, "unavailable", "{operation} {fault:?}: {failure:?}");
        }
    }
}

#[tokio::test]
async fn connections_that_fail_later_leave_a_creation_unknown() {
    for fault in [Broken::Terminated, Broken::ReadTimedOut, Broken::Incomplete, Broken::Protocol] {
        let place = Place::open(Arc::new(move |_: Request<Body>| std::future::ready(Err(fault))));
        for (operation, parameters) in
            [("createPost", json!({"text": "a"})), ("sendDirectMessage", json!({"username": "2244994945", "text": "a"}))]
        {
            let result = connector().call(Call::new(operation).parameters(parameters).connection(connection(&place))).await;
            let Err(CallError::Connector(failure)) = result else { panic!("{operation} {fault:?}: {result:?}") };
            assert_eq!(failure.case, "permanent-outcome-unknown", "{operation} {fault:?}: {failure:?}");
        }
    }
}
