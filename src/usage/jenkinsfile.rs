//! Jenkinsfiles: credentials by their ids, servers by their names, and what runs in which stage.
//! <https://www.jenkins.io/doc/book/pipeline/syntax/>

use super::Scope;
use super::code::{self, Statement, argument};
use super::command;
use super::event::{Reference, Sink, Unit, What};
use super::reference::Syntax;

pub(super) const NAME: &str = "Jenkins";

pub(super) fn read(sink: &mut Sink<'_>, source: &str, from: u64) {
    for statement in code::statements(source, &["//"]) {
        let line = from + statement.line;
        let unit = unit(&statement);
        credentials(sink, line, &unit, &statement.text);
        steps(sink, line, &unit, &statement.text);
        shell(sink, line, &unit, &statement.text);
    }
}

/// The stage, or the node, that a statement stands in.
fn unit(statement: &Statement) -> Unit {
    let stage = |header: &&String| header.starts_with("stage");
    let header = statement.around.iter().rev().find(stage);
    let name = header.and_then(|header| code::texts(header).first().copied());
    name.map(str::to_owned).into_iter().collect()
}

/// `X = credentials('id')`, and bindings of `withCredentials`.
fn credentials(sink: &mut Sink<'_>, line: u64, unit: &[String], text: &str) {
    let mut add = |name: &str, variable: Option<&str>| {
        if sink.is_name(name) || variable.is_some_and(|it| sink.is_name(it)) {
            let reference = Reference {
                name: name.to_owned(),
                scope: Some(Scope::Credential),
                variable: variable.map(str::to_owned),
                ..Reference::default()
            };
            sink.add(line, unit, What::Reference(reference));
        }
    };
    if let Some((before, after)) = text.split_once("credentials(") {
        let variable = before.trim_end().trim_end_matches('=').trim();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !variable.is_empty()
            && variable.chars().all(plain)
            && let Some(name) = code::texts(after).first()
        {
            add(name, Some(variable));
        }
    }
    for binding in text.split("credentialsId").skip(1) {
        let binding = format!("credentialsId{binding}");
        let variable =
            ["variable", "passwordVariable"].iter().find_map(|it| argument(&binding, it));
        if let (Some(name), Some(variable)) = (argument(&binding, "credentialsId"), variable) {
            add(name, Some(variable));
        }
    }
}

/// Steps that name a credential or a server: `withSonarQubeEnv('x')`.
fn steps(sink: &mut Sink<'_>, line: u64, unit: &[String], text: &str) {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let step = &text[..end];
    if step.len() < 4 {
        return;
    }
    let before = sink.events.len();
    sink.named(line, unit, step);
    if sink.events.len() == before {
        return;
    }
    let fields = ["credentialsId", "installationName"];
    let told: Vec<(&str, &str)> =
        fields.into_iter().filter_map(|field| Some((field, argument(text, field)?))).collect();
    let alone = code::texts(text).first().copied().filter(|_| told.is_empty());
    for (field, name) in told.iter().copied().chain(alone.map(|name| ("installationName", name))) {
        // A credential of one's own stands for that of the server.
        if !sink.takes(step, field) || (field == "installationName" && told.len() > 1) {
            continue;
        }
        let scope = if field == "credentialsId" { Scope::Credential } else { Scope::Installation };
        let reference = Reference {
            name: name.to_owned(),
            scope: Some(scope),
            variable: Some(field.to_owned()),
            ..Reference::default()
        };
        sink.add(line, unit, What::Reference(reference));
    }
}

/// Commands: texts behind `sh`, `bat`, `powershell`, `pwsh`.
fn shell(sink: &mut Sink<'_>, line: u64, unit: &[String], text: &str) {
    let words = ["sh", "bat", "powershell", "pwsh"];
    let runs = words.iter().any(|word| {
        text.match_indices(word).any(|(at, _)| {
            let inner = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let before = text[..at].chars().next_back();
            let after = text[at + word.len()..].trim_start().chars().next();
            !before.is_some_and(inner) && after.is_some_and(|c| "'\"(".contains(c))
        })
    });
    if runs {
        for script in code::texts(text) {
            command::read(sink, unit, line, script, Syntax::Dollar);
        }
    }
}
