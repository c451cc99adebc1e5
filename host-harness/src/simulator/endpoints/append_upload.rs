//! `POST /2/media/upload/{id}/append`, one segment of a file

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::{Endpoint, Handler, Incoming, StreamedAnswer, data};
use crate::simulator::Simulator;
use crate::simulator::auth::Accepts;
use crate::simulator::body::RequestBody;
use crate::simulator::call::{Answer, id};
use crate::simulator::exchange::{Part, RecordedBody};
use crate::simulator::intake;
use crate::simulator::limits::Limit;
use crate::simulator::media::Upload;
use crate::simulator::media::content::{LARGEST_SEGMENT, Piece};
use crate::simulator::problem::Refusal;
use crate::simulator::state::State;

/// Beside the bytes there is a number.
const LARGEST_FIELD: usize = 1024;

pub(super) static ENDPOINT: Endpoint = Endpoint {
    method: Method::POST,
    path: "/2/media/upload/{id}/append",
    name: "POST /2/media/upload/{id}/append",
    scopes: &["media.write"],
    accepts: Accepts::USERS,
    limits: &[Limit::user(1_875), Limit::app(180_000).per_day()],
    query: &[],
    reads_posts: false,
    handler: Handler::Streamed(run),
};

/// The upload that a segment is for.
struct Target {
    simulator: Simulator,
    id: u64,
    user: u64,
}

impl Target {
    /// The upload, open for segments.
    fn open<'a>(&self, state: &'a mut State) -> Result<&'a mut Upload, Refusal> {
        let upload = state.media.own("id", self.id, self.user, self.simulator.now_ms())?;
        if upload.finalized.is_some() {
            return Err(Refusal::invalid("id", &self.id.to_string(), "The upload is finalized."));
        }
        Ok(upload)
    }

    fn begin(&self, index: u32) -> Result<Piece, Refusal> {
        self.open(&mut self.simulator.state())?.content.begin(index, self.simulator.options().segment_order)
    }
}

/// What has come of a request.
#[derive(Default)]
struct Received {
    index: Option<u32>,
    piece: Option<Piece>,
}

fn run(incoming: Incoming) -> StreamedAnswer {
    Box::pin(async move {
        let Incoming { simulator, caller, path, headers, body } = incoming;
        let id = path.first().map_or(0, |(_, value)| id(value));
        let target = Target { simulator, id, user: caller.user_id.unwrap_or_default() };
        let open = target.open(&mut target.simulator.state()).map(|_| ());
        if let Err(refusal) = open {
            return (Err(refusal), intake::drain(&headers, body, false).await);
        }
        let mut recorded = RecordedBody::Empty;
        let received = receive(&target, &headers, body, &mut recorded).await;
        (received.and_then(|received| take(&target, received)), recorded)
    })
}

async fn receive(target: &Target, headers: &HeaderMap, body: RequestBody, recorded: &mut RecordedBody) -> Result<Received, Refusal> {
    if let Ok(boundary) = multer::parse_boundary(intake::content_type(headers)) {
        let mut parts = Vec::new();
        let received = receive_parts(target, boundary, body, &mut parts).await;
        *recorded = RecordedBody::Multipart(parts);
        return received;
    }
    // Base64 makes four characters of three bytes.
    let limit = LARGEST_SEGMENT / 3 * 4 + 64 * 1024;
    let value = intake::json(headers, body, limit, recorded).await?;
    let Some(fields) = value.as_object() else {
        return Err(Refusal::invalid("$", "", "$: object expected"));
    };
    if let Some(name) = fields.keys().find(|name| !["media", "segment_index"].contains(&name.as_str())) {
        return Err(unknown_field(name));
    }
    let index = match fields.get("segment_index") {
        Some(Value::String(text)) => Some(segment_index(text)?),
        Some(other) => Some(segment_index(&other.to_string())?),
        None => None,
    };
    let piece = match fields.get("media") {
        Some(media) => {
            let decoded = media.as_str().and_then(|text| STANDARD.decode(text).ok());
            let bytes = decoded.ok_or_else(|| Refusal::invalid("media", "", "$.media: is not base64"))?;
            let mut piece = Piece::held();
            piece.write(&bytes);
            Some(piece)
        }
        None => None,
    };
    Ok(Received { index, piece })
}

/// Reads the parts as they come. After the first mistake the rest is read and thrown away: a caller that still writes would
/// never read the refusal.
async fn receive_parts(target: &Target, boundary: String, body: RequestBody, parts: &mut Vec<Part>) -> Result<Received, Refusal> {
    let mut received = Received::default();
    let mut multipart = multer::Multipart::new(body.into_data_stream(), boundary);
    let malformed = |_| Refusal::invalid("media", "", "The multipart body is malformed.");
    let mut refused = None;
    while let Some(mut field) = multipart.next_field().await.map_err(malformed)? {
        let name = field.name().unwrap_or_default().to_owned();
        let mut part = Part::before(&field);
        let is_media = name == "media";
        let mut piece = match received.index.filter(|_| is_media && refused.is_none()).map(|index| target.begin(index)) {
            Some(Ok(piece)) => piece,
            Some(Err(refusal)) => {
                refused.get_or_insert(refusal);
                Piece::held()
            }
            None => Piece::held(),
        };
        let mut text = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(malformed)? {
            part.length += chunk.len() as u64;
            if is_media && refused.is_none() {
                piece.write(&chunk);
            } else if !is_media && text.len() + chunk.len() <= LARGEST_FIELD {
                text.extend_from_slice(&chunk);
            }
        }
        if is_media {
            if received.piece.replace(piece).is_some() {
                refused.get_or_insert_with(|| Refusal::invalid("media", "", "A part can not be repeated."));
            }
        } else {
            let text = String::from_utf8_lossy(&text).into_owned();
            if name == "segment_index" {
                match segment_index(&text) {
                    Ok(index) if received.index.is_none() => received.index = Some(index),
                    Ok(_) => {
                        refused.get_or_insert_with(|| Refusal::invalid(&name, "", "A part can not be repeated."));
                    }
                    Err(refusal) => {
                        refused.get_or_insert(refusal);
                    }
                }
            } else {
                refused.get_or_insert_with(|| unknown_field(&name));
            }
            part.text = Some(text);
        }
        parts.push(part);
    }
    refused.map_or(Ok(received), Err)
}

fn unknown_field(name: &str) -> Refusal {
    let message = format!("$.{name}: is not defined in the schema and the schema does not allow additional properties");
    Refusal::invalid(name, "", &message)
}

fn segment_index(text: &str) -> Result<u32, Refusal> {
    let digits = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or_else(|| {
        let message = "$.segment_index: must be an integer from 0 to 999";
        Refusal::invalid("segment_index", text, message)
    })
}

fn take(target: &Target, received: Received) -> Result<Answer, Refusal> {
    let missing = |name: &str| Refusal::invalid(name, "", &format!("$.{name}: is missing but it is required"));
    let index = received.index.ok_or_else(|| missing("segment_index"))?;
    let piece = received.piece.ok_or_else(|| missing("media"))?;
    if piece.is_too_large() {
        return Err(Refusal::too_large());
    }
    let mut state = target.simulator.state();
    let upload = target.open(&mut state)?;
    let new = upload.content.take(index, piece, target.simulator.options().segment_order)?;
    let body = data(json!({"expires_at": upload.expires_at_ms() / 1000}));
    Ok(if new { Answer::changed(StatusCode::OK, body, None) } else { Answer::read(body, Vec::new()) })
}
