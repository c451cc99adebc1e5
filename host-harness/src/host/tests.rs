//! Loading and calling, with small components that do one thing each.

use super::*;
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

static PROBE: LazyLock<Vec<u8>> = LazyLock::new(|| wat::parse_str(include_str!("tests/probe.wat")).expect("the probe is a component"));

fn options() -> HostOptions {
    HostOptions { instances: 8, cache: CodeCache::Off, ..HostOptions::default() }
}

fn host(options: HostOptions) -> Host {
    Host::new(options).expect("the engine can be set up")
}

fn probe(options: HostOptions) -> Connector {
    host(options).load(&PROBE).expect("the probe is a connector")
}

async fn code(connector: &Connector, call: Call) -> String {
    connector.call(call).await.expect_err("it fails").code().to_owned()
}

fn load_error(wat: &str) -> HostError {
    host(options()).load(&wat::parse_str(wat).expect("it is WebAssembly")).expect_err("it is no connector")
}

#[test]
fn operations_are_found_by_reflection() {
    let connector = probe(options());
    let names: Vec<_> = connector.operations().iter().map(Operation::name).collect();
    assert_eq!(names, ["spinForEver", "grow", "crash", "park", "count", "fail", "echo", "newThing"]);
    let echo = connector.operation("echo").expect("it is there");
    assert_eq!((echo.kind(), echo.function()), (OperationKind::Action, "echo"));
    assert_eq!(echo.interface(), "connector:probe/actions@0.1.0");
    let fields: Vec<_> = echo.parameters().fields.iter().map(|field| field.name.json.as_str()).collect();
    assert_eq!(fields, ["text", "first_count"]);
    let trigger = connector.operation("newThing").expect("it is there");
    assert_eq!((trigger.kind(), trigger.takes_cursor()), (OperationKind::Trigger, true));
}

#[test]
fn an_operation_is_found_in_any_spelling_and_a_wrong_name_gets_a_hint() {
    let connector = probe(options());
    for name in ["spinForEver", "spin-for-ever", "SPIN_FOR_EVER", "spinforever"] {
        assert_eq!(connector.operation(name).expect("it is there").name(), "spinForEver");
    }
    assert_eq!(connector.operation("pollNewThing").expect("it is there").name(), "newThing");
    let hint = connector.operation("spinForEve").expect_err("it is not there").to_string();
    assert_eq!(hint, "there is no operation `spinForEve`; did you mean `spinForEver`?");
    let all = connector.operation("frobnicate").expect_err("it is not there").to_string();
    assert!(all.ends_with("known are spinForEver, grow, crash, park, count, fail, echo, newThing"), "{all}");
}

#[tokio::test]
async fn parameters_go_in_and_the_result_comes_out() {
    let connector = probe(options());
    let call = |parameters| connector.call(Call::new("echo").parameters(parameters));
    let both = call(json!({"text": "Grüße 🌍", "firstCount": 7})).await;
    assert_eq!(both.expect("it fits"), json!({"text": "Grüße 🌍", "first_count": 7}));
    let one = call(json!({"text": "a"})).await;
    assert_eq!(one.expect("it fits"), json!({"text": "a"}));
}

#[tokio::test]
async fn every_call_has_an_instance_of_its_own() {
    let connector = probe(options());
    for _ in 0..20 {
        assert_eq!(connector.call(Call::new("count")).await.expect("it counts"), json!(1));
    }
}

#[tokio::test]
async fn a_trigger_gets_its_cursor_and_an_action_takes_none() {
    let connector = probe(options());
    let poll = |cursor: Option<&str>| connector.call(Call::new("newThing").cursor(cursor.map(str::to_owned)));
    assert_eq!(poll(None).await.expect("it polls"), Value::Null);
    assert_eq!(poll(Some("c1")).await.expect("it polls"), json!("c1"));
    let call = Call::new("count").cursor(Some("c1".to_owned()));
    let error = connector.call(call).await.expect_err("it takes no cursor");
    assert_eq!((error.code(), error.field()), ("unexpected-cursor", Some("cursor")));
}

#[tokio::test]
async fn parameters_that_do_not_fit_are_refused_before_an_instance_exists() {
    let connector = probe(options());
    for (parameters, code, field) in [
        (json!({"txt": "a"}), "unknown-field", "txt"),
        (json!({}), "missing-field", "text"),
        (json!({"text": "a", "first_count": -1}), "out-of-range", "first_count"),
        (json!("text"), "wrong-type", "parameters"),
    ] {
        let error = connector.call(Call::new("echo").parameters(parameters)).await.expect_err("it does not fit");
        assert_eq!((error.case(), error.code(), error.field()), ("permanent-invalid-input", code, Some(field)));
        assert_eq!(error.who_must_act(), "author");
    }
    let error = connector.call(Call::new("count").parameters(json!({"a": 1}))).await.expect_err("it takes none");
    assert_eq!(error.to_string(), "a is not known; leave it out: there are no parameters");
    assert!(connector.call(Call::new("count").parameters(Value::Null)).await.is_ok());
}

#[tokio::test]
async fn an_error_of_the_connector_keeps_its_case_and_its_problem() {
    let error = probe(options()).call(Call::new("fail")).await.expect_err("it fails");
    let CallError::Connector(failure) = &error else {
        panic!("{error:?}");
    };
    assert_eq!((failure.case.as_str(), failure.code()), ("permanent-not-found", "no-such-post"));
    assert!(failure.is_permanent());
    let json = error.to_json();
    assert_eq!(json["error"]["case"], "permanent-not-found");
    assert_eq!(json["error"]["code"], "no-such-post");
    assert!(json["error"]["message"].is_string());
}

#[tokio::test]
async fn all_errors_have_one_json_shape() {
    let connector = probe(options());
    for call in ["fail", "crash", "grow", "frobnicate"].map(Call::new) {
        let json = connector.call(call).await.expect_err("it fails").to_json();
        for name in ["case", "code", "message", "who_must_act"] {
            assert!(json["error"][name].is_string(), "{name} of {json}");
        }
    }
}

#[tokio::test]
async fn a_component_that_computes_for_ever_is_ended() {
    let connector = probe(HostOptions { running_time: Duration::from_millis(50), ..options() });
    assert_eq!(code(&connector, Call::new("spinForEver")).await, "running-time-exceeded");
    let call = Call::new("spinForEver").deadline(Duration::from_millis(20));
    assert_eq!(code(&connector, call).await, "deadline-exceeded");
}

#[tokio::test]
async fn a_computing_component_does_not_keep_others_from_running() {
    // One thread: the others run only because the first gives way.
    let connector = probe(HostOptions { running_time: Duration::from_secs(30), ..options() });
    let spinning = tokio::spawn({
        let connector = connector.clone();
        async move { connector.call(Call::new("spinForEver")).await }
    });
    for _ in 0..5 {
        assert!(connector.call(Call::new("count")).await.is_ok());
    }
    assert!(!spinning.is_finished());
    spinning.abort();
    assert!(spinning.await.expect_err("it was ended").is_cancelled());
    assert!(connector.call(Call::new("count")).await.is_ok());
}

#[tokio::test]
async fn a_component_that_waits_for_ever_is_ended_by_the_deadline() {
    let connector = probe(options());
    let began = Instant::now();
    let call = Call::new("park").deadline(Duration::from_millis(30));
    assert_eq!(code(&connector, call).await, "deadline-exceeded");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn waiting_does_not_count_as_running() {
    let connector = probe(HostOptions { running_time: Duration::from_millis(20), ..options() });
    let call = Call::new("park").deadline(Duration::from_millis(100));
    assert_eq!(code(&connector, call).await, "deadline-exceeded");
}

#[tokio::test]
async fn a_component_gets_no_more_memory_than_its_cap() {
    let connector = probe(HostOptions { memory: 4 << 20, ..options() });
    assert_eq!(code(&connector, Call::new("grow")).await, "out-of-memory");
    assert!(connector.call(Call::new("count")).await.is_ok());
}

#[tokio::test]
async fn what_a_call_used_is_told_however_it_ended() {
    const PAGE: usize = 64 << 10;
    let connector = probe(HostOptions { memory: 60 * PAGE, running_time: Duration::from_millis(20), ..options() });
    let (counted, usage) = connector.call_metered(Call::new("count")).await;
    assert!(counted.is_ok());
    assert_eq!(usage.memory, PAGE);
    // One page at first, and 16 more each time: the fourth time would be beyond the cap.
    assert_eq!(connector.call_metered(Call::new("grow")).await.1.memory, 49 * PAGE);
    let (ended, usage) = connector.call_metered(Call::new("spin-for-ever")).await;
    assert_eq!(ended.expect_err("it is ended").code(), "running-time-exceeded");
    assert!(usage.running_time > Duration::from_millis(20));
    assert_eq!(connector.call_metered(Call::new("unknown")).await.1, Usage::default());
}

#[tokio::test]
async fn a_trap_ends_the_call_and_not_the_host() {
    let connector = probe(options());
    for _ in 0..20 {
        assert_eq!(code(&connector, Call::new("crash")).await, "trapped");
    }
    assert!(connector.call(Call::new("count")).await.is_ok());
}

#[tokio::test]
async fn calls_beyond_the_pool_wait_and_the_wait_counts() {
    let connector = probe(HostOptions { instances: 2, ..options() });
    let parked: Vec<_> = (0..2)
        .map(|_| {
            let connector = connector.clone();
            tokio::spawn(async move { connector.call(Call::new("park")).await })
        })
        .collect();
    while connector.free_instances() > 0 {
        tokio::task::yield_now().await;
    }
    let call = Call::new("count").deadline(Duration::from_millis(20));
    assert_eq!(code(&connector, call).await, "deadline-exceeded");
    parked[0].abort();
    assert!(connector.call(Call::new("count")).await.is_ok());
}

#[tokio::test]
async fn parked_calls_end_when_they_are_dropped() {
    let connector = probe(options());
    for _ in 0..50 {
        let call = connector.call(Call::new("park"));
        let raced = tokio::time::timeout(Duration::from_millis(1), call).await;
        assert!(raced.is_err());
    }
    assert_eq!(connector.free_instances(), 8);
}

#[test]
fn bytes_that_are_no_component_are_told_apart() {
    let host = host(options());
    for bytes in [&b""[..], b"hello", b"\x7fELF\x02\x01\x01\x00", b"\0as"] {
        assert!(matches!(host.load(bytes), Err(HostError::NotWebAssembly)), "{bytes:?}");
    }
    assert!(matches!(load_error("(module)"), HostError::CoreModule));
    let mut damaged = PROBE.clone();
    damaged.truncate(damaged.len() / 2);
    assert!(matches!(host.load(&damaged), Err(HostError::Compile(_))));
    for error in [HostError::NotWebAssembly, HostError::CoreModule] {
        assert!(error.to_string().contains("; "), "{error}");
    }
}

#[test]
fn a_component_that_wants_files_or_sockets_is_refused() {
    let error = load_error(
        r#"(component
            (import "wasi:filesystem/types@0.2.6" (instance))
            (import "wasi:sockets/tcp@0.2.6" (instance))
            (import "wasi:clocks/wall-clock@0.2.6" (instance))
            (import "own" (func)))"#,
    );
    let HostError::ImportsNotOffered { imports } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(imports, &["wasi:filesystem/types@0.2.6", "wasi:sockets/tcp@0.2.6", "own"]);
    assert!(error.to_string().contains("wasi:filesystem/types"));
}

#[test]
fn an_import_of_another_type_is_refused() {
    let error = load_error(
        r#"(component
            (import "wasi:random/random@0.2.6" (instance (export "get-random-u64" (func (result string)))))
            (core module $m (memory (export "memory") 1) (func (export "f") (result i32) i32.const 0))
            (core instance $i (instantiate $m))
            (func $f (result (result u32)) (canon lift (core func $i "f") (memory (core memory $i "memory"))))
            (instance $actions (export "run" (func $f)))
            (export "a:b/actions" (instance $actions)))"#,
    );
    assert!(matches!(error, HostError::ImportMismatch(_)), "{error:?}");
}

#[test]
fn a_component_without_operations_is_refused() {
    assert!(matches!(load_error("(component)"), HostError::NoOperations));
    let error = load_error(
        r#"(component
            (core module $m (func (export "f") (result i32) i32.const 0))
            (core instance $i (instantiate $m))
            (func $f (result u32) (canon lift (core func $i "f")))
            (instance $actions (export "run" (func $f)))
            (export "a:b/actions@1.0.0" (instance $actions)))"#,
    );
    assert_eq!(error.to_string(), "the component's function `run` does not fit: it does not return a `result`");
}

#[test]
fn compiled_code_is_kept_in_the_directory_that_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let inside = directory.path().join("made/when/missing");
    let cached = HostOptions { cache: CodeCache::Directory(inside.clone()), ..options() };
    host(cached).load(&PROBE).expect("the probe is a connector");
    assert!(inside.read_dir().expect("it was made").next().is_some());
    let file = directory.path().join("file");
    std::fs::write(&file, "").expect("a file");
    let refused = Host::new(HostOptions { cache: CodeCache::Directory(file), ..options() });
    assert!(matches!(refused, Err(HostError::Cache(_))));
}

#[test]
fn nothing_that_is_printed_holds_a_secret() {
    let connection = ConnectionProperties::from_iter([("X_ACCESS_TOKEN", "canary-token"), ("X_USER_ID", "canary-id")]);
    let secrets: Vec<_> = connection.secrets().collect();
    assert_eq!(secrets, ["canary-token"]);
    let call = Call::new("echo").parameters(json!({"text": "canary"})).connection(connection);
    assert!(!format!("{call:?}").contains("canary"));
}
