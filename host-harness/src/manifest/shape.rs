//! WIT types as the manifest sees them: aliases resolved, `option` taken off, and only what can stand in a manifest.

use std::collections::HashSet;

use wit_parser::{Enum, Field, Function, Record, Resolve, Type, TypeDefKind, TypeId};

use super::doc::Doc;
use super::name::snake_case;

/// A type that a manifest can describe.
#[derive(Clone, Copy)]
pub(super) enum Shape<'a> {
    Bool,
    /// The least and the greatest value.
    Integer(i128, i128),
    Number,
    Text,
    Enum(&'a Enum),
    List(Type),
    Record(TypeId, &'a Record),
}

/// Takes `option` off: whether a value may be left out, and the type of a value that is there.
pub(super) fn optional(resolve: &Resolve, ty: Type) -> (bool, Type) {
    match definition(resolve, ty).map(|id| &resolve.types[id].kind) {
        Some(TypeDefKind::Option(inner)) => (true, *inner),
        _ => (false, ty),
    }
}

/// The shape of a type without `option`.
///
/// # Errors
/// What the type is, when a manifest cannot describe it.
pub(super) fn shape(resolve: &Resolve, ty: Type) -> Result<Shape<'_>, String> {
    let integer = |bits: u32, signed: bool| {
        if signed { Shape::Integer(-(1 << (bits - 1)), (1 << (bits - 1)) - 1) } else { Shape::Integer(0, (1 << bits) - 1) }
    };
    Ok(match ty {
        Type::Bool => Shape::Bool,
        Type::U8 => integer(8, false),
        Type::U16 => integer(16, false),
        Type::U32 => integer(32, false),
        Type::U64 => integer(64, false),
        Type::S8 => integer(8, true),
        Type::S16 => integer(16, true),
        Type::S32 => integer(32, true),
        Type::S64 => integer(64, true),
        Type::F32 | Type::F64 => Shape::Number,
        Type::String => Shape::Text,
        Type::Char => return Err("char".to_owned()),
        Type::ErrorContext => return Err("error-context".to_owned()),
        Type::Id(id) => {
            let id = real(resolve, id);
            match &resolve.types[id].kind {
                TypeDefKind::Type(inner) => return shape(resolve, *inner),
                TypeDefKind::Record(record) => Shape::Record(id, record),
                TypeDefKind::Enum(cases) => Shape::Enum(cases),
                TypeDefKind::List(element) => Shape::List(*element),
                other => return Err(other.as_str().to_owned()),
            }
        }
    })
}

/// The type behind all aliases (`use`, `type a = b`).
pub(super) fn real(resolve: &Resolve, mut id: TypeId) -> TypeId {
    while let TypeDefKind::Type(Type::Id(inner)) = resolve.types[id].kind {
        id = inner;
    }
    id
}

/// The definition behind a type and all its aliases, if it has one.
pub(super) fn definition(resolve: &Resolve, ty: Type) -> Option<TypeId> {
    match ty {
        Type::Id(id) => Some(real(resolve, id)),
        _ => None,
    }
}

/// The name of a type behind all aliases.
pub(super) fn type_name(resolve: &Resolve, id: TypeId) -> &str {
    resolve.types[real(resolve, id)].name.as_deref().unwrap_or("(unnamed)")
}

/// A field's name in JSON: its `@name`, or its WIT name in snake case.
pub(super) fn json_name(field: &Field) -> String {
    let doc = Doc::split(field.docs.contents.as_deref());
    match doc.value("name") {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => snake_case(&field.name),
    }
}

/// Every record of the types `open`, directly or inside another.
pub(super) fn records(resolve: &Resolve, mut open: Vec<Type>) -> HashSet<TypeId> {
    let mut found = HashSet::new();
    while let Some(ty) = open.pop() {
        match shape(resolve, optional(resolve, ty).1) {
            Ok(Shape::Record(id, record)) if found.insert(id) => open.extend(record.fields.iter().map(|field| field.ty)),
            Ok(Shape::List(element)) => open.push(element),
            _ => {}
        }
    }
    found
}

/// What a function returns when it succeeds.
pub(super) fn returned(resolve: &Resolve, function: &Function) -> Vec<Type> {
    let result = function.result.and_then(|ty| definition(resolve, ty));
    match result.map(|id| &resolve.types[id].kind) {
        Some(TypeDefKind::Result(result)) => result.ok.into_iter().collect(),
        _ => function.result.into_iter().collect(),
    }
}
