//! The store of connections, as the command line uses it.

use std::path::PathBuf;
use std::sync::Arc;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::arguments::Setting;
use super::output::Failed;
use crate::ConnectionProperties;
use crate::authorization::{Steps, case_and_party};
use crate::credentials::{CredentialError, CredentialId, Keeper, KeeperOptions, Key, Record, Service, SqliteStore, change_by_id};

/// Under what the key stands in the operating system's keyring.
const KEYRING_SERVICE: &str = "x-connector";

/// The store, open.
pub struct Stored {
    pub store: SqliteStore,
}

impl Stored {
    /// Opens the store that the options and the environment name; the first time makes it.
    pub fn open(setting: &Setting) -> Result<Self, Failed> {
        let directory = directory(setting)?;
        let store = if setting.keyring {
            let database = directory.join(SqliteStore::DATABASE);
            let entry = std::path::absolute(&directory).unwrap_or_else(|_| directory.clone());
            let entry = entry.to_string_lossy();
            let key = if database.exists() {
                Key::from_keyring(KEYRING_SERVICE, &entry)
            } else {
                Key::from_keyring_or_new(KEYRING_SERVICE, &entry)
            };
            key.and_then(|key| SqliteStore::open(&database, key))
        } else {
            SqliteStore::open_directory(&directory)
        };
        Ok(Self { store: store.map_err(|error| failed(&error))? })
    }

    /// The connection steps, on a host that may reach where the connection leads.
    pub fn steps(&self, setting: &Setting, record: &Record) -> Result<Steps, Failed> {
        setting.steps(&environment(record))
    }

    /// The keeper of the tokens, which refreshes with the component.
    pub fn keeper(&self, setting: &Setting, record: &Record) -> Result<Keeper, Failed> {
        Ok(self.keeper_with(self.steps(setting, record)?))
    }

    /// As [`Stored::keeper`], with steps that are there already.
    pub fn keeper_with(&self, steps: Steps) -> Keeper {
        Keeper::new(Arc::new(self.store.clone()), Arc::new(steps), KeeperOptions::default())
    }

    /// Changes a connection as it stands now, whatever it is called by now.
    pub async fn update(&self, id: &CredentialId, change: impl FnMut(&mut Record) + Send) -> Result<Record, Failed> {
        change_by_id(&self.store, id, change).await.map_err(|error| failed(&error))
    }
}

fn directory(setting: &Setting) -> Result<PathBuf, Failed> {
    if let Some(directory) = &setting.store {
        return Ok(directory.clone());
    }
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = if cfg!(windows) {
        variable("APPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        variable("XDG_DATA_HOME").or_else(|| Some(variable("HOME")?.join(".local/share")))
    };
    let base = base.ok_or_else(|| Failed::setup("there is no home directory to keep connections in; name a directory with --store"))?;
    Ok(base.join("x-connector"))
}

/// All that a connection step may need.
pub fn environment(record: &Record) -> ConnectionProperties {
    record.environment(&Service::X).collect()
}

/// The kinds of credential that a connection has.
pub fn kinds(record: &Record) -> Vec<&'static str> {
    let has = |names: &[&str]| names.iter().all(|name| record.get(name).is_some());
    let mut kinds = Vec::new();
    if record.tokens.is_some() || has(&["X_ACCESS_TOKEN"]) {
        kinds.push("oauth2_user");
    }
    if has(&["X_API_KEY", "X_API_SECRET", "X_OAUTH1_TOKEN", "X_OAUTH1_TOKEN_SECRET"]) {
        kinds.push("oauth1_user");
    }
    if has(&["X_BEARER_TOKEN"]) {
        kinds.push("app_only");
    }
    kinds
}

/// Refuses a connection that has nothing to call with.
pub fn check_connected(record: &Record) -> Result<(), Failed> {
    if !kinds(record).is_empty() {
        return Ok(());
    }
    let name = &*record.name;
    let hint = if record.get("X_API_KEY").is_some() { ", with --app-only for the app's own token" } else { "" };
    let message = format!("the connection `{name}` is not connected yet; run `x-connector connection login {name}`{hint}");
    Err(Failed::refused("not-connected", "account_owner", message))
}

/// A moment as RFC 3339, to the second.
pub fn moment(unix_ms: u64) -> String {
    let seconds = i64::try_from(unix_ms / 1_000).unwrap_or(i64::MAX);
    let moment = OffsetDateTime::from_unix_timestamp(seconds).ok().and_then(|moment| moment.format(&Rfc3339).ok());
    moment.unwrap_or_default()
}

/// What is said of a store, key or token that cannot be used.
pub fn failed(error: &CredentialError) -> Failed {
    let (case, who) = case_and_party(error);
    let mut failed = Failed::setup(error.to_string());
    failed.json["error"]["code"] = error.code().into();
    failed.json["error"]["who_must_act"] = who.into();
    failed.json["error"]["case"] = case.into();
    failed
}
