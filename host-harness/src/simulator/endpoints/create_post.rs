//! `POST /2/tweets`

use http::{Method, StatusCode};
use serde_json::json;

use super::{Endpoint, Handler, WRITE, data};
use crate::simulator::auth::Accepts;
use crate::simulator::billing::Item;
use crate::simulator::call::{Answer, Call, id};
use crate::simulator::clock::millis;
use crate::simulator::limits::Limit;
use crate::simulator::media::category::{Kind, Purpose};
use crate::simulator::options::Plan;
use crate::simulator::posts::Post;
use crate::simulator::present::strings;
use crate::simulator::problem::Refusal;
use crate::simulator::shape::{Member, Shape, TEXT};
use crate::simulator::state::Draft;
use crate::simulator::text;
use crate::simulator::users::User;

const EDITABLE_MS: u64 = 60 * 60 * 1000;

pub(super) static ENDPOINT: Endpoint = Endpoint {
    method: Method::POST,
    path: "/2/tweets",
    name: "POST /2/tweets",
    scopes: WRITE,
    accepts: Accepts::USERS,
    // X names no daily allowance per user beside the app's, yet tells one; it is taken to be the same.
    limits: &[Limit::user(100), Limit::user(10_000).per_day(), Limit::app(10_000).per_day()],
    query: &[],
    reads_posts: false,
    handler: Handler::Json(&BODY, run),
};

const REPLY_SETTINGS: Shape = Shape::Choice(&["following", "mentionedUsers", "subscribers", "verified"]);
const IDS_OF_USERS: Shape = Shape::List { of: &Shape::Id, minimum: 0, maximum: usize::MAX };
const LINK: Shape = Shape::Object(&[Member::required("url", TEXT)]);

static BODY: Shape = Shape::Object(&[
    Member::optional("text", TEXT),
    Member::optional("media", MEDIA),
    Member::optional("poll", POLL),
    Member::optional("reply", REPLY),
    Member::optional("quote_tweet_id", Shape::Id),
    Member::optional("reply_settings", REPLY_SETTINGS),
    Member::optional("for_super_followers_only", Shape::Boolean),
    Member::optional("geo", Shape::Object(&[Member::optional("place_id", TEXT)])),
    Member::optional("community_id", Shape::Id),
    Member::optional("share_with_followers", Shape::Boolean),
    Member::optional("made_with_ai", Shape::Boolean),
    Member::optional("paid_partnership", Shape::Boolean),
    Member::optional("nullcast", Shape::Boolean),
    Member::optional("card_uri", TEXT),
    Member::optional("direct_message_deep_link", TEXT),
    Member::optional("edit_options", Shape::Object(&[Member::required("previous_post_id", Shape::Id)])),
]);

const MEDIA: Shape = Shape::Object(&[
    Member::required("media_ids", Shape::List { of: &Shape::Id, minimum: 1, maximum: 4 }),
    Member::optional("tagged_user_ids", Shape::List { of: &Shape::Id, minimum: 0, maximum: 10 }),
    Member::optional("title", TEXT),
    Member::optional("description", TEXT),
    Member::optional("embeddable", Shape::Boolean),
    Member::optional("preview_media_id", Shape::Id),
    Member::optional(
        "call_to_actions",
        Shape::Object(&[
            Member::optional("visit_site", LINK),
            Member::optional("watch_now", LINK),
            Member::optional(
                "app_install",
                Shape::Object(&[
                    Member::optional("app_store_id", TEXT),
                    Member::optional("ipad_app_store_id", TEXT),
                    Member::optional("play_store_id", TEXT),
                ]),
            ),
        ]),
    ),
]);

const POLL: Shape = Shape::Object(&[
    Member::required("options", Shape::List { of: &Shape::Text { minimum: 1, maximum: 25 }, minimum: 2, maximum: 4 }),
    Member::required("duration_minutes", Shape::Integer { minimum: 5, maximum: 10_080 }),
    Member::optional("reply_settings", REPLY_SETTINGS),
]);

const REPLY: Shape = Shape::Object(&[
    Member::required("in_reply_to_tweet_id", Shape::Id),
    Member::optional("exclude_reply_user_ids", IDS_OF_USERS),
    Member::optional("auto_populate_reply_metadata", Shape::Boolean),
]);

fn run(call: &mut Call) -> Result<Answer, Refusal> {
    let draft = draft(call)?;
    let parent = draft.replies_to.and_then(|parent| call.state.posts.get(parent));
    let item = if !text::links(&draft.text).is_empty() {
        Item::PostCreateWithUrl
    } else if parent.is_some_and(|parent| summons(call, parent)) {
        Item::SummonedReply
    } else {
        Item::PostCreate
    };
    let id = call.state.next_id(call.now_ms);
    let post = call.state.publish(draft, id, call.now_ms, call.options);
    let body = data(json!({
        "id": post.id.to_string(),
        "text": post.text,
        "edit_history_tweet_ids": strings(&post.versions),
    }));
    Ok(Answer::changed(StatusCode::CREATED, body, Some(item)))
}

fn draft(call: &Call) -> Result<Draft, Refusal> {
    let text = call.body["text"].as_str().unwrap_or_default().trim();
    let media_ids = media_ids(call)?;
    let exclusive = ["media", "poll", "quote_tweet_id", "card_uri"];
    let given: Vec<_> = exclusive.into_iter().filter(|name| call.body.get(name).is_some()).collect();
    if given.len() > 1 {
        let message = format!("The fields {} can not be used together.", given.join(", "));
        return Err(Refusal::invalid(given[1], "", &message));
    }
    if text.is_empty() && given.is_empty() {
        return Err(Refusal::invalid("text", "", "The Tweet must have text, media, a poll or a quoted Tweet."));
    }
    let replies_to = call.body["reply"]["in_reply_to_tweet_id"].as_str().map(id);
    let quotes = call.body["quote_tweet_id"].as_str().map(id);
    may_refer(call, replies_to, quotes)?;
    let user = call.state.users.get(call.user_id());
    let limit = user.map_or(280, User::post_limit);
    if text::weighted_length(text) > limit {
        return Err(Refusal::invalid(
            "text",
            text,
            "Your Tweet text is too long. For more information on how Twitter determines text length see \
             https://github.com/twitter/twitter-text.",
        ));
    }
    let edits = call.body["edit_options"]["previous_post_id"].as_str().map(id);
    if let Some(previous) = edits {
        may_edit(call, previous)?;
    }
    if call.options.refuse_duplicates
        && !text.is_empty()
        && let Some(twin) = call.state.posts.twin(call.user_id(), replies_to, text)
        && call.now_ms < twin.created_at_ms + millis(call.options.duplicate_window)
    {
        return Err(Refusal::duplicate_content());
    }
    Ok(Draft {
        author_id: call.user_id(),
        text: text.to_owned(),
        replies_to,
        quotes,
        media_ids,
        tagged_user_ids: tagged_user_ids(call),
        edits,
        hidden_ms: millis(call.options.indexing_delay),
        ..Draft::default()
    })
}

fn media_ids(call: &Call) -> Result<Vec<u64>, Refusal> {
    let Some(listed) = call.body["media"]["media_ids"].as_array() else {
        return Ok(Vec::new());
    };
    let premium = call.state.users.get(call.user_id()).is_some_and(|user| user.premium);
    let parameter = "media.media_ids";
    let mut ids = Vec::new();
    for text in listed.iter().filter_map(|item| item.as_str()) {
        let upload = call.state.media.get(id(text)).filter(|upload| upload.usable_by(call.user_id(), Purpose::Post, call.now_ms));
        let Some(upload) = upload.filter(|_| !ids.contains(&id(text))) else {
            return Err(Refusal::invalid(parameter, text, "Your media IDs are invalid."));
        };
        if upload.category.kind != Kind::Image && listed.len() > 1 {
            return Err(Refusal::invalid(parameter, text, "A Tweet takes up to 4 photos, or 1 animated GIF, or 1 video."));
        }
        // What was allowed when the upload began need not be any more.
        if upload.content.length() > upload.category.limit(premium) {
            return Err(Refusal::forbidden("The media is larger than the account may post."));
        }
        ids.push(id(text));
    }
    Ok(ids)
}

fn tagged_user_ids(call: &Call) -> Vec<u64> {
    let listed = call.body["media"]["tagged_user_ids"].as_array().into_iter().flatten();
    listed.filter_map(|item| item.as_str()).map(id).collect()
}

/// What is answered or quoted must be there, and the plan must allow it.
fn may_refer(call: &Call, replies_to: Option<u64>, quotes: Option<u64>) -> Result<(), Refusal> {
    let self_serve = call.options.plan == Plan::SelfServe;
    if let Some(parent) = replies_to {
        let Some(parent) = call.state.posts.get(parent) else {
            return Err(Refusal::forbidden("You attempted to reply to a Tweet that is deleted or not visible to you."));
        };
        let summoned = parent.author_id == call.user_id() || summons(call, parent);
        if self_serve && !summoned {
            return Err(Refusal::forbidden(
                "Reply to this conversation is not allowed because you have not been mentioned or otherwise \
                 engaged by the author of the post you are replying to.",
            ));
        }
    }
    if let Some(quoted) = quotes {
        if self_serve {
            return Err(Refusal::forbidden(
                "Quoting this post is not allowed because you have not been mentioned or are not part of the \
                 conversation thread of the post you are quoting.",
            ));
        }
        if call.state.posts.get(quoted).is_none() {
            let message = "The Tweet to quote is deleted or not visible to you.";
            return Err(Refusal::invalid("quote_tweet_id", &quoted.to_string(), message));
        }
    }
    Ok(())
}

/// Whether the post's author mentioned the caller in it, or quoted the caller.
fn summons(call: &Call, parent: &Post) -> bool {
    let me = call.state.users.get(call.user_id());
    let mention = me.map(|me| format!("@{}", me.username.to_lowercase()));
    let mentioned = mention.is_some_and(|mention| parent.sent_text.to_lowercase().contains(&mention));
    let quoted = parent.quotes.and_then(|quoted| call.state.posts.get(quoted));
    mentioned || quoted.is_some_and(|quoted| quoted.author_id == call.user_id())
}

fn may_edit(call: &Call, previous: u64) -> Result<(), Refusal> {
    let refused = |detail: &str| Err(Refusal::forbidden(detail));
    let Some(old) = call.state.posts.get(previous) else {
        return Err(Refusal::not_found("tweet", "previous_post_id", &previous.to_string()));
    };
    let premium = call.state.users.get(call.user_id()).is_some_and(|user| user.premium);
    if old.author_id != call.user_id() || !premium {
        return refused("You are not allowed to edit this Tweet.");
    }
    let first = old.versions.first().and_then(|first| call.state.posts.get(*first));
    let opened = first.map_or(old.created_at_ms, |first| first.created_at_ms);
    if call.now_ms >= opened + EDITABLE_MS || old.versions.len() > 5 {
        return refused("This Tweet can no longer be edited.");
    }
    Ok(())
}
