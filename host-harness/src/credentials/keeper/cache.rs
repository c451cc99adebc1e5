//! Records as they were read, good for as long as nothing is written to the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::lock;
use crate::credentials::{Record, StoreMark};

#[derive(Default)]
pub(super) struct Cache(Mutex<HashMap<String, (StoreMark, Arc<Record>)>>);

impl Cache {
    /// The record of a name, if it was read under the mark that holds now.
    pub fn get(&self, name: &str, mark: Option<StoreMark>) -> Option<Arc<Record>> {
        let mark = mark?;
        let records = lock(&self.0);
        records.get(name).filter(|(read_under, _)| *read_under == mark).map(|(_, record)| Arc::clone(record))
    }

    /// Keeps a record that was read after `mark` was taken.
    pub fn put(&self, record: Arc<Record>, mark: Option<StoreMark>) {
        if let Some(mark) = mark {
            lock(&self.0).insert(record.name.to_string(), (mark, record));
        }
    }

    pub fn forget(&self, name: &str) {
        lock(&self.0).remove(name);
    }
}
