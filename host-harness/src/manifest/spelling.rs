//! Names in prose: a text in WIT that says `` `first-poll-count` `` says `` `first_poll_count` `` in JSON.

use std::collections::HashSet;

use wit_parser::{Docs, PackageId, Resolve, TypeDefKind, TypeId};

use super::name::snake_case;

/// Rewrites every doc comment of `package`: a quoted name of a field or an enum case gets its JSON spelling.
///
/// Other quoted names stay, such as those of error cases, which JSON spells as WIT does.
pub(super) fn respell(resolve: &mut Resolve, package: PackageId) {
    let interfaces: Vec<_> = resolve.packages[package].interfaces.values().copied().collect();
    let types: Vec<TypeId> = interfaces.iter().flat_map(|id| resolve.interfaces[*id].types.values().copied()).collect();
    let mut names = HashSet::new();
    for id in &types {
        match &resolve.types[*id].kind {
            TypeDefKind::Record(record) => {
                names.extend(record.fields.iter().map(|field| field.name.clone()));
            }
            TypeDefKind::Enum(cases) => {
                names.extend(cases.cases.iter().map(|case| case.name.clone()));
            }
            _ => {}
        }
    }
    for id in types {
        let definition = &mut resolve.types[id];
        rewrite(&mut definition.docs, &names);
        match &mut definition.kind {
            TypeDefKind::Record(record) => {
                for field in &mut record.fields {
                    rewrite(&mut field.docs, &names);
                }
            }
            TypeDefKind::Enum(cases) => {
                for case in &mut cases.cases {
                    rewrite(&mut case.docs, &names);
                }
            }
            TypeDefKind::Variant(variant) => {
                for case in &mut variant.cases {
                    rewrite(&mut case.docs, &names);
                }
            }
            _ => {}
        }
    }
    for id in interfaces {
        for function in resolve.interfaces[id].functions.values_mut() {
            rewrite(&mut function.docs, &names);
        }
    }
}

fn rewrite(docs: &mut Docs, names: &HashSet<String>) {
    if let Some(contents) = &mut docs.contents {
        // The pieces between backquotes alternate: prose, quoted, prose.
        let pieces: Vec<String> = contents
            .split('`')
            .enumerate()
            .map(|(index, piece)| if index % 2 == 1 && names.contains(piece) { snake_case(piece) } else { piece.to_owned() })
            .collect();
        *contents = pieces.join("`");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_quoted_names_of_the_package_are_respelled() {
        let names = HashSet::from(["first-poll-count".to_owned()]);
        let mut docs = Docs { contents: Some("As `first-poll-count` says; see `rate-limited`, first-poll-count.".to_owned()) };
        rewrite(&mut docs, &names);
        assert_eq!(docs.contents.as_deref(), Some("As `first_poll_count` says; see `rate-limited`, first-poll-count."));
    }
}
