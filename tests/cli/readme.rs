//! The commands of README.md do what it says.

use crate::program::{root, run, x_connector};

/// The lines of the README's shell blocks that need no account.
fn commands(readme: &str) -> Vec<Vec<String>> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
        } else if inside && (line.starts_with("x-connector --simulate") || line.starts_with("x-connector describe")) {
            found.push(words(line));
        }
    }
    found
}

/// Splits a command as a shell would, as far as the README goes: double quotes, no more.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            other => words.last_mut().expect("one").push(other),
        }
    }
    words
}

#[test]
fn every_command_of_the_readme_runs() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("reads");
    let commands = commands(&readme);
    assert!(commands.len() >= 8, "{commands:?}");
    for command in commands {
        let ran = run(x_connector(&[]).args(&command[1..]).current_dir(root()));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{command:?}: {ran:?}");
    }
}

#[test]
fn the_readme_names_every_operation_and_every_property() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("reads");
    let manifest: serde_json::Value = serde_json::from_str(x_connector_host::MANIFEST).expect("JSON");
    let names = |list: &serde_json::Value, key: &str| -> Vec<String> {
        list.as_array().expect("a list").iter().filter_map(|item| item[key].as_str().map(str::to_owned)).collect()
    };
    let mut wanted = names(&manifest["actions"], "name");
    wanted.extend(names(&manifest["triggers"], "name"));
    wanted.extend(names(&manifest["connection"]["properties"], "environment"));
    for name in wanted {
        assert!(readme.contains(&format!("`{name}`")), "{name}");
    }
}
