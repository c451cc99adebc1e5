//! Where the bytes of a file are: an `https:` address, a `data:` URL (RFC 2397), or media that X already has.

mod data;
mod reader;

use alloc::{
    format,
    string::{String, ToString},
};

pub use reader::{Reader, changed};

use crate::error::Failure;
use crate::id::MediaId;
use crate::transport::Target;

/// Where the bytes are, checked as far as that goes without reading them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Https(Target),
    /// A `data:` URL, and where in it the data begin. It may be as large as a file, so there is one copy of it.
    Data {
        url: String,
        begins_at: usize,
        base64: bool,
    },
    Uploaded(MediaId),
}

impl Source {
    /// Reads the `url` of a FILE_ENTRY.
    ///
    /// # Errors
    /// A [`Failure`] that names `field`.
    pub fn parse(url: String, field: &str) -> Result<Self, Failure> {
        let text = url.trim();
        if text.is_empty() {
            return Err(invalid(field, "is empty; give an https: or data: URL, or media-id: and the id of uploaded media"));
        }
        let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
        match scheme.to_ascii_lowercase().as_str() {
            "https" => https(rest, field),
            "data" => data(url, field),
            "media-id" => MediaId::from_digits(rest)
                .map(Self::Uploaded)
                .ok_or_else(|| invalid(field, "names no uploaded media: behind media-id: stand 1 to 19 digits")),
            "http" => Err(invalid(field, "uses plain http, which anyone on the way can change; give an https: address")),
            _ => Err(invalid(field, "is no https: or data: URL and no media-id:; files on a disk must be given by the host")),
        }
    }

    /// Reads the address that a server leads on to from `target`.
    ///
    /// # Errors
    /// A [`Failure`] that names `field`.
    pub fn redirect(target: &Target, location: &str, field: &str) -> Result<Target, Failure> {
        let has_scheme = location.split_once(':').is_some_and(|(scheme, _)| !scheme.contains(['/', '?', '#']));
        let source = if has_scheme {
            Self::parse(location.to_string(), field)
        } else if let Some(rest) = location.strip_prefix("//") {
            https(&format!("//{rest}"), field)
        } else {
            let base = match location.as_bytes().first() {
                Some(b'/') => "",
                Some(b'?') => target.path.split('?').next().unwrap_or_default(),
                _ => target.path.split('?').next().unwrap_or_default().rsplit_once('/').map_or("", |(folder, _)| folder),
            };
            let slash = if location.starts_with(['/', '?']) { "" } else { "/" };
            https(&format!("//{}{base}{slash}{location}", target.authority), field)
        };
        match source {
            Ok(Self::Https(target)) => Ok(target),
            _ => Err(invalid(field, "leads on to what is no https: address; give the address that a browser ends at")),
        }
    }
}

fn https(rest: &str, field: &str) -> Result<Source, Failure> {
    let rest =
        rest.strip_prefix("//").ok_or_else(|| invalid(field, "is no complete address; give for example https://example.com/image.png"))?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let host_fits = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_[]:".contains(&byte));
    let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok());
    if !host_fits || !port_fits {
        return Err(invalid(
            field,
            "has a host that is none: letters, digits, dots and dashes, without a user name; write international names in their xn-- form",
        ));
    }
    let path = path.split('#').next().unwrap_or_default();
    let path = if path.starts_with('/') { path.to_string() } else { format!("/{path}") };
    // Spaces and control characters would split the request line.
    if !path.bytes().all(|byte| (b'!'..=b'~').contains(&byte)) {
        return Err(invalid(field, "holds a space or a character that addresses write with %; encode it, a space is %20"));
    }
    Ok(Source::Https(Target { plain: false, authority: authority.to_string(), path }))
}

fn data(url: String, field: &str) -> Result<Source, Failure> {
    let Some((head, _)) = url.split_once(',') else {
        return Err(invalid(field, "is a data: URL without a comma; it looks like data:image/png;base64,iVBOR..."));
    };
    let base64 = head.rsplit(';').next().is_some_and(|last| last.trim().eq_ignore_ascii_case("base64"));
    Ok(Source::Data { begins_at: head.len() + 1, url, base64 })
}

fn invalid(field: &str, message: &str) -> Failure {
    Failure::invalid(field, "invalid-url", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Source, String> {
        Source::parse(url.to_string(), "media[0].url").map_err(|failure| failure.problem().message.clone())
    }

    fn target(authority: &str, path: &str) -> Target {
        Target { plain: false, authority: authority.into(), path: path.into() }
    }

    fn https(authority: &str, path: &str) -> Source {
        Source::Https(target(authority, path))
    }

    #[test]
    fn every_documented_source_is_read() {
        assert_eq!(parse("https://example.com/a.png?x=1#f"), Ok(https("example.com", "/a.png?x=1")));
        assert_eq!(parse("HTTPS://example.com:8443"), Ok(https("example.com:8443", "/")));
        assert_eq!(parse("media-id:123"), Ok(Source::Uploaded(MediaId::from_digits("123").expect("digits"))));
        let data = |url: &str, begins_at, base64| Source::Data { url: url.to_string(), begins_at, base64 };
        assert_eq!(parse("data:image/png;base64,AAAA"), Ok(data("data:image/png;base64,AAAA", 22, true)));
        assert_eq!(parse(" data:,a%20b"), Ok(data(" data:,a%20b", 7, false)));
        assert_eq!(parse("DATA:text/plain;charset=utf-8;BASE64 ,AA,A"), Ok(data("DATA:text/plain;charset=utf-8;BASE64 ,AA,A", 38, true)));
    }

    #[test]
    fn other_urls_are_refused_with_the_field_and_the_next_step() {
        for url in [
            "",
            "a.png",
            "./a.png",
            "/a.png",
            "file:///a.png",
            "http://example.com/a.png",
            "ftp://example.com/a",
            "https:a",
            "https://",
            "https://user@example.com/a",
            "https://example.com/a b",
            "https://exa mple.com/",
            "https://example.com:x/",
            "https://example.com/\r\nx: y",
            "https://ex\u{e4}mple.com/",
            "media-id:",
            "media-id:x",
            "data:image/png",
        ] {
            let message = parse(url).expect_err(url);
            assert!(message.starts_with("media[0].url "), "{url}: {message}");
        }
    }

    #[test]
    fn an_address_that_leads_on_is_read_and_checked_as_the_first_one() {
        let from = target("example.com", "/folder/a.png?x=1");
        let read = |location: &str| Source::redirect(&from, location, "media[0].url");
        for (location, authority, path) in [
            ("https://other.example:8443/b?y", "other.example:8443", "/b?y"),
            ("//other.example/b", "other.example", "/b"),
            ("/b#c", "example.com", "/b"),
            ("b.png", "example.com", "/folder/b.png"),
            ("?y=https://z", "example.com", "/folder/a.png?y=https://z"),
            ("", "example.com", "/folder/"),
        ] {
            assert_eq!(read(location).expect(location), target(authority, path));
        }
        for location in ["http://example.com/", "data:,a", "media-id:1", "file:///a", "https://user@example.com/", "//", "/a b", "https:b"]
        {
            assert!(read(location).expect_err(location).problem().message.starts_with("media[0].url leads on to"), "{location}");
        }
    }
}
