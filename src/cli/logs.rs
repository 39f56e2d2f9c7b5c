//! `squelch logs`: the logs of CI systems, by their APIs.

use std::collections::HashSet;
use std::fs;
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;

use super::args::logs::{
    ListFormat, LogTargetArgs, LogsArgs, LogsCommand, LogsGetArgs, LogsListArgs, LogsScanArgs,
};
use super::args::{MeansArgs, When};
use super::deliver::{Outputs, Screen, closing, ignore_closed_pipe};
use super::exit::Exit;
use super::scan::Watcher;
use super::systems::{Systems, since};
use super::{ask, dumps, settings};
use crate::api::Token;
use crate::ci::{self, Filter, LogReader, Settings, Target};
use crate::problem::Problem;
use crate::report;
use crate::report::escape::shown;
use crate::rule::Rules;
use crate::scan::{Intake, Options, Progress, Readings, Scope, mask, threads};

/// Lists, gets or scans. The status is the number to exit with.
pub(crate) fn run(args: &LogsArgs) -> Result<u8> {
    match &args.command {
        LogsCommand::List(args) => list(args).map(|exit| exit.code(1)),
        LogsCommand::Get(args) => get(args).map(|exit| exit.code(1)),
        LogsCommand::Scan(args) => scan(args).map(|exit| exit.code(args.exit_code)),
    }
}

/// Whose logs, and how they are asked for.
struct Asked {
    target: Target,
    settings: Settings,
}

impl Asked {
    fn of(args: &LogTargetArgs, means: &MeansArgs, rules: &Rules) -> Result<Self> {
        dumps::forbid();
        let target = Target::parse(&args.url, args.provider.as_deref(), means.allow_http);
        let target = target.map_err(anyhow::Error::msg)?;
        let filter = Filter {
            since: since("--since", args.since.as_deref())?,
            workflow: args.workflow.clone(),
            branch: args.branch.clone(),
            limit: args.limit.map(|limit| limit as usize),
        };
        let token = Token::named(args.token_env.as_deref(), &target.provider.service);
        let systems = Systems::new(means, Duration::from_secs(args.max_wait.into()), rules)?;
        let access = systems.access(token.map_err(anyhow::Error::msg)?);
        let settings = Settings { access, filter };
        Ok(Self { target, settings })
    }

    /// Says on standard error whom it asks, and as whom.
    fn announce(&self, quiet: bool) {
        if quiet {
            return;
        }
        let who = self.settings.access.whom(&self.target.provider.service);
        let (name, api) = (self.target.provider.name, self.target.api());
        let text = format!("Asking {name} at {api} {who}, by GET only");
        let _ = writeln!(io::stderr().lock(), "{}", shown(&text, true));
    }
}

fn list(args: &LogsListArgs) -> Result<Exit> {
    let rules = settings::rules(&[])?;
    let asked = Asked::of(&args.target, &args.means, &rules)?;
    asked.announce(args.quiet);
    let mut logs = Vec::new();
    let problems = ci::list(&asked.target, &asked.settings, &mut |log| logs.push(log.clone()));
    let style = settings::style(args.color, false);
    let mut text = Vec::new();
    match args.format {
        ListFormat::Human => report::write_logs(&logs, &style, &mut text)?,
        ListFormat::Jsonl => report::write_log_lines(&logs, &problems, &mut text)?,
    }
    // A branch or a job can have a token for a name.
    print(mask(&String::from_utf8_lossy(&text), &rules).as_bytes())?;
    Ok(closing(&problems, &style, &rules))
}

fn print(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.or_else(ignore_closed_pipe).context("cannot write to standard output")
}

fn get(args: &LogsGetArgs) -> Result<Exit> {
    let rules = settings::rules(&[])?;
    let asked = Asked::of(&args.target, &args.means, &rules)?;
    let style = settings::style(When::Auto, false);
    let Some(folder) = &args.to else {
        let problems = one_to_stdout(&asked)?;
        return Ok(closing(&problems, &style, &rules));
    };
    asked.announce(args.quiet);
    let (problems, written) = all_to(folder, &asked, &rules)?;
    if !args.quiet {
        let logs = if written == 1 { "1 log".to_owned() } else { format!("{written} logs") };
        let _ = writeln!(io::stderr().lock(), "Wrote {logs} into {}", folder.display());
    }
    Ok(closing(&problems, &style, &rules))
}

/// Writes the one log there is.
fn one_to_stdout(asked: &Asked) -> Result<Vec<Problem>> {
    if io::stdout().is_terminal() {
        bail!(
            "a log can hold what a terminal obeys: send it to a file or a program, or use --to DIR"
        );
    }
    let Settings { filter, .. } = &asked.settings;
    if filter.limit != Some(1) {
        let mut count = 0;
        let problems = ci::list(&asked.target, &asked.settings, &mut |_| count += 1);
        if count > 1 {
            bail!(
                "there are {count} logs: name the page of one, ask for the newest with --limit 1, or \
                 write them into a folder with --to DIR"
            );
        }
        if count == 0 {
            return Ok(problems);
        }
    }
    let mut failed = Ok(0);
    let problems = ci::read(&asked.target, &asked.settings, &mut |_, reader| {
        let mut stdout = BufWriter::new(io::stdout().lock());
        failed = copy(reader, &mut stdout);
        ControlFlow::Continue(())
    });
    failed.or_else(|error| ignore_closed_pipe(error).map(|()| 0))?;
    Ok(problems)
}

/// Copies what comes. That it ended too early is known to the reader; an error is the writer's.
fn copy(reader: &mut LogReader, out: &mut dyn Write) -> io::Result<u64> {
    let mut buffer = vec![0; 64 << 10];
    let mut copied = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                out.write_all(&buffer[..read])?;
                copied += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    out.flush().map(|()| copied)
}

/// Writes each log into a file of its own; returns what could not be read, and how many were written.
fn all_to(folder: &Path, asked: &Asked, rules: &Rules) -> Result<(Vec<Problem>, usize)> {
    let (mut written, mut failed) = (HashSet::new(), None);
    let problems = ci::read(&asked.target, &asked.settings, &mut |log, reader| {
        let path = free(&folder.join(mask(&log.path(), rules)), &mut written);
        if let Err(error) = write(&path, reader) {
            failed = Some(error);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    match failed {
        Some(error) => Err(error),
        None => Ok((problems, written.len())),
    }
}

/// The path, or where this run has written there already, one like it: names that differ in what no
/// path may have become the same.
fn free(path: &Path, written: &mut HashSet<PathBuf>) -> PathBuf {
    let numbered = (2..).map(|number| path.with_extension(format!("{number}.log")));
    let mut all = std::iter::once(path.to_owned()).chain(numbered);
    // The second part never ends.
    let path = all.find(|path| !written.contains(path)).unwrap_or_default();
    written.insert(path.clone());
    path
}

/// A new file, which takes the name when it is written: an earlier one is replaced, a link at its
/// place is not followed. Its owner alone can read it.
fn write(path: &Path, reader: &mut LogReader) -> Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let mut write = || -> io::Result<()> {
        fs::create_dir_all(parent)?;
        let mut file = NamedTempFile::with_prefix_in(".squelch-", parent)?;
        copy(reader, file.as_file_mut())?;
        file.persist(path).map_err(|refused| refused.error)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

fn scan(args: &LogsScanArgs) -> Result<Exit> {
    args.fail_on.check(args.verify)?;
    let rules = settings::rules(&args.out.rules)?;
    let asked = Asked::of(&args.target, &args.ask.means, &rules)?;
    let options = options(args, &rules)?;
    asked.announce(args.out.quiet);
    let progress = Arc::new(Progress::default());
    let pool = threads(options.jobs).map_err(|wrong| anyhow::Error::msg(wrong.0))?;
    let mut intake = Intake::new(&pool, &options, &rules, &progress);
    let watcher = Watcher::start(&progress, args.out.quiet);
    intake.all(&asked.target, &asked.settings);
    drop(watcher);
    let report = intake.finish();
    let outputs = Outputs {
        args: &args.out,
        screen: Screen::Findings,
        profile: args.sarif_profile,
        style: settings::style(args.out.color, args.explain),
    };
    outputs.deliver(&report, &rules)?;
    Ok(Exit::of(&report, args.fail_on)?)
}

fn options(args: &LogsScanArgs, rules: &Rules) -> Result<Options> {
    let offline = Options::offline(Vec::new(), Scope::NoHistory);
    Ok(Options {
        explain: args.explain,
        readings: Readings::Logs,
        jobs: args.jobs.map_or(offline.jobs, usize::from),
        wanted: settings::wanted(&args.ending, args.hashes.as_deref())?,
        verify: ask::beside_logs(args.verify, &args.ask, rules, args.out.quiet)?,
        ..offline
    })
}
