//! `POST /2/media/metadata`, the description of an upload for people who do not see it

use http::{Method, StatusCode};
use serde_json::json;

use super::{Endpoint, Handler, data};
use crate::simulator::auth::Accepts;
use crate::simulator::billing::Item;
use crate::simulator::call::{Answer, Call};
use crate::simulator::limits::Limit;
use crate::simulator::media::category::Kind;
use crate::simulator::problem::Refusal;
use crate::simulator::shape::{Member, Shape};

pub(super) static ENDPOINT: Endpoint = Endpoint {
    method: Method::POST,
    path: "/2/media/metadata",
    name: "POST /2/media/metadata",
    scopes: &["media.write"],
    accepts: Accepts::USERS,
    limits: &[Limit::user(500), Limit::app(50_000).per_day()],
    query: &[],
    reads_posts: false,
    handler: Handler::Json(&BODY, run),
};

/// X has a dozen more of these; the simulator knows the ones that say something about what is seen.
static BODY: Shape = Shape::Object(&[Member::required("id", Shape::Id), Member::optional("metadata", METADATA)]);

const METADATA: Shape = Shape::Object(&[
    Member::optional("alt_text", Shape::Object(&[Member::required("text", Shape::Text { minimum: 0, maximum: 1_000 })])),
    Member::optional("allow_download_status", Shape::Object(&[Member::optional("allow_download", Shape::Boolean)])),
    Member::optional(
        "sensitive_media_warning",
        Shape::Object(&[
            Member::optional("adult_content", Shape::Boolean),
            Member::optional("graphic_violence", Shape::Boolean),
            Member::optional("other", Shape::Boolean),
        ]),
    ),
]);

fn run(call: &mut Call) -> Result<Answer, Refusal> {
    let (id, user, now_ms) = (call.body_id("id"), call.user_id(), call.now_ms);
    let upload = call.state.media.own("id", id, user, now_ms)?;
    if upload.category.kind == Kind::Subtitles {
        return Err(Refusal::invalid("id", &id.to_string(), "Subtitles have no metadata."));
    }
    let metadata = &call.body["metadata"];
    if let Some(text) = metadata["alt_text"]["text"].as_str() {
        upload.alt_text = Some(text.to_owned()).filter(|text| !text.is_empty());
    }
    let associated = if metadata.is_object() { metadata.clone() } else { json!({}) };
    let body = data(json!({"id": id.to_string(), "associated_metadata": associated}));
    Ok(Answer::changed(StatusCode::OK, body, Some(Item::MediaMetadata)))
}
