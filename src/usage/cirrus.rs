//! Cirrus CI: encrypted variables, and those that come from a vault.
//! <https://cirrus-ci.org/guide/writing-tasks/>

use super::Scope;
use super::event::{Reference, Sink, What};
use super::fields::{commands, values};
use super::reference::Syntax;
use crate::yaml::{Node, Value};

pub(super) const NAME: &str = "Cirrus CI";

pub(super) fn read(sink: &mut Sink<'_>, documents: &[Node]) {
    for document in documents {
        variables(sink, &[], document.get("env"));
        for (name, _, task) in document.entries() {
            let is_task = name == "task" || name.ends_with("_task") || name.ends_with("_template");
            for task in if is_task { task.elements() } else { Vec::new() } {
                let unit = [task.text_of("name").unwrap_or(name).to_owned()];
                variables(sink, &unit, task.get("env"));
                variables(sink, &unit, task.get("environment"));
                scripts(sink, &unit, task);
            }
        }
    }
}

/// Scripts are called as people like: what ends with `script` is one.
fn scripts(sink: &mut Sink<'_>, unit: &[String], node: &Node) {
    for (key, _, value) in node.entries() {
        if key.ends_with("script") {
            commands(sink, unit, Some(value), Syntax::Dollar);
        } else if matches!(value.value, Value::Map(_)) {
            scripts(sink, unit, value);
        }
    }
}

/// `VAULT[path field]` and `ENCRYPTED[…]`.
fn variables(sink: &mut Sink<'_>, unit: &[String], node: Option<&Node>) {
    values(sink, unit, node, Syntax::Dollar);
    for (key, line, value) in node.map(Node::entries).unwrap_or_default() {
        let Some(text) = value.text().filter(|_| sink.is_name(key)) else { continue };
        let inside = |begin: &str| Some(text.strip_prefix(begin)?.trim_end_matches(']').trim());
        let (name, scope) = match (inside("VAULT["), inside("ENCRYPTED[")) {
            (Some(path), _) => (path.to_owned(), Scope::Vault),
            (None, Some(_)) => (key.clone(), Scope::Encrypted),
            (None, None) => continue,
        };
        let variable = Some(key.clone());
        let reference = Reference { name, scope: Some(scope), variable, ..Reference::default() };
        sink.add(*line, unit, What::Reference(reference));
    }
}
