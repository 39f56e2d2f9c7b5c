//! The form for whoever decides: one page for a browser, which loads nothing and runs nothing.
//!
//! ```text
//! Report ─▶ Overview (what is counted) ─▶ headline · what first · timeline · charts · what breaks
//!        └▶ what was not read, then token by token, written as they come
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

use crate::finding::Report;
use overview::Overview;

/// Writes the page. What was dismissed is not in it.
pub fn write_html(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let all = Overview::of(report);
    head::write(&headline::title(report), out)?;
    writeln!(out, "<main>")?;
    headline::write(report, &all, out)?;
    first::write(report, out)?;
    timeline::write(report, out)?;
    charts::write(&all, out)?;
    breaks::write(report, out)?;
    unread::write_problems(report, out)?;
    findings::write(report, &all, out)?;
    findings::write_suppressed(report, out)?;
    writeln!(out, "</main>")?;
    unread::write_closing(report, out)?;
    writeln!(out, "</body>\n</html>")
}
