//! Answers of the authorization server: JSON, forms, pages and redirects.

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use crate::simulator::options::ProblemHost;
use crate::simulator::problem::Refusal;

/// An answer on its way out.
#[derive(Debug)]
pub(crate) struct Reply {
    pub status: StatusCode,
    pub body: Bytes,
    content_type: &'static str,
    location: Option<String>,
}

impl Reply {
    pub fn json(status: StatusCode, body: &Value) -> Self {
        Self { status, body: body.to_string().into(), content_type: "application/json;charset=UTF-8", location: None }
    }

    /// Pairs as OAuth 1.0a answers with. X calls them HTML.
    pub fn pairs(pairs: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        Self { body: body.into(), ..Self::page(StatusCode::OK, String::new()) }
    }

    pub fn page(status: StatusCode, html: String) -> Self {
        Self { status, body: html.into(), content_type: "text/html;charset=utf-8", location: None }
    }

    /// Sends the browser to a registered address with these parameters added.
    pub fn redirect(address: &str, parameters: &[(&str, &str)]) -> Self {
        let added = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let mark = if address.contains('?') { '&' } else { '?' };
        Self { location: Some(format!("{address}{mark}{added}")), ..Self::page(StatusCode::FOUND, String::new()) }
    }

    /// The headers of all answers, and for pages those that keep them from being framed, stored or told on.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut set = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
        set(CONTENT_TYPE, self.content_type);
        set(CACHE_CONTROL, "no-store");
        set(X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(X_FRAME_OPTIONS, "DENY");
        set(REFERRER_POLICY, "no-referrer");
        set(CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'");
        if let Some(location) = self.location.as_deref().and_then(|location| HeaderValue::from_str(location).ok()) {
            headers.insert(LOCATION, location);
        }
        headers
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        Self::json(refusal.status, &refusal.body(ProblemHost::X))
    }
}
