//! Posts and messages with all that can be attached, described and tagged, with both kinds of credential.

use serde_json::{Value, json};
use x_connector_host::simulator::{Media, MediaState, Options, Processing};

use super::samples::{self, SRT, VTT, sha256};
use crate::connections::{self, OAUTH1};
use crate::file_server::Offer;
use crate::stage::{DEVELOPERS, FRIEND};
use crate::wire::{Plan, SEGMENT, Wire};

/// One wire for each kind of credential. Both are closed with a look at X's descriptions.
pub async fn wires() -> [(&'static str, Wire); 2] {
    let bearer = Wire::open().await;
    let options = Options { processing: Processing::none(), limits: false, ..connections::options() };
    let mut signed = Wire::with(Plan { options, ..Plan::default() }).await;
    let kept = ["X_API_BASE_URL", "X_MEDIA_CHUNK_BYTES"].map(|name| (name, signed.connection.get(name).expect("set").to_owned()));
    signed.connection = OAUTH1.into_iter().map(|(name, value)| (name, value.to_owned())).chain(kept).collect();
    [("OAuth 2.0", bearer), ("OAuth 1.0a", signed)]
}

/// The uploads of the last post, in its order.
fn of_the_post(wire: &Wire) -> Vec<Media> {
    let post = wire.simulator.posts().pop().expect("a post");
    post.media_ids.iter().map(|id| wire.simulator.media_with_id(*id).expect("an upload")).collect()
}

fn assert_whole(media: &Media, file: &[u8], category: &str, what: &str) {
    assert_eq!(media.state, MediaState::Succeeded, "{what}");
    assert_eq!((media.size, media.total_bytes), (file.len() as u64, file.len() as u64), "{what}");
    assert_eq!(media.sha256, sha256(file), "{what}");
    assert_eq!(media.category, category, "{what}");
    let lengths: Vec<u64> = media.segments.iter().map(|segment| segment.length).collect();
    let expected: Vec<u64> = if lengths.is_empty() { Vec::new() } else { file.chunks(SEGMENT).map(|chunk| chunk.len() as u64).collect() };
    assert_eq!(lengths, expected, "{what}");
    assert!(media.segments.iter().enumerate().all(|(index, segment)| segment.index as usize == index && segment.arrivals == 1), "{what}");
}

#[tokio::test]
async fn a_post_takes_four_images_each_with_its_alt_text() {
    for (credential, wire) in wires().await {
        // Two from the network, one of them in segments; one in the parameters; one from the disk.
        let files = [samples::png(3_000, 1), samples::png(3 * SEGMENT + 17, 2), samples::png(900, 3), samples::png(SEGMENT, 4)];
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("four.png"), &files[3]).expect("written");
        let urls = [
            wire.files.offer("/one.png", Offer::of(files[0].clone())),
            wire.files.offer("/two.png", Offer::of(files[1].clone())),
            crate::actions::files::data_url("image/png", &files[2]),
            "four.png".to_owned(),
        ];
        let texts = ["a sunrise", "eine Möwe 🕊️ über dem Hafen", "\"quoted\" <b> & \\ back", &"ä".repeat(1_000)];
        let media: Vec<Value> = urls.iter().zip(texts).map(|(url, text)| json!({"url": url, "alt_text": text})).collect();
        let tagged = json!([FRIEND.to_string(), DEVELOPERS.to_string()]);
        let call = wire.prepared("createPost", json!({"text": "four", "media": media, "tagged_user_ids": tagged}));
        let output =
            wire.connector.call(call.base_directory(directory.path())).await.unwrap_or_else(|error| panic!("{credential}: {error}"));
        let attached = of_the_post(&wire);
        assert_eq!(attached.len(), 4);
        for ((media, file), text) in attached.iter().zip(&files).zip(texts) {
            assert_whole(media, file, "tweet_image", credential);
            assert_eq!(media.alt_text.as_deref(), Some(text), "{credential}");
        }
        let post = wire.simulator.posts().pop().expect("a post");
        assert_eq!(post.tagged_user_ids, [FRIEND, DEVELOPERS], "{credential}");
        assert_eq!(output["data"]["id"], post.id.to_string(), "{credential}");
        let charges = output["receipt"]["charges"].as_array().expect("a list");
        assert_eq!(charges.iter().filter_map(|charge| charge["micro_usd"].as_u64()).sum::<u64>(), wire.simulator.charged_micro_usd());
    }
}

#[tokio::test]
async fn a_post_takes_one_moving_gif() {
    for (credential, wire) in wires().await {
        let file = samples::gif(2 * SEGMENT + 5, 5);
        let url = wire.files.offer("/moving.gif", Offer::of(file.clone()));
        let media = json!([{"url": url, "alt_text": "a wheel turns"}]);
        wire.call("createPost", json!({"text": "moving", "media": media})).await.unwrap_or_else(|error| panic!("{credential}: {error}"));
        let attached = of_the_post(&wire);
        assert_eq!(attached.len(), 1);
        assert_whole(&attached[0], &file, "tweet_gif", credential);
        assert_eq!(attached[0].alt_text.as_deref(), Some("a wheel turns"));
    }
}

#[tokio::test]
async fn a_post_takes_one_video_with_subtitles_in_two_languages() {
    for (credential, wire) in wires().await {
        let file = samples::mp4(5 * SEGMENT + 321, 6);
        let url = wire.files.offer("/video.mp4", Offer::of(file.clone()));
        let subtitles = json!([
            {"url": wire.files.offer("/en.srt", Offer::of(SRT)), "language_code": "en", "name": "English"},
            {"url": wire.files.offer("/de.vtt", Offer::of(VTT)), "language_code": "DE"},
        ]);
        let media = json!([{"url": url, "alt_text": "the sun rises", "subtitles": subtitles}]);
        wire.call("createPost", json!({"text": "playing", "media": media})).await.unwrap_or_else(|error| panic!("{credential}: {error}"));
        let attached = of_the_post(&wire);
        assert_eq!(attached.len(), 1);
        let video = &attached[0];
        assert_whole(video, &file, "tweet_video", credential);
        assert_eq!(video.alt_text.as_deref(), Some("the sun rises"));
        let told: Vec<_> = video.subtitles.iter().map(|one| (one.language_code.as_str(), one.display_name.as_deref())).collect();
        assert_eq!(told, [("DE", Some("DE")), ("EN", Some("English"))], "{credential}");
        for (subtitles, file) in video.subtitles.iter().zip([VTT, SRT]) {
            let upload = wire.simulator.media_with_id(subtitles.media_id).expect("an upload");
            assert_whole(&upload, file, "subtitles", credential);
        }
    }
}

#[tokio::test]
async fn a_message_takes_an_image_a_gif_or_a_video() {
    for (credential, wire) in wires().await {
        let files = [
            ("/a.png", samples::png(2_000, 7), "dm_image"),
            ("/a.gif", samples::gif(SEGMENT + 1, 8), "dm_gif"),
            ("/a.mov", samples::quicktime(2 * SEGMENT, 9), "dm_video"),
            ("/a.webm", samples::webm(2 * SEGMENT - 1, 10), "dm_video"),
        ];
        for (path, file, category) in files {
            let media = json!([{"url": wire.files.offer(path, Offer::of(file.clone())), "alt_text": path}]);
            let parameters = json!({"username": "friend", "text": path, "media": media});
            wire.call("sendDirectMessage", parameters).await.unwrap_or_else(|error| panic!("{credential} {path}: {error}"));
            let message = wire.simulator.direct_messages().pop().expect("a message");
            assert_eq!((message.text.as_str(), message.media_ids.len()), (path, 1));
            let attached = wire.simulator.media_with_id(message.media_ids[0]).expect("an upload");
            assert_whole(&attached, &file, category, &format!("{credential} {path}"));
            assert_eq!(attached.alt_text.as_deref(), Some(path));
        }
    }
}

#[tokio::test]
async fn every_category_is_uploaded_for_later_and_shared_where_it_is_asked() {
    for (credential, wire) in wires().await {
        let cases = [
            ("tweet_image", samples::png(SEGMENT + 9, 11)),
            ("tweet_gif", samples::gif(SEGMENT + 9, 12)),
            ("tweet_video", samples::mp4(SEGMENT + 9, 13)),
            ("amplify_video", samples::mp4(3_000, 14)),
            ("dm_image", samples::png(3_000, 15)),
            ("dm_gif", samples::gif(0, 16)),
            ("dm_video", samples::mp4(SEGMENT * 2, 17)),
            ("subtitles", SRT.to_vec()),
        ];
        for (category, file) in cases {
            for shared in [false, true] {
                let what = format!("{credential} {category} shared: {shared}");
                let url = wire.files.offer(&format!("/{category}"), Offer::of(file.clone()));
                let parameters = json!({"file": {"url": url}, "category": category, "shared": shared});
                let output = wire.call("uploadMedia", parameters).await.unwrap_or_else(|error| panic!("{what}: {error}"));
                assert_eq!((&output["data"]["state"], &output["progress_percent"]), (&json!("ready"), &json!(100)), "{what}: {output}");
                assert!(output.get("resume").is_none() && output.get("check_after_ms").is_none(), "{what}: {output}");
                let media = wire.told(&output);
                assert_whole(&media, &file, category, &what);
                assert_eq!(media.shared, shared, "{what}");
                assert_eq!(output["data"]["media_key"], media.key(), "{what}");
                // X tells its time in whole seconds, and what is left in whole seconds as well.
                let expires_at = output["data"]["expires_at"].as_u64().expect("a number");
                assert!(expires_at.abs_diff(media.uploaded_at_ms / 1_000 + 86_400) <= 2, "{what}: {output}");
            }
        }
    }
}

#[tokio::test]
async fn shared_media_goes_into_two_messages_and_a_post_takes_what_was_uploaded_before() {
    for (credential, wire) in wires().await {
        let image = wire.files.offer("/a.png", Offer::of(samples::png(1_000, 18)));
        let shared = json!({"file": {"url": image}, "category": "dm_image", "shared": true});
        let output = wire.call("uploadMedia", shared).await.unwrap_or_else(|error| panic!("{credential}: {error}"));
        let media = json!([{"url": format!("media-id:{}", output["data"]["id"].as_str().expect("text"))}]);
        for username in ["friend", "XDevelopers"] {
            let parameters = json!({"username": username, "text": "look", "media": media});
            wire.call("sendDirectMessage", parameters).await.unwrap_or_else(|error| panic!("{credential} {username}: {error}"));
        }
        let video = wire.files.offer("/a.mp4", Offer::of(samples::mp4(2 * SEGMENT, 19)));
        let output =
            wire.call("uploadMedia", json!({"file": {"url": video}})).await.unwrap_or_else(|error| panic!("{credential}: {error}"));
        let uploads = wire.simulator.media().len();
        wire.post_with(&format!("media-id:{}", output["data"]["id"].as_str().expect("text"))).await.expect("published");
        assert_eq!(of_the_post(&wire)[0].id, wire.told(&output).id);
        assert_eq!(wire.simulator.media().len(), uploads, "nothing was uploaded again");
    }
}
