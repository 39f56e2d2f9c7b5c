//! From leaks to findings: here secrets end.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Harvest;
use super::examiner::Examiner;
use super::leaks::{Gathered, gather};
use super::screen::Screen;
use crate::finding::{Finding, Report, Severity, Verdict};
use crate::judge;
use crate::leak::{Companion, Confidence, Leak};
use crate::rule::Rules;

/// Makes the report of everything that was gathered.
pub(crate) fn conclude(
    harvest: Harvest,
    rules: &Rules,
    examiner: &Examiner<'_>,
    explain: bool,
) -> Report {
    let Harvest { seen, mut problems, tally, repositories } = harvest;
    let gathered = gather(seen, rules, explain);
    let Gathered { leaks, dismissed, problems: met } = gathered;
    problems.extend(met);
    problems.sort();
    let screen = Screen::new(&leaks, rules, examiner);
    let mut report = Report { dismissed, problems, tally, repositories, ..Report::default() };
    for leak in leaks {
        report.findings.push(finding(leak, rules, &screen));
    }
    report.dismissed.iter_mut().for_each(|dismissed| screen.place(&mut dismissed.place));
    report.problems.iter_mut().for_each(|problem| screen.problem(problem));
    report.repositories.iter_mut().for_each(|read| screen.repository(read));
    report.findings.sort_by_cached_key(|finding| {
        let nearest = finding.places.first().map(|place| place.origin.kind);
        let hurts = Reverse((finding.severity, finding.confidence));
        (hurts, nearest, finding.rule.id.clone(), finding.fingerprint)
    });
    report
}

/// Concludes a leak. It is consumed: nothing after this can reach the secret.
fn finding(mut leak: Leak, rules: &Rules, screen: &Screen<'_>) -> Finding {
    leak.places.iter_mut().for_each(|place| screen.place(place));
    let rule = rules.rules[leak.rule].clone();
    let companions: Vec<Companion> =
        leak.places.iter().flat_map(|place| place.companions.iter().cloned()).collect();
    let mut notes = Vec::new();
    let mut severity = rule.severity;
    if judge::documented(&paths(&leak)) {
        severity = severity.min(Severity::Low);
        notes.push("It stands in several documents: probably an example, but ask.".to_owned());
    }
    let partial = leak.partial.then(|| leak.secret.visible());
    if partial.is_some() {
        severity = severity.min(Severity::Low);
        notes.push(
            "The log masks the rest of it. What is shown may tell which token it is; alone it \
             opens nothing."
                .to_owned(),
        );
    }
    let confidence = leak.places.iter().map(|place| place.confidence).max();
    Finding {
        fingerprint: leak.fingerprint,
        redacted: partial.clone().unwrap_or_else(|| leak.secret.redacted(rule.prefix)),
        partial,
        severity,
        confidence: confidence.unwrap_or(Confidence::Low),
        verdict: Verdict::Unasked("no request was made: this scan is offline"),
        remedy: rule.remedy(&companions),
        companions: by_name(companions),
        places: leak.places,
        rule,
        notes,
    }
}

/// All paths of a leak, each once.
fn paths(leak: &Leak) -> Vec<&str> {
    let mut paths: Vec<&str> = leak.places.iter().map(|place| place.origin.path.as_str()).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// Companions by the slot they fill, the nearest place's first.
fn by_name(companions: Vec<Companion>) -> BTreeMap<String, Vec<String>> {
    let mut map: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Companion { name, value } in companions {
        let values = map.entry(name).or_default();
        if !values.contains(&value) {
            values.push(value);
        }
    }
    map
}
