//! newPost: nothing lost without being said, nothing twice, nothing paid while nothing happens.

mod accounts;
mod backlog;
mod cost;
mod once;

use std::time::Duration;

use serde_json::{Value, json};
use x_connector_host::simulator::NewPost;

use crate::stage::{DEVELOPERS, Stage};

const NOTHING: [u64; 0] = [];

/// A trigger with its cursor, as an engine keeps it.
struct Trigger<'a> {
    stage: &'a Stage,
    parameters: Value,
    cursor: Option<String>,
    gaps: Vec<Value>,
}

impl<'a> Trigger<'a> {
    fn new(stage: &'a Stage, parameters: Value) -> Self {
        Self { stage, parameters, cursor: None, gaps: Vec::new() }
    }

    /// On `XDevelopers`, past its first poll.
    async fn standing(stage: &'a Stage, options: Value) -> Self {
        let mut parameters = json!({"username": "XDevelopers"});
        for (name, value) in options.as_object().into_iter().flatten() {
            parameters[name] = value.clone();
        }
        let mut trigger = Self::new(stage, parameters);
        assert!(trigger.poll().await.is_empty(), "the first poll is a baseline");
        trigger
    }

    async fn once(&mut self) -> Value {
        let output = self.stage.poll(self.parameters.clone(), self.cursor.as_deref()).await;
        let output = output.unwrap_or_else(|error| panic!("{error}"));
        let cursor = output["cursor"].as_str().expect("a cursor").to_owned();
        assert!(cursor.len() <= 8 * 1024, "the cursor has {} bytes", cursor.len());
        self.cursor = Some(cursor);
        self.gaps.extend(output.get("gap").filter(|gap| !gap.is_null()).cloned());
        output
    }

    /// One poll: the ids of its items.
    async fn poll(&mut self) -> Vec<u64> {
        ids(&self.once().await)
    }

    /// Polls until nothing comes any more and nothing is waiting.
    async fn drain(&mut self) -> Vec<u64> {
        let mut all = Vec::new();
        for _ in 0..1_000 {
            let output = self.once().await;
            let batch = ids(&output);
            if batch.is_empty() && output["has_more"] != true {
                return all;
            }
            all.extend(batch);
        }
        panic!("it never ends");
    }
}

fn ids(output: &Value) -> Vec<u64> {
    let items = output["items"].as_array().expect("items");
    items.iter().map(|item| item["id"].as_str().and_then(|id| id.parse().ok()).expect("an id")).collect()
}

fn say(stage: &Stage, text: &str) -> u64 {
    stage.simulator.clock().advance(Duration::from_secs(1));
    stage.simulator.add_post(DEVELOPERS, NewPost::saying(text))
}

fn pass(stage: &Stage, seconds: u64) {
    stage.simulator.clock().advance(Duration::from_secs(seconds));
}
