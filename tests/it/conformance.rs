//! What every operation owes: a row here for each that the component exports, or this fails.
//!
//! A row has a call that goes well, fixtures with answers of X in `tests/fixtures/OPERATION/`, and meets the generic
//! checks: parameters missing, unknown and of a wrong type, no token, every known refusal.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use http::{Request, Response};
use serde_json::{Value, json};
use x_connector_host::http::{Body, Fault, full_body};
use x_connector_host::simulator::NewPost;
use x_connector_host::value::Shape;
use x_connector_host::{Call, CallError, ConnectionProperties, Operation, OperationKind};

use crate::actions::files::{PNG, data_url};
use crate::stage::{FRIEND, MAKER, Place, Stage, connection, connector, told};

/// A row of the matrix.
pub struct Row {
    pub operation: &'static str,
    /// Parameters that go well against the stage of [`stage`].
    pub good: fn(&Known) -> Value,
    /// What the output of that call has, as a JSON pointer.
    pub gives: &'static str,
    /// Whether a `503` to its first request leaves nobody wiser.
    creates: bool,
}

/// What stands on every stage of this file.
pub struct Known {
    post: String,
    own: String,
}

pub const ROWS: [Row; 7] = [
    Row { operation: "createPost", good: |_| json!({"text": "hello"}), gives: "/data/id", creates: true },
    Row { operation: "deletePost", good: |known| json!({"id": known.own}), gives: "/data/deleted", creates: false },
    Row { operation: "likePost", good: |known| json!({"tweet_id": known.post}), gives: "/data/liked", creates: false },
    Row { operation: "repostPost", good: |known| json!({"tweet_id": known.post}), gives: "/data/retweeted", creates: false },
    Row {
        operation: "sendDirectMessage",
        good: |_| json!({"username": "friend", "text": "hello"}),
        gives: "/data/dm_event_id",
        creates: true,
    },
    Row { operation: "uploadMedia", good: |_| json!({"file": {"url": data_url("image/png", PNG)}}), gives: "/data/id", creates: false },
    Row { operation: "newPost", good: |_| json!({"username": "friend", "first_poll": "latest"}), gives: "/items/0/id", creates: false },
];

fn stage() -> (Stage, Known) {
    populated(Stage::new())
}

/// A stage with a post of somebody else and one of the account's own.
pub fn populated(stage: Stage) -> (Stage, Known) {
    let post = stage.simulator.add_post(FRIEND, NewPost::saying("nice")).to_string();
    let own = stage.simulator.add_post(MAKER, NewPost::saying("mine")).to_string();
    (stage, Known { post, own })
}

fn operation(row: &Row) -> &'static Operation {
    connector().operation(row.operation).expect("it is exported")
}

#[test]
fn every_operation_has_a_row_and_every_row_an_operation() {
    let operations = connector().operations().iter().filter(|operation| operation.kind() != OperationKind::Connection);
    let exported: BTreeSet<&str> = operations.map(Operation::name).collect();
    let rows: BTreeSet<&str> = ROWS.iter().map(|row| row.operation).collect();
    assert_eq!(exported, rows, "write the missing row, and fixtures beside it");
}

#[tokio::test]
async fn a_good_call_gives_what_it_promises_and_a_receipt() {
    for row in &ROWS {
        let (stage, known) = stage();
        let output = stage.call(row.operation, (row.good)(&known)).await.unwrap_or_else(|error| panic!("{}: {error}", row.operation));
        assert!(output.pointer(row.gives).is_some_and(|value| !value.is_null()), "{}: {output}", row.operation);
        let receipt = &output["receipt"];
        assert!(receipt["outcome"].is_string() && receipt["charges"].is_array() && receipt["rate_limits"].is_array(), "{output}");
    }
}

#[tokio::test]
async fn a_missing_parameter_is_named_and_nothing_is_sent() {
    for row in &ROWS {
        let (stage, known) = stage();
        let required = operation(row).parameters().fields.iter().filter(|field| !matches!(field.shape, Shape::Option(_)));
        for field in required {
            let mut parameters = (row.good)(&known);
            let object = parameters.as_object_mut().expect("an object");
            object.remove(&field.name.json).unwrap_or_else(|| panic!("{} has no good {}", row.operation, field.name.json));
            assert_refused(&stage, row, parameters, &field.name.json).await;
        }
    }
}

#[tokio::test]
async fn an_unknown_parameter_is_named_and_nothing_is_sent() {
    for row in &ROWS {
        let (stage, known) = stage();
        let mut parameters = (row.good)(&known);
        parameters["no_such_thing"] = json!(1);
        assert_refused(&stage, row, parameters, "no_such_thing").await;
    }
}

#[tokio::test]
async fn a_parameter_of_a_wrong_type_is_named_and_nothing_is_sent() {
    for row in &ROWS {
        let (stage, known) = stage();
        for field in &operation(row).parameters().fields {
            for wrong in wrong_values(&field.shape) {
                let mut parameters = (row.good)(&known);
                parameters[&field.name.json] = wrong;
                assert_refused(&stage, row, parameters, &field.name.json).await;
            }
        }
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    for row in &ROWS {
        let (stage, known) = stage();
        let mut properties = ConnectionProperties::new();
        properties.set("X_API_BASE_URL", stage.connection.get("X_API_BASE_URL").expect("set"));
        let call = Call::new(row.operation).parameters((row.good)(&known)).connection(properties);
        let error = told(connector().call(call).await);
        assert_eq!((&error["case"], &error["field"]), (&json!("permanent-unauthorized"), &json!("X_ACCESS_TOKEN")), "{}", row.operation);
        assert_eq!(stage.requests(), 0, "{}", row.operation);
    }
}

async fn assert_refused(stage: &Stage, row: &Row, parameters: Value, field: &str) {
    let what = format!("{} {parameters}", row.operation);
    let error = told(stage.call(row.operation, parameters).await);
    assert_eq!(error["case"], "permanent-invalid-input", "{what}: {error}");
    let named = error["field"].as_str().unwrap_or_default();
    assert!(named == field || named.starts_with(&format!("{field}[")), "{what}: {error}");
    assert!(error["message"].as_str().is_some_and(|message| message.starts_with(named)), "{what}: {error}");
    assert_eq!(stage.requests(), 0, "{what}");
}

/// Values that are none of this type.
fn wrong_values(shape: &Shape) -> Vec<Value> {
    match shape {
        Shape::Option(inner) => wrong_values(inner),
        Shape::Bool => vec![json!("true"), json!(1), json!([])],
        Shape::String => vec![json!(7), json!(true), json!(["a"]), json!({})],
        Shape::List(_) => vec![json!("a"), json!(7), json!({}), json!([7]), json!([null])],
        Shape::Enum(_) => vec![json!("no such choice"), json!(7), json!([])],
        Shape::Record(_) => vec![json!("a"), json!(7), json!([])],
        _ => vec![json!("7"), json!(-1), json!(1.5), json!(true), json!([]), json!(1e30)],
    }
}

// ---- answers of X ----

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The fixtures of a folder, by name.
fn read_folder(folder: &str) -> Vec<(String, Value)> {
    let path = fixtures().join(folder);
    let entries = std::fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut found: Vec<(String, Value)> = entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = format!("{folder}/{}", path.file_stem().unwrap_or_default().to_string_lossy());
            let text = std::fs::read_to_string(&path).expect("a text");
            let fixture: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(fixture["source"].as_str().is_some_and(|source| !source.is_empty()), "{name} does not tell its source");
            (name, fixture)
        })
        .collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found
}

fn folder(operation: &str) -> String {
    x_connector_host::value::snake_case(&operation.chars().fold(String::new(), |name, letter| match letter {
        'A'..='Z' => format!("{name}-{}", letter.to_ascii_lowercase()),
        _ => format!("{name}{letter}"),
    }))
}

/// An X that gives the answers of a fixture, each to the request that it belongs to.
struct Replay {
    exchanges: Vec<Value>,
    given: AtomicUsize,
    wrong: Mutex<Vec<String>>,
}

impl Replay {
    fn answer(&self, request: &Request<Body>) -> Result<Response<Body>, Fault> {
        let number = self.given.fetch_add(1, Ordering::Relaxed);
        let asked = format!("{} {}", request.method(), request.uri().path());
        let Some(exchange) = self.exchanges.get(number) else {
            self.wrong.lock().expect("no panic").push(format!("{asked} is not expected"));
            return Err(Fault::Refused);
        };
        let expected = format!("{} {}", exchange["method"].as_str().unwrap_or_default(), exchange["path"].as_str().unwrap_or_default());
        if asked != expected {
            self.wrong.lock().expect("no panic").push(format!("{asked} instead of {expected}"));
        }
        let mut answer = Response::builder().status(u16::try_from(exchange["status"].as_u64().expect("a status")).expect("a status"));
        for (name, value) in exchange["headers"].as_object().into_iter().flatten() {
            answer = answer.header(name, value.as_str().expect("text"));
        }
        Ok(answer.body(full_body(exchange["body"].to_string())).expect("an answer"))
    }
}

/// Whether all of `expected` is in `actual`; lists must have the same length.
fn holds(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => {
            expected.iter().all(|(name, value)| actual.get(name).is_some_and(|actual| holds(actual, value)))
        }
        (Value::Array(actual), Value::Array(expected)) => {
            actual.len() == expected.len() && actual.iter().zip(expected).all(|(actual, expected)| holds(actual, expected))
        }
        _ => actual == expected,
    }
}

#[tokio::test]
async fn answers_of_x_are_read_in_all_their_shapes() {
    let mut count = 0;
    for row in &ROWS {
        let found = read_folder(&folder(row.operation));
        assert!(!found.is_empty(), "{} has no fixture", row.operation);
        for (name, fixture) in found {
            let exchanges = fixture["exchanges"].as_array().expect("exchanges").clone();
            let replay = Arc::new(Replay { exchanges, given: AtomicUsize::new(0), wrong: Mutex::default() });
            let answering = Arc::clone(&replay);
            let place = Place::open(Arc::new(move |request: Request<Body>| std::future::ready(answering.answer(&request))));
            let call = Call::new(row.operation).parameters(fixture["parameters"].clone()).connection(connection(&place));
            let output = connector().call(call).await.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(replay.wrong.lock().expect("no panic").is_empty(), "{name}: {:?}", replay.wrong);
            assert_eq!(replay.given.load(Ordering::Relaxed), replay.exchanges.len(), "{name}: some answers were not asked for");
            assert!(holds(&output, &fixture["output"]), "{name}: {output:#} does not hold {:#}", fixture["output"]);
            count += 1;
        }
    }
    println!("{count} answers replayed");
}

#[tokio::test]
async fn every_known_refusal_is_told_with_its_code_and_who_must_act() {
    let problems = read_folder("problems");
    assert!(problems.len() >= 10);
    for (name, fixture) in problems {
        let status = u16::try_from(fixture["status"].as_u64().expect("a status")).expect("a status");
        let body = fixture["body"].to_string();
        for row in &ROWS {
            let served = body.clone();
            let place = Place::open(Arc::new(move |_: Request<Body>| {
                let answer = Response::builder().status(status).header("content-type", "application/problem+json");
                std::future::ready(Ok(answer.body(full_body(served.clone())).expect("an answer")))
            }));
            let mut connection = connection(&place);
            connection.set("X_USER_ID", MAKER.to_string());
            let mut parameters = (row.good)(&Known { post: "1".to_owned(), own: "1".to_owned() });
            if parameters.get("username").is_some() {
                // By id, so that the first request is the one that matters.
                parameters["username"] = FRIEND.to_string().into();
            }
            let call = Call::new(row.operation).parameters(parameters).connection(connection);
            let result = connector().call(call).await;
            let Err(CallError::Connector(failure)) = &result else { panic!("{name}, {}: {result:?}", row.operation) };
            if status >= 500 && row.creates {
                assert_eq!(failure.case, "permanent-outcome-unknown", "{name}, {}: {failure:?}", row.operation);
                continue;
            }
            assert_eq!(failure.case, fixture["case"].as_str().unwrap_or_default(), "{name}, {}: {failure:?}", row.operation);
            if status < 500 {
                assert_eq!(failure.code(), fixture["code"].as_str().unwrap_or_default(), "{name}, {}: {failure:?}", row.operation);
                assert_eq!(failure.who_must_act(), fixture["who_must_act"].as_str(), "{name}, {}: {failure:?}", row.operation);
            }
            assert_eq!(failure.status(), Some(status), "{name}, {}: {failure:?}", row.operation);
        }
    }
}
