//! Buildkite: command steps, plugins that fetch secrets, variables that a container gets.
//! <https://buildkite.com/docs/pipelines/configure/defining-steps>

use super::Scope;
use super::event::{Reference, Sink, What};
use super::fields::{commands, named, values};
use super::reference::Syntax;
use crate::yaml::{Node, Value};

pub(super) const NAME: &str = "Buildkite";

pub(super) fn read(sink: &mut Sink<'_>, documents: &[Node]) {
    for document in documents {
        values(sink, &[], document.get("env"), Syntax::Dollar);
        let steps = document.get("steps").unwrap_or(document);
        walk(sink, steps);
    }
}

fn walk(sink: &mut Sink<'_>, steps: &Node) {
    for (at, step) in steps.elements().into_iter().enumerate() {
        if let Some(inner) = step.get("steps") {
            walk(sink, inner);
        }
        let named = ["label", "name", "key", "group"].iter().find_map(|key| step.text_of(key));
        let unit = [named.map_or_else(|| format!("step {}", at + 1), str::to_owned)];
        values(sink, &unit, step.get("env"), Syntax::Dollar);
        for part in ["command", "commands"] {
            commands(sink, &unit, step.get(part), Syntax::Dollar);
        }
        for plugin in step.get("plugins").map(Node::elements).unwrap_or_default() {
            for (name, line, options) in plugin.entries() {
                sink.named(*line, &unit, name);
                read_plugin(sink, &unit, name, options);
            }
        }
    }
}

/// What a plugin sets, and what it hands to a container.
fn read_plugin(sink: &mut Sink<'_>, unit: &[String], plugin: &str, options: &Node) {
    named(sink, unit, options.get("image"));
    for (key, _, value) in options.entries() {
        match &value.value {
            Value::Map(entries) if key == "env" || key == "environment" || key == "secrets" => {
                for (variable, line, from) in entries {
                    let Some(from) = from.text().filter(|_| sink.is_name(variable)) else {
                        continue;
                    };
                    let reference = Reference {
                        name: from.to_owned(),
                        within: plugin.split('#').next().map(str::to_owned),
                        scope: Some(Scope::Vault),
                        variable: Some(variable.clone()),
                        stores: false,
                    };
                    sink.add(*line, unit, What::Reference(reference));
                }
            }
            Value::List(elements) if key == "environment" || key == "env" => {
                for element in elements {
                    let text = element.text().unwrap_or_default();
                    let name = text.split('=').next().unwrap_or(text);
                    if sink.is_name(name) {
                        let what = What::Variable { name: name.to_owned(), held_by: None };
                        sink.add(element.line, unit, what);
                    }
                }
            }
            _ => {}
        }
    }
}
