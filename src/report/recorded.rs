//! Reports of ours in JSON Lines, read back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::finding::{
    Covered, Finding, Report, RepositoryRead, Severity, Suppressed, Tally, Verdict,
};
use crate::identity::Identity;
use crate::leak::{Confidence, HalfPlace, MaskedLine, Place};
use crate::origin::{History, LogPlace, Origin, OriginKind, Reach, Removed, Standing};
use crate::problem::{Problem, ProblemCode};
use crate::remedy::Remedy;
use crate::revocation::Revocation;
use crate::rule::Rules;
use crate::secret::Fingerprint;
use crate::span::Position;
use crate::usage::Usage;
use crate::view::{Layers, logs};

/// A report as it was.
#[derive(Debug)]
pub struct Recorded {
    pub report: Report,
    /// The SHA-256 of every whole token in it.
    pub digests: BTreeSet<String>,
    /// What in it is of no use here: a rule that is not known.
    pub unread: Vec<Problem>,
}

/// What a line of a report says.
#[derive(Debug)]
pub enum Line {
    Finding(Box<Finding>),
    Suppressed(Box<Suppressed>),
    Problem(Problem),
    /// A finding that is of no use here, since its rule is not known; and what to do about it.
    Unread(Problem),
    Summary(Summary),
    /// Something else, such as the beginning of a sweep's result.
    Other,
}

/// How a line begins.
#[derive(Deserialize)]
struct Kind {
    #[serde(default)]
    schema: Value,
    #[serde(default, rename = "type")]
    kind: Value,
}

#[derive(Deserialize)]
struct FindingLine {
    rule: String,
    fingerprint: String,
    redacted: String,
    partial: Option<String>,
    severity: Severity,
    confidence: Confidence,
    verdict: Verdict,
    revocation: Option<Revocation>,
    #[serde(default)]
    identity: Identity,
    #[serde(default)]
    digests: BTreeMap<String, String>,
    companions: BTreeMap<String, Vec<String>>,
    locations: Vec<Location>,
    remedy: Remedy,
    #[serde(default)]
    usages: Vec<Usage>,
    #[serde(default)]
    notes: Vec<String>,
    suppressed: Option<Covered>,
}

#[derive(Deserialize)]
struct Location {
    #[serde(flatten)]
    position: Position,
    origin: OriginKind,
    commit: Option<String>,
    author_date: Option<String>,
    path: String,
    reachable: Option<String>,
    member: Option<String>,
    provider: Option<String>,
    job: Option<String>,
    step: Option<String>,
    link: Option<String>,
    view: String,
    reachable_from: Option<String>,
    in_head: Option<bool>,
    removed: Option<Removed>,
    #[serde(default)]
    never_in_head: bool,
    object: Option<String>,
    #[serde(default)]
    repository: String,
    versions: u64,
    confidence: Confidence,
    snippet: String,
    #[serde(default)]
    cut: (bool, bool),
    line_hash: Option<String>,
    #[serde(default)]
    halves: Vec<HalfLine>,
}

/// The last line of a report.
#[derive(Debug, Deserialize)]
pub struct Summary {
    #[serde(default)]
    pub findings: usize,
    #[serde(default)]
    pub problems: usize,
    #[serde(default)]
    read: Tally,
    #[serde(default)]
    repositories: Vec<RepositoryRead>,
    sought: Option<String>,
    suppressed: Option<usize>,
    #[serde(default)]
    seconds: f64,
}

#[derive(Deserialize)]
struct HalfLine {
    name: String,
    shown: String,
    #[serde(flatten)]
    position: Position,
    snippet: String,
}

/// Goes through a report line by line; `each` gets a line as it is written, too. An error is a file
/// that is none of ours, or one of `each`.
pub fn lines(
    path: &Path,
    rules: &Rules,
    mut each: impl FnMut(&str, Line) -> Result<()>,
) -> Result<()> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot open {shown}"))?;
    let mut whole = false;
    for (at, line) in BufReader::new(file).lines().enumerate() {
        let line = line.with_context(|| format!("cannot read {shown}"))?;
        let number = at + 1;
        let ours = || format!("{shown}:{number}: not a line of a squelch report in JSON Lines");
        let Kind { schema, kind } = serde_json::from_str(&line).with_context(ours)?;
        if schema != 1 {
            bail!("{}, or of a later version (schema {schema})", ours());
        }
        let said = Line::of(kind.as_str().unwrap_or_default(), &line, rules).with_context(ours)?;
        whole |= matches!(said, Line::Summary(_));
        each(&line, said)?;
    }
    if !whole {
        bail!("{shown} is cut off: a report in JSON Lines ends with a summary");
    }
    Ok(())
}

/// Reads a report. An error is a file that is none of ours.
pub fn read(path: &Path, rules: &Rules) -> Result<Recorded> {
    let mut recorded =
        Recorded { report: Report::default(), digests: BTreeSet::new(), unread: Vec::new() };
    lines(path, rules, |_, line| {
        recorded.add(line);
        Ok(())
    })?;
    Ok(recorded)
}

/// What the last line of a report says, without a look at the others.
pub fn summary(path: &Path) -> Result<Summary> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot open {shown}"))?;
    let mut last = String::new();
    for line in BufReader::new(file).lines() {
        last = line.with_context(|| format!("cannot read {shown}"))?;
    }
    let kind = serde_json::from_str::<Kind>(&last).ok();
    if kind.is_none_or(|Kind { kind, .. }| kind != "summary") {
        bail!("{shown} is cut off: a report in JSON Lines ends with a summary");
    }
    serde_json::from_str(&last).with_context(|| format!("{shown}: its summary is none"))
}

impl Line {
    /// What a line of a kind says.
    pub fn of(kind: &str, text: &str, rules: &Rules) -> Result<Self> {
        Ok(match kind {
            "finding" => match FindingLine::read(text, rules)? {
                Ok((finding, _)) => Self::Finding(Box::new(finding)),
                Err(unread) => Self::Unread(unread),
            },
            "suppressed" => match FindingLine::read(text, rules)? {
                Ok((finding, covered)) => {
                    let covered = covered.context("it does not say what suppresses it")?;
                    Self::Suppressed(Box::new(Suppressed { finding, covered }))
                }
                Err(unread) => Self::Unread(unread),
            },
            "problem" => Self::Problem(serde_json::from_str(text)?),
            "summary" => Self::Summary(serde_json::from_str(text)?),
            _ => Self::Other,
        })
    }
}

impl Summary {
    /// Tells a report what its last line says.
    pub fn tell(self, report: &mut Report) {
        // A baseline that kept nothing out was one.
        report.has_baseline |= self.suppressed == Some(0);
        report.tally = self.read;
        report.repositories = self.repositories;
        report.sought = self.sought;
        report.seconds = self.seconds;
    }
}

impl Recorded {
    /// Keeps only some of its findings.
    pub fn retain(&mut self, keep: impl Fn(&Finding) -> bool) {
        self.report.findings.retain(keep);
        let whole = self.report.findings.iter().filter(|it| it.partial.is_none());
        self.digests = whole.map(|it| it.fingerprint.to_string()).collect();
    }

    fn add(&mut self, line: Line) {
        match line {
            Line::Finding(finding) => {
                if finding.partial.is_none() {
                    self.digests.insert(finding.fingerprint.to_string());
                }
                self.report.findings.push(*finding);
            }
            Line::Suppressed(suppressed) => {
                self.report.note(&suppressed.covered);
                self.report.suppressed.push(*suppressed);
            }
            Line::Problem(problem) => self.report.problems.push(problem),
            Line::Unread(problem) => self.unread.push(problem),
            Line::Summary(summary) => summary.tell(&mut self.report),
            Line::Other => {}
        }
    }
}

impl FindingLine {
    /// A finding, and what suppresses it; or why it is of no use here.
    fn read(text: &str, rules: &Rules) -> Result<Result<(Finding, Option<Covered>), Problem>> {
        let line: Self = serde_json::from_str(text)?;
        let Some(rule) = rules.get(&line.rule) else {
            let why = format!("no rule {} is known here", line.rule);
            let hint = "name the rule file with which it was found: --rules FILE";
            let place = line.redacted;
            return Ok(Err(Problem::new(ProblemCode::Unsupported, place, why).hinted(hint)));
        };
        let fingerprint: Fingerprint =
            line.fingerprint.parse().map_err(|()| anyhow::anyhow!("its fingerprint is none"))?;
        let redacted = &line.redacted;
        let finding = Finding {
            places: line.locations.into_iter().map(|it| it.place(redacted)).collect(),
            rule: Arc::clone(rule),
            fingerprint,
            redacted: line.redacted.clone(),
            partial: line.partial,
            severity: line.severity,
            confidence: line.confidence,
            verdict: line.verdict,
            revocation: line.revocation,
            identity: line.identity,
            digests: line.digests,
            companions: line.companions,
            remedy: line.remedy,
            usages: line.usages,
            notes: line.notes,
        };
        Ok(Ok((finding, line.suppressed)))
    }
}

impl Location {
    fn place(mut self, redacted: &str) -> Place {
        let layers = Layers::parse(&self.view);
        let (position, confidence, versions) = (self.position, self.confidence, self.versions);
        let line_hash = self.line_hash.clone();
        let own = MaskedLine { cut: self.cut, ..line(self.snippet.clone(), redacted) };
        let half = |half: HalfLine| {
            let HalfLine { name, shown, position, snippet } = half;
            HalfPlace { line: line(snippet, &shown), name, shown, position }
        };
        let halves = std::mem::take(&mut self.halves).into_iter().map(half).collect();
        let origin = self.origin();
        let companions = Vec::new();
        Place {
            origin,
            position,
            line: own,
            line_hash,
            confidence,
            companions,
            halves,
            layers,
            versions,
            allowed: false,
        }
    }

    fn origin(self) -> Origin {
        let log = self.provider.as_deref().and_then(logs::provider).map(|provider| LogPlace {
            provider,
            job: self.job,
            step: self.step,
            link: self.link,
        });
        let history = self.object.map(|object| {
            let kinds = ["commit", "tag", "blob"];
            let named = kinds.into_iter().find(|kind| self.path.starts_with(&format!("{kind} ")));
            let inside = self.path.strip_prefix(self.repository.as_str()).unwrap_or(&self.path);
            History {
                object,
                object_kind: named.unwrap_or("blob"),
                commit: self.commit,
                author_date: self.author_date,
                path: named.is_none().then(|| inside.trim_start_matches('/').to_owned()),
                reach: reach(self.reachable.as_deref(), self.reachable_from.as_deref()),
                reached_from: self.reachable_from,
                standing: match self.removed {
                    _ if self.in_head == Some(true) => Standing::InHead,
                    Some(removed) => Standing::Removed(removed),
                    None if self.never_in_head => Standing::Never,
                    None => Standing::Unknown,
                },
            }
        });
        let (kind, path, repository) = (self.origin, self.path, self.repository);
        Origin { kind, path, repository, history, member: self.member, log }
    }
}

/// A line in which `masked` is the token.
fn line(text: String, masked: &str) -> MaskedLine {
    let token = text.find(masked).map_or((0, 0), |at| (at, at + masked.len()));
    MaskedLine { text, token, cut: (false, false) }
}

/// What a place was reached from: of a ref its name says of which kind it is.
fn reach(word: Option<&str>, from: Option<&str>) -> Reach {
    let named = |kind| from.is_none_or(|name| name.starts_with(kind));
    match word {
        Some("head") => Reach::Head,
        Some("ref") if named("refs/heads/") || named("refs/remotes/") => Reach::Branch,
        Some("ref") if named("refs/tags/") => Reach::Tag,
        Some("ref") => Reach::Ref,
        Some("stash") => Reach::Stash,
        Some("reflog") => Reach::Reflog,
        _ => Reach::Dangling,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, sample, text, with_suppressed};
    use crate::report::write_jsonl;

    #[test]
    fn what_was_written_is_read_back_and_written_the_same() {
        let Fixture { mut report, rules, .. } = sample();
        report.findings[0].places[0].line.cut = (false, true);
        report.sought = Some("that end in 67b8".to_owned());
        let written = text(|out| write_jsonl(&report, out));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.jsonl");
        std::fs::write(&path, &written).expect("written");
        let recorded = read(&path, &rules).expect("a report of ours");
        assert_eq!(recorded.digests.len(), 2);
        assert_eq!(text(|out| write_jsonl(&recorded.report, out)), written);
        let known = text(|out| write_jsonl(&with_suppressed(), out));
        std::fs::write(&path, &known).expect("written");
        let recorded = read(&path, &rules).expect("a report of ours");
        assert_eq!(recorded.digests.len(), 1, "what is suppressed is no finding");
        assert_eq!(text(|out| write_jsonl(&recorded.report, out)), known);
        std::fs::write(&path, written.lines().next().expect("a line")).expect("written");
        assert!(read(&path, &rules).expect_err("cut").to_string().contains("cut off"));
        std::fs::write(&path, "{}\n").expect("written");
        assert!(read(&path, &rules).is_err());
    }
}
