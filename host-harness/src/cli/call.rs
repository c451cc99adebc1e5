//! `x-connector call`: one action.

use super::arguments::{Call, Setting};
use super::output::{self, Failed};
use crate::host::OperationKind;

pub async fn run(setting: &Setting, call: Call) -> Result<(), Failed> {
    let session = setting.session().await?;
    let operation = session.operation(&call.operation, OperationKind::Action)?;
    let parameters = call.parameters.read(operation)?;
    let output = session.run(session.call(operation).parameters(parameters)).await.map_err(|error| Failed::call(&error))?;
    output::print(&output)?;
    Ok(())
}
