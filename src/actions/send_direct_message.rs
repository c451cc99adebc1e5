//! `POST /2/dm_conversations/with/{participant_id}/messages` · dm.read dm.write tweet.read users.read media.write · not idempotent · <https://docs.x.com/x-api/direct-messages/create-dm-message-by-participant-id>
//!
//! A message whose answer is lost is looked for in the conversation.

use alloc::{format, string::String};

use crate::auth::Accepts;
use crate::bindings::actions::{SendDirectMessageInput, SendDirectMessageOutput, SentDirectMessage};
use crate::bindings::types::Outcome;
use crate::cost::Item;
use crate::error::{Case, Failure, Party};
use crate::id::{MediaId, PostId, UserId, UserReference};
use crate::json::Json;
use crate::media::{self, Plan, Purpose};
use crate::session::{Answer, Session, Write, WriteFailure};
use crate::text;
use crate::transport::Method;
use crate::x::{first_attempt, user_lookup};

/// What X accepts here.
pub const ACCEPTS: Accepts = Accepts::USER.with_scopes(&["dm.write", "tweet.read", "users.read"]);
/// What X accepts at `GET /2/dm_conversations/with/{participant_id}/dm_events`.
pub const EVENTS_ACCEPT: Accepts = Accepts::USER.with_scopes(&["dm.read", "tweet.read", "users.read"]);

/// X's documented maximum of a message.
const LONGEST_TEXT: usize = 10_000;

/// A message to send, checked as far as that goes without the network.
pub struct Draft {
    recipient: UserReference,
    text: String,
    media: Plan,
    first_attempt_at: Option<u64>,
}

/// Checks the parameters.
pub fn parse(input: SendDirectMessageInput) -> Result<Draft, Failure> {
    let recipient =
        UserReference::parse(&input.username).map_err(|error| Failure::invalid("username", "invalid-user", &format!("{error}")))?;
    if input.text.trim().is_empty() {
        return Err(Failure::invalid("text", "nothing-to-send", "is empty; write what the message shall say"));
    }
    if input.text.chars().count() > LONGEST_TEXT {
        return Err(Failure::invalid(
            "text",
            "text-too-long",
            "has more than 10000 characters, which is what X takes in a message; shorten it",
        ));
    }
    let media = Plan::parse(input.media, Purpose::DirectMessage, 1)?;
    Ok(Draft { recipient, text: input.text, media, first_attempt_at: first_attempt::check(input.first_attempt_at)? })
}

pub fn request(recipient: UserId, text: &str, media: &[MediaId]) -> Write {
    let attachments = Json::list(media.iter().map(|id| Json::object([("media_id", Json::text(id))])));
    let body = Json::object([("text", Json::text(text)), ("attachments", attachments)]);
    Write::json(Method::Post, format!("/2/dm_conversations/with/{recipient}/messages"), &body, ACCEPTS)
}

fn response(answer: &Answer) -> Result<SentDirectMessage, Failure> {
    Ok(SentDirectMessage { dm_conversation_id: answer.text("dm_conversation_id")?, dm_event_id: answer.text("dm_event_id")? })
}

/// Sends a direct message. The recipient is looked up before anything is uploaded.
///
/// # Errors
/// A [`Failure`]; `permanent-outcome-unknown` when X's answer was lost and the message was not found.
pub fn run(session: &Session<'_>, input: SendDirectMessageInput) -> Result<SendDirectMessageOutput, Failure> {
    let began_at = session.edge.unix_ms();
    let Draft { recipient, text, media, first_attempt_at } = parse(input)?;
    session.credential(ACCEPTS)?;
    media.check_credential(session)?;
    let recipient = user_lookup::find(session, &recipient, "username")?.id;
    let search = Search { recipient, text: &text, media: media.len(), since_ms: first_attempt_at.unwrap_or(began_at) };
    let before = if first_attempt_at.is_some() { search.find(session)? } else { None };
    let (data, outcome) = match before {
        Some(message) => (message, Outcome::Recovered),
        None => deliver(session, &search, &media.upload(session)?)?,
    };
    Ok(SendDirectMessageOutput { data, receipt: session.receipt(outcome) })
}

fn deliver(session: &Session<'_>, search: &Search<'_>, ids: &[MediaId]) -> Result<(SentDirectMessage, Outcome), Failure> {
    let lost = match session.write(request(search.recipient, search.text, ids)) {
        Ok(answer) => match response(&answer) {
            Ok(message) => {
                session.bill(Item::DmCreate, 1);
                return Ok((message, Outcome::Done));
            }
            Err(unreadable) => unreadable,
        },
        Err(WriteFailure::NotDone(failure)) => return Err(media::refused(failure)),
        Err(WriteFailure::Done(failure) | WriteFailure::Unknown(failure)) => failure,
    };
    match search.find(session) {
        Ok(Some(message)) => {
            session.bill(Item::DmCreate, 1);
            Ok((message, Outcome::Recovered))
        }
        Ok(None) | Err(_) => {
            let why = lost.problem().message.clone();
            let message = format!(
                "{why}; whether the message was sent is not known, and it was not found in the conversation; look at it before you run this step again, or run it again with first_attempt_at"
            );
            Err(lost.recast(Case::OutcomeUnknown, "outcome-unknown", message).party(Party::Author))
        }
    }
}

/// The look for a message that may have been sent.
struct Search<'a> {
    recipient: UserId,
    text: &'a str,
    media: usize,
    since_ms: u64,
}

impl Search<'_> {
    fn find(&self, session: &Session<'_>) -> Result<Option<SentDirectMessage>, Failure> {
        let path = format!(
            "/2/dm_conversations/with/{}/dm_events?max_results=100&event_types=MessageCreate&dm_event.fields=attachments,dm_conversation_id,entities,sender_id,text",
            self.recipient
        );
        let answer = session.read(&path, EVENTS_ACCEPT)?;
        let events = answer.json()?.get("data").items();
        session.bill(Item::DmEventRead, events.len());
        let since = PostId::at_unix_ms(answer.on_server_clock(self.since_ms));
        let found = events.iter().filter(|event| self.is_it(event, since)).min_by_key(|event| event_id(event));
        let message = |event: &Json| {
            Some(SentDirectMessage {
                dm_conversation_id: event.get("dm_conversation_id").to_text()?,
                dm_event_id: event.get("id").to_text()?,
            })
        };
        Ok(found.and_then(message))
    }

    /// In a conversation of two, whoever is not the recipient is the connected account.
    fn is_it(&self, event: &Json, since: PostId) -> bool {
        let ours = event.get("sender_id").as_text().is_some_and(|sender| UserId::from_digits(sender) != Some(self.recipient));
        let fresh = event_id(event).is_some_and(|id| id >= since);
        let media = event.get("attachments").get("media_keys").items().len();
        let text = event.get("text").as_text().unwrap_or_default();
        ours && fresh && media == self.media && text::same::same(self.text, text, &text::same::links(event.get("entities")), self.media > 0)
    }
}

/// Ids of events carry their time as ids of posts do.
fn event_id(event: &Json) -> Option<PostId> {
    event.get("id").as_text().and_then(PostId::from_digits)
}

#[cfg(test)]
mod tests;
