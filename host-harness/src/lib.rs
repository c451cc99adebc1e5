//! The reference host of workflow connectors: loads a component and runs its operations.
//!
//! A *connector* is a WebAssembly component that exports typed functions in interfaces called `actions`, `triggers` and
//! `connection`, and imports WASI 0.2 HTTP, clocks, randomness and environment alone. This crate hosts any such
//! component; the X connector is built with it: [`COMPONENT`].
//!
//! ```
//! # use std::sync::Arc;
//! use serde_json::json;
//! use x_connector_host::http::Upstream;
//! use x_connector_host::simulator::{Options, Simulator};
//! use x_connector_host::{COMPONENT, Call, ConnectionProperties, Host, HostOptions};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Against X itself, leave `upstream` out.
//! let simulator = Simulator::new(Options { token: "token".to_owned(), ..Options::default() });
//! let host = Host::new(HostOptions { upstream: Upstream::InProcess(Arc::new(simulator)), ..HostOptions::default() })?;
//! let connector = host.load(COMPONENT)?;
//!
//! let created = connector
//!     .call(
//!         Call::new("createPost")
//!             .parameters(json!({"text": "Sunrise over the bay"}))
//!             .connection(ConnectionProperties::from_iter([("X_ACCESS_TOKEN", "token")])),
//!     )
//!     .await?;
//! assert_eq!(created["data"]["text"], "Sunrise over the bay");
//! # Ok(())
//! # }
//! ```
//!
//! # What a host does
//!
//! | step | where |
//! |---|---|
//! | JSON parameters are checked against the component's own types | [`value`] |
//! | a fresh instance runs the call, with caps on memory, processor time and time in all | [`Host`], [`HostOptions`] |
//! | connection properties become the instance's environment | [`ConnectionProperties`] |
//! | every request passes the operator's allow-list, before and after name resolution | [`http::Policy`] |
//! | one pooled client with TLS and HTTP/2 sends it, or a service in this process answers | [`http::Upstream`] |
//! | local files of a step are streamed to the guest | [`HostOptions::local_files`] |
//! | uploads that outlast a call go on in the next one | [`upload::Upload`] |
//! | requests are recorded without secrets | [`http::Sink`] |
//! | the result, or one shape of error, is JSON again | [`CallError`] |
//!
//! # What stays with the engine
//!
//! Connectors are stateless. The engine keeps tokens, cursors and schedules, hands them in with each [`Call`], and
//! decides from [`Failure::is_permanent`] and [`Failure::retry_after_ms`] whether and when to call again.

#![cfg(not(target_family = "wasm"))]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod authorization;
pub mod cli;
pub mod credentials;
pub mod host;
pub mod http;
pub mod manifest;
pub mod simulator;
pub mod triggers;
pub mod upload;
pub mod value;
pub mod workflow;

pub use host::{
    Call, CallError, CodeCache, ConnectionProperties, Connector, Failure, Host, HostError, HostOptions, Operation, OperationKind, Stop,
    Usage,
};

/// The X connector, as it was built with this crate.
pub const COMPONENT: &[u8] = include_bytes!(env!("X_CONNECTOR_WASM"));

/// The connector's `connector.json`, as it was committed with this crate.
pub const MANIFEST: &str = include_str!("../../connector.json");
