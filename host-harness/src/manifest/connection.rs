//! The connection: how a credential is got, and the fields that an account's owner fills in.

use std::collections::BTreeSet;

use wit_parser::{Field, TypeDefKind, TypeId};

use super::connector::{Connection, ConnectionProperty, Control};
use super::doc::Doc;
use super::name::upper_snake_case;
use super::reader::{Place, Reader, field_place};
use super::tag::Item;

/// The kind that needs addresses to authorize at.
const AUTHORIZATION_CODE: &str = "oauth2-authorization-code";

impl Reader<'_> {
    /// Reads the record of connection properties: the connector's title, and the connection.
    /// `scopes` are those of all operations.
    pub(super) fn connection(&mut self, record: TypeId, mut scopes: BTreeSet<String>) -> Option<(String, Connection)> {
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

        let mut properties: Vec<ConnectionProperty> = Vec::new();
        for field in &fields.fields {
            if let Some(property) = self.connection_property(record, field) {
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
        let connection = Connection {
            kinds: self.kinds(&place, &doc),
            authorize_url: self.address(&place, &doc, "authorize-url"),
            token_url: self.address(&place, &doc, "token-url"),
            revoke_url: self.address(&place, &doc, "revoke-url"),
            pkce: self.pkce(&place, &doc),
            scopes: scopes.into_iter().collect(),
            set_up: doc.values("set-up").map(str::to_owned).collect(),
            properties,
            description: doc.text.clone(),
        };
        Some((title.unwrap_or_default().to_owned(), connection))
    }

    fn connection_property(&mut self, record: TypeId, field: &Field) -> Option<ConnectionProperty> {
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
        Some(ConnectionProperty { property, environment: environment.to_owned(), secret })
    }

    fn kinds(&mut self, place: &Place, doc: &Doc) -> Vec<String> {
        self.require(place, doc, "kind", "name a way to get a credential, such as oauth2-authorization-code");
        let mut kinds = Vec::new();
        for kind in doc.values("kind").filter(|kind| !kind.is_empty()) {
            if KINDS.contains(&kind) {
                kinds.push(upper_snake_case(kind));
            } else {
                let known = KINDS.join(", ");
                self.fault(place, Some("kind"), format!("`{kind}` is no known kind; write one of {known}"));
            }
            if kind == AUTHORIZATION_CODE {
                for tag in ["authorize-url", "token-url"] {
                    self.require(place, doc, tag, "an OAuth 2.0 authorization needs it");
                }
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

const KINDS: &[&str] = &[AUTHORIZATION_CODE, "oauth2-client-credentials", "oauth1", "bearer-token", "api-key", "basic-auth", "none"];

fn is_environment_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
