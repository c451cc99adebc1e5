//! Where the bytes of a file are: an `https:` address, a `data:` URL (RFC 2397), or media that X already has.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use base64::{Engine, engine::general_purpose};

use crate::error::{Case, Failure, Party};
use crate::id::MediaId;
use crate::session::Session;
use crate::transport::{Fault, Target, TransportError, read_all};

/// Where the bytes are, checked as far as that goes without reading them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Https {
        authority: String,
        path: String,
    },
    /// The part of a `data:` URL behind its comma.
    Data {
        text: String,
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
            "data" => data(rest, field),
            "media-id" => MediaId::from_digits(rest)
                .map(Self::Uploaded)
                .ok_or_else(|| invalid(field, "names no uploaded media: behind media-id: stand 1 to 19 digits")),
            "http" => Err(invalid(field, "uses plain http, which anyone on the way can change; give an https: address")),
            _ => Err(invalid(field, "is no https: or data: URL and no media-id:; files on a disk must be given by the host")),
        }
    }

    /// Reads the bytes, at most `limit` of them.
    ///
    /// # Errors
    /// A [`Failure`] that names `field` and the reason.
    pub fn read(self, session: &Session<'_>, field: &str, limit: usize) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Https { authority, path } => download(session, Target { plain: false, authority, path }, field, limit),
            Self::Data { text, base64 } => decode(&text, base64, field, limit),
            Self::Uploaded(_) => Ok(Vec::new()),
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
    Ok(Source::Https { authority: authority.to_string(), path })
}

fn data(rest: &str, field: &str) -> Result<Source, Failure> {
    let (head, text) = rest
        .split_once(',')
        .ok_or_else(|| invalid(field, "is a data: URL without a comma; it looks like data:image/png;base64,iVBOR..."))?;
    let base64 = head.rsplit(';').next().is_some_and(|last| last.trim().eq_ignore_ascii_case("base64"));
    Ok(Source::Data { text: text.to_string(), base64 })
}

fn decode(text: &str, base64: bool, field: &str, limit: usize) -> Result<Vec<u8>, Failure> {
    // Four characters of base64 make three bytes; this refuses the hopeless before it takes memory.
    if text.len() / 4 * 3 > limit.saturating_mul(3) {
        return Err(too_large(field, limit));
    }
    let plain = percent_decoded(text).ok_or_else(|| invalid(field, "is a data: URL with a broken % sequence"))?;
    let bytes = if base64 {
        let clean: Vec<u8> = plain.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let engine = if clean.iter().any(|byte| matches!(byte, b'-' | b'_')) { URL_SAFE } else { STANDARD };
        engine.decode(&clean).map_err(|_| invalid(field, "is a data: URL whose base64 is damaged; make it again"))?
    } else {
        plain
    };
    if bytes.len() > limit { Err(too_large(field, limit)) } else { Ok(bytes) }
}

const LENIENT: general_purpose::GeneralPurposeConfig =
    general_purpose::GeneralPurposeConfig::new().with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent);
const STANDARD: general_purpose::GeneralPurpose = general_purpose::GeneralPurpose::new(&base64::alphabet::STANDARD, LENIENT);
const URL_SAFE: general_purpose::GeneralPurpose = general_purpose::GeneralPurpose::new(&base64::alphabet::URL_SAFE, LENIENT);

fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            u8::try_from(high * 16 + low).ok()?
        } else {
            byte
        });
    }
    Some(bytes)
}

fn download(session: &Session<'_>, target: Target, field: &str, limit: usize) -> Result<Vec<u8>, Failure> {
    let host = target.authority.clone();
    let mut response =
        session.fetch(target, Vec::from([("accept", "image/*".to_string())])).map_err(|error| not_downloaded(error, &host, field))?;
    match response.status {
        200 => {}
        300..=399 => {
            return Err(invalid(field, "leads to another address; give the address that a browser ends at"));
        }
        404 | 410 => {
            return Err(invalid(field, &format!("is not there: {host} answered with status {}", response.status)));
        }
        400..=499 => {
            return Err(invalid(
                field,
                &format!("is not given out: {host} answered with status {}; the address must work without a login", response.status),
            ));
        }
        status => {
            let message = format!("{field} could not be read: {host} answered with status {status}; try again");
            return Err(Failure::new(Case::Unavailable, "file-not-downloaded", Party::Wait, message).field(field));
        }
    }
    if response.header("content-length").and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > limit as u64) {
        return Err(too_large(field, limit));
    }
    read_all(&mut *response.body, limit).map_err(|error| match error.fault {
        Fault::TooLarge => too_large(field, limit),
        _ => not_downloaded(error, &host, field),
    })
}

fn not_downloaded(error: TransportError, host: &str, field: &str) -> Failure {
    let (case, code, party, why) = match error.fault {
        Fault::Denied => (
            Case::EgressDenied,
            "egress-denied",
            Party::Operator,
            "is not among the hosts that the operator allows; allow it, or upload the file elsewhere",
        ),
        Fault::NotAccepted => (Case::InvalidInput, "invalid-url", Party::Author, "is no address that the host can reach; check it"),
        Fault::NameNotResolved => {
            (Case::Unavailable, "file-not-downloaded", Party::Author, "is a name that could not be resolved; check it")
        }
        Fault::Deadline => {
            (Case::Unavailable, "file-not-downloaded", Party::Wait, "did not send the file before the deadline of the call; try again")
        }
        Fault::Tls => (Case::Unavailable, "file-not-downloaded", Party::Author, "has no valid certificate; give another address"),
        Fault::ConnectionRefused | Fault::ConnectTimeout | Fault::ConnectionBroken | Fault::Protocol | Fault::TooLarge => {
            (Case::Unavailable, "file-not-downloaded", Party::Wait, "could not be reached or broke off; try again")
        }
    };
    Failure::new(case, code, party, format!("{field} could not be read: {host} {why}")).field(field)
}

fn too_large(field: &str, limit: usize) -> Failure {
    let megabytes = limit / (1024 * 1024);
    Failure::invalid(
        field,
        "file-too-large",
        &format!("is larger than {megabytes} MB, which is what X takes for an image; make it smaller"),
    )
}

fn invalid(field: &str, message: &str) -> Failure {
    Failure::invalid(field, "invalid-url", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Source, String> {
        Source::parse(url.into(), "media[0].url").map_err(|failure| failure.problem().message.clone())
    }

    #[test]
    fn every_documented_source_is_read() {
        assert_eq!(
            parse("https://example.com/a.png?x=1#f"),
            Ok(Source::Https { authority: "example.com".into(), path: "/a.png?x=1".into() })
        );
        assert_eq!(parse("HTTPS://example.com:8443"), Ok(Source::Https { authority: "example.com:8443".into(), path: "/".into() }));
        assert_eq!(parse("media-id:123"), Ok(Source::Uploaded(MediaId::from_digits("123").expect("digits"))));
        assert_eq!(parse("data:image/png;base64,AAAA"), Ok(Source::Data { text: "AAAA".into(), base64: true }));
        assert_eq!(parse("data:,a%20b"), Ok(Source::Data { text: "a%20b".into(), base64: false }));
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
    fn data_urls_are_decoded() {
        let read = |text: &str, base64| decode(text, base64, "f", 8);
        assert_eq!(read("aGVsbG8=", true).expect("padded"), b"hello");
        assert_eq!(read("aGVsbG8", true).expect("unpadded"), b"hello");
        assert_eq!(read("aGVs%0AbG8%3D", true).expect("escaped"), b"hello");
        assert_eq!(read("-_-_", true).expect("URL alphabet"), [0xFB, 0xFF, 0xBF]);
        assert_eq!(read("a%20b", false).expect("plain"), b"a b");
        assert_eq!(read("a%2", false).expect_err("broken").code(), "invalid-url");
        assert_eq!(read("a===b", true).expect_err("damaged").code(), "invalid-url");
        assert_eq!(read("123456789", false).expect_err("large").code(), "file-too-large");
    }
}
