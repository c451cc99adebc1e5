//! JSON to component values.

use super::name::{nearest, normal};
use super::{Case, Name, ParameterError, Record, Shape};
use serde_json::Value;
use wasmtime::component::Val;

impl Shape {
    /// Turns JSON into a value of this shape.
    ///
    /// # Errors
    ///
    /// The first mistake in the JSON, with its path.
    pub fn read(&self, json: &Value) -> Result<Val, ParameterError> {
        self.read_inner(json).map_err(ParameterError::at_root)
    }

    /// As [`Shape::read`], for a value that is a part of something with a path of its own.
    pub(crate) fn read_inner(&self, json: &Value) -> Result<Val, ParameterError> {
        let wrong = || self.wrong_type(json);
        Ok(match self {
            Self::Bool => Val::Bool(json.as_bool().ok_or_else(wrong)?),
            Self::S8 => Val::S8(self.whole_number(json)?),
            Self::U8 => Val::U8(self.whole_number(json)?),
            Self::S16 => Val::S16(self.whole_number(json)?),
            Self::U16 => Val::U16(self.whole_number(json)?),
            Self::S32 => Val::S32(self.whole_number(json)?),
            Self::U32 => Val::U32(self.whole_number(json)?),
            Self::S64 => Val::S64(self.whole_number(json)?),
            Self::U64 => Val::U64(self.whole_number(json)?),
            #[expect(clippy::cast_possible_truncation, reason = "an f32 holds what an f32 can")]
            Self::F32 => match json.as_f64().ok_or_else(wrong)? as f32 {
                number if number.is_finite() => Val::Float32(number),
                _ => return Err(self.out_of_range()),
            },
            Self::F64 => Val::Float64(json.as_f64().ok_or_else(wrong)?),
            Self::Char => {
                let mut characters = json.as_str().ok_or_else(wrong)?.chars();
                match (characters.next(), characters.next()) {
                    (Some(character), None) => Val::Char(character),
                    _ => {
                        return Err(ParameterError::new("wrong-type", "wants exactly one character", "give a string of one character"));
                    }
                }
            }
            Self::String => Val::String(json.as_str().ok_or_else(wrong)?.to_owned()),
            Self::List(inner) => Val::List(
                json.as_array()
                    .ok_or_else(wrong)?
                    .iter()
                    .enumerate()
                    .map(|(index, item)| inner.read_inner(item).map_err(|error| error.under_index(index)))
                    .collect::<Result<_, _>>()?,
            ),
            Self::Option(_) if json.is_null() => Val::Option(None),
            Self::Option(inner) => Val::Option(Some(Box::new(inner.read_inner(json)?))),
            Self::Tuple(shapes) => {
                let items = json.as_array().ok_or_else(wrong)?;
                if items.len() != shapes.len() {
                    return Err(ParameterError::new(
                        "wrong-type",
                        format!("wants {} items, found {}", shapes.len(), items.len()),
                        format!("give an array of {} items", shapes.len()),
                    ));
                }
                Val::Tuple(
                    shapes
                        .iter()
                        .zip(items)
                        .enumerate()
                        .map(|(index, (shape, item))| shape.read_inner(item).map_err(|error| error.under_index(index)))
                        .collect::<Result<_, _>>()?,
                )
            }
            Self::Record(record) => record.read(json).map_err(|error| error.unwrap_or_else(wrong))?,
            Self::Variant(cases) => self.read_variant(cases, json)?,
            Self::Enum(names) => {
                let given = json.as_str().ok_or_else(wrong)?;
                Val::Enum(choose(&names.iter(), given)?.wit.clone())
            }
            Self::Flags(names) => Val::Flags(
                json.as_array()
                    .ok_or_else(wrong)?
                    .iter()
                    .enumerate()
                    .map(|(index, item)| {
                        let given = item.as_str().ok_or_else(|| Self::String.wrong_type(item));
                        given
                            .and_then(|given| choose(&names.iter(), given))
                            .map(|name| name.wit.clone())
                            .map_err(|error| error.under_index(index))
                    })
                    .collect::<Result<_, _>>()?,
            ),
            Self::Result { ok, error } => {
                let (key, payload) = single(json).ok_or_else(wrong)?;
                let side = |shape: &Option<Box<Self>>| match shape {
                    Some(shape) => shape.read_inner(payload).map(|value| Some(Box::new(value))).map_err(|error| error.under_field(key)),
                    None if payload.is_null() => Ok(None),
                    None => Err(no_payload().under_field(key)),
                };
                match normal(key).as_str() {
                    "ok" => Val::Result(Ok(side(ok)?)),
                    "error" => Val::Result(Err(side(error)?)),
                    _ => return Err(wrong()),
                }
            }
        })
    }

    fn read_variant(&self, cases: &[Case], json: &Value) -> Result<Val, ParameterError> {
        let wrong = || self.wrong_type(json);
        let (given, payload) = match json {
            Value::String(given) => (given.as_str(), None),
            _ => single(json).map(|(given, payload)| (given, Some(payload))).ok_or_else(wrong)?,
        };
        let name = choose(&cases.iter().map(|case| &case.name), given)?;
        let shape = cases.iter().find(|case| case.name == *name).and_then(|case| case.payload.as_ref());
        let payload = match (shape, payload) {
            (None, None | Some(Value::Null)) => None,
            (None, Some(_)) => return Err(no_payload().under_field(&name.json)),
            (Some(shape), payload) => {
                // `"case"` alone stands for a payload that may be absent.
                let value = shape.read_inner(payload.unwrap_or(&Value::Null));
                Some(Box::new(value.map_err(|error| error.under_field(&name.json))?))
            }
        };
        Ok(Val::Variant(name.wit.clone(), payload))
    }

    /// A number of the integer type that the shape has.
    fn whole_number<T: TryFrom<i128>>(&self, json: &Value) -> Result<T, ParameterError> {
        let number = match json {
            Value::Number(number) => number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from)),
            _ => return Err(self.wrong_type(json)),
        };
        match number {
            Some(number) => T::try_from(number).map_err(|_| self.out_of_range()),
            // Serde keeps a whole number beyond 64 bits as a float, too: the words hold for both.
            None => Err(self.out_of_range()),
        }
    }

    fn out_of_range(&self) -> ParameterError {
        let wanted = self.wanted();
        ParameterError::new("out-of-range", format!("wants {wanted}, found a number that is none"), format!("give {wanted}"))
    }

    fn wrong_type(&self, found: &Value) -> ParameterError {
        let wanted = self.wanted();
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        ParameterError::new("wrong-type", format!("wants {wanted}, found {found}"), format!("give {wanted}"))
    }
}

impl Record {
    /// Reads an object; `Err(None)` when the JSON is none.
    fn read(&self, json: &Value) -> Result<Val, Option<ParameterError>> {
        let object = json.as_object().ok_or(None)?;
        let mut values: Vec<Option<Val>> = vec![None; self.fields.len()];
        for (given, item) in object {
            let Some(index) = self.fields.iter().position(|field| field.name.is(given)) else {
                return Err(Some(self.unknown_field(given)));
            };
            let field = &self.fields[index];
            if values[index].is_some() {
                return Err(Some(
                    ParameterError::new("duplicate-field", "is given twice, in two spellings", "give it once")
                        .under_field(&field.name.json),
                ));
            }
            let value = field.shape.read_inner(item);
            values[index] = Some(value.map_err(|error| error.under_field(&field.name.json))?);
        }
        let fields = self.fields.iter().zip(values).map(|(field, value)| {
            let value = match (value, &field.shape) {
                (Some(value), _) => value,
                (None, Shape::Option(_)) => Val::Option(None),
                (None, shape) => {
                    return Err(Some(
                        ParameterError::new("missing-field", "is missing", format!("give {}", shape.wanted()))
                            .under_field(&field.name.json),
                    ));
                }
            };
            Ok((field.name.wit.clone(), value))
        });
        Ok(Val::Record(fields.collect::<Result<_, _>>()?))
    }

    fn unknown_field(&self, given: &str) -> ParameterError {
        let known = || self.fields.iter().map(|field| field.name.json.as_str());
        let next_step = match (nearest(given, known()), self.fields.is_empty()) {
            (_, true) => "leave it out: there are no parameters".to_owned(),
            (Some(near), _) => format!("did you mean `{near}`? known are {}", listed(known())),
            (None, _) => format!("known are {}", listed(known())),
        };
        ParameterError::new("unknown-field", "is not known", next_step).under_field(&bounded(given))
    }
}

/// The choice that is meant.
fn choose<'a>(names: &(impl Iterator<Item = &'a Name> + Clone), given: &str) -> Result<&'a Name, ParameterError> {
    names.clone().find(|name| name.is(given)).ok_or_else(|| {
        let known = || names.clone().map(|name| name.json.as_str());
        let next_step = match nearest(given, known()) {
            Some(near) => format!("did you mean `{near}`? the choices are {}", listed(known())),
            None => format!("the choices are {}", listed(known())),
        };
        ParameterError::new("unknown-choice", "is none of the choices", next_step)
    })
}

fn no_payload() -> ParameterError {
    ParameterError::new("wrong-type", "takes no value", "give its name alone, as a string")
}

/// The one entry of an object with one entry.
fn single(json: &Value) -> Option<(&str, &Value)> {
    let object = json.as_object()?;
    let (key, value) = object.iter().next()?;
    (object.len() == 1).then_some((key.as_str(), value))
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A name from outside, fit to stand in a message: short and without control characters.
fn bounded(given: &str) -> String {
    let mut out: String = given.chars().filter(|character| !character.is_control()).take(64).collect();
    if out.is_empty() {
        out.push_str("\"\"");
    }
    out
}
