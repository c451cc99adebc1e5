//! What the component wants of its host, what it offers, and how large it is. The import list is the security promise.

use std::collections::BTreeSet;

use wasmparser::{Parser, Payload};
use x_connector_host::COMPONENT;

/// The names that the outermost component imports and exports.
fn names() -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut imports, mut exports) = (BTreeSet::new(), BTreeSet::new());
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(COMPONENT) {
        match payload.expect("a component") {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                imports.extend(section.into_iter().map(|import| import.expect("an import").name.name.to_owned()));
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                exports.extend(section.into_iter().map(|export| export.expect("an export").name.name.to_owned()));
            }
            _ => {}
        }
    }
    (imports, exports)
}

#[test]
fn it_imports_what_was_promised_and_nothing_else() {
    let (imports, _) = names();
    let unversioned: BTreeSet<&str> = imports.iter().map(|name| name.split_once('@').map_or(name.as_str(), |(name, _)| name)).collect();
    let promised = [
        "wasi:cli/environment",
        "wasi:clocks/monotonic-clock",
        "wasi:clocks/wall-clock",
        "wasi:http/outgoing-handler",
        "wasi:http/types",
        "wasi:io/error",
        "wasi:io/poll",
        "wasi:io/streams",
        "wasi:random/random",
    ];
    assert_eq!(unversioned, BTreeSet::from(promised));
    assert!(imports.iter().all(|name| name.contains("@0.2.")), "all of WASI 0.2: {imports:?}");
}

#[test]
fn it_exports_the_interfaces_of_the_contract_and_nothing_else() {
    let (_, exports) = names();
    let of_wit: BTreeSet<String> =
        ["types", "actions", "triggers", "connection"].iter().map(|interface| format!("connector:x/{interface}@0.1.0")).collect();
    assert_eq!(exports, of_wit);
}

#[test]
fn it_has_at_most_300_kb() {
    println!("the component has {} bytes", COMPONENT.len());
    assert!(COMPONENT.len() <= 300_000, "{} bytes", COMPONENT.len());
}

#[test]
fn it_does_not_tell_where_it_was_built() {
    // The paths of the dependencies' sources stay: only an unstable option of the compiler takes them out.
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").to_str().expect("text");
    assert!(!COMPONENT.windows(root.len()).any(|window| window == root.as_bytes()), "the component names {root}");
}
