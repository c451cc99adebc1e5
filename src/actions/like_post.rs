//! `POST /2/users/{id}/likes` · tweet.read users.read like.write · idempotent · <https://docs.x.com/x-api/users/like-post>

use alloc::format;

use crate::auth::Accepts;
use crate::bindings::actions::{LikePostInput, LikePostOutput, LikedPost};
use crate::bindings::types::Outcome;
use crate::cost::Item;
use crate::error::Failure;
use crate::id::{PostId, UserId};
use crate::json::Json;
use crate::session::{Answer, Session, Write, WriteFailure};
use crate::transport::Method;
use crate::x::current_user;

/// What X accepts here.
pub const ACCEPTS: Accepts = Accepts::USER.with_scopes(&["tweet.read", "users.read", "like.write"]);

/// The post to like.
pub fn parse(input: &LikePostInput) -> Result<PostId, Failure> {
    PostId::parse(&input.tweet_id).map_err(|error| Failure::invalid("tweet_id", "invalid-post", &format!("{error}")))
}

pub fn request(own_id: UserId, post: PostId) -> Write {
    Write::json(Method::Post, format!("/2/users/{own_id}/likes"), &Json::object([("tweet_id", Json::text(post))]), ACCEPTS)
}

/// X has said by its status that it did it; what its body says is more, but no less.
fn response(answer: &Answer) -> bool {
    answer.truth(["liked", "liked"]).unwrap_or(true)
}

/// Likes a post.
///
/// # Errors
/// A [`Failure`]; a post that is liked already is no error.
pub fn run(session: &Session<'_>, input: &LikePostInput) -> Result<LikePostOutput, Failure> {
    let post = parse(input)?;
    session.credential(ACCEPTS)?;
    let (liked, outcome) = match session.write(request(current_user::id(session)?, post)) {
        Ok(answer) => (response(&answer), Outcome::Done),
        Err(WriteFailure::Done(_)) => (true, Outcome::Done),
        Err(WriteFailure::NotDone(failure)) if failure.code() == "already-liked" => (true, Outcome::AlreadyDone),
        Err(failure) => return Err(failure.of_idempotent()),
    };
    if outcome == Outcome::Done {
        session.bill(Item::UserInteraction, 1);
    }
    Ok(LikePostOutput { data: LikedPost { liked }, receipt: session.receipt(outcome) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Case;
    use crate::session::testing::{Script, answer, lost, not_sent};
    use crate::transport::Fault;

    const LINE: &str = "POST /2/users/2244994945/likes";

    fn like(script: &Script, tweet_id: &str) -> Result<LikePostOutput, Failure> {
        script.run(|session| run(session, &LikePostInput { tweet_id: tweet_id.into() }))
    }

    #[test]
    fn a_like_is_one_request_and_is_billed() {
        let script = Script::new([(LINE, answer(200, r#"{"data":{"liked":true}}"#).header("x-transaction-id", "8c2f"))]);
        let output = like(&script, "https://x.com/a/status/1880012345678901234").expect("liked");
        assert_eq!(script.body(0), r#"{"tweet_id":"1880012345678901234"}"#);
        assert_eq!(script.sent.borrow()[0].header("content-type"), Some("application/json"));
        assert_eq!((output.data.liked, output.receipt.outcome, output.receipt.request_id.as_deref()), (true, Outcome::Done, Some("8c2f")));
        assert_eq!((output.receipt.charges.len(), output.receipt.charges[0].item.as_str()), (1, "user-interaction"));
    }

    #[test]
    fn the_own_id_is_looked_up_when_the_connection_does_not_tell_it() {
        let me = ("GET /2/users/me", answer(200, r#"{"data":{"id":"77","name":"N","username":"n"}}"#));
        let script = Script::new([me, ("POST /2/users/77/likes", answer(200, r#"{"data":{"liked":true}}"#))]).with("X_USER_ID", "");
        assert_eq!(like(&script, "5").expect("liked").receipt.charges.len(), 2);
    }

    #[test]
    fn a_like_that_was_there_is_no_error() {
        for body in [r#"{"detail":"You have already liked this Tweet.","status":403}"#, r#"{"errors":[{"code":139,"message":"x"}]}"#] {
            let output = like(&Script::new([(LINE, answer(403, body))]), "5").expect("liked");
            assert_eq!((output.data.liked, output.receipt.outcome, output.receipt.charges.len()), (true, Outcome::AlreadyDone, 0));
        }
    }

    #[test]
    fn a_status_of_success_is_one_whatever_the_body_says() {
        for reply in [answer(200, ""), answer(200, "<html>"), answer(200, r#"{"data":{"#).cut()] {
            assert_eq!(like(&Script::new([(LINE, reply)]), "5").expect("liked").receipt.outcome, Outcome::Done);
        }
    }

    #[test]
    fn a_lost_answer_may_be_asked_for_again() {
        for reply in
            [answer(503, ""), answer(500, "{}"), lost(Fault::ConnectionBroken), lost(Fault::Deadline), not_sent(Fault::ConnectionRefused)]
        {
            assert_eq!(like(&Script::new([(LINE, reply)]), "5").expect_err("lost").case(), Case::Unavailable);
        }
    }

    #[test]
    fn a_post_that_is_none_sends_nothing() {
        for wrong in ["", "x", "https://x.com/a", "https://x.com.evil.example/a/status/1", "12345678901234567890"] {
            let failure = like(&Script::silent(), wrong).expect_err(wrong);
            assert_eq!((failure.case(), failure.problem().field.as_deref()), (Case::InvalidInput, Some("tweet_id")));
        }
    }
}
