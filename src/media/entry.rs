//! One file of a parameter, with what is said about it: checked, uploaded, described.

use alloc::{
    format,
    string::String,
    vec::{self, Vec},
};

use crate::bindings::types::{FileEntry, Subtitle as GivenSubtitle};
use crate::error::{Case, Failure, Party};
use crate::id::MediaId;
use crate::media::kind::Group;
use crate::media::limits::Row;
use crate::media::source::Source;
use crate::media::upload::progress::{Progress, Stage};
use crate::media::upload::{self, Upload};
use crate::media::{Expected, File, Purpose, describe};
use crate::session::Session;

/// How many languages a video may have subtitles in.
const MOST_SUBTITLES: usize = 16;

/// One file, with what is said about it.
#[derive(Debug)]
pub struct Entry {
    /// The parameter that holds the address.
    pub field: String,
    name: Option<String>,
    pub source: Source,
    alt_text: Option<String>,
    subtitles: Vec<Subtitle>,
}

#[derive(Debug)]
struct Subtitle {
    field: String,
    source: Source,
    language: String,
    name: Option<String>,
}

/// Files that were checked, in the order of entries and subtitles; `None` for one that X has already or that is read again.
pub type Kept<'a> = vec::IntoIter<Option<File<'a>>>;

impl Entry {
    /// Reads an entry; `parameter` is what holds it.
    ///
    /// # Errors
    /// A [`Failure`] that names the part.
    pub fn parse(entry: FileEntry, parameter: &str) -> Result<Self, Failure> {
        let field = part(parameter, "url");
        let source = Source::parse(entry.url, &field)?;
        let alt_text = describe::check_alt_text(entry.alt_text, &part(parameter, "alt_text"))?;
        let given = entry.subtitles.unwrap_or_default();
        if given.len() > MOST_SUBTITLES {
            let field = part(parameter, "subtitles");
            return Err(Failure::invalid(&field, "too-many-files", "has more than 16 entries; leave the rest out"));
        }
        let mut subtitles = Vec::with_capacity(given.len());
        for subtitle in given {
            let parameter = format!("{parameter}.subtitles[{}]", subtitles.len());
            subtitles.push(Subtitle::parse(subtitle, &parameter)?);
        }
        Ok(Self { field, name: entry.name, source, alt_text, subtitles })
    }

    /// Whether something of it goes to X before it is used.
    #[must_use]
    pub fn needs_upload(&self) -> bool {
        !self.is_at_x() || self.alt_text.is_some() || !self.subtitles.is_empty()
    }

    /// Whether X has the file already.
    #[must_use]
    pub fn is_at_x(&self) -> bool {
        matches!(self.source, Source::Uploaded(_))
    }

    /// Names the file as its author does.
    #[must_use]
    #[inline(never)]
    pub fn named(&self, failure: Failure) -> Failure {
        let mut name = self.name.clone().unwrap_or_default();
        name.retain(|character| !character.is_control());
        if let Some((end, _)) = name.char_indices().nth(64) {
            name.truncate(end);
        }
        match failure.problem().message.strip_prefix(self.field.as_str()) {
            Some(rest) if !name.is_empty() => {
                let message = format!("{} ({name}){rest}", self.field);
                failure.message(message)
            }
            _ => failure,
        }
    }

    /// Reads the starts of the file and of its subtitles, holds against them what is said, and adds to `kept` what fits into
    /// a chunk together. Gives the group of the file, unless X has it already.
    ///
    /// # Errors
    /// A [`Failure`] that names the file.
    pub fn check<'a>(
        &'a self,
        session: &'a Session<'a>,
        expected: Expected,
        kept: &mut Vec<Option<File<'a>>>,
    ) -> Result<Option<Group>, Failure> {
        let mut group = None;
        if self.is_at_x() {
            kept.push(None);
        } else {
            let file = self.inspect(session, expected)?;
            group = Some(file.row.group);
            self.check_said(session, file.row.group, file.row.purpose)?;
            keep(session, kept, file);
        }
        for subtitle in &self.subtitles {
            if matches!(subtitle.source, Source::Uploaded(_)) {
                kept.push(None);
            } else {
                let file = subtitle.inspect(session)?;
                keep(session, kept, file);
            }
        }
        Ok(group)
    }

    /// Holds what is said about the file against what it is and what it is for.
    ///
    /// # Errors
    /// A [`Failure`] that names the file.
    pub fn check_said(&self, session: &Session<'_>, group: Group, purpose: Option<Purpose>) -> Result<(), Failure> {
        let takes_subtitles = group == Group::Video && purpose != Some(Purpose::DirectMessage);
        if !takes_subtitles {
            self.check_no_subtitles()?;
        }
        let (code, message) = if group == Group::Subtitles && self.alt_text.is_some() {
            ("alt-text-not-taken", "is a file of subtitles, and X takes no alt text for these; leave it out")
        } else if session.connection.require_alt_text && self.alt_text.is_none() && matches!(group, Group::Image | Group::Gif) {
            ("alt-text-missing", "has no alt text, which this connection makes obligatory for images; say in alt_text what the image shows")
        } else {
            return Ok(());
        };
        Err(self.named(Failure::invalid(&self.field, code, message)))
    }

    /// Refuses subtitles where X takes none.
    ///
    /// # Errors
    /// A [`Failure`] that names the file.
    pub fn check_no_subtitles(&self) -> Result<(), Failure> {
        if self.subtitles.is_empty() {
            return Ok(());
        }
        let message = "is no video of a post, and X takes subtitles for these alone; leave them out";
        Err(self.named(Failure::invalid(&self.field, "subtitles-not-taken", message)))
    }

    fn inspect<'a>(&'a self, session: &'a Session<'a>, expected: Expected) -> Result<File<'a>, Failure> {
        File::inspect(session, &self.source, &self.field, expected).map_err(|failure| self.named(failure))
    }

    /// Begins to upload the file; a small image is there at once.
    ///
    /// # Errors
    /// A [`Failure`] that names the file and the step.
    pub fn begin<'a>(&'a self, session: &'a Session<'a>, file: File<'a>, shared: bool) -> Result<Upload<'a>, Failure> {
        let begun = if file.is_small() && !shared {
            upload::one_shot(session, &file, &self.field, self.name.as_deref()).map(|progress| Upload::at_x(session, &self.field, progress))
        } else {
            Upload::begin(session, &self.field, file, shared)
        };
        begun.map_err(|failure| self.named(failure))
    }

    /// Goes on with an upload of an earlier call.
    ///
    /// # Errors
    /// A [`Failure`] that names the file.
    pub fn resume<'a>(&'a self, session: &'a Session<'a>, progress: Progress) -> Result<Upload<'a>, Failure> {
        Upload::resume(session, &self.source, &self.field, progress).map_err(|failure| self.named(failure))
    }

    /// Goes on with an upload, as far as the deadline lets it.
    ///
    /// # Errors
    /// A [`Failure`] that names the file and the step.
    pub fn run(&self, upload: &mut Upload<'_>) -> Result<(), Failure> {
        upload.run().map_err(|failure| self.named(failure))
    }

    /// Uploads the file to its end, and gives it its descriptions.
    ///
    /// # Errors
    /// A [`Failure`] that names the file and the step; `upload-not-finished` when the deadline of the call is near.
    pub fn attach<'a>(&'a self, session: &'a Session<'a>, expected: Expected, kept: &mut Kept<'a>) -> Result<MediaId, Failure> {
        let file = kept.next().flatten();
        if let Source::Uploaded(id) = self.source {
            return self.describe(session, id, "", kept).map(|()| id);
        }
        let file = match file {
            Some(file) => file,
            None => self.inspect(session, expected)?,
        };
        let category = file.row.name;
        let mut upload = self.begin(session, file, false)?;
        self.run(&mut upload)?;
        let Upload { progress, .. } = upload;
        if progress.stage != Stage::Taken {
            return Err(self.named(unfinished(&progress, &self.field)));
        }
        self.describe(session, progress.id, category, kept).map(|()| progress.id)
    }

    /// Gives the uploaded file its alt text and its subtitles.
    ///
    /// # Errors
    /// A [`Failure`] that names the file and the step.
    pub fn describe<'a>(&'a self, session: &'a Session<'a>, id: MediaId, category: &str, kept: &mut Kept<'a>) -> Result<(), Failure> {
        if let Some(text) = &self.alt_text {
            describe::alt_text(session, id, text, &self.field).map_err(|failure| self.named(failure))?;
        }
        for subtitle in &self.subtitles {
            let own = match (&subtitle.source, kept.next().flatten()) {
                (Source::Uploaded(id), _) => *id,
                (_, Some(file)) => subtitle.upload(session, &file)?,
                (_, None) => subtitle.upload(session, &subtitle.inspect(session)?)?,
            };
            describe::subtitles(session, id, category, (own, &subtitle.language, subtitle.name.as_deref()), &subtitle.field)?;
        }
        Ok(())
    }
}

impl Subtitle {
    fn parse(given: GivenSubtitle, parameter: &str) -> Result<Self, Failure> {
        let field = part(parameter, "url");
        Ok(Self {
            source: Source::parse(given.url, &field)?,
            field,
            language: describe::check_language(&given.language_code, &part(parameter, "language_code"))?,
            name: given.name.filter(|name| !name.trim().is_empty()),
        })
    }

    fn inspect<'a>(&'a self, session: &'a Session<'a>) -> Result<File<'a>, Failure> {
        let file = File::inspect(session, &self.source, &self.field, Expected::Category(Row::subtitles()))?;
        if file.is_small() {
            return Ok(file);
        }
        let message = "is larger than X_MEDIA_CHUNK_BYTES, and X takes subtitles in one request; make them smaller";
        Err(Failure::invalid(&self.field, "file-too-large", message))
    }

    fn upload(&self, session: &Session<'_>, file: &File<'_>) -> Result<MediaId, Failure> {
        upload::one_shot(session, file, &self.field, None).map(|progress| progress.id)
    }
}

/// What a part of a parameter is called.
#[inline(never)]
fn part(parameter: &str, name: &str) -> String {
    format!("{parameter}.{name}")
}

/// Keeps a file where all that are kept fit into a chunk; the others are read again when it is their turn.
fn keep<'a>(session: &Session<'_>, kept: &mut Vec<Option<File<'a>>>, file: File<'a>) {
    let held: usize = kept.iter().flatten().map(|file| file.head.len()).sum();
    let fits = held + file.head.len() <= session.connection.media_chunk as usize;
    kept.push(Some(file).filter(|_| fits));
}

/// What an action says that has no later call to go on in.
fn unfinished(progress: &Progress, field: &str) -> Failure {
    let percent = progress.percent();
    let message = if progress.stage == Stage::Sending {
        format!(
            "{field} was not wholly uploaded before the deadline of the call ({percent} %); upload it by uploadMedia, which goes on in a later call, and give media-id: and the id here, or raise X_CALL_DEADLINE_MS"
        )
    } else {
        let id = progress.id;
        format!(
            "{field} is at X, which was still working on it at the deadline of the call ({percent} %); give media-id:{id} in its place when you run this step again, or raise X_CALL_DEADLINE_MS"
        )
    };
    // An engine that repeated the call as it is would upload the file again and again.
    Failure::new(Case::InvalidInput, "upload-not-finished", Party::Author, message).field(field)
}
