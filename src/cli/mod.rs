//! The command line: arguments in, exit status out. One file a subcommand.

pub mod args;
mod ask;
mod audit;
mod baseline;
mod deliver;
mod dumps;
pub mod exit;
#[cfg(feature = "fleet")]
mod fleet;
mod logs;
pub mod report;
mod repos;
mod revoke;
pub mod rules;
mod scan;
mod settings;
mod sweep;
mod systems;
mod trace;
mod usage;
mod verify;

use std::io::{self, Write};

use clap::CommandFactory;

use self::args::{Cli, Command, RulesArgs, RulesCommand};
use self::exit::Exit;

/// Runs a command. Errors are wrong usage or a report that could not be written: status 2.
pub fn run(cli: &Cli) -> anyhow::Result<u8> {
    match &cli.command {
        Command::Scan(args) => scan::run(args).map(|exit| exit.code(args.exit_code)),
        Command::Sweep(args) => sweep::run(args).map(|exit| exit.code(1)),
        Command::Repos(args) => repos::run(args).map(|exit| exit.code(1)),
        #[cfg(feature = "fleet")]
        Command::Fleet(args) => fleet::run(args).map(|exit| exit.code(1)),
        Command::Trace(args) => trace::run(args).map(|exit| exit.code(1)),
        Command::Verify(args) => verify::run(args).map(|exit| exit.code(1)),
        Command::Usage(args) => usage::run(args).map(|exit| exit.code(1)),
        Command::Revoke(args) => revoke::run(args).map(|exit| exit.code(1)),
        Command::Audit(args) => audit::run(args).map(|exit| exit.code(1)),
        Command::Baseline(args) => baseline::run(args).map(|exit| exit.code(1)),
        Command::Report(args) => report::run(args),
        Command::Logs(args) => logs::run(args),
        Command::Rules(args) => run_rules(args),
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

fn run_rules(args: &RulesArgs) -> anyhow::Result<u8> {
    let mut text = Vec::new();
    let good = match &args.command {
        RulesCommand::List { rules } => {
            rules::list(&settings::rules(rules)?, &mut text)?;
            true
        }
        RulesCommand::Show { id, rules } => {
            if !rules::show(&settings::rules(rules)?, id, &mut text)? {
                anyhow::bail!("there is no rule '{id}': see squelch rules list");
            }
            true
        }
        RulesCommand::Test { files } => {
            let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            rules::test(&settings::rules(files)?, &names, &mut text)?
        }
    };
    print(&text)?;
    Ok(if good { Exit::Clean } else { Exit::Findings }.code(1))
}

fn print(bytes: &[u8]) -> anyhow::Result<u8> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.or_else(deliver::ignore_closed_pipe)?;
    Ok(Exit::Clean.code(1))
}
