//! What came of revoking a token.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::identity::Listed;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Its service refuses it now, and took it before.
    Revoked,
    /// It was dead before anything was sent.
    Dead,
    /// Its service takes it still.
    Alive,
    /// The request was sent, and what came of it is not known.
    Unproved,
    /// Nothing was sent.
    Left,
}

/// What came of revoking one token, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    pub outcome: Outcome,
    /// One sentence without a full stop.
    pub why: String,
    /// With whose credential: `the leaked token itself`, or the variable that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl Revocation {
    /// Nothing was sent, and why.
    pub fn left(why: impl Into<String>) -> Self {
        Self { outcome: Outcome::Left, why: why.into(), by: None }
    }
}

/// All tokens of an owner, and what is to become of each, or became.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rest {
    pub endpoint: String,
    pub owner: String,
    /// The one that stays.
    pub kept: Listed,
    /// The others. Nothing is said of one as long as nothing was sent.
    pub others: Vec<(Listed, Option<Outcome>)>,
    /// What the service said where it did not do what it was asked.
    pub said: Vec<String>,
}

impl Rest {
    /// Masks whatever in it is a token, or looks like one: names are what people typed.
    pub fn clean(&mut self, clean: &dyn Fn(&mut String)) {
        let rows = self.others.iter_mut().map(|(row, _)| row).chain([&mut self.kept]);
        for row in rows {
            clean(&mut row.name);
        }
        self.said.iter_mut().chain([&mut self.owner]).for_each(clean);
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Revoked => "revoked, proved",
            Self::Dead => "dead already",
            Self::Alive => "still alive",
            Self::Unproved => "accepted, not proved",
            Self::Left => "not revoked",
        })
    }
}
