//! How much a leak hurts: said by a rule, shown of a finding.

use serde::{Deserialize, Serialize};

/// How much a leak of this kind hurts, worst last so that it compares as one expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}
