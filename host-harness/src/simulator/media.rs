//! Uploaded media at the simulated X.

pub(crate) mod category;
pub(crate) mod content;
mod digest;
pub(crate) mod file_type;
pub(crate) mod processing;

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::{Value, json};

use super::image::Image;
use super::problem::Refusal;
use category::{Category, Kind, Purpose};
use content::{Content, Segment};
use processing::{Processing, ProcessingEnd, ProcessingError};

/// How long an upload can be added to and attached, from its beginning.
pub(crate) const LIFETIME_MS: u64 = 24 * 60 * 60 * 1000;
/// The largest GIF in pixels.
const LARGEST_GIF: (u32, u32) = (1280, 1080);

/// An upload as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// Its id.
    pub id: u64,
    /// Who uploaded it.
    pub owner_id: u64,
    /// Who else may use it.
    pub additional_owners: Vec<u64>,
    /// `tweet_image`, `dm_video`, `subtitles` and so on.
    pub category: String,
    /// The declared type, or the type of the bytes where none was declared.
    pub media_type: String,
    /// Whether it may go into more than one direct message.
    pub shared: bool,
    /// How many bytes have come.
    pub size: u64,
    /// How many bytes were announced.
    pub total_bytes: u64,
    /// SHA-256 of all segments up to the first that is missing, in hexadecimal digits.
    pub sha256: String,
    /// When the upload began, in milliseconds since 1970.
    pub uploaded_at_ms: u64,
    /// What kind of image it is and how large.
    pub image: Option<Image>,
    /// The bytes, unless the simulator was told not to keep so many.
    pub bytes: Option<Bytes>,
    /// The segments that have come, by index; none for a file that came in one request.
    pub segments: Vec<Segment>,
    /// The description for people who do not see it.
    pub alt_text: Option<String>,
    /// The subtitles of a video, by language.
    pub subtitles: Vec<Subtitles>,
    /// Where it stands.
    pub state: MediaState,
}

impl Media {
    /// The key under which posts and messages show it.
    #[must_use]
    pub fn key(&self) -> String {
        key(Category::named(&self.category), self.id)
    }
}

fn key(category: Option<&Category>, id: u64) -> String {
    format!("{}_{id}", category.map_or(3, |category| category.key))
}

/// Where an upload stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaState {
    /// Bytes are coming.
    Uploading,
    /// All bytes are there, and X has not begun to process them.
    Pending,
    /// X is processing it.
    InProgress,
    /// It can be attached.
    Succeeded,
    /// X could not process it.
    Failed,
    /// Its day is over.
    Expired,
}

/// Subtitles of a video.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subtitles {
    /// The upload that has them.
    pub media_id: u64,
    /// Two capital letters.
    pub language_code: String,
    /// The language's name for viewers.
    pub display_name: Option<String>,
}

/// An upload as the simulator holds it.
#[derive(Debug)]
pub(crate) struct Upload {
    pub id: u64,
    pub owner_id: u64,
    pub additional_owners: Vec<u64>,
    pub category: &'static Category,
    pub media_type: String,
    pub shared: bool,
    pub began_at_ms: u64,
    pub image: Option<Image>,
    pub content: Content,
    pub alt_text: Option<String>,
    pub subtitles: Vec<Subtitles>,
    /// When it was finalized, and what has become of it since.
    pub finalized: Option<(u64, Processing)>,
}

impl Upload {
    /// The key under which posts and messages show it.
    pub fn key(&self) -> String {
        key(Some(self.category), self.id)
    }

    /// `photo`, `animated_gif` or `video`.
    pub fn shown_type(&self) -> &'static str {
        match self.category.kind {
            Kind::Image | Kind::Subtitles => "photo",
            Kind::Gif => "animated_gif",
            Kind::Video => "video",
        }
    }

    pub fn expires_at_ms(&self) -> u64 {
        self.began_at_ms + LIFETIME_MS
    }

    pub fn is_expired(&self, now_ms: u64) -> bool {
        now_ms >= self.expires_at_ms()
    }

    pub fn belongs_to(&self, user: u64) -> bool {
        self.owner_id == user || self.additional_owners.contains(&user)
    }

    pub fn state(&self, now_ms: u64) -> MediaState {
        match &self.finalized {
            _ if self.is_expired(now_ms) => MediaState::Expired,
            None => MediaState::Uploading,
            Some((at_ms, processing)) => processing.state(now_ms.saturating_sub(*at_ms)),
        }
    }

    /// Whether `user` may attach it now.
    pub fn usable_by(&self, user: u64, purpose: Purpose, now_ms: u64) -> bool {
        self.belongs_to(user) && self.category.purpose == purpose && self.state(now_ms) == MediaState::Succeeded
    }

    /// Ends the upload and begins to process it.
    ///
    /// # Errors
    /// 400 when bytes are missing, or an image or subtitles are something else.
    pub fn finalize(&mut self, processing: &Processing, now_ms: u64) -> Result<(), Refusal> {
        self.content.check_whole()?;
        let head = self.content.head();
        let mut found = file_type::recognise(head);
        if self.category.kind == Kind::Subtitles {
            let is_text = std::str::from_utf8(head).map_or_else(|error| error.error_len().is_none(), |_| true);
            found = found.filter(|found| is_text && found.starts_with("text/"));
        }
        let fits = found.is_some_and(|found| file_type::fits(&self.media_type, found));
        self.image = Image::recognise(head);
        let processing = match self.category.kind {
            Kind::Image | Kind::Subtitles if !fits => {
                return Err(Refusal::invalid("media", &self.media_type, "media type unrecognized"));
            }
            Kind::Image | Kind::Subtitles => Processing::none(),
            Kind::Gif if self.image.is_some_and(|image| image.width > LARGEST_GIF.0 || image.height > LARGEST_GIF.1) => {
                failing(processing, "The GIF is larger than 1280 by 1080 pixels.")
            }
            Kind::Gif | Kind::Video if !fits => failing(processing, "The file is not of the type that was declared."),
            Kind::Gif | Kind::Video => processing.clone(),
        };
        self.finalized = Some((now_ms, processing));
        Ok(())
    }

    /// What X tells of it after the last byte: `data`, and `errors` if processing failed.
    pub fn told(&self, now_ms: u64) -> Value {
        let mut data = json!({
            "id": self.id.to_string(),
            "media_key": self.key(),
            "size": self.content.length(),
            "expires_after_secs": self.expires_at_ms().saturating_sub(now_ms) / 1000,
        });
        if let Some(image) = self.image {
            data["image"] = json!({"w": image.width, "h": image.height, "image_type": image.media_type});
        }
        let mut failed = None;
        if let Some((at_ms, processing)) = &self.finalized
            && self.category.is_processed()
        {
            let (info, errors) = processing.told(now_ms.saturating_sub(*at_ms));
            if let Some(info) = info {
                data["processing_info"] = info;
            }
            failed = errors;
        }
        let mut answer = json!({"data": data});
        if let Some(errors) = failed {
            answer["errors"] = errors;
        }
        answer
    }

    fn media(&self, now_ms: u64) -> Media {
        Media {
            id: self.id,
            owner_id: self.owner_id,
            additional_owners: self.additional_owners.clone(),
            category: self.category.name.to_owned(),
            media_type: self.media_type.clone(),
            shared: self.shared,
            size: self.content.length(),
            total_bytes: self.content.total(),
            sha256: self.content.sha256(),
            uploaded_at_ms: self.began_at_ms,
            image: self.image,
            bytes: self.content.bytes(),
            segments: self.content.segments(),
            alt_text: self.alt_text.clone(),
            subtitles: self.subtitles.clone(),
            state: self.state(now_ms),
        }
    }
}

/// The same processing with a bad end.
fn failing(processing: &Processing, message: &str) -> Processing {
    processing.clone().ending(ProcessingEnd::Fails(ProcessingError::invalid_media(message)))
}

#[derive(Debug, Default)]
pub(crate) struct MediaStore {
    uploads: HashMap<u64, Upload>,
    /// What replaces the options' processing.
    pub processing: Option<Processing>,
}

impl MediaStore {
    pub fn add(&mut self, upload: Upload) {
        self.uploads.insert(upload.id, upload);
    }

    pub fn get(&self, id: u64) -> Option<&Upload> {
        self.uploads.get(&id)
    }

    /// The upload that its uploader goes on with; the parameter is the one that named it.
    ///
    /// # Errors
    /// 404 when there is none or its day is over, 403 when it is another's.
    pub fn own(&mut self, parameter: &str, id: u64, user: u64, now_ms: u64) -> Result<&mut Upload, Refusal> {
        let found = self.uploads.get_mut(&id).filter(|upload| !upload.is_expired(now_ms));
        let upload = found.ok_or_else(|| Refusal::not_found("media", parameter, &id.to_string()))?;
        if upload.owner_id != user {
            return Err(Refusal::forbidden("You are not permitted to change this media."));
        }
        Ok(upload)
    }

    pub fn one(&self, id: u64, now_ms: u64) -> Option<Media> {
        self.uploads.get(&id).map(|upload| upload.media(now_ms))
    }

    pub fn all(&self, now_ms: u64) -> Vec<Media> {
        let mut media: Vec<_> = self.uploads.values().map(|upload| upload.media(now_ms)).collect();
        media.sort_by_key(|media| media.id);
        media
    }
}
