//! `GET /2/tweets/{id}` and `GET /2/tweets?ids=`

use http::Method;
use serde_json::{Value, json};

use super::{Endpoint, Handler, READ};
use crate::simulator::auth::Accepts;
use crate::simulator::billing::{Bill, Item};
use crate::simulator::call::{Answer, Call, id};
use crate::simulator::limits::Limit;
use crate::simulator::present::Presenter;
use crate::simulator::problem::{Refusal, not_found_item};
use crate::simulator::query::{
    Kind, MEDIA_FIELDS, PLACE_FIELDS, POLL_FIELDS, POST_EXPANSIONS, POST_FIELDS, Parameter, TWEET_FIELDS, USER_FIELDS,
};

pub(super) static ONE: Endpoint = Endpoint {
    method: Method::GET,
    path: "/2/tweets/{id}",
    name: "GET /2/tweets/{id}",
    scopes: READ,
    accepts: Accepts::ALL,
    limits: &[Limit::app(450), Limit::user(900)],
    query: &[TWEET_FIELDS, POST_FIELDS, POST_EXPANSIONS, MEDIA_FIELDS, POLL_FIELDS, USER_FIELDS, PLACE_FIELDS],
    reads_posts: true,
    handler: Handler::Bare(one),
};

pub(super) static MANY: Endpoint = Endpoint {
    method: Method::GET,
    path: "/2/tweets",
    name: "GET /2/tweets",
    scopes: READ,
    accepts: Accepts::ALL,
    limits: &[Limit::app(3_500), Limit::user(5_000)],
    query: &[
        Parameter::required("ids", Kind::Ids(100)),
        TWEET_FIELDS,
        POST_FIELDS,
        POST_EXPANSIONS,
        MEDIA_FIELDS,
        POLL_FIELDS,
        USER_FIELDS,
        PLACE_FIELDS,
    ],
    reads_posts: true,
    handler: Handler::Bare(many),
};

fn one(call: &mut Call) -> Result<Answer, Refusal> {
    let mut answer = look_up(call, "id", &[call.path_text("id")]);
    if let Some(Value::Array(mut posts)) = answer.body.get_mut("data").map(Value::take)
        && let Some(post) = posts.pop()
    {
        answer.body["data"] = post;
    }
    Ok(answer)
}

fn many(call: &mut Call) -> Result<Answer, Refusal> {
    let ids: Vec<&str> = call.query.get("ids").unwrap_or_default().split(',').collect();
    Ok(look_up(call, "ids", &ids))
}

fn look_up(call: &Call, parameter: &str, ids: &[&str]) -> Answer {
    let mut presenter = Presenter::new(call.state, call.query);
    let (mut posts, mut errors, mut read) = (Vec::new(), Vec::new(), Vec::new());
    for text in ids {
        if let Some(post) = call.state.posts.get(id(text)) {
            posts.push(presenter.post(post));
            read.push(Bill { item: Item::PostRead, resource: post.id });
        } else {
            let host = call.options.problem_host;
            errors.push(not_found_item("tweet", parameter, text, host));
        }
    }
    let (includes, mut bills) = presenter.includes();
    bills.extend(read);
    let mut body = json!({});
    if !posts.is_empty() {
        body["data"] = json!(posts);
    }
    if !errors.is_empty() {
        body["errors"] = json!(errors);
    }
    if let Some(includes) = includes {
        body["includes"] = includes;
    }
    Answer::read(body, bills)
}
