//! `POST /2/media/upload` · media.write · an upload that is not used does no harm · <https://docs.x.com/x-api/media/upload-media>

use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};

use crate::auth::Accepts;
use crate::error::Failure;
use crate::id::MediaId;
use crate::media::Purpose;
use crate::media::kind::Kind;
use crate::session::{Session, Write};
use crate::transport::{Body, Method, Source, TransportError, Whole};

/// What X accepts here.
pub const ACCEPTS: Accepts = Accepts::USER.with_scopes(&["media.write"]);

/// Uploads a small image in one request and returns its id.
///
/// # Errors
/// X's refusal as a [`Failure`]. A lost answer is `unavailable`: uploading twice does no harm.
pub fn one_shot(session: &Session<'_>, bytes: Vec<u8>, kind: Kind, name: Option<&str>, purpose: Purpose) -> Result<MediaId, Failure> {
    let boundary = format!("x-connector-{:016x}{:016x}", session.edge.random(), session.edge.random());
    let answer = session.write(request(bytes, kind, name, purpose, &boundary)).map_err(crate::session::WriteFailure::of_idempotent)?;
    MediaId::from_digits(&answer.text("id")?).ok_or_else(|| answer.unreadable("the media id is no number"))
}

fn request(bytes: Vec<u8>, kind: Kind, name: Option<&str>, purpose: Purpose, boundary: &str) -> Write {
    let category = match purpose {
        Purpose::Post => "tweet_image",
        Purpose::DirectMessage => "dm_image",
    };
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"media_category\"\r\n\r\n{category}\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"media\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
        file_name(name, kind),
        kind.media_type(),
    );
    let tail = format!("\r\n--{boundary}--\r\n");
    let length = (head.len() + bytes.len() + tail.len()) as u64;
    let parts = Vec::from([Whole::new(tail.into_bytes()), Whole::new(bytes), Whole::new(head.into_bytes())]);
    Write {
        method: Method::Post,
        path: "/2/media/upload".to_string(),
        content_type: Some(format!("multipart/form-data; boundary={boundary}")),
        body: Body::Stream { length, source: Box::new(Chain { parts }) },
        accepts: ACCEPTS,
    }
}

/// A name that needs no quoting in a header; the one given is for people and may hold anything.
fn file_name(name: Option<&str>, kind: Kind) -> String {
    let stem: String = name
        .and_then(|name| name.rsplit(['/', '\\']).next())
        .map(|name| name.rsplit_once('.').map_or(name, |(stem, _)| stem))
        .unwrap_or_default()
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_'))
        .take(64)
        .collect();
    let stem = if stem.is_empty() { "image" } else { &stem };
    format!("{stem}.{}", kind.extension())
}

/// Sources one after the other; the last of `parts` comes first.
struct Chain {
    parts: Vec<Whole>,
}

impl Source for Chain {
    fn read(&mut self, maximum: usize) -> Result<Option<Vec<u8>>, TransportError> {
        while let Some(part) = self.parts.last_mut() {
            if let Some(piece) = part.read(maximum)? {
                return Ok(Some(piece));
            }
            self.parts.pop();
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::read_all;

    #[test]
    fn the_body_is_the_multipart_form_that_x_documents() {
        let write = request(b"\x89PNG".to_vec(), Kind::Png, Some("sun rise\".png"), Purpose::DirectMessage, "b");
        let Body::Stream { length, mut source } = write.body else { panic!("a stream") };
        let body = read_all(&mut *source, 10_000).expect("reads");
        assert_eq!(body.len() as u64, length);
        let text = String::from_utf8_lossy(&body);
        assert_eq!(
            text,
            "--b\r\nContent-Disposition: form-data; name=\"media_category\"\r\n\r\ndm_image\r\n--b\r\nContent-Disposition: form-data; name=\"media\"; filename=\"sunrise.png\"\r\nContent-Type: image/png\r\n\r\n\u{FFFD}PNG\r\n--b--\r\n"
        );
        assert_eq!(write.content_type.as_deref(), Some("multipart/form-data; boundary=b"));
    }

    #[test]
    fn a_stream_gives_no_piece_larger_than_asked_for() {
        let write = request(std::vec![7; 100_000], Kind::Jpeg, None, Purpose::Post, "b");
        let Body::Stream { length, mut source } = write.body else { panic!("a stream") };
        let mut total = 0;
        while let Some(piece) = source.read(4_096).expect("reads") {
            assert!((1..=4_096).contains(&piece.len()));
            total += piece.len() as u64;
        }
        assert_eq!(total, length);
    }
}
