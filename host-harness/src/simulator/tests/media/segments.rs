//! Segments: order, gaps, repetitions, sizes, totals, and what is left of the bytes.

use super::*;

#[tokio::test]
async fn a_file_in_segments_is_whole_in_the_end() {
    let simulator = quick();
    let opened = post(&simulator, INITIALIZE, opening("tweet_video", "video/mp4", MP4.len())).await;
    assert_eq!(opened.status, StatusCode::OK);
    assert_eq!(opened.body["data"]["expires_after_secs"], 86_400);
    let id = opened.id();
    assert_eq!(opened.body["data"]["media_key"], format!("7_{id}"));
    assert_eq!(media(&simulator, &id).state, MediaState::Uploading);
    let first = append(&simulator, &id, 0, &MP4[..20]).await;
    assert_eq!(first.body, json!({"data": {"expires_at": NOW / 1000 + 86_400}}));
    simulator.clock().advance(Duration::from_mins(1));
    append(&simulator, &id, 1, &MP4[20..]).await;
    let done = finalize(&simulator, &id).await;
    assert_eq!(done.body["data"], json!({"id": id, "media_key": format!("7_{id}"), "size": MP4.len(), "expires_after_secs": 86_340}));
    let media = media(&simulator, &id);
    assert_eq!(media.bytes.as_deref(), Some(MP4));
    assert_eq!(media.sha256, sha256(MP4));
    assert_eq!((media.size, media.total_bytes), (MP4.len() as u64, MP4.len() as u64));
    assert_eq!((media.category.as_str(), media.media_type.as_str()), ("tweet_video", "video/mp4"));
    assert_eq!(
        media.segments.iter().map(|segment| (segment.index, segment.length)).collect::<Vec<_>>(),
        [(0, 20), (1, MP4.len() as u64 - 20)]
    );
    assert_eq!(media.state, MediaState::Succeeded);
    assert_eq!(simulator.effects("POST", "/2/media/upload/{id}/append"), 2);
    assert_eq!(simulator.charged_micro_usd(), 0);
}

#[tokio::test]
async fn segments_may_be_json_with_base64() {
    use base64::Engine as _;
    let simulator = quick();
    let id = open(&simulator, "tweet_image", "image/png", PNG.len()).await;
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let path = format!("/2/media/upload/{id}/append");
    for (index, bytes) in [(json!(0), &PNG[..8]), (json!("1"), &PNG[8..])] {
        let answer = post(&simulator, &path, json!({"segment_index": index, "media": encode(bytes)})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    let done = finalize(&simulator, &id).await;
    assert_eq!(done.body["data"]["image"], json!({"w": 3, "h": 2, "image_type": "image/png"}));
    assert_eq!(media(&simulator, &id).sha256, sha256(PNG));
}

#[tokio::test]
async fn the_bytes_may_stand_before_the_index() {
    let simulator = quick();
    let id = open(&simulator, "tweet_image", "image/png", PNG.len()).await;
    let sent = send(&simulator, parts("maker", &id, &[("media", PNG), ("segment_index", b"0")])).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.body);
    assert_eq!(media(&simulator, &id).sha256, sha256(PNG));
}

#[tokio::test]
async fn a_segment_out_of_turn_is_refused() {
    let simulator = quick();
    let id = open(&simulator, "tweet_video", "video/mp4", 100).await;
    for parts in [[("segment_index", &b"1"[..]), ("media", b"abc")], [("media", b"abc"), ("segment_index", b"1")]] {
        let refused = send(&simulator, super::parts("maker", &id, &parts)).await;
        assert_eq!(refused.blamed(), ["segment_index"], "an index that begins at 1");
    }
    append(&simulator, &id, 0, b"abc").await;
    assert_eq!(append(&simulator, &id, 2, b"abc").await.blamed(), ["segment_index"]);
    assert_eq!(media(&simulator, &id).size, 3);
}

#[tokio::test]
async fn segments_in_any_order_make_the_same_file_where_that_is_allowed() {
    let simulator = simulator(Options { segment_order: SegmentOrder::Any, processing: Processing::none(), ..Options::default() });
    let id = open(&simulator, "tweet_video", "video/mp4", MP4.len()).await;
    for index in [2, 0, 2, 1] {
        let from = index as usize * 16;
        let bytes = &MP4[from..(from + 16).min(MP4.len())];
        assert_eq!(append(&simulator, &id, index, bytes).await.status, StatusCode::OK);
    }
    assert_eq!(finalize(&simulator, &id).await.status, StatusCode::OK);
    let media = media(&simulator, &id);
    assert_eq!(media.sha256, sha256(MP4));
    assert_eq!(media.bytes.as_deref(), Some(MP4));
    assert_eq!(media.segments.iter().map(|segment| segment.arrivals).collect::<Vec<_>>(), [1, 1, 2]);
}

#[tokio::test]
async fn a_gap_shows_at_the_end_and_can_be_filled() {
    let simulator = simulator(Options { segment_order: SegmentOrder::Any, processing: Processing::none(), ..Options::default() });
    let id = open(&simulator, "tweet_image", "image/png", PNG.len()).await;
    append(&simulator, &id, 0, &PNG[..8]).await;
    append(&simulator, &id, 2, &PNG[16..]).await;
    assert_eq!(finalize(&simulator, &id).await.blamed(), ["total_bytes"]);
    append(&simulator, &id, 1, &PNG[8..16]).await;
    assert_eq!(finalize(&simulator, &id).await.status, StatusCode::OK);
    assert_eq!(media(&simulator, &id).sha256, sha256(PNG));
}

#[tokio::test]
async fn a_segment_that_comes_again_counts_once() {
    let simulator = quick();
    let id = open(&simulator, "tweet_image", "image/png", PNG.len()).await;
    for (index, bytes) in [(0, &PNG[..8]), (0, &PNG[..8]), (1, &PNG[8..]), (0, &PNG[..8]), (1, &PNG[8..])] {
        assert_eq!(append(&simulator, &id, index, bytes).await.status, StatusCode::OK);
    }
    // The bytes before the index, once more.
    send(&simulator, parts("maker", &id, &[("media", &PNG[8..]), ("segment_index", b"1")])).await;
    assert_eq!(finalize(&simulator, &id).await.status, StatusCode::OK);
    let media = media(&simulator, &id);
    assert_eq!(media.sha256, sha256(PNG));
    assert_eq!(media.segments.iter().map(|segment| segment.arrivals).collect::<Vec<_>>(), [3, 3]);
    assert_eq!(simulator.effects("POST", "/2/media/upload/{id}/append"), 2);
}

#[tokio::test]
async fn a_segment_that_comes_again_with_other_bytes_is_refused() {
    let simulator = quick();
    let id = open(&simulator, "tweet_image", "image/png", PNG.len()).await;
    append(&simulator, &id, 0, &PNG[..8]).await;
    append(&simulator, &id, 1, &PNG[8..16]).await;
    for (index, bytes) in [(0, &PNG[..7]), (0, &PNG[..9]), (0, &PNG[8..16]), (1, &PNG[..8])] {
        assert_eq!(append(&simulator, &id, index, bytes).await.blamed(), ["segment_index"]);
    }
    append(&simulator, &id, 2, &PNG[16..]).await;
    finalize(&simulator, &id).await;
    assert_eq!(media(&simulator, &id).sha256, sha256(PNG));
}

#[tokio::test]
async fn more_bytes_than_announced_are_refused_and_fewer_are_not_the_end() {
    let simulator = quick();
    let id = open(&simulator, "tweet_image", "image/png", PNG.len()).await;
    append(&simulator, &id, 0, &PNG[..8]).await;
    assert_eq!(append(&simulator, &id, 1, PNG).await.blamed(), ["media"]);
    assert_eq!(finalize(&simulator, &id).await.blamed(), ["total_bytes"]);
    assert_eq!(append(&simulator, &id, 1, &PNG[8..]).await.status, StatusCode::OK);
    assert_eq!(finalize(&simulator, &id).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_segment_has_eight_mebibytes_at_most() {
    let simulator = quick();
    let most = 8 * 1024 * 1024;
    let bytes = [MP4, &vec![7; most + 1 - MP4.len()]].concat();
    let id = open(&simulator, "tweet_video", "video/mp4", bytes.len()).await;
    assert_eq!(append(&simulator, &id, 0, &bytes).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(media(&simulator, &id).size, 0);
    assert_eq!(append(&simulator, &id, 0, &bytes[..most]).await.status, StatusCode::OK);
    assert_eq!(append(&simulator, &id, 1, &bytes[most..]).await.status, StatusCode::OK);
    assert_eq!(finalize(&simulator, &id).await.status, StatusCode::OK);
    let media = media(&simulator, &id);
    assert_eq!(media.sha256, sha256(&bytes));
    assert_eq!(media.bytes, None, "so many are not kept");
}

#[tokio::test]
async fn bytes_are_kept_up_to_the_option() {
    for (keep_media, kept_media_bytes, kept) in [(true, 50, true), (true, PNG.len() as u64 - 1, false), (false, 50, false)] {
        let simulator = simulator(Options { keep_media, kept_media_bytes, ..Options::default() });
        let in_segments = uploaded(&simulator, "tweet_image").await;
        let at_once = upload(&simulator, "tweet_image").await;
        for id in [in_segments, at_once] {
            let media = media(&simulator, &id);
            assert_eq!(media.bytes.is_some(), kept);
            assert_eq!((media.size, media.sha256), (PNG.len() as u64, sha256(PNG)));
            assert_eq!(media.image.map(|image| image.width), Some(3));
        }
    }
}

#[tokio::test]
async fn an_upload_ends_after_a_day_whether_finalized_or_not() {
    let simulator = quick();
    let open_id = open(&simulator, "tweet_image", "image/png", PNG.len()).await;
    let done_id = uploaded(&simulator, "tweet_image").await;
    simulator.clock().advance(Duration::from_hours(24) - Duration::from_millis(1));
    assert_eq!(append(&simulator, &open_id, 0, PNG).await.status, StatusCode::OK);
    assert_eq!(status(&simulator, &done_id).await.body["data"]["expires_after_secs"], 0);
    simulator.clock().advance(Duration::from_millis(1));
    for refused in [
        append(&simulator, &open_id, 0, PNG).await,
        finalize(&simulator, &open_id).await,
        status(&simulator, &done_id).await,
        post(&simulator, "/2/media/metadata", json!({"id": done_id})).await,
    ] {
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
        assert_eq!(refused.body["resource_type"], "media");
    }
    assert_eq!(media(&simulator, &open_id).state, MediaState::Expired);
    assert_eq!(media(&simulator, &done_id).state, MediaState::Expired);
}
