//! `DELETE /2/tweets/{id}` · tweet.read tweet.write users.read · idempotent · <https://docs.x.com/x-api/posts/delete-post>

use alloc::format;

use crate::auth::Accepts;
use crate::bindings::actions::{DeletePostInput, DeletePostOutput, DeletedPost};
use crate::bindings::types::Outcome;
use crate::cost::Item;
use crate::error::Failure;
use crate::id::PostId;
use crate::session::{Answer, Session, Write, WriteFailure};
use crate::transport::{Body, Method};

/// What X accepts here.
pub const ACCEPTS: Accepts = Accepts::USER.with_scopes(&["tweet.read", "tweet.write", "users.read"]);

/// The post to delete.
pub fn parse(input: &DeletePostInput) -> Result<PostId, Failure> {
    PostId::parse(&input.id).map_err(|error| Failure::invalid("id", "invalid-post", &format!("{error}")))
}

pub fn request(id: PostId) -> Write {
    Write { method: Method::Delete, path: format!("/2/tweets/{id}"), content_type: None, body: Body::Empty, accepts: ACCEPTS }
}

/// `false` from X means that there was nothing to delete. Without a body its status says enough.
fn response(answer: &Answer) -> Outcome {
    if answer.truth(["deleted", "deleted"]).unwrap_or(true) { Outcome::Done } else { Outcome::AlreadyDone }
}

/// Deletes a post of the connected account.
///
/// # Errors
/// A [`Failure`]; a post that is gone already is no error.
pub fn run(session: &Session<'_>, input: &DeletePostInput) -> Result<DeletePostOutput, Failure> {
    let outcome = match session.write(request(parse(input)?)) {
        Ok(answer) => response(&answer),
        Err(WriteFailure::Done(_)) => Outcome::Done,
        // Any server answers 404 to an address that it does not know; only X says that it knows no such post.
        Err(WriteFailure::NotDone(failure)) if failure.code() == "not-found" => Outcome::AlreadyDone,
        Err(failure) => return Err(failure.of_idempotent()),
    };
    if outcome == Outcome::Done {
        session.bill(Item::PostDelete, 1);
    }
    Ok(DeletePostOutput { data: DeletedPost { deleted: true }, receipt: session.receipt(outcome) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Case;
    use crate::session::testing::{Script, answer, lost, not_sent};
    use crate::transport::Fault;

    const LINE: &str = "DELETE /2/tweets/5";

    fn delete(script: &Script, id: &str) -> Result<DeletePostOutput, Failure> {
        script.run(|session| run(session, &DeletePostInput { id: id.into() }))
    }

    #[test]
    fn a_deletion_is_one_request_without_a_body() {
        let script = Script::new([(LINE, answer(200, r#"{"data":{"deleted":true}}"#))]).with("X_USER_ID", "");
        let output = delete(&script, "https://twitter.com/a/status/5?s=20").expect("deleted");
        assert_eq!((script.body(0).as_str(), script.sent.borrow()[0].header("content-type")), ("", None));
        assert_eq!((output.data.deleted, output.receipt.outcome), (true, Outcome::Done));
        assert_eq!((output.receipt.charges[0].item.as_str(), output.receipt.charges[0].micro_usd), ("post-delete", 10_000));
    }

    #[test]
    fn a_post_that_was_gone_is_no_error_and_costs_nothing() {
        let not_found =
            r#"{"errors":[{"detail":"Could not find tweet with id: [5].","type":"https://api.x.com/2/problems/resource-not-found"}]}"#;
        for reply in [answer(200, r#"{"data":{"deleted":false}}"#), answer(404, not_found), answer(200, not_found)] {
            let output = delete(&Script::new([(LINE, reply)]), "5").expect("gone");
            assert_eq!((output.data.deleted, output.receipt.outcome, output.receipt.charges.len()), (true, Outcome::AlreadyDone, 0));
        }
    }

    #[test]
    fn a_404_of_somebody_else_is_not_taken_for_a_deleted_post() {
        for body in ["", "<html>nothing here</html>", r#"{"title":"Not Found","type":"about:blank","status":404}"#] {
            let failure = delete(&Script::new([(LINE, answer(404, body))]), "5").expect_err("refused");
            assert_eq!((failure.case(), failure.code()), (Case::NotFound, "nothing-at-address"));
        }
    }

    #[test]
    fn a_status_of_success_is_one_whatever_the_body_says() {
        for reply in [answer(204, ""), answer(200, "{").cut()] {
            assert_eq!(delete(&Script::new([(LINE, reply)]), "5").expect("deleted").receipt.outcome, Outcome::Done);
        }
    }

    #[test]
    fn a_lost_answer_may_be_asked_for_again_and_a_refusal_is_told() {
        for reply in [answer(500, ""), answer(302, ""), lost(Fault::Protocol), not_sent(Fault::NameNotResolved)] {
            assert_eq!(delete(&Script::new([(LINE, reply)]), "5").expect_err("lost").case(), Case::Unavailable);
        }
        let denied = Script::new([(LINE, not_sent(Fault::Denied))]);
        assert_eq!(delete(&denied, "5").expect_err("denied").case(), Case::EgressDenied);
        let other = Script::new([(LINE, answer(403, r#"{"detail":"You are not authorized to delete this Tweet."}"#))]);
        assert_eq!(delete(&other, "5").expect_err("refused").case(), Case::Forbidden);
        assert_eq!(delete(&Script::silent(), "").expect_err("no id").problem().field.as_deref(), Some("id"));
    }
}
