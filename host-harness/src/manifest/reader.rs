//! Walks a WIT package, collects every fault, and puts the manifest together.

use std::collections::{BTreeSet, HashSet};

use wit_parser::{Docs, Function, Interface, InterfaceId, PackageId, Resolve, Span, Type, TypeDefKind, TypeId};

use super::connector::Connector;
use super::doc::Doc;
use super::fault::{Fault, Faults, Location};
use super::shape::{self, Shape, real};
use super::tag::Item;

/// The record whose fields are the connection's properties.
const CONNECTION: &str = "connection-properties";
/// The interface whose functions are the connection's steps.
const STEPS: &str = "connection";

/// Where an item is and what messages call it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub span: Span,
    pub name: String,
}

/// Reads one package. Faults are collected on the way, so that a reader sees all of them at once.
pub(super) struct Reader<'a> {
    pub resolve: &'a Resolve,
    /// The records that functions take; their fields are parameters.
    inputs: HashSet<TypeId>,
    /// The records that connection steps alone return; only their fields may be secrets.
    step_outputs: HashSet<TypeId>,
    faults: Faults,
}

/// Reads `package`.
///
/// # Errors
/// All faults, in the order of the files.
pub(super) fn read(resolve: &Resolve, package: PackageId) -> Result<Connector, Faults> {
    let mut reader = Reader { resolve, inputs: HashSet::new(), step_outputs: HashSet::new(), faults: Faults::default() };
    let connector = reader.connector(package);
    let mut faults = reader.faults;
    match connector {
        Some(connector) if faults.is_empty() => Ok(connector),
        _ => {
            faults.sort();
            Err(faults)
        }
    }
}

impl<'a> Reader<'a> {
    fn connector(&mut self, package: PackageId) -> Option<Connector> {
        let resolve = self.resolve;
        let definition = &resolve.packages[package];
        let place = Place { span: Span::default(), name: format!("package `{}`", definition.name) };
        let doc = self.doc(&place, Item::Package, &definition.docs);
        self.require_text(&place, &doc);
        let Some(version) = &definition.name.version else {
            self.fault(&place, None, "the package has no version; write `package namespace:name@0.1.0;`");
            return None;
        };

        let interface = |name: &str| definition.interfaces.get(name).copied();
        self.note_records(definition.interfaces.values().copied());
        for id in definition.worlds.values() {
            let world = &resolve.worlds[*id];
            let place = Place { span: world.span, name: format!("world `{}`", world.name) };
            self.doc(&place, Item::Scope, &world.docs);
        }
        for id in definition.interfaces.values() {
            self.lint(*id);
        }

        let name = definition.name.name.clone();
        let actions = interface("actions").map_or_else(Vec::new, |id| self.actions(id, &name));
        let triggers = interface("triggers").map_or_else(Vec::new, |id| self.triggers(id, &name, &actions));
        let scopes: BTreeSet<String> = actions
            .iter()
            .chain(triggers.iter().map(|trigger| &trigger.operation))
            .flat_map(|operation| operation.scopes.iter().cloned())
            .collect();
        let record = interface("types").and_then(|id| resolve.interfaces[id].types.get(CONNECTION).copied());
        let Some(record) = record else {
            self.fault(&place, None, format!("the interface `types` has no record `{CONNECTION}`; add it, even without fields"));
            return None;
        };
        let taken: Vec<&str> =
            actions.iter().chain(triggers.iter().map(|trigger| &trigger.operation)).map(|operation| operation.name.as_str()).collect();
        let (title, connection) = self.connection(record, scopes, interface(STEPS), &taken)?;
        Some(Connector {
            schema: "connector.schema.json".to_owned(),
            schema_version: 1,
            name,
            package: format!("{}:{}", definition.name.namespace, definition.name.name),
            version: version.to_string(),
            title,
            description: doc.text,
            connection,
            actions,
            triggers,
            problem: self.problem(interface("types")),
        })
    }

    /// Looks at the doc comment of everything, also of what no operation reaches.
    fn lint(&mut self, id: InterfaceId) {
        let interface = &self.resolve.interfaces[id];
        let place = Place { span: interface.span, name: format!("interface `{}`", interface_name(interface)) };
        self.doc(&place, Item::Scope, &interface.docs);
        for id in interface.types.values() {
            self.lint_type(*id);
        }
        for function in interface.functions.values() {
            if !matches!(interface_name(interface), "actions" | "triggers" | STEPS) {
                let place = function_place(function);
                let doc = self.doc(&place, Item::Function, &function.docs);
                self.require_text(&place, &doc);
            }
        }
    }

    fn lint_type(&mut self, id: TypeId) {
        let definition = &self.resolve.types[id];
        let name = definition.name.as_deref().unwrap_or_default();
        let place = Place { span: definition.span, name: format!("{} `{name}`", definition.kind.as_str()) };
        if !self.is_connection(id) {
            self.doc(&place, Item::Type, &definition.docs);
        }
        match &definition.kind {
            TypeDefKind::Record(record) => {
                let mut names: Vec<String> = Vec::new();
                for field in &record.fields {
                    let place = field_place(field, name);
                    let json = shape::json_name(field);
                    // Engines may spell a name in any of the usual ways.
                    let folded = json.replace('_', "").to_lowercase();
                    if names.contains(&folded) {
                        self.fault(&place, None, format!("the JSON name `{json}` cannot be told from an earlier field's; rename one"));
                    }
                    names.push(folded);
                    let item = self.field_item(id);
                    let doc = self.doc(&place, item, &field.docs);
                    self.require_text(&place, &doc);
                    if matches!(item, Item::OutputField | Item::StepOutputField) {
                        self.lint_output(&place, &doc, field.ty);
                    } else if item == Item::InputField {
                        self.property(id, field);
                    }
                }
            }
            TypeDefKind::Enum(cases) => {
                for case in &cases.cases {
                    let place = case_place(case.span, &case.name, name);
                    let doc = self.doc(&place, Item::EnumCase, &case.docs);
                    self.require_text(&place, &doc);
                }
            }
            TypeDefKind::Variant(variant) => {
                for case in &variant.cases {
                    let place = case_place(case.span, &case.name, name);
                    let doc = self.doc(&place, Item::Type, &case.docs);
                    self.require_text(&place, &doc);
                }
            }
            _ => {}
        }
    }

    fn lint_output(&mut self, place: &Place, doc: &Doc, ty: Type) {
        let Some(shape) = self.shape(place, ty) else {
            return;
        };
        if let Some(format) = doc.value("format") {
            if !matches!(shape, Shape::Text) {
                self.fault(place, Some("format"), "the tag needs a string; remove it");
            } else if !["date-time", "date", "uri", "email"].contains(&format) {
                self.fault(place, Some("format"), format!("`{format}` is no known format; write date-time, date, uri or email"));
            }
        }
        if doc.has("secret") && !matches!(shape, Shape::Text) {
            self.fault(place, Some("secret"), "the tag needs a string; remove it");
        }
        if doc.has("secret") && (doc.has("example") || doc.has("format")) {
            self.fault(place, Some("secret"), "a secret has neither example nor format; remove them");
        }
        self.literal(place, doc, "example", ty);
    }

    /// Notes what records are to the functions that take and return them.
    fn note_records(&mut self, interfaces: impl Iterator<Item = InterfaceId>) {
        let resolve = self.resolve;
        let mut shown = HashSet::new();
        for interface in interfaces.map(|id| &resolve.interfaces[id]) {
            for function in interface.functions.values() {
                self.inputs.extend(shape::records(resolve, function.params.iter().map(|param| param.ty).collect()));
                let returned = shape::records(resolve, shape::returned(resolve, function));
                if interface_name(interface) == STEPS { self.step_outputs.extend(returned) } else { shown.extend(returned) }
            }
        }
        self.step_outputs.retain(|id| !shown.contains(id));
    }

    fn is_connection(&self, id: TypeId) -> bool {
        self.resolve.types[id].name.as_deref() == Some(CONNECTION)
    }

    /// What the fields of a record are to the manifest.
    pub fn field_item(&self, record: TypeId) -> Item {
        let record = real(self.resolve, record);
        if self.is_connection(record) {
            Item::ConnectionField
        } else if self.inputs.contains(&record) {
            Item::InputField
        } else if self.step_outputs.contains(&record) {
            Item::StepOutputField
        } else {
            Item::OutputField
        }
    }

    /// Takes the comment of an item apart and notes what is wrong with its tags.
    pub fn doc(&mut self, place: &Place, item: Item, docs: &Docs) -> Doc {
        let mut found = Vec::new();
        let doc = Doc::read(docs.contents.as_deref(), item, &mut |tag, problem| {
            found.push((tag.map(str::to_owned), problem));
        });
        for (tag, problem) in found {
            self.fault(place, tag.as_deref(), problem);
        }
        doc
    }

    /// The shape of a type without `option`; a type that a manifest cannot describe is a fault.
    pub fn shape(&mut self, place: &Place, ty: Type) -> Option<Shape<'a>> {
        match shape::shape(self.resolve, shape::optional(self.resolve, ty).1) {
            Ok(Shape::List(element)) => self.shape(place, element).map(|_| Shape::List(element)),
            Ok(shape) => Some(shape),
            Err(kind) => {
                self.fault(
                    place,
                    None,
                    format!("a manifest cannot describe the type `{kind}`; use a string, bool, number, enum, record or list"),
                );
                None
            }
        }
    }

    /// The value that `tag` gives, typed by `ty`.
    pub fn literal(&mut self, place: &Place, doc: &Doc, tag: &str, ty: Type) -> Option<super::Json> {
        // An empty value was reported with the tag.
        let text = doc.value(tag).filter(|text| !text.is_empty())?;
        match super::literal::literal(self.resolve, ty, text) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.fault(place, Some(tag), problem);
                None
            }
        }
    }

    /// The value of a tag that must stand here. A tag without a value was reported before.
    pub fn require<'d>(&mut self, place: &Place, doc: &'d Doc, tag: &str, hint: &str) -> Option<&'d str> {
        let value = doc.value(tag);
        if value.is_none() {
            self.fault(place, Some(tag), format!("the tag is missing; {hint}"));
        }
        value.filter(|value| !value.is_empty())
    }

    pub fn require_text(&mut self, place: &Place, doc: &Doc) {
        if doc.text.is_empty() {
            self.fault(place, None, "there is no description; write one as the start of the doc comment");
        }
    }

    pub fn fault(&mut self, place: &Place, tag: Option<&str>, problem: impl Into<String>) {
        let fault =
            Fault { location: self.location(place.span), item: place.name.clone(), tag: tag.map(str::to_owned), problem: problem.into() };
        self.faults.push(fault);
    }

    /// The parser renders places as `file:line:column` and hands out no numbers.
    fn location(&self, span: Span) -> Option<Location> {
        if !span.is_known() {
            return None;
        }
        let rendered = self.resolve.render_location(span);
        let mut parts = rendered.rsplitn(3, ':');
        let column = parts.next()?.parse().ok()?;
        let line = parts.next()?.parse().ok()?;
        let file = parts.next()?.to_owned();
        Some(Location { file, line, column })
    }
}

fn interface_name(interface: &Interface) -> &str {
    interface.name.as_deref().unwrap_or_default()
}

pub(super) fn function_place(function: &Function) -> Place {
    Place { span: function.span, name: format!("function `{}`", function.name) }
}

pub(super) fn field_place(field: &wit_parser::Field, record: &str) -> Place {
    Place { span: field.span, name: format!("field `{}` of `{record}`", field.name) }
}

pub(super) fn case_place(span: Span, case: &str, owner: &str) -> Place {
    Place { span, name: format!("case `{case}` of `{owner}`") }
}
