//! More posts than one poll returns, and more than X gives.

use serde_json::{Value, json};
use x_connector_host::simulator::{NewPost, Options};

use super::{Trigger, ids, pass, say};
use crate::stage::{DEVELOPERS, FRIEND, Stage, frozen_clock};

#[tokio::test]
async fn more_posts_than_one_poll_returns_follow_in_order() {
    let stage = Stage::with(Options { clock: frozen_clock(), limits: false, ..Options::default() });
    let mut trigger = Trigger::standing(&stage, json!({"maximum_items": 7})).await;
    let mut said: Vec<u64> = (0..253).map(|number| say(&stage, &format!("post {number}"))).collect();
    let mut heard = Vec::new();
    let mut polls = 0;
    loop {
        let output = trigger.once().await;
        let batch = ids(&output);
        assert!(batch.len() <= 7, "{batch:?}");
        heard.extend(batch);
        polls += 1;
        // Posts that come while the backlog is delivered wait their turn.
        if polls == 10 {
            said.push(say(&stage, "in between"));
        }
        if output["has_more"] != true {
            break;
        }
    }
    heard.extend(trigger.drain().await);
    assert_eq!(heard, said);
    assert!(trigger.gaps.is_empty());
}

#[tokio::test]
async fn a_gap_is_told_with_its_exact_bounds() {
    let stage = Stage::with(Options { clock: frozen_clock(), limits: false, ..Options::default() });
    let mut trigger = Trigger::standing(&stage, json!({"maximum_items": 800})).await;
    let known = say(&stage, "the last one before");
    // Within its first minute late posts may still come below it; after that it is a bound.
    pass(&stage, 120);
    assert_eq!(trigger.poll().await, [known]);
    pass(&stage, 3_600);
    let said: Vec<u64> = (0..5_000).map(|number| say(&stage, &format!("post {number}"))).collect();
    let heard = trigger.drain().await;
    assert_eq!(heard.len(), 3_200);
    assert_eq!(heard, said[1_800..]);
    let bounds = json!({"after_id": known.to_string(), "before_id": said[1_800].to_string()});
    assert_eq!(trigger.gaps, [bounds]);
    let next = say(&stage, "after all that");
    assert_eq!(trigger.drain().await, [next]);
    assert_eq!(trigger.gaps.len(), 1);
}

#[tokio::test]
async fn exactly_as_many_posts_as_x_gives_make_no_gap() {
    let stage = Stage::with(Options { clock: frozen_clock(), limits: false, ..Options::default() });
    let mut trigger = Trigger::standing(&stage, json!({"maximum_items": 800})).await;
    let known = say(&stage, "the last one before");
    pass(&stage, 120);
    assert_eq!(trigger.poll().await, [known]);
    let said: Vec<u64> = (0..3_199).map(|number| say(&stage, &format!("post {number}"))).collect();
    assert_eq!(trigger.drain().await, said);
    assert_eq!(trigger.gaps, Vec::<Value>::new());
}

#[tokio::test]
async fn pages_that_are_short_or_empty_hide_nothing() {
    let stage = Stage::with(Options { clock: frozen_clock(), limits: false, short_pages: true, ..Options::default() });
    let other = stage.simulator.add_post(FRIEND, NewPost::saying("from somebody else"));
    let mut trigger = Trigger::standing(&stage, json!({"include_replies": false})).await;
    let mut plain = Vec::new();
    for number in 0..400_u64 {
        if number % 150 == 3 {
            plain.push(say(&stage, &format!("post {number}")));
        } else {
            pass(&stage, 1);
            stage.simulator.add_post(DEVELOPERS, NewPost { replies_to: Some(other), ..NewPost::saying(format!("reply {number}")) });
        }
    }
    assert_eq!(trigger.drain().await, plain);
}
