//! `POST /2/tweets` · tweet.read tweet.write users.read media.write · not idempotent · <https://docs.x.com/x-api/posts/create-post>
//!
//! X has no idempotency key. A post whose answer is lost is looked for on the account's own timeline.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use crate::auth::Accepts;
use crate::bindings::actions::{CreatePostInput, CreatePostOutput, CreatedPost};
use crate::bindings::types::Outcome;
use crate::cost::Item;
use crate::error::{Case, Failure, Party};
use crate::id::{MediaId, PostId, UserId};
use crate::json::Json;
use crate::media::{self, Plan, Purpose};
use crate::session::{Answer, Session, Write, WriteFailure};
use crate::text;
use crate::transport::Method;
use crate::x::{current_user, first_attempt, post_fields, post_fields::PostFields};

/// What X accepts here.
pub const ACCEPTS: Accepts = Accepts::USER.with_scopes(&["tweet.read", "tweet.write", "users.read"]);

/// How far back the timeline is read beyond the first attempt: hosts' clocks are off by an hour at times. What is
/// found is then held against X's own clock.
const CLOCK_SLACK_MS: u64 = 2 * 60 * 60 * 1_000;

/// A post to make, checked as far as that goes without the network.
pub struct Draft {
    text: String,
    media: Plan,
    tagged: Vec<UserId>,
    first_attempt_at: Option<u64>,
}

/// Checks the parameters.
pub fn parse(input: CreatePostInput, post_limit: u32) -> Result<Draft, Failure> {
    let text = input.text.unwrap_or_default();
    let media = Plan::parse(input.media, Purpose::Post, 4)?;
    if text.trim().is_empty() && media.is_empty() {
        return Err(Failure::invalid("text", "nothing-to-post", "is empty and so is media; give at least one of them"));
    }
    text::check_post(&text, post_limit)?;
    let tagged = tagged(&input.tagged_user_ids.unwrap_or_default())?;
    if media.is_empty() && !tagged.is_empty() {
        return Err(Failure::invalid(
            TAGGED,
            "nothing-to-tag",
            "has users, and there is no media to tag them in; give media, or leave it out",
        ));
    }
    Ok(Draft { text, media, tagged, first_attempt_at: first_attempt::check(input.first_attempt_at)? })
}

const TAGGED: &str = "tagged_user_ids";
const MOST_TAGGED: usize = 10;

fn tagged(ids: &[String]) -> Result<Vec<UserId>, Failure> {
    if ids.len() > MOST_TAGGED {
        return Err(Failure::invalid(TAGGED, "too-many-users", "has more than ten users, which is what X takes; leave the rest out"));
    }
    let read = |id: &String| UserId::from_digits(id.trim());
    ids.iter()
        .map(read)
        .collect::<Option<_>>()
        .ok_or_else(|| Failure::invalid(TAGGED, "invalid-user", "holds what is no user id: 1 to 19 digits, such as 2244994945"))
}

pub fn request(text: &str, media: &[MediaId], tagged: &[UserId]) -> Write {
    let ids = [("media_ids", Json::list(media.iter().map(Json::text))), ("tagged_user_ids", Json::list(tagged.iter().map(Json::text)))];
    let body = Json::object([
        ("text", if text.is_empty() { Json::Null } else { Json::text(text) }),
        ("media", if media.is_empty() { Json::Null } else { Json::object(ids) }),
    ]);
    Write::json(Method::Post, "/2/tweets".to_string(), &body, ACCEPTS)
}

fn response(answer: &Answer) -> Result<CreatedPost, Failure> {
    let id = answer.text("id")?;
    if PostId::from_digits(&id).is_none() {
        return Err(answer.unreadable("the post's id is no number"));
    }
    let data = answer.data()?;
    let history = data.get_either(["edit_history_tweet_ids", "edit_history_post_ids"]).texts().map(ToString::to_string).collect();
    Ok(created(id, data.get("text").to_text().unwrap_or_default(), history))
}

/// X sends `[""]` as the history at times; a new post has one version, itself.
fn created(id: String, text: String, mut history: Vec<String>) -> CreatedPost {
    history.retain(|version| PostId::from_digits(version).is_some());
    if history.is_empty() {
        history.push(id.clone());
    }
    CreatedPost { id, text, edit_history_tweet_ids: history }
}

/// Publishes a post.
///
/// # Errors
/// A [`Failure`]; `permanent-outcome-unknown` when X's answer was lost and the post was not found.
pub fn run(session: &Session<'_>, input: CreatePostInput) -> Result<CreatePostOutput, Failure> {
    let began_at = session.edge.unix_ms();
    let Draft { text, media, tagged, first_attempt_at } = parse(input, session.connection.post_limit)?;
    session.credential(ACCEPTS)?;
    media.check_credential(session)?;
    let search =
        Search { text: &text, media: media.len(), since_ms: first_attempt_at.unwrap_or(began_at), is_repeat: first_attempt_at.is_some() };
    let before = if first_attempt_at.is_some() { search.find(session)? } else { None };
    let (data, outcome) = match before {
        Some(post) => (post, Outcome::Recovered),
        None => publish(session, &search, &media.upload(session)?, &tagged)?,
    };
    Ok(CreatePostOutput { data, receipt: session.receipt(outcome) })
}

fn publish(session: &Session<'_>, search: &Search<'_>, ids: &[MediaId], tagged: &[UserId]) -> Result<(CreatedPost, Outcome), Failure> {
    let lost = match session.write(request(search.text, ids, tagged)) {
        Ok(answer) => match response(&answer) {
            Ok(post) => {
                bill(session, search.text);
                return Ok((post, Outcome::Done));
            }
            Err(unreadable) => unreadable,
        },
        // X refuses a text that it has: a first attempt before this one may have made it. Without one, the author wrote it twice.
        Err(WriteFailure::NotDone(failure)) if failure.code() == "duplicate-content" && search.is_repeat => {
            let earlier = search.find(session).ok().flatten();
            return earlier.map(|post| (post, Outcome::Recovered)).ok_or(failure);
        }
        Err(WriteFailure::NotDone(failure)) => return Err(media::refused(failure)),
        Err(WriteFailure::Done(failure) | WriteFailure::Unknown(failure)) => failure,
    };
    match search.find(session) {
        Ok(Some(post)) => {
            bill(session, search.text);
            Ok((post, Outcome::Recovered))
        }
        Ok(None) | Err(_) => {
            let why = lost.problem().message.clone();
            let message = format!(
                "{why}; whether the post was published is not known, and it was not found on the timeline; look at the account before you run this step again, or run it again with first_attempt_at"
            );
            Err(lost.recast(Case::OutcomeUnknown, "outcome-unknown", message).party(Party::Author))
        }
    }
}

fn bill(session: &Session<'_>, text: &str) {
    session.bill(if text::links::has_link(text) { Item::PostCreateWithUrl } else { Item::PostCreate }, 1);
}

/// The look for a post that may have been published.
struct Search<'a> {
    text: &'a str,
    media: usize,
    since_ms: u64,
    /// Whether an attempt before this call may have published the post.
    is_repeat: bool,
}

impl Search<'_> {
    fn find(&self, session: &Session<'_>) -> Result<Option<CreatedPost>, Failure> {
        let own_id = current_user::id(session)?;
        // A post's id tells its time, so the search needs no `start_time`, which X refuses when it is too fresh.
        let since = PostId::at_unix_ms(self.since_ms.saturating_sub(CLOCK_SLACK_MS));
        let path = format!(
            "/2/users/{own_id}/tweets?since_id={since}&max_results=100&exclude=retweets&tweet.fields=attachments,edit_history_tweet_ids,entities,note_tweet"
        );
        let answer = session.read(&path, post_fields::ACCEPTS)?;
        let posts: Vec<PostFields> = answer.json()?.get("data").items().iter().filter_map(PostFields::read).collect();
        session.bill(Item::PostRead, posts.len());
        let since = PostId::at_unix_ms(answer.on_server_clock(self.since_ms));
        let fresh = |post: &PostFields| post.id >= since;
        let found = posts.into_iter().filter(|post| fresh(post) && self.is_it(post)).min_by_key(|post| post.id);
        Ok(found.map(|post| created(post.id.to_string(), post.text, post.versions.iter().map(ToString::to_string).collect())))
    }

    fn is_it(&self, post: &PostFields) -> bool {
        post.media_count == self.media && text::same::same(self.text, &post.full_text, &post.links, self.media > 0)
    }
}

#[cfg(test)]
mod tests;
