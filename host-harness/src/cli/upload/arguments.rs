//! What `x-connector upload` understands.

use clap::Args;
use serde_json::{Value, json};

#[derive(Debug, Args)]
pub struct Upload {
    /// The file: a path, or an https: address
    pub file: String,
    /// What it is for, such as tweet_video or dm_image; by default a post
    #[arg(long, value_name = "CATEGORY")]
    pub category: Option<String>,
    /// What a picture shows, for people who do not see it
    #[arg(long, value_name = "TEXT")]
    pub alt_text: Option<String>,
    /// Subtitles of a video, once for each language: en=FILE, or en:English=FILE with the name that viewers see
    #[arg(long, value_name = "LANG=FILE", value_parser = subtitles)]
    pub subtitles: Vec<Subtitles>,
    /// Let several direct messages use it
    #[arg(long)]
    pub shared: bool,
    /// Go on where an upload of this file stopped
    #[arg(long, value_name = "TOKEN")]
    pub resume: Option<String>,
    /// Print JSON also on a terminal
    #[arg(long)]
    pub json: bool,
}

/// One `--subtitles`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subtitles {
    language: String,
    name: Option<String>,
    url: String,
}

impl Subtitles {
    pub fn to_json(&self) -> Value {
        json!({"url": self.url, "language_code": self.language, "name": self.name})
    }
}

/// Reads `en=FILE` or `en:English=FILE`.
fn subtitles(text: &str) -> Result<Subtitles, String> {
    let (language, url) = text.split_once('=').ok_or("give a language and a file, such as en=sunrise.srt")?;
    let (language, name) = match language.split_once(':') {
        Some((language, name)) => (language, Some(name.to_owned()).filter(|name| !name.is_empty())),
        None => (language, None),
    };
    if language.is_empty() || url.is_empty() {
        return Err("give a language and a file, such as en=sunrise.srt".to_owned());
    }
    Ok(Subtitles { language: language.to_owned(), name, url: url.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subtitles_have_a_language_a_file_and_a_name_if_one_likes() {
        let read = |text: &str| subtitles(text).map(|subtitles| subtitles.to_json());
        assert_eq!(read("en=a.srt"), Ok(json!({"url": "a.srt", "language_code": "en", "name": null})));
        assert_eq!(read("de:Deutsch=b.vtt"), Ok(json!({"url": "b.vtt", "language_code": "de", "name": "Deutsch"})));
        assert_eq!(
            read("fr:=https://example.com/?a=b:c"),
            Ok(json!({"url": "https://example.com/?a=b:c", "language_code": "fr", "name": null}))
        );
        for wrong in ["a.srt", "=a.srt", "en=", ":English=a.srt"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
