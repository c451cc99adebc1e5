//! Local files: what is opened, what is refused, and how it is served.

use super::body::CHUNK;
use super::*;
use crate::value::{Field, Name, Record};
use serde_json::{Value, json};

fn shape() -> Shape {
    let field = |name: &str, shape| Field { name: Name::new(name), shape };
    let text = || Shape::Option(Box::new(Shape::String));
    let subtitle = Shape::Record(Record::new(vec![field("url", Shape::String), field("language-code", Shape::String)]));
    let entry = Shape::Record(Record::new(vec![
        field("extension", text()),
        field("mime-type", text()),
        field("name", text()),
        field("url", Shape::String),
        field("subtitles", Shape::Option(Box::new(Shape::List(Box::new(subtitle))))),
    ]));
    Shape::Record(Record::new(vec![field("media", Shape::Option(Box::new(Shape::List(Box::new(entry)))))]))
}

fn value(urls: &[&str]) -> Val {
    let media: Value = urls.iter().map(|url| json!({ "url": url })).collect();
    shape().read(&json!({ "media": media })).expect("it fits")
}

fn urls(value: &Val) -> Vec<String> {
    let json = shape().write(value);
    let media = json["media"].as_array().expect("an array").clone();
    media.iter().map(|entry| entry["url"].as_str().expect("a string").to_owned()).collect()
}

fn directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("ein bild.png"), b"0123456789").expect("a file");
    std::fs::write(directory.path().join("empty.png"), b"").expect("a file");
    directory
}

async fn opened(urls: &[&str], base: &Path) -> Result<(Files, Val), ParameterError> {
    let mut value = value(urls);
    let access = Access { allowed: true, base: Some(base) };
    let files = Files::open(&shape(), &mut value, access).await?;
    Ok((files, value))
}

async fn ask(files: &Files, method: Method, url: &str, range: Option<&str>) -> (Response<()>, String) {
    let mut request = http::Request::builder().method(method).uri(url);
    if let Some(range) = range {
        request = request.header("range", range);
    }
    let (parts, ()) = request.body(()).expect("a request").into_parts();
    let (head, body) = files.answer(&parts).into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    (Response::from_parts(head, ()), String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn local_paths_become_urls_that_give_the_file() {
    let directory = directory();
    let absolute = directory.path().join("ein bild.png").to_string_lossy().into_owned();
    let file_url = url::Url::from_file_path(&absolute).expect("an absolute path").to_string();
    let other = "https://example.com/a.png";
    let given = ["./ein bild.png", &absolute, other, &file_url, "data:image/png;base64,AA==", "media-id:123"];
    let (files, value) = opened(&given, directory.path()).await.expect("all can be read");
    let urls = urls(&value);
    for place in [0, 1, 3] {
        let url = &urls[place];
        assert!(url.starts_with("https://files.x-connector.internal/"), "{url}");
        assert!(url.ends_with("/ein%20bild.png"), "{url}");
        assert!(!url.contains(&*directory.path().to_string_lossy()), "{url}");
        assert!(Files::serve(&url.parse().expect("a URI")));
        let (head, body) = ask(&files, Method::GET, url, None).await;
        assert_eq!((head.status(), body.as_str()), (StatusCode::OK, "0123456789"));
        assert_eq!(head.headers()["content-length"], "10");
    }
    assert_eq!(urls[2], other);
    assert_eq!(&urls[4..], &given[4..]);
    assert_ne!(urls[0], urls[1], "every file has a name of its own");
}

#[tokio::test]
async fn parts_of_a_file_are_served_by_range() {
    let directory = directory();
    let (files, value) = opened(&["ein bild.png"], directory.path()).await.expect("it can be read");
    let url = &urls(&value)[0];
    for (range, status, body, content_range) in [
        ("bytes=0-3", 206, "0123", "bytes 0-3/10"),
        ("bytes=4-", 206, "456789", "bytes 4-9/10"),
        ("bytes=-2", 206, "89", "bytes 8-9/10"),
        ("bytes=8-100", 206, "89", "bytes 8-9/10"),
        ("bytes=10-", 416, "", "bytes */10"),
    ] {
        let (head, got) = ask(&files, Method::GET, url, Some(range)).await;
        assert_eq!((head.status().as_u16(), got.as_str()), (status, body), "{range}");
        assert_eq!(head.headers()["content-range"], content_range);
    }
    for ignored in ["bytes=0-1,3-4", "lines=1-2", "bytes=5-2", "bytes=a-b"] {
        let (head, got) = ask(&files, Method::GET, url, Some(ignored)).await;
        assert_eq!((head.status(), got.len()), (StatusCode::OK, 10), "{ignored}");
    }
}

#[tokio::test]
async fn subtitles_of_a_file_may_be_local_too_and_other_records_are_left_alone() {
    let directory = directory();
    let open = async |json: Value| {
        let mut value = shape().read(&json).expect("it fits");
        let access = Access { allowed: true, base: Some(directory.path()) };
        Files::open(&shape(), &mut value, access).await.map(|files| (files, shape().write(&value)))
    };
    let entry = |subtitle: &str| json!({"media": [{"url": "ein bild.png", "subtitles": [{"url": subtitle, "language_code": "EN"}]}]});
    let (files, opened) = open(entry("empty.png")).await.expect("both can be read");
    let subtitle = &opened["media"][0]["subtitles"][0];
    let url = subtitle["url"].as_str().expect("a string");
    assert!(Files::serve(&url.parse().expect("a URI")), "{url}");
    assert_eq!(subtitle["language_code"], "EN");
    assert_eq!(ask(&files, Method::GET, url, None).await.0.headers()["content-length"], "0");
    let error = open(entry("missing.srt")).await.map(drop).expect_err("it is missing");
    assert_eq!((error.field.as_str(), error.code), ("media[0].subtitles[0].url", "file-not-found"));
}

async fn tag(files: &Files, url: &str, if_range: Option<&str>) -> (u16, String) {
    let mut request = http::Request::get(url).header("range", "bytes=4-");
    if let Some(tag) = if_range {
        request = request.header("if-range", tag);
    }
    let (parts, ()) = request.body(()).expect("a request").into_parts();
    let answer = files.answer(&parts);
    (answer.status().as_u16(), answer.headers()["etag"].to_str().expect("text").to_owned())
}

#[tokio::test]
async fn a_version_of_a_file_has_one_tag_in_all_calls_and_another_one_has_another() {
    let directory = directory();
    let path = directory.path().join("ein bild.png");
    let open = async || {
        let (files, value) = opened(&["ein bild.png"], directory.path()).await.expect("it can be read");
        let url = urls(&value)[0].clone();
        (files, url)
    };
    let (files, url) = open().await;
    let (_, first) = tag(&files, &url, None).await;
    assert!(first.len() == 34 && first.starts_with('"') && first.ends_with('"'), "{first}");
    let (again, other_url) = open().await;
    assert_ne!(url, other_url);
    assert_eq!(tag(&again, &other_url, Some(&first)).await, (206, first.clone()));
    // A copy that keeps the time, as one on another machine.
    let time = std::fs::metadata(&path).and_then(|metadata| metadata.modified()).expect("a time");
    let replace = |time| {
        let copy = directory.path().join("copy");
        std::fs::copy(&path, &copy).expect("copied");
        std::fs::File::options().append(true).open(&copy).and_then(|file| file.set_modified(time)).expect("set");
        std::fs::rename(&copy, &path).expect("renamed");
    };
    replace(time);
    let (copied, url_of_copied) = open().await;
    assert_eq!(tag(&copied, &url_of_copied, Some(&first)).await, (206, first.clone()));
    // The same length, and a little later.
    replace(time + std::time::Duration::from_micros(1));
    let (replaced, url_of_replaced) = open().await;
    let (status, second) = tag(&replaced, &url_of_replaced, Some(&first)).await;
    assert_eq!(status, 200, "a part of another version is of no use");
    assert_ne!(second, first);
    // Who has the old file open goes on with it.
    assert_eq!(tag(&files, &url, Some(&first)).await, (206, first));
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_read_breaks_off_and_has_another_tag() {
    for (what, change) in [
        ("it grows", (|file| file.set_len(2_000_001)) as fn(&File) -> io::Result<()>),
        ("it shrinks", |file| file.set_len(1_999_999)),
        ("it is written anew", |file| file.set_modified(std::time::SystemTime::UNIX_EPOCH)),
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a.bin");
        std::fs::write(&path, vec![7; 2_000_000]).expect("a file");
        let (files, value) = opened(&["a.bin"], directory.path()).await.expect("it can be read");
        let url = &urls(&value)[0];
        let (_, before) = tag(&files, url, None).await;
        let (parts, ()) = http::Request::get(url.as_str()).body(()).expect("a request").into_parts();
        let mut body = files.answer(&parts).into_body();
        body.frame().await.expect("a frame").expect("a piece");
        change(&File::options().write(true).open(&path).expect("opens")).expect(what);
        let rest = body.collect().await;
        assert_eq!(rest.map(drop).expect_err(what), crate::http::Fault::Incomplete);
        assert_ne!(tag(&files, url, None).await.1, before, "{what}");
    }
}

#[tokio::test]
async fn a_head_request_tells_the_length_and_others_are_refused() {
    let directory = directory();
    let (files, value) = opened(&["ein bild.png", "empty.png"], directory.path()).await.expect("both can be read");
    let urls = urls(&value);
    let (head, body) = ask(&files, Method::HEAD, &urls[0], None).await;
    assert_eq!((head.status(), body.as_str()), (StatusCode::OK, ""));
    assert_eq!(head.headers()["content-length"], "10");
    let (head, _) = ask(&files, Method::POST, &urls[0], None).await;
    assert_eq!(head.status(), StatusCode::METHOD_NOT_ALLOWED);
    let (head, body) = ask(&files, Method::GET, &urls[1], None).await;
    assert_eq!((head.status(), body.as_str()), (StatusCode::OK, ""));
}

#[tokio::test]
async fn a_file_of_another_call_is_not_found() {
    let directory = directory();
    let (files, _) = opened(&["ein bild.png"], directory.path()).await.expect("it can be read");
    let (_, other) = opened(&["ein bild.png"], directory.path()).await.expect("it can be read");
    for url in [urls(&other)[0].as_str(), "https://files.x-connector.internal/", "https://files.x-connector.internal/0"] {
        let (head, _) = ask(&files, Method::GET, url, None).await;
        assert_eq!(head.status(), StatusCode::NOT_FOUND, "{url}");
    }
}

#[tokio::test]
async fn a_large_file_comes_in_pieces_and_whole() {
    let directory = tempfile::tempdir().expect("a directory");
    let bytes: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    std::fs::write(directory.path().join("large.bin"), &bytes).expect("a file");
    let (files, value) = opened(&["large.bin"], directory.path()).await.expect("it can be read");
    let url: Uri = urls(&value)[0].parse().expect("a URI");
    let (parts, ()) = http::Request::get(url).body(()).expect("a request").into_parts();
    let mut body = files.answer(&parts).into_body();
    let mut got = Vec::new();
    while let Some(frame) = body.frame().await {
        let piece = frame.expect("a piece").into_data().expect("data");
        assert!(piece.len() as u64 <= CHUNK);
        got.extend_from_slice(&piece);
    }
    assert!(got == bytes);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_names_the_parameter_before_anything_runs() {
    let directory = directory();
    for (url, code) in [
        ("./missing.png", "file-not-found"),
        ("ein bild.png/below", "file-not-found"),
        (".", "not-a-file"),
        ("/dev/null", "not-a-file"),
        ("file://example.com/a.png", "file-not-found"),
    ] {
        let error = opened(&["ein bild.png", "https://example.com/", url], directory.path()).await.map(drop).expect_err(url);
        assert_eq!((error.field.as_str(), error.code), ("media[2].url", code), "{url}");
        assert!(!error.to_string().contains("missing.png"), "{error}");
    }
}

#[tokio::test]
async fn local_files_are_refused_where_they_are_not_allowed() {
    let access = Access { allowed: false, base: None };
    for url in ["./a.png", "/etc/passwd", "../a", "a.png", "file:///etc/passwd", "FILE:///etc/passwd", "C:\\a.png"] {
        let refused = Files::open(&shape(), &mut value(&[url]), access).await;
        let error = refused.map(drop).expect_err(url);
        assert_eq!((error.field.as_str(), error.code), ("media[0].url", "local-files-not-allowed"), "{url}");
    }
    let mut remote = value(&["https://example.com/a.png", "data:,a", "media-id:1", ""]);
    let before = remote.clone();
    assert!(Files::open(&shape(), &mut remote, access).await.is_ok());
    assert_eq!(remote, before);
}
