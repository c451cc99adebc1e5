//! `POST /2/media/metadata`, `POST /2/media/subtitles` · media.write · idempotent · <https://docs.x.com/x-api/media/create-media-metadata>

use alloc::{
    format,
    string::{String, ToString},
};

use crate::cost::Item;
use crate::error::{Case, Failure, Party};
use crate::id::MediaId;
use crate::json::Json;
use crate::media::upload::{ACCEPTS, at_step};
use crate::session::{Session, Write, WriteFailure};
use crate::transport::Method;

const LONGEST_ALT_TEXT: usize = 1_000;

/// Checks an alt text; an empty one is none.
///
/// # Errors
/// A [`Failure`] that names the field.
pub fn check_alt_text(text: Option<String>, field: &str) -> Result<Option<String>, Failure> {
    let text = text.filter(|text| !text.trim().is_empty());
    if text.as_ref().is_some_and(|text| text.chars().count() > LONGEST_ALT_TEXT) {
        return Err(Failure::invalid(field, "alt-text-too-long", "has more than 1000 characters, which is what X takes; shorten it"));
    }
    Ok(text)
}

/// Checks the code of a language, and spells it as X does.
///
/// # Errors
/// A [`Failure`] that names the field.
pub fn check_language(code: &str, field: &str) -> Result<String, Failure> {
    let code = code.trim();
    if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Ok(code.to_ascii_uppercase());
    }
    Err(Failure::invalid(field, "invalid-language", "is no language of two letters; give for example EN"))
}

/// Gives uploaded media its alt text.
///
/// # Errors
/// X's refusal.
pub fn alt_text(session: &Session<'_>, id: MediaId, text: &str, field: &str) -> Result<(), Failure> {
    let alt_text = Json::object([("alt_text", Json::object([("text", Json::text(text))]))]);
    send(session, "/2/media/metadata", &Json::object([("id", Json::text(id)), ("metadata", alt_text)]), field, "its alt text")?;
    session.bill(Item::MediaMetadata, 1);
    Ok(())
}

/// Gives an uploaded video subtitles that are uploaded too.
///
/// # Errors
/// X's refusal.
pub fn subtitles(
    session: &Session<'_>,
    video: MediaId,
    category: &str,
    (id, language, name): (MediaId, &str, Option<&str>),
    field: &str,
) -> Result<(), Failure> {
    let subtitles = Json::object([
        ("id", Json::text(id)),
        ("language_code", Json::text(language)),
        ("display_name", Json::text(name.unwrap_or(language))),
    ]);
    // X spells the category of a video in another way here.
    let category = if category == "amplify_video" { "AmplifyVideo" } else { "TweetVideo" };
    let body = Json::object([("id", Json::text(video)), ("media_category", Json::text(category)), ("subtitles", subtitles)]);
    send(session, "/2/media/subtitles", &body, field, "its subtitles")
}

fn send(session: &Session<'_>, path: &str, body: &Json, field: &str, what: &str) -> Result<(), Failure> {
    match session.write(Write::json(Method::Post, path.to_string(), body, ACCEPTS)) {
        Ok(_) | Err(WriteFailure::Done(_)) => Ok(()),
        Err(failure) => {
            let failure = failure.of_idempotent();
            if failure.case() == Case::NotFound {
                let message = format!("{field} is not known to X any more: media lapses after a day; upload it again");
                return Err(failure.recast(Case::InvalidInput, "media-expired", message).party(Party::Author).field(field));
            }
            Err(at_step(failure, field, what))
        }
    }
}
