//! Loads connectors and runs their operations, each call in a fresh instance of its own.

mod call;
mod connection;
mod connector;
mod engine;
mod error;
mod limits;
mod operation;
mod options;
mod state;
mod stop;
#[cfg(test)]
mod tests;

pub use call::Call;
pub use connection::ConnectionProperties;
pub use connector::{Connector, Usage};
pub use engine::Host;
pub use error::{CallError, Failure, HostError};
pub use operation::{Operation, OperationKind};
pub use options::{CodeCache, HostOptions};
pub use stop::Stop;
