//! `x-connector run`: the steps of a workflow file.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::arguments::{Run, Setting};
use super::output::{self, Failed};
use super::parameters::stdin;
use super::setting::{Session, read};
use crate::host::{Operation, OperationKind};
use crate::workflow::{Step, Workflow, WorkflowError};

pub async fn run(setting: &Setting, run: Run) -> Result<(), Failed> {
    let bytes = if run.workflow == Path::new("-") { stdin("WORKFLOW")? } else { read(&run.workflow, "WORKFLOW")? };
    let text =
        String::from_utf8(bytes).map_err(|_| Failed::input("not-text", "WORKFLOW", "the workflow is no UTF-8 text; save it as UTF-8"))?;
    let session = setting.session().await?;
    let base = run.workflow.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    steps(&session, &text, base, &mut |_, done| output::print(&done.to_json())).await?;
    Ok(())
}

/// A step that has run.
pub struct Done<'a> {
    pub step: &'a Step,
    pub output: Value,
    pub took: Duration,
}

/// Where a step stands in its workflow.
#[derive(Clone, Copy)]
pub struct Position {
    pub number: usize,
    pub of: usize,
}

impl Done<'_> {
    fn to_json(&self) -> Value {
        let mut json = json!({"name": self.step.name, "type": self.step.r#type, "output": self.output});
        if let Some(label) = &self.step.label {
            json["label"] = label.as_str().into();
        }
        json
    }
}

/// Runs all steps; the first that fails ends the run.
pub async fn steps(
    session: &Session,
    workflow: &str,
    base: &Path,
    report: &mut (dyn FnMut(Position, &Done<'_>) -> Result<(), Failed> + Send),
) -> Result<(), Failed> {
    let workflow = Workflow::parse(workflow).map_err(|error| invalid(&error))?;
    let operations = workflow.steps.iter().map(|step| check(session, step)).collect::<Result<Vec<_>, _>>()?;
    let mut outputs = BTreeMap::new();
    // A trigger that comes again with the same parameters goes on where it stood.
    let mut cursors: BTreeMap<String, String> = BTreeMap::new();
    for (index, (step, operation)) in workflow.steps.iter().zip(operations).enumerate() {
        let parameters = step.resolve(&outputs).map_err(|error| invalid(&error).at_step(&step.name))?;
        let key = format!("{} {parameters}", operation.name());
        let call = session.call(operation).parameters(parameters).base_directory(base);
        let call = if operation.takes_cursor() { call.cursor(cursors.get(&key).cloned()) } else { call };
        let began = Instant::now();
        let output = session.run(call).await.map_err(|error| Failed::call(&error).at_step(&step.name))?;
        if let Some(cursor) = output.get("cursor").and_then(Value::as_str) {
            cursors.insert(key, cursor.to_owned());
        }
        let done = Done { step, output, took: began.elapsed() };
        report(Position { number: index + 1, of: workflow.steps.len() }, &done)?;
        outputs.insert(step.name.clone(), done.output);
    }
    Ok(())
}

/// What can be known of a step before the first one runs: its operation, and its parameters as far as they stand in the file.
fn check<'a>(session: &'a Session, step: &Step) -> Result<&'a Operation, Failed> {
    let name = step.operation().map_err(|error| invalid(&error))?;
    let operation = session.connector.operation(name).map_err(|error| Failed::call(&error).at_step(&step.name))?;
    if operation.kind() == OperationKind::Connection {
        return Err(
            Failed::input("not-a-step", "type", format!("{} sets up a connection and is no step", operation.name())).at_step(&step.name)
        );
    }
    let refused = if step.references().map_err(|error| invalid(&error))?.is_empty() {
        operation.check(&Value::Object(step.parameters.clone())).err()
    } else {
        operation.check_names(step.parameters.keys().map(String::as_str)).err()
    };
    match refused {
        Some(error) => Err(Failed::call(&error.into()).at_step(&step.name)),
        None => Ok(operation),
    }
}

fn invalid(error: &WorkflowError) -> Failed {
    Failed::input("invalid-workflow", "WORKFLOW", error.to_string())
}
