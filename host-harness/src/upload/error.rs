//! Why an upload ended before its end, and how it goes on.

use crate::host::CallError;
use serde_json::{Value, json};
use std::fmt;

/// Why an upload ended before its end.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum UploadError {
    /// A call failed, and waiting does not help or did not.
    Failed {
        /// How.
        error: CallError,
        /// How far the upload was.
        resume: Option<String>,
    },
    /// X has been at work for too long, or wants a long pause.
    NotFinished {
        /// The output of the last call.
        output: Value,
    },
    /// [`Upload::stop`](super::Upload::stop) was thrown.
    Stopped {
        /// How far the upload was; nothing when it had not begun.
        resume: Option<String>,
    },
}

impl UploadError {
    /// The parameter `resume` with which another upload of the same file goes on. None where this one had not begun, and
    /// where it can come to nothing: the file has changed, X has forgotten it or could not work on it. What is wrong with
    /// anything else, such as an alt text or the address of subtitles, can be mended: the file itself is at X.
    #[must_use]
    pub fn resume(&self) -> Option<&str> {
        match self {
            Self::Failed { error, resume } => resume.as_deref().filter(|_| !is_lost(error)),
            Self::NotFinished { output } => output.get("resume").and_then(Value::as_str),
            Self::Stopped { resume } => resume.as_deref(),
        }
    }

    /// The same shape as of all errors of calls, [`CallError::to_json`], with `resume` where there is one.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut json = match self {
            Self::Failed { error, .. } => error.to_json(),
            Self::NotFinished { output } => {
                let mut json = self.of("unavailable", "upload-not-finished", "wait");
                if let Some(pause) = output.get("check_after_ms") {
                    json["error"]["retry_after_ms"] = pause.clone();
                }
                json
            }
            Self::Stopped { .. } => self.of("execution-failed", "upload-stopped", "author"),
        };
        if let Some(resume) = self.resume() {
            json["error"]["resume"] = resume.into();
        }
        json
    }

    fn of(&self, case: &str, code: &str, who: &str) -> Value {
        json!({"error": {"case": case, "code": code, "message": self.to_string(), "who_must_act": who}})
    }
}

/// Whether what X has of the file is of no use any more.
fn is_lost(error: &CallError) -> bool {
    let CallError::Connector(failure) = error else { return false };
    match failure.code() {
        "media-expired" | "invalid-resume" => true,
        // Subtitles are sent anew by each call that gets to them.
        "file-changed" | "media-processing-failed" => !failure.field().is_some_and(|field| field.contains("subtitles")),
        _ => false,
    }
}

impl fmt::Display for UploadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { error, .. } => error.fmt(formatter),
            Self::NotFinished { output } => {
                let percent = output.get("progress_percent").and_then(Value::as_u64).unwrap_or_default();
                let minutes = output.get("check_after_ms").and_then(Value::as_u64).unwrap_or_default().div_ceil(60_000).max(1);
                let what = match output.pointer("/data/state").and_then(Value::as_str) {
                    Some("processing") => "X is still at work on the file",
                    _ => "X does not take more of the file now",
                };
                write!(formatter, "{what} ({percent} %); go on in {minutes} min, with the token `resume`")
            }
            Self::Stopped { resume: Some(_) } => formatter.write_str("the upload was stopped; go on with the token `resume`"),
            Self::Stopped { resume: None } => formatter.write_str("the upload was stopped before it began; begin it again"),
        }
    }
}

impl std::error::Error for UploadError {}
