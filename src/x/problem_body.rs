//! X's error bodies: problem details, legacy `errors` lists and OAuth errors, read into one shape.

use alloc::{borrow::ToOwned, string::String};

use crate::json::Json;

/// The parts of an error body that tell one problem from another; empty where X said nothing.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ProblemBody {
    /// The last path segment of the problem type, `resource-not-found`. X writes two hosts before it, api.x.com and api.twitter.com.
    pub kind: String,
    /// X's own words.
    pub detail: String,
    /// `client-not-enrolled`, `official-client-forbidden`.
    pub reason: String,
    /// The number of a legacy error.
    pub legacy_code: Option<i64>,
    /// The parameter that X names.
    pub parameter: String,
}

impl ProblemBody {
    /// Reads whatever X sent. A body that is no JSON gives an empty problem.
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        Json::read(body).map(|json| Self::from_json(&json)).unwrap_or_default()
    }

    /// Reads a problem, a legacy error, or an OAuth error.
    #[must_use]
    pub fn from_json(json: &Json) -> Self {
        let inner = json.get("errors").items().first().unwrap_or(&Json::Null);
        let kind = json.get("type").as_text().or_else(|| inner.get("type").as_text()).unwrap_or_default();
        let kind = kind.rsplit('/').next().filter(|kind| *kind != "about:blank").unwrap_or_default();
        // The inner message says which parameter is wrong and why; the outer one only that something is.
        let detail = [
            inner.get("message"),
            inner.get("detail"),
            json.get("detail"),
            json.get("error_description"),
            json.get("message"),
            json.get("title"),
            inner.get("title"),
        ];
        let parameter =
            inner.get("parameters").first_name().or_else(|| inner.get("parameter").as_text()).or_else(|| json.get("parameter").as_text());
        Self {
            kind: json.get("error").as_text().unwrap_or(kind).to_owned(),
            detail: detail.into_iter().find_map(Json::as_text).unwrap_or_default().to_owned(),
            reason: json.get("reason").as_text().unwrap_or_default().to_owned(),
            legacy_code: json.get("code").as_integer().or_else(|| inner.get("code").as_integer()),
            parameter: parameter.unwrap_or_default().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_error_body_is_read() {
        let read = |text: &str| ProblemBody::read(text.as_bytes());
        assert_eq!(read(r#"{"type":"https://api.twitter.com/2/problems/credits","detail":"d"}"#).kind, "credits");
        assert_eq!(read(r#"{"type":"https://api.x.com/2/problems/credits","detail":"d"}"#).kind, "credits");
        assert_eq!(read(r#"{"type":"about:blank","detail":"d"}"#).kind, "");
        assert_eq!(read(r#"{"errors":[{"code":88,"message":"Rate limit exceeded"}]}"#).legacy_code, Some(88));
        assert_eq!(read(r#"{"code":89,"message":"m"}"#).detail, "m");
        assert_eq!(read(r#"{"error":"invalid_request","error_description":"e"}"#).kind, "invalid_request");
        let parameter = read(
            r#"{"errors":[{"parameters":{"id":["x"]},"message":"wrong id"}],"title":"Invalid Request","type":"https://api.x.com/2/problems/invalid-request"}"#,
        );
        assert_eq!((parameter.parameter.as_str(), parameter.detail.as_str()), ("id", "wrong id"));
        assert_eq!(read("<html>"), ProblemBody::default());
        assert_eq!(read("[1]"), ProblemBody::default());
        assert_eq!(read(""), ProblemBody::default());
    }
}
