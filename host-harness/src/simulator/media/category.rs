//! What an upload is for: the categories, their sizes, and the kinds of file that they take.

/// What a category holds; a post or message may mix nothing but images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Image,
    Gif,
    Video,
    Subtitles,
}

/// Where an upload may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Post,
    Message,
    /// To a video, as its subtitles.
    Video,
}

/// A category of uploads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Category {
    pub name: &'static str,
    pub kind: Kind,
    pub purpose: Purpose,
    /// What stands before the id in keys.
    pub key: u8,
    /// The largest file in bytes.
    limit: u64,
    /// The largest file of an account with Premium.
    premium_limit: u64,
}

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

const fn category(name: &'static str, kind: Kind, purpose: Purpose, key: u8, limits: [u64; 2]) -> Category {
    Category { name, kind, purpose, key, limit: limits[0], premium_limit: limits[1] }
}

static CATEGORIES: &[Category] = &[
    category("tweet_image", Kind::Image, Purpose::Post, 3, [5 * MIB; 2]),
    category("tweet_gif", Kind::Gif, Purpose::Post, 16, [15 * MIB; 2]),
    category("tweet_video", Kind::Video, Purpose::Post, 7, [8 * GIB, 16 * GIB]),
    category("amplify_video", Kind::Video, Purpose::Post, 13, [8 * GIB, 16 * GIB]),
    category("dm_image", Kind::Image, Purpose::Message, 3, [5 * MIB; 2]),
    category("dm_gif", Kind::Gif, Purpose::Message, 16, [15 * MIB; 2]),
    category("dm_video", Kind::Video, Purpose::Message, 7, [512 * MIB, GIB]),
    category("subtitles", Kind::Subtitles, Purpose::Video, 3, [MIB; 2]),
];

/// The names, for the check of a body.
pub(crate) const NAMES: &[&str] =
    &["amplify_video", "tweet_gif", "tweet_image", "tweet_video", "dm_gif", "dm_image", "dm_video", "subtitles"];

/// The types that X lets an upload declare.
pub(crate) const MEDIA_TYPES: &[&str] = &[
    "video/mp4",
    "video/webm",
    "video/mp2t",
    "video/quicktime",
    "text/srt",
    "text/vtt",
    "image/jpeg",
    "image/gif",
    "image/bmp",
    "image/png",
    "image/webp",
    "image/pjpeg",
    "image/tiff",
    "model/gltf-binary",
    "model/vnd.usdz+zip",
];

impl Category {
    pub fn named(name: &str) -> Option<&'static Self> {
        CATEGORIES.iter().find(|category| category.name == name)
    }

    /// The largest file in bytes.
    pub fn limit(&self, premium: bool) -> u64 {
        if premium { self.premium_limit } else { self.limit }
    }

    /// Whether a file of this declared type belongs here.
    pub fn takes(&self, media_type: &str) -> bool {
        match self.kind {
            Kind::Image => media_type.starts_with("image/"),
            Kind::Gif => media_type == "image/gif",
            Kind::Video => media_type.starts_with("video/"),
            Kind::Subtitles => media_type.starts_with("text/"),
        }
    }

    /// Whether X works on it after the last byte.
    pub fn is_processed(&self) -> bool {
        matches!(self.kind, Kind::Gif | Kind::Video)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_category() {
        assert_eq!(NAMES.len(), CATEGORIES.len());
        assert!(NAMES.iter().all(|name| Category::named(name).is_some()));
        assert_eq!(Category::named("tweet_audio"), None);
    }

    #[test]
    fn premium_makes_videos_longer_and_nothing_else() {
        for (name, plain, premium) in [
            ("tweet_image", 5 * MIB, 5 * MIB),
            ("dm_gif", 15 * MIB, 15 * MIB),
            ("tweet_video", 8 * GIB, 16 * GIB),
            ("amplify_video", 8 * GIB, 16 * GIB),
            ("dm_video", 512 * MIB, GIB),
            ("subtitles", MIB, MIB),
        ] {
            let category = Category::named(name).expect("a category");
            assert_eq!((category.limit(false), category.limit(true)), (plain, premium), "{name}");
        }
    }
}
