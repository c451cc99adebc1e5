//! JSON as one small tree, read and written by serde_json. A type of its own for each answer would cost
//! 5 kB of code apiece; the tree costs 10 kB for all of them.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::cell::Cell;
use core::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// A value. Numbers that are no integers are read in millionths: what X sends of them is money.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Json {
    #[default]
    Null,
    Bool(bool),
    Integer(i64),
    /// A number with a fraction, in millionths.
    Millionths(i64),
    Text(String),
    List(Vec<Json>),
    /// In the order of the source; of two members with one name the first counts.
    Object(Vec<(String, Json)>),
    Other,
}

/// What a text may hold at most. X's largest pages have about 10,000 values; a hostile answer of 4 MiB could
/// hold two million, which would not fit into the instance's memory.
const MOST_VALUES: u32 = 200_000;

impl Json {
    /// Reads a text. `None` when it is no JSON, is nested deeper than 128, or holds too many values.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let budget = Cell::new(MOST_VALUES);
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let json = Seed(&budget).deserialize(&mut reader).ok()?;
        reader.end().ok()?;
        Some(json)
    }

    /// Writes it without white space.
    #[must_use]
    pub fn write(&self) -> String {
        // Writing strings and integers into memory does not fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// An object of these members; members that are [`Json::Null`] are left out.
    #[must_use]
    pub fn object<const N: usize>(members: [(&str, Json); N]) -> Self {
        Self::object_of(Vec::from(members))
    }

    /// The work of [`Self::object`], which there is one of for each number of members.
    #[inline(never)]
    fn object_of(members: Vec<(&str, Json)>) -> Self {
        Self::Object(members.into_iter().filter(|(_, value)| *value != Self::Null).map(|(name, value)| (name.to_string(), value)).collect())
    }

    #[must_use]
    pub fn text(text: impl fmt::Display) -> Self {
        Self::Text(text.to_string())
    }

    /// A list, or [`Json::Null`] for an empty one.
    pub fn list(items: impl Iterator<Item = Json>) -> Self {
        let items: Vec<Json> = items.collect();
        if items.is_empty() { Self::Null } else { Self::List(items) }
    }

    /// The member of this name; [`Json::Null`] stands for what is not there.
    #[must_use]
    pub fn get(&self, name: &str) -> &Self {
        let found = match self {
            Self::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        };
        found.unwrap_or(&Self::Null)
    }

    /// The member by the first of these names that is there; X's two dialects name some things differently.
    #[must_use]
    pub fn get_either(&self, names: [&str; 2]) -> &Self {
        names.into_iter().map(|name| self.get(name)).find(|value| !value.is_null()).unwrap_or(&Self::Null)
    }

    #[must_use]
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }

    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    #[must_use]
    pub fn to_text(&self) -> Option<String> {
        self.as_text().map(ToString::to_string)
    }

    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// A number in millionths.
    #[must_use]
    pub fn as_millionths(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => value.checked_mul(1_000_000),
            Self::Millionths(value) => Some(*value),
            _ => None,
        }
    }

    /// The items of a list; nothing for anything else.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The texts of a list of texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.items().iter().filter_map(Self::as_text)
    }

    /// The name of an object's first member.
    #[must_use]
    pub fn first_name(&self) -> Option<&str> {
        match self {
            Self::Object(members) => members.first().map(|(name, _)| name.as_str()),
            _ => None,
        }
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u64> for Json {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::Other, Self::Integer)
    }
}

/// Reads a value and counts it.
struct Seed<'a>(&'a Cell<u32>);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        let left = self.0.get().checked_sub(1).ok_or_else(|| serde::de::Error::custom("too many values"))?;
        self.0.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::from(value))
    }

    #[allow(clippy::cast_possible_truncation, reason = "the cast saturates, and half a millionth is nothing")]
    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Millionths((value * 1e6 + if value < 0.0 { -0.5 } else { 0.5 }) as i64))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_string()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(Seed(self.0))? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = access.next_key_seed(Name)? {
            members.push((name, access.next_value_seed(Seed(self.0))?));
        }
        Ok(Json::Object(members))
    }
}

/// Reads a member's name.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null | Self::Other | Self::Millionths(_) => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Object(members) => {
                let mut object = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    object.serialize_entry(name, value)?;
                }
                object.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_back() {
        let text = r#"{"a":[1,-2,true,null,"é\n\"",{}],"b":{"c":[]}}"#;
        assert_eq!(Json::read(text.as_bytes()).expect("reads").write(), text);
    }

    #[test]
    fn members_are_found_and_missing_ones_are_null() {
        let json = Json::read(br#"{"new":{"x":"1"},"n":5,"l":["a",1,"b"]}"#).expect("reads");
        assert_eq!(json.get_either(["old", "new"]).get("x").as_text(), Some("1"));
        assert!(json.get("n").get("deeper").get("still").is_null());
        assert_eq!(json.get("l").texts().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(json.get("n").as_integer(), Some(5));
    }

    #[test]
    fn hostile_texts_are_refused() {
        assert_eq!(Json::read(&b"[".repeat(1_000_000)), None);
        assert_eq!(Json::read(&br#"{"a":"#.repeat(1_000_000)), None);
        assert_eq!(Json::read(alloc::format!("[{}0]", "0,".repeat(2_000_000)).as_bytes()), None);
        for broken in [&b""[..], b"{", b"{\"a\"", b"nul", b"\"\\ud800\"", b"{} {}", b"\xFF", b"1e999"] {
            assert_eq!(Json::read(broken), None, "{}", String::from_utf8_lossy(broken));
        }
        for (text, millionths) in [("1.5", 1_500_000), ("-0.1", -100_000), ("23.456789", 23_456_789), ("0.0", 0), ("1e300", i64::MAX)] {
            assert_eq!(Json::read(text.as_bytes()), Some(Json::Millionths(millionths)), "{text}");
            assert_eq!(Json::Millionths(millionths).as_millionths(), Some(millionths));
        }
        assert_eq!((Json::Integer(-2).as_millionths(), Json::Integer(i64::MAX).as_millionths()), (Some(-2_000_000), None));
        assert_eq!(Json::read(b"18446744073709551615"), Some(Json::Other));
    }
}
