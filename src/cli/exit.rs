//! What the exit status says.

use std::io;

use anyhow::bail;

use crate::audit::Audit;
use crate::finding::State;
use crate::report::Content;

/// The exit status of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything in scope was read, and there was nothing to report.
    Clean,
    /// Findings at or above `--fail-on`.
    Findings,
    /// Wrong usage or configuration, or a report that could not be written.
    WrongUse,
    /// Something in scope was not read, and nothing was found in the rest.
    Incomplete,
}

/// Which findings make the exit status 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum FailOn {
    /// Any finding.
    Any,
    /// One that is alive. Where none is, and some could not be asked about, the status is 3.
    Live,
    /// None: for consumers that want a successful job.
    Never,
}

impl FailOn {
    /// Says what is missing, where nobody is asked and the status hangs on what is alive.
    pub(crate) fn check(self, verify: bool) -> anyhow::Result<()> {
        if self == Self::Live && !verify {
            bail!("--fail-on live goes with --verify: nothing else says what is alive");
        }
        Ok(())
    }
}

impl Exit {
    /// The status of a finished scan. An error is a report that could not be read back.
    pub fn of(report: &dyn Content, fail_on: FailOn) -> io::Result<Self> {
        let (fails, open) = match fail_on {
            FailOn::Any => (report.head().findings > 0, false),
            FailOn::Live => alive(report)?,
            FailOn::Never => (false, false),
        };
        Ok(if fails {
            Self::Findings
        } else if report.head().problems == 0 && !open {
            Self::Clean
        } else {
            Self::Incomplete
        })
    }

    /// The status of a look at a server: what is open beyond facts is a finding, and what could not
    /// be told is not clean.
    pub fn of_audit(audit: &Audit) -> Self {
        if !audit.faults().is_empty() {
            Self::Findings
        } else if audit.is_complete() {
            Self::Clean
        } else {
            Self::Incomplete
        }
    }

    /// The number; `findings` stands in for 1.
    pub fn code(self, findings: u8) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => findings,
            Self::WrongUse => 2,
            Self::Incomplete => 3,
        }
    }
}

/// Whether a token is alive, and whether of any it is not known.
fn alive(report: &dyn Content) -> io::Result<(bool, bool)> {
    let mut open = false;
    for finding in report.findings() {
        match finding?.verdict.state {
            State::Live => return Ok((true, open)),
            State::Unknown | State::Unasked => open = true,
            State::Dead => {}
        }
    }
    Ok((false, open))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Report;
    use crate::problem::{Problem, ProblemCode};

    fn of(report: &Report, fail_on: FailOn) -> Exit {
        Exit::of(report, fail_on).expect("it is in memory")
    }

    #[test]
    fn could_not_look_is_never_clean() {
        let mut report = Report::default();
        assert_eq!(of(&report, FailOn::Any).code(1), 0);
        report.problems.push(Problem::new(ProblemCode::Unreadable, "x", "y"));
        assert_eq!(of(&report, FailOn::Any).code(1), 3);
        assert_eq!(of(&report, FailOn::Never).code(1), 3);
        assert_eq!(Exit::Findings.code(42), 42);
    }

    #[test]
    fn not_known_to_be_dead_is_never_clean() {
        let mut report = crate::fixture::sample().report;
        report.findings.truncate(1);
        let mut of = |state| {
            report.findings[0].verdict.state = state;
            of(&report, FailOn::Live)
        };
        assert_eq!(of(State::Live), Exit::Findings);
        assert_eq!(of(State::Dead), Exit::Clean);
        assert_eq!(of(State::Unknown), Exit::Incomplete);
        assert_eq!(of(State::Unasked), Exit::Incomplete);
    }
}
