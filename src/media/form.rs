//! A file as `multipart/form-data` (RFC 7578), made while it is sent.

use alloc::{borrow::Cow, boxed::Box, format, rc::Rc, string::String, vec::Vec};

use crate::auth::Accepts;
use crate::media::kind::Kind;
use crate::session::{Session, Write};
use crate::transport::{Body, Method, Source, TransportError, Whole};

/// A form with one text field, and one that is a file.
pub struct Form<'a> {
    pub name: &'a str,
    pub value: &'a str,
    pub file_name: &'a str,
    pub media_type: &'a str,
    /// Shared, so that sending it again needs no copy.
    pub bytes: &'a Rc<Vec<u8>>,
}

impl Form<'_> {
    /// The request that carries the form.
    #[must_use]
    pub fn post(&self, session: &Session<'_>, path: String, accepts: Accepts) -> Write {
        let boundary = format!("x-connector-{:016x}{:016x}", session.edge.random(), session.edge.random());
        Write {
            method: Method::Post,
            path,
            content_type: Some(format!("multipart/form-data; boundary={boundary}")),
            body: self.body(&boundary),
            accepts,
        }
    }

    fn body(&self, boundary: &str) -> Body {
        let Self { name, value, file_name, media_type, bytes } = self;
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"media\"; filename=\"{file_name}\"\r\nContent-Type: {media_type}\r\n\r\n",
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        let length = (head.len() + bytes.len() + tail.len()) as u64;
        let parts = Vec::from([Whole::new(tail.into_bytes()), Whole::shared(Rc::clone(bytes)), Whole::new(head.into_bytes())]);
        Body::Stream { length, source: Box::new(Chain { parts }) }
    }
}

/// A name that needs no quoting in a header; the one given is for people and may hold anything.
#[must_use]
pub fn file_name(name: Option<&str>, kind: Kind) -> String {
    let stem: String = name
        .and_then(|name| name.rsplit(['/', '\\']).next())
        .map(|name| name.rsplit_once('.').map_or(name, |(stem, _)| stem))
        .unwrap_or_default()
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_'))
        .take(64)
        .collect();
    let stem = if stem.is_empty() { "media" } else { &stem };
    format!("{stem}.{}", kind.extension())
}

/// Sources one after the other; the last of `parts` comes first.
struct Chain {
    parts: Vec<Whole>,
}

impl Source for Chain {
    fn read(&mut self, maximum: usize) -> Result<Option<Cow<'_, [u8]>>, TransportError> {
        while self.parts.last().is_some_and(Whole::is_read) {
            self.parts.pop();
        }
        self.parts.last_mut().map_or(Ok(None), |part| part.read(maximum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::read_all;

    fn body(bytes: &[u8]) -> (u64, Box<dyn Source>) {
        let bytes = Rc::new(bytes.to_vec());
        let name = file_name(Some("folder/sun rise\".png"), Kind::Png);
        let form = Form { name: "media_category", value: "dm_image", file_name: &name, media_type: "image/png", bytes: &bytes };
        let Body::Stream { length, source } = form.body("b") else { panic!("a stream") };
        (length, source)
    }

    #[test]
    fn the_body_is_the_multipart_form_that_x_documents() {
        let (length, mut source) = body(b"\x89PNG");
        let body = read_all(&mut *source, 10_000).expect("reads");
        assert_eq!(body.len() as u64, length);
        assert_eq!(
            String::from_utf8_lossy(&body),
            "--b\r\nContent-Disposition: form-data; name=\"media_category\"\r\n\r\ndm_image\r\n--b\r\nContent-Disposition: form-data; name=\"media\"; filename=\"sunrise.png\"\r\nContent-Type: image/png\r\n\r\n\u{FFFD}PNG\r\n--b--\r\n"
        );
    }

    #[test]
    fn a_stream_gives_no_piece_larger_than_asked_for() {
        let (length, mut source) = body(&[7; 100_000]);
        let mut total = 0;
        while let Some(piece) = source.read(4_096).expect("reads") {
            assert!((1..=4_096).contains(&piece.len()));
            total += piece.len() as u64;
        }
        assert_eq!(total, length);
    }
}
