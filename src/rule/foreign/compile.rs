//! From what a file of another scanner says to rules.

use std::collections::BTreeSet;
use std::sync::Arc;

use aho_corasick::AhoCorasick;

use super::allow::{Allow, Check, StopWords, Target};
use super::read::{Config, Stated};
use super::syntax::{Allowlist, IDLE, Rule as Said};
use super::{Foreign, Need, NotRun, filter, go};
use crate::remedy::Remedy;
use crate::rule::revoke::Revoke;
use crate::rule::shape::Shape;
use crate::rule::{Rule, Service};
use crate::severity::Severity;

/// All rules of a file that can be run; the others are noted.
pub(super) fn compile(config: &Config, not_run: &mut Vec<NotRun>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for stated in &config.rules {
        match rule(config, stated) {
            Ok(rule) => rules.push(rule),
            Err(why) => not_run.push(NotRun { place: stated.place.clone(), why }),
        }
    }
    // A rule that needs one that is not run would never find anything.
    let known: BTreeSet<String> = rules.iter().map(|rule: &Rule| rule.id.clone()).collect();
    rules.retain(|rule| {
        let needs = rule.foreign.iter().flat_map(|foreign| &foreign.required);
        let missing = needs.map(|need| &need.rule).find(|id| !known.contains(*id));
        if let Some(id) = missing {
            let why = format!("it needs {id}, which is not run");
            not_run.push(NotRun { place: rule.id.clone(), why });
        }
        missing.is_none()
    });
    rules
}

fn rule(config: &Config, stated: &Stated) -> Result<Rule, String> {
    let said = &stated.said;
    if said.id.is_empty() {
        return Err("it has no id".to_owned());
    }
    let foreign = foreign(config, said)?;
    let name = || said.id.clone();
    let steps = vec![
        "Revoke it where it was issued: its rule does not say how.".to_owned(),
        "Replace it where it is used.".to_owned(),
    ];
    let remedy = Remedy { steps, ..Remedy::default() };
    Ok(Rule {
        id: id_of(config, &said.id).unwrap_or_default(),
        service: Arc::new(Service {
            id: plain(&stated.file),
            name: config.title.clone(),
            documents: Vec::new(),
        }),
        name: name(),
        kind: "secret".to_owned(),
        severity: if foreign.generic { Severity::Low } else { Severity::Medium },
        why: said.description.clone().unwrap_or_else(name),
        prefix: 0,
        bare: false,
        pattern: said.regex.clone().unwrap_or_default(),
        shape: Shape::none(),
        revoke: Arc::new(Revoke { remedy: remedy.clone(), ..Revoke::default() }),
        remedy,
        checksum: None,
        claims: None,
        dead: None,
        anchors: Vec::new(),
        places: Vec::new(),
        known_examples: Vec::new(),
        companions: Vec::new(),
        examples: Vec::new(),
        counters: Vec::new(),
        verify: Vec::new(),
        listed_as: None,
        stored: Vec::new(),
        foreign: Some(Arc::new(foreign)),
    })
}

/// The id of a rule: that of its file, and its own. Without a file two scanners' rules of one name,
/// or one of theirs and ours, would be the same.
fn id_of(config: &Config, id: &str) -> Option<String> {
    let stated = config.rules.iter().find(|rule| rule.said.id == id)?;
    Some(format!("{}-{}", plain(&stated.file), plain(id)))
}

/// Lower-case letters, digits and dashes.
fn plain(text: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    text.chars().map(letter).collect::<String>().trim_matches('-').to_owned()
}

fn foreign(config: &Config, said: &Said) -> Result<Foreign, String> {
    if let Some(key) = said.rest.keys().find(|key| !IDLE.contains(&key.as_str())) {
        return Err(format!("`{key}` means nothing to squelch"));
    }
    if said.token_efficiency {
        return Err("`tokenEfficiency` needs the vocabulary of a language model".to_owned());
    }
    let Some(pattern) = &said.regex else {
        return Err("it finds files by their names, not secrets in them".to_owned());
    };
    let regex = go::regex(pattern).map_err(|why| format!("its regex: {why}"))?;
    if said.secret_group.is_some_and(|group| group >= regex.captures_len()) {
        return Err("its secretGroup is none of its regex".to_owned());
    }
    let path = said.path.as_ref().map(|path| go::regex(path)).transpose();
    let needs = said.required.iter().map(|need| {
        let rule =
            id_of(config, &need.id).ok_or(format!("it needs {}, which is no rule", need.id))?;
        Ok(Need { rule, lines: need.within_lines, columns: need.within_columns })
    });
    Ok(Foreign {
        regex,
        group: said.secret_group,
        keywords: said.keywords.iter().map(|word| word.to_lowercase()).collect(),
        path: path.map_err(|why| format!("its path: {why}"))?,
        allows: allows(config, said)?,
        required: needs.collect::<Result<_, String>>()?,
        hidden: said.skip_report,
        generic: said.id.to_lowercase().contains("generic"),
    })
}

/// What is let pass of a rule: what its file lets pass, and what it says itself.
fn allows(config: &Config, said: &Said) -> Result<Vec<Arc<Allow>>, String> {
    let mut all = config.allows.clone();
    if let Some(most) = said.entropy.filter(|most| *most != 0.0) {
        all.push(Arc::new(Allow::any(vec![Check::Entropy { most, below: false }])));
    }
    for list in said.allowlists.all().iter().chain(&said.allowlist.all()) {
        all.push(Arc::new(allow(list)?));
    }
    if let Some(text) = &said.filter {
        all.push(Arc::new(Allow::any(filter::parse(text)?)));
    }
    Ok(all)
}

/// One allowlist.
pub(super) fn allow(list: &Allowlist) -> Result<Allow, String> {
    if let Some(key) = list.rest.keys().next() {
        return Err(format!("its allowlist says `{key}`, which means nothing to squelch"));
    }
    let all = match list.condition.to_uppercase().as_str() {
        "" | "OR" | "||" => false,
        "AND" | "&&" => true,
        other => return Err(format!("its allowlist has the condition {other:?}: `or`, `and`")),
    };
    let target = match list.regex_target.as_str() {
        "" | "secret" => Target::Secret,
        "match" => Target::Match,
        "line" => Target::Line,
        other => return Err(format!("its allowlist has the regexTarget {other:?}")),
    };
    let mut checks = Vec::new();
    if !list.commits.is_empty() {
        let commits = list.commits.iter().map(|commit| commit.trim().to_lowercase());
        checks.push(Check::Commit(commits.collect()));
    }
    if !list.paths.is_empty() {
        checks.push(Check::Path(go::set(&list.paths).map_err(|why| format!("its paths: {why}"))?));
    }
    if !list.regexes.is_empty() {
        let set = go::set(&list.regexes).map_err(|why| format!("its regexes: {why}"))?;
        checks.push(Check::Regex { target, set, none: false });
    }
    if !list.stopwords.is_empty() {
        checks.push(Check::Words { target: Target::Secret, words: words(&list.stopwords)? });
    }
    if checks.is_empty() {
        return Err("its allowlist lets nothing pass".to_owned());
    }
    Ok(Allow { all, checks })
}

/// Words, found in any case.
pub(super) fn words(list: &[String]) -> Result<StopWords, String> {
    let build = AhoCorasick::builder().ascii_case_insensitive(true).build(list);
    let search = build.map_err(|error| format!("its words: {error}"))?;
    Ok(StopWords { search, words: list.to_vec() })
}
