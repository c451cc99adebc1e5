//! Fields of forms: one WIT field of an input or of the connection becomes one property.

use wit_parser::{Enum, Field, Type, TypeId};

use super::connector::{Control, Limits, Property, PropertyType, ValueOption};
use super::doc::Doc;
use super::json::Json;
use super::name::{sentence_case, snake_case};
use super::reader::{Place, Reader, field_place};
use super::shape::{Shape, json_name, optional, type_name};

/// The record that stands for a file; its properties have the type `FILE_ENTRY`.
const FILE_ENTRY: &str = "file-entry";

impl Reader<'_> {
    /// Reads the field of `record`; none when its type cannot be described.
    pub(super) fn property(&mut self, record: TypeId, field: &Field) -> Option<Property> {
        let place = field_place(field, type_name(self.resolve, record));
        let doc = self.doc(&place, self.field_item(record), &field.docs);
        self.require_text(&place, &doc);
        let label = self.require(&place, &doc, "title", "give the label of the form field");
        let name = json_name(field);
        if !is_name(&name) {
            self.fault(&place, Some("name"), format!("`{name}` is no name; use letters, digits and _, first a letter"));
        }
        let shape = self.shape(&place, field.ty)?;
        let value = self.property_type(field.ty)?;
        let limits = self.limits(&place, &doc, shape, field.ty);
        let example = self.literal(&place, &doc, "example", field.ty);
        let default = self.literal(&place, &doc, "default", field.ty);
        let (left_out, _) = optional(self.resolve, field.ty);
        if default.is_some() && !left_out {
            self.fault(&place, Some("default"), "a required field has no default; make the field an option<> or remove the tag");
        }
        for (tag, value) in [("example", &example), ("default", &default)] {
            if let Some(problem) = value.as_ref().and_then(|value| limits.refuse(value)) {
                self.fault(&place, Some(tag), problem);
            }
        }
        if doc.has("placeholder") && !is_typed_in(&value) {
            self.fault(&place, Some("placeholder"), "only what is typed in has a placeholder; remove it");
        }
        Some(Property {
            name,
            label: label.unwrap_or_default().to_owned(),
            description: doc.text.clone(),
            control: self.control(&place, &doc, &value),
            value,
            required: !left_out,
            advanced: doc.has("advanced"),
            placeholder: doc.value("placeholder").map(str::to_owned),
            example,
            default,
            limits: (limits != Limits::default()).then_some(limits),
        })
    }

    /// The kind of value that a type takes. Types that cannot be described were reported before.
    fn property_type(&mut self, ty: Type) -> Option<PropertyType> {
        let (_, ty) = optional(self.resolve, ty);
        Some(match super::shape::shape(self.resolve, ty).ok()? {
            Shape::Bool => PropertyType::Boolean,
            Shape::Integer(..) => PropertyType::Integer,
            Shape::Number => PropertyType::Number,
            Shape::Text => PropertyType::String { options: Vec::new() },
            Shape::Enum(cases) => PropertyType::String { options: options(cases) },
            Shape::List(element) => PropertyType::Array { items: Box::new(self.property_type(element)?) },
            Shape::Record(id, record) => {
                let properties = record.fields.iter().filter_map(|field| self.property(id, field)).collect();
                if type_name(self.resolve, id) == FILE_ENTRY {
                    PropertyType::FileEntry { properties }
                } else {
                    PropertyType::Object { properties }
                }
            }
        })
    }

    /// `@control`, or the control that fits the type.
    fn control(&mut self, place: &Place, doc: &Doc, value: &PropertyType) -> Option<Control> {
        let fitting: &[Control] = match value {
            PropertyType::String { options } if !options.is_empty() => &[Control::Select],
            PropertyType::String { .. } => &[Control::Text, Control::TextArea, Control::Password],
            PropertyType::Integer | PropertyType::Number => &[Control::Number],
            PropertyType::Boolean => &[Control::Toggle],
            PropertyType::FileEntry { .. } => &[Control::File],
            PropertyType::Array { items } if matches!(**items, PropertyType::FileEntry { .. }) => &[Control::File],
            PropertyType::Array { .. } | PropertyType::Object { .. } => &[],
        };
        let Some(name) = doc.value("control").filter(|name| !name.is_empty()) else {
            return if doc.has("secret") && fitting.contains(&Control::Password) {
                Some(Control::Password)
            } else {
                fitting.first().copied()
            };
        };
        let control = CONTROLS.iter().find(|(known, _)| *known == name);
        if let Some((_, control)) = control.filter(|(_, control)| fitting.contains(control)) {
            return Some(*control);
        }
        let names: Vec<_> = CONTROLS.iter().filter(|(_, control)| fitting.contains(control)).map(|(name, _)| *name).collect();
        let hint = if names.is_empty() { "remove it".to_owned() } else { format!("write {}", names.join(" or ")) };
        self.fault(place, Some("control"), format!("`{name}` does not fit the type; {hint}"));
        None
    }

    fn limits(&mut self, place: &Place, doc: &Doc, shape: Shape<'_>, ty: Type) -> Limits {
        let number = matches!(shape, Shape::Integer(..) | Shape::Number);
        let list = matches!(shape, Shape::List(_));
        let text = matches!(shape, Shape::Text);
        for (tag, fits, kind) in [
            ("minimum", number, "number"),
            ("maximum", number, "number"),
            ("maximum-items", list, "list"),
            ("maximum-length", text, "string"),
            ("pattern", text, "string"),
        ] {
            if doc.has(tag) && !fits {
                self.fault(place, Some(tag), format!("the tag needs a {kind}; remove it"));
            }
        }
        let mut limits = Limits::default();
        if number {
            limits.minimum = self.literal(place, doc, "minimum", ty);
            limits.maximum = self.literal(place, doc, "maximum", ty);
            if let (Some(minimum), Some(maximum)) = (&limits.minimum, &limits.maximum)
                && as_f64(minimum) > as_f64(maximum)
            {
                self.fault(place, Some("minimum"), format!("{minimum} is more than @maximum {maximum}; swap them"));
            }
        }
        if list {
            limits.maximum_items = self.count(place, doc, "maximum-items");
        }
        if text {
            limits.maximum_length = self.count(place, doc, "maximum-length");
            limits.pattern = doc.value("pattern").map(str::to_owned);
        }
        limits
    }

    /// The value of a tag that counts: an integer above 0.
    pub(super) fn count(&mut self, place: &Place, doc: &Doc, tag: &str) -> Option<u64> {
        let text = doc.value(tag).filter(|text| !text.is_empty())?;
        let count = text.parse().ok().filter(|count| *count > 0);
        if count.is_none() {
            self.fault(place, Some(tag), format!("`{text}` is no count; write an integer above 0"));
        }
        count
    }
}

impl Limits {
    /// What stands against `value`, if something does. Patterns are left to those who read the manifest.
    fn refuse(&self, value: &Json) -> Option<String> {
        let number = as_f64(value);
        if let (Some(number), Some(minimum)) = (number, &self.minimum)
            && Some(number) < as_f64(minimum)
        {
            return Some(format!("{value} is less than @minimum {minimum}; change one"));
        }
        if let (Some(number), Some(maximum)) = (number, &self.maximum)
            && Some(number) > as_f64(maximum)
        {
            return Some(format!("{value} is more than @maximum {maximum}; change one"));
        }
        let (count, limit, tag) = match value {
            Json::Array(values) => (values.len(), self.maximum_items, "maximum-items"),
            Json::String(text) => (text.chars().count(), self.maximum_length, "maximum-length"),
            _ => return None,
        };
        let limit = limit.filter(|limit| u64::try_from(count).is_ok_and(|count| count > *limit))?;
        Some(format!("{count} is more than @{tag} {limit}; change one"))
    }
}

const CONTROLS: &[(&str, Control)] = &[
    ("text", Control::Text),
    ("text-area", Control::TextArea),
    ("password", Control::Password),
    ("select", Control::Select),
    ("toggle", Control::Toggle),
    ("number", Control::Number),
    ("file", Control::File),
];

/// The cases of an enum as a form shows them.
pub(super) fn options(cases: &Enum) -> Vec<ValueOption> {
    cases
        .cases
        .iter()
        .map(|case| {
            let doc = Doc::split(case.docs.contents.as_deref());
            ValueOption {
                value: snake_case(&case.name),
                label: doc.value("title").map_or_else(|| sentence_case(&case.name), str::to_owned),
                description: doc.text,
            }
        })
        .collect()
}

fn is_typed_in(value: &PropertyType) -> bool {
    match value {
        PropertyType::String { options } => options.is_empty(),
        PropertyType::Integer | PropertyType::Number => true,
        _ => false,
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn as_f64(value: &Json) -> Option<f64> {
    match value {
        Json::Number(number) => number.as_f64(),
        _ => None,
    }
}
