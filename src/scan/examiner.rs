//! Detect and judge, as the sources call it from all their threads.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Progress;
use crate::detect::{Detector, Found, Marks};
use crate::leak::Candidate;
use crate::line_hash::line_hashes;
use crate::problem::{Problem, ProblemCode};
use crate::rule::Rules;
use crate::source::{Examine, WindowStart};
use crate::span::Copied;

/// A candidate and what only its whole blob could say of it.
pub(crate) struct Sighting {
    pub candidate: Candidate,
    pub line_hash: Option<String>,
}

/// Searches bytes for candidates.
pub(crate) struct Examiner<'a> {
    rules: &'a Rules,
    detector: Detector,
    explain: bool,
    progress: &'a Arc<Progress>,
    /// Blobs in which the number of candidates reached its cap.
    capped: AtomicU64,
    /// Blobs on which the search itself failed.
    failed: AtomicU64,
}

impl<'a> Examiner<'a> {
    pub(crate) fn new(rules: &'a Rules, explain: bool, progress: &'a Arc<Progress>) -> Self {
        let detector = Detector::new(rules, explain);
        let (capped, failed) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { rules, detector, explain, progress, capped, failed }
    }

    /// Whether dismissed candidates are kept, to be explained.
    pub(crate) fn explain(&self) -> bool {
        self.explain
    }

    /// Whether a rule's tokens have no shape of their own.
    pub(crate) fn is_bare(&self, rule: usize) -> bool {
        self.rules.rules[rule].bare
    }

    /// A name or path with the tokens in it masked.
    pub(crate) fn mask(&self, text: &str) -> String {
        self.detector.mask(text)
    }

    /// What kept it from looking.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let capped = self.capped.load(Ordering::Relaxed);
        if capped > 0 {
            let why = format!("{capped} blobs hold more candidates than are taken of one");
            problems.push(Problem::new(ProblemCode::TooMany, "candidates", why));
        }
        let failed = self.failed.load(Ordering::Relaxed);
        if failed > 0 {
            let why = format!("the search failed on {failed} blobs: a fault of squelch");
            let hint = "please report it, with the file if it may be shown";
            problems.push(Problem::new(ProblemCode::Unreadable, "search", why).hinted(hint));
        }
        problems
    }

    /// Runs a search. A fault on one blob must not lose what the others hold.
    fn caught<T>(&self, search: impl FnOnce() -> T) -> Option<T> {
        let outcome = catch_unwind(AssertUnwindSafe(search)).ok();
        if outcome.is_none() {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        outcome
    }

    /// Notes what a search found and what only the whole blob can say of it.
    fn sightings(&self, search: Found, bytes: &[u8], own: &Range<usize>) -> Vec<Sighting> {
        if search.capped {
            self.capped.fetch_add(1, Ordering::Relaxed);
        }
        let begins_here = |candidate: &Candidate| own.contains(&(candidate.span.start as usize));
        let candidates: Vec<Candidate> =
            search.candidates.into_iter().filter(begins_here).collect();
        if candidates.is_empty() {
            return Vec::new();
        }
        // GitHub's hash of a line depends on all lines like it in the file: a window has no
        // such thing.
        let hashes = if *own == (0..bytes.len()) {
            let lines: Vec<u64> = candidates.iter().map(|c| c.position.line).collect();
            line_hashes(bytes, &lines).into_iter().map(Some).collect()
        } else {
            vec![None; candidates.len()]
        };
        let pairs = candidates.into_iter().zip(hashes);
        pairs.map(|(candidate, line_hash)| Sighting { candidate, line_hash }).collect()
    }
}

impl Examine for Examiner<'_> {
    type Found = Sighting;

    const REACH: usize = Detector::REACH;

    type Trace = Marks;

    fn examine(&self, bytes: &[u8], own: Range<usize>, out: &mut Vec<Sighting>) {
        self.progress.examined(own.len());
        let search = || self.sightings(self.detector.search(bytes), bytes, &own);
        out.extend(self.caught(search).unwrap_or_default());
    }

    fn examine_delta(
        &self,
        bytes: &[u8],
        base: Option<(&Marks, &[Copied])>,
        out: &mut Vec<Sighting>,
    ) -> Marks {
        self.progress.examined(bytes.len());
        let search = || {
            let (found, marks) = self.detector.search_delta(bytes, base);
            (self.sightings(found, bytes, &(0..bytes.len())), marks)
        };
        let (sightings, marks) = self.caught(search).unwrap_or_default();
        out.extend(sightings);
        marks
    }

    fn relocate(&self, sighting: &mut Sighting, to: WindowStart) {
        let candidate = &mut sighting.candidate;
        candidate.span.start += to.bytes;
        candidate.span.end += to.bytes;
        candidate.position.shift(to.lines, to.columns);
    }
}
