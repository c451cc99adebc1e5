//! `GET /2/users/{id}/tweets` · tweet.read users.read · read · <https://docs.x.com/x-api/users/get-posts>

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use crate::bindings::triggers::{FirstPoll, Gap, NewPostInput, NewPostOutput};
use crate::bindings::types::{Author, Outcome, Post, PostKind};
use crate::cost::Item;
use crate::error::{Case, Failure, Party};
use crate::id::{PostId, UserReference};
use crate::json::Json;
use crate::session::{Answer, Session};
use crate::time;
use crate::triggers::cursor::Cursor;
use crate::triggers::window::{self, Found, Page, Query, Sighting};
use crate::x::post_fields::{ACCEPTS, PostFields, Relation};
use crate::x::user_lookup;

/// X's timelines reach back 3200 posts, 800 without replies, and drop what is excluded only after that. So many new
/// posts at once, of all kinds or of some, may be all that is left of more.
const DOUBTFUL: u32 = 1_600;
const DOUBTFUL_OF_SOME: u32 = 100;

/// What to watch, checked as far as that goes without the network.
pub struct Watch {
    account: UserReference,
    exclude: &'static str,
    doubtful: u32,
    first_poll_count: usize,
    maximum: usize,
}

/// Checks the parameters.
pub fn parse(input: &NewPostInput) -> Result<Watch, Failure> {
    let account =
        UserReference::parse(&input.username).map_err(|error| Failure::invalid("username", "invalid-user", &format!("{error}")))?;
    let (replies, reposts) = (input.include_replies.unwrap_or(true), input.include_reposts.unwrap_or(true));
    let count = number(input.first_poll_count, "first_poll_count", 5, 100)?;
    Ok(Watch {
        account,
        exclude: match (replies, reposts) {
            (true, true) => "",
            (false, true) => "&exclude=replies",
            (true, false) => "&exclude=retweets",
            (false, false) => "&exclude=replies,retweets",
        },
        doubtful: if replies && reposts { DOUBTFUL } else { DOUBTFUL_OF_SOME },
        first_poll_count: match input.first_poll.unwrap_or(FirstPoll::Nothing) {
            FirstPoll::Nothing => 0,
            FirstPoll::Latest => count,
        },
        maximum: number(input.maximum_items, "maximum_items", 100, 800)?,
    })
}

fn number(value: Option<u32>, field: &str, default: usize, maximum: usize) -> Result<usize, Failure> {
    let number = value.map_or(default, |value| value as usize);
    if (1..=maximum).contains(&number) {
        return Ok(number);
    }
    Err(Failure::invalid(field, "out-of-range", &format!("is {number}; give a number from 1 to {maximum}")))
}

fn request(cursor: &Cursor, watch: &Watch, query: &Query) -> String {
    let mut path = format!(
        "/2/users/{}/tweets?max_results={}&tweet.fields=author_id,conversation_id,created_at,edit_history_tweet_ids,note_tweet,referenced_tweets{}",
        cursor.user, query.max_results, watch.exclude
    );
    for (name, id) in [("since_id", query.since), ("until_id", query.until)] {
        if let Some(id) = id {
            path.push_str(&format!("&{name}={id}"));
        }
    }
    if let Some(token) = &query.token {
        path.push_str("&pagination_token=");
        path.push_str(token);
    }
    path
}

fn response(answer: &Answer, unix_ms: u64) -> Result<Page<PostFields>, Failure> {
    let json = answer.json()?;
    let sighting = |item: &Json| {
        let post = PostFields::read(item)?;
        Some(Sighting { id: post.id, versions: post.versions.clone(), post })
    };
    let posts = json
        .get("data")
        .items()
        .iter()
        .map(sighting)
        .collect::<Option<_>>()
        .ok_or_else(|| answer.unreadable("a post's id is no number"))?;
    // A token goes back into an address, so it has to be one.
    let token_fits = |token: &&str| {
        !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~'))
    };
    let next_token = json.get("meta").get("next_token").as_text().filter(token_fits).map(ToString::to_string);
    Ok(Page { posts, next_token, server_ms: answer.server_time_ms().unwrap_or(unix_ms) })
}

/// Polls an account for new posts.
///
/// # Errors
/// A [`Failure`]; the cursor that was handed in stays good.
pub fn run(session: &Session<'_>, input: &NewPostInput, cursor: Option<&str>) -> Result<NewPostOutput, Failure> {
    let watch = parse(input)?;
    let (cursor, found) = match cursor {
        None => begin(session, &watch)?,
        Some(text) => go_on(session, &watch, Cursor::read(text)?)?,
    };
    let username = cursor.username.clone();
    Ok(NewPostOutput {
        items: found.items.into_iter().map(|sighting| item(sighting, username.as_deref())).collect(),
        cursor: cursor.write()?,
        has_more: found.has_more,
        gap: found.gap.map(|(after, before)| Gap { after_id: after.to_string(), before_id: before.to_string() }),
        receipt: session.receipt(Outcome::ReadOnly),
    })
}

fn begin(session: &Session<'_>, watch: &Watch) -> Result<(Cursor, Found<PostFields>), Failure> {
    let user = user_lookup::find(session, &watch.account, "username")?;
    let mut cursor = Cursor::new(user.id, user.username, account_key(&watch.account), PostId::from_number(0));
    let place = cursor.clone();
    let found = window::begin(&mut cursor, watch.first_poll_count, session.x_unix_ms(), &mut |query| page(session, watch, &place, &query))?;
    Ok((cursor, found))
}

fn go_on(session: &Session<'_>, watch: &Watch, mut cursor: Cursor) -> Result<(Cursor, Found<PostFields>), Failure> {
    let key = account_key(&watch.account);
    if key != cursor.account {
        // The author may have followed a rename; another account needs a cursor of its own.
        let user = user_lookup::find(session, &watch.account, "username")?;
        if user.id != cursor.user {
            return Err(Failure::invalid(
                "cursor",
                "cursor-of-another-account",
                "belongs to another account than username names; begin again without a cursor",
            )
            .party(Party::Author));
        }
        (cursor.account, cursor.username) = (key, user.username.or(cursor.username));
    }
    let place = cursor.clone();
    let found = window::advance(&mut cursor, watch.maximum, watch.doubtful, &mut |query| page(session, watch, &place, &query))?;
    Ok((cursor, found))
}

fn page(session: &Session<'_>, watch: &Watch, cursor: &Cursor, query: &Query) -> Result<Page<PostFields>, Failure> {
    let answer = session.read(&request(cursor, watch, query), ACCEPTS).map_err(|failure| match failure.case() {
        Case::NotFound => {
            failure.recast(Case::NotFound, "user-not-found", "username names an account that is gone from X; give another one").field("username")
        }
        Case::Forbidden if failure.code() == "not-visible" => failure
            .recast(Case::Forbidden, "user-not-visible", "username names an account whose posts X does not show to the connected account; it is protected or suspended, follow it first")
            .field("username"),
        _ => failure,
    })?;
    let page = response(&answer, session.edge.unix_ms())?;
    session.bill(Item::PostRead, page.posts.len());
    Ok(page)
}

/// What the author typed, in the one spelling that is compared.
fn account_key(account: &UserReference) -> String {
    match account {
        UserReference::Id(id) => format!("id:{id}"),
        UserReference::Username(username) => username.as_str().to_ascii_lowercase(),
    }
}

fn item(sighting: Sighting<PostFields>, username: Option<&str>) -> Post {
    let Sighting { id, versions, post } = sighting;
    let mut history: Vec<String> = versions.iter().map(ToString::to_string).collect();
    if history.is_empty() {
        history.push(id.to_string());
    }
    Post {
        kind: match post.relation {
            Relation::Own => PostKind::Post,
            Relation::Reply => PostKind::Reply,
            Relation::Repost => PostKind::Repost,
            Relation::Quote => PostKind::Quote,
        },
        created_at: post.created_at.unwrap_or_else(|| time::to_rfc3339(id.unix_ms())),
        url: match username {
            Some(username) => format!("https://x.com/{username}/status/{id}"),
            None => format!("https://x.com/i/web/status/{id}"),
        },
        author: Author { id: post.author_id.unwrap_or_default(), username: username.map(ToString::to_string) },
        id: id.to_string(),
        text: post.text,
        full_text: post.full_text,
        edit_history_tweet_ids: history,
        conversation_id: post.conversation_id,
    }
}

#[cfg(test)]
mod tests;
