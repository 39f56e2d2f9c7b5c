//! What a server shows to anyone, for people: what is open, what that means, how to close it, and
//! what is fine.

use std::io::{self, Write};

use super::ink::{Ink, paint};
use super::severity_word;
use super::text::{count, shown_line, write_indented, write_prose};
use crate::audit::{Audit, Exposure, State};
use crate::report::Style;
use crate::severity::Severity;

/// Writes an audit: faults, the worst first, then the rest in lines.
pub(in crate::report) fn write(
    audit: &Audit,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    for problem in &audit.problems {
        let word = paint(style, Ink::Warning, "not looked at");
        writeln!(out, "{word}: {}", shown_line(&problem.place, style))?;
        write_prose("  ", &problem.why, style, out)?;
        if let Some(hint) = &problem.hint {
            write_prose("  help: ", hint, style, out)?;
        }
    }
    let Some(rule) = &audit.rule else { return Ok(()) };
    let version = audit.version.as_deref().unwrap_or("of an unknown version");
    let title = format!("{} {version} at {}", rule.service.name, audit.server);
    writeln!(out, "{}", paint(style, Ink::Strong, &shown_line(&title, style)))?;
    writeln!(out, "as it looks to whoever has this address and no account\n")?;
    let faults = audit.faults();
    for exposure in &faults {
        write_fault(exposure, &audit.server, style, out)?;
    }
    let (facts, closed): (Vec<_>, Vec<_>) =
        (audit.others(State::Open).collect(), audit.others(State::Closed).collect());
    let unknown: Vec<_> = audit.others(State::Unknown).collect();
    write_lines("Not known", Ink::Warning, &unknown, &audit.server, style, out)?;
    write_lines("Closed", Ink::Good, &closed, &audit.server, style, out)?;
    write_lines("Open, as it is meant to be", Ink::Quiet, &facts, &audit.server, style, out)?;
    write_closing(audit, &faults, unknown.len(), style, out)
}

fn write_fault(
    exposure: &Exposure,
    server: &str,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rule = &exposure.rule;
    let word = paint(style, Ink::of(rule.severity), severity_word(rule.severity));
    let cve = exposure.cve.as_ref().map(|cve| format!(" ({cve})")).unwrap_or_default();
    let title = format!("{}{cve}", rule.name);
    writeln!(out, "{word}: {}", paint(style, Ink::Strong, &shown_line(&title, style)))?;
    let answer = match path(exposure, server) {
        Some(path) => format!("GET {path} answered {}", exposure.observed),
        None => exposure.observed.clone(),
    };
    write_prose("  seen:   ", &answer, style, out)?;
    write_prose("  means:  ", &rule.why, style, out)?;
    for (at, step) in rule.fix.iter().enumerate() {
        let first = if at == 0 { "  close:  " } else { "          " };
        let number = if rule.fix.len() > 1 { format!("{}. ", at + 1) } else { String::new() };
        write_prose(&format!("{first}{number}"), step, style, out)?;
    }
    writeln!(out)
}

/// What was asked for, below the server's own path.
fn path<'a>(exposure: &'a Exposure, server: &str) -> Option<&'a str> {
    let url = exposure.url.as_deref()?;
    Some(url.strip_prefix(server).unwrap_or(url))
}

/// One line each: what, and what was answered to which path.
fn write_lines(
    title: &str,
    ink: Ink,
    exposures: &[&Exposure],
    server: &str,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    if exposures.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", paint(style, ink, title))?;
    for exposure in exposures {
        let path = path(exposure, server).map(|path| format!(" ({path})")).unwrap_or_default();
        let text = format!("{}{path}: {}", exposure.rule.what, exposure.observed);
        write_indented("  ", 4, &text, style, out)?;
    }
    writeln!(out)
}

fn write_closing(
    audit: &Audit,
    faults: &[&Exposure],
    unknown: usize,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let all = count(audit.exposures.len() as u64, "check");
    let line = match (faults.len(), unknown) {
        (0, 0) => {
            paint(style, Ink::Good, &format!("Nothing is open that should be closed: {all}."))
        }
        (0, _) => paint(
            style,
            Ink::Warning,
            &format!("Nothing open was seen, but {unknown} of {all} proved nothing."),
        ),
        (open, _) => {
            let worst = by_severity(faults);
            paint(style, Ink::Strong, &format!("{open} of {all} found something open: {worst}."))
        }
    };
    writeln!(out, "{line}")?;
    if faults.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\nMeanwhile, a reverse proxy that lets only what has to be open through to it:"
    )?;
    let command = format!("squelch audit {} --snippet nginx", audit.server);
    writeln!(out, "    {}  (or apache)", paint(style, Ink::Command, &shown_line(&command, style)))
}

/// `1 critical, 2 high`.
fn by_severity(faults: &[&Exposure]) -> String {
    let all = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
    let of = |severity| faults.iter().filter(|it| it.rule.severity == severity).count();
    let words = all.into_iter().filter(|severity| of(*severity) > 0);
    let words: Vec<String> =
        words.map(|severity| format!("{} {}", of(severity), severity_word(severity))).collect();
    words.join(", ")
}
