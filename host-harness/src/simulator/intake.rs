//! Request bodies: collecting, draining, and reading JSON.

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;

use super::auth::signature;
use super::body::RequestBody;
use super::exchange::RecordedBody;
use super::problem::Refusal;

/// No JSON body of X is near this.
pub(crate) const LARGEST_JSON: usize = 1024 * 1024;
/// What is read of the body of a refused request, so that the caller gets as far as the refusal.
const LARGEST_DRAINED: usize = 32 * 1024 * 1024;

/// Reads the body as JSON and notes it.
///
/// # Errors
/// 400 for another content type, for too much, and for what is no JSON.
pub(crate) async fn json(headers: &HeaderMap, body: RequestBody, limit: usize, recorded: &mut RecordedBody) -> Result<Value, Refusal> {
    let content_type = content_type(headers);
    let is_json = media_type(content_type).eq_ignore_ascii_case("application/json");
    let Some(bytes) = collect(body, limit).await else {
        return Err(Refusal::invalid("$", "", "The body is cut or too large."));
    };
    *recorded = RecordedBody::of(content_type, &bytes);
    if !is_json {
        let message = "The content type must be application/json.";
        return Err(Refusal::invalid("content-type", content_type, message));
    }
    serde_json::from_slice(&bytes).map_err(|_| Refusal::invalid("$", "", "The body is not valid JSON."))
}

/// The body if a signature covers it, and the body to go on with.
pub(crate) async fn signed_form(headers: &HeaderMap, body: RequestBody) -> (Bytes, RequestBody) {
    if !signature::is_signed(headers) || !signature::covers_body(headers) {
        return (Bytes::new(), body);
    }
    // A body that is too large is left out, and then the signature does not fit.
    let form = collect(body, LARGEST_JSON).await.unwrap_or_default();
    let again = Full::new(form.clone()).map_err(|never| match never {}).boxed_unsync();
    (form, again)
}

/// Reads what nobody asked for; the caller may be sending it still.
pub(crate) async fn drain(headers: &HeaderMap, mut body: RequestBody, keep: bool) -> RecordedBody {
    if keep {
        let bytes = collect(body, LARGEST_JSON).await.unwrap_or_default();
        return RecordedBody::of(content_type(headers), &bytes);
    }
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > LARGEST_DRAINED {
            break;
        }
    }
    RecordedBody::Empty
}

/// The whole body, or nothing when it is cut or larger than the limit; it is read to its end in both cases.
pub(crate) async fn collect(mut body: RequestBody, limit: usize) -> Option<Bytes> {
    let mut first: Option<Bytes> = None;
    let mut rest = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else {
            continue;
        };
        length += data.len();
        if length > LARGEST_DRAINED {
            break;
        }
        if length > limit {
            continue;
        }
        match &first {
            None => first = Some(data),
            Some(_) => rest.extend_from_slice(&data),
        }
    }
    if length > limit {
        return None;
    }
    let first = first.unwrap_or_default();
    if rest.is_empty() {
        return Some(first);
    }
    Some([first, rest.freeze()].concat().into())
}

/// The content type with its parameters.
pub(crate) fn content_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The content type without its parameters.
pub(crate) fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}
