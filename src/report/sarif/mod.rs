//! SARIF 2.1.0, for code scanning services, editors and other tools.
//!
//! One result a token and place group. Results are written one by one as they are made, so
//! memory does not grow with their number; the rule catalogue comes first so that a result's
//! rule index is known. Only what we use of the standard is modelled, in `model`.

use std::io::{self, Write};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

pub(super) mod audit;
mod base;
mod model;
mod notice;
mod outcome;
pub(crate) mod read;
mod rule;
#[cfg(test)]
mod tests;

use base::Bases;
use model::{
    AutomationDetails, Descriptor, Driver, Invocation, NotificationDescriptor, Text, Tool,
};
use outcome::{Known, Limits, RuleIndex};

use super::json;
use crate::finding::Report;
use crate::rule::Rules;

/// The name by which a SARIF file is known as ours.
pub(crate) const TOOL_NAME: &str = "squelch";

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// For whom a SARIF file is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SarifProfile {
    /// All that the standard can say.
    Generic,
    /// GitHub code scanning: within its limits, and no location outside the work tree.
    Github,
}

/// Writes the whole report.
pub fn write_sarif(
    report: &Report,
    rules: &Rules,
    profile: SarifProfile,
    out: &mut dyn Write,
) -> io::Result<()> {
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run { report, rules, profile, limits: Limits::of(profile) }],
    };
    json::write(&log, out)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

struct Run<'a> {
    report: &'a Report,
    rules: &'a Rules,
    profile: SarifProfile,
    limits: Limits,
}

impl Serialize for Run<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { report, rules, profile, limits } = *self;
        let bases = Bases::new(report, profile);
        let left_out = match limits.results {
            usize::MAX => 0,
            most => outcome::groups(report, profile).skip(most).count(),
        };
        let mut run = serializer.serialize_map(None)?;
        run.serialize_entry("tool", &tool(report, rules, left_out))?;
        run.serialize_entry("columnKind", "utf16CodeUnits")?;
        run.serialize_entry("redactionTokens", &["…"])?;
        run.serialize_entry("automationDetails", &AutomationDetails { id: "squelch/" })?;
        run.serialize_entry("originalUriBaseIds", &bases.original_uri_base_ids())?;
        let provenance = bases.provenance();
        if !provenance.is_empty() {
            run.serialize_entry("versionControlProvenance", &provenance)?;
        }
        run.serialize_entry("taxonomies", &[rule::taxonomy()])?;
        run.serialize_entry("results", &Results { report, rules, bases: &bases, profile, limits })?;
        let invocation = Invocation {
            execution_successful: report.problems.is_empty() && left_out == 0,
            tool_execution_notifications: notice::notifications(report, left_out),
        };
        run.serialize_entry("invocations", &[invocation])?;
        run.end()
    }
}

struct Results<'a> {
    report: &'a Report,
    rules: &'a Rules,
    bases: &'a Bases<'a>,
    profile: SarifProfile,
    limits: Limits,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let index = RuleIndex::new(self.rules);
        let groups = outcome::groups(self.report, self.profile).take(self.limits.results);
        let known = Known::of(self.report, self.profile);
        serializer.collect_seq(groups.map(|group| {
            let outcome = outcome::outcome(&group, &index, self.bases, self.limits);
            outcome::with_state(outcome, &group, known)
        }))
    }
}

fn tool<'a>(report: &Report, rules: &'a Rules, left_out: usize) -> Tool<'a> {
    squelch(
        "Finds leaked analysis tokens in work trees and git histories.",
        rules.rules.iter().map(|rule| rule::descriptor(rule)).collect(),
        notice::descriptors(report, left_out),
    )
}

/// Squelch itself, as what a run was made with: what it does in a sentence, what it may report, and
/// what it may say of the run.
fn squelch<'a>(
    does: &'static str,
    rules: Vec<Descriptor<'a>>,
    notifications: Vec<NotificationDescriptor>,
) -> Tool<'a> {
    Tool {
        driver: Driver {
            name: TOOL_NAME,
            full_name: format!("{TOOL_NAME} {}", env!("CARGO_PKG_VERSION")),
            version: env!("CARGO_PKG_VERSION"),
            semantic_version: env!("CARGO_PKG_VERSION"),
            information_uri: env!("CARGO_PKG_REPOSITORY"),
            short_description: Text { text: does },
            rules,
            notifications,
            supported_taxonomies: [rule::cwe()],
        },
    }
}
