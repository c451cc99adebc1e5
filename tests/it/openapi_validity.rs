//! All that the connector asks of X, and all that the simulated X answers, fits X's own descriptions.
//!
//! Every stage of every test is checked when it is dropped; here all operations with all their options are played, so
//! that the check does not depend on what other tests happen to say.

use std::collections::BTreeSet;

use serde_json::json;
use x_connector_host::simulator::{NewPost, Options, Plan, ProblemHost, Processing, Repeat, Token, User};

use crate::actions::files::{ANIMATED_GIF, PNG, data_url};
use crate::media::samples;
use crate::openapi::OpenApi;
use crate::stage::{DEVELOPERS, FRIEND, MAKER, Stage, connector};

/// Plays everything, whatever the outcome.
async fn play(stage: &Stage) {
    let image = json!([{"url": data_url("image/png", PNG), "name": "sun \"rise\".png"}]);
    let other = stage.simulator.add_post(FRIEND, NewPost::saying("nice, see https://example.com & more"));
    let own = stage.simulator.add_post(MAKER, NewPost::saying("mine"));
    let old = stage.now_ms() - 1_000;
    let calls = [
        ("createPost", json!({"text": "hello"})),
        ("createPost", json!({"text": "hello", "first_attempt_at": old})),
        ("createPost", json!({"text": "with https://example.com/a?b=c&d and <b>", "media": image})),
        ("createPost", json!({"media": [image[0], image[0], image[0], image[0]]})),
        ("createPost", json!({"text": "hello"})),
        ("createPost", json!({"text": "x", "media": [{"url": "media-id:1"}]})),
        ("likePost", json!({"tweet_id": other.to_string()})),
        ("likePost", json!({"tweet_id": other.to_string()})),
        ("likePost", json!({"tweet_id": "1"})),
        ("repostPost", json!({"tweet_id": other.to_string()})),
        ("repostPost", json!({"tweet_id": other.to_string()})),
        ("repostPost", json!({"tweet_id": "1"})),
        ("sendDirectMessage", json!({"username": "friend", "text": "hello"})),
        ("sendDirectMessage", json!({"username": "friend", "text": "hello", "media": image, "first_attempt_at": old})),
        ("sendDirectMessage", json!({"username": FRIEND.to_string(), "text": "hello", "first_attempt_at": old})),
        ("sendDirectMessage", json!({"username": "stranger", "text": "hello"})),
        ("sendDirectMessage", json!({"username": "nobody_here", "text": "hello"})),
        ("newPost", json!({"username": "friend", "first_poll": "latest"})),
        ("newPost", json!({"username": "XDevelopers", "first_poll": "latest", "include_replies": false, "include_reposts": false})),
        ("newPost", json!({"username": "nobody_here"})),
        ("newPost", json!({"username": "hidden"})),
        ("deletePost", json!({"id": own.to_string()})),
        ("deletePost", json!({"id": own.to_string()})),
        ("deletePost", json!({"id": other.to_string()})),
    ];
    for (operation, parameters) in calls {
        let _ = stage.call(operation, parameters).await;
    }
    play_media(stage).await;
    let baseline = stage.poll(json!({"username": "XDevelopers"}), None).await.ok();
    let mut cursor = baseline.and_then(|output| output["cursor"].as_str().map(ToOwned::to_owned));
    for number in 0..230 {
        stage.simulator.add_post(DEVELOPERS, NewPost { quotes: Some(other), ..NewPost::saying(format!("post {number}")) });
    }
    while let Ok(output) = stage.poll(json!({"username": "XDevelopers"}), cursor.as_deref()).await {
        cursor = output["cursor"].as_str().map(ToOwned::to_owned);
        if output["has_more"] != true {
            break;
        }
    }
    for token in ["expired-t0k3n", "app-only-t0k3n", "reader-t0k3n"] {
        let mut connection = stage.connection.clone();
        connection.set("X_ACCESS_TOKEN", token);
        let _ = connector().call(stage.prepared("createPost", json!({"text": token})).connection(connection)).await;
    }
}

/// Files of every kind to every place, whatever the outcome.
async fn play_media(stage: &Stage) {
    let png = data_url("image/png", PNG);
    let gif = data_url("image/gif", ANIMATED_GIF);
    let video = data_url("video/mp4", &samples::mp4(150_000, 1));
    let subtitles = json!([
        {"url": data_url("text/srt", samples::SRT), "language_code": "en", "name": "English"},
        {"url": data_url("text/vtt", samples::VTT), "language_code": "DE"},
    ]);
    let described = json!({"url": png, "alt_text": "a sunrise, \"red\" & wide"});
    let calls = [
        ("createPost", json!({"text": "described", "media": [described, described], "tagged_user_ids": [FRIEND.to_string()]})),
        ("createPost", json!({"text": "moving", "media": [{"url": gif, "alt_text": "a wheel"}]})),
        ("createPost", json!({"text": "playing", "media": [{"url": video, "subtitles": subtitles}]})),
        ("sendDirectMessage", json!({"username": "friend", "text": "moving", "media": [{"url": gif}]})),
        ("sendDirectMessage", json!({"username": "friend", "text": "playing", "media": [{"url": video}]})),
        ("uploadMedia", json!({"file": {"url": video, "subtitles": subtitles}, "category": "amplify_video"})),
        ("uploadMedia", json!({"file": {"url": gif}, "category": "dm_gif", "shared": true})),
        ("uploadMedia", json!({"file": {"url": png}, "category": "dm_image", "shared": true})),
        ("uploadMedia", json!({"file": {"url": data_url("text/srt", samples::SRT)}})),
    ];
    for (operation, parameters) in calls {
        let _ = stage.call(operation, parameters).await;
    }
    // X works on this one longer than the call may take, so that the next call has to ask how far it is.
    stage.simulator.set_processing(Processing::default());
    let hasty = |parameters| {
        let mut connection = stage.connection.clone();
        connection.set("X_CALL_DEADLINE_MS", "900");
        connector().call(stage.prepared("uploadMedia", parameters).connection(connection))
    };
    if let Ok(begun) = hasty(json!({"file": {"url": video}})).await {
        let _ = hasty(json!({"file": {"url": video}, "resume": begun["resume"]})).await;
    }
}

#[tokio::test]
async fn all_requests_and_answers_fit_xs_own_descriptions() {
    let mut checked = 0;
    let mut answered = BTreeSet::new();
    let mut refused = BTreeSet::new();
    for (plan, repeats, problem_host) in
        [(Plan::Enterprise, Repeat::Refused, ProblemHost::X), (Plan::SelfServe, Repeat::Silent, ProblemHost::Twitter)]
    {
        for (credits, usage_cap) in [(None, None), (Some(0), None), (None, Some(0))] {
            let tokens = vec![
                Token::user("expired-t0k3n", MAKER).expiring(1),
                Token::app_only("app-only-t0k3n"),
                Token::with_scopes("reader-t0k3n", MAKER, &["tweet.read", "users.read"]),
            ];
            let processing = Processing::none();
            let stage = Stage::with(Options { plan, repeats, problem_host, credits, usage_cap, tokens, processing, ..Options::default() });
            let stage = stage.property("X_MEDIA_CHUNK_BYTES", "65536");
            stage.simulator.add_user(User { protected: true, ..User::new(77, "hidden", "Hidden") });
            play(&stage).await;
            let exchanges = stage.simulator.exchanges();
            for exchange in &exchanges {
                let asked = format!("{} {}", exchange.method, exchange.template.unwrap_or("nowhere"));
                match exchange.status {
                    Some(status) if status < 300 => answered.insert(asked),
                    status => refused.insert(format!("{} {asked}", status.unwrap_or_default())),
                };
            }
            let violations = stage.violations();
            assert!(violations.is_empty(), "{violations:#?}");
            checked += exchanges.len();
        }
    }
    let everything = [
        "DELETE /2/tweets/{id}",
        "GET /2/dm_conversations/with/{participant_id}/dm_events",
        "GET /2/media/upload",
        "GET /2/users/by/username/{username}",
        "GET /2/users/me",
        "GET /2/users/{id}/tweets",
        "POST /2/dm_conversations/with/{participant_id}/messages",
        "POST /2/media/metadata",
        "POST /2/media/subtitles",
        "POST /2/media/upload",
        "POST /2/media/upload/initialize",
        "POST /2/media/upload/{id}/append",
        "POST /2/media/upload/{id}/finalize",
        "POST /2/tweets",
        "POST /2/users/{id}/likes",
        "POST /2/users/{id}/retweets",
    ];
    assert_eq!(answered.iter().map(String::as_str).collect::<Vec<_>>(), everything);
    assert!(refused.len() >= 15, "{refused:#?}");
    if OpenApi::load().is_some() {
        println!("{checked} exchanges fit X's descriptions 2.166 and 2.167; {} kinds of refusal among them", refused.len());
        assert!(checked > 100, "{checked}");
    }
}

#[test]
fn the_manifest_names_what_is_really_asked_of_x() {
    let manifest: serde_json::Value = serde_json::from_str(x_connector_host::MANIFEST).expect("JSON");
    let Some(open_api) = OpenApi::load() else { return };
    let operations = ["actions", "triggers"].iter().flat_map(|kind| manifest[kind].as_array().into_iter().flatten());
    let mut count = 0;
    for operation in operations {
        for named in operation["x_operations"].as_array().into_iter().flatten() {
            let (method, path) = named.as_str().and_then(|named| named.split_once(' ')).expect("METHOD /path");
            assert!(open_api.knows(method, path), "{}: {named} is no operation of X", operation["name"]);
            count += 1;
        }
    }
    assert!(count > 5, "{count}");
}
