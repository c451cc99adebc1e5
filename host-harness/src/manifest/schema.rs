//! JSON Schemas (draft 2020-12) and samples of the records that operations return.

use wit_parser::{EnumCase, Field, Resolve, Type};

use super::connector::Output;
use super::doc::Doc;
use super::json::Json;
use super::literal::literal;
use super::name::snake_case;
use super::shape::{Shape, json_name, optional, shape};

/// What marks a secret in a schema. JSON Schema passes over keywords that begin so.
const SECRET: &str = "x-secret";
/// What stands for a secret in a sample.
const HIDDEN: &str = "...";

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of `ty` and an instance of it.
///
/// Types that a manifest cannot describe become `{}`; [`super::reader`] reports them.
pub(super) fn output(resolve: &Resolve, ty: Type) -> Output {
    let mut members = vec![("$schema".to_owned(), Json::from(DIALECT))];
    if let Json::Object(rest) = schema(resolve, ty) {
        members.extend(rest);
    }
    Output { schema: Json::Object(members), sample: sample(resolve, ty) }
}

fn schema(resolve: &Resolve, ty: Type) -> Json {
    let (_, ty) = optional(resolve, ty);
    let of_type = |name: &str| ("type", Json::from(name));
    match shape(resolve, ty) {
        Ok(Shape::Bool) => Json::object([of_type("boolean")]),
        Ok(Shape::Integer(least, _)) if least < 0 => Json::object([of_type("integer")]),
        Ok(Shape::Integer(..)) => Json::object([of_type("integer"), ("minimum", Json::from(0))]),
        Ok(Shape::Number) => Json::object([of_type("number")]),
        Ok(Shape::Text) => Json::object([of_type("string")]),
        Ok(Shape::Enum(cases)) => {
            let of_cases = |text: fn(&EnumCase) -> String| Json::Array(cases.cases.iter().map(text).map(Json::String).collect());
            Json::object([
                of_type("string"),
                ("enum", of_cases(|case| snake_case(&case.name))),
                // No keyword of JSON Schema, which passes over it; editors and forms show these words.
                ("enumDescriptions", of_cases(|case| Doc::split(case.docs.contents.as_deref()).text)),
            ])
        }
        Ok(Shape::List(element)) => Json::object([of_type("array"), ("items", schema(resolve, element))]),
        Ok(Shape::Record(_, record)) => {
            let properties = record.fields.iter().map(|field| (json_name(field), field_schema(resolve, field))).collect();
            let required =
                record.fields.iter().filter(|field| !optional(resolve, field.ty).0).map(|field| Json::String(json_name(field))).collect();
            Json::object([of_type("object"), ("properties", Json::Object(properties)), ("required", Json::Array(required))])
        }
        Err(_) => Json::Object(Vec::new()),
    }
}

/// The field's words stand before the facts of its type.
fn field_schema(resolve: &Resolve, field: &Field) -> Json {
    let doc = Doc::split(field.docs.contents.as_deref());
    let mut members = vec![("description".to_owned(), Json::String(doc.text.clone()))];
    if let Json::Object(rest) = schema(resolve, field.ty) {
        members.extend(rest);
    }
    if let Some(format) = doc.value("format") {
        members.push(("format".to_owned(), Json::from(format)));
    }
    if doc.has("secret") {
        members.push((SECRET.to_owned(), Json::Bool(true)));
    }
    Json::Object(members)
}

/// An instance made of the examples of all fields. A list has one element.
fn sample(resolve: &Resolve, ty: Type) -> Json {
    let (_, ty) = optional(resolve, ty);
    match shape(resolve, ty) {
        Ok(Shape::Record(_, record)) => Json::Object(
            record
                .fields
                .iter()
                .map(|field| {
                    let doc = Doc::split(field.docs.contents.as_deref());
                    let secret = doc.has("secret").then(|| Json::from(HIDDEN));
                    let example = doc.value("example").and_then(|text| literal(resolve, field.ty, text).ok());
                    let value = secret.or(example).unwrap_or_else(|| sample(resolve, field.ty));
                    (json_name(field), value)
                })
                .collect(),
        ),
        Ok(Shape::List(element)) => match shape(resolve, optional(resolve, element).1) {
            Ok(Shape::Record(..)) => Json::Array(vec![sample(resolve, element)]),
            _ => Json::Array(Vec::new()),
        },
        Ok(Shape::Bool) => Json::Bool(false),
        Ok(Shape::Integer(..) | Shape::Number) => Json::from(0),
        Ok(Shape::Enum(cases)) => cases.cases.first().map_or(Json::Null, |case| Json::String(snake_case(&case.name))),
        Ok(Shape::Text) => Json::from(""),
        Err(_) => Json::Null,
    }
}
