//! What a call holds while it waits for X.

use crate::stage::{connection, connector, runtime, simulator, text};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use x_connector_host::http::{Body, Fault, Service, ServiceFuture, Upstream};
use x_connector_host::simulator::Simulator;
use x_connector_host::{Call, HostOptions};

/// What was seen of calls that wait.
#[derive(Debug, Default)]
pub struct Parked {
    /// How many waited, and how many bytes each of them held.
    pub steps: Vec<(u32, f64)>,
    /// How many failed after all.
    pub failed: u32,
}

/// Parks calls in steps, each on top of the one before, and then lets them all end.
///
/// No steps where the system does not tell what a process holds.
pub fn parked(steps: &[u32]) -> Parked {
    let all = steps.iter().sum();
    let (open, opened) = watch::channel(false);
    let waiting = Arc::new(Semaphore::new(0));
    let gate = Gate { opened, waiting: Arc::clone(&waiting), simulator: simulator() };
    let connector = connector(HostOptions { instances: all, upstream: Upstream::InProcess(Arc::new(gate)), ..HostOptions::default() });
    let mut parked = Parked::default();
    runtime().block_on(async {
        let Some(before) = resident() else {
            return;
        };
        let mut calls = JoinSet::new();
        let mut total = 0;
        for step in steps {
            total += step;
            for _ in 0..*step {
                let call = Call::new("createPost").parameters(json!({"text": text()})).connection(connection());
                let connector = connector.clone();
                calls.spawn(async move { connector.call(call).await.is_ok() });
            }
            waiting.acquire_many(*step).await.expect("it stays open").forget();
            let held = resident().unwrap_or_default() - before;
            parked.steps.push((total, held / f64::from(total)));
        }
        open.send_replace(true);
        parked.failed = calls.join_all().await.into_iter().map(|succeeded| u32::from(!succeeded)).sum();
    });
    parked
}

/// An X that answers nobody until the gate opens, and then everybody.
struct Gate {
    opened: watch::Receiver<bool>,
    /// Has a permit for each call that has come here.
    waiting: Arc<Semaphore>,
    simulator: Simulator,
}

impl Service for Gate {
    fn call(&self, request: http::Request<Body>) -> ServiceFuture {
        let mut opened = self.opened.clone();
        let simulator = self.simulator.clone();
        self.waiting.add_permits(1);
        Box::pin(async move {
            opened.wait_for(|opened| *opened).await.map_err(|_| Fault::Terminated)?;
            Service::call(&simulator, request).await
        })
    }
}

/// How many bytes of memory the process holds.
fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u32 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(f64::from(kibibytes) * 1024.0)
}
