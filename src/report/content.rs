//! A report as its writers see it: what there is of everything, and each finding when its turn comes.

use std::borrow::Cow;
use std::io;

use crate::finding::{Dismissed, Finding, Idle, Report, RepositoryRead, Suppressed, Tally};
use crate::problem::Problem;

/// What can be written, as often as a form has to go through it. An error is one of reading it back
/// from where it is kept: a report in memory has none.
///
/// A report of a hundred thousand tokens has some 400 MB: what is merged of many is kept on a disk,
/// so a writer holds one finding at a time.
pub trait Content {
    /// What is said of all of it.
    fn head(&self) -> Head<'_>;

    /// The finding at a place of the report's order, counted from 0.
    fn finding(&self, at: usize) -> io::Result<Cow<'_, Finding>>;

    /// What is suppressed, in the same way.
    fn suppressed(&self, at: usize) -> io::Result<Cow<'_, Suppressed>>;

    /// What could not be read, in the same way.
    fn problem(&self, at: usize) -> io::Result<Cow<'_, Problem>>;
}

/// All that a report says but for its findings and problems, of which it has the numbers.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    pub findings: usize,
    pub suppressed: usize,
    pub problems: usize,
    pub has_baseline: bool,
    pub allows_inline: bool,
    pub idle: &'a [Idle],
    pub dismissed: &'a [Dismissed],
    pub tally: &'a Tally,
    pub repositories: &'a [RepositoryRead],
    pub sought: Option<&'a str>,
    pub seconds: f64,
}

impl dyn Content + '_ {
    /// All findings in the report's order.
    pub fn findings(&self) -> impl Iterator<Item = io::Result<Cow<'_, Finding>>> {
        (0..self.head().findings).map(|at| self.finding(at))
    }

    /// All that is suppressed.
    pub fn all_suppressed(&self) -> impl Iterator<Item = io::Result<Cow<'_, Suppressed>>> {
        (0..self.head().suppressed).map(|at| self.suppressed(at))
    }

    /// All problems.
    pub fn problems(&self) -> impl Iterator<Item = io::Result<Cow<'_, Problem>>> {
        (0..self.head().problems).map(|at| self.problem(at))
    }
}

impl Content for Report {
    fn head(&self) -> Head<'_> {
        Head {
            findings: self.findings.len(),
            suppressed: self.suppressed.len(),
            problems: self.problems.len(),
            has_baseline: self.has_baseline,
            allows_inline: self.allows_inline,
            idle: &self.idle,
            dismissed: &self.dismissed,
            tally: &self.tally,
            repositories: &self.repositories,
            sought: self.sought.as_deref(),
            seconds: self.seconds,
        }
    }

    fn finding(&self, at: usize) -> io::Result<Cow<'_, Finding>> {
        self.findings.get(at).map(Cow::Borrowed).ok_or_else(beyond)
    }

    fn suppressed(&self, at: usize) -> io::Result<Cow<'_, Suppressed>> {
        self.suppressed.get(at).map(Cow::Borrowed).ok_or_else(beyond)
    }

    fn problem(&self, at: usize) -> io::Result<Cow<'_, Problem>> {
        self.problems.get(at).map(Cow::Borrowed).ok_or_else(beyond)
    }
}

fn beyond() -> io::Error {
    io::Error::other("a report has no more than it says")
}
