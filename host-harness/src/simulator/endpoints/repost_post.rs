//! `POST /2/users/{id}/retweets` and `DELETE /2/users/{id}/retweets/{source_tweet_id}`

use http::{Method, StatusCode};
use serde_json::json;

use super::{Endpoint, Handler, WRITE, data};
use crate::simulator::auth::Accepts;
use crate::simulator::billing::Item;
use crate::simulator::call::{Answer, Call};
use crate::simulator::clock::millis;
use crate::simulator::limits::Limit;
use crate::simulator::options::Repeat;
use crate::simulator::problem::Refusal;
use crate::simulator::shape::{Member, Shape};
use crate::simulator::state::Draft;

pub(super) static REPOST: Endpoint = Endpoint {
    method: Method::POST,
    path: "/2/users/{id}/retweets",
    name: "POST /2/users/{id}/retweets",
    scopes: WRITE,
    accepts: Accepts::USERS,
    limits: &[Limit::user(50)],
    query: &[],
    reads_posts: false,
    handler: Handler::Json(&BODY, repost),
};

pub(super) static UNREPOST: Endpoint = Endpoint {
    method: Method::DELETE,
    path: "/2/users/{id}/retweets/{source_tweet_id}",
    name: "DELETE /2/users/{id}/retweets/{source_tweet_id}",
    scopes: WRITE,
    accepts: Accepts::USERS,
    limits: &[Limit::user(50)],
    query: &[],
    reads_posts: false,
    handler: Handler::Bare(unrepost),
};

static BODY: Shape = Shape::Object(&[Member::required("tweet_id", Shape::Id)]);

fn repost(call: &mut Call) -> Result<Answer, Refusal> {
    let user = call.must_be_self("id")?;
    let source = call.post("tweet_id", call.body_id("tweet_id"))?;
    // A repost of a repost is a repost of what was posted first.
    let source_id = source.repost_of.unwrap_or(source.id);
    let source = call.post("tweet_id", source_id)?;
    // Specification 2.166 calls the id `id`, 2.167 calls it `rest_id`: the reposted post's in both.
    let id = source_id.to_string();
    let body = data(json!({"retweeted": true, "id": id, "rest_id": id}));
    if call.state.posts.repost_by(user, source_id).is_some() {
        return match call.options.repeats {
            Repeat::Refused => Err(Refusal::forbidden("You have already retweeted this Tweet.")),
            Repeat::Silent => Ok(Answer::unchanged(body, Item::UserInteraction)),
        };
    }
    let draft = Draft {
        author_id: user,
        text: call.state.repost_text(source),
        repost_of: Some(source_id),
        hidden_ms: millis(call.options.indexing_delay),
        ..Draft::default()
    };
    let id = call.state.next_id(call.now_ms);
    call.state.publish(draft, id, call.now_ms, call.options);
    Ok(Answer::changed(StatusCode::OK, body, Some(Item::UserInteraction)))
}

fn unrepost(call: &mut Call) -> Result<Answer, Refusal> {
    let user = call.must_be_self("id")?;
    let body = data(json!({"retweeted": false}));
    let item = Item::UserInteractionDelete;
    let source = call.path_id("source_tweet_id");
    let Some(repost) = call.state.posts.repost_by(user, source) else {
        return Ok(Answer::unchanged(body, item));
    };
    call.state.posts.remove(repost);
    Ok(Answer::changed(StatusCode::OK, body, Some(item)))
}
