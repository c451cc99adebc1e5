//! Connection steps: the functions of the interface `connection`, and what each reads from the environment.

use wit_parser::{Function, InterfaceId};

use super::is_environment_name;
use crate::manifest::connector::{ConnectionProperty, ConnectionStep};
use crate::manifest::doc::Doc;
use crate::manifest::name::lower_camel_case;
use crate::manifest::reader::{Place, Reader, function_place};
use crate::manifest::schema::output;
use crate::manifest::tag::Item;

impl Reader<'_> {
    /// Hosts find steps as they find operations, so no step may have a name of `taken`.
    pub(super) fn steps(&mut self, interface: InterfaceId, known: &[ConnectionProperty], taken: &[&str]) -> Vec<ConnectionStep> {
        let functions = &self.resolve.interfaces[interface].functions;
        functions.values().filter_map(|function| self.step(interface, function, known, taken)).collect()
    }

    fn step(
        &mut self,
        interface: InterfaceId,
        function: &Function,
        known: &[ConnectionProperty],
        taken: &[&str],
    ) -> Option<ConnectionStep> {
        let place = function_place(function);
        let doc = self.doc(&place, Item::ConnectionStep, &function.docs);
        self.require_text(&place, &doc);
        let title = self.require(&place, &doc, "title", "give the name that people see");
        let name = lower_camel_case(&function.name);
        if taken.contains(&name.as_str()) {
            self.fault(&place, None, format!("the name `{name}` belongs to an action or a trigger; rename one"));
        }
        let reads = self.reads(&place, &doc, known);
        let reads_once = self.reads_once(&place, &doc, &reads);
        let signature = self.signature(&place, function, Item::ConnectionStep)?;
        Some(ConnectionStep {
            name,
            function: self.export(interface, function),
            title: title.unwrap_or_default().to_owned(),
            reads,
            reads_once,
            properties: self.properties(signature.input),
            output: output(self.resolve, signature.ok),
            errors: self.errors(signature.error),
            description: doc.text,
        })
    }

    /// `@reads A_NAME ANOTHER`, `@reads all`, or `@reads none`: environment variables of connection properties.
    fn reads(&mut self, place: &Place, doc: &Doc, known: &[ConnectionProperty]) -> Vec<String> {
        let known = || known.iter().map(|property| property.environment.as_str());
        let hint = "list the environment variables that the step looks at, or write all or none";
        match self.require(place, doc, "reads", hint).unwrap_or_default() {
            "none" => Vec::new(),
            "all" => known().map(str::to_owned).collect(),
            names => {
                let names = self.names(place, "reads", names);
                for name in names.iter().filter(|name| is_environment_name(name) && !known().any(|other| other == *name)) {
                    let remedy = "write a property's @environment, or give it by @reads-once if it lives for this step alone";
                    self.fault(place, Some("reads"), format!("`{name}` belongs to no connection property; {remedy}"));
                }
                names
            }
        }
    }

    /// `@reads-once A_NAME ANOTHER`: environment variables that the engine sets for this step alone. One may be a
    /// property's, which it then stands in for.
    fn reads_once(&mut self, place: &Place, doc: &Doc, reads: &[String]) -> Vec<String> {
        let once = self.names(place, "reads-once", doc.value("reads-once").unwrap_or_default());
        for name in once.iter().filter(|name| reads.contains(name)) {
            self.fault(place, Some("reads-once"), format!("`{name}` stands in @reads too; keep one"));
        }
        once
    }

    /// Names of environment variables, parted by blanks.
    fn names(&mut self, place: &Place, tag: &str, text: &str) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in text.split_whitespace() {
            if !is_environment_name(name) {
                let rule = "use capitals, digits and _, first a capital, and blanks between";
                self.fault(place, Some(tag), format!("`{name}` is no variable name; {rule}"));
            } else if names.iter().any(|other| other == name) {
                self.fault(place, Some(tag), format!("`{name}` stands here twice; keep one"));
            }
            names.push(name.to_owned());
        }
        names
    }
}
