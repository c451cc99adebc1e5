//! `GET /2/users/me`, `GET /2/users/by/username/{username}` and `GET /2/users/{id}`

use http::Method;
use serde_json::json;

use super::{Endpoint, Handler, READ};
use crate::simulator::auth::Accepts;
use crate::simulator::billing::{Bill, Item};
use crate::simulator::call::{Answer, Call};
use crate::simulator::limits::Limit;
use crate::simulator::present::Presenter;
use crate::simulator::problem::{Refusal, not_found_item};
use crate::simulator::query::{POST_FIELDS, Parameter, TWEET_FIELDS, USER_EXPANSIONS, USER_FIELDS};
use crate::simulator::users::User;

const QUERY: &[Parameter] = &[USER_FIELDS, USER_EXPANSIONS, TWEET_FIELDS, POST_FIELDS];

pub(super) static ME: Endpoint = Endpoint {
    method: Method::GET,
    path: "/2/users/me",
    name: "GET /2/users/me",
    scopes: READ,
    accepts: Accepts::USERS,
    limits: &[Limit::user(75)],
    query: QUERY,
    reads_posts: false,
    handler: Handler::Bare(me),
};

pub(super) static BY_USERNAME: Endpoint = Endpoint {
    method: Method::GET,
    path: "/2/users/by/username/{username}",
    name: "GET /2/users/by/username/{username}",
    scopes: READ,
    accepts: Accepts::ALL,
    limits: &[Limit::app(300), Limit::user(900)],
    query: QUERY,
    reads_posts: false,
    handler: Handler::Bare(by_username),
};

pub(super) static BY_ID: Endpoint = Endpoint {
    method: Method::GET,
    path: "/2/users/{id}",
    name: "GET /2/users/{id}",
    scopes: READ,
    accepts: Accepts::ALL,
    limits: &[Limit::app(300), Limit::user(900)],
    query: QUERY,
    reads_posts: false,
    handler: Handler::Bare(by_id),
};

fn me(call: &mut Call) -> Result<Answer, Refusal> {
    let user = call.state.users.get(call.user_id());
    Ok(answer(call, user, "id", &call.user_id().to_string()))
}

fn by_username(call: &mut Call) -> Result<Answer, Refusal> {
    let username = call.path_text("username");
    let user = call.state.users.by_username(username);
    Ok(answer(call, user, "username", username))
}

fn by_id(call: &mut Call) -> Result<Answer, Refusal> {
    let user = call.state.users.get(call.path_id("id"));
    Ok(answer(call, user, "id", call.path_text("id")))
}

/// The account, or 200 with `errors` and no `data`: that is how X says that there is none.
fn answer(call: &Call, user: Option<&User>, parameter: &str, asked: &str) -> Answer {
    let Some(user) = user else {
        let item = not_found_item("user", parameter, asked, call.options.problem_host);
        return Answer::read(json!({"errors": [item]}), Vec::new());
    };
    let mut presenter = Presenter::new(call.state, call.query);
    let mut body = json!({"data": presenter.user(user)});
    let (includes, mut bills) = presenter.includes();
    if let Some(includes) = includes {
        body["includes"] = includes;
    }
    bills.push(Bill { item: Item::UserRead, resource: user.id });
    Answer::read(body, bills)
}
