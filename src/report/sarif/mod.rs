//! SARIF 2.1.0, for code scanning services, editors and other tools.
//!
//! One result a token and place group. Results are written one by one as they are made, so
//! memory does not grow with their number; the rule catalogue comes first so that a result's
//! rule index is known. Only what we use of the standard is modelled, in `model`.

use std::io::{self, Write};

use serde::ser::{Error, SerializeMap, SerializeSeq};
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

use super::{Content, json};
use crate::finding::{Covered, Finding, Suppressed};
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
    report: &dyn Content,
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
    report: &'a dyn Content,
    rules: &'a Rules,
    profile: SarifProfile,
    limits: Limits,
}

impl Serialize for Run<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { report, rules, profile, limits } = *self;
        let bases = Bases::new(report, profile).map_err(Error::custom)?;
        let left_out = left_out(report, profile, limits).map_err(Error::custom)?;
        let mut run = serializer.serialize_map(None)?;
        run.serialize_entry("tool", &tool(report, rules, left_out).map_err(Error::custom)?)?;
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
            execution_successful: report.head().problems == 0 && left_out == 0,
            tool_execution_notifications: notice::notifications(report, left_out)
                .map_err(Error::custom)?,
        };
        run.serialize_entry("invocations", &[invocation])?;
        run.end()
    }
}

/// How many results are more than the consumer takes.
fn left_out(report: &dyn Content, profile: SarifProfile, limits: Limits) -> io::Result<usize> {
    if limits.results == usize::MAX {
        return Ok(0);
    }
    let mut all = 0;
    each(
        report,
        profile,
        |unread| unread,
        |finding, covered| {
            all += outcome::groups(finding, covered).count();
            Ok(())
        },
    )?;
    Ok(all.saturating_sub(limits.results))
}

/// Goes through all tokens in report order, what is suppressed last. GitHub does not read
/// suppressions: it would open an alert for each, so it gets none of them. `unread` says as the
/// error of `see` that one could not be read back.
fn each<E>(
    report: &dyn Content,
    profile: SarifProfile,
    unread: impl Fn(io::Error) -> E,
    mut see: impl FnMut(&Finding, Option<&Covered>) -> Result<(), E>,
) -> Result<(), E> {
    for finding in report.findings() {
        see(&*finding.map_err(&unread)?, None)?;
    }
    if profile == SarifProfile::Github {
        return Ok(());
    }
    for suppressed in report.all_suppressed() {
        let Suppressed { finding, covered } = &*suppressed.map_err(&unread)?;
        see(finding, Some(covered))?;
    }
    Ok(())
}

struct Results<'a> {
    report: &'a dyn Content,
    rules: &'a Rules,
    bases: &'a Bases<'a>,
    profile: SarifProfile,
    limits: Limits,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let index = RuleIndex::new(self.rules);
        let known = Known::of(self.report.head(), self.profile);
        let mut left = self.limits.results;
        let mut results = serializer.serialize_seq(None)?;
        each(self.report, self.profile, Error::custom, |finding, covered| {
            for group in outcome::groups(finding, covered).take(left) {
                left -= 1;
                let outcome = outcome::outcome(&group, &index, self.bases, self.limits);
                let outcome = outcome::with_state(outcome, &group, known);
                results.serialize_element(&outcome)?;
            }
            Ok(())
        })?;
        results.end()
    }
}

fn tool<'a>(report: &dyn Content, rules: &'a Rules, left_out: usize) -> io::Result<Tool<'a>> {
    Ok(squelch(
        "Finds leaked analysis tokens in work trees and git histories.",
        rules.rules.iter().map(|rule| rule::descriptor(rule)).collect(),
        notice::descriptors(report, left_out)?,
    ))
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
