//! Where a token stands: the first places with their lines, the others without.

use std::io::{self, Write};

use super::text::{Text, write_address, write_marked};
use super::words::{at, count};
use crate::finding::Finding;
use crate::leak::{MaskedLine, Place};
use crate::report::human;

/// Places that are shown with their line.
const QUOTED: usize = 8;

/// Places that are listed; a token of a template can stand in each of ten thousand files.
const LISTED: usize = 200;

pub(super) fn write(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let places = &finding.places;
    let quoted = places.len().min(QUOTED);
    writeln!(out, "<h5>Where it stands</h5><ol class=\"places\">")?;
    for place in &places[..quoted] {
        write_quoted(place, &finding.redacted, out)?;
    }
    writeln!(out, "</ol>")?;
    let rest = &places[quoted..];
    if rest.is_empty() {
        return Ok(());
    }
    let more = count(rest.len() as u64, "more place");
    writeln!(out, "<details class=\"more\"><summary>{more}</summary><ul>")?;
    for place in rest.iter().take(LISTED) {
        writeln!(
            out,
            r#"<li><code>{}</code> <span class="quiet">{}</span></li>"#,
            Text(&at(place)),
            Text(&human::about(place).join(", "))
        )?;
    }
    let unlisted = rest.len().saturating_sub(LISTED) as u64;
    if unlisted > 0 {
        let more = count(unlisted, "more place");
        writeln!(out, "<li>and {more}, which the JSON Lines form lists</li>")?;
    }
    writeln!(out, "</ul></details>")
}

fn write_quoted(place: &Place, redacted: &str, out: &mut dyn Write) -> io::Result<()> {
    let position = place.position;
    write!(
        out,
        r#"<li><span class="at"><code>{}:{}:{}</code> <span class="quiet">{}</span>"#,
        Text(&place.origin.full_path()),
        position.line,
        position.column,
        Text(&human::about(place).join(", "))
    )?;
    if let Some(link) = place.origin.log.as_ref().and_then(|log| log.link.as_ref()) {
        write!(out, "<br>")?;
        write_address(link, out)?;
    }
    writeln!(out, "</span>")?;
    write_line(position.line, &place.line, redacted, out)?;
    for half in &place.halves {
        writeln!(out, r#"<span class="at quiet">{}</span>"#, Text(&half.words()))?;
        write_line(half.position.line, &half.line, &half.shown, out)?;
    }
    writeln!(out, "</li>")
}

fn write_line(number: u64, line: &MaskedLine, masked: &str, out: &mut dyn Write) -> io::Result<()> {
    let mark = |cut| if cut { "<i>…</i>" } else { "" };
    write!(out, r#"<pre class="line"><b>{number}</b><code>{}"#, mark(line.cut.0))?;
    write_marked(&line.text, masked, out)?;
    writeln!(out, "{}</code></pre>", mark(line.cut.1))
}
