//! Strict JSON bodies: what may be in one, and X's refusal when it is not.

use serde_json::Value;

use super::problem::Refusal;

/// What a value must be.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Any string of at least so many characters.
    Text {
        minimum: usize,
        maximum: usize,
    },
    /// One to nineteen digits.
    Id,
    Boolean,
    Integer {
        minimum: i64,
        maximum: i64,
    },
    Choice(&'static [&'static str]),
    List {
        of: &'static Shape,
        minimum: usize,
        maximum: usize,
    },
    /// These members and no others.
    Object(&'static [Member]),
}

/// A member of an object.
#[derive(Debug)]
pub(crate) struct Member {
    pub name: &'static str,
    pub shape: Shape,
    pub required: bool,
}

impl Member {
    pub const fn optional(name: &'static str, shape: Shape) -> Self {
        Self { name, shape, required: false }
    }

    pub const fn required(name: &'static str, shape: Shape) -> Self {
        Self { name, shape, required: true }
    }
}

/// Any string.
pub(crate) const TEXT: Shape = Shape::Text { minimum: 0, maximum: usize::MAX };

/// Whether `text` is an id as X's specification has it.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Shape {
    /// Checks a whole body.
    ///
    /// # Errors
    /// 400 that names the first member that does not fit.
    pub fn check(&self, body: &Value) -> Result<(), Refusal> {
        self.check_at("$", body)
    }

    fn check_at(&self, path: &str, value: &Value) -> Result<(), Refusal> {
        let refuse = |what: String| Err(Refusal::invalid(path, &value.to_string(), &what));
        let wrong_kind = |expected: &str| refuse(format!("{path}: {} found, {expected} expected", kind(value)));
        match self {
            Self::Text { minimum, maximum } => {
                let Some(text) = value.as_str() else {
                    return wrong_kind("string");
                };
                let length = text.chars().count();
                if length < *minimum {
                    return refuse(format!("{path}: must be at least {minimum} characters long"));
                }
                if length > *maximum {
                    return refuse(format!("{path}: may only be {maximum} characters long"));
                }
            }
            Self::Id => {
                let Some(text) = value.as_str() else {
                    return wrong_kind("string");
                };
                if !is_id(text) {
                    return refuse(format!("{path}: does not match the regex pattern ^[0-9]{{1,19}}$"));
                }
            }
            Self::Boolean => {
                if !value.is_boolean() {
                    return wrong_kind("boolean");
                }
            }
            Self::Integer { minimum, maximum } => {
                let Some(number) = value.as_i64() else {
                    return wrong_kind("integer");
                };
                if number < *minimum {
                    return refuse(format!("{path}: must have a minimum value of {minimum}"));
                }
                if number > *maximum {
                    return refuse(format!("{path}: must have a maximum value of {maximum}"));
                }
            }
            Self::Choice(allowed) => {
                if !value.as_str().is_some_and(|text| allowed.contains(&text)) {
                    return refuse(format!("{path}: does not have a value in the enumeration [{}]", allowed.join(", ")));
                }
            }
            Self::List { of, minimum, maximum } => {
                let Some(items) = value.as_array() else {
                    return wrong_kind("array");
                };
                if items.len() < *minimum {
                    return refuse(format!("{path}: there must be a minimum of {minimum} items in the array"));
                }
                if items.len() > *maximum {
                    return refuse(format!("{path}: there must be a maximum of {maximum} items in the array"));
                }
                for (nth, item) in items.iter().enumerate() {
                    of.check_at(&format!("{path}[{nth}]"), item)?;
                }
            }
            Self::Object(members) => {
                let Some(object) = value.as_object() else {
                    return wrong_kind("object");
                };
                let unknown = object.keys().find(|name| !members.iter().any(|member| member.name == name.as_str()));
                if let Some(name) = unknown {
                    return refuse(format!(
                        "{path}.{name}: is not defined in the schema and the schema does not allow \
                         additional properties"
                    ));
                }
                for member in *members {
                    match object.get(member.name) {
                        Some(inner) => member.shape.check_at(&format!("{path}.{}", member.name), inner)?,
                        None if member.required => {
                            return refuse(format!("{path}.{}: is missing but it is required", member.name));
                        }
                        None => {}
                    }
                }
            }
        }
        Ok(())
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BODY: Shape = Shape::Object(&[
        Member::required("id", Shape::Id),
        Member::optional("many", Shape::List { of: &Shape::Boolean, minimum: 1, maximum: 2 }),
        Member::optional("count", Shape::Integer { minimum: 5, maximum: 10 }),
        Member::optional("kind", Shape::Choice(&["a", "b"])),
    ]);

    #[test]
    fn a_body_that_fits_is_taken() {
        let body = json!({"id": "12", "many": [true], "count": 5, "kind": "a"});
        assert_eq!(BODY.check(&body), Ok(()));
    }

    #[test]
    fn a_body_that_does_not_fit_is_refused() {
        for wrong in [
            json!([]),
            json!({}),
            json!({"id": 12}),
            json!({"id": "12x"}),
            json!({"id": "12345678901234567890"}),
            json!({"id": "12", "other": 1}),
            json!({"id": "12", "many": []}),
            json!({"id": "12", "many": [true, true, true]}),
            json!({"id": "12", "many": ["true"]}),
            json!({"id": "12", "count": 4}),
            json!({"id": "12", "count": 5.5}),
            json!({"id": "12", "kind": "c"}),
            json!({"id": null}),
        ] {
            assert!(BODY.check(&wrong).is_err(), "{wrong}");
        }
    }
}
