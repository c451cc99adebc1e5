//! `DELETE /2/tweets/{id}`

use http::{Method, StatusCode};
use serde_json::json;

use super::{Endpoint, Handler, WRITE, data};
use crate::simulator::auth::Accepts;
use crate::simulator::billing::Item;
use crate::simulator::call::{Answer, Call};
use crate::simulator::limits::Limit;
use crate::simulator::options::Repeat;
use crate::simulator::problem::Refusal;

pub(super) static ENDPOINT: Endpoint = Endpoint {
    method: Method::DELETE,
    path: "/2/tweets/{id}",
    name: "DELETE /2/tweets/{id}",
    scopes: WRITE,
    accepts: Accepts::USERS,
    limits: &[Limit::user(50)],
    query: &[],
    reads_posts: false,
    handler: Handler::Bare(run),
};

fn run(call: &mut Call) -> Result<Answer, Refusal> {
    let id = call.path_id("id");
    match call.post("id", id) {
        Ok(post) if post.author_id != call.user_id() => Err(Refusal::forbidden("You are not authorized to delete this Tweet.")),
        Ok(_) => {
            call.state.posts.remove(id);
            let body = data(json!({"deleted": true}));
            Ok(Answer::changed(StatusCode::OK, body, Some(Item::PostDelete)))
        }
        Err(refusal) => match call.options.repeats {
            Repeat::Refused => Err(refusal),
            Repeat::Silent => {
                let body = data(json!({"deleted": false}));
                Ok(Answer::unchanged(body, Item::PostDelete))
            }
        },
    }
}
