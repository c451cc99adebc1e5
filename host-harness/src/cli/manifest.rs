//! `x-connector manifest`: makes connector.json from wit/, or checks it.

use std::path::Path;

use super::arguments::{Manifest as Arguments, Setting};
use super::output::{Failed, line};
use super::setting;
use crate::COMPONENT;
use crate::manifest::{Manifest, check, check_component};

pub fn run(setting: &Setting, arguments: &Arguments) -> Result<(), Failed> {
    let wit = arguments.directory.join("wit");
    let path = arguments.directory.join("connector.json");
    let manifest = Manifest::from_directory(&wit).map_err(|error| Failed::input("invalid-wit", "wit", error.to_string()))?;
    let generated = manifest.to_json();
    if arguments.check {
        let committed = String::from_utf8(setting::read(&path, "connector.json")?)
            .map_err(|_| Failed::input("not-text", "connector.json", "connector.json is no UTF-8 text; run `x-connector manifest`"))?;
        check(&committed, &generated).map_err(|difference| Failed::input("manifest-outdated", "connector.json", difference.to_string()))?;
        let component = match &setting.component {
            Some(path) => setting::read(path, "--component")?,
            None => COMPONENT.to_vec(),
        };
        check_component(&manifest, &component).map_err(|error| Failed::input("component-outdated", "--component", error.to_string()))?;
        line(&format!("connector.json fits wit/ and the component: {}", counts(&manifest)))?;
    } else {
        write(&path, &generated)?;
        line(&format!("{} written: {}", path.display(), counts(&manifest)))?;
    }
    Ok(())
}

fn counts(manifest: &Manifest) -> String {
    let connector = &manifest.connector;
    let named = |count: usize, name: &str| format!("{count} {name}{}", if count == 1 { "" } else { "s" });
    format!("{}, {}", named(connector.actions.len(), "action"), named(connector.triggers.len(), "trigger"))
}

fn write(path: &Path, text: &str) -> Result<(), Failed> {
    std::fs::write(path, text)
        .map_err(|error| Failed::input("file-not-writable", "--directory", format!("{} cannot be written: {error}", path.display())))
}
