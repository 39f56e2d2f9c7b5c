//! Rules: one kind of token each, read from `rules/<service>.toml`, existing only compiled and
//! checked.

use std::sync::Arc;

use crate::finding::Severity;
use crate::remedy::Remedy;

/// All rules of a run, compiled.
#[derive(Debug)]
pub struct Rules {
    /// In the order of their ids, so that SARIF's rule index is stable.
    pub rules: Vec<Arc<Rule>>,
}

/// The service that a token belongs to.
#[derive(Debug)]
pub struct Service {
    /// The file's name without `.toml`: `sonarqube-server`.
    pub id: String,
    /// As people write it: `SonarQube Server`.
    pub name: String,
    /// Vendor documents on its tokens.
    pub documents: Vec<String>,
}

/// One kind of token: what it looks like, why it matters, how to revoke it.
#[derive(Debug)]
pub struct Rule {
    /// Unique among all rules: `sonarqube-user-token`.
    pub id: String,
    pub service: Arc<Service>,
    /// As people say it: `SonarQube user token`.
    pub name: String,
    /// What it is at the service: `user`, `project`, `agent`.
    pub kind: String,
    pub severity: Severity,
    /// What its finder can do with it, one or two sentences.
    pub why: String,
    /// How many leading characters are fixed and may be shown (4 for `squ_`, 0 for bare hex).
    pub prefix: usize,
    /// Whether the shape alone proves nothing, so that its context had to (bare hex).
    pub bare: bool,
    /// The remedy with its slots unfilled, for rule help.
    pub remedy: Remedy,
}
