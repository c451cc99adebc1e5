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
    /// No problem at all, but a number and a sentence as version 1.1 of the API had them.
    Legacy(u32),
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

    fn legacy(status: StatusCode, code: u32, message: &str) -> Self {
        Self { kind: Kind::Legacy(code), ..Self::blank(status, "", message) }
    }

    /// 401 for a signature that does not fit, whatever the reason.
    pub fn could_not_authenticate() -> Self {
        Self::legacy(StatusCode::UNAUTHORIZED, 32, "Could not authenticate you.")
    }

    /// 401 for an OAuth 1.0a token that X does not know, or not any more.
    pub fn invalid_token() -> Self {
        Self::legacy(StatusCode::UNAUTHORIZED, 89, "Invalid or expired token.")
    }

    /// 401 for a signature of another time.
    pub fn timestamp_out_of_bounds() -> Self {
        Self::legacy(StatusCode::UNAUTHORIZED, 135, "Timestamp out of bounds.")
    }

    /// 403 for an address that is not registered for the app.
    pub fn callback_not_approved() -> Self {
        Self::legacy(
            StatusCode::FORBIDDEN,
            415,
            "Callback URL not approved for this client application. Approved callback URLs can be adjusted in your application settings",
        )
    }

    /// 400 for a parameter of OAuth 1.0a that is not there, or there twice. The code is X's for a missing parameter.
    pub fn wrong_parameter(name: &str) -> Self {
        Self::legacy(StatusCode::BAD_REQUEST, 38, &format!("{name} parameter is missing or repeated."))
    }

    /// 403 for an app-only token by wrong keys.
    pub fn unable_to_verify() -> Self {
        Self::legacy(StatusCode::FORBIDDEN, 99, "Unable to verify your credentials").labelled("authenticity_token_error")
    }

    /// 403 for an app-only token without the right grant type.
    pub fn missing_grant_type() -> Self {
        Self::legacy(StatusCode::FORBIDDEN, 170, "Missing required parameter: grant_type").labelled("forbidden_missing_parameter")
    }

    fn labelled(self, label: &str) -> Self {
        self.with("label", json!(label))
    }

    /// 403 for a signed call that the app's permissions do not cover.
    pub fn oauth1_permissions() -> Self {
        let detail = "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.";
        let mut refusal = Self::typed(StatusCode::FORBIDDEN, "oauth1-permissions", "Forbidden", detail.to_owned());
        refusal.status_in_body = true;
        refusal
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

    /// 403 for a kind of credential that the endpoint does not take.
    pub fn unsupported_authentication(given: &str, supported: &str) -> Self {
        let mut refusal = Self::typed(
            StatusCode::FORBIDDEN,
            "unsupported-authentication",
            "Unsupported Authentication",
            format!("Authenticating with {given} is forbidden for this endpoint.  Supported authentication types are [{supported}]."),
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

    /// 413: a segment is larger than X takes.
    pub fn too_large() -> Self {
        Self::blank(StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large", "Payload Too Large")
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

    /// Whether it is a problem of RFC 7807, and not of the kind that came before.
    pub fn is_problem(&self) -> bool {
        !matches!(self.kind, Kind::Legacy(_))
    }

    /// The body.
    pub fn body(&self, host: ProblemHost) -> Value {
        let mut body = self.more.clone();
        if let Kind::Legacy(code) = self.kind {
            body.insert("code".to_owned(), json!(code));
            body.insert("message".to_owned(), json!(self.detail));
            return json!({"errors": [body]});
        }
        body.insert("title".to_owned(), json!(self.title));
        body.insert("detail".to_owned(), json!(self.detail));
        body.insert(
            "type".to_owned(),
            json!(match self.kind {
                Kind::Blank | Kind::Legacy(_) => "about:blank".to_owned(),
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
