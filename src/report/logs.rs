//! Which CI logs there are: a table for people, and a line of JSON a log.

use std::io::{self, Write};

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::Style;
use super::escape::shown;
use super::human::text::count;
use super::jsonl::{ProblemLine, SCHEMA, write_line};
use super::summary::bytes;
use crate::ci::Log;
use crate::problem::Problem;

const HEADS: [&str; 7] = ["RUN", "JOB", "STEP", "WHEN", "STATUS", "SIZE", "LINK"];

/// Writes a table of logs, a line each. Columns that would be empty are left out.
pub fn write_logs(logs: &[Log], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; 7]> = logs.iter().map(|log| cells(log, style)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths: [usize; 7] = std::array::from_fn(|column| match width(column) {
        0 => 0,
        width => width.max(HEADS[column].len()),
    });
    let mut line = |cells: [&str; 7]| {
        let used = cells.iter().zip(widths).filter(|(_, width)| *width > 0);
        let padded = used.map(|(cell, width)| {
            format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width())))
        });
        writeln!(out, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    if !rows.is_empty() {
        line(HEADS)?;
    }
    for row in &rows {
        line(row.each_ref().map(String::as_str))?;
    }
    let space = if rows.is_empty() { "" } else { "\n" };
    writeln!(out, "{space}{}.", count(rows.len() as u64, "log"))
}

fn cells(log: &Log, style: &Style) -> [String; 7] {
    let Log { run, job, step, when, status, size, link, .. } = log;
    let known = |text: &Option<String>| shown(text.as_deref().unwrap_or_default(), style.unicode);
    [
        shown(run, style.unicode),
        shown(job, style.unicode),
        known(step),
        known(when),
        known(status),
        size.map(bytes).unwrap_or_default(),
        known(link),
    ]
}

#[derive(Serialize)]
struct LogLine<'a> {
    schema: u8,
    #[serde(rename = "type")]
    line_type: &'static str,
    #[serde(flatten)]
    log: &'a Log,
}

#[derive(Serialize)]
struct SummaryLine {
    schema: u8,
    #[serde(rename = "type")]
    line_type: &'static str,
    /// Whether all logs there are were listed.
    complete: bool,
    logs: usize,
}

/// Writes logs, then problems, last a summary.
pub fn write_log_lines(logs: &[Log], problems: &[Problem], out: &mut dyn Write) -> io::Result<()> {
    for log in logs {
        write_line(&LogLine { schema: SCHEMA, line_type: "log", log }, out)?;
    }
    for problem in problems {
        write_line(&ProblemLine::new(problem), out)?;
    }
    let (complete, logs) = (problems.is_empty(), logs.len());
    write_line(&SummaryLine { schema: SCHEMA, line_type: "summary", complete, logs }, out)
}
