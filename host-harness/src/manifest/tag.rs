//! The closed set of tags that doc comments may end with, and the items on which each may stand.
//!
//! A tag has a line of its own after the text: `@name value`. What an author reads is the text; the
//! tags carry what a form, a price list or a consent page needs.

use std::fmt;

/// The kinds of WIT items that can have a doc comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// `package ...;`
    Package,
    /// An interface or a world.
    Scope,
    /// A function of the interface `actions`.
    Action,
    /// A function of the interface `triggers`.
    Trigger,
    /// A function of the interface `connection`.
    ConnectionStep,
    /// A function of any other interface.
    Function,
    /// The record `connection-properties` of the interface `types`.
    Connection,
    /// A field of it.
    ConnectionField,
    /// A field of a record that an operation takes.
    InputField,
    /// A field of a record that connection steps alone return: it may be a secret.
    StepOutputField,
    /// A field of any other record.
    OutputField,
    /// A case of an enum.
    EnumCase,
    /// A record, enum, variant, or a case of a variant: text alone.
    Type,
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Package => "a package",
            Self::Scope => "an interface or a world",
            Self::Action => "an action",
            Self::Trigger => "a trigger",
            Self::ConnectionStep => "a connection step",
            Self::Function => "a function outside of `actions`, `triggers` and `connection`",
            Self::Connection => "the record `connection-properties`",
            Self::ConnectionField => "a connection property",
            Self::InputField => "an input field",
            Self::StepOutputField => "an output field of a connection step",
            Self::OutputField => "an output field",
            Self::EnumCase => "an enum case",
            Self::Type => "a type or a variant case",
        })
    }
}

/// How often a tag may stand on one item, and whether it has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Alone on its line, at most once.
    Flag,
    /// With a value, at most once.
    Once,
    /// With a value, any number of times.
    Many,
}

/// One tag of the closed set.
#[derive(Debug)]
pub struct Rule {
    /// The tag without `@`.
    pub name: &'static str,
    /// How it is written.
    pub form: Form,
    /// Where it may stand.
    pub items: &'static [Item],
}

use Item::{Action, Connection, ConnectionField, ConnectionStep, EnumCase, Function, InputField, OutputField, StepOutputField, Trigger};

const OPERATIONS: &[Item] = &[Action, Trigger];
const PROPERTIES: &[Item] = &[InputField, ConnectionField];
const OUTPUTS: &[Item] = &[OutputField, StepOutputField];
const FIELDS: &[Item] = &[InputField, ConnectionField, OutputField, StepOutputField];

/// Every tag there is.
pub const RULES: &[Rule] = &[
    rule("title", Form::Once, &[Connection, Action, Trigger, ConnectionStep, Function, InputField, ConnectionField, EnumCase]),
    // Operations.
    rule("x-operation", Form::Many, OPERATIONS),
    rule("scopes", Form::Once, &[Action, Trigger, Connection]),
    rule("effect", Form::Once, OPERATIONS),
    rule("idempotency", Form::Once, OPERATIONS),
    rule("price", Form::Many, OPERATIONS),
    rule("interval", Form::Once, &[Trigger]),
    // Connection steps.
    rule("reads", Form::Once, &[ConnectionStep]),
    rule("reads-once", Form::Once, &[ConnectionStep]),
    // Fields.
    rule("name", Form::Once, FIELDS),
    rule("example", Form::Once, FIELDS),
    rule("format", Form::Once, OUTPUTS),
    rule("control", Form::Once, PROPERTIES),
    rule("placeholder", Form::Once, PROPERTIES),
    rule("default", Form::Once, PROPERTIES),
    rule("advanced", Form::Flag, PROPERTIES),
    rule("minimum", Form::Once, PROPERTIES),
    rule("maximum", Form::Once, PROPERTIES),
    rule("maximum-items", Form::Once, PROPERTIES),
    rule("maximum-length", Form::Once, PROPERTIES),
    rule("pattern", Form::Once, PROPERTIES),
    rule("environment", Form::Once, &[ConnectionField]),
    rule("for-kind", Form::Many, &[ConnectionField]),
    rule("secret", Form::Flag, &[ConnectionField, StepOutputField]),
    // The connection.
    rule("kind", Form::Many, &[Connection]),
    rule("authorize-url", Form::Once, &[Connection]),
    rule("token-url", Form::Once, &[Connection]),
    rule("revoke-url", Form::Once, &[Connection]),
    rule("app-token-url", Form::Once, &[Connection]),
    rule("oauth1-request-token-url", Form::Once, &[Connection]),
    rule("oauth1-authorize-url", Form::Once, &[Connection]),
    rule("oauth1-access-token-url", Form::Once, &[Connection]),
    rule("pkce", Form::Once, &[Connection]),
    rule("set-up", Form::Many, &[Connection]),
];

const fn rule(name: &'static str, form: Form, items: &'static [Item]) -> Rule {
    Rule { name, form, items }
}

/// The rule of the tag `name`.
pub(super) fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

/// The tags that may stand on `item`, as a message lists them.
pub(super) fn allowed_on(item: Item) -> String {
    let names: Vec<_> = RULES.iter().filter(|rule| rule.items.contains(&item)).map(|rule| format!("@{}", rule.name)).collect();
    if names.is_empty() { format!("{item} takes no tags") } else { format!("{item} takes {}", names.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_is_listed_once_and_stands_somewhere() {
        for rule in RULES {
            assert_eq!(RULES.iter().filter(|other| other.name == rule.name).count(), 1);
            assert!(!rule.items.is_empty(), "@{}", rule.name);
        }
        assert_eq!(allowed_on(Item::EnumCase), "an enum case takes @title");
        assert_eq!(allowed_on(Item::ConnectionStep), "a connection step takes @title, @reads, @reads-once");
        assert_eq!(allowed_on(Item::Scope), "an interface or a world takes no tags");
    }
}
