//! The form for the bad week: a row a token, and below it how to revoke it.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::human::Lives;
use super::human::frame::head;
use super::human::ink::{Ink, paint};
use super::human::text::{count, shown_line};
use super::{Content, Style};
use crate::finding::{Finding, State};
use crate::identity::{About, Identity, Known, Sure};
use crate::shell::Shell;

const HEADS: [&str; 6] = ["TOKEN", "ALIVE", "WHOSE", "WHICH ONE", "SINCE", "USED IN"];
/// The widest that a column gets while another one is short of room.
const FAIR: usize = 28;

/// Writes all tokens as a table.
pub fn write_table(report: &dyn Content, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let tokens = report.head().findings;
    if tokens == 0 {
        return writeln!(out, "No tokens.");
    }
    let widths = widths(report, style)?;
    let (mut lives, mut unsure) = (Lives::default(), false);
    writeln!(
        out,
        "{}",
        paint(style, Ink::Quiet, &line(&HEADS.map(str::to_owned), &widths, style))
    )?;
    for finding in report.findings() {
        let finding = &*finding?;
        let row = row(finding, style);
        lives.add(finding);
        unsure |= row.iter().any(|cell| cell.ends_with('?'));
        let text = line(&row, &widths, style);
        writeln!(out, "{}", paint(style, ink(finding), &text))?;
        if finding.verdict.state == State::Dead {
            writeln!(out, "  dead: {}", shown_line(&finding.verdict.why, style))?;
            continue;
        }
        let how = paint(style, Ink::Command, &shown_line(&how(finding), style));
        writeln!(out, "  revoke: {how}")?;
    }
    if unsure {
        writeln!(out, "\n?  not certain: the JSON Lines form says how it is known")?;
    }
    let closing = format!("{}{}.", count(tokens as u64, "token"), lives.words());
    writeln!(out, "\n{}", paint(style, Ink::Strong, &closing))
}

fn ink(finding: &Finding) -> Ink {
    match finding.verdict.state {
        State::Live => Ink::of(finding.severity),
        State::Dead => Ink::Quiet,
        State::Unknown | State::Unasked => Ink::Strong,
    }
}

fn row(finding: &Finding, style: &Style) -> [String; 6] {
    let identity = &finding.identity;
    let state = match finding.verdict.state {
        State::Unasked => "not asked".to_owned(),
        state => state.to_string(),
    };
    let since = finding.first_seen().map_or("no commit".to_owned(), str::to_owned);
    let stored: Vec<&Known> = identity.all(About::StoredIn).collect();
    let cells = [
        finding.redacted.clone(),
        state,
        whose(identity),
        which(identity),
        since,
        used(&stored, finding.usages.len()),
    ];
    cells.map(|cell| if cell.is_empty() { "-".to_owned() } else { shown_line(&cell, style) })
}

fn whose(identity: &Identity) -> String {
    let owner = marked(identity, About::Owner);
    let Some(mut text) = owner.or_else(|| marked(identity, About::Organization)) else {
        return marked(identity, About::OwnerName).unwrap_or_default();
    };
    let admin = identity.all(About::Permission).any(|known| known.value == "admin");
    let gone = identity.best(About::OwnerActive).is_some_and(|known| known.value == "false");
    if admin {
        text.push_str(" (admin)");
    }
    if gone {
        text.push_str(" (inactive)");
    }
    text
}

fn which(identity: &Identity) -> String {
    let named = marked(identity, About::TokenName).or_else(|| marked(identity, About::TokenId));
    named.unwrap_or_else(|| match identity.contenders.as_slice() {
        [] => String::new(),
        [one] => format!("{}?", one.name),
        [first, rest @ ..] => format!("{} or {} more?", first.name, rest.len()),
    })
}

fn used(stored: &[&Known], usages: usize) -> String {
    match stored {
        [] if usages == 0 => String::new(),
        [] => format!("{}?", count(usages as u64, "place")),
        [one] if one.sure == Sure::Certain => one.value.clone(),
        [one] => format!("{}?", one.value),
        [first, rest @ ..] => format!("{} and {} more?", first.value, rest.len()),
    }
}

/// The surest value, with a question mark if it is not certain, as where two sources differ.
fn marked(identity: &Identity, about: About) -> Option<String> {
    let best = identity.best(about)?;
    let mark = if identity.certain(about).is_some() { "" } else { "?" };
    Some(format!("{}{mark}", best.value))
}

/// How to revoke it: the command, or the page and the first step.
fn how(finding: &Finding) -> String {
    let remedy = &finding.remedy;
    if !remedy.command.is_empty() {
        return Shell::Bash.line(&remedy.command);
    }
    let step = remedy.steps.first().map(String::as_str).unwrap_or_default();
    match &remedy.page {
        Some(page) => format!("{step} {page}"),
        None => step.to_owned(),
    }
}

/// As wide as its widest cell, as far as there is room: wide columns give first.
fn widths(report: &dyn Content, style: &Style) -> io::Result<[usize; 6]> {
    let mut widths = HEADS.map(UnicodeWidthStr::width);
    for finding in report.findings() {
        for (width, cell) in widths.iter_mut().zip(row(&*finding?, style)) {
            *width = (*width).max(cell.width());
        }
    }
    let gaps = 2 * (HEADS.len() - 1);
    while widths.iter().sum::<usize>() + gaps > style.width {
        let Some(widest) = widths.iter_mut().filter(|width| **width > FAIR).max() else { break };
        *widest -= 1;
    }
    Ok(widths)
}

fn line(cells: &[String; 6], widths: &[usize; 6], style: &Style) -> String {
    let mut text = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        let cell = fitted(cell, *width, style);
        text.push_str(&cell);
        text.push_str(&" ".repeat(width.saturating_sub(cell.width()) + 2));
    }
    text.trim_end().to_owned()
}

fn fitted(cell: &str, width: usize, style: &Style) -> String {
    if cell.width() <= width {
        return cell.to_owned();
    }
    let cut = if style.unicode { "…" } else { "..." };
    let mark = if cell.ends_with('?') { "?" } else { "" };
    let room = width.saturating_sub(cut.width() + mark.len());
    format!("{}{mark}", head(cell, room, cut, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{sample, text};
    use crate::identity::Contender;
    use crate::verdict::Verdict;

    #[test]
    fn a_row_says_what_is_certain_and_what_is_not() {
        let mut report = sample().report;
        let first = &mut report.findings[0];
        first.verdict = Verdict { state: State::Live, ..Verdict::unknown("took it") };
        let mut identity = Identity::default();
        identity.add(Known::certain(About::Owner, "ada", "x"));
        identity.add(Known::certain(About::Permission, "admin", "x"));
        identity.add(Known::certain(About::TokenName, "CI of shop", "x"));
        let stored =
            Known::certain(About::StoredIn, "SONAR_TOKEN in CircleCI project gh/acme/web", "x");
        identity.add(Known { sure: Sure::Consistent, ..stored });
        first.identity = identity;
        first.fill_remedy();
        let why = String::new();
        let contender = |name: &str| Contender { name: name.to_owned(), why: why.clone() };
        report.findings[1].verdict.state = State::Dead;
        report.findings[1].identity.contenders = vec![contender("a"), contender("b")];
        let table = text(|out| write_table(&report, &Style { width: 110, ..Style::plain() }, out));
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[0].starts_with("TOKEN"), "{table}");
        assert!(lines.iter().all(|line| line.width() <= 110 || line.starts_with("  ")), "{table}");
        assert!(lines[1].contains("live") && lines[1].contains("ada (admin)"), "{table}");
        assert!(lines[1].contains("CI of shop  "), "{table}");
        assert!(lines[2].starts_with("  revoke: curl "), "{table}");
        assert!(lines[3].contains("a or 1 more?"), "{table}");
        assert!(lines[4].starts_with("  dead: "), "there is nothing to revoke: {table}");
        assert!(table.ends_with("2 tokens: 1 live, 1 dead.\n"), "{table}");
        let other = Known::certain(About::TokenName, "CI of bar", "y");
        report.findings[0].identity.add(other);
        let table = text(|out| write_table(&report, &Style { width: 110, ..Style::plain() }, out));
        assert!(table.contains("CI of shop? "), "two sources that differ prove nothing: {table}");
    }
}
