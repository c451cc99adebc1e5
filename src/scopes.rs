//! What each operation needs of a connection: OAuth 2.0 scopes, and a kind of credential that X accepts for it.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use crate::auth::Accepts;
use crate::error::Failure;

/// An operation as a workflow names it.
#[derive(Debug)]
pub struct Operation {
    /// The name in a workflow: `createPost`.
    pub name: &'static str,
    /// The kinds of credential that X accepts for every request of the operation, and the scopes that they need together.
    /// The scopes are those of the tag `@scopes` in `wit/`; a test compares them.
    pub accepts: Accepts,
    pub effect: Effect,
}

/// What the operation does at X, as far as the app's permissions there and the plan's limits care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Reads,
    Writes,
    SendsMessages,
}

/// What brings a refresh token; every authorization asks for it.
pub const OFFLINE_ACCESS: &str = "offline.access";

/// All operations, in the order of `wit/`.
pub const OPERATIONS: &[Operation] = &[
    by_user("createPost", &["tweet.read", "tweet.write", "users.read", "media.write"], Effect::Writes),
    by_user("deletePost", &["tweet.read", "tweet.write", "users.read"], Effect::Writes),
    by_user("likePost", &["tweet.read", "users.read", "like.write"], Effect::Writes),
    by_user("repostPost", &["tweet.read", "tweet.write", "users.read"], Effect::Writes),
    by_user("sendDirectMessage", &["dm.read", "dm.write", "tweet.read", "users.read", "media.write"], Effect::SendsMessages),
    by_user("uploadMedia", &["media.write"], Effect::Writes),
    Operation { name: "newPost", accepts: Accepts::ANY.with_scopes(&["tweet.read", "users.read"]), effect: Effect::Reads },
];

const fn by_user(name: &'static str, scopes: &'static [&'static str], effect: Effect) -> Operation {
    Operation { name, accepts: Accepts::USER.with_scopes(scopes), effect }
}

/// The operations of these names, in the order of `wit/`; all of them when no names are given. Case, `-` and `_` do not matter.
///
/// # Errors
/// A [`Failure`] that names `operations`, the wrong name and the nearest one.
pub fn operations(names: Option<&[String]>) -> Result<Vec<&'static Operation>, Failure> {
    let Some(names) = names else {
        return Ok(OPERATIONS.iter().collect());
    };
    let wanted: Vec<String> = names.iter().map(|name| plain(name)).collect();
    for (name, wanted) in names.iter().zip(&wanted) {
        if !OPERATIONS.iter().any(|operation| plain(operation.name) == *wanted) {
            let nearest = OPERATIONS.iter().min_by_key(|operation| distance(&plain(operation.name), wanted));
            let nearest = nearest.map_or("", |operation| operation.name);
            let shown: String = name.chars().filter(|character| !character.is_control()).take(40).collect();
            let message = format!("names \"{shown}\", which is no operation of this connector; did you mean {nearest}?");
            return Err(Failure::invalid("operations", "unknown-operation", &message));
        }
    }
    Ok(OPERATIONS.iter().filter(|operation| wanted.contains(&plain(operation.name))).collect())
}

/// What to ask an account for: the needs of the operations, `additional`, and `offline.access` at the end, each once.
#[must_use]
pub fn union(operations: &[&Operation], additional: &[String]) -> Vec<String> {
    let needed = operations.iter().flat_map(|operation| operation.accepts.scopes()).copied();
    let mut scopes: Vec<String> = Vec::new();
    for scope in needed.chain(additional.iter().map(String::as_str)).filter(|scope| *scope != OFFLINE_ACCESS).chain([OFFLINE_ACCESS]) {
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_string());
        }
    }
    scopes
}

/// Checks scopes that a caller names.
///
/// # Errors
/// A [`Failure`] that names the field.
pub fn check(scopes: &[String], field: &str) -> Result<(), Failure> {
    if scopes.iter().all(|scope| is_scope(scope)) {
        return Ok(());
    }
    Err(Failure::invalid(field, "invalid-scope", "holds something that is no scope; give one name an item, for example bookmark.read"))
}

/// Whether the text can be a scope. X's have lower-case words and dots; RFC 6749 allows more, white space never.
#[must_use]
pub fn is_scope(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte))
}

fn plain(name: &str) -> String {
    name.chars().filter(|character| !matches!(character, '-' | '_')).take(64).map(|character| character.to_ascii_lowercase()).collect()
}

/// How many letters differ (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.bytes().enumerate() {
        let (mut above_left, mut before) = (index, index + 1);
        let others = core::iter::once(None).chain(right.bytes().map(Some));
        for (cell, other) in row.iter_mut().zip(others) {
            let above = core::mem::replace(cell, before);
            if let Some(other) = other {
                *cell = (above_left + usize::from(letter != other)).min(before + 1).min(above + 1);
            }
            (above_left, before) = (above, *cell);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Case;

    /// The operations of a WIT file with their tags: name as a workflow spells it, scopes, and whether it reads only.
    fn tagged(wit: &str) -> Vec<(String, Vec<String>, bool)> {
        let (mut found, mut scopes, mut reads) = (Vec::new(), Vec::new(), false);
        for line in wit.lines().map(str::trim) {
            if let Some(list) = line.strip_prefix("/// @scopes ") {
                scopes = list.split(' ').map(ToString::to_string).collect();
            } else if let Some(effect) = line.strip_prefix("/// @effect ") {
                reads = effect == "read";
            } else if let Some((name, _)) = line.split_once(": func(") {
                let words = name.trim_start_matches("poll-").split('-').enumerate();
                let name = words.map(|(index, word)| match index {
                    0 => word.to_string(),
                    _ => word[..1].to_uppercase() + &word[1..],
                });
                found.push((name.collect(), core::mem::take(&mut scopes), reads));
            }
        }
        found
    }

    #[test]
    fn every_row_says_what_wit_says() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("wit");
        let read = |file: &str| std::fs::read_to_string(root.join(file)).expect("a file of wit/");
        let expected: Vec<_> = ["actions.wit", "triggers.wit"].iter().flat_map(|file| tagged(&read(file))).collect();
        let rows = OPERATIONS.iter().map(|operation| {
            let scopes = operation.accepts.scopes().iter().map(ToString::to_string).collect();
            (operation.name.to_string(), scopes, operation.effect == Effect::Reads)
        });
        assert_eq!(rows.collect::<Vec<(String, Vec<String>, bool)>>(), expected);
        for operation in OPERATIONS {
            assert_eq!(operation.effect == Effect::SendsMessages, operation.accepts.scopes().contains(&"dm.write"), "{}", operation.name);
        }
        let at_the_connection = read("types.wit").lines().any(|line| line.trim() == format!("/// @scopes {OFFLINE_ACCESS}"));
        assert!(at_the_connection, "the scope of every connection");
    }

    #[test]
    fn operations_are_found_however_they_are_spelled_and_in_one_order() {
        let names = |list: &[&str]| {
            let list: Vec<String> = list.iter().map(ToString::to_string).collect();
            operations(Some(&list)).expect("known").iter().map(|operation| operation.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&["new-post", "CREATE_POST", "createPost"]), ["createPost", "newPost"]);
        assert_eq!(names(&[]), [""; 0]);
        assert_eq!(operations(None).expect("all").len(), OPERATIONS.len());
    }

    #[test]
    fn an_unknown_operation_is_named_with_the_nearest_known_one() {
        for (wrong, nearest) in [
            ("creatPost", "createPost"),
            ("tweet", "newPost"),
            ("like", "likePost"),
            ("sendDM", "newPost"),
            ("directMessage", "sendDirectMessage"),
            ("", "newPost"),
        ] {
            let failure = operations(Some(&["newPost".to_string(), wrong.to_string()])).expect_err(wrong);
            let problem = failure.problem();
            assert_eq!((failure.case(), problem.field.as_deref()), (Case::InvalidInput, Some("operations")));
            assert!(problem.message.ends_with(&format!("did you mean {nearest}?")), "{wrong}: {}", problem.message);
        }
        assert!(operations(Some(&["x".repeat(1_000_000)])).is_err());
    }

    #[test]
    fn scopes_are_asked_for_once_and_in_a_stable_order() {
        let all = union(&OPERATIONS.iter().collect::<Vec<_>>(), &[]);
        let expected = ["tweet.read", "tweet.write", "users.read", "media.write", "like.write", "dm.read", "dm.write", "offline.access"];
        assert_eq!(all, expected);
        let additional = ["offline.access", "bookmark.read", "users.read"].map(ToString::to_string);
        assert_eq!(union(&[&OPERATIONS[6]], &additional), ["tweet.read", "users.read", "bookmark.read", "offline.access"]);
        assert!(is_scope("tweet.read") && !is_scope("a b") && !is_scope("") && !is_scope("a\"b"));
    }

    #[test]
    fn distances_are_levenshteins() {
        for (left, right, expected) in [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "abc", 0), ("flaw", "lawn", 2)] {
            assert_eq!(distance(left, right), expected);
            assert_eq!(distance(right, left), expected);
        }
    }
}
