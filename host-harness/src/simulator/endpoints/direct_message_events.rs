//! `GET /2/dm_events` and `GET /2/dm_conversations/with/{participant_id}/dm_events`

use http::Method;
use serde_json::{Value, json};

use super::{Endpoint, Handler};
use crate::simulator::auth::Accepts;
use crate::simulator::billing::{Bill, Item};
use crate::simulator::call::{Answer, Call};
use crate::simulator::limits::Limit;
use crate::simulator::page_token;
use crate::simulator::present::Presenter;
use crate::simulator::problem::Refusal;
use crate::simulator::query::{DM_EXPANSIONS, Kind, MEDIA_FIELDS, POST_FIELDS, Parameter, TWEET_FIELDS, USER_FIELDS};

const SCOPES: &[&str] = &["dm.read", "tweet.read", "users.read"];

const QUERY: &[Parameter] = &[
    Parameter::optional("max_results", Kind::Integer { minimum: 1, maximum: 100 }),
    Parameter::optional("pagination_token", Kind::Token(16)),
    Parameter::optional("event_types", Kind::Choices(&["MessageCreate", "ParticipantsJoin", "ParticipantsLeave"])),
    Parameter::optional(
        "dm_event.fields",
        Kind::Fields(&[
            "attachments",
            "created_at",
            "dm_conversation_id",
            "entities",
            "event_type",
            "id",
            "participant_ids",
            "referenced_tweets",
            "sender_id",
            "text",
        ]),
    ),
    DM_EXPANSIONS,
    MEDIA_FIELDS,
    USER_FIELDS,
    TWEET_FIELDS,
    POST_FIELDS,
];

pub(super) static ALL: Endpoint = Endpoint {
    method: Method::GET,
    path: "/2/dm_events",
    name: "GET /2/dm_events",
    scopes: SCOPES,
    accepts: Accepts::USERS,
    limits: &[Limit::user(15)],
    query: QUERY,
    reads_posts: false,
    handler: Handler::Bare(all),
};

pub(super) static WITH_ONE: Endpoint = Endpoint {
    method: Method::GET,
    path: "/2/dm_conversations/with/{participant_id}/dm_events",
    name: "GET /2/dm_conversations/with/{participant_id}/dm_events",
    scopes: SCOPES,
    accepts: Accepts::USERS,
    limits: &[Limit::user(15)],
    query: QUERY,
    reads_posts: false,
    handler: Handler::Bare(with_one),
};

fn all(call: &mut Call) -> Result<Answer, Refusal> {
    answer(call, None)
}

fn with_one(call: &mut Call) -> Result<Answer, Refusal> {
    answer(call, Some(call.path_id("participant_id")))
}

fn answer(call: &Call, other: Option<u64>) -> Result<Answer, Refusal> {
    let query = call.query;
    let below = query.get("pagination_token").map(page_token::read).transpose()?;
    let limit = query.number("max_results").unwrap_or(100);
    let limit = usize::try_from(limit).unwrap_or(100);
    // Nobody joins or leaves conversations of two.
    let wanted = query.get("event_types").is_none() || query.has("event_types", "MessageCreate");
    let (page, next) = if wanted {
        let messages = &call.state.messages;
        messages.page(call.user_id(), other, below, limit, call.now_ms)
    } else {
        (Vec::new(), None)
    };
    let mut presenter = Presenter::new(call.state, query);
    let events: Vec<Value> = page.iter().map(|message| presenter.message(message)).collect();
    let (includes, mut bills) = presenter.includes();
    bills.extend(page.iter().map(|message| Bill { item: Item::DmEventRead, resource: message.id }));
    let mut meta = json!({"result_count": events.len()});
    if let Some(below) = next {
        meta["next_token"] = json!(page_token::write(below));
    }
    let mut body = json!({"meta": meta});
    if !events.is_empty() {
        body["data"] = json!(events);
    }
    if let Some(includes) = includes {
        body["includes"] = includes;
    }
    Ok(Answer::read(body, bills))
}
