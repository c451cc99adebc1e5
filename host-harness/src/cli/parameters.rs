//! Parameters from the command line: one JSON text, or names and values that are typed by the operation.

use std::io::Read;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::arguments::Parameters;
use super::output::Failed;
use super::setting;
use crate::host::Operation;
use crate::value::{Field, Shape};

impl Parameters {
    /// Puts them together; `--param` goes over `--params`.
    pub fn read(&self, operation: &Operation) -> Result<Value, Failed> {
        let mut parameters = match &self.params {
            None => Map::new(),
            Some(source) => object(&text(source)?)?,
        };
        let mut lists: Map<String, Value> = Map::new();
        for pair in &self.param {
            let (name, value) = pair.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
                Failed::input("invalid-param", "--param", format!("--param has `{pair}`; give NAME=VALUE, such as text=hello"))
            })?;
            let field = operation.parameters().fields.iter().find(|field| field.name.is(name));
            // A name that the operation does not know is refused with the nearest one when the call is checked.
            let Some(field) = field else {
                parameters.insert(name.to_owned(), Value::from(value));
                continue;
            };
            match typed(field, value)? {
                Typed::Whole(value) => {
                    parameters.insert(field.name.json.clone(), value);
                }
                Typed::Item(item) => match lists.entry(field.name.json.clone()).or_insert_with(|| json!([])) {
                    Value::Array(items) => items.push(item),
                    other => *other = item,
                },
            }
        }
        parameters.extend(lists);
        Ok(Value::Object(parameters))
    }
}

enum Typed {
    Whole(Value),
    /// One item of a list, which may be given again.
    Item(Value),
}

fn typed(field: &Field, value: &str) -> Result<Typed, Failed> {
    let shape = match &field.shape {
        Shape::Option(inner) => inner,
        other => other,
    };
    Ok(match shape {
        Shape::String | Shape::Enum(_) | Shape::Char => Typed::Whole(Value::from(value)),
        Shape::List(item) if !value.trim_start().starts_with('[') => Typed::Item(one(item, value, &field.name.json)?),
        Shape::Record(record) if record.is_file_entry && !value.trim_start().starts_with('{') => Typed::Whole(file(value)),
        _ => Typed::Whole(parse(value, &field.name.json)?),
    })
}

fn one(shape: &Shape, value: &str, field: &str) -> Result<Value, Failed> {
    match shape {
        Shape::Record(record) if record.is_file_entry && !value.trim_start().starts_with('{') => Ok(file(value)),
        Shape::String | Shape::Enum(_) => Ok(Value::from(value)),
        _ => parse(value, field),
    }
}

/// A file to attach, from a path or an address.
pub fn file(url: &str) -> Value {
    let mut entry = json!({ "url": url });
    if !url.starts_with("data:")
        && let Some(name) = Path::new(url.split(['?', '#']).next().unwrap_or(url)).file_name()
    {
        entry["name"] = name.to_string_lossy().into();
    }
    entry
}

fn parse(value: &str, field: &str) -> Result<Value, Failed> {
    serde_json::from_str(value).map_err(|_| {
        Failed::input(
            "wrong-type",
            field,
            format!("{field} is `{value}`, which is no JSON; it takes a number, true or false, a list or an object"),
        )
    })
}

/// The JSON text itself, or what is in a file or on stdin.
fn text(source: &str) -> Result<String, Failed> {
    let bytes = match source.strip_prefix('@') {
        Some(path) => setting::read(Path::new(path), "--params")?,
        None if source == "-" => stdin("--params")?,
        None => return Ok(source.to_owned()),
    };
    String::from_utf8(bytes).map_err(|_| Failed::input("not-text", "--params", "--params is no UTF-8 text; save the file as UTF-8"))
}

/// All of stdin.
pub fn stdin(field: &str) -> Result<Vec<u8>, Failed> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).map_err(|error| Failed::input("stdin", field, format!("stdin cannot be read: {error}")))?;
    Ok(bytes)
}

fn object(text: &str) -> Result<Map<String, Value>, Failed> {
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Failed::input("wrong-type", "--params", "--params is no JSON object; give {\"name\": value, ...}")),
        Err(error) => Err(Failed::input("not-json", "--params", format!("--params is no JSON: {error}; give {{\"name\": value, ...}}"))),
    }
}
