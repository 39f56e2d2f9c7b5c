//! Workflows and actions that get their secrets from who calls them: followed to the callers.

use std::collections::HashMap;

use super::event::{Event, Handed, Reference, What};
use super::{Scope, Usage};

/// More callers of callers than people write; a circle ends there, too.
const MAX_DEPTH: usize = 6;

/// A file with what was seen in it.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) repository: String,
    pub(super) path: String,
    /// Whether it lies in the outermost folder of its repository.
    pub(super) at_root: bool,
    pub(super) events: Vec<Event>,
    pub(super) usages: Vec<Usage>,
}

/// Who hands what on to a file.
struct Caller<'a> {
    seen: &'a Seen,
    event: &'a Event,
    handed: &'a Handed,
}

/// All usages, those that a caller provides for as usages of the caller. Also what is handed on to
/// where nobody looked, in words.
pub(super) fn follow(all: &[Seen]) -> (Vec<Usage>, Vec<String>) {
    let mut callers: HashMap<String, Vec<Caller<'_>>> = HashMap::new();
    let known: HashMap<String, &Seen> = all.iter().map(|seen| (key(seen), seen)).collect();
    let mut lost = Vec::new();
    // Where a value is handed on to a file that was read: what uses it stands there.
    let mut passed: Vec<(&str, u64)> = Vec::new();
    for seen in all {
        for event in &seen.events {
            let What::Handed(handed) = &event.what else { continue };
            let targets = targets(seen, &handed.to);
            match targets.iter().find(|target| known.contains_key(*target)) {
                Some(target) => {
                    let caller = Caller { seen, event, handed };
                    callers.entry(target.clone()).or_default().push(caller);
                    passed.extend(handed.given.iter().map(|it| (seen.path.as_str(), it.line)));
                }
                None if handed.all => lost.push(format!(
                    "{}:{}: hands all secrets on to {}, which was not read",
                    seen.path, event.line, handed.to
                )),
                None => {}
            }
        }
    }
    let mut usages = Vec::new();
    for seen in all {
        let hands_on = |usage: &&Usage| passed.contains(&(usage.path.as_str(), usage.line));
        for usage in seen.usages.iter().filter(|usage| !hands_on(usage)) {
            usages.extend(resolved(usage, &key(seen), &callers, MAX_DEPTH));
        }
    }
    usages.sort();
    usages.dedup();
    (usages, lost)
}

fn named(reference: &Reference) -> Option<(String, Scope)> {
    Some((reference.name.clone(), reference.scope?))
}

fn key(seen: &Seen) -> String {
    format!("{}/{}", seen.repository, below(seen))
}

/// The path below the repository.
fn below(seen: &Seen) -> &str {
    let at = [".github/", ".gitlab"].iter().filter_map(|part| seen.path.find(part)).min();
    at.map_or(seen.path.as_str(), |at| &seen.path[at..])
}

/// The files that a `uses` may mean.
fn targets(seen: &Seen, to: &str) -> Vec<String> {
    let bare = to.split('@').next().unwrap_or(to).trim_end_matches('/');
    let files = [bare.to_owned(), format!("{bare}/action.yml"), format!("{bare}/action.yaml")];
    let here = files.iter().map(|file| format!("{}/{file}", seen.repository));
    here.chain(files.iter().cloned()).collect()
}

/// A usage as those of its callers, if a caller provides for it.
fn resolved(
    usage: &Usage,
    file: &str,
    callers: &HashMap<String, Vec<Caller<'_>>>,
    depth: usize,
) -> Vec<Usage> {
    let Some(all) = callers.get(file).filter(|_| depth > 0) else { return vec![usage.clone()] };
    let mut found = Vec::new();
    for Caller { seen, event, handed } in all {
        let given = handed.given.iter().find(|given| given.key == usage.name);
        let secret = |name: &String| (name.clone(), Scope::Secret);
        let names: Vec<(String, Scope)> = match given {
            Some(given) => given.references.iter().filter_map(named).collect(),
            None if handed.all && usage.scope == Scope::Secret => vec![secret(&usage.name)],
            None => continue,
        };
        for (name, scope) in names {
            let inner = [usage.job.as_deref(), usage.step.as_deref()].into_iter().flatten();
            let inner: Vec<&str> = inner.filter(|it| !it.is_empty()).collect();
            let step = event.unit.get(1).map(String::as_str).into_iter().chain(inner);
            let step = step.collect::<Vec<_>>().join(" › ");
            let from = Usage {
                name,
                scope,
                path: seen.path.clone(),
                repository: seen.repository.clone(),
                line: event.line,
                job: event.unit.first().cloned(),
                step: Some(step).filter(|step| !step.is_empty()),
                call: Some(match &usage.call {
                    Some(call) => format!("{call} in {}", handed.to),
                    None => handed.to.clone(),
                }),
                ..usage.clone()
            };
            found.extend(resolved(&from, &key(seen), callers, depth - 1));
        }
    }
    if found.is_empty() { vec![usage.clone()] } else { found }
}
