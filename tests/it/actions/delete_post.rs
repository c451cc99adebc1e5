//! deletePost: gone now, gone before, and not one's own.

use serde_json::json;
use x_connector_host::simulator::{NewPost, Options, Repeat};

use crate::stage::{FRIEND, MAKER, Stage, told};

#[tokio::test]
async fn the_post_is_gone_afterwards() {
    let stage = Stage::new();
    let keep = stage.simulator.add_post(MAKER, NewPost::saying("keep"));
    let id = stage.simulator.add_post(MAKER, NewPost::saying("drop"));
    let output = stage.call("deletePost", json!({"id": id.to_string()})).await.expect("deleted");
    assert_eq!(output["data"], json!({"deleted": true}));
    assert_eq!(output["receipt"]["outcome"], "done");
    assert_eq!(output["receipt"]["charges"], json!([{"item": "post-delete", "count": 1, "micro_usd": 10_000}]));
    assert!(stage.simulator.post(id).is_none() && stage.simulator.post(keep).is_some());
    assert_eq!(stage.requests(), 1);
}

#[tokio::test]
async fn a_post_that_was_gone_before_is_told_apart_however_x_answers() {
    for repeats in [Repeat::Refused, Repeat::Silent] {
        let stage = Stage::with(Options { repeats, ..Options::default() });
        let id = stage.simulator.add_post(MAKER, NewPost::saying("drop")).to_string();
        let first = stage.call("deletePost", json!({ "id": id })).await.expect("deleted");
        let second = stage.call("deletePost", json!({ "id": id })).await.unwrap_or_else(|error| panic!("{repeats:?}: {error}"));
        assert_eq!(first["receipt"]["outcome"], "done", "{repeats:?}");
        assert_eq!(second["receipt"]["outcome"], "already_done", "{repeats:?}: {second}");
        assert_eq!(second["data"], json!({"deleted": true}), "{repeats:?}");
        assert_eq!(stage.simulator.effects("DELETE", "/2/tweets/{id}"), 1);
    }
}

#[tokio::test]
async fn the_post_of_somebody_else_stays() {
    let stage = Stage::new();
    let id = stage.simulator.add_post(FRIEND, NewPost::saying("mine"));
    let error = told(stage.call("deletePost", json!({"id": id.to_string()})).await);
    assert_eq!((&error["case"], &error["status"]), (&json!("permanent-forbidden"), &json!(403)), "{error}");
    assert!(stage.simulator.post(id).is_some());
}
