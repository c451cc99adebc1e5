//! The manifest: `connector.json`, made from the doc comments and types of a connector's WIT package.
//!
//! ```text
//! wit/*.wit ──parse──▶ Manifest ──to_json──▶ connector.json
//!                         │
//!                         ├── check(committed, generated)    is the committed file up to date?
//!                         └── check_component(manifest, wasm) does the built component export the same?
//! ```
//!
//! Nothing here knows a certain service: any package whose interfaces `types`, `actions`, `triggers` and
//! `connection` follow the [tags](tag) can be described.

mod component;
mod connection;
mod connector;
mod difference;
mod doc;
mod fault;
mod json;
mod literal;
mod name;
mod operation;
mod property;
mod reader;
mod schema;
mod shape;
mod spelling;
pub mod tag;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};

use wit_parser::{PackageId, Resolve, SourceMap};

pub use component::{ComponentError, check_component};
pub use connector::{
    Connection, ConnectionProperty, ConnectionStep, Connector, Control, Effect, ErrorCase, FirstRun, Idempotency, Limits, Operation,
    Output, Price, Property, PropertyType, Trigger, TriggerKind, ValueOption,
};
pub use difference::{Difference, check};
pub use fault::{Fault, Faults, Location};
pub use json::Json;

/// A connector's WIT package and what its manifest says.
pub struct Manifest {
    /// The manifest as data, in the order in which `connector.json` has it.
    pub connector: Connector,
    resolve: Resolve,
    package: PackageId,
}

/// Why no manifest came out.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The directory or a file in it cannot be read.
    #[error("cannot read `{}`: {source}; name the directory that holds the .wit files", path.display())]
    Read {
        /// What was read.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// There is nothing to read.
    #[error("no .wit file in {0}; name the directory that holds them")]
    Empty(String),
    /// The text is not WIT; the message has the place in it.
    #[error("the WIT cannot be parsed: {0}")]
    Parse(String),
    /// The WIT is sound, but doc comments, tags or shapes are not; all faults at once.
    #[error("{0}")]
    Faults(Faults),
}

impl Manifest {
    /// Reads every `*.wit` file of `directory`, without its subdirectories.
    ///
    /// # Errors
    /// [`ManifestError`]: an unreadable directory, a syntax error, or all faults of the doc comments.
    pub fn from_directory(directory: &Path) -> Result<Self, ManifestError> {
        let unreadable = |path: &Path, source| ManifestError::Read { path: path.to_owned(), source };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(directory).map_err(|e| unreadable(directory, e))? {
            let path = entry.map_err(|e| unreadable(directory, e))?.path();
            if path.extension().is_some_and(|extension| extension == "wit") {
                paths.push(path);
            }
        }
        if paths.is_empty() {
            return Err(ManifestError::Empty(format!("`{}`", directory.display())));
        }
        paths.sort();
        let mut sources = Vec::new();
        for path in paths {
            let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, e))?;
            sources.push((path.display().to_string(), text));
        }
        Self::from_sources(&sources)
    }

    /// Reads WIT text that the caller holds: pairs of a file's name, for messages, and its text.
    ///
    /// # Errors
    /// [`ManifestError`]: a syntax error, or all faults of the doc comments.
    pub fn from_sources<N, T>(sources: &[(N, T)]) -> Result<Self, ManifestError>
    where
        N: AsRef<str>,
        T: AsRef<str>,
    {
        if sources.is_empty() {
            return Err(ManifestError::Empty("the given texts".to_owned()));
        }
        let mut map = SourceMap::new();
        for (name, text) in sources {
            map.push_str(name.as_ref(), text.as_ref());
        }
        let group = map.parse().map_err(|(map, error)| ManifestError::Parse(error.render(&map)))?;
        let mut resolve = Resolve::new();
        // The group is consumed; its places are needed when it does not resolve.
        let map = group.source_map.clone();
        let package = resolve.push_group(group).map_err(|error| ManifestError::Parse(error.render(&map)))?;
        spelling::respell(&mut resolve, package);
        let connector = reader::read(&resolve, package).map_err(ManifestError::Faults)?;
        Ok(Self { connector, resolve, package })
    }

    /// The text of `connector.json`: two spaces of indent, the same bytes for the same WIT, a final newline.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text =
            serde_json::to_string_pretty(&self.connector).unwrap_or_else(|error| unreachable!("plain data with string keys: {error}"));
        text.push('\n');
        text
    }
}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manifest").field("connector", &self.connector).finish_non_exhaustive()
    }
}
