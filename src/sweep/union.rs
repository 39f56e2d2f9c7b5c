//! From the reports of parts to the report of the whole: one finding a token, wherever it was seen.
//!
//! ```text
//! parts ─▶ line by line to a disk, by token ─▶ the lines of one token merged ─▶ sorted ─▶ Whole
//! ```
//!
//! The order of the parts does not matter: what is taken of one finding over the other is decided by
//! what they say. In memory are the lines of one token, and a quarter of a kilobyte a repository.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::spill::{Lines, Spill};
use crate::finding::{Finding, Report, RepositoryRead, State, Suppressed};
use crate::leak::Place;
use crate::problem::Problem;
use crate::report::recorded::{self, Line};
use crate::report::{Content, Head, finding_line};
use crate::rule::Rules;

/// Reports that are put together.
#[derive(Debug)]
pub struct Union<'r> {
    rules: &'r Rules,
    spill: Spill,
    /// What is said of all of it.
    said: Report,
    repositories: BTreeSet<RepositoryRead>,
    /// Seconds of all parts. Whole nanoseconds come to the same in whatever order they are added.
    spent: Duration,
}

impl<'r> Union<'r> {
    /// Of nothing yet. An error is a folder for temporary files that cannot be written.
    pub fn new(rules: &'r Rules) -> Result<Self> {
        Ok(Self {
            rules,
            spill: Spill::new()?,
            said: Report::default(),
            repositories: BTreeSet::new(),
            spent: Duration::ZERO,
        })
    }

    /// Adds a report in JSON Lines, or nothing of it, if it is none of ours.
    pub fn add(&mut self, path: &Path) -> Result<()> {
        let mark = self.spill.mark()?;
        let part = match self.read(path) {
            Ok(part) => part,
            Err(error) => {
                self.spill.go_back(mark)?;
                return Err(error);
            }
        };
        self.said.has_baseline |= part.has_baseline;
        self.said.allows_inline |= part.allows_inline;
        self.said.tally.add(&part.tally);
        // If parts looked for different things, one of them is said, and always the same.
        self.said.sought = match (self.said.sought.take(), part.sought) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        self.repositories.extend(part.repositories);
        self.spent += Duration::try_from_secs_f64(part.seconds).unwrap_or_default();
        Ok(())
    }

    /// Adds something that could not be read.
    pub fn add_problem(&mut self, problem: &Problem) -> Result<()> {
        self.spill.problem(problem, false)
    }

    /// One finding a token, in report order. Times are added up, as if one part had been read after
    /// the other.
    pub fn finish(mut self) -> Result<Whole<'r>> {
        self.said.repositories = self.repositories.into_iter().collect();
        self.said.seconds = self.spent.as_secs_f64();
        self.spill.sort(|lines| one_line(&lines, self.rules))?;
        Whole::new(self.spill, self.rules, self.said)
    }

    /// Keeps the lines of a report, and returns what it says of all of it.
    fn read(&self, path: &Path) -> Result<Report> {
        let mut said = Report::default();
        recorded::lines(path, self.rules, |text, line| match line {
            Line::Finding(finding) => self.spill.keep(&finding, false, text),
            Line::Suppressed(suppressed) => {
                said.note(&suppressed.covered);
                self.spill.keep(&suppressed.finding, true, text)
            }
            Line::Problem(problem) => self.spill.problem(&problem, false),
            Line::Unread(problem) => self.spill.problem(&problem, true),
            Line::Summary(summary) => {
                summary.tell(&mut said);
                Ok(())
            }
            Line::Other => Ok(()),
        })?;
        Ok(said)
    }
}

/// A report on a disk: of many parts, or one that is too large for the memory.
#[derive(Debug)]
pub struct Whole<'r> {
    spill: Spill,
    rules: &'r Rules,
    said: Report,
    findings: usize,
    suppressed: usize,
    problems: usize,
}

impl<'r> Whole<'r> {
    /// One report as it is, its order included.
    pub fn of(path: &Path, rules: &'r Rules) -> Result<Self> {
        let union = Union::new(rules)?;
        let said = union.read(path)?;
        union.spill.leave()?;
        Self::new(union.spill, rules, said)
    }

    fn new(spill: Spill, rules: &'r Rules, said: Report) -> Result<Self> {
        let [findings, suppressed, problems] = spill.counts()?;
        Ok(Self { spill, rules, said, findings, suppressed, problems })
    }

    fn line(&self, at: usize, kind: &str) -> Result<Line> {
        Line::of(kind, &self.spill.text(at)?, self.rules)
    }
}

impl Content for Whole<'_> {
    fn head(&self) -> Head<'_> {
        let Self { findings, suppressed, problems, .. } = *self;
        Head { findings, suppressed, problems, ..self.said.head() }
    }

    fn finding(&self, at: usize) -> io::Result<Cow<'_, Finding>> {
        match self.line(at, "finding").map_err(|error| unread(&error))? {
            Line::Finding(finding) => Ok(Cow::Owned(*finding)),
            other => Err(io::Error::other(format!("no finding is kept there: {other:?}"))),
        }
    }

    fn suppressed(&self, at: usize) -> io::Result<Cow<'_, Suppressed>> {
        match self.line(self.findings + at, "suppressed").map_err(|error| unread(&error))? {
            Line::Suppressed(suppressed) => Ok(Cow::Owned(*suppressed)),
            other => Err(io::Error::other(format!("nothing suppressed is kept there: {other:?}"))),
        }
    }

    fn problem(&self, at: usize) -> io::Result<Cow<'_, Problem>> {
        self.spill.unread(at).map(Cow::Owned).map_err(|error| unread(&error))
    }
}

fn unread(error: &anyhow::Error) -> io::Error {
    io::Error::other(format!("{error:#}"))
}

/// The line of a token that several parts have, and where it stands in report order.
fn one_line(lines: &Lines, rules: &Rules) -> Result<(Vec<u8>, String)> {
    let kind = if lines.suppressed { "suppressed" } else { "finding" };
    let (mut findings, mut covers) = (Vec::new(), Vec::new());
    for text in &lines.texts {
        match Line::of(kind, text, rules)? {
            Line::Finding(finding) => findings.push(*finding),
            Line::Suppressed(suppressed) => {
                let Suppressed { finding, covered } = *suppressed;
                findings.push(finding);
                covers.push(covered);
            }
            other => bail!("no finding is kept there: {other:?}"),
        }
    }
    findings.sort_by_cached_key(rank);
    let mut all = findings.into_iter();
    let worst = all.next().context("no line is kept there")?;
    // The same report twice says nothing new.
    let finding = if all.len() == 0 { worst } else { merged(worst, all) };
    let line = finding_line(&finding, covers.iter().min())?;
    Ok((finding.order(), String::from_utf8(line)?))
}

/// One finding of those of one token. What can only be said once is taken of the worst of them.
fn merged(mut kept: Finding, others: impl Iterator<Item = Finding>) -> Finding {
    for more in others {
        kept.severity = kept.severity.max(more.severity);
        kept.confidence = kept.confidence.max(more.confidence);
        kept.revocation = kept.revocation.or(more.revocation);
        kept.identity.merge(more.identity);
        for (name, digest) in more.digests {
            kept.digests.entry(name).or_insert(digest);
        }
        for (name, values) in more.companions {
            kept.companions.entry(name).or_default().extend(values);
        }
        kept.places.extend(more.places);
        kept.usages.extend(more.usages);
        kept.notes.extend(more.notes);
    }
    in_order(&mut kept);
    kept
}

/// Whatever there is several of, each once, in an order that does not depend on that of the parts.
fn in_order(kept: &mut Finding) {
    let known = &mut kept.identity.known;
    known.sort_by_cached_key(|it| (it.about, Reverse(it.sure), it.value.clone()));
    let mut seen = BTreeSet::new();
    kept.identity.contenders.retain(|it| seen.insert(it.clone()));
    for values in kept.companions.values_mut() {
        values.sort();
        values.dedup();
    }
    kept.places.sort_by_cached_key(Place::order);
    kept.places.dedup();
    kept.usages.sort();
    kept.usages.dedup();
    kept.notes.sort();
    kept.notes.dedup();
    kept.fill_remedy();
}

/// Which finding of a token says most, the worst first.
fn rank(it: &Finding) -> impl Ord + use<> {
    let alive = [State::Unasked, State::Unknown, State::Dead, State::Live];
    let state = alive.iter().position(|state| *state == it.verdict.state);
    let (verdict, rule) = (&it.verdict, it.rule.id.clone());
    let said = (verdict.why.clone(), verdict.endpoint.clone(), verdict.at.clone());
    (Reverse((state, it.severity, it.confidence)), rule, said, it.redacted.clone())
}
