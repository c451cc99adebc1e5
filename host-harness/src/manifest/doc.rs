//! One doc comment: its text, then its tags.

use super::tag::{self, Form, Item};

/// A doc comment taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Doc {
    /// The text before the first tag; lines of one paragraph are joined.
    pub text: String,
    /// Tags and their values in order. A flag's value is empty.
    pub tags: Vec<(String, String)>,
}

impl Doc {
    /// Takes a comment apart without judging it.
    pub fn split(contents: Option<&str>) -> Self {
        Self::split_noting(contents, &mut |_, _| ())
    }

    /// Takes apart the comment of an `item`; `fault` gets the tag, if one is at fault, and the problem.
    pub fn read(contents: Option<&str>, item: Item, fault: &mut dyn FnMut(Option<&str>, String)) -> Self {
        let doc = Self::split_noting(contents, fault);
        for (index, (name, value)) in doc.tags.iter().enumerate() {
            let Some(rule) = tag::find(name) else {
                let known = tag::allowed_on(item);
                fault(Some(name), format!("there is no such tag; {known}, so mend or remove it"));
                continue;
            };
            if !rule.items.contains(&item) {
                let allowed = tag::allowed_on(item);
                fault(Some(name), format!("the tag cannot stand here; {allowed}, so remove it"));
            } else if rule.form == Form::Flag && !value.is_empty() {
                fault(Some(name), "the tag takes no value; leave it alone on its line".to_owned());
            } else if rule.form != Form::Flag && value.is_empty() {
                fault(Some(name), "the tag has no value; write one after it".to_owned());
            } else if rule.form != Form::Many && doc.tags[..index].iter().any(|(n, _)| n == name) {
                fault(Some(name), "the tag stands here twice; keep one".to_owned());
            } else if doc.tags[..index].contains(&(name.clone(), value.clone())) {
                fault(Some(name), format!("`{value}` stands here twice; keep one"));
            }
        }
        doc
    }

    fn split_noting(contents: Option<&str>, fault: &mut dyn FnMut(Option<&str>, String)) -> Self {
        let mut doc = Self::default();
        let mut in_paragraph = false;
        for line in contents.unwrap_or_default().lines().map(str::trim) {
            if let Some(tag) = line.strip_prefix('@') {
                let (name, value) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
                doc.tags.push((name.to_owned(), value.trim().to_owned()));
            } else if line.is_empty() {
                in_paragraph = false;
            } else if let Some((last, _)) = doc.tags.last() {
                fault(Some(last), "text follows the tag; put all text before the first tag, and a tag's value on its line".to_owned());
            } else {
                if !doc.text.is_empty() {
                    doc.text.push(if in_paragraph { ' ' } else { '\n' });
                }
                doc.text.push_str(line);
                in_paragraph = true;
            }
        }
        doc
    }

    /// The value of a tag that stands at most once.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values(name).next()
    }

    /// The values of a tag, in order.
    pub fn values<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.tags.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Whether the tag stands here.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(contents: &str, item: Item) -> Vec<(String, String)> {
        let mut found = Vec::new();
        Doc::read(Some(contents), item, &mut |tag, problem| {
            found.push((tag.unwrap_or_default().to_owned(), problem));
        });
        found
    }

    #[test]
    fn text_ends_at_the_first_tag_and_keeps_its_paragraphs() {
        let doc = Doc::split(Some("One line\nand its rest.\n\nAnother.\n\n@title A b\n@secret"));
        assert_eq!(doc.text, "One line and its rest.\nAnother.");
        assert_eq!(doc.value("title"), Some("A b"));
        assert!(doc.has("secret"));
        assert!(!doc.has("advanced"));
    }

    #[test]
    fn each_misuse_of_a_tag_is_a_fault_that_names_it() {
        for (contents, tag, problem) in [
            ("T.\n@titel A", "titel", "there is no such tag; an input field takes @title"),
            ("T.\n@effect read", "effect", "the tag cannot stand here; an input field takes"),
            ("T.\n@advanced yes", "advanced", "takes no value"),
            ("T.\n@title", "title", "has no value"),
            ("T.\n@title A\n@title B", "title", "stands here twice"),
            ("T.\n@title A\nmore text", "title", "text follows the tag"),
        ] {
            let found = faults(contents, Item::InputField);
            assert_eq!(found.len(), 1, "{contents}: {found:?}");
            assert_eq!(found[0].0, tag);
            assert!(found[0].1.contains(problem), "{contents}: {}", found[0].1);
        }
        let found = faults("T.\n@set-up Do.\n@set-up Do.", Item::Connection);
        assert!(found[0].1.contains("`Do.` stands here twice"), "{found:?}");
        assert_eq!(faults("T.\n@set-up A\n@set-up B", Item::Connection), []);
    }
}
