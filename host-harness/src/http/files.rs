//! Local files of one call, served to the guest under a private authority.
//!
//! A file to attach may name a local path. The host opens it before anything runs, and gives the guest an https URL
//! that only this call's hook answers: the guest streams a file as it streams any other, and never sees a path.

mod body;
mod range;
mod version;

use super::redact::{UNRESERVED, hex};
use super::{Body, body::empty_body};
use crate::value::{ParameterError, Shape, Val};
use body::FileBody;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header, request};
use http_body_util::BodyExt;
use percent_encoding::utf8_percent_encode;
use range::{Range, range};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use version::Version;

/// Where the guest finds local files. `.internal` is set aside for private use: no name server knows it.
const AUTHORITY: &str = "files.x-connector.internal";

/// The local files of one call.
#[derive(Default)]
pub(crate) struct Files(Vec<LocalFile>);

struct LocalFile {
    token: String,
    file: Arc<File>,
}

/// What a call may do with local paths.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access<'a> {
    pub(crate) allowed: bool,
    /// What relative paths are relative to; the current directory when there is none.
    pub(crate) base: Option<&'a Path>,
}

impl Files {
    /// Opens the local files that the parameters name, and puts URLs in their place.
    ///
    /// # Errors
    ///
    /// When files are not allowed, or one cannot be read: the parameter's path and what to do.
    pub(crate) async fn open(shape: &Shape, value: &mut Val, access: Access<'_>) -> Result<Self, ParameterError> {
        let mut found = Vec::new();
        visit(shape, value, &mut |url| {
            let path = local_path(url, access)?;
            if let Some(path) = &path {
                found.push(path.clone());
            }
            // The token is found by the file's place in the list; the URL is set when the file is open.
            Ok(path.map(|path| file_url(found.len() - 1, &path)))
        })
        .map_err(ParameterError::at_root)?;
        if found.is_empty() {
            return Ok(Self::default());
        }
        let opened = tokio::task::spawn_blocking(move || {
            found.iter().enumerate().map(|(index, path)| open(path).map_err(|error| (index, error))).collect::<Result<Vec<_>, _>>()
        })
        .await;
        let mut opened = match opened {
            Ok(Ok(opened)) => opened,
            Ok(Err((failed, error))) => return Err(at_file(shape, value, failed, error)),
            Err(_) => return Err(unreadable().at_root()),
        };
        for (index, file) in opened.iter_mut().enumerate() {
            file.token = token(index);
        }
        visit(shape, value, &mut |url| {
            Ok(placeholder(url).and_then(|(index, name)| {
                let token = &opened.get(index)?.token;
                Some(format!("https://{AUTHORITY}/{token}/{name}"))
            }))
        })?;
        Ok(Self(opened))
    }

    /// Adds the files of another parameter.
    pub(crate) fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether a URL is for local files, of this or another call.
    pub(crate) fn serve(uri: &Uri) -> bool {
        uri.host().is_some_and(|host| host.eq_ignore_ascii_case(AUTHORITY))
    }

    /// Answers a request of the guest.
    pub(crate) fn answer(&self, request: &request::Parts) -> Response<Body> {
        let token = request.uri.path().split('/').nth(1).unwrap_or_default();
        let Some(file) = self.0.iter().find(|file| file.token == token) else {
            return status(StatusCode::NOT_FOUND);
        };
        let with_body = match request.method {
            Method::GET => true,
            Method::HEAD => false,
            _ => return status(StatusCode::METHOD_NOT_ALLOWED),
        };
        // As it is now: one that has changed since the last request has another entity tag, by which the guest notices.
        let Ok(version) = Version::of(&file.file) else {
            return status(StatusCode::INTERNAL_SERVER_ERROR);
        };
        let tag = version.entity_tag();
        let is_other = request.headers.get(header::IF_RANGE).is_some_and(|wanted| wanted.as_bytes() != tag.as_bytes());
        let asked = if is_other { Range::Whole } else { range(&request.headers, version.length) };
        let (code, first, length) = match asked {
            Range::Whole => (StatusCode::OK, 0, version.length),
            Range::Part(first, length) => (StatusCode::PARTIAL_CONTENT, first, length),
            Range::Outside => {
                let mut answer = status(StatusCode::RANGE_NOT_SATISFIABLE);
                set(answer.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{}", version.length));
                return answer;
            }
        };
        let body = if with_body { FileBody::new(Arc::clone(&file.file), version, first, length).boxed_unsync() } else { empty_body() };
        let mut answer = Response::new(body);
        *answer.status_mut() = code;
        let headers = answer.headers_mut();
        set(headers, header::CONTENT_LENGTH, &length.to_string());
        set(headers, header::CONTENT_TYPE, "application/octet-stream");
        set(headers, header::ACCEPT_RANGES, "bytes");
        set(headers, header::ETAG, &tag);
        if code == StatusCode::PARTIAL_CONTENT {
            let last = first + length - 1;
            set(headers, header::CONTENT_RANGE, &format!("bytes {first}-{last}/{}", version.length));
        }
        answer
    }
}

fn set(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn status(code: StatusCode) -> Response<Body> {
    let mut answer = Response::new(empty_body());
    *answer.status_mut() = code;
    set(answer.headers_mut(), header::CONTENT_LENGTH, "0");
    answer
}

fn open(path: &Path) -> Result<LocalFile, ParameterError> {
    // A named pipe would block at opening: the kind comes first.
    let metadata = std::fs::metadata(path).map_err(|error| io_error(&error))?;
    if metadata.is_dir() {
        return Err(ParameterError::new("not-a-file", "names a directory", "give the path of a file"));
    }
    if !metadata.is_file() {
        return Err(ParameterError::new("not-a-file", "names no regular file", "give the path of a file"));
    }
    let file = File::open(path).map_err(|error| io_error(&error))?;
    Ok(LocalFile { token: String::new(), file: Arc::new(file) })
}

fn io_error(error: &io::Error) -> ParameterError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ParameterError::new(
            "file-not-found",
            "names a local file that does not exist",
            "correct the path; a relative one begins at the workflow's directory, or where the program runs",
        ),
        io::ErrorKind::PermissionDenied => {
            ParameterError::new("file-not-readable", "names a local file that may not be read", "let the engine's user read the file")
        }
        _ => unreadable(),
    }
}

fn unreadable() -> ParameterError {
    ParameterError::new("file-not-readable", "names a local file that cannot be read", "check the file")
}

/// The local path that a URL is; `None` when it is a URL of another kind.
fn local_path(url: &str, access: Access<'_>) -> Result<Option<PathBuf>, ParameterError> {
    let is_file_url = url.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("file:"));
    if url.is_empty() || (has_scheme(url) && !is_file_url) {
        return Ok(None);
    }
    if !access.allowed {
        return Err(ParameterError::new(
            "local-files-not-allowed",
            "names a local file, and local files are not allowed here",
            "give an https: or data: URL",
        ));
    }
    let path = if is_file_url {
        url::Url::parse(url).ok().and_then(|url| url.to_file_path().ok()).ok_or_else(|| {
            ParameterError::new("file-not-found", "is a file: URL that names no local path", "write it as file:///path/of/the/file")
        })?
    } else {
        PathBuf::from(url)
    };
    Ok(Some(match access.base {
        Some(base) => base.join(path),
        None => path,
    }))
}

/// Whether text begins with a URL's scheme. One letter is a drive.
fn has_scheme(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.len() > 1
            && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    })
}

/// What stands for a file until it is open. `\0` is in no URL.
fn file_url(index: usize, path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!("\0{index}/{}", utf8_percent_encode(&name, UNRESERVED))
}

fn placeholder(url: &str) -> Option<(usize, &str)> {
    let (index, name) = url.strip_prefix('\0')?.split_once('/')?;
    Some((index.parse().ok()?, name))
}

/// Puts the path of the parameter on an error of its file.
fn at_file(shape: &Shape, value: &mut Val, failed: usize, error: ParameterError) -> ParameterError {
    let mut error = Some(error);
    let walked = visit(shape, value, &mut |url| match placeholder(url) {
        Some((index, _)) if index == failed => Err(error.take().unwrap_or_else(unreadable)),
        _ => Ok(None),
    });
    walked.err().unwrap_or_else(unreadable).at_root()
}

/// Goes through the URLs of all files to attach, and puts in their place what `change` gives.
fn visit(shape: &Shape, value: &mut Val, change: &mut Change<'_>) -> Result<(), ParameterError> {
    visit_part(shape, value, false, change)
}

type Change<'a> = dyn FnMut(&str) -> Result<Option<String>, ParameterError> + 'a;

/// What belongs to a file to attach, such as its subtitles, names files of its own by `url`.
fn visit_part(shape: &Shape, value: &mut Val, of_file: bool, change: &mut Change<'_>) -> Result<(), ParameterError> {
    match (shape, value) {
        (Shape::Record(record), Val::Record(values)) => {
            let of_file = of_file || record.is_file_entry;
            for (field, (_, value)) in record.fields.iter().zip(values) {
                let visited = match value {
                    Val::String(url) if of_file && field.name.wit == "url" => change(url).map(|new| {
                        if let Some(new) = new {
                            *url = new;
                        }
                    }),
                    value => visit_part(&field.shape, value, of_file, change),
                };
                visited.map_err(|error| error.under_field(&field.name.json))?;
            }
            Ok(())
        }
        (Shape::List(inner), Val::List(items)) => {
            for (index, item) in items.iter_mut().enumerate() {
                visit_part(inner, item, of_file, change).map_err(|error| error.under_index(index))?;
            }
            Ok(())
        }
        (Shape::Option(inner), Val::Option(Some(value))) => visit_part(inner, value, of_file, change),
        (Shape::Tuple(shapes), Val::Tuple(items)) => {
            for (index, (shape, item)) in shapes.iter().zip(items).enumerate() {
                visit_part(shape, item, of_file, change).map_err(|error| error.under_index(index))?;
            }
            Ok(())
        }
        (Shape::Variant(cases), Val::Variant(name, Some(payload))) => {
            let case = cases.iter().find(|case| case.name.wit == *name);
            match case.and_then(|case| Some((case, case.payload.as_ref()?))) {
                Some((case, shape)) => visit_part(shape, payload, of_file, change).map_err(|error| error.under_field(&case.name.json)),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// A name for a file that cannot be guessed.
fn token(index: usize) -> String {
    let mut bytes = [0_u8; 16];
    // Without the system's randomness there is no TLS either; the place keeps the names of one call apart.
    let _ = rustls::crypto::ring::default_provider().secure_random.fill(&mut bytes);
    format!("{index}-{}", hex(&bytes))
}

#[cfg(test)]
mod tests;
