//! `x-connector describe`: what an operation wants, gives and costs.

use std::fmt::Write as _;
use std::io::IsTerminal;

use serde_json::Value;

use super::arguments::{Describe, Setting};
use super::output::{self, Failed, line};
use super::setting;
use crate::manifest::{Connector, Operation, Property, PropertyType};

pub fn run(_: &Setting, describe: &Describe) -> Result<(), Failed> {
    let manifest = setting::manifest()?;
    let for_person = std::io::stdout().is_terminal() && !describe.json;
    match &describe.operation {
        None if for_person => line(list(&manifest).trim_end())?,
        None => output::print(&overview(&manifest))?,
        Some(name) => {
            let operation = find(&manifest, name)?;
            if for_person { line(page(operation).trim_end())? } else { output::print(&json(operation))? }
        }
    }
    Ok(())
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

fn dollars(micro_usd: u64) -> String {
    format!("${}.{:03}", micro_usd / 1_000_000, micro_usd % 1_000_000 / 1_000)
}

fn page(operation: &Operation) -> String {
    let mut text = format!("{} - {}\n{}\n\nParameters\n", operation.name, operation.title, operation.description);
    let width = operation.properties.iter().map(|property| property.name.len()).max().unwrap_or_default();
    for property in &operation.properties {
        let need = if property.required { "required" } else { "optional" };
        let _ = writeln!(text, "  {:<width$}  {:<10}  {need}  {}", property.name, kind(property), property.description);
    }
    let _ = writeln!(text, "\nAt X");
    for call in &operation.x_operations {
        let _ = writeln!(text, "  {call}");
    }
    let _ = writeln!(text, "  scopes: {}", operation.scopes.join(" "));
    let _ = writeln!(text, "\nList price");
    let width = operation.prices.iter().map(|price| price.item.len()).max().unwrap_or_default();
    for price in &operation.prices {
        let _ = writeln!(text, "  {:<width$}  {}", price.item, dollars(price.micro_usd));
    }
    let _ = writeln!(text, "\nOutput, for example");
    let sample = serde_json::to_value(&operation.output.sample).unwrap_or_default();
    for part in output::render(&sample, true).lines() {
        let _ = writeln!(text, "  {part}");
    }
    text
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
