//! JSON to component values and back, by the component's own types.
//!
//! A [`Shape`] is read once from a component's type, and then turns JSON into [`Val`]s and [`Val`]s into JSON.
//!
//! | WIT | JSON in | JSON out |
//! |---|---|---|
//! | `bool`, `string`, `char` | boolean, string, string of one character | the same |
//! | `s8` to `u64` | a whole number in range; a numeric string is refused | number |
//! | `f32`, `f64` | number | number; `null` when it is not finite |
//! | `list<T>`, `tuple<..>` | array | array |
//! | `option<T>` | absent, `null` or `T` | left out of a record, `null` elsewhere |
//! | `record` | object; field names match without regard to case, `-` and `_` | object with `snake_case` names |
//! | `enum` | string, matched like field names | `snake_case` string |
//! | `variant` | `"case"` or `{"case": payload}` | the same, `snake_case` |
//! | `flags` | array of strings | array of `snake_case` strings |
//! | `result<T, E>` | `{"ok": T}` or `{"error": E}` | the same |
//!
//! Resources, handles, streams, futures and maps have no JSON form: [`Shape::of`] refuses them when the component is loaded.

mod error;
mod name;
mod read;
mod shape;
#[cfg(test)]
mod tests;
mod write;

pub use error::ParameterError;
pub use name::{lower_camel_case, snake_case};
pub(crate) use name::{nearest, normal};
pub use shape::{Case, Field, Name, Record, Shape, UnsupportedType};

/// A component value, as wasmtime has it.
pub use wasmtime::component::Val;
