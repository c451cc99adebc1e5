//! What X does with a GIF or video after its last byte: how long it takes, how it ends, and what is told of it meanwhile.

use std::time::Duration;

use serde_json::{Value, json};

use super::MediaState;
use crate::simulator::clock::millis;

/// How X processes what is finalized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processing {
    /// How long it takes on the simulator's clock: pending in the first quarter, in progress until the end. With no time
    /// at all a file is ready at once and nothing is told of processing.
    pub time: Duration,
    /// What `check_after_secs` says, in whole seconds and at least one.
    pub check_after: Duration,
    /// How it ends.
    pub end: ProcessingEnd,
}

/// How processing ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProcessingEnd {
    /// The file can be attached.
    Succeeds,
    /// The file is of no use.
    Fails(ProcessingError),
    /// It is in progress until the upload expires.
    Never,
}

/// Why processing failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessingError {
    /// The number, as version 1.1 of the API had it.
    pub code: u32,
    /// The name, such as `InvalidMedia`.
    pub name: String,
    /// A sentence.
    pub message: String,
    /// Whether `processing_info` has it as `error`, as in version 1.1. X's `OpenAPI` has no such member; otherwise it is
    /// the first of `errors` beside `data`.
    pub inside: bool,
}

impl ProcessingError {
    /// The error of a file that X can not read.
    #[must_use]
    pub fn invalid_media(message: &str) -> Self {
        Self { code: 1, name: "InvalidMedia".to_owned(), message: message.to_owned(), inside: false }
    }
}

impl Default for Processing {
    /// Two seconds, to be asked for after one, and a good end.
    fn default() -> Self {
        Self { time: Duration::from_secs(2), check_after: Duration::from_secs(1), end: ProcessingEnd::Succeeds }
    }
}

impl Processing {
    /// Nothing is processed; all files are ready at once.
    #[must_use]
    pub fn none() -> Self {
        Self { time: Duration::ZERO, ..Self::default() }
    }

    /// The same, with another end.
    #[must_use]
    pub fn ending(mut self, end: ProcessingEnd) -> Self {
        self.end = end;
        self
    }

    /// Where it stands so long after the start.
    pub(crate) fn state(&self, elapsed_ms: u64) -> MediaState {
        let time = millis(self.time);
        match &self.end {
            _ if elapsed_ms < time / 4 => MediaState::Pending,
            _ if elapsed_ms < time => MediaState::InProgress,
            ProcessingEnd::Never => MediaState::InProgress,
            ProcessingEnd::Succeeds => MediaState::Succeeded,
            ProcessingEnd::Fails(_) => MediaState::Failed,
        }
    }

    /// `processing_info`, and what goes into `errors`.
    pub(crate) fn told(&self, elapsed_ms: u64) -> (Option<Value>, Option<Value>) {
        let state = self.state(elapsed_ms);
        let time = millis(self.time);
        if time == 0 && state == MediaState::Succeeded {
            return (None, None);
        }
        let check_after = self.check_after.as_secs().max(1);
        let percent = (elapsed_ms.saturating_mul(100) / time.max(1)).min(99);
        let mut errors = None;
        let info = match (state, &self.end) {
            (MediaState::Pending, _) => json!({"state": "pending", "check_after_secs": check_after}),
            (MediaState::Failed, ProcessingEnd::Fails(error)) => {
                let mut info = json!({"state": "failed", "progress_percent": percent});
                if error.inside {
                    info["error"] = json!({"code": error.code, "name": error.name, "message": error.message});
                } else {
                    errors = Some(json!([{"type": "about:blank", "title": error.name, "detail": error.message, "status": 400}]));
                }
                info
            }
            (MediaState::Succeeded, _) => json!({"state": "succeeded", "progress_percent": 100}),
            _ => json!({"state": "in_progress", "check_after_secs": check_after, "progress_percent": percent}),
        };
        (Some(info), errors)
    }
}
