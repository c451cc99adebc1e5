//! How far an upload is, while it runs.

use crate::host::CallError;
use crate::http::Meter;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How far an upload is. All clones show the same upload.
#[derive(Debug, Clone, Default)]
pub struct UploadProgress(Arc<Mutex<State>>);

/// What an upload is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Stage {
    /// The file goes to X.
    #[default]
    Uploading,
    /// X has the whole file and is working on it.
    Processing,
    /// A call has failed, and another one follows after a pause.
    Waiting {
        /// What happened.
        reason: String,
    },
    /// X has the media ready.
    Ready,
}

/// How far an upload is at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// What it is about.
    pub stage: Stage,
    /// How many bytes of the file have gone to X, also in earlier runs. What is on its way counts.
    pub sent: u64,
    /// How many bytes the file has, once that is known.
    pub size: Option<u64>,
    /// How far X is with its work on the file, as it said last.
    pub percent: u32,
    /// The parameter `resume` that goes on from the last call that ended.
    pub resume: Option<String>,
}

#[derive(Debug, Default)]
struct State {
    /// Of the call that runs.
    meter: Meter,
    told: Snapshot,
    /// Percent that X had of the file when the call began.
    floor: u64,
    /// Whether X has the whole file, also while another call is waited for.
    is_whole: bool,
    /// The most bytes that a call has ended with: of a large file a segment is less than one percent.
    most: u64,
}

impl UploadProgress {
    /// How far it is now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let state = self.lock();
        let mut now = state.told.clone();
        if state.is_whole && now.size.is_some() {
            // What is read and sent now are subtitles.
            return now;
        }
        if let Some(part) = state.meter.source() {
            // Where the file's server gives no parts, reading begins at the start, and sending where it stopped.
            let begin = part.begin.max(part.size.saturating_mul(state.floor) / 100);
            now.size = Some(part.size);
            now.sent = begin.saturating_add(state.meter.sent()).min(part.size);
        } else if now.stage == Stage::Uploading && now.size.is_none() {
            now.sent = state.meter.sent();
        }
        now
    }

    /// A call begins, which is counted by the meter.
    pub(super) fn begin(&self) -> Meter {
        let now = self.snapshot();
        let mut state = self.lock();
        state.told.size = now.size;
        state.told.sent = now.sent;
        if matches!(state.told.stage, Stage::Waiting { .. }) {
            state.told.stage = if state.is_whole { Stage::Processing } else { Stage::Uploading };
        }
        state.meter = Meter::default();
        state.meter.clone()
    }

    /// Takes what a call has reached; whether that is more than before.
    pub(super) fn take(&self, output: &Value) -> bool {
        let now = self.snapshot();
        let percent = output.get("progress_percent").and_then(Value::as_u64).unwrap_or_default().min(100);
        let stage = match output.pointer("/data/state").and_then(Value::as_str) {
            Some("processing") => Stage::Processing,
            _ => Stage::Uploading,
        };
        let mut state = self.lock();
        let before = (state.is_whole, state.told.percent, state.floor);
        let has_more = stage == Stage::Uploading && now.sent > state.most;
        state.is_whole = stage == Stage::Processing;
        state.most = state.most.max(now.sent);
        state.told.size = now.size;
        match stage {
            Stage::Processing => {
                state.told.sent = now.size.unwrap_or(now.sent);
                state.told.percent = u32::try_from(percent).unwrap_or_default();
            }
            _ => {
                state.told.sent = now.size.map_or(now.sent, |size| now.sent.min(size));
                state.floor = percent;
            }
        }
        state.told.stage = stage;
        // What has been taken is not counted twice.
        state.meter = Meter::default();
        state.told.resume = output.get("resume").and_then(Value::as_str).map(str::to_owned);
        has_more || (state.is_whole, state.told.percent, state.floor) != before
    }

    pub(super) fn keep(&self, resume: Option<&str>) {
        self.lock().told.resume = resume.map(str::to_owned);
    }

    pub(super) fn wait(&self, error: &CallError) {
        self.lock().told.stage = Stage::Waiting { reason: error.to_string() };
    }

    pub(super) fn end(&self) {
        let now = self.snapshot();
        let mut state = self.lock();
        state.told = Snapshot { stage: Stage::Ready, sent: now.size.unwrap_or(now.sent), size: now.size, percent: 100, resume: None };
        state.meter = Meter::default();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
