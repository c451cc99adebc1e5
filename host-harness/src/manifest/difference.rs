//! Compares the committed `connector.json` with the one that the WIT files give now.

use super::json::Json;

/// The first place at which two manifests differ.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the committed manifest is out of date at `{pointer}`: it has {committed}, the WIT files give {generated}; run `x-connector manifest` to write it anew"
)]
pub struct Difference {
    /// A JSON Pointer (RFC 6901); empty for the whole file.
    pub pointer: String,
    /// What the committed file has there, short.
    pub committed: String,
    /// What the WIT files give there, short.
    pub generated: String,
}

/// Compares two texts of a manifest, byte for byte in the end.
///
/// # Errors
/// The first [`Difference`], in the order of the generated text.
pub fn check(committed: &str, generated: &str) -> Result<(), Difference> {
    if committed == generated {
        return Ok(());
    }
    let whole = |committed: String, generated: &str| Difference { pointer: String::new(), committed, generated: generated.to_owned() };
    let old: Json = serde_json::from_str(committed).map_err(|error| whole(format!("no JSON ({error})"), "JSON"))?;
    let new: Json = serde_json::from_str(generated).map_err(|error| whole("JSON".to_owned(), &format!("no JSON ({error})")))?;
    let mut pointer = String::new();
    Err(first(&old, &new, &mut pointer)
        .unwrap_or_else(|| whole("the same values in another layout".to_owned(), "the layout of the generator")))
}

fn first(old: &Json, new: &Json, pointer: &mut String) -> Option<Difference> {
    let length = pointer.len();
    let mut step = |name: &str, old: Option<&Json>, new: Option<&Json>| {
        pointer.push('/');
        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
        let difference = match (old, new) {
            (Some(old), Some(new)) => first(old, new, pointer),
            (old, new) => Some(Difference { pointer: pointer.clone(), committed: short(old), generated: short(new) }),
        };
        pointer.truncate(length);
        difference
    };
    match (old, new) {
        (Json::Object(olds), Json::Object(news)) => {
            news.iter().find_map(|(name, value)| step(name, old.get(name), Some(value))).or_else(|| {
                let mut gone = olds.iter().filter(|(name, _)| new.get(name).is_none());
                gone.find_map(|(name, value)| step(name, Some(value), None))
            })
        }
        (Json::Array(olds), Json::Array(news)) => {
            (0..olds.len().max(news.len())).find_map(|index| step(&index.to_string(), olds.get(index), news.get(index)))
        }
        (old, new) if old == new => None,
        (old, new) => Some(Difference { pointer: pointer.clone(), committed: short(Some(old)), generated: short(Some(new)) }),
    }
}

/// One line of at most 80 characters.
fn short(value: Option<&Json>) -> String {
    let Some(value) = value else {
        return "nothing".to_owned();
    };
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_no_difference() {
        assert_eq!(check("{}\n", "{}\n"), Ok(()));
    }

    #[test]
    fn the_first_differing_place_is_named_with_both_values() {
        for (committed, generated, pointer, old, new) in [
            (r#"{"a":{"b/c":1}}"#, r#"{"a":{"b/c":2}}"#, "/a/b~1c", "1", "2"),
            (r#"{"a":[1]}"#, r#"{"a":[1,"x"]}"#, "/a/1", "nothing", "\"x\""),
            (r#"{"a":1,"b":2}"#, r#"{"a":1}"#, "/b", "2", "nothing"),
            ("[]", "{}", "", "[]", "{}"),
            ("{", "{}", "", "no JSON (EOF while parsing an object at line 1 column 1)", "JSON"),
            ("{ }", "{}", "", "the same values in another layout", "the layout of the generator"),
        ] {
            let difference = check(committed, generated).unwrap_err();
            assert_eq!(difference.pointer, pointer);
            assert_eq!(difference.committed, old);
            assert_eq!(difference.generated, new);
            assert!(difference.to_string().ends_with("run `x-connector manifest` to write it anew"));
        }
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        let long = format!("\"{}\"", "ü".repeat(200));
        let difference = check(&long, "1").unwrap_err();
        assert_eq!(difference.committed.chars().count(), 83);
    }
}
