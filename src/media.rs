//! Files to attach: where their bytes are, what they are, and how they get to X.

pub mod describe;
pub mod entry;
pub mod file;
pub mod form;
pub mod kind;
pub mod limits;
pub mod source;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
pub mod upload;

use alloc::{format, string::ToString, vec::Vec};

pub use entry::Entry;
pub use file::{Expected, File};

use crate::bindings::types::FileEntry;
use crate::error::{Case, Failure, Party};
use crate::id::MediaId;
use crate::media::kind::Group;
use crate::session::Session;

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

impl Plan {
    /// Reads the entries of parameter `media`.
    ///
    /// # Errors
    /// A [`Failure`] that names the entry.
    pub fn parse(entries: Option<Vec<FileEntry>>, purpose: Purpose, maximum: usize) -> Result<Self, Failure> {
        let given = entries.unwrap_or_default();
        if given.len() > maximum {
            let message = format!("has {} entries, and X takes at most {maximum} here; leave the rest out", given.len());
            return Err(Failure::invalid("media", "too-many-files", &message));
        }
        let mut entries = Vec::with_capacity(given.len());
        for entry in given {
            let parameter = format!("media[{}]", entries.len());
            let entry = Entry::parse(entry, &parameter)?;
            if purpose == Purpose::DirectMessage {
                entry.check_no_subtitles()?;
            }
            entries.push(entry);
        }
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
        let mut kept = Vec::new();
        for entry in &self.entries {
            let group = entry.check(session, expected, &mut kept)?;
            if self.len() > 1 && matches!(group, Some(Group::Gif | Group::Video)) {
                let message = "is a GIF or a video, which X takes alone; give one of them, or up to four images";
                return Err(entry.named(Failure::invalid(&entry.field, "media-do-not-mix", message)));
            }
        }
        let mut kept = kept.into_iter();
        let mut ids = Vec::with_capacity(self.len());
        for entry in &self.entries {
            ids.push(entry.attach(session, expected, &mut kept)?);
        }
        // A request that is cut by the deadline leaves nobody knowing what came of it.
        if self.entries.iter().any(Entry::needs_upload) && session.left_ms() < upload::reserve_ms(session) {
            let mut message =
                "media is at X, and too little time of the call is left to use it; nothing was published or sent; give".to_string();
            for id in &ids {
                message.push_str(" media-id:");
                message.push_str(&id.to_string());
            }
            message.push_str(" in place of the files when you run this step again, or raise X_CALL_DEADLINE_MS");
            return Err(Failure::new(Case::InvalidInput, "upload-not-finished", Party::Author, message).field("media"));
        }
        Ok(ids)
    }
}

/// X's refusal of a post or a message, made plain where it is about the media in it.
#[must_use]
pub fn refused(failure: Failure) -> Failure {
    let names_media = failure.problem().field.as_ref().is_some_and(|field| field.contains("media_id"));
    if failure.case() != Case::InvalidInput || !names_media {
        return failure;
    }
    let message = "media holds what X does not take here: an upload lapses after a day, is its uploader's alone, and is for posts or for messages; wait if X may still be working on it, or upload it again";
    failure.recast(Case::InvalidInput, "media-not-taken", message).field("media")
}
