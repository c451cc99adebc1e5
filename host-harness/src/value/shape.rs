//! A type of a component, read once and kept in a form that is quick to convert by.

use super::name::{normal, snake_case};
use thiserror::Error;
use wasmtime::component::Type;

/// How deep types may nest. WIT knows no recursion, so only a made-up type comes near it.
const MAXIMUM_DEPTH: usize = 64;

/// What a value looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants carry the names of WIT's own types")]
#[non_exhaustive]
pub enum Shape {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
    String,
    List(Box<Shape>),
    Option(Box<Shape>),
    Tuple(Vec<Shape>),
    Record(Record),
    Variant(Vec<Case>),
    Enum(Vec<Name>),
    Flags(Vec<Name>),
    Result { ok: Option<Box<Shape>>, error: Option<Box<Shape>> },
}

/// A name in the spellings that conversion needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// As WIT has it: `mime-type`.
    pub wit: String,
    /// As JSON output has it: `mime_type`.
    pub json: String,
    /// As names are compared: `mimetype`.
    pub(crate) key: String,
}

impl Name {
    /// Reads a WIT name.
    #[must_use]
    pub fn new(wit: &str) -> Self {
        Self { wit: wit.to_owned(), json: snake_case(wit), key: normal(wit) }
    }

    /// Whether `given` is this name in any spelling.
    pub(crate) fn is(&self, given: &str) -> bool {
        given == self.json || given == self.wit || normal(given) == self.key
    }
}

/// The fields of a record, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The fields.
    pub fields: Vec<Field>,
    /// Whether it is a file to attach: it has the fields `extension`, `mime-type`, `name` and `url`.
    pub is_file_entry: bool,
}

impl Record {
    /// Makes a record of its fields.
    #[must_use]
    pub fn new(fields: Vec<Field>) -> Self {
        let has = |key| fields.iter().any(|field: &Field| field.name.key == key);
        Self { is_file_entry: has("extension") && has("mimetype") && has("name") && has("url"), fields }
    }
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub shape: Shape,
}

/// A case of a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its name.
    pub name: Name,
    /// Its payload's type, if it has one.
    pub payload: Option<Shape>,
}

/// A type that has no JSON form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the type `{0}` has no JSON form")]
pub struct UnsupportedType(pub &'static str);

impl Shape {
    /// Reads a component's type.
    ///
    /// # Errors
    ///
    /// For resources, handles, streams, futures, maps and an option of an option: JSON has no form for them.
    pub fn of(ty: &Type) -> Result<Self, UnsupportedType> {
        Self::at_depth(ty, 0)
    }

    fn at_depth(ty: &Type, depth: usize) -> Result<Self, UnsupportedType> {
        if depth > MAXIMUM_DEPTH {
            return Err(UnsupportedType("a type that nests too deep"));
        }
        let inner = |ty: &Type| Self::at_depth(ty, depth + 1);
        let boxed = |ty: Type| inner(&ty).map(Box::new);
        Ok(match ty {
            Type::Bool => Self::Bool,
            Type::S8 => Self::S8,
            Type::U8 => Self::U8,
            Type::S16 => Self::S16,
            Type::U16 => Self::U16,
            Type::S32 => Self::S32,
            Type::U32 => Self::U32,
            Type::S64 => Self::S64,
            Type::U64 => Self::U64,
            Type::Float32 => Self::F32,
            Type::Float64 => Self::F64,
            Type::Char => Self::Char,
            Type::String => Self::String,
            Type::List(list) => Self::List(boxed(list.ty())?),
            Type::Option(option) => match inner(&option.ty())? {
                // `null` could be either of two values.
                Self::Option(_) => return Err(UnsupportedType("option<option>")),
                shape => Self::Option(Box::new(shape)),
            },
            Type::Tuple(tuple) => Self::Tuple(tuple.types().map(|ty| inner(&ty)).collect::<Result<_, _>>()?),
            Type::Record(record) => Self::Record(Record::new(
                record
                    .fields()
                    .map(|field| Ok(Field { name: Name::new(field.name), shape: inner(&field.ty)? }))
                    .collect::<Result<_, _>>()?,
            )),
            Type::Variant(variant) => Self::Variant(
                variant
                    .cases()
                    .map(|case| Ok(Case { name: Name::new(case.name), payload: case.ty.as_ref().map(inner).transpose()? }))
                    .collect::<Result<_, _>>()?,
            ),
            Type::Enum(names) => Self::Enum(names.names().map(Name::new).collect()),
            Type::Flags(names) => Self::Flags(names.names().map(Name::new).collect()),
            Type::Result(result) => Self::Result { ok: result.ok().map(boxed).transpose()?, error: result.err().map(boxed).transpose()? },
            Type::Own(_) => return Err(UnsupportedType("own")),
            Type::Borrow(_) => return Err(UnsupportedType("borrow")),
            Type::Future(_) => return Err(UnsupportedType("future")),
            Type::Stream(_) => return Err(UnsupportedType("stream")),
            Type::Map(_) => return Err(UnsupportedType("map")),
            Type::ErrorContext => return Err(UnsupportedType("error-context")),
            Type::FixedLengthList(_) => return Err(UnsupportedType("list of fixed length")),
        })
    }

    /// Whether a file to attach may be anywhere in a value of this shape.
    #[must_use]
    pub fn holds_file_entries(&self) -> bool {
        match self {
            Self::Record(record) => record.is_file_entry || record.fields.iter().any(|field| field.shape.holds_file_entries()),
            Self::List(inner) | Self::Option(inner) => inner.holds_file_entries(),
            Self::Tuple(shapes) => shapes.iter().any(Self::holds_file_entries),
            Self::Variant(cases) => cases.iter().filter_map(|case| case.payload.as_ref()).any(Self::holds_file_entries),
            Self::Result { ok, error } => [ok, error].into_iter().flatten().any(|shape| shape.holds_file_entries()),
            _ => false,
        }
    }

    /// What an author is told to give: `a string`, `a whole number from 0 to 255`.
    #[must_use]
    pub fn wanted(&self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::S8 => "a whole number from -128 to 127",
            Self::U8 => "a whole number from 0 to 255",
            Self::S16 => "a whole number from -32768 to 32767",
            Self::U16 => "a whole number from 0 to 65535",
            Self::S32 => "a whole number from -2147483648 to 2147483647",
            Self::U32 => "a whole number from 0 to 4294967295",
            Self::S64 => "a whole number",
            Self::U64 => "a whole number, 0 or more",
            Self::F32 | Self::F64 => "a number",
            Self::Char => "a string of one character",
            Self::String => "a string",
            Self::List(_) | Self::Tuple(_) => "an array",
            Self::Option(inner) => inner.wanted(),
            Self::Record(_) => "an object",
            Self::Variant(_) => "the name of a case, or an object with one case",
            Self::Enum(_) => "one of the choices",
            Self::Flags(_) => "an array of choices",
            Self::Result { .. } => "an object with `ok` or `error`",
        }
    }
}
