//! Names in their three spellings, and the nearest known one to a misspelt name.

/// The form in which names are compared: `mimeType`, `mime_type` and `mime-type` are all `mimetype`.
#[must_use]
pub(crate) fn normal(name: &str) -> String {
    name.chars().filter(|character| !matches!(character, '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// A WIT name as JSON output has it: `mime-type` is `mime_type`.
#[must_use]
pub fn snake_case(name: &str) -> String {
    name.chars()
        .map(|character| match character {
            '-' => '_',
            other => other.to_ascii_lowercase(),
        })
        .collect()
}

/// A WIT name as operations are called: `create-post` is `createPost`.
#[must_use]
pub fn lower_camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for (index, word) in name.split('-').enumerate() {
        let mut characters = word.chars();
        match characters.next() {
            Some(first) if index > 0 => out.push(first.to_ascii_uppercase()),
            Some(first) => out.push(first.to_ascii_lowercase()),
            None => {}
        }
        out.extend(characters.map(|character| character.to_ascii_lowercase()));
    }
    out
}

/// The known name that is most like `given`, if one is like it at all.
pub(crate) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let given = normal(given);
    // A name of megabytes is no typing mistake, and the distance costs the product of the lengths.
    if given.is_empty() || given.len() > 64 {
        return None;
    }
    known
        .map(|name| (distance(&given, &normal(name)), name))
        .filter(|(distance, name)| *distance <= 1.max(name.len() / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The Levenshtein distance.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let change = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_separators() {
        for name in ["mimeType", "mime_type", "mime-type", "MIME-Type", "mimetype"] {
            assert_eq!(normal(name), "mimetype");
        }
    }

    #[test]
    fn wit_names_have_a_snake_and_a_camel_form() {
        assert_eq!(snake_case("who-must-act"), "who_must_act");
        assert_eq!(lower_camel_case("send-direct-message"), "sendDirectMessage");
        assert_eq!(lower_camel_case("x"), "x");
    }

    #[test]
    fn a_misspelt_name_finds_its_neighbour_and_a_strange_one_does_not() {
        let known = ["createPost", "deletePost", "likePost"];
        let find = |given| nearest(given, known.iter().copied());
        assert_eq!(find("creatPost"), Some("createPost"));
        assert_eq!(find("create_psot"), Some("createPost"));
        assert_eq!(find("likeposts"), Some("likePost"));
        assert_eq!(find("frobnicate"), None);
        assert_eq!(find(""), None);
        assert_eq!(find(&"x".repeat(1_000_000)), None);
    }
}
