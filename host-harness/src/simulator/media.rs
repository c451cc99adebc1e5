//! Uploaded media at the simulated X.

use std::collections::HashMap;

use bytes::Bytes;

use super::image::Image;

/// How long an upload can be attached to a post or message.
pub(crate) const LIFETIME_MS: u64 = 24 * 60 * 60 * 1000;

/// An upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// Its id.
    pub id: u64,
    /// Who uploaded it.
    pub owner_id: u64,
    /// Who else may use it.
    pub additional_owners: Vec<u64>,
    /// `tweet_image`, `dm_image` or `subtitles`.
    pub category: String,
    /// Whether it may go into more than one direct message.
    pub shared: bool,
    /// How many bytes it has.
    pub size: u64,
    /// When it was uploaded, in milliseconds since 1970.
    pub uploaded_at_ms: u64,
    /// What kind of image it is and how large.
    pub image: Option<Image>,
    /// The bytes, unless the simulator was told not to keep them.
    pub bytes: Option<Bytes>,
}

impl Media {
    /// The key under which posts and messages show it.
    #[must_use]
    pub fn key(&self) -> String {
        format!("3_{}", self.id)
    }

    /// Whether `user` may attach it now to something that takes the category prefix (`tweet_` or `dm_`).
    pub(crate) fn usable_by(&self, user: u64, prefix: &str, now_ms: u64) -> bool {
        (self.owner_id == user || self.additional_owners.contains(&user))
            && self.category.starts_with(prefix)
            && now_ms < self.uploaded_at_ms + LIFETIME_MS
    }
}

#[derive(Debug, Default)]
pub(crate) struct MediaStore(HashMap<u64, Media>);

impl MediaStore {
    pub fn add(&mut self, media: Media) {
        self.0.insert(media.id, media);
    }

    pub fn get(&self, id: u64) -> Option<&Media> {
        self.0.get(&id)
    }

    pub fn all(&self) -> Vec<Media> {
        let mut media: Vec<_> = self.0.values().cloned().collect();
        media.sort_by_key(|media| media.id);
        media
    }
}
