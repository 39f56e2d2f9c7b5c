//! Whether a token is alive: what the service said, or why it was not asked.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether a token is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The service took it, and said so in the exact form that its documents or source give.
    Live,
    /// The service read and refused it, and refuses others that are wrong in the same way; or it
    /// says itself that its time is over.
    Dead,
    /// It was asked, and the answer proves nothing.
    Unknown,
    /// No request was made.
    Unasked,
}

/// What is known of a token's life, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub state: State,
    /// The proof, or what was in its way: one sentence without a full stop.
    pub why: String,
    /// The server that said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// When it said so, by its own clock (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

impl Verdict {
    /// No request was made, and why.
    pub fn unasked(why: impl Into<String>) -> Self {
        Self { state: State::Unasked, why: why.into(), endpoint: None, at: None }
    }

    /// It is dead for sure, though nobody was asked.
    pub fn dead(why: impl Into<String>) -> Self {
        Self { state: State::Dead, why: why.into(), endpoint: None, at: None }
    }

    /// It was asked, and nothing is proved.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self { state: State::Unknown, why: why.into(), endpoint: None, at: None }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Live => "live",
            Self::Dead => "dead",
            Self::Unknown => "unknown",
            Self::Unasked => "unasked",
        })
    }
}
