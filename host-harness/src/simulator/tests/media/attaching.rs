//! What may be attached to posts and messages, and by whom.

use super::*;

fn with(ids: &[&str]) -> Value {
    json!({"text": format!("with {}", ids.join(" ")), "media": {"media_ids": ids}})
}

fn attached(id: &str) -> Value {
    json!({"attachments": [{"media_id": id}]})
}

fn messages() -> String {
    format!("/2/dm_conversations/with/{FRIEND}/messages")
}

#[tokio::test]
async fn a_post_takes_four_images_or_one_gif_or_one_video() {
    let simulator = quick();
    let mut images = Vec::new();
    for _ in 0..5 {
        images.push(uploaded(&simulator, "tweet_image").await);
    }
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    let gif = uploaded(&simulator, "tweet_gif").await;
    let video = uploaded(&simulator, "tweet_video").await;
    let advert = uploaded(&simulator, "amplify_video").await;
    for fine in [&images[..1], &images[..4], &[gif.as_str()], &[video.as_str()], &[advert.as_str()]] {
        let answer = post(&simulator, "/2/tweets", with(fine)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        let post = simulator.post(answer.id().parse().expect("a number")).expect("a post");
        assert_eq!(post.media_ids.len(), fine.len());
    }
    for wrong in [vec![images[0], &gif], vec![&video, images[0]], vec![&gif, &video], vec![&gif, &gif], vec![&advert, &video]] {
        assert_eq!(post(&simulator, "/2/tweets", with(&wrong)).await.blamed(), ["media.media_ids"]);
    }
    assert_eq!(post(&simulator, "/2/tweets", with(&images)).await.blamed(), ["$.media.media_ids"]);
}

#[tokio::test]
async fn what_is_not_ready_can_not_be_attached() {
    let simulator = simulator(Options::default());
    let unfinished = open(&simulator, "tweet_image", "image/png", PNG.len()).await;
    let video = uploaded(&simulator, "tweet_video").await;
    let for_message = uploaded(&simulator, "dm_video").await;
    for id in [&unfinished, &video] {
        assert_eq!(post(&simulator, "/2/tweets", with(&[id])).await.blamed(), ["media.media_ids"]);
    }
    assert_eq!(post(&simulator, &messages(), attached(&for_message)).await.blamed(), ["attachments.media_id"]);
    simulator.clock().advance(Duration::from_secs(2));
    assert_eq!(post(&simulator, "/2/tweets", with(&[&video])).await.status, StatusCode::CREATED);
    assert_eq!(post(&simulator, &messages(), attached(&for_message)).await.status, StatusCode::CREATED);
    assert_eq!(simulator.post_count(), 1);
}

#[tokio::test]
async fn a_category_goes_where_it_belongs_and_nowhere_else() {
    let simulator = quick();
    for (category, to_post, to_message) in [
        ("tweet_image", true, false),
        ("tweet_gif", true, false),
        ("tweet_video", true, false),
        ("amplify_video", true, false),
        ("dm_image", false, true),
        ("dm_gif", false, true),
        ("dm_video", false, true),
        ("subtitles", false, false),
    ] {
        let id = uploaded(&simulator, category).await;
        let posted = post(&simulator, "/2/tweets", with(&[&id])).await;
        assert_eq!(posted.status == StatusCode::CREATED, to_post, "{category}");
        let sent = post(&simulator, &messages(), attached(&id)).await;
        assert_eq!(sent.status == StatusCode::CREATED, to_message, "{category}");
    }
}

#[tokio::test]
async fn an_expired_upload_can_not_be_attached() {
    let simulator = quick();
    let image = uploaded(&simulator, "tweet_image").await;
    let for_message = uploaded(&simulator, "dm_image").await;
    simulator.clock().advance(Duration::from_hours(24));
    assert_eq!(post(&simulator, "/2/tweets", with(&[&image])).await.blamed(), ["media.media_ids"]);
    assert_eq!(post(&simulator, &messages(), attached(&for_message)).await.blamed(), ["attachments.media_id"]);
}

#[tokio::test]
async fn additional_owners_may_attach_and_nobody_else() {
    let simulator = quick();
    let mut body = opening("tweet_image", "image/png", PNG.len());
    let mine = upload_by(&simulator, body.clone(), PNG).await;
    body["additional_owners"] = json!([FRIEND.to_string()]);
    let ours = upload_by(&simulator, body, PNG).await;
    assert_eq!(post_as(&simulator, "friend", "/2/tweets", with(&[&mine])).await.blamed(), ["media.media_ids"]);
    assert_eq!(post_as(&simulator, "friend", "/2/tweets", with(&[&ours])).await.status, StatusCode::CREATED);
    assert_eq!(post(&simulator, "/2/tweets", with(&[&ours])).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn only_shared_media_go_into_several_messages() {
    let simulator = quick();
    for (shared, second) in [(false, 400), (true, 201)] {
        let mut body = opening("dm_image", "image/png", PNG.len());
        body["shared"] = json!(shared);
        let id = upload_by(&simulator, body, PNG).await;
        assert_eq!(media(&simulator, &id).shared, shared);
        assert_eq!(post(&simulator, &messages(), attached(&id)).await.status, 201);
        assert_eq!(post(&simulator, &messages(), attached(&id)).await.status, second);
    }
}

#[tokio::test]
async fn a_message_takes_one_attachment() {
    let simulator = quick();
    let (one, two) = (uploaded(&simulator, "dm_image").await, uploaded(&simulator, "dm_image").await);
    let both = json!({"attachments": [{"media_id": one}, {"media_id": two}]});
    assert_eq!(post(&simulator, &messages(), both).await.blamed(), ["$.attachments"]);
}

#[tokio::test]
async fn up_to_ten_accounts_are_tagged() {
    let simulator = quick();
    let image = uploaded(&simulator, "tweet_image").await;
    let tagging = |count: u64| {
        let ids: Vec<String> = (1..=count).map(|id| id.to_string()).collect();
        json!({"text": count.to_string(), "media": {"media_ids": [image], "tagged_user_ids": ids}})
    };
    let answer = post(&simulator, "/2/tweets", tagging(10)).await;
    let post_id = answer.id().parse().expect("a number");
    assert_eq!(simulator.post(post_id).expect("a post").tagged_user_ids, (1..=10).collect::<Vec<_>>());
    assert_eq!(post(&simulator, "/2/tweets", tagging(11)).await.blamed(), ["$.media.tagged_user_ids"]);
}
