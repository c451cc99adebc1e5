//! Compares a built component with the WIT package that the manifest was made from.

use std::collections::BTreeSet;

use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{Function, InterfaceId, Resolve, Type, TypeDefKind, TypeId, WorldId, WorldItem, WorldKey};

use super::Manifest;
use super::shape::{real, type_name};

/// Why a component does not fit its manifest.
#[derive(Debug, thiserror::Error)]
pub enum ComponentError {
    /// The bytes are no component.
    #[error("the file is no component ({0}); build one with `cargo build --release --target wasm32-wasip2`")]
    NotAComponent(String),
    /// The package has no world, or several: it is not clear what the component shall export.
    #[error("the package has {0} worlds; keep exactly one")]
    Worlds(usize),
    /// Everything that differs, one line each.
    #[error("the component does not fit the WIT files:\n  {}\nbuild the component anew", .0.join("\n  "))]
    Differs(Vec<String>),
}

/// Compares every exported interface, function, parameter and type, both ways. Imports are not looked at.
///
/// # Errors
/// [`ComponentError`]: no component, or a line for each difference.
pub fn check_component(manifest: &Manifest, wasm: &[u8]) -> Result<(), ComponentError> {
    let worlds = &manifest.resolve.packages[manifest.package].worlds;
    let [world] = worlds.values().copied().collect::<Vec<_>>()[..] else {
        return Err(ComponentError::Worlds(worlds.len()));
    };
    // The decoder takes a core module for a component without exports.
    if !wasmparser::Parser::is_component(wasm) && !wasmparser::Parser::is_core_wasm(wasm) {
        return Err(ComponentError::NotAComponent("it is no WebAssembly".to_owned()));
    }
    if !wasmparser::Parser::is_component(wasm) {
        return Err(ComponentError::NotAComponent("it is a core module".to_owned()));
    }
    let (built, built_world) = match decode(wasm) {
        Ok(DecodedWasm::Component(resolve, world)) => (resolve, world),
        Ok(DecodedWasm::WitPackage(..)) => {
            return Err(ComponentError::NotAComponent("it holds types alone".to_owned()));
        }
        Err(error) => return Err(ComponentError::NotAComponent(format!("{error:#}"))),
    };
    let differences = differences(Side::new("the WIT files", &manifest.resolve, world), Side::new("the component", &built, built_world));
    if differences.is_empty() { Ok(()) } else { Err(ComponentError::Differs(differences)) }
}

/// One of the two that are compared.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    name: &'static str,
    resolve: &'a Resolve,
    world: WorldId,
}

impl<'a> Side<'a> {
    pub(super) fn new(name: &'static str, resolve: &'a Resolve, world: WorldId) -> Self {
        Self { name, resolve, world }
    }

    fn exports(self) -> Vec<(String, Export<'a>)> {
        let exports = self.resolve.worlds[self.world].exports.iter();
        exports
            .map(|(key, item)| {
                let export = match (key, item) {
                    (_, WorldItem::Interface { id, .. }) => Export::Interface(*id),
                    (WorldKey::Name(_) | WorldKey::Interface(_), WorldItem::Function(function)) => Export::Function(function),
                    _ => Export::Other,
                };
                (self.resolve.name_world_key(key), export)
            })
            .collect()
    }
}

#[derive(Clone, Copy)]
enum Export<'a> {
    Interface(InterfaceId),
    Function(&'a Function),
    Other,
}

/// All differences between the exports of two worlds.
pub(super) fn differences(wit: Side<'_>, built: Side<'_>) -> Vec<String> {
    let mut found = Vec::new();
    pairs(&mut found, "export", (wit.name, wit.exports()), (built.name, built.exports()), |found, name, ours, theirs| {
        match (ours, theirs) {
            (Export::Interface(ours), Export::Interface(theirs)) => {
                interfaces(found, name, wit, ours, built, theirs);
            }
            (Export::Function(ours), Export::Function(theirs)) => {
                functions(found, name, wit, ours, built, theirs);
            }
            (Export::Other, Export::Other) => {}
            _ => found.push(format!("export `{name}` is an interface in one and not in the other")),
        }
    });
    found
}

fn interfaces(found: &mut Vec<String>, name: &str, wit: Side<'_>, ours: InterfaceId, built: Side<'_>, theirs: InterfaceId) {
    let list_functions = |side: Side<'_>, id: InterfaceId| {
        let functions = side.resolve.interfaces[id].functions.values();
        functions.map(|function| (format!("{name}#{}", function.name), function.clone())).collect::<Vec<_>>()
    };
    pairs(
        found,
        "function",
        (wit.name, list_functions(wit, ours)),
        (built.name, list_functions(built, theirs)),
        |found, name, ours, theirs| functions(found, name, wit, &ours, built, &theirs),
    );
    // A type that another interface defines is compared there.
    let list_types = |side: Side<'_>, id: InterfaceId| {
        let types = side.resolve.interfaces[id].types.iter();
        types
            .filter(|(_, id)| real(side.resolve, **id) == **id)
            .map(|(type_name, id)| (format!("{name}/{type_name}"), *id))
            .collect::<Vec<_>>()
    };
    pairs(found, "type", (wit.name, list_types(wit, ours)), (built.name, list_types(built, theirs)), |found, name, ours, theirs| {
        types(found, name, wit, ours, built, theirs);
    });
}

fn functions(found: &mut Vec<String>, name: &str, wit: Side<'_>, ours: &Function, built: Side<'_>, theirs: &Function) {
    let list = |side: Side<'_>, function: &Function| {
        let mut types: Vec<_> = function.params.iter().map(|param| (param.name.clone(), spelled(side.resolve, param.ty))).collect();
        if let Some(result) = function.result {
            types.push(("(result)".to_owned(), spelled(side.resolve, result)));
        }
        types
    };
    let owner = format!("function `{name}`");
    members(found, &owner, "parameter", (wit, list(wit, ours)), (built, list(built, theirs)));
}

fn types(found: &mut Vec<String>, name: &str, wit: Side<'_>, ours: TypeId, built: Side<'_>, theirs: TypeId) {
    let owner = format!("type `{name}`");
    let (word, ours) = parts(wit.resolve, ours);
    let (other_word, theirs) = parts(built.resolve, theirs);
    if word == other_word {
        members(found, &owner, word, (wit, ours), (built, theirs));
    } else {
        found.push(format!("{owner} has {word}s in {} and {other_word}s in {}", wit.name, built.name));
    }
}

/// What a type consists of: the word for a part, and the parts with their types.
fn parts(resolve: &Resolve, id: TypeId) -> (&'static str, Vec<(String, String)>) {
    let kind = &resolve.types[id].kind;
    match kind {
        TypeDefKind::Record(record) => {
            ("field", record.fields.iter().map(|field| (field.name.clone(), spelled(resolve, field.ty))).collect())
        }
        TypeDefKind::Enum(cases) => ("enum case", cases.cases.iter().map(|case| (case.name.clone(), String::new())).collect()),
        TypeDefKind::Variant(variant) => (
            "variant case",
            variant
                .cases
                .iter()
                .map(|case| {
                    let payload = case.ty.map_or_else(String::new, |ty| spelled(resolve, ty));
                    (case.name.clone(), payload)
                })
                .collect(),
        ),
        other => ("definition", vec![("(itself)".to_owned(), spelled_kind(resolve, other))]),
    }
}

/// Compares named parts: missing ones, other types, another order.
fn members(
    found: &mut Vec<String>,
    owner: &str,
    word: &str,
    (wit, ours): (Side<'_>, Vec<(String, String)>),
    (built, theirs): (Side<'_>, Vec<(String, String)>),
) {
    let before = found.len();
    let names = |parts: &[(String, String)]| parts.iter().map(|p| p.0.clone()).collect::<Vec<_>>();
    let order = (names(&ours), names(&theirs));
    let mut inner = Vec::new();
    pairs(&mut inner, word, (wit.name, ours), (built.name, theirs), |inner, name, ours, theirs| {
        if ours != theirs {
            let shown = |text: String| {
                if text.is_empty() { "nothing".to_owned() } else { text }
            };
            inner.push(format!("{word} `{name}` is `{}` in {} and `{}` in {}", shown(ours), wit.name, shown(theirs), built.name));
        }
    });
    found.extend(inner.into_iter().map(|line| format!("{owner}: {line}")));
    if found.len() == before && order.0 != order.1 {
        found.push(format!(
            "{owner}: the {word}s stand in another order in {} ({}) than in {} ({})",
            built.name,
            order.1.join(", "),
            wit.name,
            order.0.join(", ")
        ));
    }
}

/// Pairs what both sides have by name and reports what only one side has.
fn pairs<T>(
    found: &mut Vec<String>,
    word: &str,
    (our_name, ours): (&str, Vec<(String, T)>),
    (their_name, theirs): (&str, Vec<(String, T)>),
    mut compare: impl FnMut(&mut Vec<String>, &str, T, T),
) {
    let known: BTreeSet<String> = ours.iter().map(|(name, _)| name.clone()).collect();
    let mut theirs: Vec<_> = theirs.into_iter().map(Some).collect();
    for (name, ours) in ours {
        let twin = theirs.iter_mut().find(|twin| twin.as_ref().is_some_and(|(other, _)| *other == name));
        match twin.and_then(Option::take) {
            Some((_, theirs)) => compare(found, &name, ours, theirs),
            None => found.push(format!("{word} `{name}` is in {our_name} and not in {their_name}")),
        }
    }
    for (name, _) in theirs.into_iter().flatten() {
        if !known.contains(&name) {
            found.push(format!("{word} `{name}` is in {their_name} and not in {our_name}"));
        }
    }
}

/// A type as WIT spells it; types with a name by their name, since they are compared by themselves.
fn spelled(resolve: &Resolve, ty: Type) -> String {
    let word = match ty {
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::S8 => "s8",
        Type::S16 => "s16",
        Type::S32 => "s32",
        Type::S64 => "s64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        Type::ErrorContext => "error-context",
        Type::Id(id) => {
            let id = real(resolve, id);
            return match &resolve.types[id].name {
                Some(_) => type_name(resolve, id).to_owned(),
                None => spelled_kind(resolve, &resolve.types[id].kind),
            };
        }
    };
    word.to_owned()
}

fn spelled_kind(resolve: &Resolve, kind: &TypeDefKind) -> String {
    let of = |ty: &Type| spelled(resolve, *ty);
    let or_blank = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "_".to_owned(), of);
    match kind {
        TypeDefKind::Option(ty) => format!("option<{}>", of(ty)),
        TypeDefKind::List(ty) => format!("list<{}>", of(ty)),
        TypeDefKind::Result(result) => {
            format!("result<{}, {}>", or_blank(&result.ok), or_blank(&result.err))
        }
        TypeDefKind::Tuple(tuple) => {
            let types: Vec<_> = tuple.types.iter().map(of).collect();
            format!("tuple<{}>", types.join(", "))
        }
        TypeDefKind::Type(ty) => of(ty),
        other => other.as_str().to_owned(),
    }
}

#[cfg(test)]
mod tests;
