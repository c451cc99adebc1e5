//! The connection: how a credential is got, and the fields that an account's owner fills in.

mod step;

use std::collections::BTreeSet;

use wit_parser::{Field, InterfaceId, TypeDefKind, TypeId};

use super::connector::{Connection, ConnectionProperty, Control};
use super::doc::Doc;
use super::name::upper_snake_case;
use super::reader::{Place, Reader, field_place};
use super::tag::Item;

const AUTHORIZATION_CODE: &str = "oauth2-authorization-code";
const CLIENT_CREDENTIALS: &str = "oauth2-client-credentials";
const OAUTH1: &str = "oauth1";
const NONE: &str = "none";

const KINDS: &[&str] = &[AUTHORIZATION_CODE, CLIENT_CREDENTIALS, OAUTH1, "bearer-token", "api-key", "basic-auth", NONE];

/// The tags that belong to one kind, and whether the kind cannot do without.
const BELONGINGS: &[(&str, &str, bool)] = &[
    ("authorize-url", AUTHORIZATION_CODE, true),
    ("token-url", AUTHORIZATION_CODE, true),
    ("revoke-url", AUTHORIZATION_CODE, false),
    ("pkce", AUTHORIZATION_CODE, false),
    ("app-token-url", CLIENT_CREDENTIALS, true),
    ("oauth1-request-token-url", OAUTH1, true),
    ("oauth1-authorize-url", OAUTH1, true),
    ("oauth1-access-token-url", OAUTH1, true),
];

impl Reader<'_> {
    /// Reads the record of connection properties: the connector's title, and the connection.
    /// `scopes` are those of all operations, `steps` is the interface of the connection's steps, and `taken` are the
    /// names of all operations.
    pub(super) fn connection(
        &mut self,
        record: TypeId,
        mut scopes: BTreeSet<String>,
        steps: Option<InterfaceId>,
        taken: &[&str],
    ) -> Option<(String, Connection)> {
        let definition = &self.resolve.types[record];
        let place = Place { span: definition.span, name: "record `connection-properties`".to_owned() };
        let TypeDefKind::Record(fields) = &definition.kind else {
            self.fault(&place, None, "the type is no record; make it one");
            return None;
        };
        let doc = self.doc(&place, Item::Connection, &definition.docs);
        self.require_text(&place, &doc);
        let title = self.require(&place, &doc, "title", "give the name of the service");
        scopes.extend(self.scopes(&place, &doc));

        let kinds = self.kinds(&place, &doc);
        let mut properties: Vec<ConnectionProperty> = Vec::new();
        for field in &fields.fields {
            if let Some(property) = self.connection_property(record, field, &kinds) {
                if properties.iter().any(|p| p.environment == property.environment) {
                    self.fault(
                        &field_place(field, "connection-properties"),
                        Some("environment"),
                        format!("`{}` belongs to another property; choose another", property.environment),
                    );
                }
                properties.push(property);
            }
        }
        for kind in kinds.iter().filter(|kind| **kind != NONE) {
            let name = upper_snake_case(kind);
            if !properties.iter().any(|p| p.secret && (p.kinds.is_empty() || p.kinds.contains(&name))) {
                self.fault(&place, Some("kind"), format!("no secret property is for `{kind}`; add one, or remove the kind"));
            }
        }
        let connection = Connection {
            kinds: kinds.iter().map(|kind| upper_snake_case(kind)).collect(),
            authorize_url: self.address(&place, &doc, "authorize-url"),
            token_url: self.address(&place, &doc, "token-url"),
            revoke_url: self.address(&place, &doc, "revoke-url"),
            app_token_url: self.address(&place, &doc, "app-token-url"),
            oauth1_request_token_url: self.address(&place, &doc, "oauth1-request-token-url"),
            oauth1_authorize_url: self.address(&place, &doc, "oauth1-authorize-url"),
            oauth1_access_token_url: self.address(&place, &doc, "oauth1-access-token-url"),
            pkce: self.pkce(&place, &doc),
            scopes: scopes.into_iter().collect(),
            set_up: doc.values("set-up").map(str::to_owned).collect(),
            steps: steps.map_or_else(Vec::new, |id| self.steps(id, &properties, taken)),
            properties,
            description: doc.text.clone(),
        };
        Some((title.unwrap_or_default().to_owned(), connection))
    }

    /// `kinds` are those of the connection.
    fn connection_property(&mut self, record: TypeId, field: &Field, kinds: &[&str]) -> Option<ConnectionProperty> {
        let place = field_place(field, "connection-properties");
        let doc = Doc::split(field.docs.contents.as_deref());
        let environment =
            self.require(&place, &doc, "environment", "name the environment variable that holds the value").unwrap_or_default();
        if !environment.is_empty() && !is_environment_name(environment) {
            self.fault(
                &place,
                Some("environment"),
                format!("`{environment}` is no variable name; use capitals, digits and _, first a capital"),
            );
        }
        let property = self.property(record, field)?;
        let secret = doc.has("secret");
        if secret && property.control.is_some_and(|control| control != Control::Password) {
            self.fault(&place, Some("control"), "a secret must not be shown; write password");
        }
        if secret && (doc.has("example") || doc.has("default")) {
            self.fault(&place, Some("secret"), "a secret has neither example nor default; remove them");
        }
        for kind in doc.values("for-kind").filter(|kind| !kind.is_empty() && !kinds.contains(kind)) {
            self.fault(
                &place,
                Some("for-kind"),
                format!("`{kind}` is no kind of this connection; write one of {}, or remove it for all", kinds.join(", ")),
            );
        }
        let kinds = doc.values("for-kind").map(upper_snake_case).collect();
        Some(ConnectionProperty { property, environment: environment.to_owned(), kinds, secret })
    }

    /// The kinds of credential as WIT spells them. Each must have what belongs to it, and nothing may belong to none.
    fn kinds<'d>(&mut self, place: &Place, doc: &'d Doc) -> Vec<&'d str> {
        self.require(place, doc, "kind", "name a way to get a credential, such as oauth2-authorization-code");
        let mut kinds = Vec::new();
        for kind in doc.values("kind").filter(|kind| !kind.is_empty()) {
            if KINDS.contains(&kind) {
                kinds.push(kind);
            } else {
                let known = KINDS.join(", ");
                self.fault(place, Some("kind"), format!("`{kind}` is no known kind; write one of {known}"));
            }
        }
        for (tag, kind, needed) in BELONGINGS {
            if !kinds.contains(kind) {
                if doc.has(tag) {
                    self.fault(place, Some(tag), format!("only `{kind}` uses it; add that @kind or remove the tag"));
                }
            } else if *needed {
                self.require(place, doc, tag, &format!("`{kind}` needs it"));
            }
        }
        kinds
    }

    fn address(&mut self, place: &Place, doc: &Doc, tag: &str) -> Option<String> {
        let address = doc.value(tag).filter(|address| !address.is_empty())?;
        let rest = address.strip_prefix("https://");
        if rest.is_none_or(|rest| rest.is_empty() || rest.starts_with('/')) || address.contains(char::is_whitespace) {
            self.fault(place, Some(tag), "the value is no https address; write one such as https://example.com/authorize");
        }
        Some(address.to_owned())
    }

    fn pkce(&mut self, place: &Place, doc: &Doc) -> Option<String> {
        let method = doc.value("pkce").filter(|method| !method.is_empty())?;
        if !["S256", "plain"].contains(&method) {
            self.fault(place, Some("pkce"), format!("`{method}` is no challenge method; write S256 or plain"));
        }
        Some(method.to_owned())
    }
}

fn is_environment_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
