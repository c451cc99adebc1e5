//! Component values to JSON.

use super::{Name, Shape};
use serde_json::{Map, Value};
use wasmtime::component::Val;

impl Shape {
    /// Turns a value of this shape into JSON. Names are in `snake_case`, absent fields are left out.
    ///
    /// A value of another shape becomes `null`: wasmtime has checked values against types before.
    #[must_use]
    pub fn write(&self, value: &Val) -> Value {
        match (self, value) {
            (_, Val::Bool(value)) => Value::from(*value),
            (_, Val::S8(value)) => Value::from(*value),
            (_, Val::U8(value)) => Value::from(*value),
            (_, Val::S16(value)) => Value::from(*value),
            (_, Val::U16(value)) => Value::from(*value),
            (_, Val::S32(value)) => Value::from(*value),
            (_, Val::U32(value)) => Value::from(*value),
            (_, Val::S64(value)) => Value::from(*value),
            (_, Val::U64(value)) => Value::from(*value),
            (_, Val::Float32(value)) => Value::from(f64::from(*value)),
            (_, Val::Float64(value)) => Value::from(*value),
            (_, Val::Char(value)) => Value::from(value.to_string()),
            (_, Val::String(value)) => Value::from(value.as_str()),
            (Self::List(inner), Val::List(items)) => items.iter().map(|item| inner.write(item)).collect(),
            (Self::Option(inner), Val::Option(value)) => value.as_ref().map_or(Value::Null, |value| inner.write(value)),
            (Self::Tuple(shapes), Val::Tuple(items)) => shapes.iter().zip(items).map(|(shape, item)| shape.write(item)).collect(),
            (Self::Record(record), Val::Record(values)) => {
                let fields = record.fields.iter().zip(values);
                fields
                    .filter(|(_, (_, value))| !matches!(value, Val::Option(None)))
                    .map(|(field, (_, value))| (field.name.json.clone(), field.shape.write(value)))
                    .collect::<Map<_, _>>()
                    .into()
            }
            (Self::Variant(cases), Val::Variant(given, payload)) => {
                let Some(case) = cases.iter().find(|case| case.name.wit == *given) else {
                    return Value::Null;
                };
                match (&case.payload, payload) {
                    (Some(shape), Some(payload)) => one(&case.name.json, shape.write(payload)),
                    _ => Value::from(case.name.json.as_str()),
                }
            }
            (Self::Enum(names), Val::Enum(given)) => json_name(names, given),
            (Self::Flags(names), Val::Flags(given)) => given.iter().map(|flag| json_name(names, flag)).collect(),
            (Self::Result { ok, error }, Val::Result(result)) => {
                let (key, shape, payload) = match result {
                    Ok(payload) => ("ok", ok, payload),
                    Err(payload) => ("error", error, payload),
                };
                match (shape, payload) {
                    (Some(shape), Some(payload)) => one(key, shape.write(payload)),
                    _ => one(key, Value::Null),
                }
            }
            _ => Value::Null,
        }
    }
}

fn one(key: &str, value: Value) -> Value {
    Map::from_iter([(key.to_owned(), value)]).into()
}

fn json_name(names: &[Name], given: &str) -> Value {
    names.iter().find(|name| name.wit == given).map_or(Value::Null, |name| Value::from(name.json.as_str()))
}
