//! What to do first: the tokens that hurt most as long as they live.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::overview::{life, owner};
use super::text::{Code, Entry, Text, write_address};
use super::timeline::is_there;
use super::words::{first_place, grouped, severity_word, state_class, state_word};
use crate::finding::{Finding, Severity, State};
use crate::revocation::Outcome;

/// More than this is no beginning any more.
const FIRST: usize = 10;

/// The tokens that may be alive.
#[derive(Debug, Default)]
pub(super) struct First {
    open: u64,
    /// Rows of the gravest by what makes them so, the gravest first.
    rows: BTreeMap<Grave, Vec<u8>>,
}

/// What is done first comes first: what is alive, then what is severe, known best, in the files of
/// today, and high up in the report.
type Grave = (Reverse<(bool, Severity)>, usize, bool, usize);

impl First {
    pub(super) fn add(&mut self, number: usize, finding: &Finding) -> io::Result<()> {
        if is_over(finding) {
            return Ok(());
        }
        self.open += 1;
        let state = finding.verdict.state;
        let worst = Reverse((state == State::Live, finding.severity));
        let grave = (worst, life(state), !is_there(finding), number);
        let last = self.rows.last_key_value().filter(|_| self.rows.len() == FIRST);
        if last.is_some_and(|(last, _)| *last < grave) {
            return Ok(());
        }
        let mut row = Vec::new();
        write_row(number, finding, &mut row)?;
        self.rows.insert(grave, row);
        if self.rows.len() > FIRST {
            self.rows.pop_last();
        }
        Ok(())
    }

    /// Writes the section, unless all tokens are dead.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        writeln!(
            out,
            r#"<section id="first"><h2>What to do first</h2><p class="lead">Make a new token, put it where the old one is used, revoke the old one, and prove that it is dead: each entry says how. {}</p>"#,
            match self.open - self.rows.len() as u64 {
                0 => "These are all that may be alive.".to_owned(),
                more => format!(
                    "The other {} that may be alive are in the list of findings.",
                    grouped(more)
                ),
            }
        )?;
        writeln!(
            out,
            r#"<table class="first"><caption>The gravest tokens that may be alive</caption><thead><tr><th scope="col">Token</th><th scope="col">State</th><th scope="col">Where</th><th scope="col">Revoke it</th></tr></thead><tbody>"#
        )?;
        self.rows.values().try_for_each(|row| out.write_all(row))?;
        writeln!(out, "</tbody></table></section>")
    }
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
        r#"<tr><th scope="row">{} <span class="quiet">{}{}</span></th>"#,
        Entry(number, Code(&finding.redacted)),
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
            write!(out, "{}", Entry(number, Text("by a command")))?;
        }
        None => write!(out, "{}", Entry(number, Text("as its entry says")))?,
    }
    writeln!(out, "</td></tr>")
}
