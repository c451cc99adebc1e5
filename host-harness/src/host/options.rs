//! What an operator sets.

use crate::http::{ClientOptions, Policy, Sink, Upstream};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Where compiled code is kept between runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CodeCache {
    /// In the user's cache directory; without one that can be written, nowhere.
    #[default]
    UserDirectory,
    /// In this directory, which is made when it is missing.
    Directory(PathBuf),
    /// Nowhere: every [`Host::load`](super::Host::load) compiles.
    Off,
}

/// How a [`Host`](super::Host) runs connectors.
#[derive(Clone)]
pub struct HostOptions {
    /// How many calls run at the same time, parked ones included; further ones wait. 1000.
    ///
    /// Each reserves address space of `memory` bytes, and takes memory only as it uses it.
    pub instances: u32,
    /// How many bytes of linear memory one instance may have. 64 MiB.
    pub memory: usize,
    /// How long a call may take in all where it says nothing else. 11 minutes: longer than any deadline of a
    /// connector's own, which tells more about what happened.
    pub deadline: Duration,
    /// How long a call may compute in all, waiting not counted. 10 seconds.
    pub running_time: Duration,
    /// Where compiled code is kept.
    pub cache: CodeCache,
    /// Where connectors may connect. X's API alone.
    pub policy: Policy,
    /// Who answers requests. The network.
    pub upstream: Upstream,
    /// How the client connects.
    pub client: ClientOptions,
    /// Whether parameters may name local files. No.
    pub local_files: bool,
    /// Takes a record of every request of every call.
    pub recorder: Option<Arc<dyn Sink>>,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            instances: 1000,
            memory: 64 << 20,
            deadline: Duration::from_mins(11),
            running_time: Duration::from_secs(10),
            cache: CodeCache::default(),
            policy: Policy::default(),
            upstream: Upstream::default(),
            client: ClientOptions::default(),
            local_files: false,
            recorder: None,
        }
    }
}

impl fmt::Debug for HostOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HostOptions")
            .field("instances", &self.instances)
            .field("memory", &self.memory)
            .field("deadline", &self.deadline)
            .field("running_time", &self.running_time)
            .field("cache", &self.cache)
            .field("policy", &self.policy)
            .field("upstream", &self.upstream)
            .field("client", &self.client)
            .field("local_files", &self.local_files)
            .field("recorder", &self.recorder.is_some())
            .finish()
    }
}
