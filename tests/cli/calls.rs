//! `call` and `simulate`: the five actions as a person runs them.

use std::process::{Command, Stdio};

use serde_json::{Value, json};
use x_connector_host::simulator::{NewPost, Options, Plan};

use crate::program::{Running, TOKEN, World, root, run, run_with_input, x_connector};

const FRIEND: u64 = 1_811_000_000_000_000_002;

#[test]
fn an_action_runs_against_the_simulator_in_the_process() {
    let output = run(&mut x_connector(&["--simulate", "call", "createPost", "--param", "text=hello"])).output();
    assert_eq!(output["data"]["text"], "hello");
    assert_eq!(output["receipt"]["outcome"], "done");
}

#[test]
fn a_simulator_and_calls_are_processes_of_their_own() {
    let simulator = Running::start(&mut x_connector(&["simulate", "--listen", "127.0.0.1:0", "--token", "T"]));
    let told = simulator.json();
    let base_url = told["base_url"].as_str().expect("an address").to_owned();
    assert!(base_url.starts_with("http://127.0.0.1:"), "{told}");
    assert_eq!(told["token"], "T");
    assert!(told["users"].as_array().is_some_and(|users| users.iter().any(|user| user["username"] == "friend")), "{told}");

    let directory = tempfile::tempdir().expect("a directory");
    let call = |arguments: &[&str]| -> (String, Value) {
        let mut command = x_connector(arguments);
        command.env("X_API_BASE_URL", &base_url).env("X_ACCESS_TOKEN", "T").current_dir(directory.path());
        let ran = run(&mut command);
        let output = ran.output();
        (ran.stdout, output)
    };
    let poll = || call(&["poll", "newPost", "--param", "username=maker", "--cursor-file", "maker.cursor"]).1;
    assert_eq!(poll()["items"], json!([]));

    let (line, output) = call(&["call", "createPost", "--param", "text=hello"]);
    let id = output["data"]["id"].as_str().expect("an id").to_owned();
    let start = format!("{{\"data\":{{\"edit_history_tweet_ids\":[\"{id}\"],\"id\":\"{id}\",\"text\":\"hello\"}}");
    assert!(line.starts_with(&start), "{line}");

    let items = poll()["items"].clone();
    assert_eq!((items.as_array().map(Vec::len), &items[0]["id"]), (Some(1), &json!(id)));
    assert_eq!(poll()["items"], json!([]), "once and only once");

    assert_eq!(call(&["call", "likePost", "--param", &format!("tweet_id={id}")]).1["data"], json!({"liked": true}));
    let address = format!("tweet_id=https://x.com/maker/status/{id}?s=20");
    assert_eq!(call(&["call", "repostPost", "--param", &address]).1["data"], json!({"id": id, "retweeted": true}));
    let sent = call(&["call", "sendDirectMessage", "--param", "username=@friend", "--param", "text=hello"]).1;
    assert!(sent["data"]["dm_conversation_id"].is_string() && sent["data"]["dm_event_id"].is_string(), "{sent}");
    assert_eq!(call(&["call", "deletePost", "--params", &json!({ "id": id }).to_string()]).1["data"], json!({"deleted": true}));

    simulator.signal("INT");
    let (status, rest, stderr) = simulator.end();
    assert!(status.success() && rest.is_empty() && stderr.is_empty(), "{status} {rest:?} {stderr}");
}

#[test]
fn parameters_come_from_arguments_files_and_stdin() {
    let world = World::with(Options { limits: false, ..Options::default() });
    world.file("params.json", r#"{"text": "from a file"}"#);
    assert_eq!(world.run(&["call", "createPost", "--params", "@params.json"]).output()["data"]["text"], "from a file");
    let from_stdin = run_with_input(&mut world.command(&["call", "createPost", "--params", "-"]), br#"{"text": "from stdin"}"#);
    assert_eq!(from_stdin.output()["data"]["text"], "from stdin");
    let both = world.run(&["call", "createPost", "--params", r#"{"text": "one"}"#, "--param", "text=another = text"]);
    assert_eq!(both.output()["data"]["text"], "another = text");
    // A text is a text, also when it looks like something else.
    for text in ["123", "true", "null", "[1]", "{}", "-x"] {
        assert_eq!(world.run(&["call", "createPost", "--param", &format!("text={text}")]).output()["data"]["text"], text);
    }
    assert_eq!(world.simulator.posts().len(), 9);
}

#[test]
fn images_are_named_by_their_paths_relative_to_where_one_stands() {
    let world = World::new();
    for name in ["sunrise.png", "harbour.png"] {
        std::fs::copy(root().join("examples").join(name), world.directory.path().join(name)).expect("copied");
    }
    let output =
        world.run(&["call", "createPost", "--param", "text=look", "--param", "media=sunrise.png", "--param", "media=./harbour.png"]);
    output.output();
    assert_eq!(world.simulator.posts()[0].media_ids.len(), 2);
    let entry = r#"[{"url": "sunrise.png", "name": "a.png", "mimeType": "image/png", "extension": "png"}]"#;
    world
        .run(&["call", "sendDirectMessage", "--param", "username=friend", "--param", "text=look", "--param", &format!("media={entry}")])
        .output();
    assert_eq!(world.simulator.direct_messages()[0].media_ids.len(), 1);
}

#[test]
fn operations_may_be_spelled_in_any_of_their_ways() {
    let world = World::with(Options { limits: false, ..Options::default() });
    for (number, name) in ["createPost", "create-post", "create_post", "CREATEPOST", "x/v1/createPost"].into_iter().enumerate() {
        world.run(&["call", name, "--param", &format!("text=post {number}")]).output();
    }
    assert_eq!(world.simulator.posts().len(), 5);
}

#[test]
fn an_error_of_x_is_told_with_who_must_act_and_without_the_token() {
    let world = World::with(Options { plan: Plan::SelfServe, ..Options::default() });
    let id = world.simulator.add_post(FRIEND, NewPost::saying("nice"));
    let error = world.run(&["call", "likePost", "--param", &format!("tweet_id={id}")]).error();
    assert_eq!(
        (&error["case"], &error["status"], &error["who_must_act"]),
        (&json!("permanent-forbidden"), &json!(403), &json!("app_owner"))
    );
    let mut command = world.command(&["call", "likePost", "--param", &format!("tweet_id={id}")]);
    let wrong = run(command.env("X_ACCESS_TOKEN", "wr0ng-t0ken"));
    assert_eq!(wrong.error()["case"], "permanent-unauthorized");
    assert!(!wrong.stderr.contains("wr0ng-t0ken"));
}

#[test]
fn a_record_holds_every_request_and_no_token() {
    let world = World::new();
    let id = world.simulator.add_post(FRIEND, NewPost::saying("nice"));
    for _ in 0..2 {
        world.run(&["call", "likePost", "--param", &format!("tweet_id={id}"), "--record", "record.jsonl"]).output();
    }
    let record = std::fs::read_to_string(world.directory.path().join("record.jsonl")).expect("a record");
    let paths: Vec<String> = record
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["path"].as_str().expect("a path").to_owned())
        .collect();
    assert_eq!(paths.len(), 4, "{paths:?}");
    assert!(!record.contains(TOKEN));
}

#[test]
fn a_log_on_request_goes_to_stderr_and_tells_no_token() {
    let world = World::new();
    let ran = run(world.command(&["call", "createPost", "--param", "text=hello"]).env("X_CONNECTOR_LOG", "trace"));
    assert_eq!((ran.code, ran.stdout.lines().count()), (Some(0), 1), "{}", ran.stderr);
    assert!(ran.stderr.contains("createPost") && !ran.stderr.contains(TOKEN), "{}", ran.stderr);
}

#[test]
fn a_reader_that_has_gone_is_an_error_and_no_panic() {
    let world = World::new();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command: Command = world.command(&["call", "createPost", "--param", "text=hello"]);
    let child = command.stdout(writer).stderr(Stdio::piped()).spawn().expect("it starts");
    drop(command);
    let output = child.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("could not be written") && !stderr.contains("panicked"), "{stderr}");
}
