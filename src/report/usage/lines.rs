//! For programs: a line of JSON, or a row of a table, a place.

use std::io::{self, Write};

use serde::Serialize;

use crate::report::jsonl::ProblemLine;
use crate::usage::{Map, Usage, points};

#[derive(Serialize)]
struct UsageLine<'a> {
    schema: u8,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    usage: &'a Usage,
}

#[derive(Serialize)]
struct PointLine<'a> {
    schema: u8,
    #[serde(rename = "type")]
    kind: &'static str,
    scope: crate::usage::Scope,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    owner: &'a str,
    jobs: usize,
    repositories: Vec<&'a str>,
}

#[derive(Serialize)]
struct ElsewhereLine<'a> {
    schema: u8,
    #[serde(rename = "type")]
    kind: &'static str,
    what: &'a str,
}

#[derive(Serialize)]
struct SummaryLine {
    schema: u8,
    #[serde(rename = "type")]
    kind: &'static str,
    /// Whether everything was read, and nothing that matters lies elsewhere.
    complete: bool,
    usages: usize,
    files: u64,
    repositories: u64,
    problems: usize,
}

/// Writes usages, rotation points, what was not read, and a summary.
pub fn write_usage_lines(map: &Map, out: &mut dyn Write) -> io::Result<()> {
    for usage in &map.usages {
        line(out, &UsageLine { schema: 1, kind: "usage", usage })?;
    }
    for point in points(&map.usages) {
        let (jobs, repositories) = (point.jobs(), point.repositories().into_iter().collect());
        let (scope, name, within) = (point.scope, point.name, point.within);
        let (schema, kind, owner) = (1, "rotation_point", point.owner.as_str());
        let of = PointLine { schema, kind, scope, name, within, owner, jobs, repositories };
        line(out, &of)?;
    }
    for what in &map.elsewhere {
        line(out, &ElsewhereLine { schema: 1, kind: "elsewhere", what })?;
    }
    for problem in &map.problems {
        line(out, &ProblemLine::new(problem))?;
    }
    let complete = map.problems.is_empty() && map.elsewhere.is_empty();
    let (usages, problems) = (map.usages.len(), map.problems.len());
    let Map { files, repositories, .. } = *map;
    let summary =
        SummaryLine { schema: 1, kind: "summary", complete, usages, files, repositories, problems };
    line(out, &summary)
}

fn line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    writeln!(out)
}

const HEADS: [&str; 15] = [
    "scope",
    "name",
    "within",
    "services",
    "system",
    "repository",
    "path",
    "line",
    "variable",
    "job",
    "step",
    "call",
    "how",
    "server",
    "project",
];

/// Writes a row a place, by RFC 4180.
pub fn write_usage_csv(map: &Map, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(HEADS)?;
    for usage in &map.usages {
        let how = match (usage.stores, usage.implicit) {
            (true, _) => "stores",
            (false, true) => "implicit",
            (false, false) => "explicit",
        };
        let scope = serde_json::to_value(usage.scope).unwrap_or_default();
        let of = |text: &Option<String>| text.clone().unwrap_or_default();
        let cells = [
            scope.as_str().unwrap_or_default().to_owned(),
            usage.name.clone(),
            of(&usage.within),
            usage.services.join(" "),
            usage.system.clone(),
            usage.repository.clone(),
            usage.path.clone(),
            usage.line.to_string(),
            of(&usage.variable),
            of(&usage.job),
            of(&usage.step),
            of(&usage.call),
            how.to_owned(),
            of(&usage.server),
            of(&usage.project),
        ];
        rows.write_record(cells.map(|cell| harmless(&cell)))?;
    }
    rows.flush()
}

/// A cell that no spreadsheet takes for a formula, without control characters.
fn harmless(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if plain.starts_with(['=', '+', '-', '@']) { format!("'{plain}") } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(harmless("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(harmless("\t=1"), " =1");
        assert_eq!((harmless("a=1"), harmless("@x")), ("a=1".to_owned(), "'@x".to_owned()));
    }
}
