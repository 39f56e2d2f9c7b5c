//! All tokens of one owner: which one stays, which go, and what came of it.

use std::io::{self, Write};

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::Style;
use super::human::ink::{Ink, paint};
use super::human::text::{count, shown_line, write_prose};
use crate::identity::Listed;
use crate::revocation::{Outcome, Rest};

/// Writes a row a token.
pub fn write_rest(rest: &Rest, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let title = format!("Tokens of {} at {}", rest.owner, rest.endpoint);
    writeln!(out, "{}", paint(style, Ink::Strong, &shown_line(&title, style)))?;
    let kept = [(&rest.kept, "stays".to_owned())];
    let others = rest.others.iter().map(|(row, outcome)| (row, word(*outcome)));
    let rows: Vec<(&Listed, String)> = kept.into_iter().chain(others).collect();
    let widest = |text: fn(&(&Listed, String)) -> usize| rows.iter().map(text).max().unwrap_or(0);
    let (word, name) = (widest(|row| row.1.width()), widest(|row| row.0.name.width()));
    for (row, what) in &rows {
        let Listed { id, created, last_used, .. } = row;
        let of = |what: &str, text: &Option<String>| text.as_ref().map(|it| format!("{what}{it}"));
        let about = [of("", id), of("made ", created), of("last used ", last_used)];
        let about: Vec<String> = about.into_iter().flatten().collect();
        let name = format!("{:name$}", row.name);
        let line = format!("  {what:word$}  {name}  {}", about.join(", "));
        writeln!(out, "{}", shown_line(line.trim_end(), style))?;
    }
    for said in &rest.said {
        write_prose("  ! ", said, style, out)?;
    }
    let others = count(rest.others.len() as u64, "token");
    let gone = rest.others.iter().filter(|(_, it)| *it == Some(Outcome::Revoked)).count();
    let closing = if rest.others.iter().all(|(_, outcome)| outcome.is_none()) {
        format!("{others} would be revoked: --yes does it.")
    } else {
        format!("{gone} of {others} revoked, and gone from the list.")
    };
    writeln!(out, "{}", paint(style, Ink::Strong, &closing))
}

/// What is to become of a token, or became.
fn word(outcome: Option<Outcome>) -> String {
    outcome.map_or_else(|| "goes".to_owned(), |outcome| outcome.to_string())
}

#[derive(Serialize)]
struct Line<'a> {
    schema: u8,
    #[serde(rename = "type")]
    kind: &'static str,
    endpoint: &'a str,
    owner: &'a str,
    #[serde(flatten)]
    token: &'a Listed,
    stays: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
}

/// Writes a line of JSON a token.
pub fn write_rest_json(rest: &Rest, out: &mut dyn Write) -> io::Result<()> {
    let kept = [(&rest.kept, None, true)];
    let others = rest.others.iter().map(|(row, outcome)| (row, *outcome, false));
    for (token, outcome, stays) in kept.into_iter().chain(others) {
        let Rest { endpoint, owner, .. } = rest;
        let line = Line { schema: 1, kind: "token", endpoint, owner, token, stays, outcome };
        serde_json::to_writer(&mut *out, &line)?;
        writeln!(out)?;
    }
    Ok(())
}
