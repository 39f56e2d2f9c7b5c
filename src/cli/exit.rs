//! What the exit status says.

use crate::finding::Report;

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
    /// None: for consumers that want a successful job.
    Never,
}

impl Exit {
    /// The status of a finished scan.
    pub fn of(report: &Report, fail_on: FailOn) -> Self {
        if fail_on == FailOn::Any && !report.findings.is_empty() {
            Self::Findings
        } else if report.problems.is_empty() {
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
}
