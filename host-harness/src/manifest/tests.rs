//! The manifest of a small package, all its faults, and the real `wit/`.

mod connection;
mod faults;

use std::path::PathBuf;

use super::*;

const NOTES: &str = include_str!("tests/notes.wit");

fn root(path: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", path].iter().collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root(path)).unwrap()
}

fn real() -> Manifest {
    Manifest::from_directory(&root("wit")).unwrap_or_else(|error| panic!("{error}"))
}

/// The faults of the small package after `from` became `to`.
fn faults(from: &str, to: &str) -> Vec<String> {
    assert!(NOTES.contains(from), "notes.wit has no `{from}`");
    match Manifest::from_sources(&[("notes.wit", NOTES.replacen(from, to, 1))]) {
        Err(ManifestError::Faults(faults)) => faults.iter().map(ToString::to_string).collect(),
        Err(error) => vec![error.to_string()],
        Ok(_) => Vec::new(),
    }
}

fn schema() -> jsonschema::Validator {
    jsonschema::validator_for(&serde_json::from_str(&read("connector.schema.json")).unwrap()).unwrap()
}

#[test]
fn the_small_package_gives_the_golden_manifest() {
    let manifest = Manifest::from_sources(&[("notes.wit", NOTES)]).unwrap();
    let golden = include_str!("tests/notes.json");
    check(golden, &manifest.to_json()).unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn a_manifest_reads_back_what_it_wrote() {
    for manifest in [Manifest::from_sources(&[("notes.wit", NOTES)]).unwrap(), real()] {
        let read: Connector = serde_json::from_str(&manifest.to_json()).unwrap();
        assert_eq!(read, manifest.connector);
    }
}

#[test]
fn the_order_of_files_does_not_matter() {
    let (head, triggers) = NOTES.split_once("/// What can start a workflow.").unwrap();
    let (head, actions) = head.split_once("/// What a workflow can do.").unwrap();
    let mut files = [("types.wit", head), ("actions.wit", actions), ("triggers.wit", triggers)];
    let forward = Manifest::from_sources(&files).unwrap().to_json();
    files.reverse();
    assert_eq!(Manifest::from_sources(&files).unwrap().to_json(), forward);
}

#[test]
fn each_fault_names_item_tag_and_remedy() {
    for (from, to, fault) in faults::FAULTS {
        let found = faults(from, to);
        assert!(found.iter().any(|line| line.contains(fault)), "`{from}` as `{to}`: no `{fault}` in {found:#?}");
    }
}

#[test]
fn all_faults_are_shown_together_in_the_order_of_the_file_and_once_each() {
    let text = NOTES.replacen("@effect write", "@effect wirte", 1).replacen("@title URL", "@titel URL", 1).replacen(
        "@example c1",
        "@exampel c1",
        1,
    );
    let error = Manifest::from_sources(&[("wit/notes.wit", text)]).unwrap_err();
    let text = error.to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "the WIT files have 4 faults:");
    assert!(lines[1].starts_with("  wit/notes.wit:51:9: field `url` of `file-entry`, @titel: "), "{text}");
    assert!(lines[2].contains("field `url` of `file-entry`, @title: the tag is missing"), "{text}");
    assert!(lines[3].contains("function `write-note`, @effect"), "{text}");
    assert!(lines[4].contains("field `cursor` of `new-note-output`, @exampel"), "{text}");
}

#[test]
fn a_directory_that_is_absent_or_has_no_wit_is_named() {
    let absent = Manifest::from_directory(&root("no-such-directory")).unwrap_err();
    assert!(absent.to_string().contains("no-such-directory"), "{absent}");
    let empty = Manifest::from_directory(&root(".")).unwrap_err();
    assert!(empty.to_string().starts_with("no .wit file in"), "{empty}");
    let nothing: [(&str, &str); 0] = [];
    assert!(matches!(Manifest::from_sources(&nothing), Err(ManifestError::Empty(_))));
}

#[test]
fn every_sample_and_example_of_the_real_package_fits_what_is_said_about_it() {
    let connector = real().connector;
    let outputs = connector
        .actions
        .iter()
        .chain(connector.triggers.iter().map(|trigger| &trigger.operation))
        .map(|operation| (&operation.name, &operation.output))
        .chain(connector.triggers.iter().map(|trigger| (&trigger.operation.name, &trigger.item)))
        .chain(connector.connection.steps.iter().map(|step| (&step.name, &step.output)))
        .chain(connector.problem.iter().map(|problem| (&connector.name, problem)));
    for (name, output) in outputs {
        let schema = serde_json::to_value(&output.schema).unwrap();
        let sample = serde_json::to_value(&output.sample).unwrap();
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        let problems: Vec<_> = validator.iter_errors(&sample).map(|e| e.to_string()).collect();
        assert!(problems.is_empty(), "{name}: {problems:?}");
    }
    let properties = connector
        .actions
        .iter()
        .flat_map(|operation| &operation.properties)
        .chain(connector.connection.steps.iter().flat_map(|step| &step.properties))
        .chain(connector.connection.properties.iter().map(|property| &property.property));
    for property in properties {
        let (Some(limits), Some(example)) = (&property.limits, &property.example) else {
            continue;
        };
        if let Some(pattern) = &limits.pattern {
            let schema = serde_json::json!({ "pattern": pattern });
            let example = serde_json::to_value(example).unwrap();
            assert!(jsonschema::is_valid(&schema, &example), "{}", property.name);
        }
    }
}

#[test]
fn the_committed_manifest_is_what_the_real_package_gives() {
    check(&read("connector.json"), &real().to_json()).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn the_json_schema_accepts_both_manifests() {
    for text in [real().to_json(), include_str!("tests/notes.json").to_owned()] {
        let value = serde_json::from_str(&text).unwrap();
        let problems: Vec<_> = schema().iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(problems.is_empty(), "{problems:#?}");
    }
}

#[test]
fn the_json_schema_refuses_a_broken_manifest() {
    let schema = schema();
    let whole: serde_json::Value = serde_json::from_str(&real().to_json()).unwrap();
    for (pointer, value) in [
        ("", serde_json::json!({})),
        ("/schema_version", serde_json::json!(2)),
        ("/title", serde_json::json!("")),
        ("/connection", serde_json::json!({"kinds": []})),
        ("/connection/token_url", serde_json::json!("http://example.com")),
        ("/connection/kinds", serde_json::json!(["OAUTH1"])),
        ("/connection/kinds", serde_json::json!(["OAUTH2_AUTHORIZATION_CODE", "OAUTH1"])),
        ("/connection/oauth1_authorize_url", serde_json::json!("http://example.com")),
        ("/connection/properties/1/control", serde_json::json!("TEXT")),
        ("/connection/properties/0/kinds", serde_json::json!([])),
        ("/connection/properties/0/kinds", serde_json::json!(["TICKET"])),
        ("/connection/steps", serde_json::json!(null)),
        ("/connection/steps/0/extra", serde_json::json!(1)),
        ("/connection/steps/0/name", serde_json::json!("authorization-url")),
        ("/connection/steps/0/reads/0", serde_json::json!("client_id")),
        ("/connection/steps/1/reads_once", serde_json::json!(["X_CODE", "X_CODE"])),
        ("/connection/steps/1/output/schema/properties/access_token/x-secret", serde_json::json!(false)),
        ("/connection/steps/1/output/schema/properties/expires_in/x-secret", serde_json::json!(true)),
        ("/connection/properties/0/extra", serde_json::json!(1)),
        ("/actions/0/effect", serde_json::json!("writes")),
        ("/actions/0/extra", serde_json::json!(1)),
        ("/actions/0/x_operations/0", serde_json::json!("POST")),
        ("/actions/0/prices/0/micro_usd", serde_json::json!(1.5)),
        ("/actions/0/properties/0/type", serde_json::json!("TEXT")),
        ("/actions/0/properties/0/items", serde_json::json!({"type": "STRING"})),
        ("/actions/0/properties/0/label", serde_json::json!("")),
        ("/actions/0/output/schema/type", serde_json::json!("text")),
        ("/actions/0/errors", serde_json::json!([])),
        ("/triggers/0/kind", serde_json::json!("WEBHOOK")),
        ("/triggers/0/interval_seconds", serde_json::json!(0)),
    ] {
        let mut broken = whole.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
        match broken.pointer_mut(parent).unwrap() {
            serde_json::Value::Object(members) if !pointer.is_empty() => {
                members.insert(name.to_owned(), value);
            }
            serde_json::Value::Array(values) => values[name.parse::<usize>().unwrap()] = value,
            other => *other = value,
        }
        assert!(!schema.is_valid(&broken), "{pointer}");
    }
}
