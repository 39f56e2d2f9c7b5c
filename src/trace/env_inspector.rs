//! The report of `CircleCI`'s Env-Inspector, `circleci-data.json`: all variables of an organization,
//! with the last characters of those of projects.
//!
//! It had four shapes within three months, and its README shows another. So what counts is what is
//! there: objects with `contexts` or `projects`, wherever they stand.

use anyhow::{Context as _, bail};
use serde_json::{Map, Value};

use super::mask::{is_ending, unmask};
use super::{Ledger, Masked, Read, file};
use crate::problem::{Problem, ProblemCode};

/// As many last characters as CircleCI shows of a value.
const MOST: usize = 4;

/// Brackets in brackets, as many as are read. The report has seven. The reader of the looser syntax
/// knows no limit of its own, and the stack is one.
const MAX_DEPTH: usize = 100;

/// What is read of one report.
struct Reading<'a> {
    source: &'a str,
    masked: Vec<Masked>,
    problems: Vec<Problem>,
    /// Variables of which no character is shown: those of contexts, and those of projects.
    hidden: [usize; 2],
}

/// Reads a report.
pub(super) fn read(what: &str, ledger: &mut Ledger) -> anyhow::Result<()> {
    let text = file::named(what)?;
    let report = parse(&text).with_context(|| format!("{what} is no report of Env-Inspector"))?;
    let accounts = accounts(&report);
    if accounts.is_empty() {
        bail!(
            "{what} is no report of Env-Inspector: it has neither accounts nor contexts nor \
             projects; name its circleci-data.json"
        );
    }
    let mut reading =
        Reading { source: what, masked: Vec::new(), problems: Vec::new(), hidden: [0; 2] };
    for (name, account) in &accounts {
        reading.account(name.as_deref(), account);
    }
    let kinds = ["contexts", "projects"].into_iter().zip(reading.hidden);
    let notes = kinds.filter(|(_, hidden)| *hidden > 0).map(|(kind, hidden)| {
        format!(
            "variables of {kind} that show no character of their values, so that any may hold the \
             token: {hidden}"
        )
    });
    ledger.read.push(Read {
        source: format!("CircleCI variables of {what}"),
        entries: reading.masked.len(),
        notes: notes.collect(),
    });
    ledger.masked.extend(reading.masked);
    ledger.problems.extend(reading.problems);
    Ok(())
}

/// JSON, or the looser syntax of the README and of what people edited.
fn parse(text: &str) -> anyhow::Result<Value> {
    let strict = match serde_json::from_str(text) {
        Ok(report) => return Ok(report),
        Err(error) => error,
    };
    // Brackets in texts count, too: that only makes it stricter.
    let mut depth = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(strict.into());
        }
    }
    json5::from_str(text).map_err(|_| strict.into())
}

/// All accounts with their names: listed under `accounts`, alone, or in objects that have their
/// names as keys.
fn accounts(value: &Value) -> Vec<(Option<String>, &Map<String, Value>)> {
    fn collect<'a>(
        value: &'a Value,
        key: Option<&str>,
        found: &mut Vec<(Option<String>, &'a Map<String, Value>)>,
    ) {
        match value {
            Value::Object(map) => {
                let is_list = |name| map.get(name).is_some_and(Value::is_array);
                if is_list("contexts") || is_list("projects") {
                    let name = text(value, &["name"]).or(key);
                    found.push((name.map(str::to_owned), map));
                } else if let Some(accounts) = map.get("accounts") {
                    collect(accounts, None, found);
                } else {
                    map.iter().for_each(|(name, inner)| collect(inner, Some(name), found));
                }
            }
            Value::Array(list) => list.iter().for_each(|inner| collect(inner, key, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(value, None, &mut found);
    found
}

impl Reading<'_> {
    fn account(&mut self, name: Option<&str>, account: &Map<String, Value>) {
        let of = name.map(|name| format!(" of {name}")).unwrap_or_default();
        for context in list(account, "contexts") {
            let place = format!("context {}{of}", text(context, &["name", "id"]).unwrap_or("?"));
            for variable in context.as_object().map(|it| list(it, "variables")).unwrap_or_default()
            {
                self.context_variable(variable, context, &place);
            }
        }
        for project in list(account, "projects") {
            self.project(name, project);
        }
        let account_name = format!("account {}", name.unwrap_or("without a name"));
        for failure in ["errors", "unavailable"].into_iter().flat_map(|key| list(account, key)) {
            self.unseen(&account_name, failure);
        }
    }

    fn context_variable(&mut self, variable: &Value, context: &Value, place: &str) {
        // The programming interface shows no character of it, or the last ones without a mask.
        let ending = text(variable, &["truncated_value"]).map(|end| unmask(end).unwrap_or(end));
        let Some(ending) = ending.filter(|ending| is_ending(ending, MOST)) else {
            self.hidden[0] += 1;
            return;
        };
        self.masked.push(Masked {
            ending: ending.to_owned(),
            variable: text(variable, &["variable", "name"]).unwrap_or_default().to_owned(),
            place: place.to_owned(),
            source: self.source.to_owned(),
            url: text(context, &["url"]).map(str::to_owned),
            updated: text(variable, &["updated_at", "created_at"]).map(str::to_owned),
        });
    }

    fn project(&mut self, account: Option<&str>, project: &Value) {
        let name = match (text(project, &["slug"]), text(project, &["name", "id"]), account) {
            (Some(slug), _, _) => slug.to_owned(),
            (None, Some(name), Some(account)) if !name.contains('/') => format!("{account}/{name}"),
            (None, name, _) => name.unwrap_or("?").to_owned(),
        };
        let place = format!("CircleCI project {name}");
        let Some(project) = project.as_object() else { return };
        for variable in
            ["project_env_vars", "variables"].into_iter().flat_map(|key| list(project, key))
        {
            let ending = text(variable, &["value"]).and_then(unmask);
            let Some(ending) = ending.filter(|ending| is_ending(ending, MOST)) else {
                self.hidden[1] += 1;
                continue;
            };
            self.masked.push(Masked {
                ending: ending.to_owned(),
                variable: text(variable, &["name", "variable"]).unwrap_or_default().to_owned(),
                place: place.clone(),
                source: self.source.to_owned(),
                url: project.get("url").and_then(Value::as_str).map(str::to_owned),
                updated: text(variable, &["updated_at", "created_at"]).map(str::to_owned),
            });
        }
        for failure in list(project, "errors") {
            self.unseen(&place, failure);
        }
    }

    /// What the inspector was refused: that no variable is seen there does not say there is none.
    fn unseen(&mut self, place: &str, failure: &Value) {
        let cause = failure.get("error").unwrap_or(failure);
        let subject = text(failure, &["contextName", "projectSlug", "name", "slug", "url"]);
        let subject = subject.or(failure.as_str()).unwrap_or("a part of it");
        let status = cause.get("status").and_then(Value::as_u64).map(|status| status.to_string());
        let words = text(cause, &["statusText", "message"]).or(cause.as_str());
        let words = words.filter(|words| *words != subject).map(str::to_owned);
        let cause: Vec<_> = [status, words].into_iter().flatten().collect();
        let why = if cause.is_empty() { String::new() } else { format!(": {}", cause.join(" ")) };
        let place = format!("{}: {place}", self.source);
        let why = format!("the inspector did not see {subject}{why}");
        let problem = Problem::new(ProblemCode::Unreadable, place, why);
        self.problems.push(problem.hinted("look at its variables at CircleCI, or inspect again"));
    }
}

fn list<'a>(map: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    map.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The first of these members that is a text and not an empty one.
fn text<'a>(value: &'a Value, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| value.get(*name)?.as_str().filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests;
