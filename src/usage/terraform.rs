//! Terraform: resources that put a token into the store of a CI system.

use super::Scope;
use super::code::{self, argument};
use super::event::{Reference, Sink, What};

pub(super) const NAME: &str = "Terraform";

/// The fields in which providers take the name of a secret or a variable.
const NAMES: [&str; 5] = ["secret_name", "variable_name", "key", "name", "variable"];
/// The fields in which they take its value.
const VALUES: [&str; 5] = ["plaintext_value", "encrypted_value", "value", "secret", "login_name"];

pub(super) fn read(sink: &mut Sink<'_>, source: &str) {
    let statements = code::statements(source, &["#", "//"]);
    let mut seen: Vec<(&str, u64, &str)> = Vec::new();
    for statement in &statements {
        let Some(header) = statement.around.first() else { continue };
        let stored = code::texts(header).first().is_some_and(|kind| keeps(kind));
        if !header.starts_with("resource") || !stored {
            continue;
        }
        let named = NAMES.iter().find_map(|field| {
            statement.text.starts_with(field).then(|| argument(&statement.text, field))?
        });
        seen.extend(named.map(|name| (header.as_str(), statement.line, name)));
    }
    for (header, line, name) in seen {
        let resource = code::texts(header).join(".");
        if !sink.is_name(name) && !sink.is_name(&resource) {
            continue;
        }
        let of = statements.iter().filter(|it| it.around.first().is_some_and(|it| it == header));
        let value = of.into_iter().find_map(|it| {
            let (field, value) = it.text.split_once('=')?;
            VALUES.contains(&field.trim()).then(|| value.trim().to_owned())
        });
        let reference = Reference {
            name: name.to_owned(),
            within: Some(resource.clone()),
            scope: Some(Scope::Secret),
            // What is not written out here: an expression that says where the value comes from.
            variable: value.filter(|value| !value.starts_with('"')),
            stores: true,
        };
        sink.add(line, &[resource], What::Reference(reference));
    }
}

/// Whether a kind of resource keeps secrets or variables, or makes a token.
fn keeps(kind: &str) -> bool {
    ["secret", "variable", "token", "credential", "serviceendpoint"]
        .iter()
        .any(|part| kind.contains(part))
}
