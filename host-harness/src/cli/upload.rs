//! `x-connector upload`: one file, of any size, until X has it ready.

pub mod arguments;
mod bar;

use std::path::Path;
use std::pin::pin;

use serde_json::{Value, json};

use super::arguments::Setting;
use super::ends::Ends;
use super::output::{self, Failed};
use super::parameters::file;
use super::stored::moment;
use crate::host::OperationKind;
use crate::upload::{Upload, UploadError};
use arguments::Upload as Arguments;
use bar::Bar;

pub async fn run(setting: &Setting, arguments: Arguments) -> Result<(), Failed> {
    let session = setting.session().await?;
    let operation = session.operation("uploadMedia", OperationKind::Action)?;
    let parameters = parameters(&arguments);
    let mut bar = Bar::new(parameters["file"]["name"].as_str().unwrap_or("the file"));
    let upload = Upload::new(session.call(operation).parameters(parameters));
    let (progress, stop) = (upload.progress(), upload.stop());
    let mut ends = Ends::listen()?;
    let mut ticks = tokio::time::interval(bar::INTERVAL);
    let mut running = pin!(upload.run(|call| session.run(call)));
    let ended = loop {
        tokio::select! {
            biased;
            ended = &mut running => break ended,
            // The first signal asks the call how far it came, the second one does not wait for that.
            () = ends.come() => {
                if stop.is_stopped() {
                    break Err(UploadError::Stopped { resume: progress.snapshot().resume });
                }
                stop.stop();
            }
            _ = ticks.tick() => bar.show(&progress.snapshot()),
        }
    };
    bar.clear();
    let mut output = ended.map_err(|error| failed(&error, setting.simulate))?;
    let url = format!("media-id:{}", output.pointer("/data/id").and_then(Value::as_str).unwrap_or_default());
    match output::room().filter(|_| !arguments.json) {
        Some(_) => output::line(&page(&url, &output, &arguments, setting.simulate)),
        None => {
            output["url"] = url.into();
            output::print(&output)
        }
    }
}

fn parameters(arguments: &Arguments) -> Value {
    let mut entry = file(&arguments.file);
    // A colon would make a scheme of what stands before it.
    if arguments.file.contains(':') && Path::new(&arguments.file).is_relative() && Path::new(&arguments.file).is_file() {
        entry["url"] = format!("./{}", arguments.file).into();
    }
    if let Some(text) = &arguments.alt_text {
        entry["alt_text"] = text.as_str().into();
    }
    if !arguments.subtitles.is_empty() {
        entry["subtitles"] = arguments.subtitles.iter().map(arguments::Subtitles::to_json).collect();
    }
    json!({ "file": entry, "category": arguments.category, "shared": arguments.shared.then_some(true), "resume": arguments.resume })
}

/// What a person reads: what the media is called, and what to do with it.
fn page(url: &str, output: &Value, arguments: &Arguments, simulated: bool) -> String {
    let mut page = output::clean(url);
    if let Some(seconds) = output.pointer("/data/expires_at").and_then(Value::as_u64) {
        page.push_str(&format!("\n\nX forgets it at {} unless it is used.", moment(seconds.saturating_mul(1_000))));
    }
    let next = match arguments.category.as_deref().unwrap_or_default() {
        category if category.starts_with("dm") => {
            format!("call sendDirectMessage --param username=NAME --param text=TEXT --param media={url}")
        }
        "subtitles" => format!("upload VIDEO --subtitles en={url}"),
        _ => format!("call createPost --param text=TEXT --param media={url}"),
    };
    if !simulated {
        page.push_str(&format!("\nUse it:  x-connector {}", output::clean(&next)));
    }
    page
}

/// The error, with the command that goes on where one can.
fn failed(error: &UploadError, simulated: bool) -> Failed {
    let mut failed = Failed::upload(error);
    // A simulator in this process is gone with it.
    if let Some(resume) = error.resume().filter(|_| !simulated) {
        failed.json["error"]["next_command"] = go_on(std::env::args().skip(1), resume).into();
    }
    failed
}

/// This command once more, with a token to go on by.
fn go_on(arguments: impl Iterator<Item = String>, resume: &str) -> String {
    let mut words = vec!["x-connector".to_owned()];
    let mut is_old_token = false;
    let mut arguments = arguments.peekable();
    // What follows two hyphens is no option, whatever it looks like.
    while let Some(argument) = arguments.next_if(|argument| is_old_token || argument != "--") {
        let skipped = is_old_token || argument == "--resume" || argument.starts_with("--resume=");
        is_old_token = !is_old_token && argument == "--resume";
        if !skipped {
            words.push(quoted(&argument));
        }
    }
    words.push(format!("--resume {}", quoted(resume)));
    words.extend(arguments.map(|argument| quoted(&argument)));
    words.join(" ")
}

/// A word as a POSIX shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_that_goes_on_is_this_one_with_the_new_token() {
        let told = |arguments: &[&str]| go_on(arguments.iter().map(|argument| (*argument).to_owned()), r#"{"v":1,"version":"it's"}"#);
        let token = r#"--resume '{"v":1,"version":"it'\''s"}'"#;
        assert_eq!(told(&["upload", "a.mp4"]), format!("x-connector upload a.mp4 {token}"));
        let given = ["--connection", "acme", "upload", "my film.mp4", "--resume", "{\"v\":1}", "--alt-text", "the sun's rise"];
        assert_eq!(told(&given), format!(r"x-connector --connection acme upload 'my film.mp4' --alt-text 'the sun'\''s rise' {token}"));
        assert_eq!(told(&["upload", "--resume=old", "a.mp4", "--shared"]), format!("x-connector upload a.mp4 --shared {token}"));
        assert_eq!(told(&["upload", "--", "-a.mp4"]), format!("x-connector upload {token} -- -a.mp4"));
        let given = ["upload", "--resume", "old", "--shared", "--", "--resume"];
        assert_eq!(told(&given), format!("x-connector upload --shared {token} -- --resume"));
        assert_eq!(told(&["upload", ""]), format!("x-connector upload '' {token}"));
    }
}
