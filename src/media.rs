//! Files to attach: where their bytes are, what they are, and how they get to X.

pub mod describe;
pub mod form;
pub mod kind;
pub mod limits;
pub mod source;
pub mod upload;

use alloc::{format, rc::Rc, string::String, vec::Vec};

use crate::bindings::types::FileEntry;
use crate::error::{Case, Failure, Party};
use crate::id::MediaId;
use crate::media::kind::{Group, Kind, Unfit};
use crate::media::limits::Row;
use crate::media::source::{Reader, Source};
use crate::media::upload::Upload;
use crate::media::upload::progress::Stage;
use crate::session::Session;

/// What tells most kinds.
const FIRST_BYTES: usize = 4_096;
/// How many languages a video may have subtitles in.
const MOST_SUBTITLES: usize = 16;
const SHORTEST_VIDEO_MS: u64 = 500;

/// What the media is for. X refuses media of one category in the other place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Post,
    DirectMessage,
}

/// What a file has to be.
#[derive(Debug, Clone, Copy)]
pub enum Expected {
    /// What can be attached there.
    Attachment(Purpose),
    /// Whatever fits the category.
    Category(&'static Row),
    /// Anything that X takes.
    Any,
}

/// A list of files, understood but not read.
#[derive(Debug)]
pub struct Plan {
    purpose: Purpose,
    entries: Vec<Entry>,
}

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

/// A file whose first bytes were read and checked.
pub struct File<'a> {
    pub kind: Kind,
    pub row: &'static Row,
    pub size: u64,
    /// The first chunk of it.
    pub head: Rc<Vec<u8>>,
    /// Reads the rest.
    pub reader: Reader<'a>,
}

/// An entry that may be uploaded. Files that do not fit into memory together are read again then.
struct Checked<'a> {
    group: Option<Group>,
    files: Vec<Option<File<'a>>>,
}

impl Plan {
    /// Reads the entries of parameter `media`.
    ///
    /// # Errors
    /// A [`Failure`] that names the entry.
    pub fn parse(entries: Option<Vec<FileEntry>>, purpose: Purpose, maximum: usize) -> Result<Self, Failure> {
        let entries = entries.unwrap_or_default();
        if entries.len() > maximum {
            let (count, most) = (entries.len(), if maximum == 1 { "one file".into() } else { format!("{maximum} images") });
            return Err(Failure::invalid(
                "media",
                "too-many-files",
                &format!("has {count} entries, and X takes at most {most}; leave the rest out"),
            ));
        }
        let entries = (0..).zip(entries).map(|(index, entry): (u32, _)| Entry::parse(entry, &format!("media[{index}]")));
        let plan = Self { purpose, entries: entries.collect::<Result<_, Failure>>()? };
        if let Some(subtitle) = plan.entries.iter().flat_map(|entry| &entry.subtitles).next().filter(|_| purpose != Purpose::Post) {
            return Err(Failure::invalid(
                &subtitle.field,
                "subtitles-not-taken",
                "is for a direct message, where X takes no subtitles; leave it out",
            ));
        }
        Ok(plan)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Checks that the connection may upload and describe, if there is something of that.
    ///
    /// # Errors
    /// What [`Session::credential`] says.
    pub fn check_credential(&self, session: &Session<'_>) -> Result<(), Failure> {
        if self.entries.iter().any(Entry::needs_upload) {
            session.credential(upload::ACCEPTS)?;
        }
        Ok(())
    }

    /// Reads and checks the start of every file, then uploads them. One bad file stops all before the first byte goes to X.
    ///
    /// # Errors
    /// A [`Failure`] that names the entry. Uploaded media that is not used costs nothing and lapses after a day.
    pub fn upload<'a>(&'a self, session: &'a Session<'a>) -> Result<Vec<MediaId>, Failure> {
        let expected = Expected::Attachment(self.purpose);
        let mut room = session.connection.media_chunk as usize;
        let checked = self.entries.iter().map(|entry| entry.check(session, expected, &mut room)).collect::<Result<Vec<_>, _>>()?;
        for (entry, checked) in self.entries.iter().zip(&checked) {
            if self.len() > 1 && matches!(checked.group, Some(Group::Gif | Group::Video)) {
                let message = "is a GIF or a video, which a post takes alone; give one of them, or up to four images";
                return Err(entry.named(Failure::invalid(&entry.field, "media-do-not-mix", message)));
            }
        }
        self.entries.iter().zip(checked).map(|(entry, checked)| entry.attach(session, expected, checked)).collect()
    }
}

impl Entry {
    /// Reads an entry; `parameter` is what holds it.
    ///
    /// # Errors
    /// A [`Failure`] that names the part.
    pub fn parse(entry: FileEntry, parameter: &str) -> Result<Self, Failure> {
        let field = format!("{parameter}.url");
        let source = Source::parse(&entry.url, &field)?;
        let alt_text = describe::check_alt_text(entry.alt_text, &format!("{parameter}.alt_text"))?;
        let subtitles = entry.subtitles.unwrap_or_default();
        if subtitles.len() > MOST_SUBTITLES {
            let field = format!("{parameter}.subtitles");
            return Err(Failure::invalid(&field, "too-many-files", "has more than 16 entries; leave the rest out"));
        }
        let subtitles = (0..).zip(subtitles).map(|(index, subtitle): (u32, _)| {
            let part = |name: &str| format!("{parameter}.subtitles[{index}].{name}");
            let field = part("url");
            Ok(Subtitle {
                source: Source::parse(&subtitle.url, &field)?,
                field,
                language: describe::check_language(&subtitle.language_code, &part("language_code"))?,
                name: subtitle.name,
            })
        });
        Ok(Self { field, name: entry.name, source, alt_text, subtitles: subtitles.collect::<Result<_, Failure>>()? })
    }

    fn needs_upload(&self) -> bool {
        !matches!(self.source, Source::Uploaded(_)) || self.alt_text.is_some() || !self.subtitles.is_empty()
    }

    /// Names the file as its author does.
    fn named(&self, failure: Failure) -> Failure {
        let name: String = self.name.iter().flat_map(|name| name.chars()).filter(|character| !character.is_control()).take(64).collect();
        match failure.problem().message.strip_prefix(self.field.as_str()) {
            Some(rest) if !name.is_empty() => {
                let message = format!("{} ({name}){rest}", self.field);
                failure.message(message)
            }
            _ => failure,
        }
    }

    /// Reads the starts of the file and of its subtitles; what fits into `room` is kept.
    fn check<'a>(&'a self, session: &'a Session<'a>, expected: Expected, room: &mut usize) -> Result<Checked<'a>, Failure> {
        let mut checked = Checked { group: None, files: Vec::new() };
        if !matches!(self.source, Source::Uploaded(_)) {
            let file = self.inspect(session, expected)?;
            checked.group = Some(file.kind.group());
            checked.files.push(keep(file, room));
        } else {
            checked.files.push(None);
        }
        for subtitle in &self.subtitles {
            let file = if matches!(subtitle.source, Source::Uploaded(_)) { None } else { keep(subtitle.inspect(session)?, room) };
            checked.files.push(file);
        }
        Ok(checked)
    }

    /// Reads the start of the file, and holds against it what is said about it.
    ///
    /// # Errors
    /// A [`Failure`] that names the file.
    pub fn inspect<'a>(&'a self, session: &'a Session<'a>, expected: Expected) -> Result<File<'a>, Failure> {
        let file = File::inspect(session, &self.source, &self.field, expected).map_err(|failure| self.named(failure))?;
        let group = file.kind.group();
        let refused = if group != Group::Video && !self.subtitles.is_empty() {
            ("subtitles-not-taken", "is no video, and X takes subtitles for videos alone; leave them out")
        } else if session.connection.require_alt_text && self.alt_text.is_none() && matches!(group, Group::Image | Group::Gif) {
            ("alt-text-missing", "has no alt text, which this connection makes obligatory for images; say in alt_text what the image shows")
        } else {
            return Ok(file);
        };
        Err(self.named(Failure::invalid(&self.field, refused.0, refused.1)))
    }

    /// Checks the subtitles' files before the video goes to X.
    ///
    /// # Errors
    /// A [`Failure`] that names the file.
    pub fn check_subtitles(&self, session: &Session<'_>) -> Result<(), Failure> {
        let files = self.subtitles.iter().filter(|subtitle| !matches!(subtitle.source, Source::Uploaded(_)));
        files.map(|subtitle| subtitle.inspect(session).map(|_| ())).collect()
    }

    /// Begins to upload the file; a small image is there at once.
    ///
    /// # Errors
    /// A [`Failure`] that names the file.
    pub fn begin<'a>(&'a self, session: &'a Session<'a>, file: File<'a>, shared: bool) -> Result<Upload<'a>, Failure> {
        let begun = if file.is_small() && !shared {
            upload::one_shot(session, &file, self.name.as_deref()).map(|progress| Upload::resume(session, &self.field, progress, None))
        } else {
            Upload::begin(session, &self.field, file, shared)
        };
        begun.map_err(|failure| self.named(failure.or_field(&self.field)))
    }

    /// Goes on with an upload, as far as the deadline lets it.
    ///
    /// # Errors
    /// A [`Failure`] that names the file and the step.
    pub fn run(&self, upload: &mut Upload<'_>) -> Result<(), Failure> {
        upload.run().map_err(|failure| self.named(failure))
    }

    /// Uploads the file to its end, and gives it its descriptions.
    fn attach<'a>(&'a self, session: &'a Session<'a>, expected: Expected, checked: Checked<'a>) -> Result<MediaId, Failure> {
        let mut files = checked.files.into_iter();
        let mut category = "";
        let id = match (&self.source, files.next().flatten()) {
            (Source::Uploaded(id), _) => *id,
            (_, kept) => {
                let file = match kept {
                    Some(file) => file,
                    None => self.inspect(session, expected)?,
                };
                category = file.row.name;
                let mut upload = self.begin(session, file, false)?;
                self.run(&mut upload)?;
                if upload.progress.stage != Stage::Ready {
                    return Err(self.named(unfinished(&upload, &self.field)));
                }
                upload.progress.id
            }
        };
        self.describe(session, id, category, files)?;
        Ok(id)
    }

    /// Gives the uploaded file its alt text and its subtitles.
    ///
    /// # Errors
    /// A [`Failure`] that names the file.
    pub fn describe<'a>(
        &'a self,
        session: &'a Session<'a>,
        id: MediaId,
        category: &str,
        mut kept: impl Iterator<Item = Option<File<'a>>>,
    ) -> Result<(), Failure> {
        let told = self.alt_text.as_ref().map_or(Ok(()), |text| describe::alt_text(session, id, text, &self.field));
        told.map_err(|failure| self.named(failure))?;
        for subtitle in &self.subtitles {
            let own = match (&subtitle.source, kept.next().flatten()) {
                (Source::Uploaded(id), _) => *id,
                (_, kept) => {
                    let file = match kept {
                        Some(file) => file,
                        None => subtitle.inspect(session)?,
                    };
                    upload::one_shot(session, &file, None).map_err(|failure| failure.or_field(&subtitle.field))?.id
                }
            };
            describe::subtitles(session, id, category, (own, &subtitle.language, subtitle.name.as_deref()), &subtitle.field)?;
        }
        Ok(())
    }
}

impl Subtitle {
    fn inspect<'a>(&'a self, session: &'a Session<'a>) -> Result<File<'a>, Failure> {
        let [.., row] = &limits::TABLE;
        let file = File::inspect(session, &self.source, &self.field, Expected::Category(row))?;
        // X takes subtitles in one request.
        if file.is_small() { Ok(file) } else { Err(too_large(&self.field, row, session.connection.media_chunk.into())) }
    }
}

impl<'a> File<'a> {
    /// Opens a file, reads its first chunk, and holds it against what X takes.
    ///
    /// # Errors
    /// A [`Failure`] that names `field`.
    pub fn inspect(session: &'a Session<'a>, source: &Source, field: &'a str, expected: Expected) -> Result<Self, Failure> {
        let connection = session.connection;
        let (chunk, is_premium) = (connection.media_chunk as usize, connection.is_premium());
        let mut reader = Reader::open(session, source, field)?;
        let whole = reader.memory().filter(|bytes| bytes.len() <= chunk).map(Rc::clone);
        let mut bytes = Vec::new();
        let known =
            |reader: &Reader<'_>, most: usize| reader.size.and_then(|size| usize::try_from(size).ok()).map_or(most, |size| size.min(most));
        if whole.is_none() {
            reader.fill(&mut bytes, known(&reader, FIRST_BYTES))?;
        }
        let first = kind::sniff(whole.as_ref().map_or(&bytes, |whole| whole)).map_err(|problem| unfit(field, problem))?;
        // A GIF turns out to be still when it was read.
        let row = expected.row(if first == Kind::Gif { Kind::MovingGif } else { first }, field)?;
        let limit = row.largest(is_premium);
        if reader.size.is_some_and(|size| size > limit) {
            return Err(too_large(field, row, limit));
        }
        let head = match whole {
            Some(whole) => whole,
            None => {
                reader.fill(&mut bytes, known(&reader, chunk))?;
                Rc::new(bytes)
            }
        };
        let size = if head.len() < chunk { head.len() as u64 } else { reader.measure(limit)? };
        if size > limit {
            return Err(too_large(field, row, limit));
        }
        let (kind, extent) = kind::check(&head, size).map_err(|problem| unfit(field, problem))?;
        let row = expected.row(kind, field)?;
        let limit = row.largest(is_premium);
        if size > limit {
            return Err(too_large(field, row, limit));
        }
        if let Some(milliseconds) = extent.milliseconds.filter(|_| row.group == Group::Video) {
            let longest = row.longest_ms(is_premium);
            if milliseconds > longest || milliseconds < SHORTEST_VIDEO_MS {
                let (seconds, name) = (milliseconds / 1_000, row.name);
                let message = format!("plays {seconds} seconds, and X takes a {name} of 0.5 to {} seconds; cut it", longest / 1_000);
                return Err(Failure::invalid(field, "video-length", &message));
            }
        }
        if size.div_ceil(connection.media_chunk.into()) > upload::MOST_SEGMENTS {
            let message = format!(
                "is too small for {field}: X takes a file in at most 1000 requests; raise it to {}",
                size.div_ceil(upload::MOST_SEGMENTS)
            );
            return Err(Failure::invalid("X_MEDIA_CHUNK_BYTES", "invalid-connection-property", &message).party(Party::Operator));
        }
        Ok(Self { kind, row, size, head, reader })
    }

    /// Whether X takes the file in one request.
    fn is_small(&self) -> bool {
        self.head.len() as u64 == self.size && matches!(self.row.group, Group::Image | Group::Subtitles)
    }
}

impl Expected {
    /// The category of a file, where the kind fits.
    fn row(self, kind: Kind, field: &str) -> Result<&'static Row, Failure> {
        let group = kind.group();
        let row = match self {
            // X takes a still GIF as a GIF too.
            Self::Category(row) => Some(row).filter(|row| {
                row.group == group
                    || (row.group == Group::Gif && kind == Kind::Gif)
                    || (row.group == Group::Image && kind == Kind::MovingGif)
            }),
            Self::Attachment(purpose) => Row::of(group, purpose).filter(|row| row.group != Group::Subtitles),
            Self::Any => Row::of(group, Purpose::Post),
        };
        row.ok_or_else(|| {
            let (is, wanted) = (kind.media_type(), if let Self::Category(row) = self { row.name } else { "an attachment" });
            Failure::invalid(
                field,
                "file-of-other-kind",
                &format!("is {is} by its first bytes, which X does not take as {wanted}; give another file"),
            )
        })
    }
}

fn keep<'a>(file: File<'a>, room: &mut usize) -> Option<File<'a>> {
    *room = room.checked_sub(file.head.len())?;
    Some(file)
}

/// X's refusal of a post or a message, made plain where it is about the media in it.
#[must_use]
pub fn refused(failure: Failure) -> Failure {
    let names_media = failure.problem().field.as_ref().is_some_and(|field| field.contains("media_id"));
    if failure.case() != Case::InvalidInput || !names_media {
        return failure;
    }
    let message = "media holds what X does not take here: an upload lapses after a day, is its uploader's alone, and is for posts or for messages; upload it again";
    failure.recast(Case::InvalidInput, "media-not-taken", message).field("media")
}

/// The failure of a file that X would not take.
fn unfit(field: &str, problem: Unfit) -> Failure {
    Failure::invalid(field, problem.code(), &format!("{problem}"))
}

fn too_large(field: &str, row: &Row, limit: u64) -> Failure {
    let megabytes = limit / (1024 * 1024);
    let message = format!("is larger than {megabytes} MB, which is what X takes as {}; make it smaller", row.name);
    Failure::invalid(field, "file-too-large", &message)
}

/// What an action says that has no later call to go on in.
fn unfinished(upload: &Upload<'_>, field: &str) -> Failure {
    let doing = if upload.progress.stage == Stage::Sending { "uploaded" } else { "worked on by X" };
    let message = format!(
        "{field} was not wholly {doing} before the deadline of the call ({} %); upload it by uploadMedia, which goes on in a later call, and give media-id: and the id here, or raise X_CALL_DEADLINE_MS",
        upload.progress.percent()
    );
    Failure::new(Case::Unavailable, "upload-not-finished", Party::Author, message).field(field)
}
