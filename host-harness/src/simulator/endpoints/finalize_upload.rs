//! `POST /2/media/upload/{id}/finalize`

use http::{Method, StatusCode};

use super::{Endpoint, Handler};
use crate::simulator::auth::Accepts;
use crate::simulator::call::{Answer, Call};
use crate::simulator::limits::Limit;
use crate::simulator::options::Repeat;
use crate::simulator::problem::Refusal;

pub(super) static ENDPOINT: Endpoint = Endpoint {
    method: Method::POST,
    path: "/2/media/upload/{id}/finalize",
    name: "POST /2/media/upload/{id}/finalize",
    scopes: &["media.write"],
    accepts: Accepts::USERS,
    limits: &[Limit::user(1_875), Limit::app(180_000).per_day()],
    query: &[],
    reads_posts: false,
    handler: Handler::Bare(run),
};

fn run(call: &mut Call) -> Result<Answer, Refusal> {
    let (id, user, now_ms) = (call.path_id("id"), call.user_id(), call.now_ms);
    let processing = call.state.media.processing.clone().unwrap_or_else(|| call.options.processing.clone());
    let upload = call.state.media.own("id", id, user, now_ms)?;
    if upload.finalized.is_some() {
        return match call.options.repeats {
            Repeat::Refused => Err(Refusal::invalid("id", &id.to_string(), "The upload is finalized.")),
            Repeat::Silent => Ok(Answer::read(upload.told(now_ms), Vec::new())),
        };
    }
    upload.finalize(&processing, now_ms)?;
    Ok(Answer::changed(StatusCode::OK, upload.told(now_ms), None))
}
