//! `POST /2/users/{id}/retweets` · tweet.read tweet.write users.read · idempotent · <https://docs.x.com/x-api/users/repost-post>

use alloc::{format, string::ToString};

use crate::bindings::actions::{RepostPostInput, RepostPostOutput, RepostedPost};
use crate::bindings::types::Outcome;
use crate::cost::Item;
use crate::error::Failure;
use crate::id::{PostId, UserId};
use crate::json::Json;
use crate::session::{Answer, Session, Write, WriteFailure};
use crate::transport::Method;
use crate::x::current_user;

/// The post to repost.
pub fn parse(input: &RepostPostInput) -> Result<PostId, Failure> {
    PostId::parse(&input.tweet_id).map_err(|error| Failure::invalid("tweet_id", "invalid-post", &format!("{error}")))
}

pub fn request(own_id: UserId, post: PostId) -> Write {
    Write::json(Method::Post, format!("/2/users/{own_id}/retweets"), &Json::object([("tweet_id", Json::text(post))]))
}

/// X named the id `id` until August 2026 and names it `rest_id` since.
fn response(answer: &Answer, post: PostId) -> Result<RepostedPost, Failure> {
    let id = answer.data()?.get_either(["id", "rest_id"]).to_text();
    Ok(RepostedPost { id: id.unwrap_or_else(|| post.to_string()), retweeted: answer.truth(["retweeted", "reposted"])? })
}

/// Reposts a post.
///
/// # Errors
/// A [`Failure`]; a post that is reposted already is no error.
pub fn run(session: &Session<'_>, input: &RepostPostInput) -> Result<RepostPostOutput, Failure> {
    let post = parse(input)?;
    let (data, outcome) = match session.write(request(current_user::id(session)?, post)) {
        Ok(answer) => (response(&answer, post)?, Outcome::Done),
        Err(WriteFailure::NotDone(failure)) if failure.code() == "already-reposted" => {
            (RepostedPost { id: post.to_string(), retweeted: true }, Outcome::AlreadyDone)
        }
        Err(failure) => return Err(failure.of_idempotent()),
    };
    if outcome == Outcome::Done {
        session.bill(Item::UserInteraction, 1);
    }
    Ok(RepostPostOutput { data, receipt: session.receipt(outcome) })
}
