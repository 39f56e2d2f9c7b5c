//! The map of where tokens are used: for people, for programs, as a table, as a graph.

mod dot;
mod human;
mod lines;

use std::str::FromStr;

pub use dot::write_usage_dot;
pub(super) use human::about;
pub use human::write_usages;
pub use lines::{write_usage_csv, write_usage_lines};

use crate::usage::{Scope, Usage};

/// The form of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum UsageFormat {
    /// For people, on a screen.
    Human,
    /// One JSON object a line.
    Jsonl,
    /// A row a place.
    Csv,
    /// A graph for Graphviz.
    Dot,
}

impl FromStr for UsageFormat {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "human" => Ok(Self::Human),
            "jsonl" => Ok(Self::Jsonl),
            "csv" => Ok(Self::Csv),
            "dot" => Ok(Self::Dot),
            other => Err(format!("no format is called {other:?}: human, jsonl, csv or dot")),
        }
    }
}

/// A secret by its name and what keeps it: `SONAR_TOKEN in the context sonarcloud`.
pub(super) fn kept(scope: Scope, name: &str, within: Option<&str>) -> String {
    match (scope, within) {
        (Scope::Context, Some(within)) => format!("{name} in the context {within}"),
        (_, Some(within)) => format!("{name} ({within})"),
        (_, None) => name.to_owned(),
    }
}

/// The job and the step of a usage: `build › Scan`.
pub(super) fn job(usage: &Usage) -> String {
    let parts = [usage.job.as_deref(), usage.step.as_deref()].into_iter().flatten();
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" › ")
}
