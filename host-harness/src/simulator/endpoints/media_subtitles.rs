//! `POST` and `DELETE /2/media/subtitles`, the subtitles of a video

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Endpoint, Handler, data};
use crate::simulator::auth::Accepts;
use crate::simulator::call::{Answer, Call, id};
use crate::simulator::limits::Limit;
use crate::simulator::media::category::Purpose;
use crate::simulator::media::{Subtitles, Upload};
use crate::simulator::options::Repeat;
use crate::simulator::problem::Refusal;
use crate::simulator::shape::{Member, Shape, TEXT};

pub(super) static CREATE: Endpoint = Endpoint {
    method: Method::POST,
    path: "/2/media/subtitles",
    name: "POST /2/media/subtitles",
    scopes: &["media.write"],
    accepts: Accepts::USERS,
    limits: &[Limit::user(100), Limit::app(10_000).per_day()],
    query: &[],
    reads_posts: false,
    handler: Handler::Json(&CREATE_BODY, create),
};

pub(super) static DELETE: Endpoint = Endpoint {
    method: Method::DELETE,
    path: "/2/media/subtitles",
    name: "DELETE /2/media/subtitles",
    scopes: &["media.write"],
    accepts: Accepts::USERS,
    limits: &[Limit::user(100), Limit::app(10_000).per_day()],
    query: &[],
    reads_posts: false,
    handler: Handler::Json(&DELETE_BODY, delete),
};

const CATEGORY: Shape = Shape::Choice(&["AmplifyVideo", "TweetVideo"]);
const LANGUAGE: Shape = Shape::Text { minimum: 2, maximum: 2 };

/// Version 2.166 of the specification requires nothing; without any of these there is nothing to be done.
static CREATE_BODY: Shape = Shape::Object(&[
    Member::required("id", Shape::Id),
    Member::required("media_category", CATEGORY),
    Member::required(
        "subtitles",
        Shape::Object(&[
            Member::required("id", Shape::Id),
            Member::required("language_code", LANGUAGE),
            Member::optional("display_name", TEXT),
        ]),
    ),
]);

static DELETE_BODY: Shape = Shape::Object(&[
    Member::required("id", Shape::Id),
    Member::required("media_category", CATEGORY),
    Member::required("language_code", LANGUAGE),
]);

fn create(call: &mut Call) -> Result<Answer, Refusal> {
    let (user, now_ms) = (call.user_id(), call.now_ms);
    let given = &call.body["subtitles"];
    let language_code = language(given)?;
    let media_id = given["id"].as_str().map_or(0, id);
    let display_name = given["display_name"].as_str().map(str::to_owned);
    let usable = call.state.media.get(media_id).is_some_and(|upload| upload.usable_by(user, Purpose::Video, now_ms));
    if !usable {
        return Err(Refusal::invalid("subtitles.id", &media_id.to_string(), "Your media IDs are invalid."));
    }
    let video = video(call)?;
    video.subtitles.retain(|old| old.language_code != language_code);
    video.subtitles.push(Subtitles { media_id, language_code, display_name });
    video.subtitles.sort_by(|one, other| one.language_code.cmp(&other.language_code));
    let associated: Vec<Value> = video.subtitles.iter().map(told).collect();
    let body = data(json!({
        "id": video.id.to_string(),
        "media_category": call.body["media_category"],
        "associated_subtitles": associated,
    }));
    Ok(Answer::changed(StatusCode::OK, body, None))
}

fn told(subtitles: &Subtitles) -> Value {
    let mut told = json!({"id": subtitles.media_id.to_string(), "language_code": subtitles.language_code});
    if let Some(name) = &subtitles.display_name {
        told["display_name"] = json!(name);
    }
    told
}

fn delete(call: &mut Call) -> Result<Answer, Refusal> {
    let language_code = language(call.body)?;
    let repeats = call.options.repeats;
    let video = video(call)?;
    let before = video.subtitles.len();
    video.subtitles.retain(|old| old.language_code != language_code);
    let deleted = video.subtitles.len() < before;
    if !deleted && repeats == Repeat::Refused {
        return Err(Refusal::not_found("media", "language_code", &language_code));
    }
    let body = data(json!({"deleted": deleted}));
    Ok(if deleted { Answer::changed(StatusCode::OK, body, None) } else { Answer::read(body, Vec::new()) })
}

fn language(value: &Value) -> Result<String, Refusal> {
    let code = value["language_code"].as_str().unwrap_or_default();
    if code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(code.to_owned());
    }
    let message = "$.language_code: does not match the regex pattern ^[A-Z]{2}$";
    Err(Refusal::invalid("language_code", code, message))
}

/// The caller's own video of the category that the body names, with all its bytes.
fn video<'a>(call: &'a mut Call) -> Result<&'a mut Upload, Refusal> {
    let (video_id, user, now_ms) = (call.body_id("id"), call.user_id(), call.now_ms);
    let category = if call.body["media_category"] == "AmplifyVideo" { "amplify_video" } else { "tweet_video" };
    let upload = call.state.media.own("id", video_id, user, now_ms)?;
    if upload.category.name != category {
        let message = format!("The media is of the category {}.", upload.category.name);
        return Err(Refusal::invalid("media_category", category, &message));
    }
    if upload.finalized.is_none() {
        return Err(Refusal::invalid("id", &video_id.to_string(), "The upload is not finalized."));
    }
    Ok(upload)
}
