//! `POST /2/dm_conversations/with/{participant_id}/messages`

use http::{Method, StatusCode};
use serde_json::json;

use super::{Endpoint, Handler, data};
use crate::simulator::auth::Accepts;
use crate::simulator::billing::Item;
use crate::simulator::call::{Answer, Call, id};
use crate::simulator::limits::Limit;
use crate::simulator::media::category::Purpose;
use crate::simulator::messages::DirectMessage;
use crate::simulator::problem::Refusal;
use crate::simulator::shape::{Member, Shape};

pub(super) static ENDPOINT: Endpoint = Endpoint {
    method: Method::POST,
    path: "/2/dm_conversations/with/{participant_id}/messages",
    name: "POST /2/dm_conversations/with/{participant_id}/messages",
    scopes: &["tweet.read", "users.read", "dm.write"],
    accepts: Accepts::USERS,
    limits: &[Limit::user(15), Limit::user(1_440).per_day(), Limit::app(1_440).per_day()],
    query: &[],
    reads_posts: false,
    handler: Handler::Json(&BODY, run),
};

static BODY: Shape = Shape::Object(&[
    Member::optional("text", Shape::Text { minimum: 1, maximum: 10_000 }),
    Member::optional("attachments", Shape::List { of: &Shape::Object(&[Member::required("media_id", Shape::Id)]), minimum: 1, maximum: 1 }),
]);

fn run(call: &mut Call) -> Result<Answer, Refusal> {
    let text = call.body["text"].as_str().unwrap_or_default().to_owned();
    let attachment = call.body["attachments"][0]["media_id"].as_str();
    if text.is_empty() && attachment.is_none() {
        let message = "The message must have text or an attachment.";
        return Err(Refusal::invalid("text", "", message));
    }
    let recipient_id = call.path_id("participant_id");
    let Some(recipient) = call.state.users.get(recipient_id) else {
        let asked = call.path_text("participant_id");
        return Err(Refusal::not_found("user", "participant_id", asked));
    };
    if !recipient.accepts_direct_messages && recipient_id != call.user_id() {
        return Err(Refusal::forbidden("You do not have permission to DM one or more participants."));
    }
    if let Some(media_id) = attachment {
        let usable = call.state.media.get(id(media_id)).is_some_and(|media| {
            media.usable_by(call.user_id(), Purpose::Message, call.now_ms) && (media.shared || !call.state.messages.used_media(media.id))
        });
        if !usable {
            let parameter = "attachments.media_id";
            return Err(Refusal::invalid(parameter, media_id, "Your media IDs are invalid."));
        }
    }
    let message = DirectMessage {
        id: call.state.next_id(call.now_ms),
        sender_id: call.user_id(),
        recipient_id,
        created_at_ms: call.now_ms,
        text,
        media_ids: attachment.map(id).into_iter().collect(),
    };
    let body = data(json!({
        "dm_conversation_id": message.conversation_id(),
        "dm_event_id": message.id.to_string(),
    }));
    call.state.messages.add(message);
    Ok(Answer::changed(StatusCode::CREATED, body, Some(Item::DmCreate)))
}
