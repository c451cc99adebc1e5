//! What polling costs.

use serde_json::json;
use x_connector_host::simulator::{Item, NewPost, Options};

use super::{NOTHING, Trigger, ids, pass, say};
use crate::stage::{DEVELOPERS, Stage, frozen_clock};

#[tokio::test]
async fn polling_costs_nothing_while_nothing_happens() {
    let stage = Stage::with(Options { clock: frozen_clock(), limits: false, ..Options::default() });
    for number in 1..=20 {
        stage.simulator.add_post(DEVELOPERS, NewPost::saying(format!("long ago {number}")).at(stage.now_ms() - 3_600_000 * number));
    }
    let mut trigger = Trigger::standing(&stage, json!({})).await;
    // The account was looked up once; that is all.
    assert_eq!(stage.simulator.charged_micro_usd(), 10_000);
    let id = say(&stage, "one post");
    assert_eq!(trigger.poll().await, [id]);
    assert_eq!(stage.simulator.charged(Item::PostRead), 1);
    // A day and a half: X bills a post again on another day.
    for _ in 0..432 {
        pass(&stage, 300);
        let output = trigger.once().await;
        assert_eq!(ids(&output), NOTHING);
    }
    assert!(stage.simulator.charged(Item::PostRead) <= 2, "{}", stage.simulator.charged(Item::PostRead));
    assert_eq!(stage.simulator.charged_micro_usd(), 10_000 + 5_000 * stage.simulator.charged(Item::PostRead));
}

#[tokio::test]
async fn the_receipt_of_a_poll_tells_what_x_bills_at_most() {
    let stage = Stage::frozen();
    let mut trigger = Trigger::new(&stage, json!({"username": "XDevelopers"}));
    let mut told = 0;
    for round in 0..3 {
        let before = stage.simulator.charged_micro_usd();
        for number in 0..round {
            say(&stage, &format!("post {round} {number}"));
        }
        let output = trigger.once().await;
        let charges = output["receipt"]["charges"].as_array().expect("a list").iter();
        told += charges.filter_map(|charge| charge["micro_usd"].as_u64()).sum::<u64>();
        assert!(stage.simulator.charged_micro_usd() >= before);
        assert_eq!(output["receipt"]["outcome"], "read_only");
        pass(&stage, 120);
    }
    // A post that is read twice on one day is billed once; the connector cannot know what else was read that day.
    assert!(told >= stage.simulator.charged_micro_usd(), "{told} < {}", stage.simulator.charged_micro_usd());
}
