//! Kubernetes, Tekton and Helm's values: variables that come from secrets of a cluster, and the
//! secrets themselves. Also the files of Docker Compose.
//! <https://kubernetes.io/docs/concepts/configuration/secret/>

use super::Scope;
use super::event::{Reference, Sink, What};
use super::fields::{commands, named, values};
use super::reference::Syntax;
use crate::yaml::{Node, Value};

pub(super) const NAME: &str = "Kubernetes";
pub(super) const COMPOSE: &str = "Docker Compose";

/// Reads manifests: whatever has a kind.
pub(super) fn read(sink: &mut Sink<'_>, documents: &[Node]) {
    for document in documents {
        let name = document.get("metadata").and_then(|it| it.text_of("name")).unwrap_or_default();
        let kind = document.text_of("kind").unwrap_or_default();
        let unit = if name.is_empty() { Vec::new() } else { vec![name.to_owned()] };
        if kind == "Secret" {
            keep(sink, name, document);
        } else {
            walk(sink, &unit, document);
        }
    }
}

/// A secret of the cluster: here the token is put.
fn keep(sink: &mut Sink<'_>, name: &str, secret: &Node) {
    for part in ["data", "stringData"] {
        for (key, line, _) in secret.get(part).map(Node::entries).unwrap_or_default() {
            if sink.is_name(key) || sink.is_name(&format!("{name} {key}")) {
                let reference = Reference {
                    name: key.clone(),
                    within: Some(name.to_owned()),
                    scope: Some(Scope::Cluster),
                    variable: None,
                    stores: true,
                };
                sink.add(*line, &[], What::Reference(reference));
            }
        }
    }
}

fn walk(sink: &mut Sink<'_>, unit: &[String], node: &Node) {
    let Value::Map(entries) = &node.value else {
        return node
            .elements()
            .into_iter()
            .filter(|it| it.text().is_none())
            .for_each(|it| walk(sink, unit, it));
    };
    if let (Some(variable), Some(from)) = (node.text_of("name"), node.get("valueFrom")) {
        from_secret(sink, unit, variable, from);
    }
    if let (Some(name), Some(value)) = (node.text_of("name"), node.text_of("value")) {
        sink.about(node.line, unit, name, value);
    }
    // A container, or a step of a task.
    if let Some(image) = node.text_of("image") {
        sink.named(node.line, unit, image);
        for part in ["command", "args", "script"] {
            commands(sink, unit, node.get(part), Syntax::Dollar);
        }
    }
    for (_, _, value) in entries {
        walk(sink, unit, value);
    }
}

fn from_secret(sink: &mut Sink<'_>, unit: &[String], variable: &str, from: &Node) {
    let Some(secret) = from.get("secretKeyRef") else { return };
    let (name, key) =
        (secret.text_of("name").unwrap_or_default(), secret.text_of("key").unwrap_or_default());
    if sink.is_name(variable) || sink.is_name(key) || sink.is_name(&format!("{name} {key}")) {
        let reference = Reference {
            name: key.to_owned(),
            within: Some(name.to_owned()),
            scope: Some(Scope::Cluster),
            variable: Some(variable.to_owned()),
            stores: false,
        };
        sink.add(secret.line, unit, What::Reference(reference));
    } else {
        sink.about(secret.line, unit, variable, &format!("secret {name}/{key}"));
    }
}

/// Reads a file of Docker Compose: services are jobs.
pub(super) fn read_compose(sink: &mut Sink<'_>, documents: &[Node]) {
    for document in documents {
        for (name, _, service) in document.get("services").map(Node::entries).unwrap_or_default() {
            let unit = [name.clone()];
            values(sink, &unit, service.get("environment"), Syntax::Dollar);
            for element in service.get("environment").map(Node::elements).unwrap_or_default() {
                let handed = element.text().filter(|text| sink.is_name(text));
                if let Some(variable) = handed {
                    let what = What::Variable { name: variable.to_owned(), held_by: None };
                    sink.add(element.line, &unit, what);
                }
            }
            named(sink, &unit, service.get("image"));
            commands(sink, &unit, service.get("command"), Syntax::Dollar);
        }
    }
}
