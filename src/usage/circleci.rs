//! CircleCI: jobs, the contexts that workflows give them, and orbs.
//! <https://circleci.com/docs/configuration-reference/>

use std::collections::HashMap;

use super::Scope;
use super::event::{Event, Reference, Sink, What};
use super::fields::{commands, named, values};
use super::reference::Syntax;
use crate::yaml::Node;

pub(super) const NAME: &str = "CircleCI";

pub(super) fn read(sink: &mut Sink<'_>, documents: &[Node]) {
    for document in documents {
        let orbs = orbs(document);
        let from = sink.events.len();
        for part in ["jobs", "commands"] {
            for (name, _, job) in document.get(part).map(Node::entries).unwrap_or_default() {
                let unit = [name.clone()];
                values(sink, &unit, job.get("environment"), Syntax::Dollar);
                named(sink, &unit, job.get("docker"));
                for step in job.get("steps").map(Node::elements).unwrap_or_default() {
                    read_step(sink, &unit, step, &orbs);
                }
            }
        }
        workflows(sink, from, document, &orbs);
    }
}

/// The full names of orbs by what the file calls them: `sonarcloud` is `sonarsource/sonarcloud`.
fn orbs(document: &Node) -> HashMap<String, String> {
    let all = document.get("orbs").map(Node::entries).unwrap_or_default().iter();
    let full = |text: &str| text.split('@').next().unwrap_or(text).to_owned();
    all.filter_map(|(alias, _, orb)| Some((alias.clone(), full(orb.text()?)))).collect()
}

fn read_step(sink: &mut Sink<'_>, unit: &[String], step: &Node, orbs: &HashMap<String, String>) {
    if let Some(text) = step.text() {
        return orb(sink, unit, step.line, text, orbs, None);
    }
    for (key, line, value) in step.entries() {
        match key.as_str() {
            "run" => {
                values(sink, unit, value.get("environment"), Syntax::Dollar);
                let command =
                    if value.text().is_some() { Some(&**value) } else { value.get("command") };
                commands(sink, unit, command, Syntax::Dollar);
            }
            "when" | "unless" => {
                for inner in value.get("steps").map(Node::elements).unwrap_or_default() {
                    read_step(sink, unit, inner, orbs);
                }
            }
            _ => orb(sink, unit, *line, key, orbs, Some(value)),
        }
    }
}

/// A command or a job of an orb. One of its parameters may rename the variable that it reads.
fn orb(
    sink: &mut Sink<'_>,
    unit: &[String],
    line: u64,
    name: &str,
    orbs: &HashMap<String, String>,
    parameters: Option<&Node>,
) {
    let Some((alias, command)) = name.split_once('/') else { return };
    let full = orbs.get(alias).map_or_else(|| name.to_owned(), |orb| format!("{orb}/{command}"));
    for (key, at, value) in parameters.map(Node::entries).unwrap_or_default() {
        let of = key.strip_suffix("_variable_name").filter(|of| sink.is_name(of));
        if of.is_some() {
            let name = value.text().unwrap_or_default().to_owned();
            sink.add(*at, unit, What::Variable { name, held_by: Some(key.clone()) });
        }
    }
    sink.named(line, unit, &full);
    if let Some(parameters) = parameters {
        commands(sink, unit, parameters.get("args"), Syntax::Dollar);
    }
}

/// Jobs as workflows run them: what is in a context comes from there.
fn workflows(sink: &mut Sink<'_>, from: usize, document: &Node, orbs: &HashMap<String, String>) {
    for (_, _, workflow) in document.get("workflows").map(Node::entries).unwrap_or_default() {
        for entry in workflow.get("jobs").map(Node::elements).unwrap_or_default() {
            let Some((job, line, with)) = entry.entries().first() else { continue };
            let unit = [job.clone()];
            orb(sink, &unit, *line, job, orbs, Some(with));
            let contexts: Vec<&str> = with
                .get("context")
                .map(Node::texts)
                .unwrap_or_default()
                .into_iter()
                .map(|it| it.1)
                .collect();
            if !contexts.is_empty() {
                provide(
                    sink,
                    from,
                    &unit,
                    with.get("context").map_or(*line, |it| it.line),
                    &contexts,
                );
            }
        }
    }
}

/// Says of all variables that a job reads that they may be in these contexts.
fn provide(sink: &mut Sink<'_>, from: usize, unit: &[String], line: u64, contexts: &[&str]) {
    let mut names: Vec<String> = Vec::new();
    for event in sink.events[from..].iter().filter(|event| event.unit.first() == unit.first()) {
        match &event.what {
            What::Called(called) => names.extend(called.reads.first().cloned()),
            What::Variable { name, .. } => names.push(name.clone()),
            _ => {}
        }
    }
    names.sort();
    names.dedup();
    // Where a variable is renamed the usual one is not read.
    let renamed = names.iter().any(|name| {
        !sink.rules.iter().any(|rule| rule.calls.iter().any(|call| call.reads_variable(name)))
    });
    if renamed && names.len() > 1 {
        names.retain(|name| {
            !sink.rules.iter().any(|rule| rule.calls.iter().any(|call| call.reads_variable(name)))
        });
    }
    for name in names {
        let reference = Reference {
            variable: Some(name.clone()),
            name,
            within: Some(contexts.join(" or ")),
            scope: Some(Scope::Context),
            stores: false,
        };
        sink.events.push(Event { line, unit: unit.to_vec(), what: What::Reference(reference) });
    }
}
