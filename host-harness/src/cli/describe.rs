//! `x-connector describe`: what an operation wants, gives and costs.

use std::fmt::Write as _;

use serde_json::Value;

use super::arguments::{Describe, Setting};
use super::output::{self, Failed, dollars, line, wrapped};
use super::setting;
use crate::manifest::{Connector, Operation, Property, PropertyType};

pub fn run(_: &Setting, describe: &Describe) -> Result<(), Failed> {
    let manifest = setting::manifest()?;
    let room = output::room().filter(|_| !describe.json);
    match (&describe.operation, room) {
        (None, Some(_)) => line(list(&manifest).trim_end()),
        (None, None) => output::print(&overview(&manifest)),
        (Some(name), Some(room)) => line(page(find(&manifest, name)?, room).trim_end()),
        (Some(name), None) => output::print(&json(find(&manifest, name)?)),
    }
}

fn all(manifest: &Connector) -> impl Iterator<Item = (&'static str, &Operation)> {
    let actions = manifest.actions.iter().map(|operation| ("action", operation));
    actions.chain(manifest.triggers.iter().map(|trigger| ("trigger", &trigger.operation)))
}

fn find<'a>(manifest: &'a Connector, name: &str) -> Result<&'a Operation, Failed> {
    let key = |name: &str| name.rsplit('/').next().unwrap_or(name).replace(['-', '_'], "").to_lowercase();
    all(manifest).map(|(_, operation)| operation).find(|operation| key(&operation.name) == key(name)).ok_or_else(|| {
        let known: Vec<&str> = all(manifest).map(|(_, operation)| operation.name.as_str()).collect();
        Failed::input("unknown-operation", "OPERATION", format!("there is no operation `{name}`; there are {}", known.join(", ")))
    })
}

fn json(operation: &Operation) -> Value {
    serde_json::to_value(operation).unwrap_or_default()
}

fn overview(manifest: &Connector) -> Value {
    all(manifest)
        .map(|(kind, operation)| {
            serde_json::json!({"kind": kind, "name": operation.name, "type": operation.step_type, "title": operation.title, "description": operation.description})
        })
        .collect()
}

fn list(manifest: &Connector) -> String {
    let mut text = String::new();
    let width = all(manifest).map(|(_, operation)| operation.name.len()).max().unwrap_or_default();
    for (kind, operation) in all(manifest) {
        let _ = writeln!(text, "{kind:<8} {:<width$}  {:>9}  {}", operation.name, price(operation), operation.description);
    }
    let _ = writeln!(text, "\nPrices are X's list prices. `x-connector describe NAME` tells more.");
    text
}

/// What a call costs as a rule: the price that is named first.
fn price(operation: &Operation) -> String {
    operation.prices.first().map_or_else(String::new, |price| dollars(price.micro_usd))
}

fn page(operation: &Operation, room: usize) -> String {
    let mut text = format!("{} - {}\n\n{}\n\nParameters\n", operation.name, operation.title, wrapped(&operation.description, 0, room));
    let width = operation.properties.iter().map(|property| property.name.len()).max().unwrap_or_default();
    for property in &operation.properties {
        let need = if property.required { "required" } else { "optional" };
        let head = format!("  {:<width$}  {:<10}  {need}  ", property.name, kind(property));
        let _ = writeln!(text, "{head}{}", wrapped(&property.description, head.len(), room));
        for more in [choices(property), bounds(property)].into_iter().filter(|more| !more.is_empty()) {
            let _ = writeln!(text, "{:<indent$}{}", "", wrapped(&more, head.len(), room), indent = head.len());
        }
    }
    let _ = writeln!(text, "\nAt X");
    for call in &operation.x_operations {
        let (method, path) = call.split_once(' ').unwrap_or(("", call));
        let _ = writeln!(text, "  {method:<6}  {path}");
    }
    let _ = writeln!(text, "  scopes  {}", wrapped(&operation.scopes.join(" "), 10, room));
    let _ = writeln!(text, "\nList price");
    let width = operation.prices.iter().map(|price| price.item.len()).max().unwrap_or_default();
    for price in &operation.prices {
        let _ = writeln!(text, "  {:<width$}  {}", price.item, dollars(price.micro_usd));
    }
    let _ = writeln!(text, "\nOutput, for example");
    let sample = serde_json::to_value(&operation.output.sample).unwrap_or_default();
    for part in output::render(&sample, Some(room - 2)).lines() {
        let _ = writeln!(text, "  {part}");
    }
    let _ = writeln!(text, "\nTry it, simulated\n  {}", attempt(operation));
    text
}

/// A command that runs the operation against the simulator.
fn attempt(operation: &Operation) -> String {
    let sample = serde_json::to_value(&operation.output.sample).unwrap_or_default();
    let command = if sample.get("cursor").is_some() { "poll" } else { "call" };
    let mut text = format!("x-connector --simulate {command} {}", operation.name);
    let given = operation.properties.iter().enumerate().filter(|(index, property)| property.required || *index == 0);
    for (_, property) in given {
        let example = serde_json::to_value(&property.example).unwrap_or_default();
        let value = example.as_str().unwrap_or("...");
        let quote = if value.contains(|character: char| !character.is_ascii_alphanumeric()) { "'" } else { "" };
        let _ = write!(text, " --param {}={quote}{value}{quote}", property.name);
    }
    text
}

/// The values that may be chosen, with what they mean.
fn choices(property: &Property) -> String {
    let PropertyType::String { options } = &property.value else { return String::new() };
    options.iter().map(|option| format!("{}: {}", option.value, option.description)).collect::<Vec<_>>().join(" ")
}

/// What holds when nothing is given, and from where to where it goes.
fn bounds(property: &Property) -> String {
    let limits = serde_json::to_value(&property.limits).unwrap_or_default();
    let number = |name: &str| limits.get(name).filter(|value| !value.is_null());
    let range = match (number("minimum"), number("maximum")) {
        (Some(minimum), Some(maximum)) => format!("{minimum} to {maximum}."),
        _ => String::new(),
    };
    let default = match serde_json::to_value(&property.default).unwrap_or_default() {
        Value::Null => String::new(),
        Value::String(text) => format!("Default: {text}."),
        other => format!("Default: {other}."),
    };
    [range, default].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn kind(property: &Property) -> &'static str {
    match property.value {
        PropertyType::String { .. } => "STRING",
        PropertyType::Integer => "INTEGER",
        PropertyType::Number => "NUMBER",
        PropertyType::Boolean => "BOOLEAN",
        PropertyType::Array { .. } => "ARRAY",
        PropertyType::Object { .. } => "OBJECT",
        PropertyType::FileEntry { .. } => "FILE_ENTRY",
    }
}
