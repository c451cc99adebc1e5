//! One version of X's `OpenAPI` description, made into JSON Schemas that a validator can use.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Map, Value, json};

/// Where the document lives inside the validator.
const DOCUMENT: &str = "urn:x";

/// A version of the description.
pub struct Specification {
    /// `2.166` or `2.167`.
    pub version: &'static str,
    document: Value,
    problem_types: Vec<String>,
    registry: Registry<'static>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Specification {
    /// Reads `x-openapi-VERSION.json` from the folder.
    pub fn load(folder: &Path, version: &'static str) -> Option<Self> {
        let bytes = std::fs::read(folder.join(format!("x-openapi-{version}.json"))).ok()?;
        let document = serde_json::from_slice(&bytes).expect("the description is JSON");
        Some(Self::new(document, version))
    }

    fn new(mut document: Value, version: &'static str) -> Self {
        mend(&mut document);
        let shared = bases(&document);
        let problem_types = rewrite_problems(&mut document);
        for (name, schema) in components(&mut document) {
            close(schema, shared.contains(name));
        }
        to_json_schema(&mut document);
        let registry = Registry::new()
            .draft(Draft::Draft202012)
            .add(DOCUMENT, document.clone())
            .expect("the description can be referred to")
            .prepare()
            .expect("all references lead somewhere");
        Self { version, document, problem_types, registry, validators: Mutex::default() }
    }

    /// The operation of this method and path template.
    pub fn operation(&self, method: &str, template: &str) -> Option<&Value> {
        self.document["paths"].get(template)?.get(method.to_lowercase())
    }

    /// The operation's parameters of one place (`path`, `query`) by name.
    pub fn parameters<'a>(&'a self, operation: &'a Value, place: &str) -> HashMap<&'a str, &'a Value> {
        let listed = operation["parameters"].as_array().into_iter().flatten();
        listed
            .map(|parameter| self.resolve(parameter))
            .filter(|parameter| parameter["in"] == place)
            .filter_map(|parameter| Some((parameter["name"].as_str()?, parameter)))
            .collect()
    }

    /// What a reference leads to.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        value["$ref"]
            .as_str()
            .and_then(|reference| reference.strip_prefix("urn:x#"))
            .and_then(|pointer| self.document.pointer(pointer))
            .unwrap_or(value)
    }

    /// Whether it names this problem type (with the host api.x.com).
    pub fn lists_problem(&self, kind: &str) -> bool {
        self.problem_types.iter().any(|listed| listed == kind)
    }

    /// What does not fit the schema.
    pub fn violations(&self, schema: &Value, value: &Value) -> Vec<String> {
        let key = schema.to_string();
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let validator = validators.entry(key).or_insert_with(|| {
            let options = jsonschema::options()
                .with_draft(Draft::Draft202012)
                .with_registry(&self.registry)
                .should_validate_formats(true)
                .should_ignore_unknown_formats(true);
            Arc::new(options.build(schema).expect("the schema is a schema"))
        });
        let validator = Arc::clone(validator);
        drop(validators);
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }
}

fn components(document: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    document["components"]["schemas"].as_object_mut().into_iter().flatten()
}

/// Where the description is known to be wrong, or behind what X has been seen to answer.
fn mend(document: &mut Value) {
    // 2.166 requires members `meta` and `type` that it does not declare and that X does not send.
    for (name, member) in [("MediaUploadResponse", "meta"), ("MediaUploadAppendResponse", "meta"), ("ProcessingInfo", "type")] {
        if let Some(schema) = document.pointer_mut(&format!("/components/schemas/{name}"))
            && schema["properties"].get(member).is_none()
            && let Some(schema) = schema.as_object_mut()
        {
            schema.remove("required");
        }
    }
    // 2.167 forgets that a number in a form is text, and calls a list an object.
    for (place, member, schema) in [
        (
            "AppendMediaUploadRequest",
            "segment_index",
            json!({"oneOf": [
                {"type": "integer", "minimum": 0, "maximum": 999},
                {"type": "string", "pattern": "^[0-9]{1,3}$"},
            ]}),
        ),
        ("CreateMediaSubtitlesResponseData", "associated_subtitles", json!({"type": "array", "minItems": 1})),
    ] {
        if let Some(Value::Object(properties)) = document.pointer_mut(&format!("/components/schemas/{place}/properties")) {
            properties.insert(member.to_owned(), schema);
        }
    }
    let seen = [
        // The ids of all versions are answered under the old name, whatever the dialect.
        ("TweetCreateResponse/properties/data", "edit_history_tweet_ids"),
        ("CreatePostsResponseData", "edit_history_tweet_ids"),
        // The reposted post's id has one name in 2.166 and another in 2.167.
        ("UsersRetweetsCreateResponse/properties/data", "rest_id"),
        ("RepostPostResponseData", "id"),
        // 2.167 tells the image's size.
        ("MediaUploadResponse/properties/data", "image"),
    ];
    for (place, member) in seen {
        let pointer = format!("/components/schemas/{place}/properties");
        if let Some(Value::Object(properties)) = document.pointer_mut(&pointer) {
            properties.entry(member).or_insert(json!({}));
        }
    }
}

/// The schemas that others build upon; closing them would close the others.
fn bases(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                if key == "allOf" {
                    let references = inner.as_array().into_iter().flatten();
                    let names = references.filter_map(|item| item["$ref"].as_str()?.rsplit('/').next());
                    found.extend(names.map(str::to_owned));
                }
                found.extend(bases(inner));
            }
        }
        Value::Array(items) => found.extend(items.iter().flat_map(bases)),
        _ => {}
    }
    found
}

/// Lets no member through that the description does not name: an invented field of the simulator has to show.
fn close(schema: &mut Value, open: bool) {
    let Value::Object(object) = schema else {
        return;
    };
    if object.contains_key("properties") && !object.contains_key("additionalProperties") && !open {
        object.insert("additionalProperties".to_owned(), json!(false));
    }
    for (key, inner) in object {
        match (key.as_str(), inner) {
            ("properties", Value::Object(properties)) => {
                for inner in properties.values_mut() {
                    close(inner, false);
                }
            }
            ("items", inner) => close(inner, false),
            ("allOf" | "anyOf" | "oneOf", Value::Array(choices)) => {
                for inner in choices {
                    close(inner, true);
                }
            }
            _ => {}
        }
    }
}

/// Makes `Problem` choose by its type, as the discriminator says: types that the description does not list are problems
/// by their base alone. The members of problems stay open: X sends more than the description has.
/// Returns the listed types.
fn rewrite_problems(document: &mut Value) -> Vec<String> {
    let mapping = document.pointer("/components/schemas/Problem/discriminator/mapping");
    let mapping = mapping.and_then(Value::as_object).cloned().unwrap_or_default();
    let types = mapping.keys().map(|kind| with_x_host(kind)).collect();
    let mut base = json!({
        "type": "object",
        "required": ["type", "title"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "detail": {"type": "string"},
            "status": {"type": "integer"},
        },
        "additionalProperties": true,
    });
    for (name, schema) in components(document) {
        if name.ends_with("Problem") {
            rename_base(schema);
            open(schema);
        }
    }
    let schemas = &mut document["components"]["schemas"];
    schemas["ProblemBase"] = base.clone();
    base["allOf"] = mapping
        .into_iter()
        .map(|(kind, schema)| {
            json!({
                "if": {"required": ["type"], "properties": {"type": {"const": with_x_host(&kind)}}},
                "then": {"$ref": schema},
            })
        })
        .collect();
    schemas["Problem"] = base;
    types
}

fn rename_base(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            for (key, inner) in object {
                match inner {
                    Value::String(text) if key == "$ref" && text.ends_with("/Problem") => {
                        text.push_str("Base");
                    }
                    Value::Array(items) if key == "enum" => {
                        for item in items {
                            if let Value::String(text) = item {
                                *text = with_x_host(text);
                            }
                        }
                    }
                    _ => rename_base(inner),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                rename_base(item);
            }
        }
        _ => {}
    }
}

fn open(schema: &mut Value) {
    if let Value::Object(object) = schema
        && object.contains_key("properties")
    {
        object.insert("additionalProperties".to_owned(), json!(true));
    }
}

/// Both hosts are alive in problem types; they mean the same.
pub fn with_x_host(kind: &str) -> String {
    kind.replace("https://api.twitter.com/", "https://api.x.com/")
}

/// `OpenAPI` 3.0 writes some things otherwise than JSON Schema does.
fn to_json_schema(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if object.get("nullable") == Some(&json!(true)) {
                nullable(object);
            }
            for (key, inner) in object {
                match inner {
                    Value::String(reference) if key == "$ref" && reference.starts_with('#') => {
                        reference.insert_str(0, DOCUMENT);
                    }
                    _ => to_json_schema(inner),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                to_json_schema(item);
            }
        }
        _ => {}
    }
}

fn nullable(schema: &mut Map<String, Value>) {
    if let Some(Value::String(kind)) = schema.get("type") {
        let kinds = json!([kind, "null"]);
        schema.insert("type".to_owned(), kinds);
    }
    if let Some(Value::Array(allowed)) = schema.get_mut("enum") {
        allowed.push(Value::Null);
    }
}
