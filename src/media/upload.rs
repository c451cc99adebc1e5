//! `POST /2/media/upload` · media.write · an upload that is not used does no harm · <https://docs.x.com/x-api/media/upload-media>
//!
//! Small images go in one request. All else goes in segments: initialize, append, finalize, and then X works on it.

pub mod progress;
#[cfg(test)]
mod tests;

use alloc::{
    format,
    rc::Rc,
    string::{String, ToString},
    vec::Vec,
};

use progress::{Progress, Stage};

use crate::auth::Accepts;
use crate::error::{Case, Failure, Party};
use crate::id::MediaId;
use crate::json::Json;
use crate::media::File;
use crate::media::form::{self, Form};
use crate::media::kind::{self, Kind};
use crate::media::source::Reader;
use crate::session::{Answer, Session, Write, WriteFailure};
use crate::transport::Method;

/// What X accepts here.
pub const ACCEPTS: Accepts = Accepts::USER.with_scopes(&["media.write"]);

/// How many segments X takes.
pub const MOST_SEGMENTS: u64 = 1_000;
/// How often a segment is sent again.
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
    kind: Kind,
    /// Whether this call has brought the upload on.
    pub has_moved: bool,
    longest_step_ms: u64,
}

/// Uploads a small image in one request.
///
/// # Errors
/// X's refusal as a [`Failure`]. A lost answer is `unavailable`: uploading twice does no harm.
pub fn one_shot(session: &Session<'_>, file: &File<'_>, name: Option<&str>) -> Result<Progress, Failure> {
    let file_name = form::file_name(name, file.kind);
    let form =
        Form { name: "media_category", value: file.row.name, file_name: &file_name, media_type: file.kind.media_type(), bytes: &file.head };
    let answer = session.write(form.post(session, "/2/media/upload".to_string(), ACCEPTS)).map_err(WriteFailure::of_idempotent)?;
    let mut progress = Progress::new(session, file, &answer)?;
    progress.segment = progress.segments();
    progress.stage = Stage::Ready;
    Ok(progress)
}

impl<'a> Upload<'a> {
    /// Tells X of the file, and gets a media id for it.
    ///
    /// # Errors
    /// X's refusal.
    pub fn begin(session: &'a Session<'a>, field: &'a str, file: File<'a>, shared: bool) -> Result<Self, Failure> {
        let write = initialize(&file, shared);
        let answer = session.write(write).map_err(|failure| at_step(failure.of_idempotent(), field, "its announcement"))?;
        let progress = Progress::new(session, &file, &answer)?;
        let File { kind, head, reader, .. } = file;
        Ok(Self { session, field, progress, reader: Some(reader), chunk: head, kind, has_moved: true, longest_step_ms: 0 })
    }

    /// Goes on with an upload of an earlier call, whose file is open as long as some of it is missing.
    #[must_use]
    pub fn resume(session: &'a Session<'a>, field: &'a str, progress: Progress, reader: Option<Reader<'a>>) -> Self {
        let kind = progress.kind;
        Self { session, field, progress, reader, chunk: Rc::default(), kind, has_moved: false, longest_step_ms: 0 }
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
                Stage::Ready => return Ok(()),
                Stage::Sending if self.progress.segment < self.progress.segments() => self.append()?,
                Stage::Sending => self.finalize()?,
                Stage::Processing { check_after_s, .. } => {
                    let wait_ms = if self.has_moved { check_after_s.saturating_mul(1_000) } else { 0 };
                    if wait_ms + self.spare_ms() > self.session.left_ms() {
                        return Ok(());
                    }
                    self.session.wait_ms(wait_ms);
                    self.look()?;
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
        let share = u64::from(self.session.connection.deadline_ms) / 6;
        share.min(MOST_SPARE_MS).max(self.longest_step_ms / 2 * 3)
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
                Err(WriteFailure::NotDone(failure)) if failure.case() != Case::Unavailable => return self.ended_before(failure, &index),
                Err(failure) => failure.of_idempotent(),
            };
            repeats += 1;
            if repeats > MOST_REPEATS || self.session.left_ms() == 0 {
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
            return Err(super::source::changed(self.field));
        };
        reader.seek(position)?;
        let read = reader.fill(chunk, length).and_then(|()| {
            let is_short = chunk.len() < length;
            let is_last = position + length as u64 == self.progress.size;
            if is_short || (is_last && !reader.ends_here()?) {
                return Err(super::source::changed(self.field));
            }
            if is_last && !kind::ends_well(self.kind, chunk) {
                return Err(super::unfit(self.field, kind::Unfit::Truncated));
            }
            Ok(())
        });
        if read.is_err() {
            // A part of a segment is no segment.
            chunk.clear();
        }
        read
    }

    /// Tells X that it has all. When the answer is lost, X is asked how far it is.
    fn finalize(&mut self) -> Result<(), Failure> {
        let path = format!("/2/media/upload/{}/finalize", self.progress.id);
        let write = Write { method: Method::Post, path, content_type: None, body: crate::transport::Body::Empty, accepts: ACCEPTS };
        match self.session.write(write) {
            Ok(answer) => self.take(&answer),
            Err(WriteFailure::NotDone(failure)) => self.ended_before(failure, ""),
            Err(lost) => {
                let failure = lost.of_idempotent();
                if self.session.left_ms() < self.spare_ms() || self.look().is_err() {
                    Err(at_step(failure, self.field, "its end"))
                } else {
                    Ok(())
                }
            }
        }
    }

    /// An earlier call may have brought the upload to its end without its caller hearing of it: X refuses what comes then,
    /// and a look tells.
    fn ended_before(&mut self, failure: Failure, segment: &str) -> Result<(), Failure> {
        if self.has_moved || failure.case() != Case::InvalidInput {
            return Err(self.lapsed(failure, segment));
        }
        match self.look() {
            Err(told) if told.code() != "media-processing-failed" => Err(self.lapsed(failure, segment)),
            looked => looked,
        }
    }

    /// Asks X how far it is.
    fn look(&mut self) -> Result<(), Failure> {
        let path = format!("/2/media/upload?command=STATUS&media_id={}", self.progress.id);
        let answer = self.session.read(&path, ACCEPTS).map_err(|failure| self.lapsed(failure, ""))?;
        self.take(&answer)
    }

    /// Reads how far X is.
    fn take(&mut self, answer: &Answer) -> Result<(), Failure> {
        let data = answer.data()?;
        self.progress.learn(self.session, data);
        let info = data.get("processing_info");
        let number = |name: &str| info.get(name).as_integer().and_then(|number| u64::try_from(number).ok());
        self.progress.stage = match info.get("state").as_text() {
            None | Some("succeeded") => Stage::Ready,
            Some("failed") => return Err(self.failed(answer, info)),
            Some(_) => Stage::Processing {
                check_after_s: number("check_after_secs").unwrap_or(CHECK_AFTER_S).clamp(1, 3_600),
                percent: u32::try_from(number("progress_percent").unwrap_or_default().min(100)).unwrap_or_default(),
            },
        };
        Ok(())
    }

    /// X tells why within `processing_info`, as it did in version 1.1, or in `errors` beside the data.
    fn failed(&self, answer: &Answer, info: &Json) -> Failure {
        let beside = answer.json().ok().and_then(|json| json.get("errors").items().first()).unwrap_or(&Json::Null);
        let error = info.get("error");
        let words = [error.get("message"), error.get("name"), beside.get("detail"), beside.get("message"), beside.get("title")];
        let words = words.into_iter().find_map(Json::as_text);
        let message = format!("{} was uploaded, and X could not work on it; check its codec, size and length, or convert it", self.field);
        let failure = Failure::new(Case::InvalidInput, "media-processing-failed", Party::Author, message).field(self.field);
        self.session.clean(failure.excerpt(words.and_then(crate::classify::excerpt)))
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
        at_step(failure, self.field, &step)
    }
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

/// A failure that says at which step of an upload it came.
fn at_step(failure: Failure, field: &str, step: &str) -> Failure {
    let message = format!("{field} was not uploaded, it failed at {step}: {}", failure.problem().message);
    // X names its own parameter, which nobody gave.
    let failure = if failure.case() == Case::InvalidInput { failure.field(field) } else { failure };
    failure.message(message).or_field(field)
}

/// The id in an answer.
fn id(answer: &Answer) -> Result<MediaId, Failure> {
    MediaId::from_digits(&answer.text("id")?).ok_or_else(|| answer.unreadable("the media id is no number"))
}

/// What X calls media in `media_keys`: `7_1880012345678901236`.
fn media_key(data: &Json) -> Option<String> {
    let fits = |key: &&str| key.len() <= 40 && key.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    data.get("media_key").as_text().filter(fits).map(ToString::to_string)
}

/// How many segments a file makes.
fn segments(size: u64, chunk: u32) -> u64 {
    size.div_ceil(u64::from(chunk.max(1)))
}
