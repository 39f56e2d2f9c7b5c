//! What the exit status says.

use anyhow::bail;

use crate::audit::Audit;
use crate::finding::{Finding, Report, State};

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
    /// The status of a finished scan.
    pub fn of(report: &Report, fail_on: FailOn) -> Self {
        let is = |state| move |finding: &&Finding| finding.verdict.state == state;
        let count = |state| report.findings.iter().filter(is(state)).count();
        let (fails, open) = match fail_on {
            FailOn::Any => (report.findings.len(), 0),
            FailOn::Live => (count(State::Live), count(State::Unknown) + count(State::Unasked)),
            FailOn::Never => (0, 0),
        };
        if fails > 0 {
            Self::Findings
        } else if report.problems.is_empty() && open == 0 {
            Self::Clean
        } else {
            Self::Incomplete
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Problem, ProblemCode};

    #[test]
    fn could_not_look_is_never_clean() {
        let mut report = Report::default();
        assert_eq!(Exit::of(&report, FailOn::Any).code(1), 0);
        report.problems.push(Problem::new(ProblemCode::Unreadable, "x", "y"));
        assert_eq!(Exit::of(&report, FailOn::Any).code(1), 3);
        assert_eq!(Exit::of(&report, FailOn::Never).code(1), 3);
        assert_eq!(Exit::Findings.code(42), 42);
    }

    #[test]
    fn not_known_to_be_dead_is_never_clean() {
        let mut report = crate::fixture::sample().report;
        report.findings.truncate(1);
        let mut of = |state| {
            report.findings[0].verdict.state = state;
            Exit::of(&report, FailOn::Live)
        };
        assert_eq!(of(State::Live), Exit::Findings);
        assert_eq!(of(State::Dead), Exit::Clean);
        assert_eq!(of(State::Unknown), Exit::Incomplete);
        assert_eq!(of(State::Unasked), Exit::Incomplete);
    }
}
