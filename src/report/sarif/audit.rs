//! What a server shows to anyone, as SARIF: one result for each fault, whose place is the path that
//! was asked for. What is closed is no result, since consumers show each as an alert; what is not
//! known is a notification.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::model::{
    ArtifactLocation, AutomationDetails, Configuration, Descriptor, Invocation, Message,
    Notification, NotificationDescriptor, NotificationReference, Relationship, RuleProperties,
    Taxon, TaxonReference, Taxonomy, Text, Tool, UriBase,
};
use super::rule::{cwe, level, limited, pascal_case, score, taxonomy_of};
use super::{SCHEMA, squelch};
use crate::audit::{Audit, Exposure, State};
use crate::report::escape::{markdown, shown};
use crate::report::json;
use crate::rule::exposure::{AuditRule, CWES, ExposureRule};

/// What all places are relative to.
const SERVER: &str = "SERVER";
/// The id of what was not seen.
const UNANSWERED: &str = "unanswered";
const UNANSWERED_TEXT: &str = "A server does not answer, or its answer says nothing.";
/// Characters of a message.
const MESSAGE: usize = 2000;

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    column_kind: &'static str,
    automation_details: AutomationDetails,
    original_uri_base_ids: BTreeMap<&'static str, UriBase>,
    taxonomies: [Taxonomy; 1],
    results: Vec<Outcome<'a>>,
    invocations: [Invocation; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
    rule_id: &'a str,
    rule_index: usize,
    kind: &'static str,
    level: &'static str,
    rank: f64,
    message: Message,
    locations: [Location; 1],
    partial_fingerprints: BTreeMap<&'static str, String>,
    taxa: [TaxonReference; 1],
    properties: Properties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

/// An answer has no lines that matter, but consumers want one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u64,
}

#[derive(Serialize)]
struct Properties<'a> {
    service: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    server: &'a str,
    severity: crate::severity::Severity,
    observed: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cve: Option<&'a str>,
}

/// Writes an audit.
pub(in crate::report) fn write(audit: &Audit, out: &mut dyn Write) -> io::Result<()> {
    let rule = audit.rule.as_deref();
    let base = UriBase {
        uri: Some(format!("{}/", audit.server)),
        description: Message::plain("The server that was looked at."),
    };
    let run = Run {
        tool: tool(rule, !audit.is_complete()),
        column_kind: "utf16CodeUnits",
        automation_details: AutomationDetails { id: "squelch-audit/" },
        original_uri_base_ids: BTreeMap::from([(SERVER, base)]),
        taxonomies: [taxonomy_of(CWES.iter().map(taxon).collect())],
        results: rule.map(|rule| outcomes(audit, rule)).unwrap_or_default(),
        invocations: [Invocation {
            execution_successful: audit.is_complete(),
            tool_execution_notifications: notifications(audit),
        }],
    };
    json::write(&Log { schema: SCHEMA, version: "2.1.0", runs: [run] }, out)?;
    out.write_all(b"\n")
}

fn tool(rule: Option<&AuditRule>, incomplete: bool) -> Tool<'_> {
    let unanswered = NotificationDescriptor {
        id: UNANSWERED.to_owned(),
        name: "ProblemUnanswered".to_owned(),
        short_description: Text { text: UNANSWERED_TEXT },
        full_description: Text { text: UNANSWERED_TEXT },
        help: Text { text: "Remove the cause that the message names and look again." },
        default_configuration: Configuration { level: "error" },
    };
    let exposures = rule.map(|rule| rule.exposures.as_slice()).unwrap_or_default();
    squelch(
        "Says what a server shows to anyone.",
        exposures.iter().map(|it| descriptor(it, rule)).collect(),
        incomplete.then_some(unanswered).into_iter().collect(),
    )
}

fn descriptor<'a>(exposure: &'a ExposureRule, rule: Option<&'a AuditRule>) -> Descriptor<'a> {
    let service = rule.map(|rule| rule.service.as_ref());
    let numbered = |step: fn(&str) -> String| {
        let steps = exposure.fix.iter().zip(1..);
        steps.map(|(text, at)| format!("{at}. {}", step(text))).collect::<Vec<_>>().join("\n")
    };
    let (text, marked) = (numbered(str::to_owned), numbered(markdown));
    let tags = ["security".to_owned(), format!("external/cwe/cwe-{}", exposure.cwe)];
    let tags = tags.into_iter().chain(service.map(|service| service.id.clone()));
    Descriptor {
        id: &exposure.id,
        name: pascal_case(&exposure.id),
        short_description: Message::plain(format!("{}.", exposure.name)),
        full_description: Message::plain(&exposure.why),
        help_uri: service.and_then(|service| service.documents.first()).map(String::as_str),
        help: Message {
            text: format!("{}\n\nHow to close it:\n{text}", exposure.why),
            markdown: Some(format!(
                "{}\n\n### How to close it\n\n{marked}",
                markdown(&exposure.why)
            )),
        },
        default_configuration: Configuration { level: level(exposure.severity) },
        relationships: [Relationship { target: weakness(exposure), kinds: ["superset"] }],
        properties: RuleProperties {
            tags: tags.collect(),
            precision: "very-high",
            security_severity: format!("{:.1}", score(exposure.severity)),
        },
    }
}

fn weakness(exposure: &ExposureRule) -> TaxonReference {
    let index = CWES.iter().position(|cwe| cwe.number == exposure.cwe);
    TaxonReference {
        id: format!("CWE-{}", exposure.cwe).into(),
        index: index.expect("a rule's weakness is in the list, or it does not compile"),
        tool_component: cwe(),
    }
}

fn taxon(cwe: &crate::rule::exposure::Cwe) -> Taxon {
    Taxon {
        id: format!("CWE-{}", cwe.number).into(),
        name: cwe.name,
        short_description: Text { text: cwe.words },
        help_uri: format!("https://cwe.mitre.org/data/definitions/{}.html", cwe.number).into(),
    }
}

fn outcomes<'a>(audit: &'a Audit, rule: &'a AuditRule) -> Vec<Outcome<'a>> {
    let outcome = |exposure: &'a Exposure| {
        let index = rule.exposures.iter().position(|it| it.id == exposure.rule.id);
        let below = exposure.url.as_deref().and_then(|url| url.strip_prefix(&audit.server));
        let path = below.map_or(".", |path| path.trim_start_matches('/'));
        Outcome {
            rule_id: &exposure.rule.id,
            rule_index: index.expect("an exposure's rule is one of its service's"),
            kind: "fail",
            level: level(exposure.rule.severity),
            rank: 10.0 * score(exposure.rule.severity),
            message: message(exposure, &audit.server),
            locations: [Location {
                physical_location: PhysicalLocation {
                    artifact_location: ArtifactLocation {
                        uri: path.to_owned(),
                        uri_base_id: SERVER.to_owned(),
                    },
                    region: Region { start_line: 1 },
                },
            }],
            partial_fingerprints: BTreeMap::from([(
                "exposure/v1",
                format!("{} at {}", exposure.rule.id, audit.server),
            )]),
            taxa: [weakness(&exposure.rule)],
            properties: Properties {
                service: &rule.service.name,
                version: audit.version.as_deref(),
                server: &audit.server,
                severity: exposure.rule.severity,
                observed: &exposure.observed,
                count: exposure.count,
                cve: exposure.cve.as_deref(),
            },
        }
    };
    audit.faults().into_iter().map(outcome).collect()
}

fn message(exposure: &Exposure, server: &str) -> Message {
    let Exposure { rule, observed, cve, url, .. } = exposure;
    let cve = cve.as_ref().map(|cve| format!(" ({cve})")).unwrap_or_default();
    let asked = url.as_ref().map(|url| format!("GET {url} answered ")).unwrap_or_default();
    let text = format!(
        "{} at {server}{cve}. {asked}{observed}. {} How to close it: {}",
        rule.name,
        rule.why,
        rule.fix.join(" ")
    );
    // A bracket and a parenthesis in a row would be a link even in plain text.
    Message::plain(limited(&shown(&text, true).replace("](", "] ("), MESSAGE))
}

fn notifications(audit: &Audit) -> Vec<Notification> {
    let problems = audit.problems.iter().map(|problem| {
        let hint = problem.hint.as_ref().map(|hint| format!(" {hint}")).unwrap_or_default();
        format!("{}: {}.{hint}", problem.place, problem.why)
    });
    let unknown = audit.others(State::Unknown).map(|exposure| {
        let url = exposure.url.as_deref().unwrap_or(&audit.server);
        format!("{} ({url}): {}.", exposure.rule.name, exposure.observed)
    });
    let notice = |text: String| Notification {
        descriptor: NotificationReference { id: UNANSWERED.to_owned() },
        level: "error",
        message: Message::plain(limited(&shown(&text, true), MESSAGE)),
    };
    problems.chain(unknown).map(notice).collect()
}
