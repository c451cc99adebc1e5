//! The signatures that operations have, since engines call all of them alike.

use wit_parser::{Function, Type, TypeDefKind, TypeId};

use crate::manifest::reader::{Place, Reader};
use crate::manifest::shape::{Shape, definition, optional, shape};
use crate::manifest::tag::Item;

/// The types of a function.
pub(in crate::manifest) struct Signature {
    /// The record that it takes; connection steps may take none.
    pub input: Option<TypeId>,
    pub ok: Type,
    pub error: TypeId,
}

impl Reader<'_> {
    /// `(input: record) -> result<record, variant>`; with a cursor for triggers; for connection steps also without the record.
    pub(in crate::manifest) fn signature(&mut self, place: &Place, function: &Function, item: Item) -> Option<Signature> {
        let resolve = self.resolve;
        let wanted = match item {
            Item::Trigger => "func(input: record, cursor: option<string>) -> result<record, variant>",
            Item::ConnectionStep => "func(input: record) -> result<record, variant>`, or `func() -> result<record, variant>",
            _ => "func(input: record) -> result<record, variant>",
        };
        let is_cursor = |ty: Type| optional(resolve, ty) == (true, Type::String);
        let input = match (item, function.params.as_slice()) {
            (Item::Action | Item::ConnectionStep, [input]) => record_id(self, input.ty).map(Some),
            (Item::ConnectionStep, []) => Some(None),
            (Item::Trigger, [input, cursor]) if cursor.name == "cursor" && is_cursor(cursor.ty) => record_id(self, input.ty).map(Some),
            _ => None,
        };
        let result = function.result.and_then(|ty| definition(resolve, ty)).map(|id| &resolve.types[id].kind);
        if let (Some(input), Some(TypeDefKind::Result(result))) = (input, result)
            && let (Some(ok), Some(error)) = (result.ok, result.err)
            && record_id(self, ok).is_some()
            && let Some(error) = definition(resolve, error)
            && matches!(resolve.types[error].kind, TypeDefKind::Variant(_))
        {
            return Some(Signature { input, ok, error });
        }
        self.fault(place, None, format!("the signature does not fit; make it `{wanted}`"));
        None
    }

    /// The type of a poll's items. Engines rely on the three fields by name.
    pub(super) fn item(&mut self, place: &Place, signature: &Signature) -> Option<Type> {
        let resolve = self.resolve;
        let Ok(Shape::Record(_, record)) = shape(resolve, signature.ok) else {
            return None;
        };
        let field = |name: &str| record.fields.iter().find(|f| f.name == name).map(|f| f.ty);
        let item = match field("items").map(|ty| shape(resolve, ty)) {
            Some(Ok(Shape::List(item))) => Some(item),
            _ => None,
        };
        if item.is_none() || field("cursor") != Some(Type::String) || field("has-more") != Some(Type::Bool) {
            self.fault(
                place,
                None,
                "what a poll returns needs the fields `items: list<...>`, `cursor: string` and `has-more: bool`; add them",
            );
            return None;
        }
        item
    }
}

fn record_id(reader: &Reader<'_>, ty: Type) -> Option<TypeId> {
    match shape(reader.resolve, ty) {
        Ok(Shape::Record(id, _)) => Some(id),
        _ => None,
    }
}
