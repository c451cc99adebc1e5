//! `POST /2/media/upload` · media.write · an upload that is not used does no harm · <https://docs.x.com/x-api/media/upload-media>
//!
//! Small images go in one request. All else goes in segments: initialize, append, finalize, and then X works on it.

pub mod progress;
#[cfg(test)]
mod tests;

use alloc::{format, rc::Rc, string::ToString, vec::Vec};

use progress::{Progress, Stage, number};

use crate::auth::Accepts;
use crate::error::{Case, Failure, Party};
use crate::json::Json;
use crate::media::File;
use crate::media::form::{self, Form};
use crate::media::source::{Reader, Source, changed};
use crate::session::{Answer, Session, Write, WriteFailure};
use crate::transport::{Body, Method};

/// What X accepts here.
pub const ACCEPTS: Accepts = Accepts::USER.with_scopes(&["media.write"]);

/// How many segments X takes.
pub const MOST_SEGMENTS: u64 = 1_000;
/// How often a segment, or the word that there are no more, is sent again.
const MOST_REPEATS: u32 = 2;
/// What has to be left of the call when a step begins, at most.
const MOST_SPARE_MS: u64 = 5_000;
/// What X says when it says nothing.
const CHECK_AFTER_S: u64 = 1;

/// An upload on its way, in this call or over many.
pub struct Upload<'a> {
    session: &'a Session<'a>,
    field: &'a str,
    pub progress: Progress,
    reader: Option<Reader<'a>>,
    /// The segment that is sent next, once it was read.
    chunk: Rc<Vec<u8>>,
    /// Whether this call has brought the upload on.
    pub has_moved: bool,
    longest_step_ms: u64,
}

/// Uploads a small image in one request.
///
/// # Errors
/// X's refusal as a [`Failure`]. A lost answer is `unavailable`: uploading twice does no harm.
pub fn one_shot(session: &Session<'_>, file: &File<'_>, field: &str, name: Option<&str>) -> Result<Progress, Failure> {
    let file_name = form::file_name(name, file.kind);
    let form =
        Form { name: "media_category", value: file.row.name, file_name: &file_name, media_type: file.kind.media_type(), bytes: &file.head };
    let mut progress = announced(session, file, field, form.post(session, "/2/media/upload".to_string(), ACCEPTS))?;
    progress.segment = progress.segments();
    progress.stage = Stage::Taken;
    Ok(progress)
}

/// Sends what makes X give out a media id.
fn announced(session: &Session<'_>, file: &File<'_>, field: &str, write: Write) -> Result<Progress, Failure> {
    let answer = session.write(write).map_err(WriteFailure::of_idempotent);
    answer.and_then(|answer| Progress::new(session, file, &answer)).map_err(|failure| at_step(failure, field, "its first request"))
}

impl<'a> Upload<'a> {
    fn new(session: &'a Session<'a>, field: &'a str, progress: Progress, reader: Option<Reader<'a>>) -> Self {
        Self { session, field, progress, reader, chunk: Rc::default(), has_moved: true, longest_step_ms: 0 }
    }

    /// Tells X of the file, and gets a media id for it.
    ///
    /// # Errors
    /// X's refusal.
    pub fn begin(session: &'a Session<'a>, field: &'a str, file: File<'a>, shared: bool) -> Result<Self, Failure> {
        let progress = announced(session, &file, field, initialize(&file, shared))?;
        let File { head, reader, .. } = file;
        Ok(Self { chunk: head, ..Self::new(session, field, progress, Some(reader)) })
    }

    /// A file that X got in one request.
    #[must_use]
    pub fn at_x(session: &'a Session<'a>, field: &'a str, progress: Progress) -> Self {
        Self::new(session, field, progress, None)
    }

    /// Goes on with an upload of an earlier call, and opens the file where some of it is missing.
    ///
    /// # Errors
    /// A [`Failure`] when the file cannot be read, or is not the one that it was.
    pub fn resume(session: &'a Session<'a>, source: &'a Source, field: &'a str, progress: Progress) -> Result<Self, Failure> {
        let is_missing = progress.stage == Stage::Sending && progress.segment < progress.segments();
        let reader = if is_missing { Some(Reader::open(session, source, field, Some(&progress))?) } else { None };
        Ok(Self { has_moved: false, ..Self::new(session, field, progress, reader) })
    }

    /// Goes on until X has the file ready, or the deadline of the call is near. Then `progress` says how far it came.
    ///
    /// # Errors
    /// A [`Failure`] that names the file and the step.
    pub fn run(&mut self) -> Result<(), Failure> {
        loop {
            if self.has_moved && self.session.left_ms() < self.spare_ms() {
                return Ok(());
            }
            let began_ms = self.session.left_ms();
            match self.progress.stage {
                Stage::Taken | Stage::Ready => return Ok(()),
                Stage::Sending if self.progress.segment < self.progress.segments() => self.append()?,
                Stage::Sending => self.finalize()?,
                Stage::Processing { check_after_s, .. } => {
                    let wait_ms = if self.has_moved { check_after_s.saturating_mul(1_000) } else { 0 };
                    if wait_ms + self.spare_ms() > self.session.left_ms() {
                        return Ok(());
                    }
                    self.session.wait_ms(wait_ms);
                    match self.look() {
                        // X has all of the file: it is asked again, as long as there is time.
                        Err(failure) if self.has_moved && failure.case() == Case::Unavailable => {}
                        looked => looked?,
                    }
                }
            }
            self.has_moved = true;
            if self.progress.stage == Stage::Sending {
                self.longest_step_ms = self.longest_step_ms.max(began_ms.saturating_sub(self.session.left_ms()));
            }
        }
    }

    /// Time for one more step, and for the answer of this call.
    fn spare_ms(&self) -> u64 {
        reserve_ms(self.session).max(self.longest_step_ms / 2 * 3)
    }

    /// Reads the next segment and sends it, again where X may not have got it. X keeps one segment for each index.
    fn append(&mut self) -> Result<(), Failure> {
        self.read_chunk()?;
        let Progress { id, segment, .. } = self.progress;
        let mut repeats = 0;
        loop {
            let index = segment.to_string();
            let form = Form {
                name: "segment_index",
                value: &index,
                file_name: "segment",
                media_type: "application/octet-stream",
                bytes: &self.chunk,
            };
            let failure = match self.session.write(form.post(self.session, format!("/2/media/upload/{id}/append"), ACCEPTS)) {
                Ok(_) | Err(WriteFailure::Done(_)) => break,
                Err(failure) => failure.of_idempotent(),
            };
            repeats += 1;
            // An earlier call may have ended the upload without its caller hearing of it: X refuses segments then, and tells where it is.
            if !self.has_moved
                && failure.case() == Case::InvalidInput
                && let Some(answer) = self.ask_whether_whole()
            {
                return self.take(&answer);
            }
            if failure.case() != Case::Unavailable || repeats > MOST_REPEATS || self.session.left_ms() == 0 {
                return Err(self.lapsed(failure, &index));
            }
        }
        self.progress.segment += 1;
        match Rc::get_mut(&mut self.chunk) {
            Some(chunk) => chunk.clear(),
            None => self.chunk = Rc::default(),
        }
        Ok(())
    }

    fn read_chunk(&mut self) -> Result<(), Failure> {
        if !self.chunk.is_empty() {
            return Ok(());
        }
        let position = self.progress.sent_bytes();
        let length = u64::from(self.progress.chunk).min(self.progress.size.saturating_sub(position));
        let length = usize::try_from(length).unwrap_or_default();
        let (Some(reader), Some(chunk)) = (&mut self.reader, Rc::get_mut(&mut self.chunk)) else {
            return Err(changed(self.field));
        };
        reader.seek(position)?;
        let is_last = position + length as u64 == self.progress.size;
        let read = reader.fill(chunk, length).and_then(|()| if is_last { reader.check_end() } else { Ok(()) });
        let problem = match read {
            Err(failure) => failure,
            Ok(()) if chunk.len() < length => changed(self.field),
            Ok(()) => return Ok(()),
        };
        // A part of a segment is no segment.
        chunk.clear();
        Err(problem)
    }

    /// Tells X that it has all. Where the answer is lost, or X may have been told before, X is asked how far it is.
    fn finalize(&mut self) -> Result<(), Failure> {
        let mut repeats = 0;
        loop {
            let path = format!("/2/media/upload/{}/finalize", self.progress.id);
            let write = Write { method: Method::Post, path, content_type: None, body: Body::Empty, accepts: ACCEPTS };
            let failure = match self.session.write(write) {
                Ok(answer) => match answer.data() {
                    Ok(_) => return self.take(&answer),
                    Err(unreadable) => WriteFailure::Done(unreadable),
                },
                Err(failure) => failure,
            };
            let failure = failure.of_idempotent();
            let is_lost = failure.case() == Case::Unavailable;
            if (is_lost || matches!(failure.case(), Case::InvalidInput | Case::Conflict))
                && let Some(answer) = self.ask_whether_whole()
            {
                return self.take(&answer);
            }
            repeats += 1;
            if !is_lost || repeats > MOST_REPEATS || self.session.left_ms() == 0 {
                return Err(self.lapsed(failure, ""));
            }
        }
    }

    fn ask(&self) -> Result<Answer, Failure> {
        self.session.read(&format!("/2/media/upload?command=STATUS&media_id={}", self.progress.id), ACCEPTS)
    }

    /// What X says of an upload that it may have whole: that it works on it, or how large it is.
    fn ask_whether_whole(&self) -> Option<Answer> {
        let answer = self.ask().ok()?;
        let data = answer.data().ok()?;
        let is_whole = !data.get("processing_info").is_null() || number(data, "size") == Some(self.progress.size);
        is_whole.then_some(answer)
    }

    /// Asks X how far it is.
    fn look(&mut self) -> Result<(), Failure> {
        let answer = self.ask().map_err(|failure| self.lapsed(failure, ""))?;
        self.take(&answer)
    }

    /// Reads how far X is.
    fn take(&mut self, answer: &Answer) -> Result<(), Failure> {
        let data = answer.data().map_err(|failure| self.lapsed(failure, ""))?;
        self.progress.learn(self.session, data);
        let info = data.get("processing_info");
        self.progress.stage = match info.get("state").as_text() {
            Some("succeeded") => Stage::Taken,
            // X does not work on images.
            None if info.is_null() => Stage::Taken,
            Some("failed") => return Err(self.failed(info, answer.json()?)),
            _ => Stage::Processing {
                check_after_s: number(info, "check_after_secs").unwrap_or(CHECK_AFTER_S).clamp(1, 3_600),
                percent: u32::try_from(number(info, "progress_percent").unwrap_or_default().min(100)).unwrap_or_default(),
            },
        };
        Ok(())
    }

    /// X gives its reason within the answer as version 1.1 did, or beside its data.
    fn failed(&self, info: &Json, answer: &Json) -> Failure {
        let (inside, beside) = (info.get("error"), answer.get("errors").items().first().unwrap_or(&Json::Null));
        let words = [(inside, "message"), (inside, "name"), (beside, "detail"), (beside, "title")];
        let words = words.into_iter().find_map(|(error, name)| error.get(name).as_text());
        let message = format!("{} was uploaded, and X could not work on it; check its codec, size and length, or convert it", self.field);
        let failure = Failure::new(Case::InvalidInput, "media-processing-failed", Party::Author, message);
        self.session.clean(failure.excerpt(words.and_then(crate::classify::excerpt))).field(self.field)
    }

    /// A refusal at a step; X forgets uploads after a day.
    fn lapsed(&self, failure: Failure, segment: &str) -> Failure {
        let is_late = self.progress.expires_at.is_some_and(|expires_at| expires_at <= self.session.x_unix_ms() / 1_000);
        if failure.case() == Case::NotFound || (is_late && failure.case() == Case::InvalidInput) {
            let message = format!("{} is not known to X any more: an upload lapses after a day; begin it again", self.field);
            return failure.recast(Case::InvalidInput, "media-expired", message).party(Party::Author).field(self.field);
        }
        let step = match (segment, self.progress.stage) {
            ("", Stage::Sending) => "its end".to_string(),
            ("", _) => "X's work on it".to_string(),
            _ => format!("segment {segment} of {}", self.progress.segments()),
        };
        let failure = at_step(failure, self.field, &step);
        if segment.is_empty() || self.has_moved || self.session.left_ms() > 0 {
            return failure;
        }
        let message = format!("{}; where the line is slow, begin again with a smaller X_MEDIA_CHUNK_BYTES", failure.problem().message);
        failure.message(message)
    }
}

/// What has to be left of a call for one more request and the answer of the call.
#[must_use]
pub fn reserve_ms(session: &Session<'_>) -> u64 {
    (u64::from(session.connection.deadline_ms) / 6).min(MOST_SPARE_MS)
}

/// `POST /2/media/upload/initialize`
fn initialize(file: &File<'_>, shared: bool) -> Write {
    let body = Json::object([
        ("media_type", Json::text(file.kind.media_type())),
        ("total_bytes", file.size.into()),
        ("media_category", Json::text(file.row.name)),
        ("shared", if shared { true.into() } else { Json::Null }),
    ]);
    Write::json(Method::Post, "/2/media/upload/initialize".to_string(), &body, ACCEPTS)
}

/// A failure that says at which step of an upload it came. X calls what it refuses by names of its own.
#[must_use]
pub fn at_step(failure: Failure, field: &str, step: &str) -> Failure {
    let message = format!("{field} failed at {step}: {}", failure.problem().message);
    let failure = failure.message(message);
    if failure.case() == Case::InvalidInput { failure.field(field) } else { failure.or_field(field) }
}
