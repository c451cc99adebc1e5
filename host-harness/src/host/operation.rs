//! The operations of a connector, found by reflection of what it exports.

use super::{CallError, HostError};
use crate::value::{Name, ParameterError, Record, Shape, Val, lower_camel_case, nearest, normal};
use serde_json::{Map, Value};
use std::collections::HashMap;
use wasmtime::Engine;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex};

/// What an operation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OperationKind {
    /// Does something: exported by `actions`.
    Action,
    /// Waits for something and is polled: exported by `triggers` as `poll-NAME`.
    Trigger,
    /// A step of setting up a connection: exported by `connection`.
    Connection,
}

/// An operation of a connector.
#[derive(Debug, Clone)]
pub struct Operation {
    name: String,
    kind: OperationKind,
    interface: String,
    function: String,
    parameters: Parameters,
    takes_cursor: bool,
    ok: Option<Shape>,
    error: Option<Shape>,
    pub(crate) takes_files: bool,
    pub(crate) index: ComponentExportIndex,
}

/// What the JSON parameters become.
#[derive(Debug, Clone)]
enum Parameters {
    /// The function's one record.
    Record(Shape),
    /// The function's parameters one by one.
    Each(Record),
}

impl Operation {
    /// The name by which it is called: `createPost`, `newPost`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for.
    #[must_use]
    pub fn kind(&self) -> OperationKind {
        self.kind
    }

    /// The interface that exports it: `connector:x/actions@0.1.0`.
    #[must_use]
    pub fn interface(&self) -> &str {
        &self.interface
    }

    /// The function's name in WIT: `create-post`.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.function
    }

    /// The fields of the parameters.
    #[must_use]
    pub fn parameters(&self) -> &Record {
        match &self.parameters {
            Parameters::Record(Shape::Record(record)) | Parameters::Each(record) => record,
            Parameters::Record(_) => unreachable!("made of a record alone"),
        }
    }

    /// Whether it takes and returns a cursor.
    #[must_use]
    pub fn takes_cursor(&self) -> bool {
        self.takes_cursor
    }

    /// The shape of the result, if there is one.
    #[must_use]
    pub fn output(&self) -> Option<&Shape> {
        self.ok.as_ref()
    }

    /// Checks parameters as a call would, without running anything. Local files are not looked for.
    ///
    /// # Errors
    ///
    /// What does not fit.
    pub fn check(&self, parameters: &Value) -> Result<(), ParameterError> {
        self.read(parameters, None).map(drop)
    }

    /// Checks that every name is a parameter and no required one is missing, for values that are not known yet.
    ///
    /// # Errors
    ///
    /// The name that does not fit.
    pub fn check_names<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<(), ParameterError> {
        let fields = &self.parameters().fields;
        let mut given = Vec::new();
        for name in names {
            let Some(field) = fields.iter().find(|field| field.name.is(name)) else {
                let known: Vec<&str> = fields.iter().map(|field| field.name.json.as_str()).collect();
                let message = format!("there are {}", known.join(", "));
                return Err(ParameterError::new("unknown-field", "is no parameter of this operation", message).under_field(name));
            };
            given.push(field);
        }
        match fields.iter().find(|field| !matches!(field.shape, Shape::Option(_)) && !given.contains(field)) {
            Some(missing) => Err(ParameterError::new("missing-field", "is missing", "give it").under_field(&missing.name.json)),
            None => Ok(()),
        }
    }

    /// The function's parameters.
    pub(crate) fn read(&self, parameters: &Value, cursor: Option<String>) -> Result<Vec<Val>, ParameterError> {
        let mut values = match &self.parameters {
            Parameters::Record(shape) => vec![shape.read(parameters)?],
            Parameters::Each(record) => match Shape::Record(record.clone()).read(parameters)? {
                Val::Record(fields) => fields.into_iter().map(|(_, value)| value).collect(),
                _ => Vec::new(),
            },
        };
        match (self.takes_cursor, cursor) {
            (true, cursor) => {
                values.push(Val::Option(cursor.map(|cursor| Box::new(Val::String(cursor)))));
            }
            (false, None) => {}
            (false, Some(_)) => {
                return Err(ParameterError::new(
                    "unexpected-cursor",
                    format!("is not taken by {}", self.name),
                    "leave it out: only triggers have one",
                )
                .under_field("cursor"));
            }
        }
        Ok(values)
    }

    /// The one value that local files may be in, with its shape, of those that [`Operation::read`] gave.
    pub(crate) fn input<'a>(&'a self, values: &'a mut [Val]) -> impl Iterator<Item = (&'a Shape, &'a mut Val)> {
        let shapes: Vec<&Shape> = match &self.parameters {
            Parameters::Record(shape) => vec![shape],
            Parameters::Each(record) => record.fields.iter().map(|field| &field.shape).collect(),
        };
        shapes.into_iter().zip(values)
    }

    /// The function's result: the payload of ok, or the case and payload of the error.
    pub(crate) fn write(&self, result: &Val) -> Result<Value, (String, Value)> {
        let payload = |shape: &Option<Shape>, value: &Option<Box<Val>>| match (shape, value) {
            (Some(shape), Some(value)) => shape.write(value),
            _ => Value::Null,
        };
        match result {
            Val::Result(Ok(value)) => Ok(payload(&self.ok, value)),
            Val::Result(Err(Some(error))) => match (&self.error, &**error) {
                (Some(Shape::Variant(cases)), Val::Variant(case, inner)) => {
                    let shape = cases.iter().find(|known| known.name.wit == *case);
                    let shape = shape.and_then(|case| case.payload.clone());
                    Err((case.clone(), payload(&shape, inner)))
                }
                (shape, _) => Err(("execution-failed".to_owned(), payload(shape, &Some(error.clone())))),
            },
            _ => Err(("execution-failed".to_owned(), Value::Null)),
        }
    }
}

/// All operations of a connector, by name.
#[derive(Debug)]
pub(crate) struct Operations {
    list: Vec<Operation>,
    by_name: HashMap<String, usize>,
}

impl Operations {
    /// Reads what a component exports.
    pub(crate) fn of(engine: &Engine, component: &Component) -> Result<Self, HostError> {
        let mut list = Vec::new();
        for (interface, item) in component.component_type().exports(engine) {
            let ComponentItem::ComponentInstance(instance) = item.ty else {
                continue;
            };
            let Some(kind) = kind_of(interface) else {
                continue;
            };
            let Some(outer) = component.get_export_index(None, interface) else {
                continue;
            };
            for (function, item) in instance.exports(engine) {
                let ComponentItem::ComponentFunc(ty) = item.ty else {
                    continue;
                };
                let Some(index) = component.get_export_index(Some(&outer), function) else {
                    continue;
                };
                let operation = operation(kind, interface, function, &ty, index);
                list.push(operation.map_err(|reason| HostError::UnsupportedFunction { function: function.to_owned(), reason })?);
            }
        }
        if list.is_empty() {
            return Err(HostError::NoOperations);
        }
        let mut by_name = HashMap::new();
        for (index, operation) in list.iter().enumerate() {
            // A trigger answers to its function's name, too: `pollNewPost`.
            by_name.entry(normal(&operation.function)).or_insert(index);
        }
        for (index, operation) in list.iter().enumerate() {
            by_name.insert(normal(&operation.name), index);
            // The usual spelling is found without making its normal form.
            by_name.insert(operation.name.clone(), index);
        }
        Ok(Self { list, by_name })
    }

    pub(crate) fn list(&self) -> &[Operation] {
        &self.list
    }

    pub(crate) fn find(&self, name: &str) -> Result<&Operation, CallError> {
        let index = self.by_name.get(name).or_else(|| self.by_name.get(&normal(name)));
        index.map(|index| &self.list[*index]).ok_or_else(|| {
            let names = || self.list.iter().map(|operation| operation.name.as_str());
            CallError::UnknownOperation {
                operation: name.chars().filter(|character| !character.is_control()).take(64).collect(),
                known: match nearest(name, names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known are {}", names().collect::<Vec<_>>().join(", ")),
                },
            }
        })
    }
}

/// `connector:x/actions@0.1.0` exports actions, whatever the package is called.
fn kind_of(interface: &str) -> Option<OperationKind> {
    let name = interface.rsplit_once('/').map_or(interface, |(_, name)| name);
    match name.split_once('@').map_or(name, |(name, _)| name) {
        "actions" => Some(OperationKind::Action),
        "triggers" => Some(OperationKind::Trigger),
        "connection" => Some(OperationKind::Connection),
        _ => None,
    }
}

fn operation(
    kind: OperationKind,
    interface: &str,
    function: &str,
    ty: &ComponentFunc,
    index: ComponentExportIndex,
) -> Result<Operation, String> {
    if ty.async_() {
        return Err("it is asynchronous; a connector's functions are synchronous".to_owned());
    }
    let mut fields = Vec::new();
    let mut takes_cursor = false;
    let parameters: Vec<_> = ty.params().collect();
    let last = parameters.len().saturating_sub(1);
    for (place, (name, ty)) in parameters.into_iter().enumerate() {
        let shape = Shape::of(&ty).map_err(|error| format!("its parameter `{name}` has no JSON form: {error}"))?;
        if name == "cursor" && place == last && shape == Shape::Option(Box::new(Shape::String)) {
            takes_cursor = true;
        } else {
            fields.push(crate::value::Field { name: Name::new(name), shape });
        }
    }
    let mut results = ty.results();
    let (ok, error) = match (results.next(), results.next()) {
        (Some(ty), None) => match Shape::of(&ty).map_err(|error| format!("its result has no JSON form: {error}"))? {
            Shape::Result { ok, error } => (ok.map(|shape| *shape), error.map(|shape| *shape)),
            _ => return Err("it does not return a `result`".to_owned()),
        },
        _ => return Err("it does not return a `result`".to_owned()),
    };
    let parameters = match &mut fields[..] {
        [field] if matches!(field.shape, Shape::Record(_)) => Parameters::Record(field.shape.clone()),
        _ => Parameters::Each(Record::new(fields)),
    };
    let takes_files = match &parameters {
        Parameters::Record(shape) => shape.holds_file_entries(),
        Parameters::Each(record) => record.fields.iter().any(|field| field.shape.holds_file_entries()),
    };
    let name = match kind {
        OperationKind::Trigger => function.strip_prefix("poll-").unwrap_or(function),
        _ => function,
    };
    Ok(Operation {
        name: lower_camel_case(name),
        kind,
        interface: interface.to_owned(),
        function: function.to_owned(),
        parameters,
        takes_cursor,
        ok,
        error,
        takes_files,
        index,
    })
}

/// An empty object stands for no parameters.
pub(crate) fn or_empty(parameters: Value) -> Value {
    match parameters {
        Value::Null => Value::Object(Map::new()),
        other => other,
    }
}
