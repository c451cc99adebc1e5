//! Files to attach, from everywhere that they may come from.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use http::{Request, Response};
use serde_json::{Value, json};
use x_connector_host::http::{Body, empty_body, full_body};

use crate::stage::{FRIEND, Place, Stage, connector, told};

/// Three by two pixels as far as the header tells, and a proper end.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02\x08\x02\0\0\0\x12\x16\xf1\x4d\0\0\0\0IEND\xae\x42\x60\x82";
const GIF: &[u8] = b"GIF89a\x01\0\x01\0\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;";
pub const ANIMATED_GIF: &[u8] = b"GIF89a\x01\0\x01\0\0\0\0\x21\xf9\x04\0\x0a\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x21\xf9\x04\0\x0a\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;";
pub const WEBP: &[u8] = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\x02\x40\0\0\x07\x50\x8a\xa2\xfe\x07\0\0\0";
pub const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0\0\x0b\x08\0\x02\0\x03\x01\x01\x11\0\xff\xd9";

pub fn data_url(media_type: &str, bytes: &[u8]) -> String {
    format!("data:{media_type};base64,{}", base64::engine::general_purpose::STANDARD.encode(bytes))
}

async fn post_with(stage: &Stage, urls: &[String]) -> Result<Value, x_connector_host::CallError> {
    let media: Vec<Value> = urls.iter().map(|url| json!({ "url": url })).collect();
    stage.call("createPost", json!({"text": "with files", "media": media})).await
}

/// What a stage's X has of the files, as kind and bytes.
fn uploaded(stage: &Stage) -> Vec<Vec<u8>> {
    stage.simulator.media().into_iter().map(|media| media.bytes.expect("kept").to_vec()).collect()
}

#[tokio::test]
async fn four_images_of_four_kinds_are_attached_in_order() {
    let stage = Stage::new();
    let urls = [data_url("image/png", PNG), data_url("image/jpeg", JPEG), data_url("image/webp", WEBP), data_url("image/gif", GIF)];
    let output = post_with(&stage, &urls).await.expect("published");
    assert_eq!(uploaded(&stage), [PNG, JPEG, WEBP, GIF]);
    let post = stage.simulator.posts().pop().expect("a post");
    assert_eq!(post.media_ids, stage.simulator.media().iter().map(|media| media.id).collect::<Vec<_>>());
    assert!(stage.simulator.media().iter().all(|media| media.category == "tweet_image"));
    assert_eq!(output["receipt"]["charges"].as_array().map(Vec::len), Some(1), "uploads cost nothing: {output}");
}

#[tokio::test]
async fn images_alone_make_a_post() {
    let stage = Stage::new();
    let output = stage.call("createPost", json!({"media": [{"url": data_url("image/png", PNG)}]})).await.expect("published");
    assert_eq!(stage.simulator.posts().pop().map(|post| post.media_ids.len()), Some(1));
    assert!(output["data"]["text"].is_string());
}

#[tokio::test]
async fn the_kind_is_taken_from_the_bytes_and_not_from_the_name() {
    let stage = Stage::new();
    let entry = json!({"url": data_url("text/plain", GIF), "name": "a.txt", "extension": "txt", "mimeType": "text/plain"});
    stage.call("createPost", json!({"text": "a GIF", "media": [entry]})).await.expect("published");
    let exchanges = stage.simulator.exchanges();
    let sent = serde_json::to_string(&exchanges[0].request_body).expect("JSON");
    assert!(sent.contains("image/gif"), "{sent}");
}

#[tokio::test]
async fn media_that_x_has_already_is_not_uploaded_again() {
    let stage = Stage::new();
    post_with(&stage, &[data_url("image/png", PNG)]).await.expect("published");
    let id = stage.simulator.media()[0].id;
    let media = json!([{"url": format!("media-id:{id}")}]);
    stage.call("createPost", json!({"text": "again", "media": media})).await.expect("published");
    assert_eq!(stage.simulator.media().len(), 1);
    assert_eq!(stage.simulator.posts().pop().map(|post| post.media_ids), Some(vec![id]));
}

#[tokio::test]
async fn local_files_reach_x_through_the_host() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("sun rise ü.png");
    std::fs::write(&path, PNG).expect("written");
    for url in ["sun rise ü.png".to_owned(), "./sun rise ü.png".to_owned(), path.display().to_string()] {
        let stage = Stage::new();
        let call = stage.prepared("createPost", json!({"text": "a file", "media": [{"url": url}]}));
        connector().call(call.base_directory(directory.path())).await.unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(uploaded(&stage), [PNG], "{url}");
    }
}

#[tokio::test]
async fn a_file_of_an_address_is_fetched_without_the_token() {
    let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let images = Place::open(Arc::new(move |request: Request<Body>| {
        seen.lock().expect("no panic").push((request.uri().path().to_owned(), request.headers().contains_key("authorization")));
        let answer = match request.uri().path() {
            "/sunrise.png" => Response::builder().header("content-type", "image/png").body(full_body(PNG)),
            "/moved.png" => Response::builder().status(302).header("location", "https://elsewhere.example/").body(empty_body()),
            "/late.png" => Response::builder().status(503).body(empty_body()),
            _ => Response::builder().status(404).body(empty_body()),
        };
        std::future::ready(Ok(answer.expect("an answer")))
    }));
    let stage = Stage::new();
    post_with(&stage, &[format!("{}/sunrise.png", images.url())]).await.expect("published");
    assert_eq!(uploaded(&stage), [PNG]);
    for (path, case) in [("/moved.png", "egress-denied"), ("/gone.png", "permanent-invalid-input"), ("/late.png", "unavailable")] {
        let error = told(post_with(&stage, &[format!("{}{path}", images.url())]).await);
        assert_eq!((&error["case"], &error["field"]), (&json!(case), &json!("media[0].url")), "{path}: {error}");
    }
    assert_eq!(stage.simulator.post_count(), 1);
    let asked = asked.lock().expect("no panic").clone();
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(|(_, with_token)| !with_token), "the token went elsewhere");
}

#[tokio::test]
async fn a_host_that_the_operator_did_not_allow_is_not_asked() {
    let stage = Stage::new();
    for url in
        ["https://elsewhere.example/a.png", "https://169.254.169.254/latest/meta-data", "https://localhost/a.png", "https://[::1]/a.png"]
    {
        let error = told(post_with(&stage, &[url.to_owned()]).await);
        assert_eq!((&error["case"], &error["field"]), (&json!("egress-denied"), &json!("media[0].url")), "{url}: {error}");
        assert_eq!(error["who_must_act"], "operator", "{url}");
        assert!(error["refusals"][0]["message"].is_string(), "{url}: {error}");
    }
    assert_eq!(stage.requests(), 0);
}

#[tokio::test]
async fn one_bad_file_stops_all_before_the_first_upload() {
    let stage = Stage::new();
    let large = vec![0_u8; 5 * 1024 * 1024 + 1];
    let bad = [
        ("no image", data_url("image/png", b"plain text")),
        ("an empty file", data_url("image/png", b"")),
        ("a video", data_url("image/png", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom")),
        ("a moving GIF", data_url("image/gif", ANIMATED_GIF)),
        ("a page", data_url("image/png", b"<!doctype html><title>Log in</title>")),
        ("too large", data_url("image/png", &large)),
        ("broken base64", "data:image/png;base64,a===b".to_owned()),
        ("no comma", "data:image/png".to_owned()),
        ("plain http", "http://example.com/a.png".to_owned()),
        ("no address", "ftp://example.com/a.png".to_owned()),
        ("no media id", "media-id:abc".to_owned()),
        ("a missing file", "./missing.png".to_owned()),
    ];
    for (what, url) in bad {
        let error = told(post_with(&stage, &[data_url("image/png", PNG), url]).await);
        assert_eq!(error["case"], "permanent-invalid-input", "{what}: {error}");
        assert!(error["field"].as_str().is_some_and(|field| field.starts_with("media[1]")), "{what}: {error}");
    }
    assert_eq!((stage.requests(), stage.effects()), (0, 0));
}

#[tokio::test]
async fn more_files_than_x_takes_are_refused() {
    let stage = Stage::new();
    let entry = json!({"url": data_url("image/png", PNG)});
    let five = json!({"text": "five", "media": [entry, entry, entry, entry, entry]});
    let two = json!({"username": FRIEND.to_string(), "text": "two", "media": [entry, entry]});
    for (operation, parameters) in [("createPost", five), ("sendDirectMessage", two)] {
        let error = told(stage.call(operation, parameters).await);
        assert_eq!((&error["case"], &error["field"]), (&json!("permanent-invalid-input"), &json!("media")), "{operation}: {error}");
    }
    assert_eq!((stage.requests(), stage.effects()), (0, 0));
}

#[tokio::test]
async fn the_images_of_the_examples_are_images() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let stage = Stage::new();
    let call = stage.prepared("createPost", json!({"text": "two", "media": [{"url": "sunrise.png"}, {"url": "harbour.png"}]}));
    connector().call(call.base_directory(examples)).await.expect("published");
    assert_eq!(stage.simulator.media().len(), 2);
}
