//! `POST /2/users/{id}/likes` and `DELETE /2/users/{id}/likes/{tweet_id}`

use http::{Method, StatusCode};
use serde_json::json;

use super::{Endpoint, Handler, data};
use crate::simulator::auth::Accepts;
use crate::simulator::billing::Item;
use crate::simulator::call::{Answer, Call};
use crate::simulator::limits::Limit;
use crate::simulator::options::{Plan, Repeat};
use crate::simulator::problem::Refusal;
use crate::simulator::shape::{Member, Shape};

const SCOPES: &[&str] = &["tweet.read", "users.read", "like.write"];
const LIMITS: &[Limit] = &[Limit::user(50), Limit::user(1_000).per_day()];

pub(super) static LIKE: Endpoint = Endpoint {
    method: Method::POST,
    path: "/2/users/{id}/likes",
    name: "POST /2/users/{id}/likes",
    scopes: SCOPES,
    accepts: Accepts::USERS,
    limits: LIMITS,
    query: &[],
    reads_posts: false,
    handler: Handler::Json(&BODY, like),
};

pub(super) static UNLIKE: Endpoint = Endpoint {
    method: Method::DELETE,
    path: "/2/users/{id}/likes/{tweet_id}",
    name: "DELETE /2/users/{id}/likes/{tweet_id}",
    scopes: SCOPES,
    accepts: Accepts::USERS,
    limits: LIMITS,
    query: &[],
    reads_posts: false,
    handler: Handler::Bare(unlike),
};

static BODY: Shape = Shape::Object(&[Member::required("tweet_id", Shape::Id)]);

fn like(call: &mut Call) -> Result<Answer, Refusal> {
    let user = call.must_be_self("id")?;
    if call.options.plan == Plan::SelfServe {
        return Err(Refusal::not_enrolled());
    }
    let id = call.body_id("tweet_id");
    call.post("tweet_id", id)?;
    let body = data(json!({"liked": true}));
    if call.state.posts.like(user, id) {
        return Ok(Answer::changed(StatusCode::OK, body, Some(Item::UserInteraction)));
    }
    match call.options.repeats {
        Repeat::Refused => Err(Refusal::forbidden("You have already liked this Tweet.")),
        Repeat::Silent => Ok(Answer::unchanged(body, Item::UserInteraction)),
    }
}

fn unlike(call: &mut Call) -> Result<Answer, Refusal> {
    let user = call.must_be_self("id")?;
    if call.options.plan == Plan::SelfServe {
        return Err(Refusal::not_enrolled());
    }
    let body = data(json!({"liked": false}));
    let item = Item::UserInteractionDelete;
    if call.state.posts.unlike(user, call.path_id("tweet_id")) {
        Ok(Answer::changed(StatusCode::OK, body, Some(item)))
    } else {
        Ok(Answer::unchanged(body, item))
    }
}
