//! How far an upload is, and the token that carries it from call to call: versioned JSON text.

use alloc::{format, string::String};

use super::MOST_SEGMENTS;
use crate::connection::MEDIA_CHUNKS;
use crate::error::{Failure, Party};
use crate::id::MediaId;
use crate::json::Json;
use crate::media::File;
use crate::media::kind::Kind;
use crate::session::{Answer, Session};

/// The form that this version writes. A reader refuses what it does not know.
const VERSION: i64 = 1;
const LARGEST: usize = 2 * 1024;
const FIELD: &str = "resume";

/// What X has of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub id: MediaId,
    pub media_key: Option<String>,
    pub kind: Kind,
    pub size: u64,
    /// How large a segment is; the last one may be smaller.
    pub chunk: u32,
    /// The segment that is sent next.
    pub segment: u64,
    /// Which version of the file it is, as its server tells.
    pub version: Option<String>,
    /// When X forgets the upload, in seconds since 1970.
    pub expires_at: Option<u64>,
    pub stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// X has some of the segments.
    Sending,
    /// X has all, and works on it.
    Processing { check_after_s: u64, percent: u32 },
    /// X has the file; what is said about it may be missing.
    Taken,
    /// Nothing is left to do.
    Ready,
}

/// The kinds that a token can be for, by the number that stands in it.
const KINDS: [Kind; 10] =
    [Kind::Jpeg, Kind::Png, Kind::Webp, Kind::Gif, Kind::MovingGif, Kind::Mp4, Kind::QuickTime, Kind::WebM, Kind::Srt, Kind::Vtt];

impl Progress {
    /// The start of an upload that X has answered.
    ///
    /// # Errors
    /// [`crate::error::Case::UnexpectedResponse`] when the answer holds no media id.
    pub fn new(session: &Session<'_>, file: &File<'_>, answer: &Answer) -> Result<Self, Failure> {
        let id = MediaId::from_digits(&answer.text("id")?).ok_or_else(|| answer.unreadable("the media id is no number"))?;
        let mut progress = Self {
            id,
            media_key: None,
            kind: file.kind,
            size: file.size,
            chunk: session.connection.media_chunk,
            segment: 0,
            version: file.reader.version.clone(),
            expires_at: None,
            stage: Stage::Sending,
        };
        progress.learn(session, answer.data()?);
        Ok(progress)
    }

    /// Takes what each of X's answers may tell.
    pub(super) fn learn(&mut self, session: &Session<'_>, data: &Json) {
        self.media_key = media_key(data.get("media_key")).or_else(|| self.media_key.take());
        if let Some(seconds) = number(data, "expires_after_secs") {
            self.expires_at = Some((session.x_unix_ms() / 1_000).saturating_add(seconds));
        }
    }

    #[must_use]
    pub fn segments(&self) -> u64 {
        self.size.div_ceil(u64::from(self.chunk.max(1)))
    }

    #[must_use]
    pub fn sent_bytes(&self) -> u64 {
        self.segment.saturating_mul(self.chunk.into()).min(self.size)
    }

    /// How much of the file X has, or how far it is with it.
    #[must_use]
    pub fn percent(&self) -> u32 {
        match self.stage {
            Stage::Sending => u32::try_from(self.sent_bytes().saturating_mul(100) / self.size.max(1)).unwrap_or_default(),
            Stage::Processing { percent, .. } => percent,
            Stage::Taken | Stage::Ready => 100,
        }
    }

    /// The token; nothing when there is nothing left to do.
    #[must_use]
    pub fn write(&self) -> Option<String> {
        let stage = match self.stage {
            Stage::Sending => 0,
            Stage::Processing { .. } => 1,
            Stage::Taken => 2,
            Stage::Ready => return None,
        };
        let text = |text: &Option<String>| text.as_ref().map_or(Json::Null, Json::text);
        let json = Json::object([
            ("v", Json::Integer(VERSION)),
            ("id", Json::text(self.id)),
            ("key", text(&self.media_key)),
            ("kind", (self.kind as u64).into()),
            ("size", self.size.into()),
            ("chunk", u64::from(self.chunk).into()),
            ("segment", self.segment.into()),
            ("version", text(&self.version)),
            ("expires", self.expires_at.map_or(Json::Null, Json::from)),
            ("stage", Json::Integer(stage)),
        ]);
        Some(json.write())
    }

    /// Reads what an engine stored.
    ///
    /// # Errors
    /// A [`Failure`] that names `resume`, for anything that [`Self::write`] did not write.
    pub fn read(text: &str) -> Result<Self, Failure> {
        if text.len() > LARGEST {
            return Err(broken("is larger than 2 KiB"));
        }
        let json = Json::read(text.as_bytes()).ok_or_else(|| broken("is no JSON of this connector, or was cut"))?;
        match json.get("v").as_integer() {
            Some(VERSION) => Self::from_json(&json).ok_or_else(|| broken("lacks a part, or holds what an upload cannot have")),
            Some(other) => Err(broken(&format!("has version {other}, and this connector reads version {VERSION}"))),
            None => Err(broken("is no token of an upload")),
        }
    }

    fn from_json(json: &Json) -> Option<Self> {
        let progress = Self {
            id: MediaId::from_digits(json.get("id").as_text()?)?,
            media_key: media_key(json.get("key")),
            kind: *KINDS.get(usize::try_from(number(json, "kind")?).ok()?)?,
            size: number(json, "size").filter(|size| *size > 0)?,
            chunk: u32::try_from(number(json, "chunk")?).ok().filter(|chunk| MEDIA_CHUNKS.contains(chunk))?,
            segment: number(json, "segment")?,
            version: json.get("version").to_text().filter(|version| tells_versions_apart(version)),
            expires_at: number(json, "expires"),
            stage: match number(json, "stage")? {
                0 => Stage::Sending,
                1 => Stage::Processing { check_after_s: 1, percent: 0 },
                2 => Stage::Taken,
                _ => return None,
            },
        };
        let fits = progress.segments() <= MOST_SEGMENTS && progress.segment <= progress.segments();
        Some(progress).filter(|_| fits)
    }
}

/// A number that is not below zero.
pub(super) fn number(json: &Json, name: &str) -> Option<u64> {
    u64::try_from(json.get(name).as_integer()?).ok()
}

/// What X calls media in `media_keys`: `7_1880012345678901236`.
fn media_key(json: &Json) -> Option<String> {
    json.to_text().filter(|key| key.len() <= 40 && key.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_'))
}

/// Whether a server's mark of a version fits into a header and a token.
#[must_use]
pub fn tells_versions_apart(version: &str) -> bool {
    version.len() <= 200 && version.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

fn broken(why: &str) -> Failure {
    let message = format!("{why}; hand back what the last call returned, unchanged, or begin again without it");
    Failure::invalid(FIELD, "invalid-resume", &message).party(Party::Operator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    fn progress() -> Progress {
        Progress {
            id: MediaId::from_digits("71").expect("digits"),
            media_key: Some("7_71".to_string()),
            kind: Kind::Mp4,
            size: 512 * 1024 * 1024,
            chunk: 4 * 1024 * 1024,
            segment: 5,
            version: Some("\"abc\"".to_string()),
            expires_at: Some(1_800_000_000),
            stage: Stage::Sending,
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for (number, kind) in KINDS.into_iter().enumerate() {
            assert_eq!(kind as usize, number);
            let progress = Progress { kind, ..progress() };
            assert_eq!(Progress::read(&progress.write().expect("not ready")).expect("reads"), progress);
        }
        for stage in [Stage::Processing { check_after_s: 1, percent: 0 }, Stage::Taken] {
            let bare = Progress { media_key: None, version: None, expires_at: None, stage, ..progress() };
            assert_eq!(Progress::read(&bare.write().expect("not ready")).expect("reads"), bare);
        }
        assert_eq!(Progress { stage: Stage::Ready, ..progress() }.write(), None);
    }

    #[test]
    fn a_cut_changed_or_foreign_token_is_refused() {
        let text = progress().write().expect("not ready");
        for end in 0..text.len() {
            let failure = Progress::read(&text[..end]).expect_err("cut");
            assert_eq!((failure.problem().field.as_deref(), failure.code()), (Some("resume"), "invalid-resume"));
        }
        for (old, new) in [
            (r#""v":1"#, r#""v":2"#),
            (r#""id":"71""#, r#""id":"../71""#),
            (r#""kind":5"#, r#""kind":10"#),
            (r#""chunk":4194304"#, r#""chunk":1"#),
            (r#""segment":5"#, r#""segment":129"#),
            (r#""segment":5"#, r#""segment":-1"#),
            (r#""size":536870912"#, r#""size":0"#),
            (r#""size":536870912"#, r#""size":4194304001"#),
            (r#""stage":0"#, r#""stage":3"#),
            (r#""stage":0"#, r#""stage":false"#),
            (r#""stage":0"#, r#""sent":0"#),
        ] {
            assert!(text.contains(old), "{old}");
            assert!(Progress::read(&text.replace(old, new)).is_err(), "{new}");
        }
        assert!(Progress::read(&"x".repeat(3_000)).is_err());
        let sly = Progress::read(&text.replace(r#"\"abc\""#, r"a\r\nx: y")).expect("reads");
        assert_eq!(sly.version, None);
    }
}
