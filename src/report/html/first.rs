//! What to do first: the tokens that hurt most as long as they live.

use std::cmp::Reverse;
use std::io::{self, Write};

use super::overview::{life, owner};
use super::text::{Text, write_address};
use super::timeline::is_there;
use super::words::{first_place, grouped, severity_word, state_class, state_word};
use crate::finding::{Finding, Report, State};
use crate::revocation::Outcome;

/// More than this is no beginning any more.
const FIRST: usize = 10;

/// Writes the section, unless all tokens are dead.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut open: Vec<(usize, &Finding)> =
        (1..).zip(&report.findings).filter(|(_, finding)| !is_over(finding)).collect();
    if open.is_empty() {
        return Ok(());
    }
    let all = open.len();
    open.sort_by_key(|(number, finding)| {
        let alive = finding.verdict.state == State::Live;
        (
            Reverse((alive, finding.severity)),
            life(finding.verdict.state),
            !is_there(finding),
            *number,
        )
    });
    writeln!(
        out,
        r#"<section id="first"><h2>What to do first</h2><p class="lead">Make a new token, put it where the old one is used, revoke the old one, and prove that it is dead: each entry says how. {}</p>"#,
        match all.checked_sub(FIRST) {
            Some(more) if more > 0 => format!(
                "The other {} that may be alive are in the list of findings.",
                grouped(more as u64)
            ),
            _ => "These are all that may be alive.".to_owned(),
        }
    )?;
    writeln!(
        out,
        r#"<table class="first"><caption>The gravest tokens that may be alive</caption><thead><tr><th scope="col">Token</th><th scope="col">State</th><th scope="col">Where</th><th scope="col">Revoke it</th></tr></thead><tbody>"#
    )?;
    open.iter().take(FIRST).try_for_each(|(number, finding)| write_row(*number, finding, out))?;
    writeln!(out, "</tbody></table></section>")
}

/// Whether nothing is left to be afraid of.
fn is_over(finding: &Finding) -> bool {
    let revoked = finding.revocation.as_ref().is_some_and(|it| it.outcome == Outcome::Revoked);
    revoked || finding.verdict.state == State::Dead
}

fn write_row(number: usize, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let (state, severity) = (finding.verdict.state, severity_word(finding.severity));
    let whose = owner(finding).map(|owner| format!(" of {owner}")).unwrap_or_default();
    write!(
        out,
        r##"<tr><th scope="row"><a href="#t{number}"><code>{}</code></a> <span class="quiet">{}{}</span></th>"##,
        Text(&finding.redacted),
        Text(&finding.rule.name),
        Text(&whose)
    )?;
    write!(
        out,
        r#"<td><b class="badge {severity}">{severity}</b> <b class="badge {}">{}</b></td>"#,
        state_class(state),
        state_word(state)
    )?;
    let (place, more) = first_place(finding);
    write!(
        out,
        "<td><code>{}</code><span class=\"quiet\">{}</span></td><td>",
        Text(&place),
        Text(&more)
    )?;
    let remedy = &finding.remedy;
    match &remedy.page {
        Some(page) => write_address(page, out)?,
        None if !remedy.command.is_empty() => {
            write!(out, r##"<a href="#t{number}">by a command</a>"##)?;
        }
        None => write!(out, r##"<a href="#t{number}">as its entry says</a>"##)?,
    }
    writeln!(out, "</td></tr>")
}
