//! Every token: the gravest in full, behind a line that opens, and a row for each of the rest.

use std::collections::HashMap;
use std::io::{self, Write};

use super::finding;
use super::overview::{Overview, SEVERITIES, owner};
use super::text::Text;
use super::words::{count, first_place, grouped, severity_word, state_class, state_word};
use crate::finding::{Finding, Report, Severity, Suppressed};
use crate::remedy::Remedy;

/// Tokens that are shown in full: some 4 kB each, 4 MB altogether, which a browser still opens at
/// once. A row for one of the others is a third of a kilobyte.
const FULL: usize = 1000;

/// The recipe of each rule as it was told last, and for which token.
pub(super) type Told<'a> = HashMap<&'a str, (&'a Remedy, usize)>;

pub(super) fn write(report: &Report, all: &Overview, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, r#"<section id="findings"><h2>All tokens</h2>"#)?;
    if report.findings.is_empty() {
        writeln!(out, r#"<p class="lead">None in what was read.</p></section>"#)?;
        return Ok(());
    }
    write_index(report, all, out)?;
    let mut told = Told::new();
    let numbered: Vec<(usize, &Finding)> = (1..).zip(&report.findings).collect();
    for group in numbered.chunk_by(|(_, a), (_, b)| a.severity == b.severity) {
        write_group(group, &mut told, out)?;
    }
    writeln!(out, "</section>")
}

/// What a baseline or a comment keeps out, if it keeps out any: a row a token.
pub(super) fn write_suppressed(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.suppressed.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        r#"<section id="suppressed"><h2>Suppressed</h2><p class="lead">Known already, and not counted above. That a token is known does not make it harmless: revoke it.</p><table class="rows"><caption>{}</caption><thead><tr><th scope="col">Token</th><th scope="col">State</th><th scope="col">Where</th><th scope="col">First commit</th><th scope="col">By</th></tr></thead><tbody>"#,
        count(report.suppressed.len() as u64, "token")
    )?;
    for Suppressed { finding, covered } in &report.suppressed {
        let note = covered.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        write_row(finding, None, &format!("{}{note}", covered.by), out)?;
    }
    writeln!(out, "</tbody></table></section>")
}

fn write_index(report: &Report, all: &Overview, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, r#"<nav class="index" aria-label="Tokens by severity"><ul>"#)?;
    for severity in SEVERITIES.into_iter().filter(|it| all.of_severity(*it) > 0) {
        let (word, many) = (severity_word(severity), grouped(all.of_severity(severity)));
        writeln!(
            out,
            r##"<li><a href="#{word}"><b class="badge {word}">{word}</b> {many}</a></li>"##
        )?;
    }
    writeln!(out, "</ul></nav>")?;
    if report.findings.len() > FULL {
        writeln!(
            out,
            r#"<p class="lead">The {} gravest are here in full, each other one is a row. The JSON Lines form has everything of all.</p>"#,
            grouped(FULL as u64)
        )?;
    }
    Ok(())
}

fn write_group<'a>(
    group: &[(usize, &'a Finding)],
    told: &mut Told<'a>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let severity = group.first().map_or(Severity::Info, |(_, finding)| finding.severity);
    let (word, many) = (severity_word(severity), count(group.len() as u64, "token"));
    writeln!(out, r#"<h3 id="{word}"><b class="badge {word}">{word}</b> {many}</h3>"#)?;
    let full = group.iter().take_while(|(number, _)| *number <= FULL).count();
    for (number, finding) in &group[..full] {
        finding::write(*number, finding, told, out)?;
    }
    if full < group.len() { write_rows(&group[full..], word, out) } else { Ok(()) }
}

fn write_rows(rows: &[(usize, &Finding)], severity: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        r#"<table class="rows"><caption>More tokens of severity {severity}</caption><thead><tr><th scope="col">Token</th><th scope="col">State</th><th scope="col">Where</th><th scope="col">First commit</th><th scope="col">Owner</th></tr></thead><tbody>"#
    )?;
    for (number, finding) in rows {
        write_row(finding, Some(*number), owner(finding).unwrap_or("-"), out)?;
    }
    writeln!(out, "</tbody></table>")
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

    #[test]
    fn the_gravest_are_told_in_full_and_nobody_is_left_out() {
        let mut report = sample().report;
        let low = report.findings.pop().expect("two");
        let high = report.findings.pop().expect("two");
        report.findings = vec![high; 1001];
        report.findings.extend(vec![low; 200]);
        let all = Overview::of(&report);
        let page = text(|out| write(&report, &all, out));
        assert_eq!(page.matches("<details class=\"token").count(), FULL);
        assert_eq!(page.matches("<tr id=").count(), 201);
        for number in 1..=1201 {
            assert_eq!(page.matches(&format!("id=\"t{number}\"")).count(), 1, "{number}");
        }
        assert!(page.contains("1,000 gravest"), "the reader is told");
    }
}
