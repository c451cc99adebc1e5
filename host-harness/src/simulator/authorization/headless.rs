//! Walking through a consent page without a browser.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};

use crate::simulator::Simulator;

/// What the owner of an account does on a consent page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Chooses the account with this id, and presses Authorize.
    Authorize(u64),
    /// Presses Cancel.
    Cancel,
}

impl Simulator {
    /// Opens a consent page, OAuth 2.0 or 1.0a, and answers it as a person would. Of `address` path and query count.
    ///
    /// Gives the address that the browser is sent to; for OAuth 1.0a out of band, the PIN.
    ///
    /// # Errors
    /// The page's text when X shows one that says no, or what is wrong with the address.
    pub async fn decide(&self, address: &str, decision: Decision) -> Result<String, String> {
        let address: Uri = address.parse().map_err(|_| "the address is none".to_owned())?;
        let place = address.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let (status, location, html) = self.visit(Request::get(place), Bytes::new()).await?;
        if let Some(location) = location {
            return Ok(location);
        }
        let token =
            between(&html, "name=\"authenticity_token\" value=\"", "\"").filter(|_| status == StatusCode::OK).ok_or_else(|| text(&html))?;
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("authenticity_token", token);
        match decision {
            Decision::Authorize(account) => form.append_pair("account", &account.to_string()).append_pair("decision", "authorize"),
            Decision::Cancel => form.append_pair("decision", "cancel"),
        };
        let request = Request::post(address.path()).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let (_, location, html) = self.visit(request, form.finish().into()).await?;
        location.or_else(|| between(&html, "id=\"oauth_pin\">", "<").map(ToOwned::to_owned)).ok_or_else(|| text(&html))
    }

    async fn visit(&self, request: http::request::Builder, body: Bytes) -> Result<(StatusCode, Option<String>, String), String> {
        let request = request.body(Full::new(body)).map_err(|error| error.to_string())?;
        let answer = self.handle(request).await.map_err(|error| error.to_string())?;
        let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok()).map(ToOwned::to_owned);
        let status = answer.status();
        let body = answer.into_body().collect().await.map_err(|error| error.to_string())?;
        Ok((status, location, String::from_utf8_lossy(&body.to_bytes()).into_owned()))
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

fn text(html: &str) -> String {
    between(html, "<p>", "</p>").unwrap_or(html).to_owned()
}
