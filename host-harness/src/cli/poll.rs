//! `x-connector poll`: a trigger, once.

use serde_json::Value;

use super::arguments::{Poll, Setting};
use super::output::{self, Failed};
use super::setting::Session;
use crate::host::{CallError, Operation, OperationKind};
use crate::triggers::{CursorFile, CursorFileError};

pub async fn run(setting: &Setting, poll: Poll) -> Result<(), Failed> {
    let session = setting.session().await?;
    let watch = Watched::open(&session, &poll)?;
    let batch = watch.poll().await.map_err(|error| Failed::call(&error))?;
    output::print(&batch)?;
    watch.keep(&batch)?;
    Ok(())
}

/// A trigger with its parameters and its cursor.
pub struct Watched<'a> {
    session: &'a Session,
    pub operation: &'a Operation,
    parameters: Value,
    file: Option<CursorFile>,
    cursor: std::sync::Mutex<Option<String>>,
}

impl<'a> Watched<'a> {
    pub fn open(session: &'a Session, poll: &Poll) -> Result<Self, Failed> {
        let operation = session.operation(&poll.operation, OperationKind::Trigger)?;
        let parameters = poll.parameters.read(operation)?;
        operation.check(&parameters).map_err(|error| Failed::call(&error.into()))?;
        let file = poll.cursor_file.as_deref().map(CursorFile::open).transpose().map_err(|error| unusable(&error))?;
        let cursor = file.as_ref().map(CursorFile::read).transpose().map_err(|error| unusable(&error))?.flatten();
        Ok(Self { session, operation, parameters, file, cursor: std::sync::Mutex::new(cursor) })
    }

    pub async fn poll(&self) -> Result<Value, CallError> {
        let cursor = self.cursor.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let call = self.session.call(self.operation).parameters(self.parameters.clone()).cursor(cursor);
        self.session.run(call).await
    }

    /// Moves the cursor behind a batch. It comes after the batch was printed: a crash between the two repeats the batch, and loses nothing.
    pub fn keep(&self, batch: &Value) -> Result<(), Failed> {
        let Some(cursor) = batch.get("cursor").and_then(Value::as_str) else { return Ok(()) };
        if let Some(file) = &self.file {
            file.save(cursor).map_err(|error| unusable(&error))?;
        }
        *self.cursor.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(cursor.to_owned());
        Ok(())
    }
}

fn unusable(error: &CursorFileError) -> Failed {
    Failed::input("cursor-file", "--cursor-file", error.to_string())
}
