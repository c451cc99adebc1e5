//! The engine: one for all connectors of a process.

use super::connector::Connector;
use super::state::{State, add_imports};
use super::{CodeCache, HostError, HostOptions};
use crate::http::{Client, Http};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use wasmtime::component::{Component, Linker};
use wasmtime::{Cache, CacheConfig, Config, Enabled, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig};

/// How often a computing guest gives way to others.
const TICK: Duration = Duration::from_millis(10);

/// Loads connectors and runs them.
///
/// Make one per process: it holds the pool of instances, the pooled HTTP client and the cache for compiled code.
/// Cloning is cheap and shares all of it.
#[derive(Clone)]
pub struct Host(pub(crate) Arc<Shared>);

/// What connectors share.
pub(crate) struct Shared {
    engine: Engine,
    linker: Linker<State>,
    pub(crate) options: HostOptions,
    pub(crate) http: Arc<Http>,
    /// One for each instance of the pool: further calls wait here, and not in vain.
    pub(crate) instances: Semaphore,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Host").field("options", &self.0.options).finish_non_exhaustive()
    }
}

impl Host {
    /// Sets up an engine.
    ///
    /// # Errors
    ///
    /// [`HostError::Engine`] when the system does not give the address space, [`HostError::Cache`] when the named
    /// directory cannot be used.
    pub fn new(options: HostOptions) -> Result<Self, HostError> {
        let mut config = config(&options);
        config.cache(cache(&options.cache)?);
        let engine = Engine::new(&config).map_err(|error| HostError::Engine(reason(&error)))?;
        tick(engine.weak())?;
        let mut linker = Linker::new(&engine);
        add_imports(&mut linker).map_err(|error| HostError::Engine(reason(&error)))?;
        let policy = Arc::new(options.policy.clone());
        let http =
            Arc::new(Http { client: Client::new(Arc::clone(&policy), options.client.clone()), policy, upstream: options.upstream.clone() });
        Ok(Self(Arc::new(Shared { engine, linker, http, instances: Semaphore::new(options.instances.max(1) as usize), options })))
    }

    /// Loads a component. Compiles it, or takes the compiled code from the cache.
    ///
    /// # Errors
    ///
    /// When the bytes are no component, want more of the host than a connector gets, or export no operation.
    pub fn load(&self, component: &[u8]) -> Result<Connector, HostError> {
        check_kind(component)?;
        let component = Component::new(&self.0.engine, component).map_err(|error| HostError::Compile(reason(&error)))?;
        Connector::new(Arc::clone(&self.0), &self.0.linker, &component)
    }
}

/// Tells a component from what is none by its first bytes: the compiler's own words help nobody here.
fn check_kind(bytes: &[u8]) -> Result<(), HostError> {
    match bytes.get(..8) {
        Some([0, b'a', b's', b'm', _, _, 1, 0]) => Ok(()),
        Some([0, b'a', b's', b'm', ..]) => Err(HostError::CoreModule),
        _ => Err(HostError::NotWebAssembly),
    }
}

fn config(options: &HostOptions) -> Config {
    let instances = options.instances.max(1);
    let mut pool = PoolingAllocationConfig::new();
    // A component made from one core module has two more: the shim and the fix-ups of its imports.
    let core_instances = instances.saturating_mul(4);
    // Wiping the pages that an instance wrote costs less than giving them back and faulting them in again; but only where
    // the system tells which pages those are.
    let kept = if PoolingAllocationConfig::is_pagemap_scan_available() { 512 << 10 } else { 0 };
    pool.total_component_instances(instances)
        .total_core_instances(core_instances)
        .total_memories(instances)
        .total_tables(instances.saturating_mul(2))
        .total_stacks(instances)
        .max_memory_size(options.memory)
        .max_unused_warm_slots(instances.min(64))
        .pagemap_scan(Enabled::Auto)
        .linear_memory_keep_resident(kept)
        .table_keep_resident(64 << 10);
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .wasm_component_model(true)
        // Connectors are synchronous: without the machinery for concurrent exports a call costs less.
        .concurrency_support(false)
        .epoch_interruption(true)
        // Checked bounds in place of guard pages: a memory then grows and is used again without a change of protection,
        // which two cores pay for together. It halves what a call costs, takes 64 MiB of address space in place of
        // 4 GiB, and leaves the process's signal handlers alone.
        .signals_based_traps(false)
        .memory_guard_size(0)
        .memory_reservation(options.memory as u64)
        // Address space; a page is memory only when it is touched.
        .async_stack_size(1 << 20)
        .max_wasm_stack(512 << 10)
        .memory_init_cow(true)
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false);
    config
}

/// Advances the engine's clock for as long as the engine lives.
fn tick(engine: EngineWeak) -> Result<(), HostError> {
    let ticking = std::thread::Builder::new().name("wasm-ticker".to_owned()).spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    });
    ticking.map(drop).map_err(|error| HostError::Engine(error.to_string()))
}

fn cache(cache: &CodeCache) -> Result<Option<Cache>, HostError> {
    match cache {
        CodeCache::Off => Ok(None),
        CodeCache::Directory(directory) => open_cache(directory).map(Some),
        CodeCache::UserDirectory => Ok(user_directory().and_then(|directory| {
            // A convenience: without it a run takes longer and is no less right.
            let opened = open_cache(&directory);
            opened.inspect_err(|error| tracing::warn!("compiled code is not kept: {error}")).ok()
        })),
    }
}

fn open_cache(directory: &Path) -> Result<Cache, HostError> {
    let error = |error: &dyn std::fmt::Display| HostError::Cache(format!("{}: {error}", directory.display()));
    std::fs::create_dir_all(directory).map_err(|cause| error(&cause))?;
    let directory = directory.canonicalize().map_err(|cause| error(&cause))?;
    let mut config = CacheConfig::new();
    config.with_directory(directory);
    Cache::new(config).map_err(|cause| error(&cause))
}

fn user_directory() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Caches"))
    } else {
        variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")))
    };
    Some(base?.join("x-connector").join("code"))
}

/// An engine error with all that led to it, on one line.
pub(crate) fn reason(error: &wasmtime::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ").replace('\n', " ")
}
