//! `GET /2/media/upload?command=STATUS&media_id=`, what has become of an upload

use http::Method;

use super::{Endpoint, Handler};
use crate::simulator::auth::Accepts;
use crate::simulator::call::{Answer, Call};
use crate::simulator::limits::Limit;
use crate::simulator::problem::Refusal;
use crate::simulator::query::{Kind, Parameter};

pub(super) static ENDPOINT: Endpoint = Endpoint {
    method: Method::GET,
    path: "/2/media/upload",
    name: "GET /2/media/upload",
    scopes: &["media.write"],
    accepts: Accepts::USERS,
    limits: &[Limit::user(1_000), Limit::app(100_000).per_day()],
    query: &[Parameter::required("media_id", Kind::Id), Parameter::optional("command", Kind::Choices(&["STATUS"]))],
    reads_posts: false,
    handler: Handler::Bare(run),
};

fn run(call: &mut Call) -> Result<Answer, Refusal> {
    let id = call.query.number("media_id").unwrap_or_default();
    let upload = call.state.media.get(id).filter(|upload| upload.belongs_to(call.user_id()) && !upload.is_expired(call.now_ms));
    let upload = upload.ok_or_else(|| Refusal::not_found("media", "media_id", &id.to_string()))?;
    if upload.finalized.is_none() {
        return Err(Refusal::invalid("media_id", &id.to_string(), "The upload is not finalized."));
    }
    Ok(Answer::read(upload.told(call.now_ms), Vec::new()))
}
