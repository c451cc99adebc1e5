//! `poll` and `watch`: once and only once, through restarts, signals and kills.

use std::collections::BTreeMap;
use std::fs::File;

use serde_json::{Value, json};
use x_connector_host::simulator::{NewPost, Options};

use crate::program::{Running, World};

const DEVELOPERS: u64 = 2_244_994_945;
const POLL: [&str; 6] = ["poll", "newPost", "--param", "username=XDevelopers", "--cursor-file", "x.cursor"];

fn watch<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["watch", "newPost", "--param", "username=XDevelopers", "--interval", "10ms"];
    arguments.extend(more);
    arguments
}

fn say(world: &World, text: &str) -> String {
    world.simulator.add_post(DEVELOPERS, NewPost::saying(text)).to_string()
}

fn unlimited() -> World {
    World::with(Options { limits: false, ..Options::default() })
}

fn cursor(world: &World) -> String {
    std::fs::read_to_string(world.directory.path().join("x.cursor")).expect("a cursor")
}

#[test]
fn a_post_is_printed_once_and_the_cursor_goes_from_run_to_run() {
    let world = World::new();
    assert_eq!(world.run(&POLL).output()["items"], json!([]));
    for number in 0..3 {
        let id = say(&world, &format!("post {number}"));
        let output = world.run(&POLL).output();
        assert_eq!(output["items"].as_array().map(Vec::len), Some(1), "{output}");
        assert_eq!(output["items"][0]["id"], id.as_str());
        assert_eq!(output["cursor"], cursor(&world).trim_end());
        assert_eq!(world.run(&POLL).output()["items"], json!([]));
    }
}

#[test]
fn without_a_cursor_file_the_cursor_is_printed_alone() {
    let world = World::new();
    let output = world.run(&["poll", "newPost", "--param", "username=XDevelopers"]).output();
    assert!(output["cursor"].is_string());
    assert_eq!(std::fs::read_dir(world.directory.path()).expect("a directory").count(), 0);
}

#[test]
fn a_cursor_file_that_is_none_is_refused_and_left_as_it_is() {
    let world = World::new();
    world.run(&POLL).output();
    let good = cursor(&world);
    for wrong in [&good[..good.len() / 2], "", "\n", "null", "\u{0}\u{0}", "{\"v\":99}"] {
        world.file("x.cursor", wrong);
        let error = world.run(&POLL).error();
        assert_eq!((&error["case"], &error["field"]), (&json!("permanent-invalid-input"), &json!("cursor")), "{wrong:?}: {error}");
        assert_eq!(cursor(&world), wrong);
    }
    world.file("x.cursor", b"\xff\xfe");
    assert_eq!(world.run(&POLL).error()["field"], "--cursor-file");
    world.file("x.cursor", good);
    world.run(&POLL).output();
}

#[test]
fn a_cursor_file_in_use_is_refused() {
    let world = unlimited();
    let watching = Running::start(&mut world.command(&watch(&["--cursor-file", "x.cursor", "--param", "first_poll=latest"])));
    // The first poll of an account without posts prints nothing; a post shows that it is up.
    let id = say(&world, "hello");
    assert_eq!(watching.json()["id"], id.as_str());
    let error = world.run(&POLL).error();
    assert_eq!((&error["code"], &error["field"]), (&json!("cursor-file"), &json!("--cursor-file")), "{error}");
    assert!(error["message"].as_str().is_some_and(|message| message.contains("in use")), "{error}");
}

#[test]
fn a_cursor_file_that_cannot_be_written_is_told_before_anything_is_read() {
    let world = World::new();
    let error = world.run(&["poll", "newPost", "--param", "username=XDevelopers", "--cursor-file", "missing/x.cursor"]).error();
    assert_eq!(error["field"], "--cursor-file", "{error}");
    assert_eq!(world.simulator.calls("GET", "/2/users/{id}/tweets"), 0);
}

#[test]
fn a_watch_ends_on_signals_with_the_cursor_saved() {
    for signal in ["INT", "TERM"] {
        let world = unlimited();
        let arguments = watch(&["--cursor-file", "x.cursor", "--param", "first_poll=latest"]);
        let watching = Running::start(&mut world.command(&arguments));
        let ids: Vec<String> = (0..5).map(|number| say(&world, &format!("post {number}"))).collect();
        let heard: Vec<Value> = ids.iter().map(|_| watching.json()["id"].clone()).collect();
        assert_eq!(heard, ids, "oldest first, one line each");
        watching.signal(signal);
        let (status, rest, stderr) = watching.end();
        assert!(status.success() && rest.is_empty() && stderr.is_empty(), "{signal}: {status} {rest:?} {stderr}");
        let next = say(&world, "the next");
        let output = world.run(&POLL).output();
        assert_eq!((output["items"].as_array().map(Vec::len), &output["items"][0]["id"]), (Some(1), &json!(next)), "{output}");
    }
}

#[test]
fn a_watch_ends_after_so_many_polls() {
    let world = unlimited();
    let ran = world.run(&watch(&["--polls", "3"]));
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), "", ""));
    // The first poll may look twice: it guesses X's clock.
    let looks = world.simulator.calls("GET", "/2/users/{id}/tweets");
    assert!((3..=4).contains(&looks), "{looks}");
}

#[test]
fn a_watch_that_is_killed_loses_nothing_and_repeats_one_batch_at_most() {
    let world = unlimited();
    world.run(&POLL).output();
    let mut said = Vec::new();
    let mut heard: BTreeMap<String, u32> = BTreeMap::new();
    let mut repeated_in_one_run = Vec::new();
    let mut hear = |lines: Vec<Value>| {
        let mut again = 0;
        for item in lines {
            let count = heard.entry(item["id"].as_str().expect("an id").to_owned()).or_default();
            *count += 1;
            again += usize::from(*count > 1);
        }
        repeated_in_one_run.push(again);
    };
    for kill in 0..6 {
        for number in 0..10 {
            said.push(say(&world, &format!("post {kill} {number}")));
        }
        let arguments = watch(&["--cursor-file", "x.cursor", "--param", "maximum_items=3"]);
        let watching = Running::start(&mut world.command(&arguments));
        // Killed in the middle of a batch, at its end, and right behind it.
        let mut lines: Vec<Value> = (0..=kill).map(|_| watching.json()).collect();
        watching.signal("KILL");
        let (_, rest, _) = watching.end();
        // The last line may be cut by the kill.
        lines.extend(rest.iter().filter_map(|line| serde_json::from_str(line).ok()));
        hear(lines);
    }
    let last = world.run(&watch(&["--cursor-file", "x.cursor", "--param", "maximum_items=3", "--polls", "40"]));
    assert_eq!((last.code, last.stderr.as_str()), (Some(0), ""));
    hear(last.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect());
    let missing: Vec<&String> = said.iter().filter(|id| !heard.contains_key(*id)).collect();
    assert!(missing.is_empty(), "{} of {} lost", missing.len(), said.len());
    assert!(repeated_in_one_run.iter().all(|again| *again <= 3), "{repeated_in_one_run:?}");
}

#[test]
fn a_watch_outlives_faults_that_pass_and_ends_on_those_that_stay() {
    use x_connector_host::simulator::{Effect, Fault};
    let world = unlimited();
    world.run(&POLL).output();
    world.simulator.revoke_token(crate::program::TOKEN);
    let ran = world.run(&watch(&["--cursor-file", "x.cursor"]));
    assert_eq!(ran.error()["case"], "permanent-unauthorized");
    let world = unlimited();
    // Two quick repeats within a poll hide one fault of the passing kind.
    world.simulator.add_fault(Fault::everywhere(Effect::Status(http::StatusCode::SERVICE_UNAVAILABLE, json!({}))).next(2));
    let ran = world.run(&watch(&["--polls", "2"]));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
}

#[test]
fn a_watch_whose_reader_has_gone_keeps_the_items_for_the_next() {
    let world = unlimited();
    world.run(&POLL).output();
    let id = say(&world, "nobody reads this yet");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let ended = world
        .command(&watch(&["--cursor-file", "x.cursor"]))
        .stdout(writer)
        .stderr(File::create(world.directory.path().join("stderr")).expect("a file"))
        .status()
        .expect("it ends");
    assert_eq!(ended.code(), Some(1));
    let output = world.run(&POLL).output();
    assert_eq!(output["items"][0]["id"], id.as_str(), "{output}");
}
