//! `squelch scan`.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar};

use super::args::ScanArgs;
use super::deliver::{Outputs, Screen};
use super::exit::Exit;
use super::settings;
use crate::scan::{Progress, scan};

/// Scans, writes all reports, and says how it went.
pub(crate) fn run(args: &ScanArgs) -> anyhow::Result<Exit> {
    let rules = settings::rules(&args.out.rules)?;
    let options = settings::options(args, &rules)?;
    let style = settings::style(args.out.color, args.explain);
    let progress = Arc::new(Progress::default());
    let watcher = Watcher::start(&progress, args.out.quiet);
    let outcome = scan(&options, &rules, &progress, &mut io::stdin());
    drop(watcher);
    let report = outcome.map_err(|wrong| anyhow::Error::msg(wrong.0))?;
    let outputs =
        Outputs { args: &args.out, screen: Screen::Findings, profile: args.sarif_profile, style };
    outputs.deliver(&report, &rules)?;
    Ok(Exit::of(&report, args.fail_on))
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
