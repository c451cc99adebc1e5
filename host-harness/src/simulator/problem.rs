//! X's refusals: one constructor for each known body.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::options::ProblemHost;

/// An answer that says no.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub status: StatusCode,
    kind: Kind,
    title: String,
    detail: String,
    status_in_body: bool,
    more: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `about:blank`
    Blank,
    /// The last segment of a problem address.
    Slug(&'static str),
}

impl Refusal {
    fn blank(status: StatusCode, title: &str, detail: &str) -> Self {
        Self { status, kind: Kind::Blank, title: title.to_owned(), detail: detail.to_owned(), status_in_body: true, more: Map::new() }
    }

    fn typed(status: StatusCode, slug: &'static str, title: &str, detail: String) -> Self {
        Self { status, kind: Kind::Slug(slug), title: title.to_owned(), detail, status_in_body: false, more: Map::new() }
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }

    /// 401. X says nothing about the cause.
    pub fn unauthorized() -> Self {
        Self::blank(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized")
    }

    /// 403 with a sentence.
    pub fn forbidden(detail: &str) -> Self {
        Self::blank(StatusCode::FORBIDDEN, "Forbidden", detail)
    }

    /// 403 for a text that was just posted.
    pub fn duplicate_content() -> Self {
        Self::forbidden("You are not allowed to create a Tweet with duplicate content.")
    }

    /// 403 for an app-only token where a user is needed.
    pub fn unsupported_authentication() -> Self {
        let mut refusal = Self::typed(
            StatusCode::FORBIDDEN,
            "unsupported-authentication",
            "Unsupported Authentication",
            "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  \
             Supported authentication types are [OAuth 1.0a User Context, OAuth 2.0 User Context]."
                .to_owned(),
        );
        refusal.status_in_body = true;
        refusal
    }

    /// 403 for an operation that the plan does not have.
    pub fn not_enrolled() -> Self {
        Self::typed(
            StatusCode::FORBIDDEN,
            "client-forbidden",
            "Client Forbidden",
            "The plan of this developer app does not include this endpoint.".to_owned(),
        )
        .with("reason", json!("client-not-enrolled"))
        .with("required_enrollment", json!("Appropriate Level of API Access"))
        .with("registration_url", json!("https://developer.twitter.com/en/portal/opt-in"))
    }

    /// 402: the prepaid credits are used up.
    pub fn credits_depleted(app_id: u64) -> Self {
        Self::typed(
            StatusCode::PAYMENT_REQUIRED,
            "credits",
            "CreditsDepleted",
            format!("Your enrolled account [{app_id}] does not have any credits to fulfill this request."),
        )
    }

    /// 429: a window or a 24 hour allowance is used up.
    pub fn too_many_requests() -> Self {
        Self::blank(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests", "Too Many Requests")
    }

    /// 429: the month's cap of post reads is reached.
    pub fn usage_capped(app_id: u64) -> Self {
        Self::typed(StatusCode::TOO_MANY_REQUESTS, "usage-capped", "UsageCapExceeded", "Usage cap exceeded: Monthly product cap".to_owned())
            .with("account_id", json!(app_id.to_string()))
            .with("product_name", json!("standard-basic"))
            .with("period", json!("Monthly"))
            .with("scope", json!("Product"))
    }

    /// 404 for a path that X does not have.
    pub fn unknown_path() -> Self {
        Self::blank(StatusCode::NOT_FOUND, "Not Found", "Not Found")
    }

    /// 405.
    pub fn unknown_method() -> Self {
        Self::blank(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed", "Method Not Allowed")
    }

    /// 404 for a post, user or other thing that is not there.
    pub fn not_found(resource_type: &str, parameter: &str, id: &str) -> Self {
        let Value::Object(mut item) = not_found_item(resource_type, parameter, id, ProblemHost::X) else {
            return Self::unknown_path();
        };
        // These three are members of the refusal itself; the rest rides along.
        let (_, _, detail) = (item.remove("type"), item.remove("title"), item.remove("detail"));
        let mut refusal = Self::typed(
            StatusCode::NOT_FOUND,
            "resource-not-found",
            "Not Found Error",
            detail.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned(),
        );
        refusal.more = item;
        refusal.status_in_body = true;
        refusal
    }

    /// 400: one parameter is wrong. `value` is what was sent.
    pub fn invalid(parameter: &str, value: &str, message: &str) -> Self {
        let mut parameters = Map::new();
        parameters.insert(parameter.to_owned(), json!([value]));
        Self::invalid_request().with("errors", json!([{"parameters": parameters, "message": message}]))
    }

    /// 400 without a parameter to blame.
    pub fn invalid_request() -> Self {
        Self::typed(
            StatusCode::BAD_REQUEST,
            "invalid-request",
            "Invalid Request",
            "One or more parameters to your request was invalid.".to_owned(),
        )
    }

    /// 503, as X sends it in its bad hours.
    pub fn unavailable() -> Self {
        Self::blank(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable", "Service Unavailable")
    }

    /// The body.
    pub fn body(&self, host: ProblemHost) -> Value {
        let mut body = self.more.clone();
        body.insert("title".to_owned(), json!(self.title));
        body.insert("detail".to_owned(), json!(self.detail));
        body.insert(
            "type".to_owned(),
            json!(match self.kind {
                Kind::Blank => "about:blank".to_owned(),
                Kind::Slug(slug) => problem_type(host, slug),
            }),
        );
        if self.status_in_body {
            body.insert("status".to_owned(), json!(self.status.as_u16()));
        }
        Value::Object(body)
    }
}

fn problem_type(host: ProblemHost, slug: &str) -> String {
    let host = match host {
        ProblemHost::X => "api.x.com",
        ProblemHost::Twitter => "api.twitter.com",
    };
    format!("https://{host}/2/problems/{slug}")
}

/// One entry of `errors` in a 200 answer: a thing that was asked for and is not there.
pub(crate) fn not_found_item(resource_type: &str, parameter: &str, value: &str, host: ProblemHost) -> Value {
    json!({
        "value": value,
        "detail": format!("Could not find {resource_type} with {parameter}: [{value}]."),
        "title": "Not Found Error",
        "resource_type": resource_type,
        "parameter": parameter,
        "resource_id": value,
        "type": problem_type(host, "resource-not-found"),
    })
}
