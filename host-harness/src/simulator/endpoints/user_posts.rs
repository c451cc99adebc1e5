//! `GET /2/users/{id}/tweets`

use http::Method;
use serde_json::{Value, json};

use super::{Endpoint, Handler, READ};
use crate::simulator::auth::Accepts;
use crate::simulator::billing::{Bill, Item};
use crate::simulator::call::{Answer, Call};
use crate::simulator::limits::Limit;
use crate::simulator::page_token;
use crate::simulator::posts::TimelineQuery;
use crate::simulator::present::Presenter;
use crate::simulator::problem::{Refusal, not_found_item};
use crate::simulator::query::{
    Kind, MEDIA_FIELDS, PLACE_FIELDS, POLL_FIELDS, POST_EXPANSIONS, POST_FIELDS, Parameter, TWEET_FIELDS, USER_FIELDS,
};

/// X answers about the past only: times must lie so far back.
const SETTLED_MS: u64 = 10_000;

pub(super) static ENDPOINT: Endpoint = Endpoint {
    method: Method::GET,
    path: "/2/users/{id}/tweets",
    name: "GET /2/users/{id}/tweets",
    scopes: READ,
    accepts: Accepts::ALL,
    limits: &[Limit::app(10_000), Limit::user(900)],
    query: &[
        Parameter::optional("since_id", Kind::Id),
        Parameter::optional("until_id", Kind::Id),
        Parameter::optional("max_results", Kind::Integer { minimum: 5, maximum: 100 }),
        Parameter::optional("pagination_token", Kind::Token(1)),
        Parameter::optional("exclude", Kind::Choices(&["replies", "retweets"])),
        Parameter::optional("start_time", Kind::Time),
        Parameter::optional("end_time", Kind::Time),
        TWEET_FIELDS,
        POST_FIELDS,
        POST_EXPANSIONS,
        MEDIA_FIELDS,
        POLL_FIELDS,
        USER_FIELDS,
        PLACE_FIELDS,
    ],
    reads_posts: true,
    handler: Handler::Bare(run),
};

fn run(call: &mut Call) -> Result<Answer, Refusal> {
    let author = call.path_id("id");
    let asked = timeline_query(call)?;
    let known = call.state.users.get(author);
    if known.is_none_or(|user| user.protected && author != call.user_id()) {
        let host = call.options.problem_host;
        let item = not_found_item("user", "id", call.path_text("id"), host);
        return Ok(Answer::read(json!({"errors": [item]}), Vec::new()));
    }
    let page = call.state.posts.timeline(author, &asked, call.now_ms);
    let item = if author == call.user_id() && author == call.state.app_owner { Item::OwnedRead } else { Item::PostRead };
    let mut presenter = Presenter::new(call.state, call.query);
    let shown = page.ids.iter().filter_map(|id| call.state.posts.get(*id));
    let posts: Vec<Value> = shown.map(|post| presenter.post(post)).collect();
    let (includes, mut bills) = presenter.includes();
    bills.extend(page.ids.iter().map(|&resource| Bill { item, resource }));
    let mut meta = json!({"result_count": posts.len()});
    if let (Some(newest), Some(oldest)) = (page.ids.first(), page.ids.last()) {
        meta["newest_id"] = json!(newest.to_string());
        meta["oldest_id"] = json!(oldest.to_string());
    }
    if let Some(below) = page.next_below {
        meta["next_token"] = json!(page_token::write(below));
    }
    let mut body = json!({"meta": meta});
    if !posts.is_empty() {
        body["data"] = json!(posts);
    }
    if let Some(includes) = includes {
        body["includes"] = includes;
    }
    Ok(Answer::read(body, bills))
}

fn timeline_query(call: &Call) -> Result<TimelineQuery, Refusal> {
    let query = call.query;
    let limit = query.number("max_results").unwrap_or(10);
    let mut asked = TimelineQuery {
        since_id: query.number("since_id"),
        until_id: query.number("until_id"),
        end_ms: query.time("end_time"),
        without_replies: query.has("exclude", "replies"),
        without_reposts: query.has("exclude", "retweets"),
        limit: usize::try_from(limit).unwrap_or(100),
        short_pages: call.options.short_pages,
        start_ms: None,
    };
    for name in ["start_time", "end_time"] {
        if let Some(at) = query.time(name)
            && at + SETTLED_MS > call.now_ms
        {
            let message = format!("Invalid '{name}': must be a minimum of 10 seconds prior to the request time.");
            return Err(Refusal::invalid(name, query.get(name).unwrap_or_default(), &message));
        }
    }
    // An id says more than a time: X ignores the time then.
    if asked.since_id.is_none() {
        asked.start_ms = query.time("start_time");
    }
    if let Some(token) = query.get("pagination_token") {
        let below = page_token::read(token)?;
        asked.until_id = Some(asked.until_id.map_or(below, |until| until.min(below)));
    }
    Ok(asked)
}
