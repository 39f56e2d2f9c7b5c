//! GitHub Actions: workflows, reusable ones, composite actions, and the old `main.workflow`.
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax>

use super::Scope;
use super::code;
use super::command;
use super::event::{Given, Handed, Reference, Sink, What};
use super::fields::{pair, values};
use super::reference::{Syntax, references};
use crate::yaml::Node;

pub(super) const NAME: &str = "GitHub Actions";

/// Reads a workflow, or an action that is made of steps.
pub(super) fn read(sink: &mut Sink<'_>, documents: &[Node]) {
    for document in documents {
        values(sink, &[], document.get("env"), Syntax::GitHub);
        for (id, _, job) in document.get("jobs").map(Node::entries).unwrap_or_default() {
            read_job(sink, id, job);
        }
        if let Some(runs) = document.get("runs") {
            steps(sink, &[], runs.get("steps"));
        }
    }
}

fn read_job(sink: &mut Sink<'_>, id: &str, job: &Node) {
    let unit = vec![id.to_owned()];
    for part in ["env", "with", "container", "services"] {
        values(sink, &unit, job.get(part), Syntax::GitHub);
    }
    if let Some(uses) = job.get("uses") {
        hand_on(sink, &unit, uses, job);
    }
    steps(sink, &unit, job.get("steps"));
}

fn steps(sink: &mut Sink<'_>, unit: &[String], all: Option<&Node>) {
    for (at, step) in all.map(Node::elements).unwrap_or_default().into_iter().enumerate() {
        let named = ["name", "id", "uses"].iter().find_map(|key| step.text_of(key));
        let name = named.map_or_else(|| format!("step {}", at + 1), str::to_owned);
        let mut inner = unit.to_vec();
        // A composite action has no job: its steps are what a job has.
        if inner.is_empty() {
            inner.push(String::new());
        }
        inner.push(name);
        values(sink, &inner, step.get("env"), Syntax::GitHub);
        if let Some(run) = step.get("run") {
            let text = run.text().unwrap_or_default();
            command::read(sink, &inner, run.line, text, Syntax::GitHub);
        }
        let Some(uses) = step.get("uses") else { continue };
        let name = uses.text().unwrap_or_default();
        sink.named(uses.line, &inner, name);
        if name.starts_with("./") {
            hand_on(sink, &inner, uses, step);
        } else {
            with(sink, &inner, name, step.get("with"));
        }
    }
}

/// The fields of an action: those that take a token count whatever their value is called.
fn with(sink: &mut Sink<'_>, unit: &[String], name: &str, fields: Option<&Node>) {
    for (key, line, value) in fields.map(Node::entries).unwrap_or_default() {
        let text = value.text().unwrap_or_default();
        if sink.takes(name, key) {
            for reference in references(text, Syntax::GitHub) {
                let reference = Reference { variable: Some(key.clone()), ..reference };
                sink.add(*line, unit, What::Reference(reference));
            }
        } else if text.contains('\n') || text.contains("-D") {
            command::read(sink, unit, value.line, text, Syntax::GitHub);
        } else {
            pair(sink, unit, key, *line, value, Syntax::GitHub);
        }
    }
}

/// A workflow or an action that is used, and what it gets.
fn hand_on(sink: &mut Sink<'_>, unit: &[String], uses: &Node, caller: &Node) {
    let to = uses.text().unwrap_or_default();
    let mut given = Vec::new();
    for part in ["secrets", "with"] {
        for (key, line, value) in caller.get(part).map(Node::entries).unwrap_or_default() {
            let references = references(value.text().unwrap_or_default(), Syntax::GitHub);
            given.push(Given { key: key.clone(), line: *line, references });
            pair(sink, unit, key, *line, value, Syntax::GitHub);
        }
    }
    let all = caller.text_of("secrets") == Some("inherit");
    let to = to.trim_start_matches("./").to_owned();
    sink.add(uses.line, unit, What::Handed(Handed { to, given, all }));
}

/// The old `main.workflow`: blocks of actions, whose secrets are listed.
pub(super) fn read_blocks(sink: &mut Sink<'_>, source: &str) {
    for statement in code::statements(source, &["#", "//"]) {
        let unit: Vec<String> = statement
            .around
            .iter()
            .filter_map(|header| code::texts(header).first().map(|text| (*text).to_owned()))
            .collect();
        let texts = code::texts(&statement.text);
        match statement.text.split(['=', ' ']).next() {
            Some("secrets") => {
                for name in texts.into_iter().filter(|name| sink.is_name(name)).collect::<Vec<_>>()
                {
                    let reference = Reference {
                        name: name.to_owned(),
                        scope: Some(Scope::Secret),
                        variable: Some(name.to_owned()),
                        ..Reference::default()
                    };
                    sink.add(statement.line, &unit, What::Reference(reference));
                }
            }
            Some("uses") => texts.iter().for_each(|name| sink.named(statement.line, &unit, name)),
            _ => {}
        }
    }
}
