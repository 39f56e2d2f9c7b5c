//! `squelch scan`.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar};

use super::args::ScanArgs;
use super::deliver::{Outputs, Screen};
use super::exit::Exit;
use super::settings;
use crate::finding::Report;
use crate::rule::Rules;
use crate::scan::{Options, Progress, Readings, Scope, scan};

/// Scans, writes all reports, and says how it went.
pub(crate) fn run(args: &ScanArgs) -> anyhow::Result<Exit> {
    let rules = settings::rules(&args.out.rules)?;
    let options = settings::options(args, &rules)?;
    let style = settings::style(args.out.color, args.explain);
    let mut report = watched(&options, &rules, args.out.quiet)?;
    if !is_whole(&options) {
        report.idle.clear();
    }
    report.idle.iter_mut().for_each(|idle| idle.again = again(args));
    let outputs =
        Outputs { args: &args.out, screen: Screen::Findings, profile: args.sarif_profile, style };
    outputs.deliver(&report, &rules)?;
    Ok(Exit::of(&report, args.fail_on)?)
}

/// Scans, and shows on a terminal how far it is.
pub(super) fn watched(options: &Options, rules: &Rules, quiet: bool) -> anyhow::Result<Report> {
    let progress = Arc::new(Progress::default());
    let watcher = Watcher::start(&progress, quiet);
    let outcome = scan(options, rules, &progress, &mut io::stdin());
    drop(watcher);
    outcome.map_err(|wrong| anyhow::Error::msg(wrong.0))
}

/// Whether a scan looks at all there is, so that what it did not need is needed nowhere.
fn is_whole(options: &Options) -> bool {
    let everything = options.scope == Scope::Everything && options.wanted.is_everything();
    let named = options.targets.iter().all(|target| target.as_os_str() != "-");
    everything && named && options.readings != Readings::Raw
}

/// What makes another command read what this scan did: one that reads less would drop entries of a
/// baseline that are needed.
fn again(args: &ScanArgs) -> Vec<String> {
    let shown = |path: &PathBuf| path.display().to_string();
    let usual = args.targets == [PathBuf::from(".")];
    let targets = args.targets.iter().filter(|_| !usual).map(shown);
    let rules = args.out.rules.iter().flat_map(|path| ["--rules".to_owned(), shown(path)]);
    let ignored = args.no_ignore.then(|| "--no-ignore".to_owned());
    targets.chain(rules).chain(ignored).collect()
}

/// Shows on a terminal how far a scan is, until it is dropped.
pub(super) struct Watcher {
    done: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Watcher {
    pub(super) fn start(progress: &Arc<Progress>, quiet: bool) -> Self {
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
