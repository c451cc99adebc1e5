//! `POST /2/users/{id}/retweets` · tweet.read tweet.write users.read · idempotent · <https://docs.x.com/x-api/users/repost-post>

use alloc::{format, string::ToString};

use crate::auth::Accepts;
use crate::bindings::actions::{RepostPostInput, RepostPostOutput, RepostedPost};
use crate::bindings::types::Outcome;
use crate::cost::Item;
use crate::error::Failure;
use crate::id::{PostId, UserId};
use crate::json::Json;
use crate::session::{Answer, Session, Write, WriteFailure};
use crate::transport::Method;
use crate::x::current_user;

/// What X accepts here.
pub const ACCEPTS: Accepts = Accepts::USER.with_scopes(&["tweet.read", "tweet.write", "users.read"]);

/// The post to repost.
pub fn parse(input: &RepostPostInput) -> Result<PostId, Failure> {
    PostId::parse(&input.tweet_id).map_err(|error| Failure::invalid("tweet_id", "invalid-post", &format!("{error}")))
}

pub fn request(own_id: UserId, post: PostId) -> Write {
    Write::json(Method::Post, format!("/2/users/{own_id}/retweets"), &Json::object([("tweet_id", Json::text(post))]), ACCEPTS)
}

/// X named the id `id` until August 2026 and names it `rest_id` since. Its status has said that it did it, whatever the body says.
fn response(answer: &Answer, post: PostId) -> RepostedPost {
    let id = answer.data().ok().and_then(|data| data.get_either(["id", "rest_id"]).to_text());
    RepostedPost { id: id.unwrap_or_else(|| post.to_string()), retweeted: answer.truth(["retweeted", "reposted"]).unwrap_or(true) }
}

/// Reposts a post.
///
/// # Errors
/// A [`Failure`]; a post that is reposted already is no error.
pub fn run(session: &Session<'_>, input: &RepostPostInput) -> Result<RepostPostOutput, Failure> {
    let post = parse(input)?;
    session.credential(ACCEPTS)?;
    let (data, outcome) = match session.write(request(current_user::id(session)?, post)) {
        Ok(answer) => (response(&answer, post), Outcome::Done),
        Err(WriteFailure::Done(_)) => (RepostedPost { id: post.to_string(), retweeted: true }, Outcome::Done),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Case;
    use crate::session::testing::{Script, answer, lost};
    use crate::transport::Fault;

    const LINE: &str = "POST /2/users/2244994945/retweets";

    fn repost(script: &Script, tweet_id: &str) -> Result<RepostPostOutput, Failure> {
        script.run(|session| run(session, &RepostPostInput { tweet_id: tweet_id.into() }))
    }

    #[test]
    fn a_repost_is_read_in_both_dialects() {
        for body in [r#"{"data":{"retweeted":true,"id":"9"}}"#, r#"{"data":{"retweeted":true,"rest_id":"9"}}"#] {
            let script = Script::new([(LINE, answer(200, body))]);
            let output = repost(&script, "5").expect("reposted");
            assert_eq!(script.body(0), r#"{"tweet_id":"5"}"#);
            assert_eq!((output.data.id.as_str(), output.data.retweeted, output.receipt.outcome), ("9", true, Outcome::Done));
            assert_eq!(output.receipt.charges[0].micro_usd, 15_000);
        }
    }

    #[test]
    fn a_repost_that_was_there_is_no_error() {
        for body in
            [r#"{"detail":"You cannot retweet a Tweet that you have already retweeted."}"#, r#"{"errors":[{"code":327,"message":"x"}]}"#]
        {
            let output = repost(&Script::new([(LINE, answer(403, body))]), "5").expect("reposted");
            assert_eq!((output.data.id.as_str(), output.receipt.outcome), ("5", Outcome::AlreadyDone));
        }
    }

    #[test]
    fn a_status_of_success_is_one_whatever_the_body_says() {
        for reply in [answer(200, ""), answer(200, "{").cut()] {
            let output = repost(&Script::new([(LINE, reply)]), "5").expect("reposted");
            assert_eq!((output.data.id.as_str(), output.data.retweeted, output.receipt.outcome), ("5", true, Outcome::Done));
        }
    }

    #[test]
    fn a_lost_answer_may_be_asked_for_again_and_a_refusal_is_told() {
        for reply in [answer(503, ""), lost(Fault::ConnectionBroken)] {
            assert_eq!(repost(&Script::new([(LINE, reply)]), "5").expect_err("lost").case(), Case::Unavailable);
        }
        let gone = Script::new([(LINE, answer(404, ""))]);
        assert_eq!(repost(&gone, "5").expect_err("gone").case(), Case::NotFound);
        assert_eq!(repost(&Script::silent(), "@name").expect_err("no post").problem().field.as_deref(), Some("tweet_id"));
    }
}
