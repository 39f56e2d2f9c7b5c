//! The top of the page: what there is, in a sentence and in numbers.

use std::io::{self, Write};

use super::overview::{Overview, SEVERITIES, STATES, life, name};
use super::text::Text;
use super::words::{capital, count, grouped, severity_word, state_class, state_word};
use crate::finding::{RepositoryRead, Severity, State};
use crate::report::human::suppressed;
use crate::report::paths::short;
use crate::report::{Content, Head};

/// Repositories that are named at the top.
const NAMED: usize = 6;

/// The title of the page and its first heading.
pub(super) fn title(head: Head<'_>) -> String {
    let tokens = match head.findings as u64 {
        0 => "No leaked tokens".to_owned(),
        some => count(some, "leaked token"),
    };
    match head.repositories {
        [] => tokens,
        [one] => format!("{tokens} in {}", name(one)),
        many => format!("{tokens} in {}", count(many.len() as u64, "repository")),
    }
}

pub(super) fn write(report: &dyn Content, all: &Overview, out: &mut dyn Write) -> io::Result<()> {
    let head = report.head();
    writeln!(out, r#"<header><p class="kicker">squelch</p><h1>{}</h1>"#, Text(&title(head)))?;
    let known = suppressed(report)?;
    writeln!(out, r#"<p class="lead">{}</p>"#, Text(&sentence(head, known.as_deref(), all)))?;
    write_repositories(head.repositories, out)?;
    writeln!(out, "</header>")?;
    write_tiles(head, all, out)?;
    if all.tokens > 0 { write_balance(all, out) } else { Ok(()) }
}

/// The whole report in a few sentences.
fn sentence(head: Head<'_>, suppressed: Option<&str>, all: &Overview) -> String {
    let mut parts = Vec::new();
    if let Some(sought) = head.sought {
        parts.push(format!("Only tokens {sought} were looked for."));
    }
    if all.tokens > 0 {
        let worst = SEVERITIES.iter().find(|severity| all.of_severity(**severity) > 0);
        parts.extend(worst.map(|worst| {
            let many = all.of_severity(*worst);
            format!("{} {} {}.", grouped(many), be(many), severity_word(*worst))
        }));
        parts.push(lives(all));
    }
    parts.extend(suppressed.map(|words| format!("Not among them: {words}.")));
    match head.problems as u64 {
        0 => parts.push("Everything in scope was read.".to_owned()),
        some => parts.push(format!(
            "The scan is incomplete: {}, so there may be more tokens than these.",
            count(some, "problem")
        )),
    }
    parts.join(" ")
}

fn be(number: u64) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

fn lives(all: &Overview) -> String {
    let of = |state| all.in_state(state);
    let mut parts: Vec<String> = [(State::Live, "alive"), (State::Dead, "dead")]
        .into_iter()
        .filter(|(state, _)| of(*state) > 0)
        .map(|(state, word)| format!("{} {} {word}", grouped(of(state)), be(of(state))))
        .collect();
    match of(State::Unknown) + of(State::Unasked) {
        0 => {}
        all_of_them if all_of_them == all.tokens => parts.push(
            "whether any of them is alive is not known, so take all of them for alive".to_owned(),
        ),
        1 => parts.push("and whether the other one is alive is not known".to_owned()),
        some => {
            let other = grouped(some);
            parts.push(format!("and whether the other {other} are alive is not known"));
        }
    }
    capital(&parts.join(", ")) + "."
}

fn write_repositories(all: &[RepositoryRead], out: &mut dyn Write) -> io::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, r#"<ul class="repositories">"#)?;
    for read in all.iter().take(NAMED) {
        write!(out, "<li><code>{}</code>", Text(read.url.as_deref().unwrap_or(&read.path)))?;
        if let Some(branch) = &read.branch {
            write!(out, " on <code>{}</code>", Text(branch))?;
        }
        if let Some(head) = &read.head {
            write!(out, " at <code>{}</code>", Text(short(head)))?;
        }
        writeln!(out, "</li>")?;
    }
    let more = all.len().saturating_sub(NAMED) as u64;
    if more > 0 {
        writeln!(out, "<li>and {}</li>", count(more, "more repository"))?;
    }
    writeln!(out, "</ul>")
}

fn write_tiles(head: Head<'_>, all: &Overview, out: &mut dyn Write) -> io::Result<()> {
    let severity =
        |severity| (all.of_severity(severity), severity_word(severity), severity_word(severity));
    let state = |state| (all.in_state(state), state_word(state), state_class(state));
    let tokens = (all.tokens, if all.tokens == 1 { "token" } else { "tokens" }, "all");
    let revoked = (all.revoked > 0).then_some((all.revoked, "revoked", "dead"));
    let known = head.suppressed as u64;
    let known = (known > 0).then_some((known, "suppressed", "all"));
    let lives = [tokens].into_iter().chain(STATES.map(state)).chain(revoked).chain(known);
    write_row(lives, out)?;
    let repositories = head.tally.repositories.max(head.repositories.len() as u64);
    let rest = [
        severity(Severity::Critical),
        severity(Severity::High),
        (repositories, if repositories == 1 { "repository" } else { "repositories" }, "all"),
        (all.places, if all.places == 1 { "place" } else { "places" }, "all"),
        (head.problems as u64, "not read", "unread"),
    ];
    write_row(rest.into_iter(), out)
}

/// A number, what it counts, and its colour.
type Tile = (u64, &'static str, &'static str);

fn write_row(tiles: impl Iterator<Item = Tile>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, r#"<dl class="tiles">"#)?;
    for (number, word, class) in tiles {
        let none = if number == 0 { " none" } else { "" };
        let number = grouped(number);
        writeln!(out, r#"<div class="{class}{none}"><dt>{word}</dt><dd>{number}</dd></div>"#)?;
    }
    writeln!(out, "</dl>")
}

/// Severity by state: a table, and a bar for each row.
fn write_balance(all: &Overview, out: &mut dyn Write) -> io::Result<()> {
    let shown: Vec<State> = STATES.into_iter().filter(|state| all.in_state(*state) > 0).collect();
    writeln!(
        out,
        r#"<table class="balance"><caption>How bad they are, and whether they still work</caption><thead><tr><th scope="col">Severity</th><th scope="col" class="bar"><span class="hidden">Share</span></th>"#
    )?;
    for state in &shown {
        let (class, word) = (state_class(*state), state_word(*state));
        write!(out, r#"<th scope="col" class="number"><i class="dot {class}"></i> {word}</th>"#)?;
    }
    writeln!(out, r#"<th scope="col" class="number">all</th></tr></thead><tbody>"#)?;
    let most = all.lives.iter().map(|row| row.iter().sum()).max().unwrap_or(1).max(1);
    for (severity, row) in SEVERITIES.iter().zip(&all.lives) {
        if row.iter().sum::<u64>() == 0 {
            continue;
        }
        let word = severity_word(*severity);
        write!(
            out,
            r#"<tr><th scope="row"><b class="badge {word}">{word}</b></th><td class="bar">"#
        )?;
        super::charts::write_stack(row, most, out)?;
        write!(out, "</td>")?;
        for state in &shown {
            let number = row[life(*state)];
            let none = if number == 0 { " none" } else { "" };
            write!(out, r#"<td class="number{none}">{}</td>"#, grouped(number))?;
        }
        writeln!(out, r#"<td class="number"><b>{}</b></td></tr>"#, grouped(row.iter().sum()))?;
    }
    writeln!(out, "</tbody></table>")
}
