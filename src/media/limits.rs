//! What X takes in each category, for accounts without and with X Premium. <https://docs.x.com/x-api/media/quickstart/best-practices>

use crate::bindings::types::MediaCategory;
use crate::connection::MEDIA_CHUNKS;
use crate::media::Purpose;
use crate::media::kind::Group;
use crate::media::upload::MOST_SEGMENTS;

const MB: u64 = 1024 * 1024;
const GB: u64 = 1024 * MB;

/// One category. Where there are two limits, the second is for X Premium.
#[derive(Debug)]
pub struct Row {
    pub category: MediaCategory,
    /// As X spells it.
    pub name: &'static str,
    pub group: Group,
    /// What the media is for; `None` where that makes no difference.
    pub purpose: Option<Purpose>,
    largest: [u64; 2],
    longest_ms: [u64; 2],
}

/// In the order of `wit/`; of two that fit a file, the first is taken.
pub static TABLE: [Row; 8] = [
    row(MediaCategory::TweetImage, "tweet_image", Group::Image, Some(Purpose::Post), [5 * MB; 2], [0; 2]),
    row(MediaCategory::TweetGif, "tweet_gif", Group::Gif, Some(Purpose::Post), [15 * MB; 2], [0; 2]),
    row(MediaCategory::TweetVideo, "tweet_video", Group::Video, Some(Purpose::Post), [8 * GB, 16 * GB], [20 * 60_000, 125 * 60_000]),
    row(MediaCategory::AmplifyVideo, "amplify_video", Group::Video, Some(Purpose::Post), [8 * GB, 16 * GB], [20 * 60_000, 125 * 60_000]),
    row(MediaCategory::DmImage, "dm_image", Group::Image, Some(Purpose::DirectMessage), [5 * MB; 2], [0; 2]),
    row(MediaCategory::DmGif, "dm_gif", Group::Gif, Some(Purpose::DirectMessage), [15 * MB; 2], [0; 2]),
    row(MediaCategory::DmVideo, "dm_video", Group::Video, Some(Purpose::DirectMessage), [512 * MB, GB], [140_000, 10 * 60_000]),
    row(MediaCategory::Subtitles, "subtitles", Group::Subtitles, None, [MB; 2], [0; 2]),
];

const fn row(
    category: MediaCategory,
    name: &'static str,
    group: Group,
    purpose: Option<Purpose>,
    largest: [u64; 2],
    longest_ms: [u64; 2],
) -> Row {
    Row { category, name, group, purpose, largest, longest_ms }
}

impl Row {
    /// The category for a group of files.
    #[must_use]
    pub fn of(group: Group, purpose: Purpose) -> Option<&'static Self> {
        TABLE.iter().find(|row| row.group == group && row.purpose.is_none_or(|own| own == purpose))
    }

    /// The row of subtitles, which comes last.
    #[must_use]
    pub fn subtitles() -> &'static Self {
        let [.., row] = &TABLE;
        row
    }

    /// The row of a category.
    #[must_use]
    pub fn find(category: MediaCategory) -> Option<&'static Self> {
        TABLE.iter().find(|row| row.category == category)
    }

    /// How many bytes a file may have; a thousand of X's largest segments carry less than X would take of a video.
    #[must_use]
    pub fn largest(&self, is_premium: bool) -> u64 {
        let [plain, premium] = self.largest;
        (if is_premium { premium } else { plain }).min(MOST_SEGMENTS * u64::from(*MEDIA_CHUNKS.end()))
    }

    /// How long a video may play, in milliseconds; 0 for what does not play.
    #[must_use]
    pub fn longest_ms(&self, is_premium: bool) -> u64 {
        let [plain, premium] = self.longest_ms;
        if is_premium { premium } else { plain }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_group_has_its_category_for_posts_and_for_messages() {
        for (group, post, message) in [
            (Group::Image, "tweet_image", "dm_image"),
            (Group::Gif, "tweet_gif", "dm_gif"),
            (Group::Video, "tweet_video", "dm_video"),
            (Group::Subtitles, "subtitles", "subtitles"),
        ] {
            assert_eq!(Row::of(group, Purpose::Post).map(|row| row.name), Some(post));
            assert_eq!(Row::of(group, Purpose::DirectMessage).map(|row| row.name), Some(message));
        }
        assert_eq!(Row::find(MediaCategory::AmplifyVideo).map(|row| row.name), Some("amplify_video"));
    }

    #[test]
    fn x_premium_takes_more() {
        let told = |category| Row::find(category).map(|row| [false, true].map(|premium| (row.largest(premium), row.longest_ms(premium))));
        assert_eq!(told(MediaCategory::TweetImage), Some([(5_242_880, 0), (5_242_880, 0)]));
        assert_eq!(told(MediaCategory::DmVideo), Some([(536_870_912, 140_000), (1_073_741_824, 600_000)]));
        assert_eq!(told(MediaCategory::TweetVideo), Some([(8_000_000_000, 1_200_000), (8_000_000_000, 7_500_000)]));
        assert_eq!(told(MediaCategory::Subtitles), Some([(1_048_576, 0), (1_048_576, 0)]));
    }
}
