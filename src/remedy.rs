//! What to do now: a new token, the exact command that revokes the old one without the secret in it,
//! and the proof.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A remedy with the slots that could be filled already filled.
///
/// A word of a command may hold `$NAME`, an environment variable that the reader sets: it is
/// how a credential gets into a command without being printed in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// The page where a person revokes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// What to do, in order, each one sentence.
    pub steps: Vec<String>,
    /// The command that revokes it, as words: the first of `ways`. Empty where the service has none.
    pub command: Vec<String>,
    /// The command that proves it dead, as words.
    pub prove: Vec<String>,
    /// What the proof prints once the token is dead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proved_by: Option<String>,
    /// How to get a new token, which comes first: each one sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replace: Vec<String>,
    /// All commands that revoke it, by who can run them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<Way>,
    /// What to write to the owner, where nobody else can revoke it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What administrators can do as long as the owner does not, each one sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levers: Vec<String>,
    /// Programs for the service's own console.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scripts: Vec<Script>,
}

/// One command that revokes a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    pub who: Who,
    /// As words.
    pub command: Vec<String>,
}

/// Who runs a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// Whoever has the leaked token: it revokes itself.
    Token,
    /// Its owner, with another credential of theirs.
    Owner,
    /// An administrator of the service.
    Administrator,
}

/// A program for the console of a service, which only prints until a line of it is changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// By which it is asked for: `one`, `all-but-one`.
    pub id: String,
    /// What it does, without a full stop.
    pub title: String,
    pub text: String,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "with the leaked token itself",
            Self::Owner => "as its owner",
            Self::Administrator => "as an administrator",
        })
    }
}
