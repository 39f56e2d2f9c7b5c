//! The form for people: what was found, why it matters, what to do.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use crate::finding::{Finding, Severity, State, Verdict};
use crate::leak::Place;
use crate::origin::{History, LogPlace, OriginKind, Reach, Removed, Standing};
use crate::remedy::Remedy;
use crate::report::paths::short;
use crate::report::usage::about as about_usage;
use crate::report::{Content, Head, Style};
use crate::revocation::Revocation;
use crate::shell::Shell;
use crate::usage::Usage;

pub(super) mod audit;
pub(crate) mod frame;
mod identity;
pub(crate) mod ink;
pub(super) mod replay;
#[cfg(test)]
mod tests;
pub(super) mod text;

use frame::Quote;
use ink::{Ink, paint};
use text::{count, shown_line, write_indented, write_prose};

/// Places of one token that are shown in full.
const FULL_PLACES: usize = 5;

/// Writes all findings, worst first, and with `explain` what was dismissed.
pub fn write_human(report: &dyn Content, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let head = report.head();
    let (mut told, mut places, mut lives) = (Told::new(), 0, Lives::default());
    for finding in report.findings() {
        let finding = &*finding?;
        places += finding.places.len() as u64;
        lives.add(finding);
        write_finding(finding, &mut told, style, out)?;
    }
    if style.explain && !head.dismissed.is_empty() {
        write_dismissed(head, style, out)?;
    }
    let suppressed = suppressed(report)?.map(|words| format!(" {}.", shown_line(&words, style)));
    let closing = closing(head, places, &lives, style);
    writeln!(out, "{closing}{}", suppressed.unwrap_or_default())
}

/// The recipe of each rule as it was last told, and for which token: ten tokens of one server
/// need it once.
type Told = HashMap<String, (Remedy, String)>;

/// The last line: how many tokens.
fn closing(head: Head<'_>, places: u64, lives: &Lives, style: &Style) -> String {
    let problems = head.problems as u64;
    if head.findings > 0 {
        let tokens = count(head.findings as u64, "token");
        let line = format!("{tokens} in {}{}.", count(places, "place"), lives.words());
        return paint(style, Ink::Strong, &line);
    }
    let sought = head.sought.map(|words| format!(" {words}")).unwrap_or_default();
    let other = if head.suppressed == 0 { "" } else { "other " };
    if problems == 0 {
        return paint(style, Ink::Good, &format!("No {other}analysis tokens{sought} found."));
    }
    let problems = count(problems, "problem");
    let line = format!(
        "No {other}analysis tokens{sought} found in what was read, but the scan is incomplete: {problems}."
    );
    paint(style, Ink::Warning, &line)
}

/// How many tokens are suppressed, and by what.
pub(super) fn suppressed(report: &dyn Content) -> io::Result<Option<String>> {
    let mut by: BTreeMap<String, u64> = BTreeMap::new();
    for suppressed in report.all_suppressed() {
        *by.entry(suppressed?.covered.by.clone()).or_default() += 1;
    }
    let all = count(report.head().suppressed as u64, "token");
    let parts = by.iter().map(|(by, number)| format!("{number} by {by}"));
    Ok(by.keys().next().map(|first| match by.len() {
        1 => format!("{all} suppressed by {first}"),
        _ => format!("{all} suppressed: {}", parts.collect::<Vec<_>>().join(", ")),
    }))
}

/// How many tokens are in which state.
#[derive(Debug, Default)]
pub(super) struct Lives([u64; LIVES.len()]);

const LIVES: [State; 4] = [State::Live, State::Dead, State::Unknown, State::Unasked];

impl Lives {
    pub(super) fn add(&mut self, finding: &Finding) {
        let counts = LIVES.iter().zip(&mut self.0);
        counts.filter(|(state, _)| **state == finding.verdict.state).for_each(|(_, n)| *n += 1);
    }

    /// How many are alive, dead and so on, if anybody was asked.
    pub(super) fn words(&self) -> String {
        let of = || LIVES.iter().zip(self.0).filter(|(_, number)| *number > 0);
        if of().all(|(state, _)| *state == State::Unasked) {
            return String::new();
        }
        let words: Vec<String> = of().map(|(state, number)| format!("{number} {state}")).collect();
        format!(": {}", words.join(", "))
    }
}

fn write_finding(
    finding: &Finding,
    told: &mut Told,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let ink = Ink::of(finding.severity);
    let title = format!("{} {}", finding.rule.name, finding.redacted);
    let word = paint(style, ink, severity_word(finding.severity));
    writeln!(out, "{word}: {}", paint(style, Ink::Strong, &shown_line(&title, style)))?;
    let gutter = write_places(finding, ink, style, out)?;
    write_facts(&[facts(finding), usages(finding)].concat(), gutter, style, out)?;
    let this = (finding.remedy.clone(), finding.redacted.clone());
    match told.insert(finding.rule.id.clone(), this) {
        Some((remedy, other)) if remedy == finding.remedy => {
            let same = format!("Why it matters and what to do: the same as for {other} above.");
            writeln!(out)?;
            write_prose("  ", &same, style, out)?;
        }
        _ => {
            heading("Why it matters", style, out)?;
            write_prose("  ", &finding.rule.why, style, out)?;
            write_remedy(&finding.remedy, style, out)?;
        }
    }
    writeln!(out)
}

pub(super) fn severity_word(severity: Severity) -> &'static str {
    use Severity as S;
    match severity {
        S::Critical => "critical",
        S::High => "high",
        S::Medium => "medium",
        S::Low => "low",
        S::Info => "info",
    }
}

fn write_places(
    finding: &Finding,
    ink: Ink,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<usize> {
    let shown = finding.places.len().min(FULL_PLACES);
    let with_halves = |place| std::iter::once(quote(place)).chain(halves(place));
    let quotes: Vec<_> = finding.places[..shown].iter().flat_map(with_halves).collect();
    let rest = &finding.places[shown..];
    let more = (!rest.is_empty()).then(|| more_line(rest));
    frame::draw(&quotes, more.as_deref(), ink, style, out)
}

fn quote(place: &Place) -> Quote<'_> {
    let (line, column) = (place.position.line, place.position.column);
    Quote {
        at: format!("{}:{line}:{column}", place.origin.full_path()),
        about: with_link(place),
        number: line,
        line: &place.line,
    }
}

/// The other halves of a pair, below the token.
fn halves(place: &Place) -> impl Iterator<Item = Quote<'_>> {
    place.halves.iter().map(|half| {
        let (line, column) = (half.position.line, half.position.column);
        Quote {
            at: format!("{}:{line}:{column}", place.origin.full_path()),
            about: vec![half.words()],
            number: line,
            line: &half.line,
        }
    })
}

fn more_line(rest: &[Place]) -> String {
    let history = rest.iter().filter(|place| place.origin.history.is_some()).count() as u64;
    let all = rest.len() as u64;
    let where_to = match history {
        0 => String::new(),
        n if n == all => ", in history".to_owned(),
        n => format!(", {n} of them in history"),
    };
    format!("and {}{where_to}", count(all, "more place"))
}

/// What is known of a place beyond its line: on one line, and its page on another.
fn with_link(place: &Place) -> Vec<String> {
    let words = about(place);
    let first = (!words.is_empty()).then(|| words.join(", "));
    let link = place.origin.log.as_ref().and_then(|log| log.link.clone());
    first.into_iter().chain(link).collect()
}

/// What is known of a place beyond its line and its page.
pub(super) fn about(place: &Place) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    match (&place.origin.history, place.origin.kind) {
        (Some(history), _) => parts.extend(history_parts(history)),
        (None, OriginKind::Worktree | OriginKind::Log | OriginKind::Archive) => {}
        (None, OriginKind::Index) => parts.push("staged".to_owned()),
        (None, OriginKind::History) => parts.push("in history".to_owned()),
        (None, OriginKind::Config) => parts.push("configuration of git".to_owned()),
        (None, OriginKind::Reflog) => parts.push("a reflog".to_owned()),
        (None, OriginKind::Ref) => parts.push("the name of a ref".to_owned()),
        (None, OriginKind::Gitdir) => parts.push("a file of git's own".to_owned()),
        (None, OriginKind::Stdin) => parts.push("standard input".to_owned()),
    }
    if place.versions > 1 {
        parts.push(count(place.versions, "version"));
    }
    parts.extend(place.origin.log.iter().flat_map(log_parts));
    if !place.layers.0.is_empty() {
        let layers: Vec<&str> = place.layers.0.iter().map(|layer| layer.words()).collect();
        parts.push(format!("seen through {}", layers.join(", then ")));
    }
    parts
}

/// System, job and step of a place in a CI log.
fn log_parts(log: &LogPlace) -> Vec<String> {
    let job = log.job.as_ref().map(|job| format!("job {job}"));
    let step = log.step.as_ref().map(|step| format!("step {step}"));
    [Some(log.provider.to_owned()), job, step].into_iter().flatten().collect()
}

fn history_parts(history: &History) -> Vec<String> {
    let mut parts = Vec::new();
    match (&history.commit, &history.author_date) {
        (Some(commit), Some(date)) => {
            parts.push(format!("since {} in {}", day(date), short(commit)));
        }
        (Some(commit), None) => parts.push(format!("since commit {}", short(commit))),
        // The path already names the object where it has no other name.
        (None, _) if history.path.is_none() => {}
        (None, _) => parts.push(format!("{} {}", history.object_kind, short(&history.object))),
    }
    if !history.is_message() {
        parts.extend(head_words(history));
    }
    parts.push(reach_words(history));
    parts
}

/// What became of a place in HEAD. Of what nothing leads to, `reach_words` says more.
pub(super) fn head_words(history: &History) -> Option<String> {
    match &history.standing {
        Standing::InHead => Some("still in HEAD".to_owned()),
        Standing::Removed(Removed { commit, date, .. }) => {
            Some(format!("removed from HEAD {} in {}", day(date), short(commit)))
        }
        _ if history.reach == Reach::Dangling => None,
        Standing::Never => Some("never in HEAD".to_owned()),
        Standing::Unknown => Some("not in HEAD".to_owned()),
    }
}

/// The day of an RFC 3339 date.
pub(super) fn day(date: &str) -> &str {
    date.split('T').next().unwrap_or(date)
}

fn reach_words(history: &History) -> String {
    let name = history.reached_from.as_deref().map(|name| {
        let kinds = ["refs/heads/", "refs/remotes/", "refs/tags/"];
        kinds.iter().find_map(|kind| name.strip_prefix(kind)).unwrap_or(name)
    });
    let named = |kind: &str| match name {
        Some(name) => format!("{kind} {name}"),
        None => format!("a {kind}"),
    };
    match history.reach {
        Reach::Head => "reachable from HEAD".to_owned(),
        Reach::Branch => named("branch"),
        Reach::Tag => named("tag"),
        Reach::Ref => named("ref"),
        Reach::Stash => "in the stash".to_owned(),
        Reach::Reflog => "only in a reflog".to_owned(),
        Reach::Dangling => "dangling: reachable from nothing".to_owned(),
    }
}

/// What else is known of the token, each by its name: its service, what stood beside it, notes.
pub(super) fn facts(finding: &Finding) -> Vec<(String, String)> {
    let mut facts = vec![("service".to_owned(), finding.rule.service.name.clone())];
    let companions = finding.companions.iter();
    facts.extend(companions.map(|(name, values)| (name.clone(), values.join(", "))));
    let Verdict { state, why, .. } = &finding.verdict;
    let state = if *state == State::Unasked { "not asked".to_owned() } else { state.to_string() };
    facts.push(("verdict".to_owned(), format!("{state}, {why}")));
    if let Some(Revocation { outcome, why, by }) = &finding.revocation {
        let by = by.as_ref().map(|by| format!(", by {by}")).unwrap_or_default();
        facts.push(("revoking".to_owned(), format!("{outcome}{by}: {why}")));
    }
    facts.extend(identity::lines(&finding.identity));
    facts.extend(finding.notes.iter().map(|note| ("note".to_owned(), note.clone())));
    facts
}

/// Where it may be used: the first places.
fn usages(finding: &Finding) -> Vec<(String, String)> {
    let shown = finding.usages.iter().take(FULL_PLACES).map(used);
    let more = finding.usages.len().checked_sub(FULL_PLACES).filter(|more| *more > 0);
    let more = more.map(|more| format!("{} (squelch usage)", count(more as u64, "more place")));
    shown.chain(more).map(|text| ("may be used in".to_owned(), text)).collect()
}

/// Writes facts, each behind its name.
pub(super) fn write_facts(
    facts: &[(String, String)],
    gutter: usize,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let sign = paint(style, Ink::Quiet, "=");
    facts.iter().try_for_each(|(name, text)| {
        let name = format!("{name}: ");
        let first = format!("{:gutter$}{sign} {}", "", paint(style, Ink::Quiet, &name));
        write_indented(&first, gutter + 2 + name.len(), text, style, out)
    })
}

/// A place that refers to the token, in a line.
pub(super) fn used(usage: &Usage) -> String {
    format!("{}:{}, {}", usage.path, usage.line, about_usage(usage))
}

fn heading(text: &str, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n  {}", paint(style, Ink::Strong, text))
}

fn write_remedy(remedy: &Remedy, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    heading("What to do", style, out)?;
    for (index, step) in remedy.replace.iter().chain(&remedy.steps).enumerate() {
        write_prose(&format!("  {}. ", index + 1), step, style, out)?;
    }
    if let Some(page) = &remedy.page {
        writeln!(out, "  Page: {}", paint(style, Ink::Command, &shown_line(page, style)))?;
    }
    write_command("Revoke it:", &remedy.command, style, out)?;
    write_command("Prove it:", &remedy.prove, style, out)?;
    if let Some(proof) = &remedy.proved_by {
        write_prose("  Once it is dead, this prints: ", proof, style, out)?;
    }
    Ok(())
}

/// A command on a line of its own, never wrapped, so that it can be copied.
fn write_command(
    label: &str,
    words: &[String],
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    if words.is_empty() {
        return Ok(());
    }
    let command = paint(style, Ink::Command, &shown_line(&Shell::Bash.line(words), style));
    writeln!(out, "  {label}\n      {command}")
}

fn write_dismissed(head: Head<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", paint(style, Ink::Strong, "Dismissed, no credentials:"))?;
    for dismissed in head.dismissed {
        let (path, line) = (dismissed.place.origin.full_path(), dismissed.place.position.line);
        let at = shown_line(&format!("{path}:{line}"), style);
        let redacted = shown_line(&dismissed.redacted, style);
        let rule = paint(style, Ink::Quiet, &shown_line(&dismissed.rule_id, style));
        let why = shown_line(&dismissed.dismissal.why, style);
        writeln!(out, "  {at}  {redacted}  {rule}  {why}")?;
    }
    writeln!(out)
}
