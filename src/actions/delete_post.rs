//! `DELETE /2/tweets/{id}` · tweet.read tweet.write users.read · idempotent · <https://docs.x.com/x-api/posts/delete-post>

use alloc::format;

use crate::bindings::actions::{DeletePostInput, DeletePostOutput, DeletedPost};
use crate::bindings::types::Outcome;
use crate::cost::Item;
use crate::error::{Case, Failure};
use crate::id::PostId;
use crate::session::{Answer, Session, Write, WriteFailure};
use crate::transport::{Body, Method};

/// The post to delete.
pub fn parse(input: &DeletePostInput) -> Result<PostId, Failure> {
    PostId::parse(&input.id).map_err(|error| Failure::invalid("id", "invalid-post", &format!("{error}")))
}

pub fn request(id: PostId) -> Write {
    Write { method: Method::Delete, path: format!("/2/tweets/{id}"), content_type: None, body: Body::Empty }
}

/// `false` from X means that there was nothing to delete.
fn response(answer: &Answer) -> Result<Outcome, Failure> {
    answer.truth(["deleted", "deleted"]).map(|deleted| if deleted { Outcome::Done } else { Outcome::AlreadyDone })
}

/// Deletes a post of the connected account.
///
/// # Errors
/// A [`Failure`]; a post that is gone already is no error.
pub fn run(session: &Session<'_>, input: &DeletePostInput) -> Result<DeletePostOutput, Failure> {
    let outcome = match session.write(request(parse(input)?)) {
        Ok(answer) => response(&answer)?,
        Err(WriteFailure::NotDone(failure)) if failure.case() == Case::NotFound => Outcome::AlreadyDone,
        Err(failure) => return Err(failure.of_idempotent()),
    };
    if outcome == Outcome::Done {
        session.bill(Item::PostDelete, 1);
    }
    Ok(DeletePostOutput { data: DeletedPost { deleted: true }, receipt: session.receipt(outcome) })
}
