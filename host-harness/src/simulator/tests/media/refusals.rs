//! What is refused before, during and at the end of an upload.

use super::*;
use crate::simulator::User;

type Parts<'a> = &'a [(&'a str, &'a [u8])];

#[tokio::test]
async fn wrong_openings_are_refused() {
    let simulator = quick();
    let with = |name: &str, value: Value| {
        let mut body = opening("tweet_image", "image/png", 10);
        body[name] = value;
        body
    };
    let without = |name: &str| {
        let mut body = opening("tweet_image", "image/png", 10);
        body.as_object_mut().expect("an object").remove(name);
        body
    };
    for (body, blamed) in [
        (without("media_type"), "$"),
        (without("total_bytes"), "$"),
        (without("media_category"), "$"),
        (with("media_type", json!("image/svg+xml")), "$.media_type"),
        (with("media_type", json!("video/mp4")), "media_type"),
        (with("media_type", json!("model/gltf-binary")), "media_type"),
        (with("media_category", json!("tweet_gif")), "media_type"),
        (with("media_category", json!("tweet_audio")), "$.media_category"),
        (with("total_bytes", json!(0)), "$.total_bytes"),
        (with("total_bytes", json!("10")), "$.total_bytes"),
        (with("total_bytes", json!(17_179_869_185_u64)), "$.total_bytes"),
        (with("shared", json!("true")), "$.shared"),
        (with("additional_owners", json!("1,2")), "$.additional_owners"),
        (with("additional_owners", json!(["me"])), "$.additional_owners[0]"),
        (with("name", json!("a.png")), "$"),
    ] {
        let refused = post(&simulator, INITIALIZE, body.clone()).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(refused.blamed(), [blamed], "{body}");
    }
    let form = request("maker", "POST", INITIALIZE, "application/x-www-form-urlencoded", Bytes::from_static(b"command=INIT"));
    assert_eq!(send(&simulator, form).await.blamed(), ["content-type"]);
    assert!(simulator.media().is_empty());
}

#[tokio::test]
async fn every_category_has_its_largest_size_and_premium_has_larger_ones() {
    const MIB: usize = 1024 * 1024;
    let simulator = quick();
    for (category, media_type, plain, premium) in [
        ("tweet_image", "image/webp", 5, 5),
        ("dm_image", "image/jpeg", 5, 5),
        ("tweet_gif", "image/gif", 15, 15),
        ("dm_gif", "image/gif", 15, 15),
        ("tweet_video", "video/mp4", 8 * 1024, 16 * 1024),
        ("amplify_video", "video/quicktime", 8 * 1024, 16 * 1024),
        ("dm_video", "video/webm", 512, 1024),
        ("subtitles", "text/srt", 1, 1),
    ] {
        for (is_premium, limit) in [(false, plain), (true, premium)] {
            simulator.add_user(User { premium: is_premium, ..simulator.owner().expect("an owner") });
            open(&simulator, category, media_type, limit * MIB).await;
            let refused = post(&simulator, INITIALIZE, opening(category, media_type, limit * MIB + 1)).await;
            // Beyond 16 GiB the specification itself ends.
            assert!(refused.blamed()[0].ends_with("total_bytes"), "{category}: {}", refused.body);
        }
    }
}

#[tokio::test]
async fn wrong_segments_are_refused() {
    let simulator = quick();
    let id = open(&simulator, "tweet_image", "image/png", PNG.len()).await;
    let zero: (&str, &[u8]) = ("segment_index", b"0");
    let file: (&str, &[u8]) = ("media", PNG);
    let wrong: [(Parts, &str); 10] = [
        (&[zero], "media"),
        (&[file], "segment_index"),
        (&[zero, ("media", b"")], "media"),
        (&[("segment_index", b"1000"), file], "segment_index"),
        (&[("segment_index", b"-1"), file], "segment_index"),
        (&[("segment_index", b""), file], "segment_index"),
        (&[("segment_index", b"one"), file], "segment_index"),
        (&[zero, zero, file], "segment_index"),
        (&[zero, file, file], "media"),
        (&[zero, file, ("command", b"APPEND")], "command"),
    ];
    for (parts, blamed) in wrong {
        let refused = send(&simulator, super::parts("maker", &id, parts)).await;
        let names: Vec<_> = parts.iter().map(|(name, _)| name).collect();
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{names:?}");
        assert_eq!(refused.blamed(), [blamed], "{names:?}");
    }
    let path = format!("/2/media/upload/{id}/append");
    for body in [
        json!([]),
        json!({"segment_index": 0}),
        json!({"media": "iVBO"}),
        json!({"segment_index": 0, "media": "%"}),
        json!({"segment_index": 0, "media": 1}),
        json!({"segment_index": 0.5, "media": "iVBO"}),
        json!({"segment_index": 1000, "media": "iVBO"}),
        json!({"segment_index": 0, "media": "iVBO", "command": "APPEND"}),
    ] {
        assert_eq!(post(&simulator, &path, body.clone()).await.status, StatusCode::BAD_REQUEST, "{body}");
    }
    let mut cut = super::parts("maker", &id, &[]);
    let begun = "--cut\r\nContent-Disposition: form-data; name=\"segment_index\"\r\n\r\n0\r\n--cut\r\nContent-Disposition: form-data; name=\"media\"\r\n\r\nabc";
    *cut.body_mut() = Full::new(Bytes::from(begun));
    assert_eq!(send(&simulator, cut).await.blamed(), ["media"], "it breaks off");
    assert_eq!(media(&simulator, &id).size, 0);
    append(&simulator, &id, 0, PNG).await;
    assert_eq!(finalize(&simulator, &id).await.status, StatusCode::OK);
    assert_eq!(media(&simulator, &id).sha256, sha256(PNG));
}

#[tokio::test]
async fn only_the_uploader_goes_on_with_an_upload() {
    let simulator = quick();
    let mut body = opening("tweet_image", "image/png", PNG.len());
    body["additional_owners"] = json!([FRIEND.to_string()]);
    let id = post(&simulator, INITIALIZE, body).await.id();
    assert_eq!(append_as(&simulator, "friend", &id, 0, PNG).await.status, StatusCode::FORBIDDEN);
    append(&simulator, &id, 0, PNG).await;
    assert_eq!(finalize_as(&simulator, "friend", &id).await.status, StatusCode::FORBIDDEN);
    finalize(&simulator, &id).await;
    let described = post_as(&simulator, "friend", "/2/media/metadata", json!({"id": id})).await;
    assert_eq!(described.status, StatusCode::FORBIDDEN);
    let path = format!("/2/media/upload?media_id={id}");
    let seen = |token: &'static str| send(&simulator, request(token, "GET", &path, "", Bytes::new()));
    assert_eq!(seen("friend").await.status, StatusCode::OK);
    simulator.add_token(Token::user("stranger", STRANGER));
    assert_eq!(seen("stranger").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_upload_that_is_not_there_is_not_found() {
    let simulator = quick();
    assert_eq!(append(&simulator, "1", 0, PNG).await.status, StatusCode::NOT_FOUND);
    assert_eq!(finalize(&simulator, "1").await.status, StatusCode::NOT_FOUND);
    assert_eq!(status(&simulator, "1").await.status, StatusCode::NOT_FOUND);
    assert_eq!(finalize(&simulator, "one").await.blamed(), ["id"]);
    assert_eq!(get(&simulator, "/2/media/upload").await.blamed(), ["media_id"]);
    assert_eq!(get(&simulator, "/2/media/upload?media_id=1&command=INIT").await.blamed(), ["command"]);
}

#[tokio::test]
async fn nothing_is_added_after_the_end() {
    for repeats in [crate::simulator::Repeat::Refused, crate::simulator::Repeat::Silent] {
        let simulator = simulator(Options { repeats, ..Options::default() });
        let id = uploaded(&simulator, "tweet_image").await;
        assert_eq!(append(&simulator, &id, 0, PNG).await.blamed(), ["id"]);
        let again = finalize(&simulator, &id).await;
        let expected = if repeats == crate::simulator::Repeat::Silent { 200 } else { 400 };
        assert_eq!(again.status, expected);
        assert_eq!(simulator.effects("POST", "/2/media/upload/{id}/finalize"), 1);
    }
}

#[tokio::test]
async fn a_status_is_told_after_the_end_alone() {
    let simulator = quick();
    let id = open(&simulator, "tweet_image", "image/png", PNG.len()).await;
    assert_eq!(status(&simulator, &id).await.blamed(), ["media_id"]);
}

#[tokio::test]
async fn images_and_subtitles_must_be_what_they_say() {
    let simulator = quick();
    for (category, media_type, bytes) in [
        ("tweet_image", "image/png", GIF),
        ("tweet_image", "image/jpeg", &b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..]),
        ("dm_image", "image/webp", b"<html></html>"),
        ("subtitles", "text/srt", VTT),
        ("subtitles", "text/vtt", b"WEBVTT \xff\xff"),
        ("subtitles", "text/vtt", PNG),
    ] {
        let id = open(&simulator, category, media_type, bytes.len()).await;
        append(&simulator, &id, 0, bytes).await;
        assert_eq!(finalize(&simulator, &id).await.blamed(), ["media"], "{category}, {media_type}");
        assert_eq!(media(&simulator, &id).state, MediaState::Uploading);
    }
}

#[tokio::test]
async fn every_media_operation_asks_for_the_scope() {
    let simulator = quick();
    let scopes: Vec<_> = crate::simulator::ALL_SCOPES.iter().copied().filter(|scope| *scope != "media.write").collect();
    simulator.add_token(Token::with_scopes("less", MAKER, &scopes));
    for (method, path) in [
        ("POST", INITIALIZE),
        ("POST", "/2/media/upload/1/append"),
        ("POST", "/2/media/upload/1/finalize"),
        ("GET", "/2/media/upload?media_id=1"),
        ("POST", "/2/media/metadata"),
        ("POST", "/2/media/subtitles"),
        ("DELETE", "/2/media/subtitles"),
    ] {
        for (token, expected) in [("less", 403), ("app", 403), ("nobody", 401)] {
            let refused = send(&simulator, request(token, method, path, "", Bytes::new())).await;
            assert_eq!(refused.status, expected, "{token} {method} {path}");
        }
    }
}

#[tokio::test]
async fn every_media_operation_has_the_limit_that_x_tells() {
    let simulator = quick();
    for (method, path, calls) in [
        ("POST", INITIALIZE, "1875"),
        ("POST", "/2/media/upload/1/append", "1875"),
        ("POST", "/2/media/upload/1/finalize", "1875"),
        ("GET", "/2/media/upload?media_id=1", "1000"),
        ("POST", "/2/media/upload", "500"),
        ("POST", "/2/media/metadata", "500"),
        ("POST", "/2/media/subtitles", "100"),
        ("DELETE", "/2/media/subtitles", "100"),
    ] {
        let answer = send(&simulator, request("maker", method, path, "", Bytes::new())).await;
        assert_eq!(answer.header("x-rate-limit-limit"), calls, "{method} {path}");
    }
    simulator.set_limit(
        "POST",
        "/2/media/upload/{id}/append",
        crate::simulator::Limit { scope: crate::simulator::Scope::User, calls: 1, seconds: 900 },
    );
    let id = open(&simulator, "tweet_image", "image/png", PNG.len()).await;
    assert_eq!(append(&simulator, &id, 0, PNG).await.status, StatusCode::TOO_MANY_REQUESTS, "one call was made before");
}
