//! Reports: what a run found, in the forms that people and programs read.
//!
//! A report is written from a [`Report`], or from another [`Content`]. Neither holds a credential, so
//! nothing here can print one. What comes from scanned content (paths, source lines, ref names, companions) is still
//! hostile: each format neutralises it for its reader.

use std::str::FromStr;

pub mod again;
mod audit;
mod content;
pub(crate) mod escape;
pub mod file;
mod html;
mod human;
mod json;
mod jsonl;
mod logs;
mod paths;
mod plan;
pub mod recorded;
mod repositories;
mod rest;
pub mod sarif;
pub(crate) mod shadow;
mod summary;
mod table;
mod usage;

pub use audit::write_audit;
pub use content::{Content, Head};
pub use html::write_html;
pub(crate) use human::replay::{write_closing, write_log};
pub use human::write_human;
pub(crate) use jsonl::finding_line;
pub use jsonl::write_jsonl;
pub use logs::{write_log_lines, write_logs};
pub use plan::write_plan;
pub use repositories::{write_repositories_csv, write_repositories_json};
pub use rest::{write_rest, write_rest_json};
pub use sarif::{SarifProfile, write_sarif};
pub use summary::{write_problems, write_summary};
pub use table::write_table;
pub use usage::{UsageFormat, write_usage_csv, write_usage_dot, write_usage_lines, write_usages};

#[cfg(doc)]
use crate::finding::Report;

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people, on a screen.
    Human,
    /// One JSON object a line.
    Jsonl,
    /// SARIF 2.1.0.
    Sarif,
    /// One page for a browser.
    Html,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "human" => Ok(Self::Human),
            "jsonl" => Ok(Self::Jsonl),
            "sarif" => Ok(Self::Sarif),
            "html" => Ok(Self::Html),
            other => Err(format!("no format is called {other:?}: human, jsonl, sarif or html")),
        }
    }
}

/// How the human form is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub color: bool,
    /// Columns of the screen; a narrow one is treated as 40 wide.
    pub width: usize,
    /// Whether characters beyond ASCII may be used.
    pub unicode: bool,
    /// Whether what was dismissed is listed, too.
    pub explain: bool,
}

impl Style {
    /// No colour, 80 columns: what a file or a pipe gets.
    pub fn plain() -> Self {
        Self { color: false, width: 80, unicode: true, explain: false }
    }
}
