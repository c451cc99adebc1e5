//! `x-connector connection export` and `import`: a connection as the four settings of an engine.

use std::io::{Read as _, Write as _};
use std::path::Path;

use secrecy::SecretString;
use serde_json::{Value, json};

use super::super::arguments::Setting;
use super::super::output::{self, Failed};
use super::super::stored::{self, Stored};
use super::add::{open_property, properties};
use super::arguments::{Export, Import};
use super::summary;
use crate::credentials::{self, ConnectionName, CredentialId, Imported, Service, Settings, Store as _};

/// What a confidential client needs beside the four settings.
const CLIENT_SECRET: &str = "X_CLIENT_SECRET";

pub async fn export(setting: &Setting, export: Export) -> Result<(), Failed> {
    let stored = Stored::open(setting)?;
    let record = stored.store.load(&export.name).await.map_err(|error| stored::failed(&error))?;
    let settings = Settings::export(&record, &Service::X, stored.store.key()).map_err(|error| stored::failed(&error))?;
    let settings = serde_json::to_value(&settings).unwrap_or_default();
    match &export.output {
        None => output::print(&settings),
        Some(path) => {
            write(path, &settings)?;
            output::print(&json!({ "exported": true, "file": path.display().to_string() }))
        }
    }
}

pub async fn import(setting: &Setting, import: Import) -> Result<(), Failed> {
    let name = ConnectionName::new(import.name.as_str()).map_err(|error| stored::failed(&error))?;
    let text = read(&import.settings)?;
    let settings = Settings::parse(&text).map_err(|error| stored::failed(&error))?;
    let stored = Stored::open(setting)?;
    let known = properties()?;
    let mut properties: Vec<(String, SecretString)> = Vec::new();
    for pair in &import.set {
        let (property, value) = open_property(pair, &known)?;
        properties.push((property, value.into()));
    }
    if import.environment {
        let secret = std::env::var(CLIENT_SECRET).ok().filter(|secret| !secret.is_empty());
        let secret = secret.ok_or_else(|| {
            Failed::input("missing-secret", CLIENT_SECRET, format!("{CLIENT_SECRET} is not set; set it, or leave --environment out"))
        })?;
        properties.push((CLIENT_SECRET.to_owned(), secret.into()));
    }
    let how = credentials::Import { name, properties, service: &Service::X, key: stored.store.key() };
    let imported = settings.import(&stored.store, how).await.map_err(|error| stored::failed(&error))?;
    let id = CredentialId::new(settings.credential_id).map_err(|error| stored::failed(&error))?;
    let record = stored.store.load_by_id(&id).await.map_err(|error| stored::failed(&error))?;
    let what = match imported {
        Imported::Added(_) => "added",
        Imported::Updated(_) => "updated",
        Imported::Unchanged(_) => "unchanged",
    };
    output::print(&json!({ "imported": what, "connection": summary(&record) }))
}

/// Writes a file that its owner alone can read. The record in it is sealed, and still is nobody else's business.
fn write(path: &Path, settings: &Value) -> Result<(), Failed> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| writeln!(file, "{settings}"));
    written.map_err(|error| {
        Failed::input("file-not-writable", "--output", format!("--output names {}, which cannot be written anew: {error}", path.display()))
    })
}

fn read(path: &Path) -> Result<String, Failed> {
    let mut text = String::new();
    let done = if path == Path::new("-") {
        std::io::stdin().lock().take(1 << 20).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(1 << 20).read_to_string(&mut text))
    };
    done.map(|_| text).map_err(|error| {
        Failed::input("file-not-readable", "SETTINGS", format!("SETTINGS names {}, which cannot be read: {error}", path.display()))
    })
}
