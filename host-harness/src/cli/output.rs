//! What the command line prints: JSON for programs, and the same with room and colour on a terminal.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::host::{CallError, HostError};

/// Why a command failed: what is printed on stderr, and the exit code.
#[derive(Debug)]
pub struct Failed {
    pub json: Value,
    pub code: u8,
}

impl Failed {
    /// A call that failed.
    pub fn call(error: &CallError) -> Self {
        Self { json: error.to_json(), code: 1 }
    }

    /// Something about this machine or the files at hand.
    pub fn setup(message: impl Into<String>) -> Self {
        Self::of("setup", "operator", None, message)
    }

    /// A file or argument that cannot be used, found after the command line was read.
    pub fn input(code: &str, field: &str, message: impl Into<String>) -> Self {
        let mut failed = Self::of(code, "author", Some(field), message);
        failed.json["error"]["case"] = "permanent-invalid-input".into();
        failed
    }

    fn of(code: &str, who: &str, field: Option<&str>, message: impl Into<String>) -> Self {
        let mut error = json!({"case": "execution-failed", "code": code, "message": message.into(), "who_must_act": who});
        if let Some(field) = field {
            error["field"] = field.into();
        }
        Self { json: json!({ "error": error }), code: 1 }
    }

    /// Says at which step of a workflow it happened.
    #[must_use]
    pub fn at_step(mut self, name: &str) -> Self {
        self.json["error"]["step"] = name.into();
        self
    }

    /// Prints it and gives the exit code.
    pub fn report(&self) -> ExitCode {
        let stderr = io::stderr();
        let text = render(&self.json, stderr.is_terminal());
        // Where nobody listens, the exit code has to do.
        let _ = writeln!(stderr.lock(), "{text}");
        ExitCode::from(self.code)
    }
}

impl From<HostError> for Failed {
    fn from(error: HostError) -> Self {
        let code = match error {
            HostError::NotWebAssembly | HostError::CoreModule | HostError::Compile(_) => "not-a-component",
            HostError::ImportsNotOffered { .. } | HostError::ImportMismatch(_) => "imports-not-offered",
            HostError::NoOperations | HostError::UnsupportedFunction { .. } => "not-a-connector",
            HostError::Policy(_) => "invalid-allow-host",
            HostError::Engine(_) | HostError::Cache(_) => "setup",
        };
        let field = match code {
            "setup" => None,
            "invalid-allow-host" => Some("--allow-host"),
            _ => Some("--component"),
        };
        Self::of(code, "operator", field, error.to_string())
    }
}

/// Prints a value as one line, or laid out on a terminal.
///
/// # Errors
/// When stdout is closed: what was not read must not count as delivered.
pub fn print(value: &Value) -> Result<(), Failed> {
    let stdout = io::stdout();
    let text = render(value, stdout.is_terminal());
    line(&text)
}

/// Prints a line and makes sure that it is out.
///
/// # Errors
/// When stdout is closed.
pub fn line(text: &str) -> Result<(), Failed> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")
        .and_then(|()| stdout.flush())
        .map_err(|_| Failed::setup("the output could not be written; whoever reads it has gone"))
}

/// Says something about progress, to a person alone.
pub fn note(text: &str) {
    let stderr = io::stderr();
    if stderr.is_terminal() {
        let _ = writeln!(stderr.lock(), "{text}");
    }
}

/// A value as text: on one line, or laid out and coloured.
pub fn render(value: &Value, for_person: bool) -> String {
    if !for_person {
        return value.to_string();
    }
    let mut text = String::new();
    lay_out(value, 0, &Style::of_environment(), &mut text);
    text
}

/// Escape sequences, or nothing where the person wants none (<https://no-color.org>).
struct Style {
    name: &'static str,
    text: &'static str,
    other: &'static str,
    end: &'static str,
}

impl Style {
    fn of_environment() -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if plain {
            Self { name: "", text: "", other: "", end: "" }
        } else {
            Self { name: "\x1b[36m", text: "\x1b[32m", other: "\x1b[33m", end: "\x1b[0m" }
        }
    }
}

fn lay_out(value: &Value, depth: usize, style: &Style, text: &mut String) {
    let indent = |text: &mut String, depth: usize| {
        text.push('\n');
        text.push_str(&"  ".repeat(depth));
    };
    match value {
        Value::Object(members) if !members.is_empty() => {
            text.push('{');
            for (index, (name, member)) in members.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                indent(text, depth + 1);
                text.push_str(&format!("{}{}{}: ", style.name, printable(&Value::from(name.as_str())), style.end));
                lay_out(member, depth + 1, style, text);
            }
            indent(text, depth);
            text.push('}');
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                indent(text, depth + 1);
                lay_out(item, depth + 1, style, text);
            }
            indent(text, depth);
            text.push(']');
        }
        Value::String(_) => text.push_str(&format!("{}{}{}", style.text, printable(value), style.end)),
        other => text.push_str(&format!("{}{other}{}", style.other, style.end)),
    }
}

/// JSON escapes control characters up to U+001F; a terminal also obeys U+0080 to U+009F and DEL.
fn printable(value: &Value) -> String {
    let mut text = String::new();
    for character in value.to_string().chars() {
        if character == '\u{7f}' || ('\u{80}'..='\u{9f}').contains(&character) {
            text.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_gets_one_line_with_sorted_names() {
        let value = json!({"text": "hello", "id": "1", "edit_history_tweet_ids": ["1"]});
        assert_eq!(render(&value, false), r#"{"edit_history_tweet_ids":["1"],"id":"1","text":"hello"}"#);
    }

    #[test]
    fn what_a_person_sees_is_the_same_json_and_moves_no_cursor() {
        let value = json!({"a": [1, {"b": "x\u{1b}[2J\u{9b}"}], "c": {}, "d": []});
        let text = render(&value, true);
        let mut plain = text;
        for escape in ["\x1b[36m", "\x1b[32m", "\x1b[33m", "\x1b[0m"] {
            plain = plain.replace(escape, "");
        }
        assert!(!plain.contains(['\u{1b}', '\u{9b}']));
        assert_eq!(serde_json::from_str::<Value>(&plain).expect("JSON"), value);
    }
}
