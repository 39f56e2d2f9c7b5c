//! Writing a report: to standard output, to files, and the last words to standard error.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use anyhow::Context;

use super::args::OutArgs;
use crate::finding::Report;
use crate::report::{self, Format, SarifProfile, Style};
use crate::rule::Rules;

/// Where a report goes, and how.
#[derive(Debug)]
pub(crate) struct Outputs<'a> {
    pub(crate) args: &'a OutArgs,
    /// Whether the form for people is a table.
    pub(crate) table: bool,
    pub(crate) profile: SarifProfile,
    pub(crate) style: Style,
}

impl Outputs<'_> {
    /// Writes a report everywhere it goes.
    pub(crate) fn deliver(&self, report: &Report, rules: &Rules) -> anyhow::Result<()> {
        for (format, path) in &self.args.output {
            self.write_file(*format, path, report, rules)?;
        }
        let mut stdout = BufWriter::new(io::stdout().lock());
        self.write(self.args.format, report, rules, &self.style, &mut stdout)
            .and_then(|()| stdout.flush())
            .or_else(ignore_closed_pipe)
            .context("cannot write to standard output")?;
        if !self.args.quiet || !report.problems.is_empty() {
            let style =
                Style { color: self.style.color && io::stderr().is_terminal(), ..self.style };
            let _ = report::write_summary(report, &style, &mut io::stderr().lock());
        }
        Ok(())
    }

    fn write_file(
        &self,
        format: Format,
        path: &Path,
        report: &Report,
        rules: &Rules,
    ) -> anyhow::Result<()> {
        let style = Style { color: false, width: 100, unicode: true, explain: true };
        report::file::write(path, |out| self.write(format, report, rules, &style, out))
    }

    fn write(
        &self,
        format: Format,
        report: &Report,
        rules: &Rules,
        style: &Style,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match format {
            Format::Human if self.table => report::write_table(report, style, out),
            Format::Human => report::write_human(report, style, out),
            Format::Jsonl => report::write_jsonl(report, out),
            Format::Sarif => report::write_sarif(report, rules, self.profile, out),
        }
    }
}

/// A reader that has seen enough is no error: `squelch scan | head` ends quietly.
pub(crate) fn ignore_closed_pipe(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}
