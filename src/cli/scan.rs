//! `squelch scan`.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use indicatif::{HumanBytes, HumanCount, ProgressBar};

use super::args::ScanArgs;
use super::exit::Exit;
use super::settings;
use crate::finding::Report;
use crate::report::{self, Format, SarifProfile, Style};
use crate::rule::Rules;
use crate::scan::{Progress, scan};

/// Scans, writes all reports, and says how it went.
pub(crate) fn run(args: &ScanArgs) -> anyhow::Result<Exit> {
    let rules = settings::rules(&args.rules)?;
    let options = settings::options(args, &rules)?;
    let style = settings::style(args.color, args.explain);
    let progress = Arc::new(Progress::default());
    let watcher = Watcher::start(&progress, args.quiet);
    let outcome = scan(&options, &rules, &progress, &mut io::stdin());
    drop(watcher);
    let report = outcome.map_err(|wrong| anyhow::Error::msg(wrong.0))?;
    for (format, path) in &args.output {
        write_file(*format, path, &report, &rules, args.sarif_profile)?;
    }
    let mut stdout = BufWriter::new(io::stdout().lock());
    write(args.format, &report, &rules, args.sarif_profile, &style, &mut stdout)
        .and_then(|()| stdout.flush())
        .or_else(ignore_closed_pipe)
        .context("cannot write to standard output")?;
    let stderr_style = Style { color: style.color && io::stderr().is_terminal(), ..style };
    if !args.quiet || !report.problems.is_empty() {
        let _ = report::write_summary(&report, &stderr_style, &mut io::stderr().lock());
    }
    Ok(Exit::of(&report, args.fail_on))
}

fn write_file(
    format: Format,
    path: &Path,
    report: &Report,
    rules: &Rules,
    profile: SarifProfile,
) -> anyhow::Result<()> {
    let style = Style { color: false, width: 100, unicode: true, explain: true };
    report::file::write(path, |out| write(format, report, rules, profile, &style, out))
}

fn write(
    format: Format,
    report: &Report,
    rules: &Rules,
    profile: SarifProfile,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Human => report::write_human(report, style, out),
        Format::Jsonl => report::write_jsonl(report, out),
        Format::Sarif => report::write_sarif(report, rules, profile, out),
    }
}

/// A reader that has seen enough is no error: `squelch scan | head` ends quietly.
pub(crate) fn ignore_closed_pipe(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}

/// Shows on a terminal how far a scan is, until it is dropped.
struct Watcher {
    done: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Watcher {
    fn start(progress: &Arc<Progress>, quiet: bool) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let wanted = !quiet && io::stderr().is_terminal() && std::env::var_os("CI").is_none();
        let thread = wanted.then(|| {
            let (progress, done) = (Arc::clone(progress), Arc::clone(&done));
            thread::spawn(move || watch(&progress, &done))
        });
        Self { done, thread }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn watch(progress: &Progress, done: &AtomicBool) {
    const TICK: Duration = Duration::from_millis(100);
    // Nothing is drawn for scans that are over before anybody could read it.
    thread::park_timeout(5 * TICK);
    let bar = ProgressBar::new_spinner();
    while !done.load(Ordering::Relaxed) {
        let blobs = HumanCount(progress.blobs.load(Ordering::Relaxed));
        let bytes = HumanBytes(progress.bytes.load(Ordering::Relaxed));
        bar.set_message(format!("{blobs} files and objects, {bytes}"));
        bar.tick();
        thread::park_timeout(TICK);
    }
    bar.finish_and_clear();
}
