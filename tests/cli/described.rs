//! `--help`, `describe` and `manifest`: what the program tells about itself.

use std::path::Path;

use serde_json::Value;

use crate::program::{Ran, root, run, x_connector};

const COMMANDS: [&str; 10] = ["demo", "call", "run", "poll", "watch", "upload", "describe", "connection", "simulate", "manifest"];
const CONNECTION_COMMANDS: [&str; 10] = ["add", "login", "list", "verify", "refresh", "export", "import", "rename", "remove", "logout"];

#[test]
fn every_command_has_a_help_that_fits_a_terminal() {
    let pages = COMMANDS.iter().map(|command| vec![*command, "--help"]).chain([vec!["--help"], vec!["-h"], vec!["help", "call"]]);
    let pages = pages.chain(CONNECTION_COMMANDS.iter().map(|command| vec!["connection", *command, "-h"]));
    for arguments in pages {
        let ran = run(x_connector(&arguments).env("COLUMNS", "80"));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(ran.stdout.contains("Usage: x-connector"), "{arguments:?}: {}", ran.stdout);
        assert!(ran.stdout.lines().count() < 60, "{arguments:?}: {}", ran.stdout);
        assert!(!ran.stdout.contains("\u{1b}["), "{arguments:?}: colours are for terminals");
    }
    let ran = run(x_connector(&["--help"]).env("COLUMNS", "80"));
    assert!(COMMANDS.iter().all(|command| ran.stdout.contains(command)) && ran.stdout.contains("X_ACCESS_TOKEN"), "{}", ran.stdout);
}

#[test]
fn the_version_is_the_packages() {
    let ran = run(&mut x_connector(&["--version"]));
    assert_eq!(ran.stdout, format!("x-connector {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_operation_is_listed_and_described() {
    let listed = run(&mut x_connector(&["describe"])).output();
    let names: Vec<&str> = listed.as_array().expect("a list").iter().filter_map(|operation| operation["name"].as_str()).collect();
    assert_eq!(names, ["createPost", "deletePost", "likePost", "repostPost", "sendDirectMessage", "uploadMedia", "newPost"]);
    for name in names {
        let described = run(&mut x_connector(&["describe", name])).output();
        assert_eq!(described["name"], name);
        for part in ["title", "description", "properties", "output", "scopes", "x_operations", "effect", "idempotency", "prices"] {
            assert!(!described[part].is_null(), "{name} has no {part}");
        }
    }
}

fn copy_contract(to: &Path) {
    std::fs::create_dir(to.join("wit")).expect("a directory");
    for entry in std::fs::read_dir(root().join("wit")).expect("wit") {
        let path = entry.expect("an entry").path();
        std::fs::copy(&path, to.join("wit").join(path.file_name().expect("a name"))).expect("copied");
    }
    std::fs::copy(root().join("connector.json"), to.join("connector.json")).expect("copied");
}

fn check(directory: &Path) -> Ran {
    run(&mut x_connector(&["manifest", "--check", "--directory", directory.to_str().expect("text")]))
}

#[test]
fn the_committed_manifest_fits_the_contract_and_the_component() {
    let ran = check(&root());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    assert!(ran.stdout.contains("6 actions") && ran.stdout.contains("1 trigger"), "{}", ran.stdout);
}

#[test]
fn a_changed_doc_comment_makes_the_check_fail_until_the_manifest_is_made_anew() {
    let copy = tempfile::tempdir().expect("a directory");
    copy_contract(copy.path());
    assert_eq!(check(copy.path()).code, Some(0));
    let actions = copy.path().join("wit/actions.wit");
    let text = std::fs::read_to_string(&actions).expect("text");
    std::fs::write(&actions, text.replacen("What the post says.", "What your post says.", 1)).expect("written");
    let error = check(copy.path()).error();
    assert_eq!(error["code"], "manifest-outdated", "{error}");
    assert!(error["message"].as_str().is_some_and(|message| message.contains("x-connector manifest")), "{error}");
    let directory = copy.path().to_str().expect("text");
    let made = run(&mut x_connector(&["manifest", "--directory", directory]));
    assert_eq!((made.code, made.stderr.as_str()), (Some(0), ""), "{made:?}");
    assert_eq!(check(copy.path()).code, Some(0));
    let manifest: Value = serde_json::from_str(&std::fs::read_to_string(copy.path().join("connector.json")).expect("text")).expect("JSON");
    assert!(manifest.to_string().contains("What your post says."));
}

#[test]
fn a_damaged_or_missing_manifest_makes_the_check_fail() {
    let copy = tempfile::tempdir().expect("a directory");
    copy_contract(copy.path());
    let path = copy.path().join("connector.json");
    for damaged in ["", "{", "[]", "{\"name\": \"x\"}"] {
        std::fs::write(&path, damaged).expect("written");
        assert_eq!(check(copy.path()).error()["field"], "connector.json", "{damaged:?}");
    }
    std::fs::remove_file(&path).expect("removed");
    assert_eq!(check(copy.path()).error()["field"], "connector.json");
}

#[test]
fn a_contract_that_cannot_be_read_is_told_with_its_place() {
    let copy = tempfile::tempdir().expect("a directory");
    copy_contract(copy.path());
    std::fs::write(copy.path().join("wit/actions.wit"), "interface actions {").expect("written");
    let error = check(copy.path()).error();
    assert_eq!((&error["code"], &error["field"]), (&"invalid-wit".into(), &"wit".into()), "{error}");
    assert!(error["message"].as_str().is_some_and(|message| message.contains("actions.wit")), "{error}");
}
