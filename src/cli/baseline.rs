//! `squelch baseline`: files of what is known, made and kept.

use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};

use super::args::When;
use super::args::baseline::{BaselineArgs, BaselineCommand, LookArgs};
use super::exit::Exit;
use super::{print, scan, settings};
use crate::baseline::cover::Known;
use crate::baseline::own;
use crate::baseline::{Baseline, Entry};
use crate::finding::{Finding, Report};
use crate::report::escape::shown;
use crate::report::{file, write_summary};
use crate::rule::Rules;
use crate::scan::{Options, Scope, mask};

/// Entries of an old file that are listed one by one.
const LISTED: usize = 20;

/// Runs one of the commands: each scans once.
pub(crate) fn run(args: &BaselineArgs) -> Result<Exit> {
    match &args.command {
        BaselineCommand::Write { file, fresh, look } => write(file, *fresh, look),
        BaselineCommand::Check { file, look } => check(file, look),
        BaselineCommand::Prune { file, look } => prune(file, look),
        BaselineCommand::Import { old, to, look } => import(old, to, look),
    }
}

fn write(path: &Path, fresh: bool, look: &LookArgs) -> Result<Exit> {
    let rules = settings::rules(&look.rules)?;
    let mut draft = Draft::read(path)?;
    let report = report(look, &rules, Known::default())?;
    if fresh {
        refuse_incomplete(&report, "--fresh forgets what is there")?;
        draft = Draft::new()?;
    }
    let mut said = Said::new(&rules);
    for finding in whole(&report) {
        draft.add(finding, None, &mut said);
    }
    draft.write(path)?;
    said.totals(path, &draft, "added");
    said.partial(&report);
    if !draft.baseline.entries.is_empty() {
        said.line("A baseline says that a token is known, not that it is harmless: revoke it.");
    }
    said.end(&report)
}

fn check(path: &Path, look: &LookArgs) -> Result<Exit> {
    let rules = settings::rules(&look.rules)?;
    let baseline = existing(path)?;
    let report = report(look, &rules, Known::default())?;
    let mut said = Said::new(&rules);
    let lacks = |finding: &&Finding| finding.partial.is_some() || !has(&baseline, finding);
    let lacking: Vec<&Finding> = report.findings.iter().filter(lacks).collect();
    for finding in &lacking {
        said.item("lacks", &format!("{} {}", about(finding), place(finding)));
    }
    let used = used(&baseline, &report);
    let idle = baseline.entries.iter().zip(&used).filter(|(_, used)| !**used);
    let idle: Vec<&Entry> = idle.map(|(entry, _)| entry).collect();
    for entry in &idle {
        said.item("not used", &entry_words(entry));
    }
    let name = path.display();
    let (tokens, entries) = (number(lacking.len(), "token"), entries(idle.len()));
    said.line(&match (lacking.len(), idle.len()) {
        (0, 0) => format!("{name} has all tokens that were found, and nothing else."),
        (_, 0) => format!("{name} lacks {tokens}."),
        (0, _) => format!("{name} has {entries} that nothing uses."),
        _ => format!("{name} lacks {tokens}, and has {entries} that nothing uses."),
    });
    let exit = said.end(&report)?;
    // What was not read may hold what seems to use no entry.
    let fails = !lacking.is_empty() || (!idle.is_empty() && exit == Exit::Clean);
    Ok(if fails { Exit::Findings } else { exit })
}

fn prune(path: &Path, look: &LookArgs) -> Result<Exit> {
    let rules = settings::rules(&look.rules)?;
    let mut draft = Draft::of(existing(path)?);
    let report = report(look, &rules, Known::default())?;
    refuse_incomplete(&report, "prune drops what nothing uses")?;
    let mut said = Said::new(&rules);
    let used = used(&draft.baseline, &report);
    let all = std::mem::take(&mut draft.baseline.entries);
    for (entry, used) in all.into_iter().zip(used) {
        if used {
            draft.baseline.entries.push(entry);
        } else {
            said.item("dropped", &entry_words(&entry));
            draft.changed += 1;
        }
    }
    if draft.changed > 0 {
        draft.write(path)?;
    }
    said.totals(path, &draft, "dropped");
    said.end(&report)
}

fn import(old: &Path, to: &Path, look: &LookArgs) -> Result<Exit> {
    let rules = settings::rules(&look.rules)?;
    let baselines = settings::baselines(&[old.to_owned()], &rules)?;
    let mut draft = Draft::read(to)?;
    let report = report(look, &rules, Known { baselines, inline: false })?;
    let mut said = Said::new(&rules);
    for suppressed in report.suppressed.iter().filter(|it| it.finding.partial.is_none()) {
        draft.add(&suppressed.finding, suppressed.covered.note.clone(), &mut said);
    }
    draft.write(to)?;
    said.totals(to, &draft, "added");
    said.idle(&report);
    said.end(&report)
}

/// What a file of ours will hold.
struct Draft {
    baseline: Baseline,
    /// Entries that came or went.
    changed: usize,
}

impl Draft {
    fn new() -> Result<Self> {
        Ok(Self::of(Baseline::empty()?))
    }

    fn of(baseline: Baseline) -> Self {
        Self { baseline, changed: 0 }
    }

    /// What is there already, or a new one.
    fn read(path: &Path) -> Result<Self> {
        match path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::new(),
            Ok(found) if found.is_file() && found.len() == 0 => Self::new(),
            _ => Ok(Self::of(existing(path)?)),
        }
    }

    /// Adds a token, unless it is there.
    fn add(&mut self, finding: &Finding, note: Option<String>, said: &mut Said<'_>) {
        if has(&self.baseline, finding) {
            return;
        }
        let key = &self.baseline.keys[0];
        let (rule, redacted) = (&finding.rule.id, &finding.redacted);
        let entry = Entry { note, ..own::entry_of(key, &finding.fingerprint, rule, redacted) };
        said.item("added", &entry_words(&entry));
        self.baseline.entries.push(entry);
        self.changed += 1;
    }

    fn write(&self, path: &Path) -> Result<()> {
        file::write_shared(path, "baseline", |out| {
            own::write(&self.baseline.keys, &self.baseline.entries, out)
        })
    }
}

/// A baseline of ours that is there. One behind a link is not written to: what a link of a scanned
/// tree points at is not for the tree to say.
fn existing(path: &Path) -> Result<Baseline> {
    let name = path.display();
    if path.is_symlink() {
        bail!("{name} is a link: name the file that it leads to");
    }
    let baseline = Baseline::read(path)?;
    if !baseline.is_own() {
        bail!(
            "{name} is no baseline of squelch: take it over with squelch baseline import {name} --to \
             .squelch-baseline"
        );
    }
    Ok(baseline)
}

/// Reads all there is to read.
fn report(look: &LookArgs, rules: &Rules, known: Known) -> Result<Report> {
    let scope = if look.no_history { Scope::NoHistory } else { Scope::Everything };
    let offline = Options::offline(look.targets.clone(), scope);
    let jobs = look.jobs.map_or(offline.jobs, usize::from);
    let known = Arc::new(known);
    scan::watched(&Options { no_ignore: look.no_ignore, jobs, known, ..offline }, rules, false)
}

/// The tokens that a baseline can hold.
fn whole(report: &Report) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(|finding| finding.partial.is_none())
}

fn has(baseline: &Baseline, finding: &Finding) -> bool {
    baseline.own_entries(&finding.fingerprint).next().is_some()
}

/// For each entry whether a token uses it.
fn used(baseline: &Baseline, report: &Report) -> Vec<bool> {
    let mut used = vec![false; baseline.entries.len()];
    for finding in whole(report) {
        baseline.own_entries(&finding.fingerprint).for_each(|at| used[at] = true);
    }
    used
}

/// What could not be read may hold the token of any entry.
fn refuse_incomplete(report: &Report, what: &str) -> Result<()> {
    if report.problems.is_empty() {
        return Ok(());
    }
    let style = settings::style(When::Auto, false);
    write_summary(report, &style, &mut io::stderr().lock())
        .context("cannot write to standard error")?;
    bail!("{what}, and not everything could be read: nothing was changed. See to the above first")
}

fn about(finding: &Finding) -> String {
    format!("{} {}", finding.rule.id, finding.redacted)
}

fn entry_words(entry: &Entry) -> String {
    let note = entry.note.as_ref().map(|note| format!("  # {note}")).unwrap_or_default();
    entry.about.clone() + &note
}

fn place(finding: &Finding) -> String {
    let Some(first) = finding.places.first() else { return String::new() };
    let (path, position) = (first.origin.full_path(), first.position);
    let more = match finding.places.len() - 1 {
        0 => String::new(),
        more => format!(" and {} more", number(more, "place")),
    };
    format!(" {path}:{}:{}{more}", position.line, position.column)
}

fn number(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

fn entries(number: usize) -> String {
    format!("{number} {}", if number == 1 { "entry" } else { "entries" })
}

/// What is said on standard output.
struct Said<'a> {
    text: String,
    rules: &'a Rules,
}

impl<'a> Said<'a> {
    fn new(rules: &'a Rules) -> Self {
        Self { text: String::new(), rules }
    }

    /// A line. What came from a file may be hostile, or hold what looks like a token.
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.text, "{}", shown(&mask(text, self.rules), true));
    }

    fn item(&mut self, word: &str, what: &str) {
        self.line(&format!("{word:<9} {what}"));
    }

    fn totals(&mut self, path: &Path, draft: &Draft, word: &str) {
        let (all, changed) = (entries(draft.baseline.entries.len()), draft.changed);
        self.line(&format!("{} has {all}: {changed} {word}.", path.display()));
    }

    /// Says which entries of an old file cover nothing. Of one of another scanner that is most of
    /// them: it finds passwords and keys that are no analysis tokens.
    fn idle(&mut self, report: &Report) {
        for idle in &report.idle {
            let all = idle.entries.len();
            let one = if all == 1 { "covers" } else { "cover" };
            self.line(&format!("{} of {} {one} nothing here:", entries(all), idle.file));
            idle.entries.iter().take(LISTED).for_each(|entry| self.line(&format!("  {entry}")));
            if all > LISTED {
                self.line(&format!("  and {} more", all - LISTED));
            }
        }
    }

    /// Says what no baseline can hold.
    fn partial(&mut self, report: &Report) {
        let partial = report.findings.len() - whole(report).count();
        if partial > 0 {
            let is = if partial == 1 { "is" } else { "are" };
            let tokens = number(partial, "token");
            self.line(&format!("{tokens} {is} masked in part: no baseline can hold that."));
        }
    }

    /// Prints everything, and on standard error what was read.
    fn end(&self, report: &Report) -> Result<Exit> {
        print(self.text.as_bytes())?;
        let quiet = Report { idle: Vec::new(), ..report.clone() };
        let style = settings::style(When::Auto, false);
        let _ = write_summary(&quiet, &style, &mut io::stderr().lock());
        Ok(if report.problems.is_empty() { Exit::Clean } else { Exit::Incomplete })
    }
}
