//! Writing a report: to standard output, to files, and the last words to standard error.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use anyhow::Context;

use super::args::OutArgs;
use super::exit::Exit;
use crate::problem::Problem;
use crate::report::{self, Content, Format, SarifProfile, Style};
use crate::rule::Rules;
use crate::scan::mask;
use crate::shell::Shell;

/// Where a report goes, and how.
#[derive(Debug)]
pub(crate) struct Outputs<'a> {
    pub(crate) args: &'a OutArgs,
    /// Which form people get.
    pub(crate) screen: Screen,
    pub(crate) profile: SarifProfile,
    pub(crate) style: Style,
}

/// A form for people.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Screen {
    /// Each token where it stands.
    Findings,
    /// A row a token.
    Table,
    /// What to do about each token, in commands for a shell.
    Plan(Shell),
}

impl Outputs<'_> {
    /// Writes a report everywhere it goes.
    pub(crate) fn deliver(&self, report: &dyn Content, rules: &Rules) -> anyhow::Result<()> {
        for (format, path) in &self.args.output {
            self.write_file(*format, path, report, rules)?;
        }
        let mut stdout = BufWriter::new(io::stdout().lock());
        self.write(self.args.format, report, rules, &self.style, &mut stdout)
            .and_then(|()| stdout.flush())
            .or_else(ignore_closed_pipe)
            .context("cannot write to standard output")?;
        if !self.args.quiet || report.head().problems > 0 {
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
        report: &dyn Content,
        rules: &Rules,
    ) -> anyhow::Result<()> {
        let style = Style { color: false, width: 100, unicode: true, explain: true };
        report::file::write(path, |out| self.write(format, report, rules, &style, out))
    }

    fn write(
        &self,
        format: Format,
        report: &dyn Content,
        rules: &Rules,
        style: &Style,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match format {
            Format::Human => match self.screen {
                Screen::Findings => report::write_human(report, style, out),
                Screen::Table => report::write_table(report, style, out),
                Screen::Plan(shell) => report::write_plan(report, shell, style, out),
            },
            Format::Jsonl => report::write_jsonl(report, out),
            Format::Sarif => report::write_sarif(report, rules, self.profile, out),
            Format::Html => report::write_html(report, out),
        }
    }
}

/// Says what could not be read; the status of a run that looks for nothing.
pub(super) fn closing(problems: &[Problem], style: &Style, rules: &Rules) -> Exit {
    if problems.is_empty() {
        return Exit::Clean;
    }
    let style = Style { color: style.color && io::stderr().is_terminal(), ..*style };
    let mut text = Vec::new();
    let _ = report::write_problems(problems, &style, &mut text);
    let text = mask(&String::from_utf8_lossy(&text), rules);
    let _ = io::stderr().lock().write_all(text.as_bytes());
    Exit::Incomplete
}

/// A reader that has seen enough is no error: `squelch scan | head` ends quietly.
pub(crate) fn ignore_closed_pipe(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}
