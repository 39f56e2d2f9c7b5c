//! Azure Pipelines: tasks, the service connections that they name, groups of variables.
//! <https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/>

use super::Scope;
use super::command;
use super::event::{Reference, Sink, What};
use super::fields::{pair, values};
use super::reference::Syntax;
use crate::yaml::Node;

pub(super) const NAME: &str = "Azure Pipelines";

pub(super) fn read(sink: &mut Sink<'_>, documents: &[Node]) {
    for document in documents {
        walk(sink, &[], document);
    }
}

/// Stages, jobs and steps, however they are nested; templates are lists of them.
fn walk(sink: &mut Sink<'_>, unit: &[String], node: &Node) {
    for element in node.elements() {
        let mut unit = unit.to_vec();
        for key in ["stage", "job", "deployment"] {
            if let Some(name) = element.text_of(key).filter(|name| !name.is_empty()) {
                // Only the innermost of stage and job is what fails.
                unit.clear();
                unit.push(name.to_owned());
            }
        }
        variables(sink, &unit, element.get("variables"));
        step(sink, &unit, element);
        for (key, _, value) in element.entries() {
            let nested = [
                "stages",
                "jobs",
                "steps",
                "strategy",
                "runOnce",
                "deploy",
                "extends",
                "parameters",
            ];
            if nested.contains(&key.as_str()) || key.starts_with("${{") {
                walk(sink, &unit, value);
            }
        }
    }
}

/// Variables: a map, or a list of names with values, and of groups.
fn variables(sink: &mut Sink<'_>, unit: &[String], node: Option<&Node>) {
    let Some(node) = node else { return };
    values(sink, unit, Some(node), Syntax::Azure);
    for one in node.elements() {
        if let (Some(name), Some(value)) = (one.text_of("name"), one.get("value")) {
            pair(sink, unit, name, one.line, value, Syntax::Azure);
        }
        if let Some(group) = one.text_of("group") {
            let reference = Reference {
                name: group.to_owned(),
                scope: Some(Scope::Group),
                ..Reference::default()
            };
            if sink.is_name(group) {
                sink.add(one.line, unit, What::Reference(reference));
            }
        }
    }
}

fn step(sink: &mut Sink<'_>, unit: &[String], step: &Node) {
    let task = step.text_of("task");
    let script = ["script", "bash", "pwsh", "powershell"].iter().find_map(|key| step.get(key));
    if task.is_none() && script.is_none() {
        return;
    }
    let named = step.text_of("displayName").or(step.text_of("name")).or(task);
    let mut inner = unit.to_vec();
    if inner.is_empty() {
        inner.push(String::new());
    }
    inner.push(named.unwrap_or("script").to_owned());
    values(sink, &inner, step.get("env"), Syntax::Azure);
    if let Some(script) = script {
        command::read(sink, &inner, script.line, script.text().unwrap_or_default(), Syntax::Azure);
    }
    let Some(task) = task else { return };
    sink.named(step.line, &inner, task);
    for (key, line, value) in step.get("inputs").map(Node::entries).unwrap_or_default() {
        let text = value.text().unwrap_or_default();
        if sink.takes(task, key) {
            let reference = Reference {
                name: text.to_owned(),
                scope: Some(Scope::Connection),
                variable: Some(key.clone()),
                ..Reference::default()
            };
            sink.add(*line, &inner, What::Reference(reference));
        } else if text.contains('\n') {
            command::read(sink, &inner, value.line, text, Syntax::Azure);
        } else {
            pair(sink, &inner, key, *line, value, Syntax::Azure);
            command::read(sink, &inner, *line, text, Syntax::Azure);
        }
    }
}
