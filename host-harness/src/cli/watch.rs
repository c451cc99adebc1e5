//! `x-connector watch`: a trigger, again and again, one line of JSON per item.

use std::time::Duration;

use serde_json::{Value, json};

use super::arguments::{Setting, Watch};
use super::ends::Ends;
use super::output::{self, Failed};
use super::poll::Watched;
use super::setting;
use crate::host::CallError;

/// How long to wait after a failure that may pass, the first time; it doubles up to the interval, or this, if that is longer.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(15);

pub async fn run(setting: &Setting, watch: Watch) -> Result<(), Failed> {
    let session = setting.session().await?;
    let watched = Watched::open(&session, &watch.poll)?;
    let interval = match watch.interval {
        Some(interval) => interval,
        None => recommended(watched.operation.name())?,
    };
    output::note(&format!("watching {} every {}; Ctrl-C ends it", watched.operation.name(), words(interval)));
    let mut ends = Ends::listen()?;
    let mut polls = 0;
    let mut failures = 0;
    loop {
        // A poll that has begun is brought to its end, so that its items are printed and its cursor is saved.
        let pause = match watched.poll().await {
            Ok(batch) => {
                failures = 0;
                deliver(&batch)?;
                watched.keep(&batch)?;
                if batch.get("has_more") == Some(&Value::Bool(true)) { Duration::ZERO } else { interval }
            }
            Err(error) => {
                let pause = pause_after(&error, failures, interval).ok_or_else(|| Failed::call(&error))?;
                failures += 1;
                output::note(&format!("{error}; trying again in {}", words(pause)));
                pause
            }
        };
        polls += 1;
        if watch.polls.is_some_and(|most| polls >= most) || ends.come_within(pause).await {
            return Ok(());
        }
    }
}

/// Prints the items, and on stderr what could not be had.
fn deliver(batch: &Value) -> Result<(), Failed> {
    for item in batch.get("items").and_then(Value::as_array).into_iter().flatten() {
        output::line(&item.to_string())?;
    }
    if let Some(gap) = batch.get("gap") {
        eprintln!("{}", json!({ "gap": gap }));
    }
    Ok(())
}

/// How long to wait after a failure; `None` when waiting does not help.
fn pause_after(error: &CallError, failures: u32, interval: Duration) -> Option<Duration> {
    let CallError::Connector(failure) = error else { return None };
    if !failure.may_pass() {
        return None;
    }
    let told = failure.retry_after_ms().map(Duration::from_millis);
    let grown = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_PAUSE.max(interval));
    Some(told.unwrap_or(grown))
}

fn recommended(name: &str) -> Result<Duration, Failed> {
    let manifest = setting::manifest()?;
    let trigger = manifest.triggers.iter().find(|trigger| trigger.operation.name == name);
    Ok(Duration::from_secs(trigger.map_or(300, |trigger| trigger.interval_seconds)))
}

fn words(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Failure;

    fn failure(case: &str, problem: Value) -> CallError {
        CallError::Connector(Failure { case: case.into(), problem, refusals: Vec::new() })
    }

    #[test]
    fn the_pause_is_the_servers_or_grows_and_permanent_failures_end_the_watch() {
        let minute = Duration::from_mins(1);
        let limited = failure("rate-limited", json!({"code": "rate-limited", "retry_after_ms": 420_000}));
        assert_eq!(pause_after(&limited, 9, minute), Some(Duration::from_mins(7)));
        let away = failure("unavailable", json!({"code": "x-unavailable"}));
        assert_eq!(pause_after(&away, 0, minute), Some(Duration::from_secs(5)));
        assert_eq!(pause_after(&away, 3, minute), Some(Duration::from_secs(40)));
        assert_eq!(pause_after(&away, 63, minute), Some(LONGEST_PAUSE));
        for case in ["permanent-unauthorized", "permanent-invalid-input", "egress-denied"] {
            assert_eq!(pause_after(&failure(case, Value::Null), 0, minute), None, "{case}");
        }
        assert_eq!(pause_after(&CallError::OutOfMemory, 0, minute), None);
    }
}
