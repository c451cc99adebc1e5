//! Workflow files: a list of steps, each an operation with parameters that may use what earlier steps gave.
//!
//! `"${post.data.id}"` stands for the whole value, of whatever type; inside a longer text it stands for its text.
//! `$${` writes `${`. Numbers in a path count from zero: `${poll.items.0.id}`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use thiserror::Error;

/// One step, as engines write it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What people call it.
    #[serde(default)]
    pub label: Option<String>,
    /// The name by which later steps use its output; no two steps share it.
    pub name: String,
    /// Connector, version and operation: `x/v1/createPost`.
    pub r#type: String,
    /// The operation's parameters.
    #[serde(default)]
    pub parameters: Map<String, Value>,
}

/// The steps, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    /// The steps.
    pub steps: Vec<Step>,
}

/// Why a workflow, or a reference in it, cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WorkflowError {
    /// The text is no list of steps.
    #[error(
        "the workflow is no list of steps: {0}; a step looks like {{\"name\": \"post\", \"type\": \"x/v1/createPost\", \"parameters\": {{}}}}"
    )]
    NotAWorkflow(String),
    /// There is nothing to do.
    #[error("the workflow has no steps; add one")]
    Empty,
    /// Two steps cannot be told apart.
    #[error("two steps are named `{0}`; give each a name of its own")]
    SameName(String),
    /// The type is not `connector/v1/operation`.
    #[error("step `{step}` has the type `{given}`; it looks like x/v1/createPost")]
    NotAType {
        /// The step.
        step: String,
        /// Its type.
        given: String,
    },
    /// A reference is not closed, or names nothing.
    #[error("step `{step}` has `{given}`, which is no reference; write ${{name.data.id}}, or $${{ for the characters themselves")]
    NotAReference {
        /// The step.
        step: String,
        /// The text from `${` on.
        given: String,
    },
    /// A reference to a step that has not run by then.
    #[error("step `{step}` uses `${{{reference}}}`, and no step before it is named `{name}`")]
    UnknownStep {
        /// The step.
        step: String,
        /// The reference.
        reference: String,
        /// The name in it.
        name: String,
    },
    /// A reference to something that the step did not give.
    #[error("step `{step}` uses `${{{reference}}}`, and the output has no `{missing}`")]
    NoSuchOutput {
        /// The step.
        step: String,
        /// The reference.
        reference: String,
        /// The first part of the path that is not there.
        missing: String,
    },
}

impl Workflow {
    /// Reads a workflow: a list of steps, or an object with the list under `steps`.
    ///
    /// Everything that can be known before running is checked: names, types, and that references look back.
    ///
    /// # Errors
    /// [`WorkflowError`] for the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, WorkflowError> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Wire {
            List(Vec<Value>),
            Object { steps: Vec<Value> },
        }
        let wire: Wire = serde_json::from_str(text).map_err(|error| WorkflowError::NotAWorkflow(error.to_string()))?;
        let (Wire::List(steps) | Wire::Object { steps }) = wire;
        let steps = steps
            .into_iter()
            .enumerate()
            .map(|(index, step)| {
                serde_json::from_value(step).map_err(|error| WorkflowError::NotAWorkflow(format!("step {}: {error}", index + 1)))
            })
            .collect::<Result<Vec<Step>, _>>()?;
        let workflow = Self { steps };
        workflow.check()?;
        Ok(workflow)
    }

    fn check(&self) -> Result<(), WorkflowError> {
        if self.steps.is_empty() {
            return Err(WorkflowError::Empty);
        }
        let mut names = Vec::new();
        for step in &self.steps {
            step.operation()?;
            for reference in step.references()? {
                let name = first(&reference);
                if !names.contains(&name) {
                    return Err(WorkflowError::UnknownStep {
                        step: step.name.clone(),
                        name: name.to_owned(),
                        reference: reference.clone(),
                    });
                }
            }
            if names.contains(&step.name.as_str()) {
                return Err(WorkflowError::SameName(step.name.clone()));
            }
            names.push(&step.name);
        }
        Ok(())
    }
}

impl Step {
    /// The operation's name: the last part of the type.
    ///
    /// # Errors
    /// [`WorkflowError::NotAType`].
    pub fn operation(&self) -> Result<&str, WorkflowError> {
        let mut parts = self.r#type.split('/');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("x"), Some("v1"), Some(operation), None) if !operation.is_empty() => Ok(operation),
            _ => Err(WorkflowError::NotAType { step: self.name.clone(), given: self.r#type.clone() }),
        }
    }

    /// Whether a parameter uses an earlier step.
    ///
    /// # Errors
    /// [`WorkflowError::NotAReference`].
    pub fn references(&self) -> Result<Vec<String>, WorkflowError> {
        let mut found = Vec::new();
        let mut collect = |reference: &str| {
            found.push(reference.to_owned());
            Ok(Value::Null)
        };
        for value in self.parameters.values() {
            self.replace(value, &mut collect)?;
        }
        Ok(found)
    }

    /// The parameters with every reference replaced by what the named step gave.
    ///
    /// # Errors
    /// [`WorkflowError`] for a reference that leads nowhere.
    pub fn resolve(&self, outputs: &BTreeMap<String, Value>) -> Result<Value, WorkflowError> {
        let mut look_up = |reference: &str| self.look_up(reference, outputs);
        let resolved = self.parameters.iter().map(|(name, value)| Ok((name.clone(), self.replace(value, &mut look_up)?)));
        resolved.collect::<Result<Map<_, _>, _>>().map(Value::Object)
    }

    fn look_up(&self, reference: &str, outputs: &BTreeMap<String, Value>) -> Result<Value, WorkflowError> {
        let mut parts = reference.split('.');
        let name = parts.next().unwrap_or_default();
        let output = outputs.get(name).ok_or_else(|| WorkflowError::UnknownStep {
            step: self.name.clone(),
            reference: reference.to_owned(),
            name: name.to_owned(),
        })?;
        let mut value = output;
        for part in parts {
            let next = match value {
                Value::Array(items) => part.parse::<usize>().ok().and_then(|index| items.get(index)),
                other => other.get(part),
            };
            value = next.ok_or_else(|| WorkflowError::NoSuchOutput {
                step: self.name.clone(),
                reference: reference.to_owned(),
                missing: part.to_owned(),
            })?;
        }
        Ok(value.clone())
    }

    fn replace(&self, value: &Value, look_up: &mut dyn FnMut(&str) -> Result<Value, WorkflowError>) -> Result<Value, WorkflowError> {
        Ok(match value {
            Value::String(text) => self.replace_in_text(text, look_up)?,
            Value::Array(items) => Value::Array(items.iter().map(|item| self.replace(item, look_up)).collect::<Result<_, _>>()?),
            Value::Object(members) => {
                let replaced = members.iter().map(|(name, member)| Ok((name.clone(), self.replace(member, look_up)?)));
                Value::Object(replaced.collect::<Result<_, WorkflowError>>()?)
            }
            other => other.clone(),
        })
    }

    fn replace_in_text(&self, text: &str, look_up: &mut dyn FnMut(&str) -> Result<Value, WorkflowError>) -> Result<Value, WorkflowError> {
        let mut replaced = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            if rest[..start].ends_with('$') {
                replaced.push_str(&rest[..start]);
                replaced.push('{');
                rest = &rest[start + 2..];
                continue;
            }
            let no_reference = || WorkflowError::NotAReference { step: self.name.clone(), given: rest[start..].chars().take(40).collect() };
            let end = rest[start..].find('}').map(|length| start + length).ok_or_else(no_reference)?;
            let reference = rest[start + 2..end].trim();
            if reference.split('.').any(str::is_empty) {
                return Err(no_reference());
            }
            let value = look_up(reference)?;
            if start == 0 && end + 1 == rest.len() && rest.len() == text.len() {
                return Ok(value);
            }
            replaced.push_str(&rest[..start]);
            match value {
                Value::String(text) => replaced.push_str(&text),
                other => replaced.push_str(&other.to_string()),
            }
            rest = &rest[end + 1..];
        }
        replaced.push_str(rest);
        Ok(Value::String(replaced))
    }
}

fn first(reference: &str) -> &str {
    reference.split('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn step(parameters: Value) -> Step {
        let Value::Object(parameters) = parameters else { panic!("an object") };
        Step { label: None, name: "next".into(), r#type: "x/v1/likePost".into(), parameters }
    }

    fn outputs() -> BTreeMap<String, Value> {
        BTreeMap::from([("post".to_owned(), json!({"data": {"id": "7"}, "items": [{"id": "8"}], "more": true}))])
    }

    #[test]
    fn references_become_what_earlier_steps_gave() {
        let resolved =
            step(json!({"a": "${post.data.id}", "b": "id ${ post.items.0.id }!", "c": ["${post.data}"], "d": "$${x} $5", "e": 1}));
        assert_eq!(
            resolved.resolve(&outputs()).expect("resolves"),
            json!({"a": "7", "b": "id 8!", "c": [{"id": "7"}], "d": "${x} $5", "e": 1})
        );
        assert_eq!(step(json!({"a": "${post.more}"})).resolve(&outputs()).expect("resolves"), json!({"a": true}));
    }

    #[test]
    fn a_reference_that_leads_nowhere_says_where_it_ends() {
        let error = |text: &str| step(json!({ "a": text })).resolve(&outputs()).expect_err(text).to_string();
        assert_eq!(error("${post.data.name}"), "step `next` uses `${post.data.name}`, and the output has no `name`");
        assert_eq!(error("${other.data}"), "step `next` uses `${other.data}`, and no step before it is named `other`");
        assert!(error("${post.data.id").contains("which is no reference"));
        assert!(error("${}").contains("which is no reference"));
    }

    #[test]
    fn a_workflow_is_checked_before_anything_runs() {
        let error = |text: &str| Workflow::parse(text).expect_err(text).to_string();
        assert_eq!(error("[]"), "the workflow has no steps; add one");
        assert!(error("{}").starts_with("the workflow is no list of steps"));
        assert!(error("[1]").contains("step 1"));
        assert!(error(r#"[{"name":"a","type":"x/v1/likePost","params":{}}]"#).contains("params"));
        assert!(error(r#"[{"name":"a","type":"likePost"}]"#).contains("it looks like x/v1/createPost"));
        assert!(error(r#"[{"name":"a","type":"x/v1/a"},{"name":"a","type":"x/v1/a"}]"#).contains("two steps are named `a`"));
        assert!(error(r#"[{"name":"a","type":"x/v1/a","parameters":{"b":"${a.data.id}"}}]"#).contains("no step before it is named `a`"));
        assert_eq!(Workflow::parse(r#"{"steps":[{"name":"a","type":"x/v1/a"}]}"#).expect("parses").steps.len(), 1);
    }
}
