//! `upload`: one file of any size, to its end or to the command that goes on.

use std::time::Duration;

use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};
use x_connector_host::simulator::{Effect, Fault, Media, Options, Processing, ProcessingEnd, ProcessingError};

use crate::program::{Ran, Running, TOKEN, World, root, run, x_connector};

const APPEND: &str = "/2/media/upload/{id}/append";

/// An X that has nothing to do once it has a file.
fn world() -> World {
    World::with(Options { processing: Processing::none(), ..Options::default() })
}

fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).expect("small");
    [&length.to_be_bytes()[..], name, content].concat()
}

/// An MP4 of nine seconds, as far as its boxes go, with so many bytes of data.
fn mp4(data: usize) -> Vec<u8> {
    let header = [&[0; 12][..], &1_000_u32.to_be_bytes(), &9_000_u32.to_be_bytes(), &[0; 80]].concat();
    let data: Vec<u8> = (0..data).map(|index| u8::try_from(index % 251).expect("small")).collect();
    [boxed(b"ftyp", b"isom\0\0\0\0isom"), boxed(b"moov", &boxed(b"mvhd", &header)), boxed(b"mdat", &data)].concat()
}

/// Uploads in segments of 64 KiB.
fn upload(world: &World, arguments: &[&str]) -> Ran {
    let arguments: Vec<&str> = ["upload"].iter().chain(arguments).copied().collect();
    run(world.command(&arguments).env("X_MEDIA_CHUNK_BYTES", "65536"))
}

#[track_caller]
fn only(world: &World) -> Media {
    let media = world.simulator.media();
    assert_eq!(media.len(), 1, "{media:?}");
    media.into_iter().next().expect("one")
}

/// X wants a pause of a day before the segment of this number: longer than anybody waits.
fn put_off(world: &World, segment: u64) {
    let header = |name: &'static str, value: String| (HeaderName::from_static(name), HeaderValue::try_from(value).expect("a value"));
    let reset = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs() + 86_000;
    let headers = vec![
        header("x-rate-limit-limit", "100".to_owned()),
        header("x-rate-limit-remaining", "0".to_owned()),
        header("x-rate-limit-reset", reset.to_string()),
    ];
    let body = br#"{"title":"Too Many Requests","detail":"Too Many Requests","type":"about:blank","status":429}"#.to_vec();
    let refused = Effect::Answer { status: StatusCode::TOO_MANY_REQUESTS, headers, body };
    world.simulator.add_fault(Fault::at("POST", APPEND, refused).nth(segment));
}

/// The words of a command as a shell takes them: blanks part them, single quotes hold them together.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for character in command.chars() {
        match character {
            _ if escaped => {
                escaped = false;
                words.last_mut().expect("one").push(character);
            }
            '\\' if !quoted => escaped = true,
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().expect("one").push(character),
        }
    }
    words
}

/// Runs the command that an error tells, as a person would.
fn go_on(world: &World, error: &Value) -> Ran {
    let words = words(error["next_command"].as_str().unwrap_or_else(|| panic!("no command: {error}")));
    assert_eq!(words[0], "x-connector");
    let arguments: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    run(world.command(&arguments).env("X_MEDIA_CHUNK_BYTES", "65536"))
}

#[test]
fn an_image_is_uploaded_with_its_alt_text_and_told_as_other_steps_take_it() {
    let world = world();
    std::fs::copy(root().join("examples/sunrise.png"), world.directory.path().join("sunrise.png")).expect("copied");
    let output = world.run(&["upload", "sunrise.png", "--alt-text", "The sun rises over a calm bay"]).output();
    let media = only(&world);
    assert_eq!((&output["data"]["id"], &output["data"]["state"]), (&json!(media.id.to_string()), &json!("ready")));
    assert_eq!(media.alt_text.as_deref(), Some("The sun rises over a calm bay"));
    assert_eq!(media.bytes.as_deref(), std::fs::read(root().join("examples/sunrise.png")).ok().as_deref());
    let url = output["url"].as_str().expect("text");
    assert_eq!(url, format!("media-id:{}", media.id));
    world.run(&["call", "createPost", "--param", "text=look", "--param", &format!("media={url}")]).output();
    assert_eq!(world.simulator.posts()[0].media_ids, [media.id]);
}

#[test]
fn a_video_goes_in_segments_with_its_subtitles() {
    let world = world();
    let video = mp4(300_000);
    world.file("my film.mp4", &video);
    world.file("en.srt", "1\n00:00:01,000 --> 00:00:02,000\nHello\n");
    world.file("de.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nHallo\n");
    let ran = upload(&world, &["my film.mp4", "--subtitles", "en=en.srt", "--subtitles", "de:Deutsch=de.vtt", "--json"]);
    let id: u64 = ran.output()["data"]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let media = world.simulator.media_with_id(id).expect("it is there");
    assert_eq!((media.segments.len(), media.category.as_str(), media.bytes.as_deref()), (5, "tweet_video", Some(&video[..])));
    let subtitles: Vec<_> = media.subtitles.iter().map(|one| (one.language_code.as_str(), one.display_name.as_deref())).collect();
    assert!(subtitles.len() == 2 && subtitles.contains(&("DE", Some("Deutsch"))), "{subtitles:?}");
}

#[test]
fn a_file_for_direct_messages_may_be_shared() {
    let world = world();
    world.file("a.mp4", mp4(1_000));
    upload(&world, &["a.mp4", "--category", "dm_video", "--shared"]).output();
    let media = only(&world);
    assert_eq!((media.category.as_str(), media.shared), ("dm_video", true));
}

#[test]
fn x_is_waited_for_and_what_it_cannot_work_on_is_told() {
    // As short as X can say.
    let short = Processing { time: Duration::from_millis(1), check_after: Duration::from_secs(1), ..Processing::default() };
    let world = World::with(Options { processing: short.clone(), ..Options::default() });
    world.file("a.mp4", mp4(1_000));
    assert_eq!(upload(&world, &["a.mp4"]).output()["data"]["state"], "ready");
    let error = ProcessingError::invalid_media("file is of no use");
    world.simulator.set_processing(short.ending(ProcessingEnd::Fails(error)));
    let error = upload(&world, &["a.mp4"]).error();
    assert_eq!((&error["code"], &error["next_command"]), (&json!("media-processing-failed"), &Value::Null), "{error}");
}

#[test]
fn an_upload_that_x_puts_off_goes_on_by_the_command_that_is_told() {
    let world = world();
    let video = mp4(300_000);
    world.file("my film.mp4", &video);
    put_off(&world, 3);
    let error = upload(&world, &["my film.mp4", "--alt-text", "it's a bay"]).error();
    assert_eq!((&error["case"], &error["code"]), (&json!("unavailable"), &json!("upload-not-finished")), "{error}");
    assert!(error["retry_after_ms"].as_u64().is_some_and(|pause| pause > 80_000_000), "{error}");
    assert_eq!(only(&world).segments.len(), 2);
    let output = go_on(&world, &error).output();
    let media = only(&world);
    assert_eq!(output["data"]["id"], media.id.to_string());
    assert_eq!((media.bytes.as_deref(), media.alt_text.as_deref()), (Some(&video[..]), Some("it's a bay")));
    assert!(media.segments.iter().all(|segment| segment.arrivals == 1), "{:?}", media.segments);
    // A file that has become another one meanwhile.
    world.file("my film.mp4", mp4(300_001));
    let changed = go_on(&world, &error).error();
    assert_eq!((&changed["code"], &changed["next_command"]), (&json!("file-changed"), &Value::Null), "{changed}");
}

#[test]
fn a_file_that_x_has_is_not_lost_when_x_refuses_what_is_said_about_it() {
    let world = world();
    let video = mp4(300_000);
    world.file("-a.mp4", &video);
    put_off(&world, 2);
    let refused = Effect::Status(StatusCode::BAD_REQUEST, json!({"title": "Invalid Request", "detail": "no", "status": 400}));
    world.simulator.add_fault(Fault::at("POST", "/2/media/metadata", refused).nth(1));
    let put_off = upload(&world, &["--alt-text", "A bay", "--", "-a.mp4"]).error();
    let refused = go_on(&world, &put_off).error();
    assert_eq!(refused["case"], "permanent-invalid-input", "{refused}");
    let output = go_on(&world, &refused).output();
    let media = only(&world);
    assert_eq!(output["data"]["id"], media.id.to_string());
    assert_eq!((media.bytes.as_deref(), media.alt_text.as_deref()), (Some(&video[..]), Some("A bay")));
}

#[cfg(unix)]
#[test]
fn ctrl_c_tells_the_command_that_goes_on_where_it_stopped() {
    for signal in ["INT", "TERM"] {
        let world = world();
        let video = mp4(300_000);
        world.file("a.mp4", &video);
        world.simulator.add_fault(Fault::at("POST", APPEND, Effect::Hang).nth(4));
        let running = Running::start(world.command(&["upload", "a.mp4"]).env("X_MEDIA_CHUNK_BYTES", "65536"));
        world.block_on(async {
            while world.simulator.media().first().is_none_or(|media| media.segments.len() < 3) {
                tokio::task::yield_now().await;
            }
        });
        running.signal(signal);
        let (status, lines, stderr) = running.end();
        assert_eq!((status.code(), lines.len(), stderr.lines().count()), (Some(1), 0, 1), "{stderr}");
        let error = serde_json::from_str::<Value>(&stderr).expect("JSON")["error"].clone();
        assert_eq!(error["code"], "upload-stopped", "{error}");
        go_on(&world, &error).output();
        let media = only(&world);
        assert_eq!(media.bytes.as_deref(), Some(&video[..]));
        assert!(media.segments.iter().all(|segment| segment.arrivals == 1), "{:?}", media.segments);
    }
}

#[test]
fn what_cannot_be_uploaded_is_named_before_anything_goes_to_x() {
    let world = world();
    world.file("a.mp4", mp4(1_000));
    world.file("text.png", "no image");
    world.file("drawing.png", "<svg xmlns='http://www.w3.org/2000/svg'/>");
    world.file("empty.mp4", "");
    std::fs::copy(root().join("examples/sunrise.png"), world.directory.path().join("sunrise.png")).expect("copied");
    for (arguments, case, code, field) in [
        (&["missing.mp4"][..], "permanent-invalid-input", "file-not-found", "file.url"),
        (&["."], "permanent-invalid-input", "not-a-file", "file.url"),
        (&["a.mp4", "--subtitles", "en=missing.srt"], "permanent-invalid-input", "file-not-found", "file.subtitles[0].url"),
        (&["a.mp4", "--subtitles", "english=sunrise.png"], "permanent-invalid-input", "", "file.subtitles[0].language_code"),
        (&["a.mp4", "--subtitles", "en=sunrise.png"], "permanent-invalid-input", "", "file.subtitles[0].url"),
        (&["text.png"], "permanent-invalid-input", "", "file.url"),
        (&["drawing.png"], "permanent-invalid-input", "", "file.url"),
        (&["empty.mp4"], "permanent-invalid-input", "", "file.url"),
        (&["a.mp4", "--category", "tweet_image"], "permanent-invalid-input", "file-of-other-kind", "file.url"),
        (&["sunrise.png", "--category", "dm_video"], "permanent-invalid-input", "file-of-other-kind", "file.url"),
        (&["sunrise.png", "--category", "poster"], "permanent-invalid-input", "unknown-choice", "category"),
        (&["a.mp4", "--resume", "{}"], "permanent-invalid-input", "invalid-resume", "resume"),
        (&["media-id:7"], "permanent-invalid-input", "invalid-url", "file.url"),
        (&["http://example.com/a.mp4"], "permanent-invalid-input", "invalid-url", "file.url"),
        (&["https://example.com/a.mp4"], "egress-denied", "egress-denied", "file.url"),
    ] {
        let error = upload(&world, arguments).error();
        assert_eq!((&error["case"], &error["field"]), (&json!(case), &json!(field)), "{arguments:?}: {error}");
        assert!(code.is_empty() || error["code"] == code, "{arguments:?}: {error}");
        assert_eq!(error["next_command"], Value::Null, "{arguments:?}: {error}");
    }
    assert!(world.simulator.media().is_empty());
}

#[test]
fn a_host_that_is_not_allowed_is_told_with_the_option_that_allows_it() {
    let world = world();
    let message = |url: &str| upload(&world, &[url]).error()["message"].as_str().unwrap_or_default().to_owned();
    assert!(message("https://example.com/a.mp4?secret=1").ends_with("add `example.com` to the list: --allow-host example.com"));
    assert!(message("https://example.com:8443/a.mp4").ends_with("--allow-host example.com:8443"));
    for (url, class) in [
        ("https://127.0.0.1/a.mp4", "a loopback address"),
        ("https://10.0.0.1/a.mp4", "a private address"),
        ("https://169.254.169.254/", "a link-local address"),
    ] {
        let told = message(url);
        assert!(told.contains(class) && !told.contains("--allow-host"), "{told}");
    }
}

#[test]
fn the_connection_decides_the_segments_and_whether_an_image_needs_an_alt_text() {
    let world = world();
    world.file("a.mp4", mp4(300_000));
    std::fs::copy(root().join("examples/sunrise.png"), world.directory.path().join("sunrise.png")).expect("copied");
    for (value, field) in [("65535", "X_MEDIA_CHUNK_BYTES"), ("many", "X_MEDIA_CHUNK_BYTES")] {
        let error = run(world.command(&["upload", "a.mp4"]).env("X_MEDIA_CHUNK_BYTES", value)).error();
        assert_eq!(error["field"], field, "{error}");
    }
    let required = |arguments: &[&str]| run(world.command(arguments).env("X_REQUIRE_ALT_TEXT", "true"));
    let error = required(&["upload", "sunrise.png"]).error();
    assert_eq!((&error["code"], &error["field"]), (&json!("alt-text-missing"), &json!("file.url")), "{error}");
    required(&["upload", "sunrise.png", "--alt-text", "The sun rises"]).output();
    // A stored connection holds both.
    let store = world.directory.path().join("store");
    let store = store.to_str().expect("text");
    let settings = ["--set", "X_REQUIRE_ALT_TEXT=true", "--set", "X_MEDIA_CHUNK_BYTES=131072"];
    let add: Vec<&str> =
        ["--store", store, "connection", "add", "acme", "--kind", "token", "--environment"].iter().chain(&settings).copied().collect();
    world.run(&add).output();
    let stored = |arguments: &[&str]| {
        let mut command = x_connector(&["--store", store, "--connection", "acme", "upload"]);
        run(command.args(arguments).current_dir(world.directory.path()))
    };
    assert_eq!(stored(&["sunrise.png"]).error()["code"], "alt-text-missing");
    stored(&["a.mp4"]).output();
    let segments: Vec<usize> = world.simulator.media().iter().map(|media| media.segments.len()).collect();
    assert_eq!(segments, [0, 3]);
}

#[test]
fn a_record_of_an_upload_holds_no_bytes_of_the_file_and_no_token() {
    let world = world();
    world.file("a.mp4", mp4(300_000));
    upload(&world, &["a.mp4", "--record", "record.jsonl"]).output();
    let record = std::fs::read_to_string(world.directory.path().join("record.jsonl")).expect("a record");
    assert!(record.len() < 20_000 && !record.contains(TOKEN), "{} bytes", record.len());
    let lines: Vec<Value> = record.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let segments: Vec<u64> = lines
        .iter()
        .filter(|line| line["path"].as_str().is_some_and(|path| path.ends_with("/append")))
        .map(|line| line["request_bytes"].as_u64().expect("a number"))
        .collect();
    assert_eq!(segments.len(), 5, "{record}");
    assert!(segments[..4].iter().all(|bytes| (65_536..66_536).contains(bytes)), "{segments:?}");
}

#[test]
fn a_simulated_x_is_asked_as_the_environment_says() {
    let strict = |arguments: &[&str]| {
        let image = root().join("examples/sunrise.png");
        let arguments = [&["--simulate", "upload", image.to_str().expect("text")][..], arguments].concat();
        run(x_connector(&arguments).env("X_REQUIRE_ALT_TEXT", "true").env("X_ACCESS_TOKEN", "not-of-the-simulator"))
    };
    assert_eq!(strict(&[]).error()["code"], "alt-text-missing");
    assert_eq!(strict(&["--alt-text", "A sunrise"]).output()["data"]["state"], "ready");
}
