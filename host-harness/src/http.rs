//! What stands between the guest's requests and the network.
//!
//! Every request passes the [`Policy`]; then it is answered by one of the call's local files, by the network through
//! one pooled client, or in process by a [`Service`]. Nothing here follows a redirect: a 3xx answer goes to the guest.

mod address;
mod body;
mod client;
mod connect;
mod fault;
pub(crate) mod files;
mod hook;
mod meter;
mod policy;
mod recorder;
mod redact;
mod service;
mod simulated;

pub use address::AddressClass;
pub use body::{Body, empty_body, full_body};
pub(crate) use client::Client;
pub use client::{ClientOptions, Upstream};
pub use connect::{Resolve, SystemResolver};
pub use fault::Fault;
pub(crate) use hook::{CallHttp, Hook, Http};
pub(crate) use meter::Meter;
pub use policy::{Policy, PolicyError, Refusal, RefusalKind};
pub(crate) use recorder::Recorder;
pub use recorder::{Exchange, JsonLines, Sink};
pub use redact::Redactor;
pub use service::{Service, ServiceFuture};
