//! `squelch rules`: list, show and test.

use std::io::{self, Write};

use crate::rule::foreign::NotRun;
use crate::rule::{Rule, Rules, Sample};
use crate::selftest::{self, Outcome};
use crate::shell::Shell;

/// Writes one line a rule: id, severity, service, name.
pub fn list(rules: &Rules, out: &mut dyn Write) -> io::Result<()> {
    let width = |text: fn(&Rule) -> usize| rules.rules.iter().map(|rule| text(rule)).max();
    let id = width(|rule| rule.id.len()).unwrap_or(0);
    let service = width(|rule| rule.service.name.len()).unwrap_or(0);
    for rule in &rules.rules {
        let severity = format!("{:?}", rule.severity).to_lowercase();
        writeln!(
            out,
            "{:id$}  {severity:8}  {:service$}  {}",
            rule.id, rule.service.name, rule.name
        )?;
    }
    Ok(())
}

/// Writes all that a rule says. `Ok(false)` means that there is none with this id.
pub fn show(rules: &Rules, id: &str, out: &mut dyn Write) -> io::Result<bool> {
    let Some(rule) = rules.get(id) else { return show_exposure(rules, id, out) };
    let context = match &rule.foreign {
        Some(_) => "as another scanner's rule has it",
        None if rule.bare => "only where its context proves it",
        None => "wherever it stands",
    };
    writeln!(out, "{}: {}", rule.id, rule.name)?;
    writeln!(out, "  service   {} ({})", rule.service.name, rule.service.id)?;
    writeln!(out, "  severity  {}", format!("{:?}", rule.severity).to_lowercase())?;
    writeln!(out, "  why       {}", rule.why)?;
    writeln!(out, "  pattern   {}, {context}", rule.pattern)?;
    if rule.foreign.is_none() {
        samples("found in", &rule.examples, out)?;
        samples("not in", &rule.counters, out)?;
    }
    remedy(rule, out)?;
    for document in &rule.service.documents {
        writeln!(out, "  document  {document}")?;
    }
    Ok(true)
}

/// The same for what servers may show.
fn show_exposure(rules: &Rules, id: &str, out: &mut dyn Write) -> io::Result<bool> {
    let found = rules.audits.iter().find_map(|audit| Some((audit, audit.get(id)?)));
    let Some((audit, exposure)) = found else { return Ok(false) };
    writeln!(out, "{}: {}", exposure.id, exposure.name)?;
    writeln!(out, "  service   {} ({})", audit.service.name, audit.service.id)?;
    writeln!(out, "  severity  {}", format!("{:?}", exposure.severity).to_lowercase())?;
    writeln!(out, "  why       {}", exposure.why)?;
    for path in exposure.lead.iter().map(|lead| &lead.path).chain(&exposure.path) {
        writeln!(out, "  asks      GET {path}")?;
    }
    writeln!(out, "  weakness  CWE-{}", exposure.cwe)?;
    if let Some(cve) = &exposure.cve {
        writeln!(out, "  known as  {}, before {}", cve.id, cve.before)?;
    }
    writeln!(out, "  close")?;
    let steps = exposure.fix.iter().zip(1..);
    steps.into_iter().try_for_each(|(step, number)| writeln!(out, "    {number}. {step}"))?;
    Ok(true)
}

fn samples(title: &str, samples: &[Sample], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {title}")?;
    samples.iter().try_for_each(|sample| writeln!(out, "    {} ({})", sample.why, sample.at))
}

fn remedy(rule: &Rule, out: &mut dyn Write) -> io::Result<()> {
    let remedy = &rule.remedy;
    writeln!(out, "  revoke")?;
    if let Some(page) = &remedy.page {
        writeln!(out, "    page: {page}")?;
    }
    for (number, step) in remedy.steps.iter().enumerate() {
        writeln!(out, "    {}. {step}", number + 1)?;
    }
    if !remedy.command.is_empty() {
        writeln!(out, "    {}", Shell::Bash.line(&remedy.command))?;
    }
    if !remedy.prove.is_empty() {
        writeln!(out, "    prove: {}", Shell::Bash.line(&remedy.prove))?;
    }
    if let Some(answer) = &remedy.proved_by {
        writeln!(out, "    dead when it prints {answer}")?;
    }
    Ok(())
}

/// Runs the rules' own examples, writes what failed, and says whether all held. With `files`
/// only rules whose samples stand in one of them are tested; all rules search.
pub fn test(rules: &Rules, files: &[&str], out: &mut dyn Write) -> io::Result<bool> {
    let wanted = |rule: &Rule| {
        let stands = |file: &&str| {
            let at = rule.examples.first().map_or("", |sample| sample.at.as_str());
            at.rsplit_once(':').is_some_and(|(path, _)| path == *file)
        };
        files.is_empty() || files.iter().any(stands)
    };
    let foreign = rules.rules.iter().filter(|rule| rule.foreign.is_some()).count();
    let ours = |rule: &Rule| rule.foreign.is_none() && wanted(rule);
    let outcome = selftest::check(rules, ours);
    for failure in &outcome.failures {
        writeln!(out, "{}: {}: {}", failure.at, failure.rule, failure.what)?;
    }
    if outcome.rules > 0 || foreign == 0 {
        write_outcome(&outcome, out)?;
    }
    for NotRun { place, why } in &rules.not_run {
        writeln!(out, "{place}: not run: {why}")?;
    }
    if foreign + rules.not_run.len() > 0 {
        let not = rules.not_run.len();
        writeln!(out, "{foreign} rules of other scanners run, {not} do not")?;
    }
    Ok(outcome.failures.is_empty() && rules.not_run.is_empty() && outcome.rules + foreign > 0)
}

fn write_outcome(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let verdict = if outcome.failures.is_empty() { "all hold" } else { "not all hold" };
    let count = outcome.failures.len();
    writeln!(
        out,
        "{} rules, {} texts searched, {count} failed: {verdict}",
        outcome.rules, outcome.checks
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn lists_shows_and_tests() {
        let rules = Rules::builtin().expect("built-in rules compile");
        let listed = text(|out| list(&rules, out).expect("a vector takes it"));
        assert_eq!(listed.lines().count(), rules.rules.len());
        for rule in &rules.rules {
            let shown = text(|out| assert!(show(&rules, &rule.id, out).expect("a vector")));
            assert!(shown.contains(&rule.name) && shown.contains("revoke"), "{shown}");
        }
        for exposure in rules.audits.iter().flat_map(|audit| &audit.exposures) {
            let shown = text(|out| assert!(show(&rules, &exposure.id, out).expect("a vector")));
            assert!(shown.contains(&exposure.name) && shown.contains("    1. "), "{shown}");
        }
        assert!(!show(&rules, "no-such-rule", &mut Vec::new()).expect("a vector"));
        let tested =
            text(|out| assert!(test(&rules, &["rules/snyk.toml"], out).expect("a vector")));
        assert!(tested.starts_with("3 rules, "), "{tested}");
        assert!(!test(&rules, &["rules/none.toml"], &mut Vec::new()).expect("a vector"));
    }
}
