//! Checks exchanges with the simulator against X's own `OpenAPI` descriptions, where they are at hand.
//!
//! Two versions count: 2.166 speaks of Tweets, 2.167 of Posts. Paths and bodies must fit both; a query and the answer
//! to it must fit the version whose words the query has.

mod specification;
#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use specification::{Specification, with_x_host};
use x_connector_host::simulator::{Exchange, RecordedBody};

/// What is printed instead of checking.
const SKIPPED: &str = "skipped: ../shared/data is not here";

/// Problem types that X sends and neither description lists.
const UNLISTED: &[&str] = &["https://api.x.com/2/problems/credits"];

/// The checker.
pub struct OpenApi {
    tweets: Specification,
    posts: Specification,
}

impl OpenApi {
    /// The checker, made once per process. `None` where the descriptions are not at hand; that is said once, past the
    /// test runner's capture.
    pub fn load() -> Option<&'static Self> {
        static LOADED: LazyLock<Option<OpenApi>> = LazyLock::new(|| {
            let loaded = OpenApi::read();
            if loaded.is_none() {
                let _ = writeln!(std::io::stderr(), "{SKIPPED}");
            }
            loaded
        });
        LOADED.as_ref()
    }

    fn read() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
        Some(Self { tweets: Specification::load(&folder, "2.166")?, posts: Specification::load(&folder, "2.167")? })
    }

    /// Whether X has this operation, by method and path template.
    pub fn knows(&self, method: &str, template: &str) -> bool {
        [&self.tweets, &self.posts].iter().all(|specification| specification.operation(method, template).is_some())
    }

    /// What is wrong with an exchange: with the answer always, with the request if it was accepted.
    ///
    /// Answers that a fault has damaged are not looked at.
    pub fn violations(&self, exchange: &Exchange) -> Vec<String> {
        // The authorization server is described elsewhere (RFC 5849, 6749), and the balance of credits only since 2.168.
        if !exchange.is_in_openapi() {
            return Vec::new();
        }
        let accepted = exchange.status.is_some_and(|status| status < 300);
        let mut found = Vec::new();
        if accepted && !exchange.fault {
            found.extend(self.request_violations(exchange));
        }
        if !exchange.fault {
            found.extend(self.response_violations(exchange));
        }
        found
    }

    /// What is wrong with a request, accepted or not.
    pub fn request_violations(&self, exchange: &Exchange) -> Vec<String> {
        let Some(template) = exchange.template else {
            return vec![format!("{} {}: no such path", exchange.method, exchange.path)];
        };
        let mut found = Vec::new();
        for specification in [&self.tweets, &self.posts] {
            let report = |what: String| {
                let (method, version) = (&exchange.method, specification.version);
                format!("{method} {template} ({version}): {what}")
            };
            let Some(operation) = specification.operation(&exchange.method, template) else {
                found.push(report("no such operation".to_owned()));
                continue;
            };
            let mut wrong = path_violations(specification, operation, template, &exchange.path);
            let other = match dialect(exchange) {
                Some(Dialect::Tweet) => specification.version == self.posts.version,
                Some(Dialect::Post) => specification.version == self.tweets.version,
                None => false,
            };
            if !other {
                wrong.extend(query_violations(specification, operation, &exchange.query));
            }
            wrong.extend(body_violations(specification, operation, exchange));
            found.extend(wrong.into_iter().map(report));
        }
        found
    }

    fn response_violations(&self, exchange: &Exchange) -> Vec<String> {
        let Some(status) = exchange.status else {
            return Vec::new();
        };
        let RecordedBody::Json(body) = &exchange.response_body else {
            return vec![format!("{} {}: the answer is no JSON", exchange.method, exchange.path)];
        };
        let body = with_x_hosts(body);
        if status >= 400 {
            return self.problem_violations(exchange, &body);
        }
        // Without field names in the query the answer to a read is in the old words.
        let specifications: &[&Specification] = match (exchange.method.as_str(), dialect(exchange)) {
            ("GET", Some(Dialect::Tweet) | None) => &[&self.tweets],
            ("GET", Some(Dialect::Post)) => &[&self.posts],
            _ => &[&self.tweets, &self.posts],
        };
        let mut found = Vec::new();
        for specification in specifications {
            let operation = exchange.template.and_then(|template| specification.operation(&exchange.method, template));
            let schema = operation.and_then(|operation| {
                let response = operation["responses"].get(status.to_string())?;
                Some(&response["content"]["application/json"]["schema"])
            });
            let wrong = match schema {
                Some(schema) => specification.violations(schema, &body),
                None => vec![format!("no answer {status} is described")],
            };
            let (method, path, version) = (&exchange.method, &exchange.path, specification.version);
            found.extend(wrong.into_iter().map(|what| format!("{method} {path} -> {status} ({version}): {what}")));
        }
        found
    }

    /// A refusal is a `Problem` by its type. The versions list different types; each checks those that it lists.
    fn problem_violations(&self, exchange: &Exchange, body: &Value) -> Vec<String> {
        let content_type =
            exchange.response_headers.iter().find(|(name, _)| name == "content-type").map_or("", |(_, value)| value.as_str());
        let mut found = Vec::new();
        if !content_type.starts_with("application/problem+json") {
            found.push(format!("a refusal of type {content_type}"));
        }
        let kind = body["type"].as_str().unwrap_or_default();
        let listed = [&self.tweets, &self.posts].iter().any(|specification| specification.lists_problem(kind));
        if !listed && !UNLISTED.contains(&kind) {
            found.push(format!("no problem type is called {kind:?}"));
        }
        for specification in [&self.tweets, &self.posts] {
            let schema = json!({"$ref": "urn:x#/components/schemas/Problem"});
            found.extend(specification.violations(&schema, body));
        }
        let (method, path) = (&exchange.method, &exchange.path);
        found.into_iter().map(|what| format!("{method} {path} -> {:?}: {what}", exchange.status)).collect()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Dialect {
    Tweet,
    Post,
}

/// Whose words the query has; nothing when both understand it.
fn dialect(exchange: &Exchange) -> Option<Dialect> {
    let mut found = None;
    for (name, value) in &exchange.query {
        let is_list = name == "expansions" || name == "dm_event.fields";
        for word in value.split(',').filter(|_| is_list).chain([name.as_str()]) {
            let last = word.rsplit('.').next().unwrap_or(word);
            match word {
                "post.fields" | "referenced_posts" | "edit_history_post_ids" | "pinned_post_id" | "most_recent_post_id" => {
                    return Some(Dialect::Post);
                }
                "tweet.fields" => found = Some(Dialect::Tweet),
                // 2.167 made expansions of these fields of a message.
                "participant_ids" | "sender_id" if name == "dm_event.fields" => found = Some(Dialect::Tweet),
                _ if last.contains("tweet") || word.starts_with("referenced_tweets") => found = Some(Dialect::Tweet),
                _ => {}
            }
        }
    }
    found
}

fn path_violations(specification: &Specification, operation: &Value, template: &str, path: &str) -> Vec<String> {
    let parameters = specification.parameters(operation, "path");
    let mut found = Vec::new();
    for (expected, segment) in template.split('/').zip(path.split('/')) {
        let name = expected.trim_matches(['{', '}']);
        if name == expected {
            if expected != segment {
                found.push(format!("{path} is not of this path"));
            }
            continue;
        }
        match parameters.get(name) {
            Some(parameter) => {
                found.extend(specification.violations(&parameter["schema"], &json!(segment)));
            }
            None => found.push(format!("no path parameter is called {name}")),
        }
    }
    found
}

fn query_violations(specification: &Specification, operation: &Value, query: &[(String, String)]) -> Vec<String> {
    let parameters = specification.parameters(operation, "query");
    let mut found = Vec::new();
    for (name, value) in query {
        let Some(parameter) = parameters.get(name.as_str()) else {
            found.push(format!("no query parameter is called {name}"));
            continue;
        };
        let schema = specification.resolve(&parameter["schema"]);
        let value = match schema["type"].as_str() {
            Some("array") => value.split(',').map(Value::from).collect(),
            Some("integer") => value.parse::<i64>().map_or(json!(value), Value::from),
            Some("boolean") => value.parse::<bool>().map_or(json!(value), Value::from),
            _ => json!(value),
        };
        let wrong = specification.violations(&parameter["schema"], &value);
        found.extend(wrong.into_iter().map(|what| format!("{name}{what}")));
    }
    for (name, parameter) in &parameters {
        let required = parameter["required"] == true;
        if required && !query.iter().any(|(given, _)| given == name) {
            found.push(format!("the query parameter {name} is missing"));
        }
    }
    found
}

fn body_violations(specification: &Specification, operation: &Value, exchange: &Exchange) -> Vec<String> {
    let described = &operation["requestBody"]["content"];
    let (media_type, value) = match &exchange.request_body {
        RecordedBody::Empty => {
            if described.is_null() {
                return Vec::new();
            }
            return vec!["the body is missing".to_owned()];
        }
        RecordedBody::Json(value) => ("application/json", value.clone()),
        RecordedBody::Multipart(parts) => {
            let mut form = Map::new();
            for part in parts {
                let text = part.text.as_deref().unwrap_or_default();
                let value = text.parse::<bool>().map_or(json!(text), Value::from);
                if form.insert(part.name.clone(), value).is_some() {
                    return vec![format!("the part {} is there twice", part.name)];
                }
            }
            ("multipart/form-data", Value::Object(form))
        }
        RecordedBody::Other { content_type, .. } => {
            return vec![format!("a body of type {content_type:?} is not described")];
        }
    };
    match described.get(media_type) {
        Some(content) => specification.violations(&content["schema"], &value),
        None => vec![format!("no body of type {media_type} is described")],
    }
}

/// The same body with one host in all problem types.
fn with_x_hosts(body: &Value) -> Value {
    match body {
        Value::Object(object) => object
            .iter()
            .map(|(name, value)| match value {
                Value::String(kind) if name == "type" => (name.clone(), json!(with_x_host(kind))),
                _ => (name.clone(), with_x_hosts(value)),
            })
            .collect(),
        Value::Array(items) => items.iter().map(with_x_hosts).collect(),
        other => other.clone(),
    }
}
