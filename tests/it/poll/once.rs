//! Each post once and only once, whatever happens to posts, timelines and the way.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use x_connector_host::simulator::{NewPost, Options, Repeat, User};

use super::{NOTHING, Trigger, ids, pass, say};
use crate::stage::{DEVELOPERS, Stage, frozen_clock, told};

#[tokio::test]
async fn the_first_poll_is_a_baseline_and_every_later_post_comes_once_and_oldest_first() {
    let stage = Stage::frozen();
    say(&stage, "before");
    let mut trigger = Trigger::standing(&stage, json!({})).await;
    let mut said = Vec::new();
    let mut heard = Vec::new();
    for round in 0..10_u64 {
        for number in 0..round % 4 {
            said.push(say(&stage, &format!("post {round} {number}")));
        }
        pass(&stage, [0, 5, 59, 61, 300][usize::try_from(round % 5).expect("small")]);
        heard.extend(trigger.poll().await);
        heard.extend(trigger.poll().await);
    }
    assert_eq!(heard, said);
}

#[tokio::test]
async fn the_first_poll_gives_the_newest_posts_where_that_is_wanted() {
    let stage = Stage::frozen();
    let said: Vec<u64> = (0..12).map(|number| say(&stage, &format!("post {number}"))).collect();
    for (count, expected) in [(json!(3), &said[9..]), (json!(1), &said[11..]), (json!(100), &said[..]), (Value::Null, &said[7..])] {
        let parameters = json!({"username": "XDevelopers", "first_poll": "latest", "first_poll_count": count});
        let mut trigger = Trigger::new(&stage, parameters);
        assert_eq!(trigger.poll().await, expected, "{count}");
        assert_eq!(trigger.poll().await, NOTHING, "{count}");
    }
    let next = say(&stage, "one more");
    let mut trigger = Trigger::new(&stage, json!({"username": "XDevelopers", "first_poll": "latest", "first_poll_count": 2}));
    assert_eq!(trigger.poll().await, [said[11], next]);
}

#[tokio::test]
async fn a_post_that_timelines_show_late_is_not_missed() {
    let stage = Stage::frozen();
    let mut trigger = Trigger::standing(&stage, json!({})).await;
    pass(&stage, 600);
    let late = stage.simulator.add_post(DEVELOPERS, NewPost { hidden_for: Duration::from_secs(50), ..NewPost::saying("late") });
    let punctual = say(&stage, "punctual");
    assert_eq!(trigger.poll().await, [punctual]);
    pass(&stage, 30);
    let third = say(&stage, "third");
    assert_eq!(trigger.poll().await, [third]);
    pass(&stage, 30);
    assert_eq!(trigger.poll().await, [late]);
    pass(&stage, 300);
    assert_eq!(trigger.poll().await, NOTHING);
}

#[tokio::test]
async fn an_edited_post_is_not_a_new_one() {
    let stage = Stage::frozen();
    stage.simulator.add_user(User { premium: true, ..User::new(DEVELOPERS, "XDevelopers", "Developers") });
    let mut trigger = Trigger::standing(&stage, json!({})).await;
    let first = say(&stage, "teh post");
    assert_eq!(trigger.poll().await, [first]);
    pass(&stage, 300);
    stage.simulator.edit_post(first, "the post").expect("edited");
    assert_eq!(trigger.poll().await, NOTHING);
    pass(&stage, 1_200);
    let next = say(&stage, "the next");
    assert_eq!(trigger.poll().await, [next]);
    // A post that was edited before it was ever seen comes once, in its newest version.
    let draft = say(&stage, "draft");
    pass(&stage, 10);
    let edited = stage.simulator.edit_post(draft, "final").expect("edited");
    let output = trigger.once().await;
    assert_eq!(ids(&output), [edited]);
    assert_eq!(output["items"][0]["edit_history_tweet_ids"], json!([draft.to_string(), edited.to_string()]));
    assert_eq!(trigger.poll().await, NOTHING);
}

#[tokio::test]
async fn a_deleted_post_takes_nothing_with_it() {
    let stage = Stage::frozen();
    let mut trigger = Trigger::standing(&stage, json!({})).await;
    let kept = say(&stage, "kept");
    let dropped = say(&stage, "dropped");
    stage.simulator.delete_post(dropped);
    assert_eq!(trigger.poll().await, [kept]);
    stage.simulator.delete_post(kept);
    pass(&stage, 120);
    assert_eq!(trigger.poll().await, NOTHING);
    let next = say(&stage, "next");
    assert_eq!(trigger.poll().await, [next]);
}

#[tokio::test]
async fn a_poll_that_fails_moves_nothing() {
    use http::StatusCode;
    use x_connector_host::simulator::{Effect, Fault};
    let stage = Stage::frozen();
    let mut trigger = Trigger::standing(&stage, json!({})).await;
    let id = say(&stage, "in a storm");
    let effects = [
        Effect::Status(StatusCode::SERVICE_UNAVAILABLE, json!({"title": "Service Unavailable"})),
        Effect::Reset,
        Effect::CutBody(30),
        Effect::Garbage,
        Effect::Html(StatusCode::OK),
    ];
    for effect in effects {
        stage.simulator.clear_faults();
        stage.simulator.add_fault(Fault::everywhere(effect.clone()));
        let error = told(stage.poll(trigger.parameters.clone(), trigger.cursor.as_deref()).await);
        assert!(error["case"].is_string(), "{effect:?}: {error}");
    }
    // One fault of the passing kind is not even noticed: reads are tried again at once.
    stage.simulator.clear_faults();
    stage.simulator.add_fault(Fault::everywhere(Effect::Status(StatusCode::SERVICE_UNAVAILABLE, json!({}))).next(1));
    assert_eq!(trigger.poll().await, [id]);
}

#[tokio::test]
async fn many_rounds_of_everything_lose_and_repeat_nothing() {
    let mut rounds = 0;
    for seed in 1..=40_u64 {
        let short_pages = seed % 3 == 0;
        let options = Options { clock: frozen_clock(), limits: false, short_pages, repeats: Repeat::Silent, ..Options::default() };
        let stage = Stage::with(options);
        stage.simulator.add_user(User { premium: true, ..User::new(DEVELOPERS, "XDevelopers", "Developers") });
        let mut trigger = Trigger::standing(&stage, json!({"maximum_items": 1 + seed % 9})).await;
        let mut number = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut dice = |sides: u64| {
            number ^= number << 13;
            number ^= number >> 7;
            number ^= number << 17;
            number % sides
        };
        let (mut said, mut dropped, mut heard) = (Vec::new(), BTreeSet::new(), Vec::new());
        for _ in 0..40 {
            rounds += 1;
            for _ in 0..dice(5) {
                let hidden_for = Duration::from_secs([0, 0, 0, 5, 40][usize::try_from(dice(5)).expect("small")]);
                pass(&stage, dice(20));
                said.push(stage.simulator.add_post(DEVELOPERS, NewPost { hidden_for, ..NewPost::saying(format!("post {}", said.len())) }));
            }
            if dice(6) == 0
                && let Some(id) = said.last()
            {
                stage.simulator.delete_post(*id);
                dropped.insert(*id);
            }
            pass(&stage, [0, 1, 30, 61, 900][usize::try_from(dice(5)).expect("small")]);
            heard.extend(trigger.poll().await);
        }
        pass(&stage, 3_600);
        heard.extend(trigger.drain().await);
        let once: BTreeSet<u64> = heard.iter().copied().collect();
        assert_eq!(once.len(), heard.len(), "seed {seed}: something came twice");
        let lost: Vec<&u64> = said.iter().filter(|id| !once.contains(id) && !dropped.contains(id)).collect();
        assert!(lost.is_empty(), "seed {seed}: {} of {} lost, with {} in all: {lost:?}", lost.len(), said.len(), heard.len());
        assert!(trigger.gaps.is_empty(), "seed {seed}: {:?}", trigger.gaps);
    }
    println!("{rounds} rounds");
}
