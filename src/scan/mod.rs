//! The pipeline: targets in, one report out.
//!
//! ```text
//! target ─▶ git objects ─┐
//!        ─▶ git files   ─┼─▶ Examiner (detect + judge) ─▶ Sighting ─▶ own objects? ─▶
//!        ─▶ work tree   ─┘      attribution ─▶ leaks (one a token) ─▶ findings ─▶ Report
//! ```

mod conclude;
#[cfg(test)]
mod edges;
mod examiner;
mod history;
mod intake;
mod leaks;
mod screen;
mod staged;
mod target;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use self::examiner::{Examiner, Sighting, What};
use crate::baseline::cover::Known;
use crate::detect::Detector;
use crate::finding::{Report, RepositoryRead, Tally};
use crate::leak::{Candidate, Confidence, MaskedLine};
use crate::origin::{Origin, OriginKind};
use crate::problem::{Problem, ProblemCode};
use crate::revoke;
use crate::rule::Rules;
use crate::rule::foreign::NotRun;
use crate::secret::Secret;
use crate::source::git;
use crate::source::stdin::examine_stdin;
use crate::span::{Position, Span};
use crate::store::{Id, SKETCH, Search, Store, StoreError, Turn, id_of};
use crate::terms::Filed;
use crate::verify;
use crate::view::Layers;
use crate::wanted::Wanted;

pub use self::intake::Intake;
pub use crate::detect::Readings;
pub use crate::source::git::Selection;

/// What to scan, and how.
#[derive(Clone, Debug)]
pub struct Options {
    pub targets: Vec<PathBuf>,
    /// How the target is shown before paths, if not as it is typed.
    pub shown: Option<String>,
    pub scope: Scope,
    /// Reads untracked files even where an ignore file names them.
    pub no_ignore: bool,
    /// Keeps dismissed candidates, with their reasons.
    pub explain: bool,
    /// How bytes are read besides as they are.
    pub readings: Readings,
    pub jobs: usize,
    /// What alone is reported, if not everything.
    pub wanted: Wanted,
    /// What keeps tokens out of the findings.
    pub known: Arc<Known>,
    /// What is known of git objects that hold nothing; nothing without it.
    pub store: Option<Arc<Store>>,
    /// How to ask the services about what is found; not at all without it.
    pub verify: Option<verify::Settings>,
    /// How to revoke what is alive; not at all without it.
    pub revoke: Option<Arc<revoke::Settings>>,
}

/// Which part of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Work tree, index, every object, refs, reflogs, configuration.
    Everything,
    /// Files only.
    NoHistory,
    /// What the index has and HEAD has not.
    Staged,
    /// The blobs and messages of some commits.
    Part(Selection),
}

/// How far a scan is, for whoever watches. Shared between threads.
#[derive(Debug, Default)]
pub struct Progress {
    /// Blobs examined.
    pub blobs: AtomicU64,
    pub bytes: AtomicU64,
}

/// Why a scan could not even begin: wrong usage, not a problem of what is scanned.
#[derive(Debug)]
pub struct WrongUse(pub String);

/// A sighting and where it was: one object can be at several paths.
pub(crate) struct Seen {
    pub sighting: Sighting,
    pub origins: Vec<Origin>,
}

impl Seen {
    fn at(sighting: Sighting, origin: Origin) -> Self {
        Self { sighting, origins: vec![origin] }
    }
}

/// What was gathered of all targets.
#[derive(Default)]
pub(crate) struct Harvest {
    pub seen: Vec<Seen>,
    pub problems: Vec<Problem>,
    pub tally: Tally,
    pub repositories: Vec<RepositoryRead>,
    /// Git objects in which nothing was found, and the terms that they have.
    pub quiet: Filed<Id>,
}

/// Scans all targets.
pub fn scan(
    options: &Options,
    rules: &Rules,
    progress: &Arc<Progress>,
    stdin: &mut (dyn Read + Send),
) -> Result<Report, WrongUse> {
    scan_in(&threads(options.jobs)?, options, rules, progress, stdin)
}

/// Threads for scans.
pub fn threads(jobs: usize) -> Result<rayon::ThreadPool, WrongUse> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build();
    pool.map_err(|error| WrongUse(format!("cannot start {jobs} threads: {error}")))
}

/// Waits until no other scan with the same store reads what shares much with this repository: what it
/// learns is known then. Not to be called from a thread that scans share: the one that waits could be
/// the one that is waited for.
pub fn turn<'a>(options: &'a Options, path: &Path) -> Option<Turn<'a>> {
    let store = options.store.as_ref()?;
    let ids = git::sketch(path, SKETCH);
    Some(store.turn(ids.iter().filter_map(|id| id_of(id.as_bytes())).collect()))
}

/// Scans all targets with threads that several scans may share.
pub fn scan_in(
    pool: &rayon::ThreadPool,
    options: &Options,
    rules: &Rules,
    progress: &Arc<Progress>,
    stdin: &mut (dyn Read + Send),
) -> Result<Report, WrongUse> {
    let started = Instant::now();
    let mut problems = Vec::new();
    let quiet = options
        .store
        .as_ref()
        .and_then(|store| store.quiet().map_err(|error| problems.push(not_kept(&error))).ok());
    let examiner = Examiner::new(rules, options, progress).knowing(quiet);
    let mut harvest = pool.install(|| {
        let mut harvest = Harvest::default();
        for target in &options.targets {
            if target.as_os_str() == "-" {
                read_stdin(stdin, &examiner, &mut harvest);
            } else {
                target::read(target, options, &examiner, &mut harvest)?;
            }
        }
        Ok(harvest)
    })?;
    if let Some(store) = &options.store {
        let kept = store.add_quiet(std::mem::take(&mut harvest.quiet));
        problems.extend(kept.err().as_ref().map(not_kept));
    }
    harvest.problems.append(&mut problems);
    Ok(finish(harvest, started, options, rules, &examiner))
}

/// The report of everything that was gathered since then.
fn finish(
    mut harvest: Harvest,
    started: Instant,
    options: &Options,
    rules: &Rules,
    examiner: &Examiner<'_>,
) -> Report {
    harvest.problems.extend(rules.not_run.iter().map(not_run));
    harvest.tally.add(&examiner.tally());
    harvest.problems.sort();
    harvest.problems.dedup();
    let mut report = conclude::conclude(harvest, rules, examiner, options);
    report.seconds = started.elapsed().as_secs_f64();
    report
}

/// Judges and concludes one token that stands alone: nothing around it says anything.
pub fn single(token: &[u8], rule: usize, options: &Options, rules: &Rules) -> Report {
    let started = Instant::now();
    let secret = Secret::new(token);
    let text = secret.redacted(rules.rules[rule].prefix);
    let candidate = Candidate {
        rule,
        span: Span { start: 0, end: token.len() as u64 },
        position: Position::of(token, 0, token.len()),
        line: MaskedLine { token: (0, text.len()), text, cut: (false, false) },
        secret,
        confidence: Confidence::High,
        companions: Vec::new(),
        halves: Vec::new(),
        layers: Layers::default(),
        partial: false,
        proved: true,
        placed: true,
        allowed: false,
        pending: Vec::new(),
        dismissal: None,
    };
    let what = What::Candidate(Box::new(candidate), None);
    let sighting = Sighting { what, member: None, log: None };
    let seen = vec![Seen::at(sighting, Origin::plain(OriginKind::Stdin, "stdin"))];
    let progress = Arc::default();
    let examiner = Examiner::new(rules, options, &progress);
    let tally = Tally { files: 1, file_bytes: token.len() as u64, ..Tally::default() };
    let mut report = conclude::conclude(
        Harvest { seen, tally, ..Harvest::default() },
        rules,
        &examiner,
        options,
    );
    report.seconds = started.elapsed().as_secs_f64();
    report
}

/// A text in which whatever has a token's shape is masked.
pub fn mask(text: &str, rules: &Rules) -> String {
    let options = Options::offline(Vec::new(), Scope::NoHistory);
    let progress = Arc::default();
    Examiner::new(rules, &options, &progress).mask(text)
}

impl Options {
    /// A scan that reads all there is of the targets, with all cores, and asks nobody.
    pub fn offline(targets: Vec<PathBuf>, scope: Scope) -> Self {
        Self {
            targets,
            shown: None,
            scope,
            no_ignore: true,
            explain: false,
            readings: Readings::Signs,
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            wanted: Wanted::default(),
            known: Arc::default(),
            store: None,
            verify: None,
            revoke: None,
        }
    }
}

/// What is known cannot be read or kept: this scan is none the worse, the next one is slower.
fn not_kept(error: &StoreError) -> Problem {
    Problem::new(ProblemCode::Store, "store", error.to_string())
}

/// A name for what a search finds and says: two of one name say the same of the same bytes.
pub fn search_name(rules: &Rules, readings: Readings) -> String {
    format!("{} {}", engine(readings), rules.digest)
}

/// What a search with these rules looks for, as a store knows it.
pub fn search_for(rules: &Rules, readings: Readings) -> Search {
    Search { engine: engine(readings), terms: Detector::new(rules, false).terms() }
}

/// How texts are searched, whatever the rules.
fn engine(readings: Readings) -> String {
    let version = concat!(env!("CARGO_PKG_VERSION"), "-", env!("SQUELCH_SOURCE"));
    format!("{version} {readings:?}")
}

/// A rule that the reader wanted and that is not run: what it would find is not looked for.
fn not_run(NotRun { place, why }: &NotRun) -> Problem {
    let hint = "to do without it, name its id in `disabledRules` of a file that extends this one";
    Problem::new(ProblemCode::RuleNotRun, place, why).hinted(hint)
}

fn read_stdin(stdin: &mut (dyn Read + Send), examiner: &Examiner<'_>, harvest: &mut Harvest) {
    let read = examine_stdin(stdin, examiner);
    harvest.tally.files += 1;
    harvest.tally.file_bytes += read.bytes;
    if let Some(error) = read.error {
        harvest.problems.push(Problem::new(ProblemCode::Unreadable, "stdin", error.to_string()));
    }
    let origin = Origin::plain(OriginKind::Stdin, "stdin");
    let seen = |sighting| Seen::at(sighting, origin.clone());
    harvest.seen.extend(read.found.into_iter().map(seen));
}

impl Progress {
    fn examined(&self, bytes: usize) {
        self.blobs.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}
