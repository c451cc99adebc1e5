//! One call, as an endpoint sees it: authenticated, counted and checked.

use http::StatusCode;
use serde_json::Value;

use super::auth::Caller;
use super::billing::{Bill, Item};
use super::options::Options;
use super::posts::Post;
use super::problem::Refusal;
use super::query::Query;
use super::state::State;

/// What an endpoint works with.
pub(crate) struct Call<'a> {
    pub state: &'a mut State,
    pub options: &'a Options,
    pub now_ms: u64,
    pub caller: Caller,
    pub path: &'a [(&'static str, String)],
    pub query: &'a Query,
    /// The JSON body, checked against the endpoint's shape; null where there is none.
    pub body: &'a Value,
}

impl Call<'_> {
    /// The acting account. Endpoints without app-only access always have one.
    pub fn user_id(&self) -> u64 {
        self.caller.user_id.unwrap_or_default()
    }

    /// A segment of the path.
    pub fn path_text(&self, name: &str) -> &str {
        self.path.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value.as_str())
    }

    /// A segment of the path that is an id.
    pub fn path_id(&self, name: &str) -> u64 {
        id(self.path_text(name))
    }

    /// The id in the path must be the caller's own.
    ///
    /// # Errors
    /// 403 when it is another account's.
    pub fn must_be_self(&self, name: &str) -> Result<u64, Refusal> {
        let user = self.path_id(name);
        if user == self.user_id() {
            return Ok(user);
        }
        Err(Refusal::forbidden("The `id` in the path must be the id of the authenticating user."))
    }

    /// A member of the body that is an id.
    pub fn body_id(&self, name: &str) -> u64 {
        self.body[name].as_str().map_or(0, id)
    }

    /// The post, or X's 404.
    pub fn post(&self, parameter: &str, wanted: u64) -> Result<&Post, Refusal> {
        self.state.posts.get(wanted).ok_or_else(|| Refusal::not_found("tweet", parameter, &wanted.to_string()))
    }
}

/// An id's number; ids were checked to be digits.
pub(crate) fn id(text: &str) -> u64 {
    text.parse().unwrap_or(u64::MAX)
}

/// An answer that says yes.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub body: Value,
    pub bills: Vec<Bill>,
    /// Whether something was changed.
    pub effect: bool,
}

impl Answer {
    /// 200 to a read.
    pub fn read(body: Value, bills: Vec<Bill>) -> Self {
        Self { status: StatusCode::OK, body, bills, effect: false }
    }

    /// A change that was made and costs `item`.
    pub fn changed(status: StatusCode, body: Value, item: Option<Item>) -> Self {
        Self { status, body, bills: item.map(|item| Bill { item, resource: 0 }).into_iter().collect(), effect: true }
    }

    /// 200 to a change that had been made before. X bills it all the same.
    pub fn unchanged(body: Value, item: Item) -> Self {
        Self { effect: false, ..Self::changed(StatusCode::OK, body, Some(item)) }
    }
}
