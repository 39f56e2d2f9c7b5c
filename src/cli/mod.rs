//! The command line: arguments in, exit status out. One file a subcommand.

pub mod args;
pub mod exit;
pub mod report;
mod scan;
mod settings;

use std::io::{self, Write};

use clap::CommandFactory;

use self::args::{Cli, Command, ReportArgs};
use self::exit::Exit;

/// Runs a command. Errors are wrong usage or a report that could not be written: status 2.
pub fn run(cli: &Cli) -> anyhow::Result<u8> {
    match &cli.command {
        Command::Scan(args) => scan::run(args).map(|exit| exit.code(args.exit_code)),
        Command::Report(args) => show_report(args),
        Command::Rules(_) => anyhow::bail!("not yet"),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "squelch", &mut script);
            print(&script)
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            print(&page)
        }
    }
}

fn show_report(args: &ReportArgs) -> anyhow::Result<u8> {
    let style = settings::style(args.color, false);
    let mut text = Vec::new();
    report::show(&args.file, report::Viewer::Auto, &style, &mut text)?;
    print(&text)
}

fn print(bytes: &[u8]) -> anyhow::Result<u8> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.or_else(scan::ignore_closed_pipe)?;
    Ok(Exit::Clean.code(1))
}
