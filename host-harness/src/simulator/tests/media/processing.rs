//! What becomes of GIFs and videos after their last byte.

use super::*;

fn lasting(seconds: u64, end: ProcessingEnd) -> Processing {
    Processing { time: Duration::from_secs(seconds), check_after: Duration::from_secs(5), end }
}

#[tokio::test]
async fn a_video_is_pending_then_in_progress_then_ready() {
    let simulator = simulator(Options { processing: lasting(40, ProcessingEnd::Succeeds), ..Options::default() });
    let id = open(&simulator, "tweet_video", "video/mp4", MP4.len()).await;
    append(&simulator, &id, 0, MP4).await;
    let done = finalize(&simulator, &id).await;
    assert_eq!(done.body["data"]["processing_info"], json!({"state": "pending", "check_after_secs": 5}));
    assert_eq!(media(&simulator, &id).state, MediaState::Pending);
    for (after, info, state) in [
        (9, json!({"state": "pending", "check_after_secs": 5}), MediaState::Pending),
        (1, json!({"state": "in_progress", "check_after_secs": 5, "progress_percent": 25}), MediaState::InProgress),
        (29, json!({"state": "in_progress", "check_after_secs": 5, "progress_percent": 97}), MediaState::InProgress),
        (1, json!({"state": "succeeded", "progress_percent": 100}), MediaState::Succeeded),
    ] {
        simulator.clock().advance(Duration::from_secs(after));
        let told = status(&simulator, &id).await;
        assert_eq!(told.body["data"]["processing_info"], info);
        assert_eq!(told.body["data"]["size"], MP4.len());
        assert_eq!(media(&simulator, &id).state, state);
    }
}

#[tokio::test]
async fn every_gif_and_video_is_processed_and_nothing_else() {
    let simulator = simulator(Options::default());
    for (category, processed) in [
        ("tweet_image", false),
        ("dm_image", false),
        ("subtitles", false),
        ("tweet_gif", true),
        ("dm_gif", true),
        ("tweet_video", true),
        ("amplify_video", true),
        ("dm_video", true),
    ] {
        let id = uploaded(&simulator, category).await;
        let told = status(&simulator, &id).await;
        assert_eq!(told.body["data"].get("processing_info").is_some(), processed, "{category}");
        assert_eq!(media(&simulator, &id).state == MediaState::Succeeded, !processed, "{category}");
    }
}

#[tokio::test]
async fn processing_can_fail_and_say_why_in_two_ways() {
    for inside in [false, true] {
        let error = ProcessingError { inside, ..ProcessingError::invalid_media("The codec is not supported.") };
        let simulator = simulator(Options { processing: lasting(10, ProcessingEnd::Fails(error)), ..Options::default() });
        let id = uploaded(&simulator, "tweet_video").await;
        simulator.clock().advance(Duration::from_secs(10));
        let told = status(&simulator, &id).await;
        assert_eq!(told.status, StatusCode::OK);
        let info = &told.body["data"]["processing_info"];
        assert_eq!(info["state"], "failed");
        assert_eq!(info.get("check_after_secs"), None);
        let reason = if inside { &info["error"]["message"] } else { &told.body["errors"][0]["detail"] };
        assert_eq!(reason, "The codec is not supported.");
        assert_eq!(media(&simulator, &id).state, MediaState::Failed);
        let refused = post(&simulator, "/2/tweets", json!({"media": {"media_ids": [id]}})).await;
        assert_eq!(refused.blamed(), ["media.media_ids"]);
    }
}

#[tokio::test]
async fn processing_can_go_on_until_the_upload_expires() {
    let simulator = simulator(Options { processing: lasting(10, ProcessingEnd::Never), ..Options::default() });
    let id = uploaded(&simulator, "tweet_gif").await;
    simulator.clock().advance(Duration::from_hours(23));
    let told = status(&simulator, &id).await;
    assert_eq!(told.body["data"]["processing_info"], json!({"state": "in_progress", "check_after_secs": 5, "progress_percent": 99}));
    simulator.clock().advance(Duration::from_hours(1));
    assert_eq!(status(&simulator, &id).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn processing_can_be_changed_while_x_runs() {
    let simulator = simulator(Options::default());
    let slow = uploaded(&simulator, "tweet_video").await;
    simulator.set_processing(Processing::none());
    let quick = uploaded(&simulator, "tweet_video").await;
    assert_eq!(media(&simulator, &slow).state, MediaState::Pending);
    assert_eq!(media(&simulator, &quick).state, MediaState::Succeeded);
    assert_eq!(status(&simulator, &quick).await.body["data"].get("processing_info"), None);
}

#[tokio::test]
async fn a_video_or_gif_that_is_none_or_too_large_fails_in_processing() {
    let simulator = simulator(Options { processing: lasting(1, ProcessingEnd::Succeeds), ..Options::default() });
    for (category, media_type, bytes) in [
        ("tweet_video", "video/mp4", PNG),
        ("dm_video", "video/webm", MP4),
        ("tweet_gif", "image/gif", PNG),
        ("dm_gif", "image/gif", b"GIF89a\x01\x05\x02\0"),
        ("tweet_gif", "image/gif", b"GIF89a\x03\0\x39\x04"),
    ] {
        let id = upload_by(&simulator, opening(category, media_type, bytes.len()), bytes).await;
        assert_eq!(media(&simulator, &id).state, MediaState::Pending);
        simulator.clock().advance(Duration::from_secs(1));
        let told = status(&simulator, &id).await;
        assert_eq!(told.body["data"]["processing_info"]["state"], "failed", "{category} {media_type}");
        assert_eq!(told.body["errors"][0]["title"], "InvalidMedia");
    }
}
