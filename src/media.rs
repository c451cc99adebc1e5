//! Files to attach: where their bytes are, what they are, and how they get to X.

pub mod kind;
pub mod source;
pub mod upload;

use alloc::{format, string::String, vec::Vec};

use crate::bindings::types::FileEntry;
use crate::error::Failure;
use crate::id::MediaId;
use crate::media::source::Source;
use crate::session::Session;

/// What X takes as an image.
pub const LARGEST_IMAGE: usize = 5 * 1024 * 1024;

/// What the media is for. X refuses media of one category in the other place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Post,
    DirectMessage,
}

/// A list of files, understood but not read.
#[derive(Debug)]
pub struct Plan {
    purpose: Purpose,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    field: String,
    name: Option<String>,
    source: Source,
}

/// A file whose bytes were looked at.
enum Checked {
    Uploaded(MediaId),
    Image { bytes: Vec<u8>, kind: kind::Kind, name: Option<String>, field: String },
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
        let entries = (0..)
            .zip(entries)
            .map(|(index, entry): (u32, _)| {
                let field = format!("media[{index}].url");
                let source = Source::parse(entry.url, &field)?;
                Ok(Entry { field, name: entry.name, source })
            })
            .collect::<Result<_, Failure>>()?;
        Ok(Self { purpose, entries })
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Checks that the connection may upload, if there is something to upload.
    ///
    /// # Errors
    /// What [`Session::credential`] says.
    pub fn check_credential(&self, session: &Session<'_>) -> Result<(), Failure> {
        if self.entries.iter().any(|entry| !matches!(entry.source, Source::Uploaded(_))) {
            session.credential(upload::ACCEPTS)?;
        }
        Ok(())
    }

    /// Reads and checks every file, then uploads them. One bad file stops all before the first byte goes to X.
    ///
    /// # Errors
    /// A [`Failure`] that names the entry. Uploaded media that is not used costs nothing and lapses after a day.
    pub fn upload(self, session: &Session<'_>) -> Result<Vec<MediaId>, Failure> {
        let purpose = self.purpose;
        let checked = self.entries.into_iter().map(|entry| entry.check(session)).collect::<Result<Vec<_>, _>>()?;
        checked
            .into_iter()
            .map(|file| match file {
                Checked::Uploaded(id) => Ok(id),
                Checked::Image { bytes, kind, name, field } => {
                    upload::one_shot(session, bytes, kind, name.as_deref(), purpose).map_err(|failure| failure.or_field(&field))
                }
            })
            .collect()
    }
}

impl Entry {
    fn check(self, session: &Session<'_>) -> Result<Checked, Failure> {
        let Self { field, name, source } = self;
        let bytes = match source {
            Source::Uploaded(id) => return Ok(Checked::Uploaded(id)),
            other => other.read(session, &field, LARGEST_IMAGE)?,
        };
        let kind = kind::check_image(&bytes).map_err(|problem| Failure::invalid(&field, problem.code(), &format!("{problem}")))?;
        Ok(Checked::Image { bytes, kind, name, field })
    }
}
