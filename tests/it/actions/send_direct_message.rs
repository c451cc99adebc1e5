//! sendDirectMessage: to whom, what, with what attached, and in which order X is asked.

use serde_json::json;
use x_connector_host::simulator::{RecordedBody, User};

use super::files::{PNG, data_url};
use crate::stage::{DEVELOPERS, FRIEND, MAKER, Stage, told};

#[tokio::test]
async fn the_message_arrives() {
    let stage = Stage::new();
    let output = stage.call("sendDirectMessage", json!({"username": "@friend", "text": "Look!"})).await.expect("sent");
    let messages = stage.simulator.direct_messages();
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].sender_id, messages[0].recipient_id, messages[0].text.as_str()), (MAKER, FRIEND, "Look!"));
    assert_eq!(output["data"], json!({"dm_conversation_id": messages[0].conversation_id(), "dm_event_id": messages[0].id.to_string()}));
    assert_eq!(output["receipt"]["outcome"], "done");
    let charges = output["receipt"]["charges"].as_array().expect("a list");
    assert_eq!(charges.iter().filter_map(|charge| charge["micro_usd"].as_u64()).sum::<u64>(), stage.simulator.charged_micro_usd());
}

#[tokio::test]
async fn the_recipient_is_named_in_any_of_the_usual_ways() {
    let stage = Stage::new();
    let ways = [
        "XDevelopers",
        "@XDevelopers",
        "@xdevelopers",
        " @XDevelopers ",
        "https://x.com/XDevelopers",
        "https://twitter.com/XDevelopers/",
        "x.com/XDevelopers?lang=en",
        "https://mobile.x.com/XDevelopers/with_replies",
        "2244994945",
    ];
    for (count, way) in ways.iter().enumerate() {
        let text = format!("message {count}");
        stage.call("sendDirectMessage", json!({"username": way, "text": text})).await.unwrap_or_else(|error| panic!("{way}: {error}"));
    }
    assert!(stage.simulator.direct_messages().iter().all(|message| message.recipient_id == DEVELOPERS));
    assert_eq!(stage.simulator.direct_messages().len(), ways.len());
}

#[tokio::test]
async fn an_image_goes_under_attachments_in_the_category_for_messages() {
    let stage = Stage::new();
    let media = json!([{"url": data_url("image/png", PNG)}]);
    stage.call("sendDirectMessage", json!({"username": "friend", "text": "Look!", "media": media})).await.expect("sent");
    let uploaded = stage.simulator.media();
    assert_eq!(uploaded.len(), 1);
    assert_eq!(uploaded[0].category, "dm_image");
    assert_eq!(stage.simulator.direct_messages()[0].media_ids, [uploaded[0].id]);
    let exchanges = stage.simulator.exchanges();
    let body = exchanges.iter().find(|exchange| exchange.path.contains("/dm_conversations/")).map(|exchange| exchange.request_body.clone());
    let attachments = json!([{"media_id": uploaded[0].id.to_string()}]);
    assert_eq!(body, Some(RecordedBody::Json(json!({"text": "Look!", "attachments": attachments}))));
}

#[tokio::test]
async fn the_recipient_is_looked_up_before_anything_is_uploaded() {
    let stage = Stage::new();
    let media = json!([{"url": data_url("image/png", PNG)}]);
    stage.call("sendDirectMessage", json!({"username": "friend", "text": "Look!", "media": media})).await.expect("sent");
    let paths: Vec<String> = stage.simulator.exchanges().into_iter().map(|exchange| exchange.path).collect();
    assert_eq!(
        paths,
        ["/2/users/by/username/friend".to_owned(), "/2/media/upload".to_owned(), format!("/2/dm_conversations/with/{FRIEND}/messages")]
    );
    let error = told(stage.call("sendDirectMessage", json!({"username": "nobody_here", "text": "Look!", "media": media})).await);
    assert_eq!((&error["case"], &error["field"]), (&json!("permanent-not-found"), &json!("username")), "{error}");
    assert_eq!(stage.simulator.media().len(), 1, "nothing more was uploaded");
}

#[tokio::test]
async fn a_numeric_id_is_not_looked_up_at_a_price() {
    let stage = Stage::new();
    stage.call("sendDirectMessage", json!({"username": FRIEND.to_string(), "text": "Look!"})).await.expect("sent");
    assert_eq!(stage.simulator.charged_micro_usd(), 15_000, "the message alone");
}

#[tokio::test]
async fn a_recipient_who_takes_no_messages_is_told_as_that() {
    let stage = Stage::new();
    let error = told(stage.call("sendDirectMessage", json!({"username": "stranger", "text": "Hello"})).await);
    assert_eq!((&error["case"], &error["code"]), (&json!("permanent-forbidden"), &json!("recipient-closed")), "{error}");
}

#[tokio::test]
async fn a_step_that_is_run_again_finds_what_the_first_run_sent() {
    let stage = Stage::new();
    let first_try = stage.now_ms();
    let first = stage.call("sendDirectMessage", json!({"username": "friend", "text": "once"})).await.expect("sent");
    let again = stage.call("sendDirectMessage", json!({"username": "friend", "text": "once", "first_attempt_at": first_try}));
    let again = again.await.expect("found");
    assert_eq!(again["data"], first["data"]);
    assert_eq!(again["receipt"]["outcome"], "recovered");
    assert_eq!(stage.simulator.direct_messages().len(), 1);
}

#[tokio::test]
async fn what_the_other_side_wrote_is_not_taken_for_ones_own() {
    let stage = Stage::new();
    let first_try = stage.now_ms();
    stage.simulator.add_user(User::new(DEVELOPERS, "XDevelopers", "Developers"));
    stage.simulator.add_direct_message(FRIEND, MAKER, "ping");
    stage.simulator.add_direct_message(MAKER, DEVELOPERS, "ping");
    let output = stage.call("sendDirectMessage", json!({"username": "friend", "text": "ping", "first_attempt_at": first_try}));
    assert_eq!(output.await.expect("sent")["receipt"]["outcome"], "done");
    assert_eq!(stage.simulator.direct_messages().len(), 3);
}
