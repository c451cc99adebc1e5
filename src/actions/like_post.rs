//! `POST /2/users/{id}/likes` · tweet.read users.read like.write · idempotent · <https://docs.x.com/x-api/users/like-post>

use alloc::format;

use crate::bindings::actions::{LikePostInput, LikePostOutput, LikedPost};
use crate::bindings::types::Outcome;
use crate::cost::Item;
use crate::error::Failure;
use crate::id::{PostId, UserId};
use crate::json::Json;
use crate::session::{Answer, Session, Write, WriteFailure};
use crate::transport::Method;
use crate::x::current_user;

/// The post to like.
pub fn parse(input: &LikePostInput) -> Result<PostId, Failure> {
    PostId::parse(&input.tweet_id).map_err(|error| Failure::invalid("tweet_id", "invalid-post", &format!("{error}")))
}

pub fn request(own_id: UserId, post: PostId) -> Write {
    Write::json(Method::Post, format!("/2/users/{own_id}/likes"), &Json::object([("tweet_id", Json::text(post))]))
}

fn response(answer: &Answer) -> Result<bool, Failure> {
    answer.truth(["liked", "liked"])
}

/// Likes a post.
///
/// # Errors
/// A [`Failure`]; a post that is liked already is no error.
pub fn run(session: &Session<'_>, input: &LikePostInput) -> Result<LikePostOutput, Failure> {
    let post = parse(input)?;
    let (liked, outcome) = match session.write(request(current_user::id(session)?, post)) {
        Ok(answer) => (response(&answer)?, Outcome::Done),
        Err(WriteFailure::NotDone(failure)) if failure.code() == "already-liked" => (true, Outcome::AlreadyDone),
        Err(failure) => return Err(failure.of_idempotent()),
    };
    if outcome == Outcome::Done {
        session.bill(Item::UserInteraction, 1);
    }
    Ok(LikePostOutput { data: LikedPost { liked }, receipt: session.receipt(outcome) })
}
