//! What a server shows to anyone, in each form. JSON Lines is here: exposures in the order in which
//! they were looked for, then problems, last a summary. Names and order are a contract (schema 1).

use std::io::{self, Write};

use serde::Serialize;

use super::{Format, Style, human, json, sarif};
use crate::audit::{Audit, Exposure, State};
use crate::problem::Problem;
use crate::severity::Severity;

const SCHEMA: u8 = 1;

/// Writes an audit.
pub fn write_audit(
    audit: &Audit,
    format: Format,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Human => human::audit::write(audit, style, out),
        Format::Jsonl => write_jsonl(audit, out),
        Format::Sarif => sarif::audit::write(audit, out),
        Format::Html => {
            let why = "what a server shows has no page for a browser: human, jsonl or sarif";
            Err(io::Error::new(io::ErrorKind::Unsupported, why))
        }
    }
}

#[derive(Serialize)]
struct ExposureLine<'a> {
    schema: u8,
    #[serde(rename = "type")]
    line_type: &'static str,
    rule: &'a str,
    service: &'a str,
    server: &'a str,
    state: &'static str,
    severity: Severity,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    observed: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    why: &'a str,
    fix: &'a [String],
    cwe: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cve: Option<&'a str>,
}

#[derive(Serialize)]
struct ProblemLine<'a> {
    schema: u8,
    #[serde(rename = "type")]
    line_type: &'static str,
    #[serde(flatten)]
    problem: &'a Problem,
}

#[derive(Serialize)]
struct SummaryLine<'a> {
    schema: u8,
    #[serde(rename = "type")]
    line_type: &'static str,
    complete: bool,
    server: &'a str,
    service: Option<&'a str>,
    version: Option<&'a str>,
    /// Faults only.
    open: usize,
    /// What is open, and means to be.
    facts: usize,
    closed: usize,
    unknown: usize,
    problems: usize,
}

fn write_jsonl(audit: &Audit, out: &mut dyn Write) -> io::Result<()> {
    let service = audit.rule.as_ref().map(|rule| rule.service.id.as_str());
    for exposure in &audit.exposures {
        let line = ExposureLine::new(exposure, service.unwrap_or_default(), &audit.server);
        write_line(&line, out)?;
    }
    for problem in &audit.problems {
        write_line(&ProblemLine { schema: SCHEMA, line_type: "problem", problem }, out)?;
    }
    let summary = SummaryLine {
        schema: SCHEMA,
        line_type: "summary",
        complete: audit.is_complete(),
        server: &audit.server,
        service,
        version: audit.version.as_deref(),
        open: audit.faults().len(),
        facts: audit.others(State::Open).count(),
        closed: audit.others(State::Closed).count(),
        unknown: audit.others(State::Unknown).count(),
        problems: audit.problems.len(),
    };
    write_line(&summary, out)
}

fn write_line(line: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    json::write(line, out)?;
    out.write_all(b"\n")
}

impl<'a> ExposureLine<'a> {
    fn new(exposure: &'a Exposure, service: &'a str, server: &'a str) -> Self {
        let rule = &exposure.rule;
        Self {
            schema: SCHEMA,
            line_type: "exposure",
            rule: &rule.id,
            service,
            server,
            state: exposure.state.word(),
            severity: rule.severity,
            name: &rule.name,
            method: exposure.url.is_some().then_some("GET"),
            url: exposure.url.as_deref(),
            observed: &exposure.observed,
            count: exposure.count,
            why: &rule.why,
            fix: &rule.fix,
            cwe: format!("CWE-{}", rule.cwe),
            cve: exposure.cve.as_deref(),
        }
    }
}
