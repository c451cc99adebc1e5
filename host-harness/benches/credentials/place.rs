//! Where a part is played: a database with its key, a token server, and what a process of its own must know of both.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::runtime::Runtime;
use x_connector_host::credentials::{
    Clock as _, ConnectionName, Keeper, KeeperOptions, Key, Record, Refresh, Service, SqliteStore, Store as _, SystemClock, Tokens,
};

use crate::server::{Remote, TokenServer};

const CHILD: &str = "--child";

pub struct Place {
    pub directory: TempDir,
    pub store: SqliteStore,
}

impl Place {
    /// A database with the connection of one account.
    pub fn new(server: &TokenServer, account: &str, runtime: &Runtime) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let store = open(directory.path());
        let mut record = Record::new(ConnectionName::new(account).expect("a name"), &Service::X).expect("a record");
        record.set("X_CLIENT_ID", "client").set("X_CLIENT_SECRET", "secret");
        record.set_tokens(Tokens::new(server.log_in(account), SystemClock.now_ms()));
        runtime.block_on(store.insert(&record)).expect("inserts");
        Self { directory, store }
    }

    /// This program once more, as a child that plays a part on this place.
    pub fn spawn(&self, part: &str, account: &str, server: &TokenServer) -> Child {
        let program = std::env::current_exe().expect("a program");
        let mut command = Command::new(program);
        command.args([CHILD, part, account, &server.address.to_string()]).arg(self.directory.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts")
    }
}

/// What a child is told.
pub struct Told {
    pub part: String,
    pub account: String,
    pub server: SocketAddr,
    pub directory: PathBuf,
}

impl Told {
    pub fn keeper(&self, lease: Duration) -> Keeper {
        keeper(open(&self.directory), Arc::new(Remote(self.server)), lease)
    }
}

pub fn of_a_child(arguments: &[String]) -> Option<Told> {
    let [_, child, part, account, server, directory] = arguments else { return None };
    (child == CHILD).then(|| Told {
        part: part.clone(),
        account: account.clone(),
        server: server.parse().expect("an address"),
        directory: directory.into(),
    })
}

pub fn keeper(store: SqliteStore, refresh: Arc<dyn Refresh>, lease: Duration) -> Keeper {
    Keeper::new(Arc::new(store), refresh, KeeperOptions { lease, ..KeeperOptions::default() })
}

pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

fn open(directory: &Path) -> SqliteStore {
    let key = Key::from_file_or_new(&directory.join(SqliteStore::KEY_FILE)).expect("a key");
    SqliteStore::open(&directory.join(SqliteStore::DATABASE), key).expect("opens")
}
