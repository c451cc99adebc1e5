//! Alt text and subtitles.

use super::*;
use crate::simulator::{Item, Subtitles};

const METADATA: &str = "/2/media/metadata";
const SUBTITLES: &str = "/2/media/subtitles";

fn alt_text(id: &str, text: &str) -> Value {
    json!({"id": id, "metadata": {"alt_text": {"text": text}}})
}

#[tokio::test]
async fn alt_text_is_kept_billed_and_shown_with_the_post() {
    let simulator = quick();
    let id = uploaded(&simulator, "tweet_image").await;
    let answer = post(&simulator, METADATA, alt_text(&id, "a hen")).await;
    assert_eq!(answer.body["data"], json!({"id": id, "associated_metadata": {"alt_text": {"text": "a hen"}}}));
    assert_eq!(media(&simulator, &id).alt_text.as_deref(), Some("a hen"));
    assert_eq!(simulator.charged(Item::MediaMetadata), 1);
    assert_eq!(simulator.charged_micro_usd(), 5_000);
    let created = post(&simulator, "/2/tweets", json!({"media": {"media_ids": [id]}})).await.id();
    let query = "tweet.fields=attachments&expansions=attachments.media_keys&media.fields=alt_text,url";
    let shown = get(&simulator, &format!("/2/tweets/{created}?{query}")).await;
    assert_eq!(shown.body["includes"]["media"][0]["alt_text"], "a hen");
    assert_eq!(shown.body["includes"]["media"][0]["type"], "photo");
}

#[tokio::test]
async fn alt_text_has_a_thousand_characters_at_most() {
    let simulator = quick();
    let id = upload(&simulator, "tweet_image").await;
    let most = "ü".repeat(1_000);
    assert_eq!(post(&simulator, METADATA, alt_text(&id, &most)).await.status, StatusCode::OK);
    assert_eq!(post(&simulator, METADATA, alt_text(&id, &(most + "ü"))).await.blamed(), ["$.metadata.alt_text.text"]);
    for (body, blamed) in [
        (json!({"metadata": {}}), "$"),
        (json!({"id": id, "metadata": {"alt_text": "a hen"}}), "$.metadata.alt_text"),
        (json!({"id": id, "metadata": {"alt_text": {}}}), "$.metadata.alt_text"),
        (json!({"id": id, "alt_text": {"text": "a hen"}}), "$"),
    ] {
        assert_eq!(post(&simulator, METADATA, body).await.blamed(), [blamed]);
    }
    assert_eq!(post(&simulator, METADATA, alt_text("1", "a hen")).await.status, StatusCode::NOT_FOUND);
    let subtitles = uploaded(&simulator, "subtitles").await;
    assert_eq!(post(&simulator, METADATA, alt_text(&subtitles, "a hen")).await.blamed(), ["id"]);
}

fn subtitles(video: &str, text: &str, language: &str) -> Value {
    json!({
        "id": video,
        "media_category": "TweetVideo",
        "subtitles": {"id": text, "language_code": language, "display_name": language.to_lowercase()},
    })
}

#[tokio::test]
async fn a_video_has_subtitles_in_several_languages() {
    let simulator = quick();
    let video = uploaded(&simulator, "tweet_video").await;
    let (german, english) =
        (uploaded(&simulator, "subtitles").await, upload_by(&simulator, opening("subtitles", "text/vtt", VTT.len()), VTT).await);
    post(&simulator, SUBTITLES, subtitles(&video, &german, "EN")).await;
    post(&simulator, SUBTITLES, subtitles(&video, &english, "EN")).await;
    let answer = post(&simulator, SUBTITLES, subtitles(&video, &german, "DE")).await;
    let expected = json!({
        "id": video,
        "media_category": "TweetVideo",
        "associated_subtitles": [
            {"id": german, "language_code": "DE", "display_name": "de"},
            {"id": english, "language_code": "EN", "display_name": "en"},
        ],
    });
    assert_eq!(answer.body["data"], expected);
    let kept: Vec<Subtitles> = media(&simulator, &video).subtitles;
    assert_eq!(kept.iter().map(|kept| kept.media_id.to_string()).collect::<Vec<_>>(), [german, english]);
}

#[tokio::test]
async fn subtitles_can_be_taken_away() {
    for (repeats, second) in [(crate::simulator::Repeat::Refused, 404), (crate::simulator::Repeat::Silent, 200)] {
        let simulator = simulator(Options { repeats, ..Options::default() });
        let video = uploaded(&simulator, "tweet_video").await;
        let text = uploaded(&simulator, "subtitles").await;
        post(&simulator, SUBTITLES, subtitles(&video, &text, "EN")).await;
        let removal = json!({"id": video, "media_category": "TweetVideo", "language_code": "EN"}).to_string();
        let remove = || send(&simulator, request("maker", "DELETE", SUBTITLES, "application/json", removal.clone().into()));
        assert_eq!(remove().await.body, json!({"data": {"deleted": true}}));
        assert!(media(&simulator, &video).subtitles.is_empty());
        let again = remove().await;
        assert_eq!(again.status, second);
        assert_eq!(simulator.effects("DELETE", SUBTITLES), 1);
    }
}

#[tokio::test]
async fn wrong_subtitles_are_refused() {
    let simulator = quick();
    let video = uploaded(&simulator, "tweet_video").await;
    let image = uploaded(&simulator, "tweet_image").await;
    let text = uploaded(&simulator, "subtitles").await;
    let unfinished = open(&simulator, "subtitles", "text/srt", 10).await;
    let half = open(&simulator, "tweet_video", "video/mp4", 10).await;
    let mut advert = subtitles(&video, &text, "EN");
    advert["media_category"] = json!("AmplifyVideo");
    let mut for_message = advert.clone();
    for_message["media_category"] = json!("DmVideo");
    for (body, blamed) in [
        (subtitles(&video, &image, "EN"), "subtitles.id"),
        (subtitles(&video, &unfinished, "EN"), "subtitles.id"),
        (subtitles(&video, "1", "EN"), "subtitles.id"),
        (subtitles(&image, &text, "EN"), "media_category"),
        (subtitles(&half, &text, "EN"), "id"),
        (subtitles(&video, &text, "en"), "language_code"),
        (subtitles(&video, &text, "ENG"), "$.subtitles.language_code"),
        (advert, "media_category"),
        (for_message, "$.media_category"),
        (json!({"id": video, "media_category": "TweetVideo"}), "$"),
    ] {
        let refused = post(&simulator, SUBTITLES, body.clone()).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(refused.blamed(), [blamed], "{body}");
    }
    assert_eq!(post(&simulator, SUBTITLES, subtitles("1", &text, "EN")).await.status, StatusCode::NOT_FOUND);
    let theirs = post_as(&simulator, "friend", SUBTITLES, subtitles(&video, &text, "EN")).await;
    assert_eq!(theirs.blamed(), ["subtitles.id"]);
    assert!(media(&simulator, &video).subtitles.is_empty());
}
