//! Operations: the functions of `actions` and `triggers`, with their facts for people and for engines.

mod signature;

use wit_parser::{Function, InterfaceId, TypeDefKind, TypeId, WorldKey};

use super::connector::{Effect, ErrorCase, FirstRun, Idempotency, Operation, Output, Price, Property, PropertyType, Trigger, TriggerKind};
use super::doc::Doc;
use super::name::lower_camel_case;
use super::reader::{Place, Reader, function_place};
use super::schema::output;
use super::shape::{definition, optional, type_name};
use super::tag::Item;
use signature::Signature;

const POLL: &str = "poll-";
/// The enum by which an author chooses what a trigger's first poll returns.
const FIRST_POLL: &str = "first-poll";
/// Errors whose names begin so are not repeated by engines that go by the name.
const PERMANENT: &str = "permanent-";

impl Reader<'_> {
    pub(super) fn actions(&mut self, interface: InterfaceId, connector: &str) -> Vec<Operation> {
        let functions = &self.resolve.interfaces[interface].functions;
        functions
            .values()
            .filter_map(|function| {
                let name = lower_camel_case(&function.name);
                self.operation(interface, function, connector, name, Item::Action).map(|(operation, _)| operation)
            })
            .collect()
    }

    /// `actions` have their names already: a workflow must be able to tell all operations apart.
    pub(super) fn triggers(&mut self, interface: InterfaceId, connector: &str, actions: &[Operation]) -> Vec<Trigger> {
        let functions = &self.resolve.interfaces[interface].functions;
        functions.values().filter_map(|function| self.trigger(interface, function, connector, actions)).collect()
    }

    fn trigger(&mut self, interface: InterfaceId, function: &Function, connector: &str, actions: &[Operation]) -> Option<Trigger> {
        let place = function_place(function);
        let Some(name) = function.name.strip_prefix(POLL) else {
            self.fault(&place, None, "the name of a trigger's function begins with `poll-`; rename it");
            return None;
        };
        let name = lower_camel_case(name);
        if actions.iter().any(|action| action.name == name) {
            self.fault(&place, None, format!("the name `{name}` belongs to an action; rename one"));
        }
        let doc = Doc::split(function.docs.contents.as_deref());
        self.require(&place, &doc, "interval", "give the seconds between two polls");
        let interval = self.count(&place, &doc, "interval");
        let (operation, signature) = self.operation(interface, function, connector, name, Item::Trigger)?;
        let item = self.item(&place, &signature)?;
        Some(Trigger {
            kind: TriggerKind::Polling,
            interval_seconds: interval.unwrap_or_default(),
            first_run: self.first_run(&signature, &operation.properties),
            operation,
            item: output(self.resolve, item),
        })
    }

    fn operation(
        &mut self,
        interface: InterfaceId,
        function: &Function,
        connector: &str,
        name: String,
        item: Item,
    ) -> Option<(Operation, Signature)> {
        let place = function_place(function);
        let doc = self.doc(&place, item, &function.docs);
        self.require_text(&place, &doc);
        let title = self.require(&place, &doc, "title", "give the name that authors see");
        let effect = self.choice(&place, &doc, "effect", EFFECTS);
        let idempotency = self.choice(&place, &doc, "idempotency", IDEMPOTENCIES);
        self.require(&place, &doc, "scopes", "list what the account must have agreed to, or write none");
        let scopes = self.scopes(&place, &doc);
        let x_operations = self.x_operations(&place, &doc);
        let prices = self.prices(&place, &doc);

        let signature = self.signature(&place, function, item)?;
        let properties = self.properties(signature.input);
        let operation = Operation {
            step_type: format!("{connector}/v1/{name}"),
            name,
            function: self.export(interface, function),
            title: title.unwrap_or_default().to_owned(),
            // A missing one was reported; no manifest comes out then.
            effect: effect.unwrap_or(Effect::Read),
            idempotency: idempotency.unwrap_or(Idempotency::NotIdempotent),
            scopes,
            x_operations,
            prices,
            properties,
            output: output(self.resolve, signature.ok),
            errors: self.errors(signature.error),
            description: doc.text,
        };
        Some((operation, signature))
    }

    /// The name by which a host finds the function in the component.
    pub(super) fn export(&self, interface: InterfaceId, function: &Function) -> String {
        format!("{}#{}", self.resolve.name_world_key(&WorldKey::Interface(interface)), function.name)
    }

    /// The parameters that the fields of `input` make; none without it.
    pub(super) fn properties(&mut self, input: Option<TypeId>) -> Vec<Property> {
        let Some((input, TypeDefKind::Record(record))) = input.map(|id| (id, &self.resolve.types[id].kind)) else {
            return Vec::new();
        };
        let fields = record.fields.iter();
        fields.filter_map(|field| self.property(input, field)).collect()
    }

    fn first_run(&self, signature: &Signature, properties: &[Property]) -> Option<FirstRun> {
        let TypeDefKind::Record(record) = &self.resolve.types[signature.input?].kind else {
            return None;
        };
        let position = record.fields.iter().position(|field| {
            let (_, ty) = optional(self.resolve, field.ty);
            definition(self.resolve, ty).is_some_and(|id| type_name(self.resolve, id) == FIRST_POLL)
        })?;
        let property = properties.get(position)?;
        let PropertyType::String { options } = &property.value else {
            return None;
        };
        Some(FirstRun {
            property: property.name.clone(),
            description: property.description.clone(),
            default: property.default.clone(),
            options: options.clone(),
        })
    }

    pub(super) fn errors(&self, error: TypeId) -> Vec<ErrorCase> {
        let TypeDefKind::Variant(variant) = &self.resolve.types[error].kind else {
            return Vec::new();
        };
        variant
            .cases
            .iter()
            .map(|case| ErrorCase {
                name: case.name.clone(),
                description: Doc::split(case.docs.contents.as_deref()).text,
                repeat_safe: !case.name.starts_with(PERMANENT),
            })
            .collect()
    }

    /// The record that the cases of `error` in `types` carry.
    pub(super) fn problem(&self, types: Option<InterfaceId>) -> Option<Output> {
        let error = *self.resolve.interfaces[types?].types.get("error")?;
        let TypeDefKind::Variant(variant) = &self.resolve.types[error].kind else {
            return None;
        };
        let payload = variant.cases.iter().find_map(|case| case.ty)?;
        Some(output(self.resolve, payload))
    }

    /// `@scopes a b c`, or `@scopes none`.
    pub(super) fn scopes(&mut self, place: &Place, doc: &Doc) -> Vec<String> {
        let text = doc.value("scopes").unwrap_or_default();
        let mut scopes = Vec::new();
        for scope in text.split_whitespace().filter(|_| text != "none") {
            if scopes.iter().any(|s| s == scope) {
                self.fault(place, Some("scopes"), format!("`{scope}` stands here twice; keep one"));
            } else if scope.contains([',', ';', '"', '\\']) {
                self.fault(place, Some("scopes"), format!("`{scope}` is no scope; part them with blanks alone"));
            }
            scopes.push(scope.to_owned());
        }
        scopes
    }

    fn x_operations(&mut self, place: &Place, doc: &Doc) -> Vec<String> {
        let hint = "name a call that the operation makes, such as GET /2/things/{id}";
        self.require(place, doc, "x-operation", hint);
        let mut operations = Vec::new();
        for text in doc.values("x-operation").filter(|text| !text.is_empty()) {
            if !is_operation(text) {
                self.fault(
                    place,
                    Some("x-operation"),
                    format!("`{text}` is no call; write a method and a path, such as GET /2/things/{{id}}"),
                );
            }
            operations.push(text.to_owned());
        }
        operations
    }

    /// `@price item micro-usd`, repeated, or `@price none`.
    fn prices(&mut self, place: &Place, doc: &Doc) -> Vec<Price> {
        self.require(place, doc, "price", "give what is billed and its price, or write none");
        let texts: Vec<_> = doc.values("price").filter(|text| !text.is_empty()).collect();
        let mut prices: Vec<Price> = Vec::new();
        for text in texts.iter().filter(|_| texts != ["none"]) {
            let (item, amount) = text.rsplit_once(' ').unwrap_or((text, ""));
            let item = item.trim();
            match amount.parse() {
                Ok(micro_usd) if is_kebab(item) && !prices.iter().any(|p| p.item == item) => {
                    prices.push(Price { item: item.to_owned(), micro_usd });
                }
                Ok(_) if is_kebab(item) => {
                    self.fault(place, Some("price"), format!("`{item}` stands here twice; keep one"));
                }
                _ => self.fault(
                    place,
                    Some("price"),
                    format!("`{text}` is no price; write an item and an integer of millionths of a US dollar, such as post-create 15000"),
                ),
            }
        }
        prices
    }

    fn choice<T: Copy>(&mut self, place: &Place, doc: &Doc, tag: &str, choices: &[(&str, T)]) -> Option<T> {
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        let hint = format!("write {}", names.join(", ").replacen(", ", " or ", names.len() - 1));
        let text = self.require(place, doc, tag, &hint)?;
        let choice = choices.iter().find(|(name, _)| *name == text);
        if choice.is_none() {
            self.fault(place, Some(tag), format!("`{text}` is none of the values; {hint}"));
        }
        choice.map(|(_, value)| *value)
    }
}

const EFFECTS: &[(&str, Effect)] = &[("read", Effect::Read), ("write", Effect::Write), ("destructive", Effect::Destructive)];

const IDEMPOTENCIES: &[(&str, Idempotency)] =
    &[("idempotent", Idempotency::Idempotent), ("reconciled", Idempotency::Reconciled), ("not-idempotent", Idempotency::NotIdempotent)];

/// A method, a blank, and a path whose braces are closed.
fn is_operation(text: &str) -> bool {
    let Some((method, path)) = text.split_once(' ') else {
        return false;
    };
    let mut open = false;
    let balanced = path.chars().all(|c| match c {
        '{' | '}' => {
            let right = open == (c == '}');
            open = c == '{';
            right
        }
        c => !c.is_whitespace() && c != '?' && c != '#',
    });
    ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method) && path.starts_with('/') && balanced && !open
}

fn is_kebab(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
