//! Detect and judge, as the sources call it from all their threads.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Options, Progress};
use crate::detect::{Detector, Found, Marks, Readings};
use crate::finding::Tally;
use crate::leak::Candidate;
use crate::line_hash::line_hashes;
use crate::origin::LogPlace;
use crate::problem::ProblemCode;
use crate::rule::Rules;
use crate::source::{Before, Examine, WindowStart};
use crate::span::{Copied, Position, utf16_len};
use crate::store::Quiet;
use crate::terms::TermSet;
use crate::view::logs::Trail;

/// What an examination found, and where in the blob.
pub(crate) struct Sighting {
    pub what: What,
    /// The member of the blob in which it is, where that is an archive.
    pub member: Option<String>,
    pub log: Option<LogPlace>,
}

/// Something found.
pub(crate) enum What {
    /// A candidate, and the hash of its line, which only the whole blob can give.
    Candidate(Box<Candidate>, Option<String>),
    /// Something that could not be read, and why.
    Trouble(ProblemCode, String),
}

impl Sighting {
    /// The candidate, if it is one.
    pub(crate) fn candidate(&self) -> Option<&Candidate> {
        match &self.what {
            What::Candidate(candidate, _) => Some(candidate),
            What::Trouble(..) => None,
        }
    }

    pub(crate) fn candidate_mut(&mut self) -> Option<&mut Candidate> {
        match &mut self.what {
            What::Candidate(candidate, _) => Some(candidate),
            What::Trouble(..) => None,
        }
    }

    /// Whether it is a candidate that was dismissed.
    pub(crate) fn is_dismissed(&self) -> bool {
        self.candidate().is_some_and(|candidate| candidate.dismissal.is_some())
    }
}

/// Searches bytes for candidates.
pub(crate) struct Examiner<'a> {
    rules: &'a Rules,
    detector: Detector,
    explain: bool,
    readings: Readings,
    progress: &'a Arc<Progress>,
    /// Git objects that are known to hold nothing, where somebody remembers them.
    quiet: Option<Quiet>,
    /// Members of archives, and their bytes.
    members: AtomicU64,
    member_bytes: AtomicU64,
}

impl<'a> Examiner<'a> {
    pub(crate) fn new(rules: &'a Rules, options: &Options, progress: &'a Arc<Progress>) -> Self {
        let Options { explain, readings, .. } = *options;
        let detector = Detector::new(rules, explain).reading(readings).seeking(&options.wanted);
        Self {
            rules,
            detector,
            explain,
            readings,
            progress,
            quiet: None,
            members: AtomicU64::new(0),
            member_bytes: AtomicU64::new(0),
        }
    }

    /// The same, which passes over what is known to hold nothing.
    pub(crate) fn knowing(self, quiet: Option<Quiet>) -> Self {
        Self { quiet, ..self }
    }

    /// What is known to hold nothing, where somebody remembers it.
    pub(crate) fn quiet(&self) -> Option<&Quiet> {
        self.quiet.as_ref()
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

    /// What it read beyond what the sources count.
    pub(crate) fn tally(&self) -> Tally {
        Tally {
            members: self.members.load(Ordering::Relaxed),
            member_bytes: self.member_bytes.load(Ordering::Relaxed),
            ..Tally::default()
        }
    }

    /// Where in a CI log the place is that a trail leads to.
    fn log_place(&self, trail: &Trail) -> Option<LogPlace> {
        match self.readings {
            Readings::Raw => None,
            Readings::Signs => trail.place(false),
            Readings::Logs => trail.place(true),
        }
    }

    /// Runs a search. A fault on one blob must not lose what the others hold.
    fn caught<T: Default>(
        &self,
        search: impl FnOnce() -> (Vec<Sighting>, T),
        out: &mut Vec<Sighting>,
    ) -> T {
        let outcome = catch_unwind(AssertUnwindSafe(search)).unwrap_or_else(|_| {
            let why = "the search in it failed: a fault of squelch, please report it";
            (vec![self.trouble(ProblemCode::Unreadable, why.to_owned())], T::default())
        });
        out.extend(outcome.0);
        outcome.1
    }

    /// What a search left out.
    fn left_out(&self, search: &Found) -> Vec<Sighting> {
        let most = Detector::MOST;
        let capped =
            || format!("it holds more candidates than the {most} that are taken of one place");
        let layers = Detector::DEPTH;
        let deeper = || format!("it hides text in more than the {layers} layers that are read");
        let mut left = Vec::new();
        if search.capped {
            left.push(self.trouble(ProblemCode::TooMany, capped()));
        }
        if search.deeper {
            left.push(self.trouble(ProblemCode::TooLarge, deeper()));
        }
        left
    }

    /// Notes what a search found and what only the whole blob can say of it.
    fn sightings(&self, search: Found, bytes: &[u8], own: &Range<usize>) -> Vec<Sighting> {
        let left = self.left_out(&search);
        let begins_here = |candidate: &Candidate| own.contains(&(candidate.span.start as usize));
        let candidates: Vec<Candidate> =
            search.candidates.into_iter().filter(begins_here).collect();
        if candidates.is_empty() {
            return left;
        }
        // GitHub's hash of a line depends on all lines like it in the file: a window has no
        // such thing.
        let whole = *own == (0..bytes.len());
        let hashes = if whole {
            let lines: Vec<u64> = candidates.iter().map(|c| c.position.line).collect();
            line_hashes(bytes, &lines).into_iter().map(Some).collect()
        } else {
            vec![None; candidates.len()]
        };
        let sighting = |(candidate, hash): (Candidate, Option<String>)| Sighting {
            what: What::Candidate(Box::new(candidate), hash),
            member: None,
            log: None,
        };
        let mut sightings: Vec<Sighting> =
            candidates.into_iter().zip(hashes).map(sighting).collect();
        if whole {
            self.relocate(&mut sightings, bytes, &Before::default());
        }
        sightings.extend(left);
        sightings
    }
}

/// The region of `text` after what was read of a log: there a carriage return ends no line. What
/// shows logs counts line feeds.
fn in_log(at: WindowStart, text: &[u8]) -> Position {
    let feeds = memchr::memchr_iter(b'\n', text).count() as u64;
    let last = memchr::memrchr(b'\n', text);
    let end_column = last.map_or(at.feed_columns, |_| 0) + 1;
    Position {
        line: at.feeds + 1,
        column: at.feed_columns + 1,
        end_line: at.feeds + feeds + 1,
        end_column: end_column + utf16_len(&text[last.map_or(0, |at| at + 1)..]),
    }
}

impl Examine for Examiner<'_> {
    type Found = Sighting;

    const REACH: usize = Detector::REACH;

    type Trace = Marks;

    fn examine(&self, bytes: &[u8], own: Range<usize>, out: &mut Vec<Sighting>) {
        self.progress.examined(own.len());
        self.caught(|| (self.sightings(self.detector.search(bytes), bytes, &own), ()), out);
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
        self.caught(search, out)
    }

    fn terms(&self, marks: &Marks) -> TermSet {
        marks.terms()
    }

    fn relocate(&self, sightings: &mut [Sighting], window: &[u8], before: &Before) {
        let to = before.start();
        let mut here = before.clone();
        let mut fed = 0;
        for sighting in sightings {
            let What::Candidate(candidate, _) = &mut sighting.what else { continue };
            // A file may be shorter when it is read once more.
            let end = window.len().min(candidate.span.end as usize);
            let start = end.min(candidate.span.start as usize);
            if start > fed {
                here.feed(&window[fed..start]);
                fed = start;
            }
            sighting.log = self.log_place(here.trail());
            let found = candidate.position;
            if sighting.log.is_some() {
                candidate.position = in_log(here.start(), &window[start..end]);
            } else {
                candidate.position.shift(to.lines, to.columns);
            }
            let now = candidate.position;
            candidate.halves.iter_mut().for_each(|half| half.place.position.follow(found, now));
            candidate.span.start += to.bytes;
            candidate.span.end += to.bytes;
        }
    }

    fn opens(&self) -> bool {
        self.readings != Readings::Raw
    }

    fn read_member(&self, bytes: u64) {
        self.members.fetch_add(1, Ordering::Relaxed);
        self.member_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn enclose(&self, sighting: &mut Sighting, member: &str) {
        let inner = sighting.member.take();
        sighting.member =
            Some(inner.map_or_else(|| member.to_owned(), |it| format!("{member}!/{it}")));
    }

    fn trouble(&self, code: ProblemCode, why: String) -> Sighting {
        Sighting { what: What::Trouble(code, why), member: None, log: None }
    }
}
