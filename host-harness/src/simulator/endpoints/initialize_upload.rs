//! `POST /2/media/upload/initialize`

use http::{Method, StatusCode};
use serde_json::json;

use super::{Endpoint, Handler, data};
use crate::simulator::auth::Accepts;
use crate::simulator::call::{Answer, Call, id};
use crate::simulator::limits::Limit;
use crate::simulator::media::category::{Category, MEDIA_TYPES, NAMES};
use crate::simulator::media::content::Content;
use crate::simulator::media::{LIFETIME_MS, Upload};
use crate::simulator::problem::Refusal;
use crate::simulator::shape::{Member, Shape};

pub(super) static ENDPOINT: Endpoint = Endpoint {
    method: Method::POST,
    path: "/2/media/upload/initialize",
    name: "POST /2/media/upload/initialize",
    scopes: &["media.write"],
    accepts: Accepts::USERS,
    limits: &[Limit::user(1_875), Limit::app(180_000).per_day()],
    query: &[],
    reads_posts: false,
    handler: Handler::Json(&BODY, run),
};

/// X's specification requires none of these; its guide does.
static BODY: Shape = Shape::Object(&[
    Member::required("media_type", Shape::Choice(MEDIA_TYPES)),
    Member::required("total_bytes", Shape::Integer { minimum: 1, maximum: 17_179_869_184 }),
    Member::required("media_category", Shape::Choice(NAMES)),
    Member::optional("shared", Shape::Boolean),
    Member::optional("additional_owners", Shape::List { of: &Shape::Id, minimum: 0, maximum: 100 }),
]);

fn run(call: &mut Call) -> Result<Answer, Refusal> {
    let text = |name: &str| call.body[name].as_str().unwrap_or_default();
    let (media_type, name) = (text("media_type"), text("media_category"));
    let Some(category) = Category::named(name).filter(|category| category.takes(media_type)) else {
        let message = format!("The media_category {name} does not take {media_type}.");
        return Err(Refusal::invalid("media_type", media_type, &message));
    };
    let total = call.body["total_bytes"].as_u64().unwrap_or_default();
    let premium = call.state.users.get(call.user_id()).is_some_and(|user| user.premium);
    let limit = category.limit(premium);
    if total > limit {
        let message = format!("File size exceeds {limit} bytes.");
        return Err(Refusal::invalid("total_bytes", &total.to_string(), &message));
    }
    let owners = call.body["additional_owners"].as_array().into_iter().flatten();
    let upload = Upload {
        id: call.state.next_id(call.now_ms),
        owner_id: call.user_id(),
        additional_owners: owners.filter_map(|owner| owner.as_str()).map(id).collect(),
        category,
        media_type: media_type.to_owned(),
        shared: call.body["shared"].as_bool().unwrap_or_default(),
        began_at_ms: call.now_ms,
        image: None,
        content: Content::of(total, call.options.keep_media && total <= call.options.kept_media_bytes),
        alt_text: None,
        subtitles: Vec::new(),
        finalized: None,
    };
    let body = data(json!({
        "id": upload.id.to_string(),
        "media_key": upload.key(),
        "expires_after_secs": LIFETIME_MS / 1000,
    }));
    call.state.media.add(upload);
    Ok(Answer::changed(StatusCode::OK, body, None))
}
