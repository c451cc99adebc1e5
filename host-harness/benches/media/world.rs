//! What is not the host: X and a file server, in a process of their own.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use x_connector_host::simulator::{Options, Processing, Simulator};

use crate::files;

pub const CHILD: &str = "--world";
pub const TOKEN: &str = "benchmark";

pub struct World {
    process: Child,
    tell: Option<ChildStdin>,
    hear: Lines<BufReader<ChildStdout>>,
    /// X's.
    pub base_url: String,
    /// Where the file server has the video.
    pub video_url: String,
    /// The file server's.
    pub certificate: CertificateDer<'static>,
}

/// The first line of the child.
#[derive(Serialize, Deserialize)]
struct Ready {
    base_url: String,
    video_url: String,
    certificate: Vec<u8>,
}

/// What X has of an upload.
#[derive(Serialize, Deserialize)]
pub struct Arrived {
    pub size: u64,
    pub sha256: String,
    pub segments: u32,
}

impl World {
    /// Starts this program once more, to be X and to have the file.
    pub fn start(file: &Path) -> Self {
        let program = std::env::current_exe().expect("a program");
        let mut command = Command::new(program);
        command.arg(CHILD).arg(file).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("starts");
        let tell = process.stdin.take();
        let mut hear = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let Ready { base_url, video_url, certificate } = read(&mut hear);
        Self { process, tell, hear, base_url, video_url, certificate: certificate.into() }
    }

    /// Asks what came of an upload.
    pub fn arrived(&mut self, media_id: &str) -> Arrived {
        let mut tell = self.tell.as_ref().expect("open until the end");
        writeln!(tell, "{media_id}").expect("the child reads");
        read(&mut self.hear)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // The end of its input is the child's end.
        drop(self.tell.take());
        let _ = self.process.wait();
    }
}

fn read<T: for<'a> Deserialize<'a>>(hear: &mut Lines<BufReader<ChildStdout>>) -> T {
    let line = hear.next().expect("the child answers").expect("text");
    serde_json::from_str(&line).expect("what the child writes")
}

/// Is X and the file server, tells of each upload whose id it reads, and ends with its input.
pub fn child(file: &Path) {
    let runtime = runtime();
    let simulator = Simulator::new(Options {
        token: TOKEN.to_owned(),
        limits: false,
        // Of larger files it has the SHA-256.
        kept_media_bytes: 0,
        processing: Processing::none(),
        ..Options::default()
    });
    let (server, files) = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let server = simulator.serve(listener).expect("it listens");
        (server, files::serve(file.to_owned()).await)
    });
    tell(&Ready {
        base_url: server.base_url(),
        video_url: format!("https://{}/video.mp4", files.address),
        certificate: files.certificate.to_vec(),
    });
    for line in std::io::stdin().lines() {
        let id = line.expect("text").parse().expect("a media id");
        let media = simulator.media_with_id(id).expect("X has it");
        // A segment that came twice shows.
        let segments = media.segments.iter().map(|segment| segment.arrivals).sum();
        tell(&Arrived { size: media.size, sha256: media.sha256, segments });
    }
}

fn tell(what: &impl Serialize) {
    println!("{}", serde_json::to_string(what).expect("JSON"));
}

pub fn runtime() -> Runtime {
    Builder::new_multi_thread().enable_all().build().expect("threads can be had")
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
