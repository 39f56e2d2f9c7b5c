//! From leaks to findings: here secrets end.

use std::collections::BTreeMap;

use super::examiner::Examiner;
use super::leaks::{Gathered, gather};
use super::screen::Screen;
use super::target::shown;
use super::{Harvest, Options};
use crate::baseline::cover::Cover;
use crate::finding::{Covered, Finding, Report, Severity, State, Suppressed, Verdict};
use crate::judge;
use crate::leak::{Companion, Confidence, Leak, first_seen};
use crate::revocation::Revocation;
use crate::revoke;
use crate::rule::stored::Stored;
use crate::rule::{Rule, Rules};
use crate::secret::Secret;
use crate::verify::{Answer, Subject, ask, ended, said};
use crate::wanted::{Wanted, tail};

/// Makes the report of everything that was gathered.
pub(crate) fn conclude(
    harvest: Harvest,
    rules: &Rules,
    examiner: &Examiner<'_>,
    options: &Options,
) -> Report {
    let Harvest { seen, mut problems, tally, repositories, quiet: _ } = harvest;
    let gathered = gather(seen, rules, options.explain);
    let Gathered { mut leaks, dismissed, problems: met } = gathered;
    leaks.retain(|leak| is_wanted(leak, rules, &options.wanted));
    problems.extend(met);
    problems.sort();
    let screen = Screen::new(&leaks, rules, examiner);
    let sought = (!options.wanted.is_everything()).then(|| options.wanted.words());
    let mut report =
        Report { dismissed, problems, tally, repositories, sought, ..Report::default() };
    let (answers, revocations) = answers(&leaks, rules, options, &screen);
    let roots = options.targets.iter().map(|target| shown(target)).collect();
    let mut cover = Cover::new(&options.known, roots);
    for ((leak, answer), revocation) in leaks.into_iter().zip(answers).zip(revocations) {
        let covered = cover.of(&leak);
        let mut finding = finding(leak, rules, &screen, answer);
        finding.revocation = revocation;
        sort_in(finding, covered, &screen, &mut report);
    }
    report.has_baseline = !options.known.baselines.is_empty();
    report.allows_inline = options.known.inline;
    report.idle = cover.idle();
    report.idle.iter_mut().flat_map(|idle| &mut idle.entries).for_each(|it| screen.clean(it));
    report.dismissed.iter_mut().for_each(|dismissed| screen.place(&mut dismissed.place));
    report.problems.iter_mut().for_each(|problem| screen.problem(problem));
    report.repositories.iter_mut().for_each(|read| screen.repository(read));
    report.sort();
    report
}

/// Puts a finding where it belongs. What is alive is not suppressed: nobody who wrote it into a
/// file, or a comment, knew that.
fn sort_in(
    mut finding: Finding,
    covered: Option<Covered>,
    screen: &Screen<'_>,
    report: &mut Report,
) {
    let Some(mut covered) = covered else { return report.findings.push(finding) };
    covered.note.iter_mut().for_each(|note| screen.clean(note));
    if finding.verdict.state == State::Live {
        let note = format!("ALIVE, though {} would suppress it: revoke it.", covered.by);
        finding.notes.insert(0, note);
        return report.findings.push(finding);
    }
    report.suppressed.push(Suppressed { finding, covered });
}

/// Whether a leak is what was looked for.
fn is_wanted(leak: &Leak, rules: &Rules, wanted: &Wanted) -> bool {
    if leak.partial && !wanted.is_everything() {
        return wanted.shows(tail(&leak.secret.visible()).as_bytes());
    }
    wanted.takes(&rules.rules[leak.rule], &leak.secret)
}

/// Asks the services about all leaks, where the user wants it, and revokes them, where the user
/// wants that.
fn answers(
    leaks: &[Leak],
    rules: &Rules,
    options: &Options,
    screen: &Screen<'_>,
) -> (Vec<Answer>, Vec<Option<Revocation>>) {
    let none = vec![None; leaks.len()];
    let subjects: Vec<Subject<'_>> = leaks.iter().map(|leak| subject(leak, rules)).collect();
    let Some(settings) = &options.verify else {
        let offline = || Verdict::unasked("no request was made: this scan is offline");
        let answer = |it: &Subject<'_>| Answer::only(ended(it).unwrap_or_else(offline));
        return (subjects.iter().map(answer).collect(), none);
    };
    let mut answers = ask(&subjects, settings);
    let Some(how) = &options.revoke else { return (answers, none) };
    let mut done =
        revoke::apply(&subjects, &mut answers, how, settings, &|text| screen.clean(text));
    for revocation in &mut done {
        screen.clean(&mut revocation.why);
    }
    (answers, done.into_iter().map(Some).collect())
}

fn subject<'a>(leak: &'a Leak, rules: &'a Rules) -> Subject<'a> {
    Subject {
        rule: &rules.rules[leak.rule],
        secret: &leak.secret,
        companions: leak.places.iter().flat_map(|place| &place.companions).collect(),
        first_seen: first_seen(&leak.places).map(|(time, _)| time),
        partial: leak.partial,
        placed: leak.placed,
        halves: &leak.halves,
    }
}

/// The digests by which an administrator's own data may name a token.
fn digests(rule: &Rule, secret: &Secret) -> BTreeMap<String, String> {
    let digest = |stored: &Stored| secret.digest(stored.hash, stored.skip);
    rule.stored.iter().map(|stored| (stored.name.clone(), digest(stored))).collect()
}

/// Concludes a leak. It is consumed: nothing after this can reach the secret.
fn finding(mut leak: Leak, rules: &Rules, screen: &Screen<'_>, answer: Answer) -> Finding {
    leak.places.iter_mut().for_each(|place| screen.place(place));
    let Answer { verdict, mut identity, raised, notes, listed: _ } = answer;
    let rule = rules.rules[leak.rule].clone();
    if !leak.partial && leak.placed {
        identity.merge(said(&rule, &leak.secret));
    }
    screen.identity(&mut identity);
    let told = notes;
    let companions: Vec<Companion> =
        leak.places.iter().flat_map(|place| place.companions.iter().cloned()).collect();
    let (severity, mut notes) = worth(&leak, rule.severity, &verdict, raised);
    let partial = leak.partial.then(|| leak.secret.visible());
    notes.extend(told.into_iter().map(|note| screen.cleaned(note)));
    let confidence = leak.places.iter().map(|place| place.confidence).max();
    let mut finding = Finding {
        fingerprint: leak.fingerprint,
        redacted: partial.clone().unwrap_or_else(|| leak.secret.redacted(rule.prefix)),
        partial,
        severity,
        confidence: confidence.unwrap_or(Confidence::Low),
        remedy: rule.remedy.clone(),
        usages: Vec::new(),
        verdict,
        revocation: None,
        identity,
        digests: if leak.partial { BTreeMap::new() } else { digests(&rule, &leak.secret) },
        companions: by_name(companions),
        places: leak.places,
        rule,
        notes,
    };
    finding.fill_remedy();
    finding
}

/// How bad a leak is, and why it is not what its kind says.
fn worth(
    leak: &Leak,
    mut severity: Severity,
    verdict: &Verdict,
    raised: Option<(Severity, String)>,
) -> (Severity, Vec<String>) {
    let mut notes = Vec::new();
    if judge::documented(&paths(leak)) {
        severity = severity.min(Severity::Low);
        notes.push("It stands in several documents: probably an example, but ask.".to_owned());
    }
    if leak.partial {
        severity = severity.min(Severity::Low);
        notes.push(
            "The log masks the rest of it. What is shown may tell which token it is; alone it \
             opens nothing."
                .to_owned(),
        );
    }
    if !leak.placed {
        notes.push(
            "Nothing around it says what it is: it was looked for, and its kind here is one of \
             those that look so."
                .to_owned(),
        );
    }
    if let Some((more, why)) = raised {
        severity = severity.max(more);
        notes.push(why);
    }
    if verdict.state == State::Dead {
        severity = severity.min(Severity::Low);
    }
    (severity, notes)
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
