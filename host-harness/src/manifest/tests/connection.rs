//! Connection steps and kinds of credential, in the small package and in the real one.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

/// The names of all fields that `schema` marks as secrets, directly or inside another.
fn secrets(schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        if field["x-secret"] == true {
            found.insert(name.clone());
        }
        found.extend(secrets(field));
        found.extend(secrets(&field["items"]));
    }
    found
}

/// Every text that stands under one of `names` in `value`.
fn texts<'v>(value: &'v Value, names: &BTreeSet<String>) -> Vec<&'v str> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match value {
                Value::String(text) if names.contains(name) => vec![text.as_str()],
                other => texts(other, names),
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(|value| texts(value, names)).collect(),
        _ => Vec::new(),
    }
}

fn json(manifest: &Manifest) -> Value {
    serde_json::from_str(&manifest.to_json()).unwrap()
}

#[test]
fn exactly_the_secrets_that_steps_return_are_marked_and_samples_hide_them() {
    let manifest = json(&real());
    let mut all = BTreeSet::new();
    for step in manifest["connection"]["steps"].as_array().unwrap() {
        let secrets = secrets(&step["output"]["schema"]);
        let shown = texts(&step["output"]["sample"], &secrets);
        assert_eq!(shown, vec!["..."; secrets.len()], "{}", step["name"]);
        all.extend(secrets);
    }
    let expected = [
        "access_token",
        "bearer_token",
        "code_verifier",
        "refresh_token",
        "request_token",
        "request_token_secret",
        "token",
        "token_secret",
    ];
    assert!(all.iter().eq(expected), "{all:?}");
    for operation in ["actions", "triggers"].into_iter().flat_map(|kind| manifest[kind].as_array().unwrap()) {
        assert_eq!(secrets(&operation["output"]["schema"]), BTreeSet::new(), "{}", operation["name"]);
    }
}

#[test]
fn secrets_inside_lists_of_records_are_marked_and_hidden() {
    let manifest = json(&Manifest::from_sources(&[("notes.wit", NOTES)]).unwrap());
    let ring = &manifest["connection"]["steps"][1]["output"];
    let secrets = secrets(&ring["schema"]);
    assert!(secrets.iter().eq(["key", "spare_key"]), "{secrets:?}");
    assert_eq!(texts(&ring["sample"], &secrets), ["...", "..."]);
}

#[test]
fn a_package_without_connection_steps_has_an_empty_list_of_them() {
    let (head, rest) = NOTES.split_once("/// How a notebook is connected.").unwrap();
    let (_, world) = rest.split_once("/// The connector.").unwrap();
    let text = format!("{head}/// The connector.{}", world.replace("export connection;", ""));
    let manifest = Manifest::from_sources(&[("notes.wit", text)]).unwrap();
    assert_eq!(manifest.connector.connection.steps, []);
}

#[test]
fn a_connection_of_one_kind_needs_what_that_kind_needs_and_no_more() {
    let addresses = [
        "/// @kind oauth2-authorization-code",
        "/// @kind oauth2-client-credentials",
        "/// @authorize-url https://notes.example/authorize",
        "/// @token-url https://notes.example/token",
        "/// @app-token-url https://notes.example/app-token",
        "/// @pkce S256",
        "/// @for-kind oauth2-authorization-code",
        "/// @for-kind oauth2-client-credentials",
    ];
    let bare = addresses.iter().fold(NOTES.to_owned(), |text, line| text.replacen(line, "///", 1));
    for more in [
        "@kind bearer-token",
        "@kind none",
        "@kind oauth2-client-credentials\n    /// @app-token-url https://notes.example/token",
        "@kind oauth2-authorization-code\n    /// @authorize-url https://notes.example/a\n    /// @token-url https://notes.example/t",
        "@kind oauth1\n    /// @oauth1-request-token-url https://notes.example/r\n    /// @oauth1-authorize-url https://notes.example/a\n    \
         /// @oauth1-access-token-url https://notes.example/t",
    ] {
        let text = bare.replacen("@kind bearer-token", more, 1);
        let manifest = Manifest::from_sources(&[("notes.wit", text)]).unwrap_or_else(|error| panic!("{more}: {error}"));
        assert_eq!(manifest.connector.connection.kinds.len(), 1, "{more}");
        let problems: Vec<_> = schema().iter_errors(&json(&manifest)).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{more}: {problems:?}");
    }
}
