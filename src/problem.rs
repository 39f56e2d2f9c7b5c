//! Something that kept us from looking. A problem is part of the report and decides the exit
//! code: "could not look" must never read as "clean".

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of thing went unread. The names are stable: scripts may test for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemCode {
    /// A file or directory that could not be opened or read.
    Unreadable,
    /// A path that could not even be walked.
    Walk,
    /// Something larger than a named cap.
    TooLarge,
    /// More candidates in one place than a named cap.
    TooMany,
    /// A git object, a pack or an archive that is damaged.
    Damaged,
    /// A git object that others name and that is not there.
    Missing,
    /// A repository whose history was cut by a shallow clone.
    Shallow,
    /// A partial clone whose left-out objects are not on this machine.
    Partial,
    /// A repository, or a part of one, that cannot be read at all.
    Repository,
    /// A member of an archive that only its password opens.
    Encrypted,
    /// A format or a compression that is known and not read.
    Unsupported,
    /// A token that is not at the places where a report has it.
    Gone,
    /// What is known of earlier scans could not be read or kept.
    Store,
    /// A rule of another scanner that squelch cannot run.
    RuleNotRun,
    /// A server that does not answer, or whose answer says nothing.
    Unanswered,
    /// Something that a server keeps from whoever asks, or has not.
    Denied,
    /// A CI log that its provider keeps no longer.
    Expired,
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable => "unreadable",
            Self::Walk => "walk",
            Self::TooLarge => "too-large",
            Self::TooMany => "too-many",
            Self::Damaged => "damaged",
            Self::Missing => "missing",
            Self::Shallow => "shallow",
            Self::Partial => "partial",
            Self::Repository => "repository",
            Self::Encrypted => "encrypted",
            Self::Unsupported => "unsupported",
            Self::Gone => "gone",
            Self::Store => "store",
            Self::RuleNotRun => "rule-not-run",
            Self::Unanswered => "unanswered",
            Self::Denied => "denied",
            Self::Expired => "expired",
        })
    }
}

/// One thing that was not read: what, where, why, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    pub code: ProblemCode,
    /// The path, object or repository concerned, as data: unescaped.
    pub place: String,
    /// What went wrong, one sentence without a full stop.
    pub why: String,
    /// What the reader can do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Problem {
    /// A problem without a hint.
    pub fn new(code: ProblemCode, place: impl Into<String>, why: impl Into<String>) -> Self {
        Self { code, place: place.into(), why: why.into(), hint: None }
    }

    /// The same problem with what to do next.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
