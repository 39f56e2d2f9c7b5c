//! GitLab CI: jobs at the top, templates that they extend, files that are included.
//! <https://docs.gitlab.com/ci/yaml/>

use std::collections::HashMap;

use super::event::{Event, Sink};
use super::fields::{commands, named, values};
use super::reference::Syntax;
use crate::yaml::Node;

pub(super) const NAME: &str = "GitLab CI";

/// Keywords at the top that are no jobs.
const GLOBAL: [&str; 12] = [
    "stages",
    "variables",
    "include",
    "default",
    "workflow",
    "image",
    "services",
    "before_script",
    "after_script",
    "cache",
    "pages",
    "spec",
];

/// Templates in templates are followed so deep.
const MAX_DEPTH: usize = 10;

pub(super) fn read(sink: &mut Sink<'_>, documents: &[Node]) {
    for document in documents {
        read_document(sink, document);
    }
}

fn read_document(sink: &mut Sink<'_>, document: &Node) {
    values(sink, &[], document.get("variables"), Syntax::Dollar);
    for part in ["image", "services"] {
        named(sink, &[], document.get(part));
    }
    include(sink, document.get("include"));
    let jobs = document.entries().iter();
    let jobs = jobs.filter(|(name, ..)| !GLOBAL.contains(&name.as_str()) || name == "pages");
    let jobs: Vec<(&str, &Node)> = jobs.map(|(name, _, node)| (name.as_str(), &**node)).collect();
    let from = sink.events.len();
    for (name, job) in &jobs {
        read_job(sink, name, job);
    }
    extend(sink, from, &jobs);
}

fn read_job(sink: &mut Sink<'_>, name: &str, job: &Node) {
    let unit = [name.to_owned()];
    values(sink, &unit, job.get("variables"), Syntax::Dollar);
    values(sink, &unit, job.get("secrets"), Syntax::Dollar);
    named(sink, &unit, job.get("image"));
    for part in ["before_script", "script", "after_script"] {
        commands(sink, &unit, job.get(part), Syntax::Dollar);
    }
}

/// What a template says counts for each job that extends it, and not for itself.
fn extend(sink: &mut Sink<'_>, from: usize, jobs: &[(&str, &Node)]) {
    let parents = |job: &Node| -> Vec<String> {
        let all = job.get("extends").map(Node::elements).unwrap_or_default();
        all.into_iter().filter_map(|it| it.text().map(str::to_owned)).collect()
    };
    let extended: HashMap<&str, Vec<String>> =
        jobs.iter().map(|(name, job)| (*name, parents(job))).collect();
    let own: Vec<Event> = sink.events[from..].to_vec();
    let mut more = Vec::new();
    for (name, _) in jobs.iter().filter(|(name, _)| !name.starts_with('.')) {
        for template in templates(name, &extended) {
            let of = own.iter().filter(|event| event.unit.first() == Some(&template));
            more.extend(of.map(|event| {
                let mut unit = event.unit.clone();
                (*name).clone_into(&mut unit[0]);
                Event { unit, ..event.clone() }
            }));
        }
    }
    let used: Vec<String> = jobs.iter().flat_map(|(name, _)| templates(name, &extended)).collect();
    let is_template = |event: &Event| {
        event.unit.first().is_some_and(|job| job.starts_with('.') && used.contains(job))
    };
    sink.events.retain(|event| !is_template(event));
    sink.events.extend(more);
}

fn templates(job: &str, extended: &HashMap<&str, Vec<String>>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut next: Vec<String> = extended.get(job).cloned().unwrap_or_default();
    for _ in 0..MAX_DEPTH {
        let fresh: Vec<String> = next.into_iter().filter(|it| !found.contains(it)).collect();
        next = fresh.iter().filter_map(|it| extended.get(it.as_str())).flatten().cloned().collect();
        found.extend(fresh);
    }
    found
}

/// What is included: files of this repository are read like others, inputs of components count, and
/// what lies elsewhere is said.
fn include(sink: &mut Sink<'_>, node: Option<&Node>) {
    for one in node.map(Node::elements).unwrap_or_default() {
        values(sink, &[], one.get("inputs"), Syntax::Dollar);
        let local = one.text().filter(|text| !text.contains("://")).or(one.text_of("local"));
        sink.included.extend(local.map(|path| path.trim_start_matches('/').to_owned()));
        for kind in ["project", "remote", "template", "component"] {
            if let Some(from) = one.text_of(kind) {
                sink.named(one.line, &[], from);
                sink.unread.push(format!("line {}: includes {kind} {from}", one.line));
            }
        }
    }
}
