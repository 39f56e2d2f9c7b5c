//! The form for whoever decides: one page for a browser, which loads nothing and runs nothing.
//!
//! ```text
//! Content ─▶ once through: Overview (what is counted), what first, timeline, what breaks
//!         └▶ what was not read, then token by token, written as they come
//! ```
//!
//! Everything that was scanned, or that a service said, goes through [`text`]; nothing else may
//! write it.

mod breaks;
mod charts;
mod finding;
mod findings;
mod first;
mod head;
mod headline;
mod overview;
mod places;
mod remedy;
mod scale;
mod text;
mod timeline;
mod unread;
mod words;

use std::io::{self, Write};

use super::Content;
use breaks::Breaks;
use first::First;
use overview::Overview;
use timeline::Timeline;

/// Tokens that have an entry in the page, the gravest. A thousand of them are told in full, which
/// makes 4 MB, and a row is a third of a kilobyte: with twenty thousand the page has 11 MB.
const ENTRIES: usize = 20_000;

/// Writes the page. What was dismissed is not in it.
pub fn write_html(report: &dyn Content, out: &mut dyn Write) -> io::Result<()> {
    let said = report.head();
    let mut all = Overview::new(said.repositories);
    let (mut first, mut timeline, mut breaks) =
        (First::default(), Timeline::default(), Breaks::default());
    for (number, finding) in (1..).zip(report.findings()) {
        let finding = &*finding?;
        all.add(finding);
        first.add(number, finding)?;
        timeline.add(number, finding);
        breaks.add(number, finding);
    }
    head::write(&headline::title(said), out)?;
    writeln!(out, "<main>")?;
    headline::write(report, &all, out)?;
    first.write(out)?;
    timeline.write(out)?;
    charts::write(&all, out)?;
    breaks.write(out)?;
    unread::write_problems(report, out)?;
    findings::write(report, &all, out)?;
    findings::write_suppressed(report, out)?;
    writeln!(out, "</main>")?;
    unread::write_closing(said.tally, out)?;
    writeln!(out, "</body>\n</html>")
}
