//! `GET /2/usage/tweets` and `GET /2/usage/credits`: what the app has used, and what it has left

use http::Method;
use serde_json::{Map, json};

use super::{Endpoint, Handler, data};
use crate::simulator::auth::Accepts;
use crate::simulator::call::{Answer, Call};
use crate::simulator::clock::rfc3339;
use crate::simulator::limits::Limit;
use crate::simulator::problem::Refusal;
use crate::simulator::query::{Kind, Parameter};

/// X's cap of post reads in a month.
const CAP: u64 = 3_000_000;
/// What an app has whose credits never run out, in millionths of a US dollar.
const ENDLESS: i64 = 1_000_000_000_000;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

pub(super) static TWEETS: Endpoint = Endpoint {
    method: Method::GET,
    path: "/2/usage/tweets",
    name: "GET /2/usage/tweets",
    scopes: &[],
    accepts: Accepts::APPS,
    limits: &[Limit::app(50)],
    query: &[
        Parameter::optional("days", Kind::Integer { minimum: 1, maximum: 90 }),
        Parameter::optional(
            "usage.fields",
            Kind::Fields(&["cap_reset_day", "daily_client_app_usage", "daily_project_usage", "project_cap", "project_id", "project_usage"]),
        ),
    ],
    reads_posts: false,
    handler: Handler::Bare(tweets),
};

/// X has documented that there is such a thing and that it tells the total, prepaid and free balance in US dollars; the
/// names are a guess.
pub(super) static CREDITS: Endpoint = Endpoint {
    method: Method::GET,
    path: "/2/usage/credits",
    name: "GET /2/usage/credits",
    scopes: &[],
    accepts: Accepts::APPS,
    limits: &[Limit::app(50)],
    query: &[],
    reads_posts: false,
    handler: Handler::Bare(credits),
};

fn tweets(call: &mut Call) -> Result<Answer, Refusal> {
    let used = call.state.ledger.post_reads().to_string();
    let today = rfc3339(call.now_ms / DAY_MS * DAY_MS);
    // Nobody needs the days apart: all of it is told of today.
    let days = json!([{"date": today, "usage": used}]);
    let cap = call.options.usage_cap.unwrap_or(CAP).to_string();
    let (project, app) = ("1".to_owned(), call.caller.app_id.to_string());
    let mut usage: Map<_, _> = [
        ("cap_reset_day", json!(1)),
        ("daily_client_app_usage", json!([{"client_app_id": app, "usage": days, "usage_result_count": 1}])),
        ("daily_project_usage", json!({"project_id": project, "usage": days})),
        ("project_cap", json!(cap)),
        ("project_id", json!(project)),
        ("project_usage", json!(used)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect();
    usage.retain(|name, _| call.query.get("usage.fields").map_or(!name.starts_with("daily"), |_| call.query.has("usage.fields", name)));
    Ok(Answer::read(data(usage.into()), Vec::new()))
}

fn credits(call: &mut Call) -> Result<Answer, Refusal> {
    let spent = i64::try_from(call.state.ledger.total_micro_usd()).unwrap_or(i64::MAX);
    let left = call.state.credits.unwrap_or(ENDLESS).saturating_sub(spent);
    #[allow(clippy::cast_precision_loss, reason = "the sums are far below 2^53 millionths")]
    let usd = left as f64 / 1e6;
    Ok(Answer::read(data(json!({"total_balance": usd, "prepaid_balance": usd, "free_balance": 0.0, "currency": "USD"})), Vec::new()))
}
