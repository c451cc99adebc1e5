//! `POST /2/media/upload` and its kin · media.write · idempotent · <https://docs.x.com/x-api/media/quickstart/media-upload-chunked>
//!
//! What does not fit into one call returns a token, and goes on in the next call.

use alloc::string::{String, ToString};
use alloc::{format, vec::Vec};

use crate::auth::Accepts;
use crate::bindings::actions::{UploadMediaInput, UploadMediaOutput, UploadState, UploadedMedia};
use crate::bindings::types::Outcome;
use crate::error::{Case, Failure, Party};
use crate::media::limits::Row;
use crate::media::upload::progress::{Progress, Stage};
use crate::media::upload::{self, Upload};
use crate::media::{Entry, Expected, entry::Kept};
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
    if entry.is_at_x() {
        return Err(Failure::invalid(&entry.field, "invalid-url", "names media that X has already; give the file itself"));
    }
    let expected = input.category.and_then(Row::find).map_or(Expected::Any, Expected::Category);
    let progress = input.resume.as_deref().map(str::trim).filter(|token| !token.is_empty()).map(Progress::read).transpose()?;
    Ok(Draft { entry, expected, progress, shared: input.shared.unwrap_or_default() })
}

/// Uploads a file, or as much of it as fits into the call.
///
/// # Errors
/// A [`Failure`] that names the file and the step. What is not the file's fault is one only when the call has not brought the upload on.
pub fn run(session: &Session<'_>, input: UploadMediaInput) -> Result<UploadMediaOutput, Failure> {
    let Draft { entry, expected, progress, shared } = parse(input)?;
    session.credential(ACCEPTS)?;
    let (mut upload, mut kept) = begin(session, &entry, expected, progress, shared)?;
    let pause_ms = match entry.run(&mut upload).and_then(|()| describe(session, &entry, &mut upload, expected, &mut kept)) {
        Ok(()) => 0,
        // What X has is not given up for a token that has just ended. The next call says what is wrong, unless it is mended by then.
        Err(failure) if upload.has_moved && failure.case() != Case::InvalidInput => failure.problem().retry_after_ms.unwrap_or(PAUSE_MS),
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
) -> Result<(Upload<'a>, Kept<'a>), Failure> {
    let mut kept = Vec::new();
    let upload = match progress {
        None => {
            entry.check(session, expected, &mut kept)?;
            // One chunk of one file is always kept.
            let Some(file) = kept.first_mut().and_then(Option::take) else {
                return Err(Failure::invalid(&entry.field, "file-empty", "holds nothing"));
            };
            entry.begin(session, file, shared)?
        }
        Some(progress) => {
            let most = session.connection.media_chunk;
            if progress.chunk > most {
                let message = format!(
                    "is of an upload in segments of {} bytes, and X_MEDIA_CHUNK_BYTES is {most} now; begin again without it, or raise that",
                    progress.chunk
                );
                return Err(Failure::invalid("resume", "invalid-resume", &message).party(Party::Operator));
            }
            let purpose = if let Expected::Category(row) = expected { row.purpose } else { None };
            entry.check_said(session, progress.kind.group(), purpose)?;
            entry.resume(session, progress)?
        }
    };
    let mut kept = kept.into_iter();
    kept.next();
    Ok((upload, kept))
}

/// Gives X the descriptions of a file that it has.
fn describe<'a>(
    session: &'a Session<'a>,
    entry: &'a Entry,
    upload: &mut Upload<'_>,
    expected: Expected,
    kept: &mut Kept<'a>,
) -> Result<(), Failure> {
    if upload.progress.stage == Stage::Taken {
        let category = if let Expected::Category(row) = expected { row.name } else { "" };
        entry.describe(session, upload.progress.id, category, kept)?;
        upload.progress.stage = Stage::Ready;
    }
    Ok(())
}

fn output(session: &Session<'_>, progress: Progress, pause_ms: u64) -> UploadMediaOutput {
    let (state, check_after_ms) = match progress.stage {
        Stage::Ready => (UploadState::Ready, None),
        Stage::Processing { check_after_s, .. } => (UploadState::Processing, Some(pause_ms.max(check_after_s.saturating_mul(1_000)))),
        Stage::Taken => (UploadState::Processing, Some(pause_ms)),
        Stage::Sending => (UploadState::Uploading, Some(pause_ms)),
    };
    let (resume, progress_percent): (Option<String>, u32) = (progress.write(), progress.percent());
    let data = UploadedMedia { id: progress.id.to_string(), media_key: progress.media_key, state, expires_at: progress.expires_at };
    UploadMediaOutput { data, resume, progress_percent, check_after_ms, receipt: session.receipt(Outcome::Done) }
}

#[cfg(test)]
mod tests;
