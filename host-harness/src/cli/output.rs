//! What the command line prints: JSON for programs, and the same with room and colour on a terminal.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::host::{CallError, HostError};
use crate::http::{Refusal, RefusalKind};
use crate::upload::UploadError;

/// Why a command failed: what is printed on stderr, and the exit code.
#[derive(Debug)]
pub struct Failed {
    pub json: Value,
    pub code: u8,
}

impl Failed {
    /// A call that failed.
    pub fn call(error: &CallError) -> Self {
        let mut failed = Self { json: error.to_json(), code: 1 };
        if let CallError::Connector(failure) = error
            && let Some(option) = failure.refusal().and_then(option)
        {
            failed.json["error"]["message"] = format!("{error}: {option}").into();
        }
        failed
    }

    /// An upload that ended before its end.
    pub fn upload(error: &UploadError) -> Self {
        let mut failed = Self { json: error.to_json(), code: 1 };
        if let UploadError::Failed { error, .. } = error {
            failed.json["error"]["message"] = Self::call(error).message().into();
        }
        failed
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

    /// Something that was refused, with who can put it right.
    pub fn refused(code: &str, who: &str, message: impl Into<String>) -> Self {
        let mut failed = Self::of(code, who, None, message);
        failed.json["error"]["case"] = "permanent-unauthorized".into();
        failed
    }

    /// What happened and what to do next.
    pub fn message(&self) -> String {
        self.json["error"]["message"].as_str().unwrap_or_default().to_owned()
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
        let mut json = self.json.clone();
        // A person copies the command, which the quotes of JSON would spoil.
        let command = json["error"].as_object_mut().filter(|_| stderr.is_terminal()).and_then(|error| error.remove("next_command"));
        let text = render(&json, stderr.is_terminal().then(width));
        // Where nobody listens, the exit code has to do.
        let _ = writeln!(stderr.lock(), "{text}");
        if let Some(command) = command.as_ref().and_then(Value::as_str) {
            note(&format!("\nGo on:  {command}"));
        }
        ExitCode::from(self.code)
    }
}

/// The option that allows a host; an inside address is nothing to open by a copied line.
fn option(refusal: &Refusal) -> Option<String> {
    let rule = refusal.rule.as_deref().filter(|_| refusal.kind == RefusalKind::NotListed)?;
    Some(format!("--allow-host {rule}"))
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
    line(&render(value, room()))
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

/// Millionths of a US dollar, to a tenth of a cent.
pub fn dollars(micro_usd: u64) -> String {
    format!("${}.{:03}", micro_usd / 1_000_000, micro_usd % 1_000_000 / 1_000)
}

/// A text that comes from elsewhere, without what a terminal obeys.
pub fn clean(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

/// Says something about progress, to a person alone.
pub fn note(text: &str) {
    let text: String = text.chars().filter(|character| *character == '\n' || !character.is_control()).collect();
    let stderr = io::stderr();
    if stderr.is_terminal() {
        let _ = writeln!(stderr.lock(), "{text}");
    }
}

/// How many columns a person has on stdout; `None` where a program reads it.
pub fn room() -> Option<usize> {
    io::stdout().is_terminal().then(width)
}

/// The terminal's columns, as far as eyes follow a line.
fn width() -> usize {
    terminal_size::terminal_size().map_or(100, |(columns, _)| usize::from(columns.0)).clamp(40, 120)
}

/// Breaks a text at spaces; further lines begin at column `indent`.
pub fn wrapped(text: &str, indent: usize, room: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().map_or(0, |line| line.chars().count());
        if last > 0 && indent + last + 1 + word.chars().count() > room.max(indent + 20) {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

/// A value as text: on one line, or laid out and coloured for a person who has so many columns.
pub fn render(value: &Value, room: Option<usize>) -> String {
    let Some(room) = room else {
        return value.to_string();
    };
    let mut text = String::new();
    Layout { style: Style::of_environment(), room }.write(value, 0, 0, &mut text);
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

/// Lays out JSON: what fits into the room stays on one line.
struct Layout {
    style: Style,
    room: usize,
}

impl Layout {
    /// Writes a value that stands behind `before` columns on its line.
    fn write(&self, value: &Value, depth: usize, before: usize, text: &mut String) {
        let (open, close) = match value {
            Value::Object(members) if !members.is_empty() => ('{', '}'),
            Value::Array(items) if !items.is_empty() => ('[', ']'),
            other => return self.write_scalar(other, text),
        };
        // The comma behind it needs a column, too.
        if before + flat_length(value) < self.room {
            return self.write_flat(value, text);
        }
        let indent = 2 * (depth + 1);
        let begin = |text: &mut String, is_first: bool| {
            text.push_str(if is_first { "\n" } else { ",\n" });
            text.push_str(&" ".repeat(indent));
        };
        text.push(open);
        match value {
            Value::Object(members) => {
                for (index, (name, member)) in members.iter().enumerate() {
                    begin(text, index == 0);
                    let name = printable(&Value::from(name.as_str()));
                    self.write_coloured(self.style.name, &name, text);
                    text.push_str(": ");
                    self.write(member, depth + 1, indent + name.chars().count() + 2, text);
                }
            }
            _ => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    begin(text, index == 0);
                    self.write(item, depth + 1, indent, text);
                }
            }
        }
        text.push('\n');
        text.push_str(&" ".repeat(indent - 2));
        text.push(close);
    }

    fn write_flat(&self, value: &Value, text: &mut String) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                text.push_str("{ ");
                for (index, (name, member)) in members.iter().enumerate() {
                    text.push_str(if index > 0 { ", " } else { "" });
                    self.write_coloured(self.style.name, &printable(&Value::from(name.as_str())), text);
                    text.push_str(": ");
                    self.write_flat(member, text);
                }
                text.push_str(" }");
            }
            Value::Array(items) => {
                text.push('[');
                for (index, item) in items.iter().enumerate() {
                    text.push_str(if index > 0 { ", " } else { "" });
                    self.write_flat(item, text);
                }
                text.push(']');
            }
            other => self.write_scalar(other, text),
        }
    }

    fn write_scalar(&self, value: &Value, text: &mut String) {
        let colour = if value.is_string() { self.style.text } else { self.style.other };
        self.write_coloured(colour, &printable(value), text);
    }

    fn write_coloured(&self, colour: &str, what: &str, text: &mut String) {
        for part in [colour, what, self.style.end] {
            text.push_str(part);
        }
    }
}

/// How many columns a value takes on one line.
fn flat_length(value: &Value) -> usize {
    let between = |count: usize| 2 * count.saturating_sub(1);
    match value {
        Value::Object(members) if !members.is_empty() => {
            let names = members.keys().map(|name| printable(&Value::from(name.as_str())).chars().count() + 2);
            names.sum::<usize>() + members.values().map(flat_length).sum::<usize>() + between(members.len()) + 4
        }
        Value::Array(items) if !items.is_empty() => items.iter().map(flat_length).sum::<usize>() + between(items.len()) + 2,
        other => printable(other).chars().count(),
    }
}

/// JSON escapes control characters up to U+001F; a terminal also obeys U+0080 to U+009F and DEL.
fn printable(value: &Value) -> String {
    let mut text = String::new();
    for character in value.to_string().chars() {
        if character == '\u{7f}' || ('\u{80}'..='\u{9f}').contains(&character) {
            text.extend(["\\u", &format!("{:04x}", u32::from(character))]);
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
        assert_eq!(render(&value, None), r#"{"edit_history_tweet_ids":["1"],"id":"1","text":"hello"}"#);
    }

    #[test]
    fn what_a_person_sees_is_the_same_json_and_moves_no_cursor() {
        let value = json!({"a": [1, {"b": "x\u{1b}[2J\u{9b}"}], "c": {}, "d": []});
        for room in [10, 25, 100] {
            let plain = without_colours(&render(&value, Some(room)));
            assert!(!plain.contains(['\u{1b}', '\u{9b}']));
            assert_eq!(serde_json::from_str::<Value>(&plain).expect("JSON"), value);
        }
    }

    #[test]
    fn what_fits_on_a_line_stays_on_it() {
        let value =
            json!({"data": {"id": "1", "liked": true}, "receipt": {"charges": [{"count": 1, "item": "post-create"}], "request_id": null}});
        assert_eq!(
            without_colours(&render(&value, Some(66))),
            "{\n  \"data\": { \"id\": \"1\", \"liked\": true },\n  \"receipt\": {\n    \"charges\": [{ \"count\": 1, \"item\": \"post-create\" }],\n    \"request_id\": null\n  }\n}"
        );
        assert!(without_colours(&render(&value, Some(66))).lines().all(|line| line.chars().count() <= 66));
        assert_eq!(render(&value, Some(200)).lines().count(), 1);
    }

    fn without_colours(text: &str) -> String {
        ["\x1b[36m", "\x1b[32m", "\x1b[33m", "\x1b[0m"].iter().fold(text.to_owned(), |text, escape| text.replace(escape, ""))
    }
}
