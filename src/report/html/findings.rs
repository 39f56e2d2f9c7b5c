//! Every token: the gravest in full, behind a line that opens, and a row for each of the rest.

use std::collections::HashMap;
use std::io::{self, Write};

use super::overview::{Overview, SEVERITIES, owner};
use super::text::Text;
use super::words::{count, first_place, grouped, severity_word, state_class, state_word};
use super::{ENTRIES, finding};
use crate::finding::{Finding, Severity, Suppressed};
use crate::remedy::Remedy;
use crate::report::Content;

/// Tokens that are shown in full: some 4 kB each, 4 MB altogether, which a browser still opens at
/// once. A row for one of the others is a third of a kilobyte.
const FULL: usize = 1000;

/// The recipe of each rule as it was told last, and for which token.
pub(super) type Told = HashMap<String, (Remedy, usize)>;

pub(super) fn write(report: &dyn Content, all: &Overview, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, r#"<section id="findings"><h2>All tokens</h2>"#)?;
    if all.tokens == 0 {
        writeln!(out, r#"<p class="lead">None in what was read.</p></section>"#)?;
        return Ok(());
    }
    write_index(all, out)?;
    let mut told = Told::new();
    let (mut group, mut in_rows) = (None, false);
    for (number, finding) in (1..=ENTRIES).zip(report.findings()) {
        let finding = &*finding?;
        if group != Some(finding.severity) {
            write_end(std::mem::take(&mut in_rows), out)?;
            write_group(finding.severity, all, out)?;
            group = Some(finding.severity);
        }
        if number <= FULL {
            finding::write(number, finding, &mut told, out)?;
            continue;
        }
        if !std::mem::replace(&mut in_rows, true) {
            write_head(severity_word(finding.severity), out)?;
        }
        write_row(finding, Some(number), owner(finding).unwrap_or("-"), out)?;
    }
    write_end(in_rows, out)?;
    write_rest(all.tokens, out)?;
    writeln!(out, "</section>")
}

/// What a baseline or a comment keeps out, if it keeps out any: a row a token.
pub(super) fn write_suppressed(report: &dyn Content, out: &mut dyn Write) -> io::Result<()> {
    let all = report.head().suppressed as u64;
    if all == 0 {
        return Ok(());
    }
    writeln!(
        out,
        r#"<section id="suppressed"><h2>Suppressed</h2><p class="lead">Known already, and not counted above. That a token is known does not make it harmless: revoke it.</p><table class="rows"><caption>{}</caption><thead><tr><th scope="col">Token</th><th scope="col">State</th><th scope="col">Where</th><th scope="col">First commit</th><th scope="col">By</th></tr></thead><tbody>"#,
        count(all, "token")
    )?;
    for suppressed in report.all_suppressed().take(ENTRIES) {
        let Suppressed { finding, covered } = &*suppressed?;
        let note = covered.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        write_row(finding, None, &format!("{}{note}", covered.by), out)?;
    }
    write!(out, "</tbody></table>")?;
    write_rest(all, out)?;
    writeln!(out, "</section>")
}

fn write_index(all: &Overview, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, r#"<nav class="index" aria-label="Tokens by severity"><ul>"#)?;
    let mut before = 0;
    for severity in SEVERITIES.into_iter().filter(|it| all.of_severity(*it) > 0) {
        let (word, many) = (severity_word(severity), grouped(all.of_severity(severity)));
        let badge = format!(r#"<b class="badge {word}">{word}</b> {many}"#);
        if before < ENTRIES as u64 {
            writeln!(out, r##"<li><a href="#{word}">{badge}</a></li>"##)?;
        } else {
            writeln!(out, "<li>{badge}</li>")?;
        }
        before += all.of_severity(severity);
    }
    writeln!(out, "</ul></nav>")?;
    if all.tokens > FULL as u64 {
        let row = if all.tokens > ENTRIES as u64 {
            format!("the next {} are a row each", grouped((ENTRIES - FULL) as u64))
        } else {
            "each other one is a row".to_owned()
        };
        writeln!(
            out,
            r#"<p class="lead">The {} gravest are here in full, {row}. The JSON Lines form has everything of all.</p>"#,
            grouped(FULL as u64)
        )?;
    }
    Ok(())
}

/// How many have no entry, if there are any.
fn write_rest(all: u64, out: &mut dyn Write) -> io::Result<()> {
    match all.saturating_sub(ENTRIES as u64) {
        0 => Ok(()),
        more => writeln!(
            out,
            r#"<p class="lead">And {}, which only the JSON Lines form lists: a browser would not open a page with all of them.</p>"#,
            count(more, "more token")
        ),
    }
}

fn write_group(severity: Severity, all: &Overview, out: &mut dyn Write) -> io::Result<()> {
    let (word, many) = (severity_word(severity), count(all.of_severity(severity), "token"));
    writeln!(out, r#"<h3 id="{word}"><b class="badge {word}">{word}</b> {many}</h3>"#)
}

fn write_head(severity: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        r#"<table class="rows"><caption>More tokens of severity {severity}</caption><thead><tr><th scope="col">Token</th><th scope="col">State</th><th scope="col">Where</th><th scope="col">First commit</th><th scope="col">Owner</th></tr></thead><tbody>"#
    )
}

/// The end of a table, if one has begun.
fn write_end(begun: bool, out: &mut dyn Write) -> io::Result<()> {
    if begun { writeln!(out, "</tbody></table>") } else { Ok(()) }
}

fn write_row(
    finding: &Finding,
    number: Option<usize>,
    last: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (place, more) = first_place(finding);
    let state = finding.verdict.state;
    let id = number.map(|number| format!(r#" id="t{number}""#)).unwrap_or_default();
    writeln!(
        out,
        r#"<tr{id}><th scope="row"><code>{}</code> <span class="quiet">{}</span></th><td><b class="badge {}">{}</b></td><td><code>{}</code>{}</td><td>{}</td><td>{}</td></tr>"#,
        Text(&finding.redacted),
        Text(&finding.rule.name),
        state_class(state),
        state_word(state),
        Text(&place),
        Text(&more),
        Text(finding.first_seen().unwrap_or("-")),
        Text(last),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{sample, text};

    /// The list of a report with so many of its first finding and of its second.
    fn list(first: usize, second: usize) -> String {
        let mut report = sample().report;
        let low = report.findings.pop().expect("two");
        let high = report.findings.pop().expect("two");
        report.findings = vec![high; first];
        report.findings.extend(vec![low; second]);
        let mut all = Overview::new(&report.repositories);
        report.findings.iter().for_each(|finding| all.add(finding));
        text(|out| write(&report, &all, out))
    }

    #[test]
    fn the_gravest_are_told_in_full_and_nobody_is_left_out() {
        let page = list(1001, 200);
        assert_eq!(page.matches("<details class=\"token").count(), FULL);
        assert_eq!(page.matches("<tr id=").count(), 201);
        for number in 1..=1201 {
            assert_eq!(page.matches(&format!("id=\"t{number}\"")).count(), 1, "{number}");
        }
        assert_eq!(page.matches("<table").count(), page.matches("</table>").count());
        assert!(page.contains("1,000 gravest"), "the reader is told");
    }

    #[test]
    fn what_has_no_entry_is_counted() {
        let page = list(ENTRIES, 2);
        assert_eq!(page.matches("<tr id=").count(), ENTRIES - FULL);
        assert!(page.contains("the next 19,000 are a row each"), "the reader is told");
        assert!(page.contains("And 2 more tokens, which only the JSON Lines form lists"));
        assert!(!page.contains("href=\"#medium\""), "a link leads to something");
        assert!(page.contains("medium</b> 2"), "{}", &page[..600]);
    }
}
