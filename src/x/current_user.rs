//! `GET /2/users/me` · tweet.read users.read · read · <https://docs.x.com/x-api/users/get-my-user>

use crate::auth::Accepts;
use crate::cost::Item;
use crate::error::Failure;
use crate::id::UserId;
use crate::session::Session;

/// What X accepts here: an app alone is nobody.
pub const ACCEPTS: Accepts = Accepts::USER.with_scopes(&["tweet.read", "users.read"]);

/// The id of the account that acts: from `X_USER_ID`, or by one billed look-up per call.
///
/// # Errors
/// The look-up's [`Failure`].
pub fn id(session: &Session<'_>) -> Result<UserId, Failure> {
    if let Some(id) = session.own_id() {
        return Ok(id);
    }
    let answer = session.read("/2/users/me", ACCEPTS)?;
    let id = UserId::from_digits(&answer.text("id")?).ok_or_else(|| answer.unreadable("the id of the account is no number"))?;
    session.bill(Item::UserRead, 1);
    session.keep_own_id(id);
    Ok(id)
}
