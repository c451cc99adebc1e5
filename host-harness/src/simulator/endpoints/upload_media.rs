//! `POST /2/media/upload`, the whole file in one request

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Map, Value, json};

use super::{Endpoint, Handler, Incoming, StreamedAnswer};
use crate::simulator::Simulator;
use crate::simulator::auth::{Accepts, Caller};
use crate::simulator::body::RequestBody;
use crate::simulator::call::{Answer, id};
use crate::simulator::exchange::{Part, RecordedBody};
use crate::simulator::image::Image;
use crate::simulator::intake;
use crate::simulator::limits::Limit;
use crate::simulator::media::category::Category;
use crate::simulator::media::content::Content;
use crate::simulator::media::processing::Processing;
use crate::simulator::media::{Upload, file_type};
use crate::simulator::problem::Refusal;
use crate::simulator::shape::is_id;

const LARGEST_IMAGE: usize = 5 * 1024 * 1024;
const LARGEST_SUBTITLES: usize = 1024 * 1024;
/// Beside the file there are names and flags only.
const LARGEST_FIELD: usize = 4 * 1024;
const FIELDS: &[&str] = &["media", "media_category", "media_type", "shared", "additional_owners"];
/// Of specification 2.166; videos and GIFs in motion are uploaded in chunks.
const CATEGORIES: &[&str] = &["tweet_image", "dm_image", "subtitles"];
const MEDIA_TYPES: &[&str] = &["text/srt", "text/vtt", "image/jpeg", "image/bmp", "image/png", "image/webp", "image/pjpeg", "image/tiff"];

pub(super) static ENDPOINT: Endpoint = Endpoint {
    method: Method::POST,
    path: "/2/media/upload",
    name: "POST /2/media/upload",
    scopes: &["media.write"],
    accepts: Accepts::USERS,
    limits: &[Limit::user(500), Limit::app(50_000).per_day()],
    query: &[],
    reads_posts: false,
    handler: Handler::Streamed(run),
};

/// What was sent, before anything is checked.
#[derive(Default)]
struct Sent {
    file: Option<Bytes>,
    fields: Map<String, Value>,
}

fn run(incoming: Incoming) -> StreamedAnswer {
    Box::pin(async move {
        let Incoming { simulator, caller, headers, body, .. } = incoming;
        let mut recorded = RecordedBody::Empty;
        let sent = receive(&headers, body, &mut recorded).await;
        let answer = sent.and_then(|sent| store(&simulator, caller, sent));
        (answer, recorded)
    })
}

async fn receive(headers: &HeaderMap, body: RequestBody, recorded: &mut RecordedBody) -> Result<Sent, Refusal> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if let Ok(boundary) = multer::parse_boundary(content_type) {
        return receive_parts(boundary, body, recorded).await;
    }
    // Base64 makes four characters of three bytes.
    let limit = LARGEST_IMAGE / 3 * 4 + 64 * 1024;
    let value = intake::json(headers, body, limit, recorded).await?;
    let Value::Object(mut fields) = value else {
        return Err(Refusal::invalid("$", "", "$: object expected"));
    };
    let file = match fields.remove("media") {
        Some(Value::String(text)) => {
            Some(Bytes::from(STANDARD.decode(text).map_err(|_| Refusal::invalid("media", "", "$.media: is not base64"))?))
        }
        Some(_) => return Err(Refusal::invalid("media", "", "$.media: string expected")),
        None => None,
    };
    Ok(Sent { file, fields })
}

async fn receive_parts(boundary: String, body: RequestBody, recorded: &mut RecordedBody) -> Result<Sent, Refusal> {
    let mut sent = Sent::default();
    let mut parts = Vec::new();
    let mut multipart = multer::Multipart::new(body.into_data_stream(), boundary);
    let malformed = |_| Refusal::invalid("media", "", "The multipart body is malformed.");
    let outcome: Result<(), Refusal> = async {
        while let Some(mut field) = multipart.next_field().await.map_err(malformed)? {
            let name = field.name().unwrap_or_default().to_owned();
            let limit = if name == "media" { LARGEST_IMAGE } else { LARGEST_FIELD };
            let mut part = Part::before(&field);
            let mut bytes = BytesMut::new();
            while let Some(chunk) = field.chunk().await.map_err(malformed)? {
                part.length += chunk.len() as u64;
                // The rest is read and thrown away: a caller that still writes would never read the refusal.
                if bytes.len() + chunk.len() <= limit {
                    bytes.extend_from_slice(&chunk);
                }
            }
            let whole = part.length == bytes.len() as u64;
            if name != "media" {
                part.text = Some(String::from_utf8_lossy(&bytes).into_owned());
            }
            let text = part.text.clone().unwrap_or_default();
            parts.push(part);
            if !whole {
                return Err(too_large(&name, limit));
            }
            if name == "media" && sent.file.is_none() {
                sent.file = Some(bytes.freeze());
            } else if sent.fields.insert(name.clone(), json!(text)).is_some() || name == "media" {
                return Err(Refusal::invalid(&name, "", "A part can not be repeated."));
            }
        }
        Ok(())
    }
    .await;
    *recorded = RecordedBody::Multipart(parts);
    outcome.map(|()| sent)
}

fn too_large(parameter: &str, limit: usize) -> Refusal {
    let message = format!("File size exceeds {limit} bytes.");
    Refusal::invalid(parameter, "", &message)
}

fn store(simulator: &Simulator, caller: Caller, sent: Sent) -> Result<Answer, Refusal> {
    let refuse = |name: &str, value: &str, message: &str| Err(Refusal::invalid(name, value, &format!("$.{name}: {message}")));
    if let Some(name) = sent.fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return refuse(name, "", "is not defined in the schema and the schema does not allow additional properties");
    }
    let text = |name: &str| sent.fields.get(name).and_then(Value::as_str);
    let Some(name) = text("media_category") else {
        return refuse("media_category", "", "is missing but it is required");
    };
    let Some(category) = Category::named(name).filter(|_| CATEGORIES.contains(&name)) else {
        return refuse("media_category", name, "does not have a value in the enumeration [tweet_image, dm_image, subtitles]");
    };
    if let Some(media_type) = text("media_type").filter(|given| !MEDIA_TYPES.contains(given)) {
        return refuse("media_type", media_type, "does not have a value in the enumeration");
    }
    let shared = match sent.fields.get("shared") {
        None => false,
        Some(Value::Bool(shared)) => *shared,
        Some(Value::String(word)) if word == "true" || word == "false" => word == "true",
        Some(other) => return refuse("shared", &other.to_string(), "boolean expected"),
    };
    let additional_owners = owners(sent.fields.get("additional_owners"))?;
    let Some(file) = sent.file.filter(|file| !file.is_empty()) else {
        return refuse("media", "", "is missing but it is required");
    };
    let image = Image::recognise(&file);
    if name == "subtitles" {
        if file.len() > LARGEST_SUBTITLES {
            return Err(too_large("media", LARGEST_SUBTITLES));
        }
        if std::str::from_utf8(&file).is_err() {
            return refuse("media", "", "media type unrecognized");
        }
    } else if image.is_none() {
        return refuse("media", "", "media type unrecognized");
    }
    if file.len() > LARGEST_IMAGE {
        return Err(too_large("media", LARGEST_IMAGE));
    }

    let (options, now_ms) = (simulator.options(), simulator.now_ms());
    let mut state = simulator.state();
    let declared = text("media_type").map(str::to_owned);
    let recognised = || file_type::recognise(&file).unwrap_or("text/srt").to_owned();
    let upload = Upload {
        id: state.next_id(now_ms),
        owner_id: caller.user_id.unwrap_or_default(),
        additional_owners,
        category,
        media_type: declared.unwrap_or_else(recognised),
        shared,
        began_at_ms: now_ms,
        image,
        content: Content::whole(file.clone(), options.keep_media && file.len() as u64 <= options.kept_media_bytes),
        alt_text: None,
        subtitles: Vec::new(),
        finalized: Some((now_ms, Processing::none())),
    };
    let body = upload.told(now_ms);
    state.media.add(upload);
    Ok(Answer::changed(StatusCode::OK, body, None))
}

/// A list in JSON, a string with commas in a form.
fn owners(value: Option<&Value>) -> Result<Vec<u64>, Refusal> {
    let listed: Vec<&str> = match value {
        None => return Ok(Vec::new()),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => text.split(',').collect(),
        Some(_) => Vec::new(),
    };
    if listed.is_empty() || !listed.iter().all(|owner| is_id(owner)) {
        let message = "$.additional_owners: user ids expected";
        return Err(Refusal::invalid("additional_owners", "", message));
    }
    Ok(listed.into_iter().map(id).collect())
}
