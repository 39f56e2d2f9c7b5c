//! The last words, for standard error: what kept us from looking, and what was read.

use std::io::{self, Write};

use super::escape::shown;
use super::human::ink::{Ink, paint};
use super::human::text::{count, grouped, write_prose};
use super::{Content, Head, Style};
use crate::finding::{Idle, Tally};
use crate::problem::Problem;
use crate::shell::Shell;

/// Entries of a baseline listed one by one.
const LISTED_ENTRIES: usize = 20;
/// Problems listed one by one; a damaged repository can have a million.
const LISTED_PROBLEMS: usize = 20;

/// Writes the problems, and on the last line what was read.
pub fn write_summary(report: &dyn Content, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let head = report.head();
    for problem in report.problems().take(LISTED_PROBLEMS) {
        write_problem(&*problem?, style, out)?;
    }
    write_hidden(head.problems, out)?;
    head.idle.iter().try_for_each(|idle| write_idle(idle, style, out))?;
    writeln!(out, "{}", last_line(head, style))
}

/// Writes what kept us from looking.
pub fn write_problems(problems: &[Problem], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    for problem in problems.iter().take(LISTED_PROBLEMS) {
        write_problem(problem, style, out)?;
    }
    write_hidden(problems.len(), out)
}

fn write_hidden(problems: usize, out: &mut dyn Write) -> io::Result<()> {
    let hidden = problems.saturating_sub(LISTED_PROBLEMS) as u64;
    if hidden > 0 {
        let more = count(hidden, "more problem");
        writeln!(out, "  and {more}: the JSON Lines form lists all")?;
    }
    Ok(())
}

/// What a baseline has that nothing needed: more than it should, and nothing that a finding needs.
fn write_idle(idle: &Idle, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let all = idle.entries.len();
    let entries = match all {
        1 => "1 entry".to_owned(),
        all => format!("{all} entries"),
    };
    let word = paint(style, Ink::Warning, "not used");
    writeln!(out, "{word}: {entries} of {}:", shown(&idle.file, style.unicode))?;
    for entry in idle.entries.iter().take(LISTED_ENTRIES) {
        writeln!(out, "  {}", shown(entry, style.unicode))?;
    }
    if all > LISTED_ENTRIES {
        writeln!(out, "  and {} more", all - LISTED_ENTRIES)?;
    }
    let (file, own) = (idle.file.as_str(), ".squelch-baseline");
    let words = if idle.own { vec!["prune", file] } else { vec!["import", file, "--to", own] };
    let words = ["squelch", "baseline"].into_iter().chain(words).map(str::to_owned);
    let words: Vec<String> = words.chain(idle.again.iter().cloned()).collect();
    writeln!(out, "  help: {}", shown(&Shell::here().line(&words), style.unicode))
}

fn write_problem(problem: &Problem, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let word = paint(style, Ink::Warning, "not read");
    writeln!(out, "{word}: {} [{}]", shown(&problem.place, style.unicode), problem.code)?;
    write_prose("  ", &problem.why, style, out)?;
    match &problem.hint {
        Some(hint) => write_prose("  help: ", hint, style, out),
        None => Ok(()),
    }
}

fn last_line(head: Head<'_>, style: &Style) -> String {
    let read = read_words(head.tally);
    let skipped = skipped_words(head.tally);
    let word = match head.problems as u64 {
        0 => paint(style, Ink::Strong, "Read"),
        n => paint(style, Ink::Warning, &format!("Incomplete ({}): read", count(n, "problem"))),
    };
    format!("{word} {read} in {}{skipped}", seconds(head.seconds))
}

fn read_words(tally: &Tally) -> String {
    let mut parts = Vec::new();
    if tally.objects > 0 || tally.repositories > 0 {
        let (objects, size) = (count(tally.objects, "object"), bytes(tally.object_bytes));
        let (commits, all) =
            (count(tally.commits, "commit"), count(tally.repositories, "repository"));
        let known = match tally.known {
            0 => String::new(),
            known => format!(" ({} known from before)", grouped(known)),
        };
        parts.push(format!("{objects} ({size}; {commits}) of {all}{known}"));
    }
    if tally.git_files > 0 {
        parts.push(count(tally.git_files, "git file"));
    }
    parts.push(format!("{} ({})", count(tally.files, "file"), bytes(tally.file_bytes)));
    if tally.members > 0 {
        let (members, size) = (count(tally.members, "archive member"), bytes(tally.member_bytes));
        parts.push(format!("{members} ({size})"));
    }
    parts.join(", ")
}

fn skipped_words(tally: &Tally) -> String {
    let mut parts = Vec::new();
    if tally.ignored > 0 {
        parts.push(count(tally.ignored, "ignored path"));
    }
    if tally.special > 0 {
        parts.push(count(tally.special, "special file"));
    }
    if parts.is_empty() { String::new() } else { format!("; skipped {}", parts.join(", ")) }
}

/// A size in decimal units.
pub(super) fn bytes(size: u64) -> String {
    let units =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.iter().find(|(unit, _)| size >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", size as f64 / *unit as f64),
        None => format!("{size} B"),
    }
}

fn seconds(seconds: f64) -> String {
    if seconds < 10.0 { format!("{seconds:.2} s") } else { format!("{seconds:.0} s") }
}
