//! A SARIF report of ours, read back, for people.

use std::io::{self, Write};

use super::frame::{self, Quote};
use super::ink::{Ink, paint};
use super::text::{count, shown_line, write_prose};
use super::{FULL_PLACES, write_command};
use crate::leak::MaskedLine;
use crate::report::Style;
use crate::report::sarif::read::{Level, Location, Log, Outcome, Run};
use crate::report::shadow::place;

/// Draws all results, then what the scan could not read.
pub(crate) fn write_log(log: &Log, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    for outcome in log.runs.iter().flat_map(|run| &run.results) {
        write_outcome(outcome, style, out)?;
    }
    write_closing(log, style, out)
}

fn write_outcome(outcome: &Outcome, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let ink = match outcome.level {
        Level::Error => Ink::Bad,
        Level::Warning => Ink::Warning,
        Level::Note | Level::None => Ink::Mild,
    };
    let (title, rest) = sentences(&outcome.message.text);
    let word = paint(style, ink, outcome.level.word());
    writeln!(out, "{word}: {}", paint(style, Ink::Strong, &shown_line(title, style)))?;
    let all: Vec<_> = outcome.locations.iter().chain(&outcome.related_locations).collect();
    let lines: Vec<_> = all.iter().take(FULL_PLACES).map(|location| location.line()).collect();
    let quotes: Vec<_> =
        all.iter().zip(&lines).map(|(location, line)| quote(location, line)).collect();
    let more = all.len().saturating_sub(FULL_PLACES) as u64;
    let more = (more > 0).then(|| format!("and {}", count(more, "more place")));
    frame::draw(&quotes, more.as_deref(), ink, style, out)?;
    writeln!(out)?;
    write_prose("  ", rest, style, out)?;
    write_command("Revoke it:", &outcome.properties.revoke_command, style, out)?;
    writeln!(out)
}

fn quote<'a>(location: &Location, line: &'a MaskedLine) -> Quote<'a> {
    Quote { at: place(location), about: Vec::new(), number: location.region().start_line, line }
}

/// The first sentence, and what follows it.
fn sentences(text: &str) -> (&str, &str) {
    text.split_once(". ").unwrap_or((text, ""))
}

/// How many results, and what was not read.
pub(crate) fn write_closing(log: &Log, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let results = log.runs.iter().map(|run| run.results.len() as u64).sum();
    match results {
        0 => writeln!(out, "{}", paint(style, Ink::Good, "The report has no results."))?,
        some => writeln!(out, "{}.", paint(style, Ink::Strong, &count(some, "result")))?,
    }
    let suppressed = log.runs.iter().map(|run| run.suppressed as u64).sum();
    if suppressed > 0 {
        writeln!(out, "{} suppressed, not shown.", count(suppressed, "result"))?;
    }
    for run in log.runs.iter().filter(|run| !complete(run)) {
        writeln!(out, "{}", paint(style, Ink::Warning, "The scan was incomplete:"))?;
        let notes = run.invocations.iter().flat_map(|one| &one.tool_execution_notifications);
        for note in notes {
            write_prose("  ", &note.message.text, style, out)?;
        }
    }
    Ok(())
}

fn complete(run: &Run) -> bool {
    run.invocations.iter().all(|invocation| invocation.execution_successful)
}
