//! Writes the glue between the exported functions and the canonical ABI: for each type of `wit/` one impl that reads or writes it.
//!
//! `wit_bindgen::generate!` does the same inside every function, type by type, which costs 13 kB a function. The glue steps
//! into the place of its `_export_…_cabi` and `__post_return_…`; `docs/adr/0005-shared-lowering.md` says why.

mod functions;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::{env, fs, path::Path};

use heck::ToSnakeCase;
use wit_bindgen_core::wit_parser::{Function, Interface, Resolve, SizeAlign, Type, TypeId, WorldId, WorldItem};

/// What crosses the border in the tests of the glue.
const TEST: &str = "src/canonical/tests/border.wit";

fn main() -> Result<(), Box<dyn Error>> {
    for watched in ["build", "wit", TEST] {
        println!("cargo::rerun-if-changed={watched}");
    }
    let directory = env::var("OUT_DIR")?;
    let glue = Glue::read("wit", "crate::bindings")?;
    for name in glue.left() {
        println!("cargo::warning=wit-bindgen's own glue is used for {name}, which makes it large; see build/functions.rs");
    }
    fs::write(Path::new(&directory).join("glue.rs"), glue.code())?;
    fs::write(Path::new(&directory).join("border.rs"), Glue::read(TEST, "crate::canonical::tests::border")?.code())?;
    Ok(())
}

struct Glue {
    resolve: Resolve,
    sizes: SizeAlign,
    world: WorldId,
    /// The Rust module of wit-bindgen's bindings.
    bindings: &'static str,
}

/// The named types that cross the border in one direction.
type Named = BTreeSet<TypeId>;

impl Glue {
    fn read(wit: &str, bindings: &'static str) -> Result<Self, Box<dyn Error>> {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_path(wit)?;
        let world = resolve.select_world(&[package], None)?;
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve)?;
        Ok(Self { resolve, sizes, world, bindings })
    }

    /// The exported interfaces that have a name of their own, and the modules they are in.
    fn interfaces(&self) -> impl Iterator<Item = (&Interface, [String; 3])> {
        self.resolve.worlds[self.world].exports.values().filter_map(|item| {
            let WorldItem::Interface { id, .. } = item else { return None };
            Some((&self.resolve.interfaces[*id], self.module(*id)?))
        })
    }

    /// The functions that the glue does not know how to make.
    fn left(&self) -> Vec<&str> {
        let functions = self.interfaces().flat_map(|(interface, _)| interface.functions.values());
        let is_left = |function: &&Function| self.function(function, &mut Named::new(), &mut Named::new()).is_none();
        functions.filter(is_left).map(|function| function.name.as_str()).collect()
    }

    fn code(&self) -> String {
        let (mut lifted, mut lowered) = (Named::new(), Named::new());
        let mut largest = self.sizes.size(&Type::U8);
        // Namespace, package: as wit-bindgen nests its modules.
        let mut modules = BTreeMap::<String, BTreeMap<String, String>>::new();
        for (interface, [namespace, package, module]) in self.interfaces() {
            let bindings = format!("{}::exports::{namespace}::{package}::{module}", self.bindings);
            let mut functions = String::new();
            for function in interface.functions.values() {
                if let (Some(code), Some(result)) = (self.function(function, &mut lifted, &mut lowered), &function.result) {
                    functions += &code;
                    // Fails where wit-bindgen has another name for it: then nothing would be hidden.
                    functions += &format!("use {bindings}::_export_{}_cabi as _;\n", function.name.to_snake_case());
                    largest = largest.max(self.sizes.size(result));
                }
            }
            let shared = "use crate::canonical::{Flat, Lift, P, answer, free, release};";
            // What is defined here hides what wit-bindgen has under the same name.
            let code = format!("pub mod {module} {{\npub use {bindings}::*;\n{shared}\n{functions}}}\n");
            *modules.entry(namespace).or_default().entry(package).or_default() += &code;
        }
        let answer = format!("/// The size of the largest answer.\npub const ANSWER: usize = {};\n", types::place(largest));
        let mut code = format!("// Made from WIT by build/.\nuse crate::canonical::*;\n\n{answer}");
        code.extend(lifted.union(&lowered).map(|id| self.shape(*id)));
        code.extend(lifted.iter().map(|id| self.lift(*id)));
        code.extend(lowered.iter().map(|id| self.lower(*id)));
        let nest = |name: &str, content: &str| format!("pub mod {name} {{\n{content}}}\n");
        let packages = |modules: &BTreeMap<String, String>| modules.iter().map(|(name, code)| nest(name, code)).collect::<String>();
        let namespaces: String = modules.iter().map(|(name, modules)| nest(name, &packages(modules))).collect();
        code + &nest("exports", &namespaces)
    }
}
