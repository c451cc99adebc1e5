//! The program under test: one run to its end, or one that goes on while others are started.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use x_connector_host::simulator::{Options, Server, Simulator};

/// Longer than anything here takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// A command with an environment of its own: nothing of the machine's connection gets in.
pub fn x_connector(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_x-connector"));
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("X_") {
            command.env_remove(name);
        }
    }
    // Compiled code is kept with the build, not in the home of whoever runs the tests.
    command.env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
    command
}

/// What a run left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    fn of(output: std::process::Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("stdout is text"),
            stderr: String::from_utf8(output.stderr).expect("stderr is text"),
        }
    }

    /// The one line of JSON on stdout, of a run that went well and said nothing else.
    #[track_caller]
    pub fn output(&self) -> Value {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{self:?}");
        assert_eq!(self.stdout.lines().count(), 1, "{self:?}");
        serde_json::from_str(&self.stdout).expect("JSON on stdout")
    }

    /// The error of a run that failed: one line of JSON on stderr, nothing on stdout, exit code 1.
    #[track_caller]
    pub fn error(&self) -> Value {
        assert_eq!((self.code, self.stdout.as_str()), (Some(1), ""), "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        let error: Value = serde_json::from_str(&self.stderr).expect("JSON on stderr");
        for part in ["case", "code", "message", "who_must_act"] {
            assert!(error["error"][part].as_str().is_some_and(|text| !text.is_empty()), "{part}: {error}");
        }
        error["error"].clone()
    }

    /// What is said about a command line that is wrong: exit code 2, and nothing on stdout.
    #[track_caller]
    pub fn usage(&self) -> &str {
        assert_eq!((self.code, self.stdout.as_str()), (Some(2), ""), "{self:?}");
        &self.stderr
    }
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Ran {
    Ran::of(command.output().expect("it starts"))
}

/// Runs a command with something on its stdin.
pub fn run_with_input(command: &mut Command, input: &[u8]) -> Ran {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    // Whoever refuses its arguments does not read its stdin.
    let _ = child.stdin.take().expect("stdin").write_all(input);
    Ran::of(child.wait_with_output().expect("it ends"))
}

/// A run that goes on. It is killed when it is dropped.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let stdout = BufReader::new(child.stdout.take().expect("stdout"));
        let (sender, lines) = channel();
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    /// As [`Running::start`], for a program that reads its stdin.
    pub fn start_with_input(command: &mut Command) -> Self {
        Self::start(command.stdin(Stdio::piped()))
    }

    /// Writes to its stdin.
    pub fn write(&self, text: &str) {
        self.child.stdin.as_ref().expect("stdin").write_all(text.as_bytes()).expect("it reads");
    }

    /// The next line of stdout.
    #[track_caller]
    pub fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line")
    }

    /// The next line of stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.line()).expect("JSON")
    }

    /// Sends a signal by its name: `INT`, `TERM` or `KILL`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status().expect("kill starts");
        assert!(sent.success());
    }

    /// Waits for the end, and gives the lines that were not read, and stderr.
    pub fn end(mut self) -> (ExitStatus, Vec<String>, String) {
        let mut stderr = String::new();
        self.child.stderr.take().expect("stderr").read_to_string(&mut stderr).expect("text");
        let status = self.child.wait().expect("it ends");
        (status, self.lines.iter().collect(), stderr)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A simulated X in this process that the program reaches over loopback, and a directory to work in.
pub struct World {
    pub simulator: Simulator,
    pub directory: TempDir,
    server: Server,
    runtime: Runtime,
}

pub const TOKEN: &str = "c4n4ry-token";

impl World {
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let simulator = Simulator::new(Options { token: TOKEN.to_owned(), ..options });
        let server = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            simulator.serve(listener).expect("it serves")
        });
        Self { simulator, directory: tempfile::tempdir().expect("a directory"), server, runtime }
    }

    /// A command that is connected to this X and runs in the directory.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = x_connector(arguments);
        command.current_dir(self.directory.path()).env("X_API_BASE_URL", self.server.base_url()).env("X_ACCESS_TOKEN", TOKEN);
        command
    }

    /// Where this X listens.
    pub fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// Waits for something of this X.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        run(&mut self.command(arguments))
    }

    /// Writes a file into the directory.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, content).expect("written");
        path
    }
}

/// The workspace's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}
