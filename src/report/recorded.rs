//! Reports of ours in JSON Lines, read back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::finding::{
    Covered, Finding, INLINE, Report, RepositoryRead, Severity, Suppressed, Tally, Verdict,
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

#[derive(Deserialize)]
struct SummaryLine {
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

/// Reads a report. An error is a file that is none of ours.
pub fn read(path: &Path, rules: &Rules) -> Result<Recorded> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot open {shown}"))?;
    let mut recorded =
        Recorded { report: Report::default(), digests: BTreeSet::new(), unread: Vec::new() };
    let mut whole = false;
    for (at, line) in BufReader::new(file).lines().enumerate() {
        let line = line.with_context(|| format!("cannot read {shown}"))?;
        let number = at + 1;
        let ours = || format!("{shown}:{number}: not a line of a squelch report in JSON Lines");
        let value: Value = serde_json::from_str(&line).with_context(ours)?;
        if value["schema"] != 1 {
            bail!("{}, or of a later version (schema {})", ours(), value["schema"]);
        }
        match value["type"].as_str() {
            Some("finding") => {
                let found = recorded.finding(value, rules).with_context(ours)?;
                recorded.report.findings.extend(found);
            }
            Some("suppressed") => recorded.suppressed(value, rules).with_context(ours)?,
            Some("problem") => {
                recorded.report.problems.push(serde_json::from_value(value).with_context(ours)?);
            }
            Some("summary") => {
                whole = true;
                recorded.summary(value).with_context(ours)?;
            }
            _ => {}
        }
    }
    if !whole {
        bail!("{shown} is cut off: a report in JSON Lines ends with a summary");
    }
    Ok(recorded)
}

impl Recorded {
    /// The report, with what in it is of no use here among its problems.
    pub fn whole(mut self) -> Report {
        self.report.problems.extend(self.unread);
        self.report
    }

    /// Keeps only some of its findings.
    pub fn retain(&mut self, keep: impl Fn(&Finding) -> bool) {
        self.report.findings.retain(keep);
        let whole = self.report.findings.iter().filter(|it| it.partial.is_none());
        self.digests = whole.map(|it| it.fingerprint.to_string()).collect();
    }

    fn summary(&mut self, value: Value) -> Result<()> {
        let SummaryLine { read, repositories, sought, suppressed, seconds } =
            serde_json::from_value(value)?;
        // A baseline that kept nothing out was one.
        self.report.has_baseline |= suppressed == Some(0);
        self.report.tally = read;
        self.report.repositories = repositories;
        self.report.sought = sought;
        self.report.seconds = seconds;
        Ok(())
    }

    fn suppressed(&mut self, mut value: Value, rules: &Rules) -> Result<()> {
        let covered: Covered = serde_json::from_value(value["suppressed"].take())?;
        let Some(finding) = self.finding(value, rules)? else { return Ok(()) };
        self.digests.remove(&finding.fingerprint.to_string());
        if covered.by == INLINE {
            self.report.allows_inline = true;
        } else {
            self.report.has_baseline = true;
        }
        self.report.suppressed.push(Suppressed { finding, covered });
        Ok(())
    }

    fn finding(&mut self, value: Value, rules: &Rules) -> Result<Option<Finding>> {
        let line: FindingLine = serde_json::from_value(value)?;
        let Some(rule) = rules.get(&line.rule) else {
            let why = format!("no rule {} is known here", line.rule);
            let hint = "name the rule file with which it was found: --rules FILE";
            let place = line.redacted;
            self.unread.push(Problem::new(ProblemCode::Unsupported, place, why).hinted(hint));
            return Ok(None);
        };
        let fingerprint: Fingerprint =
            line.fingerprint.parse().map_err(|()| anyhow::anyhow!("its fingerprint is none"))?;
        if line.partial.is_none() {
            self.digests.insert(line.fingerprint);
        }
        let redacted = &line.redacted;
        Ok(Some(Finding {
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
        }))
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

/// What has to be read to see a place again: the repository, or the file. Standard input cannot be.
pub fn target(origin: &Origin) -> Option<PathBuf> {
    match origin.kind {
        OriginKind::Worktree | OriginKind::Log | OriginKind::Archive
            if origin.history.is_none() =>
        {
            Some(PathBuf::from(&origin.path)).filter(|path| path.as_os_str() != "stdin")
        }
        OriginKind::Stdin => None,
        _ if origin.repository.is_empty() => Some(PathBuf::from(".")),
        _ => Some(PathBuf::from(&origin.repository)),
    }
}

/// The tokens of a report that were not found again, so that nothing is known of them.
pub fn not_found_again(report: &Report, found: &Report, gone: &[PathBuf]) -> Vec<Problem> {
    let known: BTreeSet<Fingerprint> =
        found.findings.iter().map(|finding| finding.fingerprint).collect();
    let missing = report.findings.iter().filter(|finding| !known.contains(&finding.fingerprint));
    let problem = |finding: &Finding| {
        let place = finding.places.first().map(|place| place.origin.full_path());
        let place = place.unwrap_or_default();
        let why = match gone {
            _ if finding.partial.is_some() => "only a part of it was seen".to_owned(),
            [first, ..] => format!(
                "{} is not at its places any more ({} is gone)",
                finding.redacted,
                first.display()
            ),
            [] => format!("{} is not at its places any more", finding.redacted),
        };
        let hint = "run squelch where the report was made, or scan again";
        Problem::new(ProblemCode::Gone, place, why).hinted(hint)
    };
    missing.map(problem).collect()
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
        let cut: String = written.lines().take(1).collect();
        std::fs::write(&path, cut).expect("written");
        let why = read(&path, &rules).expect_err("cut off").to_string();
        assert!(why.contains("cut off"), "{why}");
        std::fs::write(&path, "{}\n").expect("written");
        assert!(read(&path, &rules).is_err());
    }
}
