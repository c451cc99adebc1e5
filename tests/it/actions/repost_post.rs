//! repostPost: done now, done before, and not possible.

use serde_json::json;
use x_connector_host::simulator::{NewPost, Options, Plan, Repeat};

use crate::stage::{FRIEND, MAKER, Stage, told};

#[tokio::test]
async fn the_account_reposts_the_post_afterwards() {
    let stage = Stage::new();
    let id = stage.simulator.add_post(FRIEND, NewPost::saying("nice"));
    let output = stage.call("repostPost", json!({"tweet_id": id.to_string()})).await.expect("done");
    assert_eq!(output["data"]["retweeted"], true);
    assert_eq!(output["receipt"]["outcome"], "done");
    assert_eq!(stage.simulator.reposted_by(MAKER), [id]);
    // The own id was looked up once, and is billed like any account.
    let paths: Vec<String> = stage.simulator.exchanges().into_iter().map(|exchange| exchange.path).collect();
    assert_eq!(paths, ["/2/users/me".to_owned(), format!("/2/users/{MAKER}/retweets")]);
    let charges = output["receipt"]["charges"].as_array().expect("a list");
    assert_eq!(
        charges.iter().filter_map(|charge| charge["micro_usd"].as_u64()).sum::<u64>(),
        stage.simulator.charged_micro_usd(),
        "{charges:?}"
    );
}

#[tokio::test]
async fn with_the_own_id_in_the_connection_nothing_is_looked_up() {
    let stage = Stage::new().property("X_USER_ID", &MAKER.to_string());
    let id = stage.simulator.add_post(FRIEND, NewPost::saying("nice"));
    let output = stage.call("repostPost", json!({"tweet_id": id.to_string()})).await.expect("done");
    assert_eq!(stage.requests(), 1);
    assert_eq!(output["receipt"]["charges"], json!([{"item": "user-interaction", "count": 1, "micro_usd": 15_000}]));
}

#[tokio::test]
async fn doing_it_again_changes_nothing_and_is_told_apart_where_x_tells() {
    for repeats in [Repeat::Refused, Repeat::Silent] {
        let stage = Stage::with(Options { repeats, ..Options::default() });
        let id = stage.simulator.add_post(FRIEND, NewPost::saying("nice")).to_string();
        stage.call("repostPost", json!({"tweet_id": id})).await.expect("done");
        let again = stage.call("repostPost", json!({"tweet_id": id})).await.unwrap_or_else(|error| panic!("{repeats:?}: {error}"));
        assert_eq!(again["data"]["retweeted"], true, "{repeats:?}");
        // An X that answers the second time as the first cannot be seen through.
        let outcome = if repeats == Repeat::Refused { "already_done" } else { "done" };
        assert_eq!(again["receipt"]["outcome"], outcome, "{repeats:?}");
        assert_eq!(stage.simulator.effects("POST", "/2/users/{id}/retweets"), 1);
    }
}

#[tokio::test]
async fn a_post_that_is_gone_is_not_found() {
    let stage = Stage::new();
    let error = told(stage.call("repostPost", json!({"tweet_id": "1880012345678901234"})).await);
    assert_eq!((&error["case"], &error["code"]), (&json!("permanent-not-found"), &json!("not-found")), "{error}");
    assert_eq!(error["status"], 404);
}

#[tokio::test]
async fn a_repost_needs_no_enterprise_plan() {
    let stage = Stage::with(Options { plan: Plan::SelfServe, ..Options::default() });
    let id = stage.simulator.add_post(FRIEND, NewPost::saying("nice")).to_string();
    let output = stage.call("repostPost", json!({ "tweet_id": id })).await.expect("done");
    assert_eq!(output["data"], json!({"id": id, "retweeted": true}));
}
