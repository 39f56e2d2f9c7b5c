//! What could not be read, and what was: a page without findings is worth as much as this says.

use std::io::{self, Write};

use super::text::Text;
use super::words::{count, grouped};
use crate::finding::Tally;
use crate::report::Content;
use crate::report::summary::bytes;

/// Problems in the table; a damaged repository can have a million.
const LISTED: usize = 500;

/// Writes what could not be read, if there is any.
pub(super) fn write_problems(report: &dyn Content, out: &mut dyn Write) -> io::Result<()> {
    let all = report.head().problems;
    if all == 0 {
        return Ok(());
    }
    writeln!(
        out,
        r#"<section id="unread"><h2>What could not be read</h2><p class="lead">There may be tokens here that this page does not know of.</p>
<table class="unread"><caption>{}</caption><thead><tr><th scope="col">Where</th><th scope="col">Why</th><th scope="col">What helps</th></tr></thead><tbody>"#,
        count(all as u64, "problem")
    )?;
    for problem in report.problems().take(LISTED) {
        let problem = &*problem?;
        writeln!(
            out,
            r#"<tr><th scope="row"><code>{}</code></th><td>{} <span class="quiet">{}</span></td><td>{}</td></tr>"#,
            Text(&problem.place),
            Text(&problem.why),
            problem.code,
            Text(problem.hint.as_deref().unwrap_or("-"))
        )?;
    }
    writeln!(out, "</tbody></table>")?;
    let more = all.saturating_sub(LISTED) as u64;
    if more > 0 {
        let more = count(more, "more problem");
        writeln!(out, r#"<p class="quiet">And {more}, which the JSON Lines form lists.</p>"#)?;
    }
    writeln!(out, "</section>")
}

/// Writes the end of the page: what was read, and how to take it.
pub(super) fn write_closing(tally: &Tally, out: &mut dyn Write) -> io::Result<()> {
    let rows = [
        ("repositories", tally.repositories, None),
        ("commits", tally.commits, None),
        ("git objects", tally.objects, Some(tally.object_bytes)),
        ("files of git", tally.git_files, None),
        ("files", tally.files, Some(tally.file_bytes)),
        ("archive members", tally.members, Some(tally.member_bytes)),
        ("ignored paths, not read", tally.ignored, None),
        ("special files, not read", tally.special, None),
    ];
    writeln!(out, r#"<footer id="read"><h2>What was read</h2><dl class="read">"#)?;
    for (word, number, size) in rows.into_iter().filter(|(_, number, _)| *number > 0) {
        let size = size.map(|size| format!(" <small>{}</small>", bytes(size))).unwrap_or_default();
        writeln!(out, "<div><dt>{word}</dt><dd>{}{size}</dd></div>", grouped(number))?;
    }
    writeln!(
        out,
        "</dl>\n<p>Of each token this page has its first and last characters and a digest, never the \
         token. It loads nothing and runs nothing: it can be sent and kept as a file. Who reads it \
         learns where the tokens stand, so keep it among those who may.</p>\n</footer>"
    )
}
