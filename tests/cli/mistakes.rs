//! What a person types wrong, and what is told then.

use serde_json::json;

use crate::program::{World, root, run, run_with_input, x_connector};

fn message(error: &serde_json::Value) -> &str {
    error["message"].as_str().unwrap_or_default()
}

#[test]
fn a_command_line_that_is_wrong_exits_with_2() {
    for (arguments, word) in [
        (&["cal", "createPost"][..], "call"),
        (&["call"], "<OPERATION>"),
        (&["call", "createPost", "--parm", "text=a"], "--param"),
        (&["call", "createPost", "--param"], "--param"),
        (&["call", "createPost", "two"], "two"),
        (&["run"], "<WORKFLOW>"),
        (&["watch", "newPost", "--interval", "soon"], "30s"),
        (&["watch", "newPost", "--interval", "5d"], "use ms, s, m or h"),
        (&["watch", "newPost", "--polls=-1"], "--polls"),
        (&["simulate", "--listen", "0.0.0.0:80"], "loopback"),
        (&["simulate", "--listen", "here"], "127.0.0.1:18080"),
        (&[], "Usage"),
    ] {
        let ran = run(&mut x_connector(arguments));
        let said = ran.usage();
        assert!(said.contains(word), "{arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn an_unknown_operation_is_told_with_the_nearest_one() {
    for (arguments, nearest) in [
        (&["--simulate", "call", "createPots"][..], "createPost"),
        (&["--simulate", "call", "sendMessage"], "sendDirectMessage"),
        (&["--simulate", "poll", "newPosts"], "newPost"),
        (&["describe", "likePosts"], "likePost"),
    ] {
        let error = run(&mut x_connector(arguments)).error();
        assert_eq!(error["code"], "unknown-operation", "{arguments:?}: {error}");
        assert!(message(&error).contains(nearest), "{arguments:?}: {error}");
    }
}

#[test]
fn a_trigger_is_not_called_and_an_action_not_polled() {
    let error = run(&mut x_connector(&["--simulate", "call", "newPost", "--param", "username=maker"])).error();
    assert!(message(&error).contains("`poll`"), "{error}");
    let error = run(&mut x_connector(&["--simulate", "poll", "createPost", "--param", "text=a"])).error();
    assert!(message(&error).contains("`call`"), "{error}");
}

#[test]
fn wrong_parameters_are_named_and_nothing_reaches_x() {
    let world = World::new();
    world.file("half.json", "{\"text\": ");
    world.file("binary.json", b"\xff\xfe\x00");
    let cases = [
        (&["--param", "txt=a"][..], "txt"),
        (&["--param", "text"], "--param"),
        (&["--param", "=a"], "--param"),
        (&["--param", "text="], "text"),
        (&[], "text"),
        (&["--params", "text=a"], "--params"),
        (&["--params", "[]"], "--params"),
        (&["--params", "{\"text\": 1}"], "text"),
        (&["--params", "@missing.json"], "--params"),
        (&["--params", "@half.json"], "--params"),
        (&["--params", "@binary.json"], "--params"),
        (&["--params", "@."], "--params"),
        (&["--param", "text=a", "--param", "media=missing.png"], "media[0].url"),
        (&["--param", "text=a", "--param", "media=."], "media[0].url"),
        (&["--param", "text=a", "--param", "media=half.json"], "media[0].url"),
        (&["--param", "text=a", "--param", "media={\"url\": "], "media"),
        (&["--param", "text=a", "--param", "first_attempt_at=soon"], "first_attempt_at"),
    ];
    for (more, field) in cases {
        let arguments: Vec<&str> = ["call", "createPost"].iter().chain(more).copied().collect();
        let error = world.run(&arguments).error();
        assert_eq!(error["case"], "permanent-invalid-input", "{more:?}: {error}");
        assert_eq!(error["field"].as_str().unwrap_or_default(), field, "{more:?}: {error}");
    }
    assert_eq!(world.simulator.calls("POST", "/2/tweets"), 0);
    assert_eq!(world.simulator.calls("POST", "/2/media/upload"), 0);
}

#[test]
fn a_connection_that_will_not_do_is_named() {
    let world = World::new();
    let call = ["call", "createPost", "--param", "text=a"];
    let error = run(world.command(&call).env_remove("X_ACCESS_TOKEN")).error();
    assert_eq!((&error["field"], &error["code"]), (&json!("X_ACCESS_TOKEN"), &json!("missing-credential")), "{error}");
    for url in ["http://example.com", "http://10.0.0.1:8080", "ftp://127.0.0.1", "127.0.0.1:18080", "http://127.0.0.1:1/2"] {
        let error = run(world.command(&call).env("X_API_BASE_URL", url)).error();
        assert_eq!((&error["case"], &error["field"]), (&json!("permanent-invalid-input"), &json!("X_API_BASE_URL")), "{url}: {error}");
    }
    // Nothing listens on port 1: not sent, and told so.
    let error = run(world.command(&call).env("X_API_BASE_URL", "http://127.0.0.1:1")).error();
    assert_eq!((&error["case"], &error["code"]), (&json!("unavailable"), &json!("connection-refused")), "{error}");
    assert_eq!(world.simulator.post_count(), 0);
}

#[test]
fn a_file_that_is_no_component_is_told_as_that() {
    let world = World::new();
    world.file("text.wasm", "hello");
    world.file("empty.wasm", "");
    world.file("module.wasm", b"\0asm\x01\0\0\0");
    world.file("half.wasm", &x_connector_host::COMPONENT[..1_000]);
    world.file("bare.wasm", b"\0asm\x0d\0\x01\0");
    for (name, code) in [
        ("text.wasm", "not-a-component"),
        ("empty.wasm", "not-a-component"),
        ("module.wasm", "not-a-component"),
        ("half.wasm", "not-a-component"),
        ("bare.wasm", "not-a-connector"),
        ("missing.wasm", "file-not-readable"),
    ] {
        let error = world.run(&["--component", name, "call", "createPost", "--param", "text=a"]).error();
        assert_eq!((&error["code"], &error["field"]), (&json!(code), &json!("--component")), "{name}: {error}");
    }
}

#[test]
fn a_rule_that_is_none_and_a_record_that_cannot_be_written_are_named() {
    let world = World::new();
    let error = world.run(&["call", "createPost", "--param", "text=a", "--allow-host", "https://example.com/a"]).error();
    assert_eq!((&error["code"], &error["field"]), (&json!("invalid-allow-host"), &json!("--allow-host")), "{error}");
    let error = world.run(&["call", "createPost", "--param", "text=a", "--record", "missing/record"]).error();
    assert_eq!(error["field"], "--record", "{error}");
    assert_eq!(world.simulator.post_count(), 0);
}

#[test]
fn a_workflow_that_is_wrong_is_refused_before_anything_runs() {
    let world = World::new();
    let post = r#"{"name": "post", "type": "x/v1/createPost", "parameters": {"text": "hello"}}"#;
    let cases = [
        ("", "WORKFLOW"),
        ("{}", "WORKFLOW"),
        ("[]", "WORKFLOW"),
        (&format!("[{post}, {post}]"), "WORKFLOW"),
        (
            &format!(r#"[{post}, {{"name": "like", "type": "x/v1/likePost", "parameters": {{"tweet_id": "${{pots.data.id}}"}}}}]"#),
            "WORKFLOW",
        ),
        (&format!(r#"[{post}, {{"name": "like", "type": "x/v1/likePost", "parameters": {{"tweet_id": "${{post.data.id"}}}}]"#), "WORKFLOW"),
        (&format!(r#"[{post}, {{"name": "like", "type": "likePost", "parameters": {{"tweet_id": "1"}}}}]"#), "WORKFLOW"),
        (&format!(r#"[{post}, {{"name": "like", "type": "x/v1/likePosts", "parameters": {{"tweet_id": "1"}}}}]"#), ""),
        (&format!(r#"[{post}, {{"name": "like", "type": "x/v1/likePost", "parameters": {{"id": "1"}}}}]"#), "id"),
        (&format!(r#"[{post}, {{"name": "like", "type": "x/v1/likePost", "parameters": {{}}}}]"#), "tweet_id"),
        (&format!(r#"[{post}, {{"name": "like", "type": "x/v1/likePost", "parameters": {{"tweet_id": 7}}}}]"#), "tweet_id"),
        (&format!(r#"[{post}, {{"name": "like", "type": "x/v1/likePost", "params": {{"tweet_id": "1"}}}}]"#), "WORKFLOW"),
    ];
    for (text, field) in cases {
        world.file("workflow.json", text);
        let error = world.run(&["run", "workflow.json"]).error();
        assert_eq!(
            (&error["case"], error["field"].as_str().unwrap_or_default()),
            (&json!("permanent-invalid-input"), field),
            "{text}: {error}"
        );
    }
    let error = world.run(&["run", "missing.json"]).error();
    assert_eq!((&error["code"], &error["field"]), (&json!("file-not-readable"), &json!("WORKFLOW")), "{error}");
    let error = run_with_input(&mut world.command(&["run", "-"]), b"\xff").error();
    assert_eq!(error["code"], "not-text", "{error}");
    assert_eq!(world.simulator.post_count(), 0);
}

#[test]
fn a_port_in_use_is_told_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let error = run(&mut x_connector(&["simulate", "--listen", &address])).error();
    assert_eq!((&error["code"], &error["field"]), (&json!("address-not-usable"), &json!("--listen")), "{error}");
}

#[test]
fn a_directory_without_a_contract_is_told_as_that() {
    let empty = tempfile::tempdir().expect("a directory");
    let directory = empty.path().to_str().expect("text");
    let error = run(&mut x_connector(&["manifest", "--check", "--directory", directory])).error();
    assert_eq!(error["field"], "wit", "{error}");
    assert!(root().join("wit").is_dir());
}
