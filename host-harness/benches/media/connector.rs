//! The connector's upload, and what it takes.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::runtime::Runtime;
use x_connector_host::http::{ClientOptions, Policy};
use x_connector_host::{COMPONENT, Call, CodeCache, ConnectionProperties, Connector, Host, HostOptions};

use crate::host_memory::Watched;
use crate::world::{TOKEN, World, runtime};

pub const COMPILE: &str = "--compile";

pub struct Uploader {
    connector: Connector,
    connection: ConnectionProperties,
    runtime: Runtime,
}

/// What an upload took.
pub struct Upload {
    pub id: String,
    pub took: Duration,
    /// As many as the connector's own deadline made of it.
    pub calls: u32,
    /// The most that an instance had, in bytes.
    pub linear_memory: f64,
    /// How long the instances ran.
    pub ran: Duration,
    /// How much the process grew at most, in bytes, where the system tells.
    pub host_memory: Option<f64>,
}

impl Uploader {
    /// A host that reaches X and the file server, and takes compiled code from the directory.
    pub fn new(world: &World, code: &Path) -> Self {
        // A process of its own compiles: what a compiler frees here would hide what an upload takes.
        let program = std::env::current_exe().expect("a program");
        let compiled = Command::new(program).arg(COMPILE).arg(code).status().expect("starts");
        assert!(compiled.success(), "the component is compiled");
        let authorities = [&world.base_url, &world.video_url].map(|url| url.split('/').nth(2).unwrap_or_default().to_owned());
        let connector = connector(HostOptions {
            cache: CodeCache::Directory(code.to_owned()),
            policy: Policy::new(authorities).expect("addresses with ports are rules"),
            client: ClientOptions { root_certificates: vec![world.certificate.clone()], ..ClientOptions::default() },
            local_files: true,
            ..HostOptions::default()
        });
        let connection = ConnectionProperties::from_iter([
            ("X_ACCESS_TOKEN", TOKEN),
            ("X_USER_ID", "1811000000000000001"),
            ("X_API_BASE_URL", &world.base_url),
        ]);
        Self { connector, connection, runtime: runtime() }
    }

    /// Uploads the video at a path or an address, in as many calls as that takes.
    pub fn upload(&self, url: &str) -> Upload {
        let watched = Watched::start();
        let began = Instant::now();
        let mut upload =
            Upload { id: String::new(), took: Duration::ZERO, calls: 0, linear_memory: 0.0, ran: Duration::ZERO, host_memory: None };
        let mut resume = None;
        loop {
            let parameters = json!({"file": {"url": url, "name": "video.mp4"}, "resume": resume});
            let call = Call::new("uploadMedia").parameters(parameters).connection(self.connection.clone());
            let (result, usage) = self.runtime.block_on(self.connector.call_metered(call));
            let output = result.unwrap_or_else(|error| panic!("the upload goes on: {}", error.to_json()));
            upload.calls += 1;
            upload.ran += usage.running_time;
            upload.linear_memory = upload.linear_memory.max(f64::from(u32::try_from(usage.memory).expect("32 bits")));
            if output["data"]["state"] == "ready" {
                upload.took = began.elapsed();
                upload.id = output["data"]["id"].as_str().expect("an id").to_owned();
                upload.host_memory = watched.and_then(|watched| watched.growth());
                return upload;
            }
            assert!(upload.calls < 100, "the upload comes to its end");
            resume = Some(output["resume"].clone());
        }
    }
}

fn connector(options: HostOptions) -> Connector {
    let host = Host::new(options).expect("the engine can be set up");
    host.load(COMPONENT).expect("the component is a connector")
}

/// Leaves compiled code in the directory.
pub fn compile(directory: &Path) {
    connector(HostOptions { cache: CodeCache::Directory(directory.to_owned()), ..HostOptions::default() });
}
