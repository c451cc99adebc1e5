//! A loaded connector, and the calls of its operations.

use super::engine::{Shared, reason};
use super::limits::{Ended, limited};
use super::operation::{Operations, or_empty};
use super::state::{OFFERED, State};
use super::{Call, CallError, ConnectionProperties, Failure, HostError, Operation};
use crate::http::files::{Access, Files};
use crate::http::{CallHttp, Recorder, Redactor, Sink};
use crate::value::Val;
use serde_json::Value;
use std::fmt;
use std::mem;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tracing::Instrument;
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Store, Trap};

/// A component that is loaded and linked, ready to be called. Cloning is cheap.
#[derive(Clone)]
pub struct Connector(Arc<Loaded>);

/// What an instance used for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Usage {
    /// The most linear memory that it had, in bytes.
    pub memory: usize,
    /// How long it ran; the time that it waited is not in it.
    pub running_time: Duration,
}

struct Loaded {
    host: Arc<Shared>,
    instance: InstancePre<State>,
    operations: Operations,
}

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.operations().iter().map(Operation::name);
        formatter.debug_tuple("Connector").field(&names.collect::<Vec<_>>()).finish()
    }
}

impl Connector {
    pub(crate) fn new(host: Arc<Shared>, linker: &Linker<State>, component: &Component) -> Result<Self, HostError> {
        let engine = component.engine();
        let imports: Vec<String> = component
            .component_type()
            .imports(engine)
            .filter(|(name, _)| !OFFERED.contains(&name.split_once('@').map_or(*name, |(name, _)| name)))
            .map(|(name, _)| name.to_owned())
            .collect();
        if !imports.is_empty() {
            return Err(HostError::ImportsNotOffered { imports });
        }
        let operations = Operations::of(engine, component)?;
        let instance = linker.instantiate_pre(component).map_err(|error| HostError::ImportMismatch(reason(&error)))?;
        Ok(Self(Arc::new(Loaded { host, instance, operations })))
    }

    /// The operations, in the order in which the component exports them.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        self.0.operations.list()
    }

    /// Finds an operation by its name, without regard to case, `-` and `_`.
    ///
    /// # Errors
    ///
    /// [`CallError::UnknownOperation`], with the nearest known name.
    pub fn operation(&self, name: &str) -> Result<&Operation, CallError> {
        self.0.operations.find(name)
    }

    /// How many more calls could run now.
    #[must_use]
    pub fn free_instances(&self) -> usize {
        self.0.host.instances.available_permits()
    }

    /// Runs an operation in a fresh instance, and returns the payload of its ok result.
    ///
    /// Dropping the future ends the call; a write may then have happened.
    ///
    /// # Errors
    ///
    /// The connector's own failure, parameters that do not fit, or a limit that was reached.
    pub async fn call(&self, call: Call) -> Result<Value, CallError> {
        self.call_metered(call).await.0
    }

    /// Runs an operation as [`Connector::call`] does, and tells what the instance used.
    pub async fn call_metered(&self, call: Call) -> (Result<Value, CallError>, Usage) {
        let mut usage = Usage::default();
        let operation = match self.operation(&call.operation) {
            Ok(operation) => operation,
            Err(error) => return (Err(error), usage),
        };
        let span = tracing::info_span!("call", operation = operation.name());
        let result = async {
            let result = self.run(operation, call, &mut usage).await;
            let Usage { memory, running_time } = usage;
            match &result {
                Ok(_) => tracing::debug!(memory, ?running_time, "done"),
                Err(error) => tracing::debug!(memory, ?running_time, case = error.case(), code = error.code(), "failed"),
            }
            result
        }
        .instrument(span)
        .await;
        (result, usage)
    }

    /// Makes an instance as a call does, and ends it: for the benchmark, which pays for nothing else.
    #[doc(hidden)]
    pub async fn instantiate(&self, connection: ConnectionProperties) -> Result<(), CallError> {
        let host = &self.0.host;
        let http = CallHttp::new(Arc::clone(&host.http));
        let mut store = self.store(State::new(connection.into_environment(), Arc::new(http), host.options.memory));
        self.0.instance.instantiate_async(&mut store).await.map(drop).map_err(|error| failed(&error))
    }

    fn store(&self, state: State) -> Store<State> {
        let mut store = Store::new(self.0.instance.component().engine(), state);
        store.limiter(|state| &mut state.memory);
        // A computing guest gives way at every tick, so that the limits can end it.
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        store
    }

    async fn run(&self, operation: &Operation, call: Call, usage: &mut Usage) -> Result<Value, CallError> {
        let host = &self.0.host;
        let deadline = Instant::now() + call.deadline.unwrap_or(host.options.deadline);
        let mut values = operation.read(&or_empty(call.parameters), call.cursor)?;
        let mut files = Files::default();
        if operation.takes_files {
            let access = Access { allowed: host.options.local_files, base: call.base_directory.as_deref() };
            for (shape, value) in operation.input(&mut values) {
                files.join(Files::open(shape, value, access).await?);
            }
        }
        let sink = call.recorder.or_else(|| host.options.recorder.clone());
        let http = Arc::new(CallHttp {
            files,
            recorder: sink.map(|sink| recorder(sink, &call.connection)),
            stop: call.stop,
            meter: call.meter,
            ..CallHttp::new(Arc::clone(&host.http))
        });
        let state = State::new(call.connection.into_environment(), Arc::clone(&http), host.options.memory);
        let result = self.run_instance(operation, &values, state, deadline, usage).await?;
        operation.write(&result).map_err(|(case, problem)| {
            CallError::Connector(Failure {
                case,
                problem,
                refusals: mem::take(&mut *http.refusals.lock().unwrap_or_else(PoisonError::into_inner)),
            })
        })
    }

    async fn run_instance(
        &self,
        operation: &Operation,
        values: &[Val],
        state: State,
        deadline: Instant,
        usage: &mut Usage,
    ) -> Result<Val, CallError> {
        let Loaded { host, instance, .. } = &*self.0;
        let Ok(permit) = tokio::time::timeout_at(deadline, host.instances.acquire()).await else {
            return Err(CallError::DeadlineExceeded);
        };
        let _permit = permit.map_err(|error| CallError::Engine { reason: error.to_string() })?;
        let mut store = self.store(state);
        let mut results = [Val::Bool(false)];
        let running = async {
            let instance = instance.instantiate_async(&mut store).await?;
            let function =
                instance.get_func(&mut store, operation.index).ok_or_else(|| wasmtime::Error::msg("the function is not exported"))?;
            function.call_async(&mut store, values, &mut results).await
        };
        let ended = limited(running, deadline, host.options.running_time, &mut usage.running_time).await;
        usage.memory = store.data().memory.peak;
        let [result] = results;
        match ended {
            Ok(Ok(())) => Ok(result),
            Ok(Err(error)) if store.data().memory.exceeded => {
                tracing::warn!("out of memory: {}", reason(&error));
                Err(CallError::OutOfMemory)
            }
            Ok(Err(error)) => Err(failed(&error)),
            Err(Ended::Deadline) => Err(CallError::DeadlineExceeded),
            Err(Ended::RunningTime) => Err(CallError::RunningTimeExceeded),
        }
    }
}

fn failed(error: &wasmtime::Error) -> CallError {
    match error.downcast_ref::<Trap>() {
        Some(trap) => CallError::Trapped { reason: trap.to_string() },
        None => CallError::Engine { reason: reason(error) },
    }
}

fn recorder(sink: Arc<dyn Sink>, connection: &ConnectionProperties) -> Recorder {
    Recorder { sink, redactor: Arc::new(Redactor::new(connection.secrets())) }
}
