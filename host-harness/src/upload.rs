//! Uploads of any size: runs `uploadMedia` again and again, until X has the media ready.
//!
//! One call uploads as much as fits into its deadline, and returns a token with which the next one goes on. An
//! [`Upload`] hands the tokens on, waits as long as each call says, and bears with trouble that passes. Whatever ends
//! it before its end leaves the token behind: [`UploadError::resume`]. A later run, in another process or on another
//! machine, goes on with it where this one stopped. A local file is the same one there if its copy keeps the time of the
//! last change, as `cp -p` and `rsync -t` do.
//!
//! ```
//! # use std::sync::Arc;
//! # use serde_json::json;
//! # use x_connector_host::http::Upstream;
//! # use x_connector_host::simulator::{Options, Simulator};
//! # use x_connector_host::{COMPONENT, Call, ConnectionProperties, Host, HostOptions, upload::Upload};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let simulator = Simulator::new(Options { token: "token".to_owned(), ..Options::default() });
//! # let host = Host::new(HostOptions { upstream: Upstream::InProcess(Arc::new(simulator)), local_files: true, ..HostOptions::default() })?;
//! # let connector = host.load(COMPONENT)?;
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/sunrise.png");
//! let call = Call::new("uploadMedia")
//!     .parameters(json!({"file": {"url": path, "alt_text": "The sun rises over a calm bay"}}))
//!     .connection(ConnectionProperties::from_iter([("X_ACCESS_TOKEN", "token")]));
//! let uploaded = Upload::new(call).run(|call| connector.call(call)).await?;
//! assert_eq!(uploaded["data"]["state"], "ready");
//! # Ok(())
//! # }
//! ```

mod error;
mod progress;
#[cfg(test)]
mod tests;

pub use error::UploadError;
pub use progress::{Snapshot, Stage, UploadProgress};

use crate::host::{Call, CallError, Stop};
use crate::value::normal;
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How many calls in a row may fail once the upload has begun.
const MOST_FAILURES: u32 = 10;
/// How long to wait after a failure that tells no time; it doubles up to the second.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_OWN_PAUSE: Duration = Duration::from_mins(1);
/// A longer pause is left to whoever runs the upload. X counts most requests by quarters of an hour.
const LONGEST_PAUSE: Duration = Duration::from_mins(20);
/// How long X may be at work on a file without coming on.
const PATIENCE: Duration = Duration::from_mins(30);
/// How long a stopped call has to say how far it came.
const GRACE: Duration = Duration::from_secs(10);

/// An upload of one file.
#[derive(Debug)]
pub struct Upload {
    call: Call,
    resume: Option<String>,
    progress: UploadProgress,
    stop: Stop,
    failures: u32,
    moved_at: Instant,
}

impl Upload {
    /// An upload by `call`, which is one of `uploadMedia`. Its parameter `resume` is where it begins.
    #[must_use]
    pub fn new(mut call: Call) -> Self {
        let mut resume = None;
        if let Value::Object(parameters) = &mut call.parameters
            && let Some(name) = parameters.keys().find(|name| normal(name) == "resume").cloned()
            && matches!(parameters[&name], Value::String(_) | Value::Null)
        {
            // Anything else is refused with its place when the call is checked.
            resume = parameters.remove(&name).and_then(|token| token.as_str().filter(|token| !token.is_empty()).map(str::to_owned));
        }
        let progress = UploadProgress::default();
        progress.keep(resume.as_deref());
        Self { call, resume, progress, stop: Stop::new(), failures: 0, moved_at: Instant::now() }
    }

    /// How far it is, for whoever shows it while it runs.
    #[must_use]
    pub fn progress(&self) -> UploadProgress {
        self.progress.clone()
    }

    /// The switch that ends it early: it then fails with [`UploadError::Stopped`], at the latest after 10 seconds.
    #[must_use]
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Runs it to its end by `run`, which runs one call: [`Connector::call`](crate::Connector::call) or one that keeps
    /// tokens fresh. Returns the output of the last call, whose media is ready.
    ///
    /// # Errors
    ///
    /// A failure before the upload has begun, and one that does not pass, at once. One that may pass, after 10 calls in a
    /// row. Also when X works on the file for half an hour without coming on, when it asks for a pause of more than 20 minutes,
    /// and when [`Upload::stop`] is thrown.
    pub async fn run<F, A>(mut self, mut run: F) -> Result<Value, UploadError>
    where
        F: FnMut(Call) -> A,
        A: Future<Output = Result<Value, CallError>>,
    {
        loop {
            let ended = tokio::select! {
                biased;
                ended = run(self.next()) => ended,
                () = overdue(&self.stop) => return Err(self.stopped()),
            };
            let pause = match ended {
                Ok(output) if output.get("resume").is_none_or(Value::is_null) => {
                    self.progress.end();
                    return Ok(output);
                }
                Ok(output) => self.take(output)?,
                Err(_) if self.stop.is_stopped() => return Err(self.stopped()),
                Err(error) => self.bear(error)?,
            };
            tokio::select! {
                biased;
                () = self.stop.stopped() => return Err(self.stopped()),
                () = sleep(pause) => {}
            }
        }
    }

    fn next(&self) -> Call {
        let mut call = self.call.clone().stop(self.stop.clone()).meter(self.progress.begin());
        if let (Value::Object(parameters), Some(token)) = (&mut call.parameters, &self.resume) {
            parameters.insert("resume".to_owned(), token.as_str().into());
        }
        call
    }

    /// Takes what a call has reached: how long to wait before the next one.
    fn take(&mut self, output: Value) -> Result<Duration, UploadError> {
        let resume = output.get("resume").and_then(Value::as_str).map(str::to_owned);
        // Not by its token: that holds when X forgets the upload, which X tells anew each time.
        let moved = self.progress.take(&output);
        self.resume = resume;
        if moved {
            (self.failures, self.moved_at) = (0, Instant::now());
        } else if self.progress.snapshot().stage == Stage::Processing {
            // X is asked again and again, and answers.
            self.failures = 0;
        } else {
            // A call that neither moves nor fails: not for ever.
            self.failures += 1;
        }
        let pause = Duration::from_millis(output.get("check_after_ms").and_then(Value::as_u64).unwrap_or_default());
        let is_over = self.failures > MOST_FAILURES || self.moved_at.elapsed() > PATIENCE || pause > LONGEST_PAUSE;
        if is_over { Err(UploadError::NotFinished { output }) } else { Ok(pause) }
    }

    /// How long to wait after a failure, if it is worth it.
    fn bear(&mut self, error: CallError) -> Result<Duration, UploadError> {
        let own = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.failures)).min(LONGEST_OWN_PAUSE);
        let pause = match &error {
            CallError::Connector(failure) if failure.may_pass() => failure.retry_after_ms().map_or(own, Duration::from_millis),
            _ => Duration::MAX,
        };
        self.failures += 1;
        // Before the upload has begun nothing is lost by telling at once.
        if self.resume.is_none() || self.failures > MOST_FAILURES || pause > LONGEST_PAUSE {
            return Err(UploadError::Failed { error, resume: self.resume.take() });
        }
        self.progress.wait(&error);
        Ok(pause)
    }

    fn stopped(&mut self) -> UploadError {
        UploadError::Stopped { resume: self.resume.take() }
    }
}

/// Waits until a stopped call has had its time.
async fn overdue(stop: &Stop) {
    stop.stopped().await;
    sleep(GRACE).await;
}
