//! Many repositories, folders and logs: each is read by itself, and what it comes to is kept in a
//! file of its own, so that a sweep goes on wherever it was ended, and its parts can be done by
//! different processes.

pub mod manifest;
mod mirror;
pub mod results;
pub mod shard;
pub mod status;
#[cfg(test)]
mod tests;
mod union;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use self::manifest::{Target, What};
use self::results::{Head, Results};
use self::shard::Shard;
use self::status::{Done, How, Status};
use crate::finding::Report;
use crate::problem::{Problem, ProblemCode};
use crate::rule::Rules;
use crate::scan::{Options, Progress, scan_in, search_name, threads};
use crate::source::git;

pub use union::union;

/// As many targets are read at once: while one waits for a disk or for git, another one uses the
/// threads, which they share. Each holds its largest objects in memory.
const AT_ONCE: usize = 3;

/// How to sweep.
pub struct Settings<'a> {
    /// Where results are kept.
    pub out: &'a Path,
    pub shard: Shard,
    /// Whether clones are kept for the next round.
    pub keep_clones: bool,
    /// How long one clone may take.
    pub patience: Duration,
    /// How each target is scanned; its targets are none.
    pub scan: &'a Options,
    pub status: &'a Status,
}

impl std::fmt::Debug for Settings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("out", &self.out).field("shard", &self.shard).finish()
    }
}

/// Reads all targets that are this shard's own and not done yet, and returns what all of them came
/// to.
pub fn sweep(targets: &[Target], rules: &Rules, settings: &Settings<'_>) -> Result<Report> {
    let results = Results::open(settings.out)?;
    let own = own(targets, settings.shard);
    let round = Round::begin(&results, settings.shard)?;
    settings.status.begin(own.len());
    let pool = threads(settings.scan.jobs).map_err(|wrong| anyhow::Error::msg(wrong.0))?;
    let sweep = Sweep { results: &results, rules, settings, pool: &pool, round: round.number };
    sweep.clear_clones()?;
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(None);
    thread::scope(|scope| {
        for _ in 0..settings.scan.jobs.clamp(1, AT_ONCE) {
            scope.spawn(|| {
                while let Some(target) = own.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = sweep.target(target) {
                        // A result that cannot be kept is no result: the disk is full.
                        failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                        next.store(own.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    round.end(&results, settings.shard)?;
    let parts = own.iter().map(|target| results.read(&target.name(), rules));
    Ok(union(parts.collect::<Result<Vec<Report>>>()?))
}

/// Those targets that are a shard's own.
fn own(targets: &[Target], shard: Shard) -> Vec<Target> {
    let named: Vec<_> = targets.iter().map(|target| (target.name(), target.size)).collect();
    let own = shard.own(&named);
    targets.iter().zip(own).filter(|(_, own)| *own).map(|(target, _)| target.clone()).collect()
}

/// A sweep that is complete begins anew; one that was ended goes on.
struct Round {
    number: u64,
}

impl Round {
    fn path(results: &Results, shard: Shard) -> PathBuf {
        results.folder().join(format!("round-{}-of-{}", shard.index, shard.count))
    }

    fn begin(results: &Results, shard: Shard) -> Result<Self> {
        let said = std::fs::read_to_string(Self::path(results, shard)).unwrap_or_default();
        let mut words = said.split_whitespace();
        let number = words.next().and_then(|number| number.parse().ok()).unwrap_or(1);
        let ended = words.next() == Some("complete");
        let round = Self { number: if ended { number + 1 } else { number } };
        round.note(results, shard, "begun")?;
        Ok(round)
    }

    fn end(&self, results: &Results, shard: Shard) -> Result<()> {
        self.note(results, shard, "complete")
    }

    fn note(&self, results: &Results, shard: Shard, word: &str) -> Result<()> {
        let text = format!("{} {word}\n", self.number);
        crate::report::file::write(&Self::path(results, shard), |out| {
            out.write_all(text.as_bytes())
        })
    }
}

struct Sweep<'a> {
    results: &'a Results,
    rules: &'a Rules,
    settings: &'a Settings<'a>,
    pool: &'a rayon::ThreadPool,
    round: u64,
}

impl Sweep<'_> {
    fn clones(&self) -> PathBuf {
        self.results.folder().join("clones")
    }

    /// Removes what a sweep left that was ended in the middle of a clone.
    fn clear_clones(&self) -> Result<()> {
        let Ok(entries) = std::fs::read_dir(self.clones()) else { return Ok(()) };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(".tmp") {
                let path = entry.path();
                std::fs::remove_dir_all(&path)
                    .with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
        Ok(())
    }

    /// Reads one target, unless its result is there already. An error is a result that cannot be
    /// kept.
    fn target(&self, target: &Target) -> Result<()> {
        let started = Instant::now();
        let name = target.name();
        let known = self.results.head(&name).filter(|head| head.search == self.search());
        if known.as_ref().is_some_and(|head| head.round == self.round) {
            return self.tell(&name, How::Kept, started);
        }
        let state = self.state(target);
        let head = Head {
            schema: 1,
            kind: "target".to_owned(),
            target: name.clone(),
            state: state.clone(),
            search: self.search(),
            round: self.round,
            complete: true,
        };
        if known.is_some_and(|head| head.complete && head.state.is_some() && head.state == state) {
            self.results.renew(&head)?;
            return self.tell(&name, How::Kept, started);
        }
        let report = self.read(target, &name);
        let head = Head { complete: report.problems.is_empty(), ..head };
        self.results.write(&head, &report)?;
        self.settings.status.done(&Done {
            target: &name,
            how: How::Read,
            findings: report.findings.len(),
            problems: report.problems.len(),
            bytes: report.tally.object_bytes + report.tally.file_bytes,
            seconds: started.elapsed().as_secs_f64(),
        });
        Ok(())
    }

    fn tell(&self, name: &str, how: How, started: Instant) -> Result<()> {
        let report = self.results.read(name, self.rules)?;
        self.settings.status.done(&Done {
            target: name,
            how,
            findings: report.findings.len(),
            problems: report.problems.len(),
            bytes: 0,
            seconds: started.elapsed().as_secs_f64(),
        });
        Ok(())
    }

    fn search(&self) -> String {
        let scope = &self.settings.scan.scope;
        format!("{} {scope:?}", search_name(self.rules, self.settings.scan.readings))
    }

    /// What a target is like; nothing where that cannot be told without reading it. What services
    /// say of a token may change whatever its repository does.
    fn state(&self, target: &Target) -> Option<String> {
        if self.settings.scan.verify.is_some() {
            return None;
        }
        match &target.what {
            What::Here(path) => git::state(path),
            What::Remote(url) => mirror::refs(url, self.settings.patience).ok(),
        }
    }

    /// Reads a target; whatever goes wrong is a problem of its own.
    fn read(&self, target: &Target, name: &str) -> Report {
        let read = || match &target.what {
            What::Here(path) => self.scan(path, name),
            What::Remote(url) => match self.cloned(url, name) {
                Ok(clone) => self.scan(clone.path(), name),
                Err(why) => failed(name, why),
            },
        };
        catch_unwind(AssertUnwindSafe(read))
            .unwrap_or_else(|_| failed(name, "a fault of squelch, please report it".to_owned()))
    }

    fn scan(&self, path: &Path, name: &str) -> Report {
        let options = Options {
            targets: vec![path.to_owned()],
            shown: Some(name.trim_end_matches('/').to_owned()),
            ..self.settings.scan.clone()
        };
        let progress = Arc::new(Progress::default());
        let read = scan_in(self.pool, &options, self.rules, &progress, &mut std::io::empty());
        read.unwrap_or_else(|wrong| failed(name, wrong.0))
    }

    /// A mirror of a remote repository, which is removed when it is dropped, unless it is kept.
    fn cloned(&self, url: &str, name: &str) -> Result<Clone, String> {
        let (folder, patience) = (self.clones(), self.settings.patience);
        let made = || private_folder(&folder);
        made().map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        let kept = folder.join(self.results.path(name).file_stem().unwrap_or_default());
        if self.settings.keep_clones && kept.is_dir() {
            return mirror::update(&kept, patience).map(|()| Clone::Kept(kept));
        }
        let temporary = tempfile::Builder::new().prefix(".tmp").tempdir_in(&folder);
        let temporary = temporary.map_err(|error| format!("no folder for a clone: {error}"))?;
        let mirror = temporary.path().join("mirror.git");
        mirror::clone(url, &mirror, patience)?;
        if !self.settings.keep_clones {
            return Ok(Clone::Temporary(mirror, temporary));
        }
        std::fs::rename(&mirror, &kept).map_err(|error| format!("cannot keep a clone: {error}"))?;
        Ok(Clone::Kept(kept))
    }
}

/// Where a clone is.
enum Clone {
    Kept(PathBuf),
    /// Its folder goes with it.
    Temporary(PathBuf, #[expect(dead_code, reason = "it removes the folder")] tempfile::TempDir),
}

impl Clone {
    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) | Self::Temporary(path, _) => path,
        }
    }
}

/// A folder that only its owner can look into: what is cloned may be private.
fn private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// The report of a target that could not be read.
fn failed(name: &str, why: String) -> Report {
    let problem = Problem::new(ProblemCode::Unreadable, name, why);
    Report { problems: vec![problem], ..Report::default() }
}
