//! Names of things at X: post ids, user ids and handles, read from what people type and paste.

use alloc::string::{String, ToString};
use core::fmt;

/// Milliseconds since 1970 at which X's snowflake ids begin.
const SNOWFLAKE_EPOCH_MS: u64 = 1_288_834_974_657;

/// X's own hosts. A link to any other host is no link to a post.
const HOSTS: [&str; 6] = ["x.com", "www.x.com", "mobile.x.com", "twitter.com", "www.twitter.com", "mobile.twitter.com"];

/// First path segments at x.com that are pages and not handles.
const PAGES: [&str; 12] =
    ["i", "home", "explore", "search", "settings", "messages", "notifications", "hashtag", "intent", "login", "share", "compose"];

macro_rules! numeric_id {
    ($name:ident, $what:literal) => {
        #[doc = concat!("The id of a ", $what, ": 1 to 19 digits.")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// Reads 1 to 19 digits; 19 digits always fit.
            #[must_use]
            pub fn from_digits(text: &str) -> Option<Self> {
                let digits = !text.is_empty() && text.len() <= 19 && text.bytes().all(|byte| byte.is_ascii_digit());
                if digits { text.parse().ok().map(Self) } else { None }
            }

            /// The number itself. Ids are compared as numbers: as text, 9 would come after 10.
            #[must_use]
            pub fn number(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, formatter)
            }
        }
    };
}

numeric_id!(PostId, "post");
numeric_id!(UserId, "user");
numeric_id!(MediaId, "media object");

impl PostId {
    /// The smallest id that a post published at this moment can have.
    #[must_use]
    pub fn at_unix_ms(milliseconds: u64) -> Self {
        Self(milliseconds.saturating_sub(SNOWFLAKE_EPOCH_MS).min(u64::MAX >> 22) << 22)
    }

    /// When the post was published, in milliseconds since 1970. Ids from before 2010-11-04 hold no time and give that day.
    #[must_use]
    pub fn unix_ms(self) -> u64 {
        (self.0 >> 22).saturating_add(SNOWFLAKE_EPOCH_MS)
    }

    #[must_use]
    pub fn from_number(number: u64) -> Self {
        Self(number)
    }
}

/// A handle without `@`: 1 to 15 of `A-Z a-z 0-9 _`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    #[must_use]
    pub fn from_handle(text: &str) -> Option<Self> {
        let fits = (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        fits.then(|| Self(text.to_string()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Somebody at X, as a person names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserReference {
    Id(UserId),
    Username(Username),
}

/// Why a reference was not understood; completes a sentence that begins with the field's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    #[error("is empty; give a post id such as 1880012345678901234, or the post's address on x.com")]
    EmptyPost,
    #[error("is neither a post id (1 to 19 digits) nor a post's address such as https://x.com/name/status/1880012345678901234")]
    NotAPost,
    #[error("is an address on x.com without a post in it; open the post and copy its address, it holds /status/ and a number")]
    NoPostInAddress,
    #[error("is an address on another host than x.com or twitter.com; copy the address from x.com")]
    OtherHost,
    #[error("is empty; give a handle such as @name")]
    EmptyUser,
    #[error("is no handle: it has 1 to 15 letters, digits or underscores; a profile's address or a numeric id will do too")]
    NotAUser,
}

impl PostId {
    /// Reads an id or any address that x.com gives to a post.
    ///
    /// # Errors
    /// [`ReferenceError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ReferenceError::EmptyPost);
        }
        if let Some(id) = Self::from_digits(text) {
            return Ok(id);
        }
        let path = path_at_x(text).ok_or(ReferenceError::NotAPost)??;
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let (first, second) = (segments.next(), segments.next());
        let id = match (first, second) {
            // https://x.com/i/web/status/1
            (Some("i"), Some("web")) if segments.next() == Some("status") => segments.next(),
            (Some("i"), Some("status")) => segments.next(),
            (Some(name), Some("status" | "statuses")) if Username::from_handle(name).is_some() => segments.next(),
            _ => None,
        };
        // What may follow the id: /photo/1, /video/1, /likes, /analytics and the like.
        id.and_then(Self::from_digits).ok_or(ReferenceError::NoPostInAddress)
    }
}

impl UserReference {
    /// Reads a handle with or without `@`, a profile's address, or a numeric id.
    ///
    /// # Errors
    /// [`ReferenceError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ReferenceError::EmptyUser);
        }
        if let Some(handle) = text.strip_prefix('@') {
            return Username::from_handle(handle).map(Self::Username).ok_or(ReferenceError::NotAUser);
        }
        if let Some(id) = UserId::from_digits(text) {
            return Ok(Self::Id(id));
        }
        if let Some(username) = Username::from_handle(text) {
            return Ok(Self::Username(username));
        }
        let path = path_at_x(text).ok_or(ReferenceError::NotAUser)??;
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let first = segments.next().unwrap_or_default();
        if first == "i" && segments.next() == Some("user") {
            return segments.next().and_then(UserId::from_digits).map(Self::Id).ok_or(ReferenceError::NotAUser);
        }
        if PAGES.contains(&first) {
            return Err(ReferenceError::NotAUser);
        }
        Username::from_handle(first.strip_prefix('@').unwrap_or(first)).map(Self::Username).ok_or(ReferenceError::NotAUser)
    }
}

/// The path of an address on one of X's hosts: `None` when the text is no address at all.
///
/// It is stricter than a URL parser: a port, user information, a backslash or a host that only looks like X's is another host.
fn path_at_x(text: &str) -> Option<Result<&str, ReferenceError>> {
    let lower = |prefix: &str| text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let (rest, has_scheme) = if lower("https://") {
        (text.get(8..)?, true)
    } else if lower("http://") {
        (text.get(7..)?, true)
    } else {
        (text, false)
    };
    let host_end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (host, path) = (rest.get(..host_end)?, rest.get(host_end..)?);
    if HOSTS.iter().any(|known| host.eq_ignore_ascii_case(known)) {
        let end = path.find(['?', '#', '\\']).unwrap_or(path.len());
        return path.get(..end).map(Ok);
    }
    (has_scheme || host.contains('.')).then_some(Err(ReferenceError::OtherHost))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_read_from_every_address_that_x_gives_it() {
        for text in [
            "1880012345678901234",
            " 1880012345678901234\n",
            "https://x.com/XDevelopers/status/1880012345678901234",
            "http://x.com/XDevelopers/status/1880012345678901234",
            "x.com/XDevelopers/status/1880012345678901234",
            "HTTPS://X.COM/XDevelopers/status/1880012345678901234",
            "https://twitter.com/XDevelopers/statuses/1880012345678901234",
            "https://www.twitter.com/XDevelopers/status/1880012345678901234",
            "https://mobile.twitter.com/XDevelopers/status/1880012345678901234?s=20",
            "https://mobile.x.com/XDevelopers/status/1880012345678901234?s=20&t=abc",
            "https://x.com/i/web/status/1880012345678901234",
            "https://x.com/i/status/1880012345678901234",
            "https://x.com/XDevelopers/status/1880012345678901234/photo/1",
            "https://x.com/XDevelopers/status/1880012345678901234/video/1?s=20",
            "https://x.com/XDevelopers/status/1880012345678901234#m",
            "https://x.com//XDevelopers//status/1880012345678901234/",
        ] {
            assert_eq!(PostId::parse(text).map(PostId::number), Ok(1_880_012_345_678_901_234), "{text}");
        }
    }

    #[test]
    fn look_alike_hosts_and_other_addresses_are_refused() {
        for (text, error) in [
            ("", ReferenceError::EmptyPost),
            ("   ", ReferenceError::EmptyPost),
            ("12a", ReferenceError::NotAPost),
            ("-1", ReferenceError::NotAPost),
            ("12345678901234567890", ReferenceError::NotAPost),
            ("١٢٣", ReferenceError::NotAPost),
            ("https://x.com.evil.example/a/status/1", ReferenceError::OtherHost),
            ("https://evil.example/x.com/a/status/1", ReferenceError::OtherHost),
            ("https://x.com@evil.example/a/status/1", ReferenceError::OtherHost),
            ("https://evil.example\\@x.com/a/status/1", ReferenceError::OtherHost),
            ("https://x.com:8443/a/status/1", ReferenceError::OtherHost),
            ("https://xx.com/a/status/1", ReferenceError::OtherHost),
            ("https://х.com/a/status/1", ReferenceError::OtherHost),
            ("https://api.x.com/a/status/1", ReferenceError::OtherHost),
            ("https:///a/status/1", ReferenceError::OtherHost),
            ("ftp://x.com/a/status/1", ReferenceError::NotAPost),
            ("https://x.com/a", ReferenceError::NoPostInAddress),
            ("https://x.com/a/status/", ReferenceError::NoPostInAddress),
            ("https://x.com/a/status/12345678901234567890", ReferenceError::NoPostInAddress),
            ("https://x.com/a/status/1x", ReferenceError::NoPostInAddress),
            ("https://x.com/a\\/status/1", ReferenceError::NoPostInAddress),
            ("https://x.com/too_long_for_a_handle/status/1", ReferenceError::NoPostInAddress),
        ] {
            assert_eq!(PostId::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_user_is_read_from_a_handle_an_address_or_an_id() {
        let named = |name: &str| Ok(UserReference::Username(Username(name.to_string())));
        for text in [
            "XDevelopers",
            "@XDevelopers",
            " @XDevelopers ",
            "https://x.com/XDevelopers",
            "twitter.com/XDevelopers?lang=en",
            "https://x.com/XDevelopers/with_replies",
        ] {
            assert_eq!(UserReference::parse(text), named("XDevelopers"), "{text}");
        }
        assert_eq!(UserReference::parse("2244994945"), Ok(UserReference::Id(UserId(2_244_994_945))));
        assert_eq!(UserReference::parse("https://x.com/i/user/2244994945"), Ok(UserReference::Id(UserId(2_244_994_945))));
        assert_eq!(UserReference::parse("@2244994945"), named("2244994945"));
        for text in ["@", "a b", "name!", "sixteen_letters_", "https://x.com/", "https://x.com/home", "https://x.com/i/lists/1"] {
            assert_eq!(UserReference::parse(text), Err(ReferenceError::NotAUser), "{text}");
        }
        assert_eq!(UserReference::parse("https://example.com/XDevelopers"), Err(ReferenceError::OtherHost));
        assert_eq!(UserReference::parse(""), Err(ReferenceError::EmptyUser));
    }

    #[test]
    fn ids_carry_their_time() {
        let id = PostId::at_unix_ms(1_795_241_730_000);
        assert_eq!(id.unix_ms(), 1_795_241_730_000);
        assert_eq!(PostId::at_unix_ms(0).number(), 0);
        assert!(PostId::from_digits("9") < PostId::from_digits("10"));
    }
}
