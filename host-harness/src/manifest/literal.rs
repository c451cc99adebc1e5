//! Values that tags give (`@example`, `@default`, `@minimum`), read by the WIT type of their item.

use wit_parser::{Enum, Resolve, Type};

use super::json::Json;
use super::name::snake_case;
use super::shape::{Shape, json_name, optional, shape};

/// Reads a tag's text as a value of `ty`: bare text for strings, numbers, booleans and enum cases, JSON for
/// lists and records.
///
/// # Errors
/// What is wrong with the text and what to write instead.
pub(super) fn literal(resolve: &Resolve, ty: Type, text: &str) -> Result<Json, String> {
    let (_, ty) = optional(resolve, ty);
    match shape(resolve, ty).map_err(|kind| format!("a {kind} has no text form; remove it"))? {
        Shape::Text => Ok(Json::from(text)),
        Shape::Bool => match text {
            "true" => Ok(Json::Bool(true)),
            "false" => Ok(Json::Bool(false)),
            _ => Err(format!("`{text}` is no boolean; write true or false")),
        },
        Shape::Integer(least, greatest) => {
            let number: i128 = text.parse().map_err(|_| format!("`{text}` is no integer; write digits alone"))?;
            integer(number, least, greatest)
        }
        Shape::Number => text
            .parse()
            .ok()
            .and_then(serde_json::Number::from_f64)
            .map(Json::Number)
            .ok_or_else(|| format!("`{text}` is no number; write one such as 1.5")),
        Shape::Enum(cases) => case(cases, text, str::to_owned),
        Shape::List(_) | Shape::Record(..) => {
            let value = serde_json::from_str(text).map_err(|error| format!("the value is not JSON ({error}); write it on one line"))?;
            fit(resolve, ty, &value).map_err(|problem| format!("{problem}; mend the JSON"))
        }
    }
}

/// Checks a JSON value against a type and puts the members of records into the order of WIT.
fn fit(resolve: &Resolve, ty: Type, value: &Json) -> Result<Json, String> {
    let (_, ty) = optional(resolve, ty);
    match (shape(resolve, ty)?, value) {
        (Shape::Text, Json::String(_)) | (Shape::Bool, Json::Bool(_)) | (Shape::Number, Json::Number(_)) => Ok(value.clone()),
        (Shape::Integer(least, greatest), Json::Number(number)) => {
            let number = number.as_i128().ok_or_else(|| format!("{number} is no integer"))?;
            integer(number, least, greatest)
        }
        (Shape::Enum(cases), Json::String(name)) => case(cases, name, snake_case),
        (Shape::List(element), Json::Array(values)) => values
            .iter()
            .enumerate()
            .map(|(index, value)| fit(resolve, element, value).map_err(|problem| format!("element {index}: {problem}")))
            .collect::<Result<_, _>>()
            .map(Json::Array),
        (Shape::Record(_, record), Json::Object(members)) => {
            let mut fitted = Vec::new();
            for field in &record.fields {
                let name = json_name(field);
                match value.get(&name) {
                    Some(value) => {
                        let value = fit(resolve, field.ty, value).map_err(|problem| format!("`{name}`: {problem}"))?;
                        fitted.push((name, value));
                    }
                    None if optional(resolve, field.ty).0 => {}
                    None => return Err(format!("`{name}` is missing")),
                }
            }
            match members.iter().find(|(name, _)| !fitted.iter().any(|(fitted, _)| fitted == name)) {
                Some((name, _)) => Err(format!("there is no field `{name}`")),
                None => Ok(Json::Object(fitted)),
            }
        }
        (expected, value) => Err(format!("{} stands where {} belongs", value.kind(), noun(expected))),
    }
}

fn integer(number: i128, least: i128, greatest: i128) -> Result<Json, String> {
    if number < least || number > greatest {
        return Err(format!("{number} does not fit the type; write a number from {least} to {greatest}"));
    }
    serde_json::Number::from_i128(number).map(Json::Number).ok_or_else(|| format!("{number} is too large for JSON"))
}

/// The case that `name` names, when cases are spelled by `spelling`; in JSON it is in snake case.
fn case(cases: &Enum, name: &str, spelling: fn(&str) -> String) -> Result<Json, String> {
    let names: Vec<_> = cases.cases.iter().map(|c| spelling(&c.name)).collect();
    if names.iter().any(|n| n == name) {
        Ok(Json::String(snake_case(name)))
    } else {
        Err(format!("`{name}` is no case of the enum; write one of {}", names.join(", ")))
    }
}

fn noun(shape: Shape<'_>) -> &'static str {
    match shape {
        Shape::Text | Shape::Enum(_) => "a string",
        Shape::Bool => "a boolean",
        Shape::Integer(..) => "an integer",
        Shape::Number => "a number",
        Shape::List(_) => "an array",
        Shape::Record(..) => "an object",
    }
}
