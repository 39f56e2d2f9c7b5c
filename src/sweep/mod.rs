//! Many repositories, folders and logs: each is read by itself, and what it comes to is kept in a
//! file of its own, so that a sweep goes on wherever it was ended, and its parts can be done by
//! different processes.

pub mod manifest;
mod mirror;
pub mod reader;
pub mod results;
pub mod shard;
mod spill;
pub mod status;
#[cfg(test)]
mod tests;
mod union;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use self::manifest::Target;
use self::reader::{AskLogs, Reader};
use self::results::{Head, Results};
use self::shard::Shard;
use self::status::{Done, How, Status};
use crate::finding::Report;
use crate::problem::Problem;
use crate::report::recorded::{self, Summary};
use crate::rule::Rules;
use crate::scan::{Options, threads};

pub use union::{Union, Whole};

/// As many targets are read at once: while one waits for a disk or for git, another one uses the
/// threads, which they share. Each holds its largest objects in memory.
const AT_ONCE: usize = 3;

/// An organisation whose repositories were asked for, and what kept us from knowing them all. It has a
/// result of its own, so that whoever puts the parts of a sweep together sees that one is missing.
#[derive(Debug)]
pub struct Listing {
    /// `org:URL`.
    pub name: String,
    pub problems: Vec<Problem>,
}

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
    /// How CI systems are asked for their logs.
    pub logs: &'a AskLogs<'a>,
    /// From which organisations targets came.
    pub listings: &'a [Listing],
    pub status: &'a Status,
}

impl std::fmt::Debug for Settings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("out", &self.out).field("shard", &self.shard).finish()
    }
}

/// Reads all targets that are this shard's own and not done yet, and returns what all of them came
/// to.
pub fn sweep<'r>(
    targets: &[Target],
    rules: &'r Rules,
    settings: &Settings<'_>,
) -> Result<Whole<'r>> {
    let results = Results::open(settings.out)?;
    let own = own(targets, settings.shard);
    let round = Round::begin(&results, settings.shard)?;
    settings.status.begin(own.len());
    let pool = threads(settings.scan.jobs).map_err(|wrong| anyhow::Error::msg(wrong.0))?;
    let reader = Reader {
        rules,
        scan: settings.scan,
        pool: &pool,
        clones: results.folder().join("clones"),
        keep_clones: settings.keep_clones,
        patience: settings.patience,
        logs: settings.logs,
    };
    reader.clear()?;
    let sweep = Sweep { results: &results, reader, status: settings.status, round: round.number };
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
    sweep.listings(settings.listings)?;
    round.end(&results, settings.shard)?;
    let listings = settings.listings.iter().map(|listing| listing.name.clone());
    let mut union = Union::new(rules)?;
    for name in own.iter().map(Target::name).chain(listings) {
        union.add(&results.path(&name))?;
    }
    union.finish()
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
    reader: Reader<'a>,
    status: &'a Status,
    round: u64,
}

impl Sweep<'_> {
    /// Reads one target, unless its result is there already. An error is a result that cannot be
    /// kept.
    fn target(&self, target: &Target) -> Result<()> {
        let started = Instant::now();
        let name = target.name();
        let known = self.results.head(&name).filter(|head| head.search == self.reader.search());
        if known.as_ref().is_some_and(|head| head.round == self.round) {
            return self.kept(&name, started);
        }
        let head = self.reader.head(target, self.round);
        let same = |known: &Head| known.state.is_some() && known.state == head.state;
        if known.is_some_and(|known| known.complete && same(&known)) {
            self.results.renew(&head)?;
            return self.kept(&name, started);
        }
        let report = self.reader.read(target);
        let head = Head { complete: report.problems.is_empty(), ..head };
        self.results.write(&head, &report)?;
        self.status.done(&Done {
            target: &name,
            how: How::Read,
            findings: report.findings.len(),
            problems: report.problems.len(),
            bytes: report.tally.object_bytes + report.tally.file_bytes,
            seconds: started.elapsed().as_secs_f64(),
        });
        Ok(())
    }

    /// Keeps what was missing of lists.
    fn listings(&self, listings: &[Listing]) -> Result<()> {
        for Listing { name, problems } in listings {
            let (complete, state, search) = (problems.is_empty(), None, self.reader.search());
            let (schema, kind, target) = (1, "target".to_owned(), name.clone());
            let head = Head { schema, kind, target, state, search, round: self.round, complete };
            let report = Report { problems: problems.clone(), ..Report::default() };
            self.results.write(&head, &report)?;
        }
        Ok(())
    }

    fn kept(&self, target: &str, started: Instant) -> Result<()> {
        let Summary { findings, problems, .. } = recorded::summary(&self.results.path(target))?;
        let (how, seconds) = (How::Kept, started.elapsed().as_secs_f64());
        self.status.done(&Done { target, how, findings, problems, bytes: 0, seconds });
        Ok(())
    }
}
