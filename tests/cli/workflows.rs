//! `demo` and `run`: steps one after the other.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::program::{World, root, run, run_with_input, x_connector};

#[test]
fn the_demo_runs_all_its_steps_and_cleans_up() {
    let temporary = tempfile::tempdir().expect("a directory");
    let ran = run(x_connector(&["demo"]).env("TMPDIR", temporary.path()));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    let steps: Vec<&str> = ran.stdout.lines().filter(|line| line.chars().nth(1) == Some('/')).collect();
    assert_eq!(steps.len(), 7, "{}", ran.stdout);
    for (number, operation) in
        ["newPost", "createPost", "likePost", "repostPost", "sendDirectMessage", "newPost", "deletePost"].into_iter().enumerate()
    {
        assert!(steps[number].starts_with(&format!("{}/7  {operation} ", number + 1)), "{}", steps[number]);
    }
    let outputs: Vec<Value> =
        ran.stdout.lines().filter(|line| line.trim().starts_with('{')).map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(outputs.len(), 7);
    assert_eq!(outputs[0]["items"], json!([]));
    // The post and its repost.
    assert_eq!(outputs[5]["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(outputs[5]["items"][0]["id"], outputs[1]["data"]["id"]);
    assert_eq!(outputs[6]["data"], json!({"deleted": true}));
    assert_eq!(std::fs::read_dir(temporary.path()).expect("a directory").count(), 0, "nothing is left behind");
}

#[test]
fn the_workflow_of_the_examples_runs_beside_its_files() {
    let world = World::new();
    let path: PathBuf = root().join("examples/workflow.json");
    let ran = world.run(&["run", path.to_str().expect("text")]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    let steps: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(steps.len(), 7);
    assert!(steps.iter().all(|step| step["label"].is_string() && step["name"].is_string() && step["output"]["receipt"].is_object()));
    assert_eq!(world.simulator.media().len(), 3);
    assert_eq!(world.simulator.direct_messages().len(), 1);
    assert_eq!(world.simulator.effects("DELETE", "/2/tweets/{id}"), 1);
}

#[test]
fn a_step_that_fails_ends_the_run_and_is_named() {
    let world = World::new();
    let workflow = json!([
        {"name": "post", "type": "x/v1/createPost", "parameters": {"text": "hello"}},
        {"name": "again", "type": "x/v1/likePost", "parameters": {"tweet_id": "1"}},
        {"name": "never", "type": "x/v1/createPost", "parameters": {"text": "never"}},
    ]);
    let ran = run_with_input(&mut world.command(&["run", "-"]), workflow.to_string().as_bytes());
    assert_eq!((ran.code, ran.stdout.lines().count(), ran.stderr.lines().count()), (Some(1), 1, 1), "{ran:?}");
    let error: Value = serde_json::from_str(&ran.stderr).expect("JSON");
    assert_eq!((&error["error"]["step"], &error["error"]["case"]), (&json!("again"), &json!("permanent-not-found")), "{error}");
    assert_eq!(world.simulator.post_count(), 1);
}

#[test]
fn outputs_of_earlier_steps_are_used_by_later_ones() {
    let world = World::new();
    let workflow = json!({"steps": [
        {"name": "post", "type": "x/v1/createPost", "parameters": {"text": "hello"}},
        {"name": "link", "type": "x/v1/createPost", "parameters": {"text": "see x.com/maker/status/${post.data.id} $${x}"}},
        {"name": "like", "type": "x/v1/likePost", "parameters": {"tweet_id": "${post.data.edit_history_tweet_ids.0}"}},
    ]});
    let ran = run_with_input(&mut world.command(&["run", "-"]), workflow.to_string().as_bytes());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let posts = world.simulator.posts();
    assert_eq!(posts[1].sent_text, format!("see x.com/maker/status/{} ${{x}}", posts[0].id));
    assert_eq!(world.simulator.liked_by(posts[0].author_id), [posts[0].id]);
}

#[test]
fn an_output_that_is_not_there_ends_the_run_at_its_step() {
    let world = World::new();
    let workflow = json!([
        {"name": "post", "type": "x/v1/createPost", "parameters": {"text": "hello"}},
        {"name": "like", "type": "x/v1/likePost", "parameters": {"tweet_id": "${post.data.tweet_id}"}},
    ]);
    let ran = run_with_input(&mut world.command(&["run", "-"]), workflow.to_string().as_bytes());
    let error: Value = serde_json::from_str(&ran.stderr).expect("JSON");
    assert_eq!(error["error"]["step"], "like", "{error}");
    assert!(error["error"]["message"].as_str().is_some_and(|message| message.contains("tweet_id")), "{error}");
}
