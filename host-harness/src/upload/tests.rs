//! How calls follow upon each other, with scripted ones; time passes by itself.

mod sources;
mod whole;

use super::*;
use crate::host::Failure;
use crate::http::{Fault, full_body};
use http::Response;
use http_body_util::BodyExt;
use serde_json::json;
use std::collections::VecDeque;
use wasmtime_wasi_http::WasiBody;

/// What a call of the component returns.
fn output(state: &str, percent: u32, resume: &str, check_after_ms: u64) -> Result<Value, CallError> {
    let (resume, check_after) = if resume.is_empty() { (Value::Null, Value::Null) } else { (resume.into(), check_after_ms.into()) };
    Ok(json!({"data": {"id": "7", "state": state}, "progress_percent": percent, "resume": resume, "check_after_ms": check_after}))
}

fn failure(case: &str, retry_after_ms: Option<u64>) -> Result<Value, CallError> {
    let problem = json!({"code": case, "message": "m", "who_must_act": "wait", "retry_after_ms": retry_after_ms});
    Err(CallError::Connector(Failure { case: case.into(), problem, refusals: Vec::new() }))
}

/// Runs an upload by a script; what it ended with, the tokens that the calls got, and the seconds it took.
async fn scripted(
    parameters: Value,
    script: impl IntoIterator<Item = Result<Value, CallError>>,
) -> (Result<Value, UploadError>, Vec<Option<String>>, u64) {
    let mut script: VecDeque<_> = script.into_iter().collect();
    let mut tokens = Vec::new();
    let began = Instant::now();
    let upload = Upload::new(Call::new("uploadMedia").parameters(parameters));
    let ended = upload
        .run(|call| {
            let resumes: Vec<_> =
                call.parameters.as_object().expect("an object").iter().filter(|(name, _)| normal(name) == "resume").collect();
            assert!(resumes.len() <= 1, "{resumes:?}");
            tokens.push(resumes.first().map(|(_, token)| token.as_str().expect("text").to_owned()));
            std::future::ready(script.pop_front().expect("no more calls than that"))
        })
        .await;
    assert!(script.is_empty(), "{} calls were not made", script.len());
    (ended, tokens, began.elapsed().as_secs())
}

fn tokens(tokens: &[&str]) -> Vec<Option<String>> {
    tokens.iter().map(|token| Some((*token).to_owned()).filter(|token| !token.is_empty())).collect()
}

#[tokio::test(start_paused = true)]
async fn each_call_gets_the_token_of_the_last_one_after_the_pause_it_asked_for() {
    let script = [
        output("uploading", 40, "a", 0),
        output("uploading", 80, "b", 3_000),
        output("processing", 0, "c", 5_000),
        output("processing", 60, "c", 5_000),
        output("ready", 100, "", 0),
    ];
    let (ended, got, took) = scripted(json!({"file": {"url": "a.mp4"}}), script).await;
    assert_eq!(ended.expect("it is ready")["data"]["state"], "ready");
    assert_eq!(got, tokens(&["", "a", "b", "c", "c"]));
    assert_eq!(took, 13);
}

#[tokio::test(start_paused = true)]
async fn a_given_token_is_where_it_begins_however_it_is_spelled() {
    for name in ["resume", "Resume", "RESUME"] {
        let (ended, got, _) = scripted(json!({ name: "z" }), [output("ready", 100, "", 0)]).await;
        assert!(ended.is_ok());
        assert_eq!(got, tokens(&["z"]));
    }
    let (_, got, _) = scripted(json!({"resume": ""}), [output("ready", 100, "", 0)]).await;
    assert_eq!(got, tokens(&[""]));
    let (_, got, _) = scripted(json!({"resume": null}), [output("uploading", 1, "a", 0), output("ready", 100, "", 0)]).await;
    assert_eq!(got, tokens(&["", "a"]));
}

#[tokio::test(start_paused = true)]
async fn trouble_that_passes_is_borne_with_once_the_upload_has_begun() {
    let script = [
        output("uploading", 10, "a", 0),
        failure("unavailable", None),
        failure("unavailable", None),
        failure("rate-limited", Some(60_000)),
        output("uploading", 20, "b", 0),
        failure("unavailable", None),
        output("ready", 100, "", 0),
    ];
    let (ended, got, took) = scripted(json!({}), script).await;
    assert!(ended.is_ok());
    assert_eq!(got, tokens(&["", "a", "a", "a", "a", "b", "b"]));
    assert_eq!(took, 2 + 4 + 60 + 2, "what has moved on begins anew with its patience");
    // Nothing has begun: whoever asks is told at once.
    let (ended, _, took) = scripted(json!({}), [failure("unavailable", None)]).await;
    let error = ended.expect_err("it failed");
    assert_eq!((error.resume(), took), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_ends_it_and_leaves_the_token() {
    for (case, resume) in [
        ("permanent-unauthorized", Some("a")),
        ("permanent-forbidden", Some("a")),
        ("egress-denied", Some("a")),
        ("permanent-invalid-input", Some("a")),
    ] {
        let (ended, ..) = scripted(json!({}), [output("uploading", 10, "a", 0), failure(case, None)]).await;
        let error = ended.expect_err(case);
        assert_eq!(error.resume(), resume, "{case}");
        let json = error.to_json();
        assert_eq!((json["error"]["case"].as_str(), json["error"]["resume"].as_str()), (Some(case), resume));
    }
    for (code, field, resume) in [
        ("file-not-found", "file.subtitles[0].url", Some("a")),
        ("http-403", "file.url", Some("a")),
        ("invalid-request", "file.alt_text", Some("a")),
        ("file-changed", "file.subtitles[0].url", Some("a")),
        ("file-changed", "file.url", None),
        ("media-expired", "file.url", None),
        ("media-processing-failed", "file.url", None),
        ("invalid-resume", "resume", None),
    ] {
        let problem = json!({"code": code, "message": "m", "field": field, "who_must_act": "author"});
        let failure = Failure { case: "permanent-invalid-input".into(), problem, refusals: Vec::new() };
        let script = [output("uploading", 10, "a", 0), Err(CallError::Connector(failure))];
        let error = scripted(json!({}), script).await.0.expect_err(code);
        assert_eq!(error.resume(), resume, "{code}: {field}");
        assert_eq!(error.to_json()["error"]["resume"].as_str(), resume, "{code}: {field}");
    }
    let (ended, ..) = scripted(json!({}), [output("uploading", 10, "a", 0), Err(CallError::DeadlineExceeded)]).await;
    assert_eq!(ended.expect_err("it failed").resume(), Some("a"));
}

#[tokio::test(start_paused = true)]
async fn patience_has_an_end() {
    let begun = || output("uploading", 10, "a", 0);
    let (ended, got, took) =
        scripted(json!({}), std::iter::once(begun()).chain((0..=MOST_FAILURES).map(|_| failure("unavailable", None)))).await;
    assert!(matches!(ended, Err(UploadError::Failed { resume: Some(_), .. })));
    assert_eq!((got.len(), took), (12, 2 + 4 + 8 + 16 + 32 + 5 * 60));

    // Calls that say nothing new.
    let (ended, ..) = scripted(json!({}), (0..MOST_FAILURES + 2).map(|_| begun())).await;
    assert!(matches!(ended, Err(UploadError::NotFinished { .. })));

    // Their tokens tell nothing: when X forgets the upload changes with X's clock.
    let jittering = |state: &'static str, call: u32| output(state, 10, &format!("{{\"expires\":{}}}", 86_400 + call % 3), 30_000);
    let (ended, ..) = scripted(json!({}), (0..MOST_FAILURES + 2).map(|call| jittering("uploading", call))).await;
    assert!(matches!(ended, Err(UploadError::NotFinished { .. })));
    let (ended, _, took) = scripted(json!({}), (0..62).map(|call| jittering("processing", call))).await;
    assert!(matches!(ended, Err(UploadError::NotFinished { .. })));
    assert_eq!(took, 61 * 30);
    // A call that fails is no news of X's work either.
    let script = (0..61).map(|call| if call % 2 == 1 { failure("unavailable", Some(30_000)) } else { jittering("processing", call) });
    let (ended, _, took) = scripted(json!({}), script.chain([failure("unavailable", Some(30_000)), jittering("processing", 62)])).await;
    assert!(matches!(ended, Err(UploadError::NotFinished { .. })), "{ended:?}");
    assert_eq!(took, 62 * 30);

    // X that never ends its work, and X that comes on slowly.
    let (ended, _, took) = scripted(json!({}), (0..62).map(|_| output("processing", 7, "c", 30_000))).await;
    let error = ended.expect_err("it never ends");
    assert!(error.to_string().starts_with("X is still at work on the file (7 %)"), "{error}");
    assert_eq!((error.resume(), took), (Some("c"), 61 * 30));
    let slowly = (0..100).map(|percent| output("processing", percent, "c", 120_000)).chain([output("ready", 100, "", 0)]);
    assert!(scripted(json!({}), slowly).await.0.is_ok());

    // A pause that no person waits for.
    let (ended, _, took) = scripted(json!({}), [output("uploading", 10, "a", 3_600_000)]).await;
    let error = ended.expect_err("the pause is long");
    assert!(error.to_string().contains("go on in 60 min"), "{error}");
    assert_eq!((error.to_json()["error"]["retry_after_ms"].as_u64(), took), (Some(3_600_000), 0));
    let (ended, _, took) = scripted(json!({}), [output("uploading", 10, "a", 0), failure("rate-limited", Some(3_600_000))]).await;
    assert_eq!((ended.expect_err("the pause is long").resume(), took), (Some("a"), 0));
}

fn body(size: usize) -> WasiBody {
    full_body(vec![0; size]).map_err(Fault::into_wasi).boxed_unsync()
}

/// The head of an answer with a part of a file.
fn part(begin: u64, size: u64) -> Response<WasiBody> {
    let answer = Response::builder().status(206).header("content-range", format!("bytes {begin}-{}/{size}", size - 1));
    answer.body(body(0)).expect("an answer")
}

#[tokio::test(start_paused = true)]
async fn a_segment_of_a_large_file_is_a_step_though_it_is_no_percent() {
    const SEGMENT: u64 = 1 << 10;
    for (again, segments) in [(false, 3 * MOST_FAILURES), (true, MOST_FAILURES + 2)] {
        let mut calls = 0;
        let upload = Upload::new(Call::new("uploadMedia").parameters(json!({})));
        let ended = upload
            .run(|call| {
                let begin = if again { 0 } else { u64::from(calls) * SEGMENT };
                calls += 1;
                let ended = if calls > segments { output("ready", 100, "", 0) } else { output("uploading", 0, "a", 0) };
                async move {
                    let meter = call.meter.expect("every call is counted");
                    meter.look(&part(begin, 10_000 * SEGMENT));
                    meter.count(body(1 << 10)).collect().await.expect("it is taken");
                    ended
                }
            })
            .await;
        // The same segment again and again comes to nothing.
        assert_eq!((ended.is_err(), calls), (again, if again { segments } else { segments + 1 }));
    }
}

#[tokio::test(start_paused = true)]
async fn the_subtitles_of_a_file_that_x_has_are_not_taken_for_the_file() {
    let upload = Upload::new(Call::new("uploadMedia").parameters(json!({})));
    let progress = upload.progress();
    let mut script: VecDeque<_> =
        [(5_000, output("processing", 0, "a", 0)), (40, failure("unavailable", None)), (40, output("ready", 100, "", 0))].into();
    let ended = upload.run(|call| {
        let (size, ended) = script.pop_front().expect("no more calls than that");
        call.meter.expect("every call is counted").look(&part(0, size));
        assert_eq!(progress.snapshot().size, Some(5_000));
        std::future::ready(ended)
    });
    ended.await.expect("it is ready");
    assert_eq!((progress.snapshot().sent, progress.snapshot().size), (5_000, Some(5_000)));
}

#[tokio::test(start_paused = true)]
async fn a_stopped_upload_takes_what_its_call_says_and_does_not_wait_for_ever() {
    // The call says how far it came.
    let upload = Upload::new(Call::new("uploadMedia").parameters(json!({"resume": "a"})));
    let stop = upload.stop();
    let ended = upload
        .run(|call| {
            stop.stop();
            let given = call.stop.expect("every call has the switch");
            async move {
                given.stopped().await;
                output("uploading", 30, "b", 0)
            }
        })
        .await;
    assert_eq!(ended.expect_err("it was stopped").resume(), Some("b"));
    // The call fails by it, or does not end.
    for hangs in [false, true] {
        let began = Instant::now();
        let upload = Upload::new(Call::new("uploadMedia").parameters(json!({"resume": "a"})));
        let (stop, progress) = (upload.stop(), upload.progress());
        let ended = upload
            .run(|_| {
                stop.stop();
                async move { if hangs { std::future::pending().await } else { failure("unavailable", None) } }
            })
            .await;
        let error = ended.expect_err("it was stopped");
        assert!(matches!(error, UploadError::Stopped { .. }), "{error}");
        assert_eq!((error.resume(), progress.snapshot().resume.as_deref()), (Some("a"), Some("a")));
        assert_eq!(began.elapsed(), if hangs { GRACE } else { Duration::ZERO });
    }
    // In a pause.
    let upload = Upload::new(Call::new("uploadMedia"));
    let stop = upload.stop();
    let (ended, ()) = tokio::join!(upload.run(|_| std::future::ready(output("processing", 1, "c", 60_000))), async {
        sleep(Duration::from_secs(5)).await;
        stop.stop();
    });
    assert_eq!(ended.expect_err("it was stopped").resume(), Some("c"));
}
