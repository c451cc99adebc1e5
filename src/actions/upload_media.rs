//! `POST /2/media/upload` and its kin · media.write · idempotent · <https://docs.x.com/x-api/media/quickstart/media-upload-chunked>
//!
//! What does not fit into one call returns a token, and goes on in the next call.

use alloc::string::{String, ToString};

use crate::auth::Accepts;
use crate::bindings::actions::{UploadMediaInput, UploadMediaOutput, UploadState, UploadedMedia};
use crate::bindings::types::Outcome;
use crate::error::{Case, Failure};
use crate::media::limits::Row;
use crate::media::source::{Reader, Source};
use crate::media::upload::progress::{Progress, Stage};
use crate::media::upload::{self, Upload};
use crate::media::{Entry, Expected};
use crate::session::Session;

/// What X accepts here.
pub const ACCEPTS: Accepts = upload::ACCEPTS;

/// When to try again after trouble that passes, where X does not say.
const PAUSE_MS: u64 = 5_000;

/// An upload to make, checked as far as that goes without the network.
pub struct Draft {
    entry: Entry,
    expected: Expected,
    /// Where an earlier call stopped.
    progress: Option<Progress>,
    shared: bool,
}

/// Checks the parameters.
pub fn parse(input: UploadMediaInput) -> Result<Draft, Failure> {
    let entry = Entry::parse(input.file, "file")?;
    if matches!(entry.source, Source::Uploaded(_)) {
        return Err(Failure::invalid(&entry.field, "invalid-url", "names media that X has already; give the file itself"));
    }
    let expected = input.category.and_then(Row::find).map_or(Expected::Any, Expected::Category);
    let progress = input.resume.as_deref().map(str::trim).filter(|token| !token.is_empty()).map(Progress::read).transpose()?;
    Ok(Draft { entry, expected, progress, shared: input.shared.unwrap_or_default() })
}

/// Uploads a file, or as much of it as fits into the call.
///
/// # Errors
/// A [`Failure`] that names the file and the step. Trouble that passes is one only when the call has not brought the upload on.
pub fn run(session: &Session<'_>, input: UploadMediaInput) -> Result<UploadMediaOutput, Failure> {
    let Draft { entry, expected, progress, shared } = parse(input)?;
    session.credential(ACCEPTS)?;
    let mut upload = begin(session, &entry, expected, progress, shared)?;
    let ran = entry.run(&mut upload).and_then(|()| describe(session, &entry, &upload, expected));
    let pause_ms = match ran {
        Ok(()) => 0,
        Err(failure) if upload.has_moved && matches!(failure.case(), Case::Unavailable | Case::RateLimited) => {
            // What is left to do is begun by a look at what X has.
            if upload.progress.stage == Stage::Ready {
                upload.progress.stage = Stage::Processing { check_after_s: 1, percent: 100 };
            }
            failure.problem().retry_after_ms.unwrap_or(PAUSE_MS)
        }
        Err(failure) => return Err(failure),
    };
    Ok(output(session, upload.progress, pause_ms))
}

fn begin<'a>(
    session: &'a Session<'a>,
    entry: &'a Entry,
    expected: Expected,
    progress: Option<Progress>,
    shared: bool,
) -> Result<Upload<'a>, Failure> {
    let Some(progress) = progress else {
        let file = entry.inspect(session, expected)?;
        entry.check_subtitles(session)?;
        return entry.begin(session, file, shared);
    };
    let is_missing = progress.stage == Stage::Sending && progress.segment < progress.segments();
    let reader = if is_missing { Some(Reader::resume(session, &entry.source, &entry.field, &progress)?) } else { None };
    Ok(Upload::resume(session, &entry.field, progress, reader))
}

fn describe(session: &Session<'_>, entry: &Entry, upload: &Upload<'_>, expected: Expected) -> Result<(), Failure> {
    let category = if let Expected::Category(row) = expected { row.name } else { "" };
    match upload.progress.stage {
        Stage::Ready => entry.describe(session, upload.progress.id, category, core::iter::empty()),
        Stage::Sending | Stage::Processing { .. } => Ok(()),
    }
}

fn output(session: &Session<'_>, progress: Progress, pause_ms: u64) -> UploadMediaOutput {
    let (state, check_after_ms) = match progress.stage {
        Stage::Ready => (UploadState::Ready, None),
        Stage::Processing { check_after_s, .. } => (UploadState::Processing, Some(pause_ms.max(check_after_s.saturating_mul(1_000)))),
        Stage::Sending => (UploadState::Uploading, Some(pause_ms)),
    };
    let (resume, progress_percent): (Option<String>, u32) = (progress.write(), progress.percent());
    let data = UploadedMedia { id: progress.id.to_string(), media_key: progress.media_key, state, expires_at: progress.expires_at };
    UploadMediaOutput { data, resume, progress_percent, check_after_ms, receipt: session.receipt(Outcome::Done) }
}

#[cfg(test)]
mod tests;
