//! `GET /2/users/by/username/{username}` · tweet.read users.read · read · <https://docs.x.com/x-api/users/get-user-by-username>

use alloc::{format, string::String};

use crate::auth::Accepts;
use crate::cost::Item;
use crate::error::{Case, Failure, Party};
use crate::id::{UserId, UserReference, Username};
use crate::session::Session;

/// What X accepts here.
pub const ACCEPTS: Accepts = Accepts::ANY.with_scopes(&["tweet.read", "users.read"]);

/// A user that X knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    /// As X spells it; `None` where only the id was given, since looking it up would be billed.
    pub username: Option<String>,
}

/// Finds the user behind what the author typed. A numeric id needs no look-up.
///
/// # Errors
/// A [`Failure`] that names `field`.
pub fn find(session: &Session<'_>, reference: &UserReference, field: &str) -> Result<User, Failure> {
    match reference {
        UserReference::Id(id) => Ok(User { id: *id, username: None }),
        UserReference::Username(username) => by_username(session, username).map_err(|failure| explain(failure, username, field)),
    }
}

fn by_username(session: &Session<'_>, username: &Username) -> Result<User, Failure> {
    let answer = session.read(&format!("/2/users/by/username/{}", username.as_str()), ACCEPTS)?;
    let id = UserId::from_digits(&answer.text("id")?).ok_or_else(|| answer.unreadable("the user's id is no number"))?;
    session.bill(Item::UserRead, 1);
    Ok(User { id, username: Some(answer.text("username")?) })
}

fn explain(failure: Failure, username: &Username, field: &str) -> Failure {
    let handle = username.as_str();
    match failure.case() {
        Case::NotFound => {
            let message = format!("{field} names @{handle}, and X knows no such account; check the spelling, it may have been renamed");
            failure.recast(Case::NotFound, "user-not-found", message).party(Party::Author).field(field)
        }
        Case::Forbidden if failure.code() == "not-visible" => {
            let message = format!("{field} names @{handle}, whose account X does not show; it may be suspended");
            failure.recast(Case::Forbidden, "user-not-visible", message).field(field)
        }
        _ => failure,
    }
}
