//! The router: every endpoint of the simulated X is a row here and a file below.

#![allow(clippy::unnecessary_wraps, reason = "all endpoints have the same signature")]

mod append_upload;
mod create_post;
mod delete_post;
mod direct_message_events;
mod finalize_upload;
mod initialize_upload;
mod like_post;
mod look_up_posts;
mod look_up_users;
mod media_metadata;
mod media_subtitles;
mod repost_post;
mod send_direct_message;
mod upload_media;
mod upload_status;
mod usage;
mod user_posts;

use std::future::Future;
use std::pin::Pin;

use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::Simulator;
use super::auth::{Accepts, Caller};
use super::authorization::{self, Step};
use super::body::RequestBody;
use super::call::{Answer, Call};
use super::exchange::RecordedBody;
use super::limits::Limit;
use super::problem::Refusal;
use super::query::Parameter;
use super::shape::{Shape, is_id};

/// An operation of X.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub method: Method,
    /// The path with `{names}` for what varies.
    pub path: &'static str,
    /// `METHOD /path`, the endpoint's name in counts.
    pub name: &'static str,
    /// What a user's token must cover.
    pub scopes: &'static [&'static str],
    /// The kinds of credential that it takes.
    pub accepts: Accepts,
    pub limits: &'static [Limit],
    pub query: &'static [Parameter],
    /// Whether it counts against the cap of post reads.
    pub reads_posts: bool,
    pub handler: Handler,
}

impl Endpoint {
    /// Whether it answers without money: what is left of it can be asked even then.
    pub fn is_free(&self) -> bool {
        self.path.starts_with("/2/usage/")
    }
}

/// How an endpoint takes its request body.
#[derive(Debug)]
pub(crate) enum Handler {
    /// Not at all.
    Bare(fn(&mut Call) -> Result<Answer, Refusal>),
    /// As JSON of this shape.
    Json(&'static Shape, fn(&mut Call) -> Result<Answer, Refusal>),
    /// Itself, as it arrives.
    Streamed(StreamedHandler),
}

/// A handler that reads the body, and says what it saw.
pub(crate) type StreamedHandler = fn(Incoming) -> StreamedAnswer;

/// An admitted request whose body is still coming.
pub(crate) struct Incoming {
    pub simulator: Simulator,
    pub caller: Caller,
    pub path: Vec<(&'static str, String)>,
    pub headers: HeaderMap,
    pub body: RequestBody,
}

/// What becomes of a streamed request.
pub(crate) type StreamedAnswer = Pin<Box<dyn Future<Output = (Result<Answer, Refusal>, RecordedBody)> + Send>>;

/// Where a request goes.
pub(crate) enum Route {
    To(&'static Endpoint, Vec<(&'static str, String)>),
    /// To the authorization server.
    Step(&'static Step),
    /// The path is known, with other methods; the template is given.
    OtherMethod(&'static str),
    Nowhere,
}

const READ: &[&str] = &["tweet.read", "users.read"];
const WRITE: &[&str] = &["tweet.read", "tweet.write", "users.read"];

static ENDPOINTS: &[&Endpoint] = &[
    &create_post::ENDPOINT,
    &delete_post::ENDPOINT,
    &look_up_posts::ONE,
    &look_up_posts::MANY,
    &user_posts::ENDPOINT,
    &like_post::LIKE,
    &like_post::UNLIKE,
    &repost_post::REPOST,
    &repost_post::UNREPOST,
    &look_up_users::ME,
    &look_up_users::BY_USERNAME,
    &look_up_users::BY_ID,
    &send_direct_message::ENDPOINT,
    &direct_message_events::WITH_ONE,
    &direct_message_events::ALL,
    &upload_media::ENDPOINT,
    &initialize_upload::ENDPOINT,
    &append_upload::ENDPOINT,
    &finalize_upload::ENDPOINT,
    &upload_status::ENDPOINT,
    &media_metadata::ENDPOINT,
    &media_subtitles::CREATE,
    &media_subtitles::DELETE,
    &usage::TWEETS,
    &usage::CREDITS,
];

/// The name of an endpoint or of a step of the authorization server, for tests that read counts.
pub(crate) fn name(method: &str, path: &str) -> Option<&'static str> {
    let step = authorization::STEPS.iter().find(|step| step.path == path && step.method.as_str() == method);
    step.map(|step| step.name).or_else(|| named(method, path).map(|endpoint| endpoint.name))
}

/// The endpoint of this name, for tests that change limits.
pub(crate) fn named(method: &str, path: &str) -> Option<&'static Endpoint> {
    ENDPOINTS.iter().copied().find(|endpoint| endpoint.path == path && endpoint.method.as_str() == method)
}

/// Finds the endpoint; fixed segments win over variable ones by their order in the table.
pub(crate) fn route(method: &Method, path: &str) -> Route {
    let mut other = None;
    for step in authorization::STEPS {
        if step.path == path {
            if step.method == *method {
                return Route::Step(step);
            }
            other = Some(step.path);
        }
    }
    for endpoint in ENDPOINTS {
        if let Some(values) = match_path(endpoint.path, path) {
            if endpoint.method == *method {
                return Route::To(endpoint, values);
            }
            other = Some(endpoint.path);
        }
    }
    other.map_or(Route::Nowhere, Route::OtherMethod)
}

/// The values of the template's names, if the path fits it.
fn match_path(template: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let mut values = Vec::new();
    let mut segments = path.split('/');
    for expected in template.split('/') {
        let segment = segments.next()?;
        let name = expected.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
        match name {
            Some(_) if segment.is_empty() => return None,
            Some(name) => {
                let value = percent_decode_str(segment).decode_utf8_lossy().into_owned();
                values.push((name, value));
            }
            None if expected == segment => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(values)
}

/// Checks the variable segments: a username is a username, all others are ids.
///
/// # Errors
/// 400 that names the segment.
pub(crate) fn check_path(values: &[(&'static str, String)]) -> Result<(), Refusal> {
    for (name, value) in values {
        let fits = if *name == "username" {
            (1..=15).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        } else {
            is_id(value)
        };
        if !fits {
            let message = format!("The `{name}` query parameter value [{value}] is not valid");
            return Err(Refusal::invalid(name, value, &message));
        }
    }
    Ok(())
}

/// `{"data": data}`
fn data(data: Value) -> Value {
    Value::Object([("data".to_owned(), data)].into_iter().collect())
}
