//! From bytes to judged candidates.
//!
//! A prefilter finds what could be a token at several gigabytes a second: runs of hex digits
//! (`runs`) and a few anchors (`words`). Only there is anything else looked at: boundaries,
//! then whether its key or its form speaks of a rule (`gap`, `context`, `form`, `keyed`), then the
//! rest of the context (`statement`, `steps`), then the judges. A blob without a run or an anchor
//! costs nothing more.

use std::sync::Arc;

use layers::{Left, Placed};
use mask::Masker;
use plan::Plan;
use search::Search;

pub use marks::Marks;

use crate::leak::Candidate;
use crate::rule::shape::LONGEST;
use crate::rule::{Rule, Rules};
use crate::span::{Copied, Span};
use crate::terms::{TermSet, Terms};
use crate::wanted::Wanted;

mod alike;
mod allow;
mod boundary;
mod companions;
mod context;
mod cursor;
mod foreign;
mod form;
mod gap;
mod hints;
mod keyed;
mod layers;
mod marks;
mod mask;
mod packing;
mod partial;
mod place;
mod plan;
mod runs;
mod search;
mod spots;
mod statement;
mod steps;
mod terms;
#[cfg(test)]
mod tests;
mod words;

/// Finds and judges the candidates of blobs. Shared by reference between threads.
#[derive(Debug)]
pub struct Detector {
    rules: Vec<Arc<Rule>>,
    plan: Plan,
    masker: Masker,
    explain: bool,
    readings: Readings,
}

/// How a blob is read besides as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Readings {
    /// Not at all.
    Raw,
    /// As far as there are signs of a log, an encoding or a terminal.
    #[default]
    Signs,
    /// The same, and every text is taken for a CI log.
    Logs,
}

/// What a search found.
#[derive(Debug, Default)]
pub struct Found {
    /// In order of position; dismissed ones only when the detector explains.
    pub candidates: Vec<Candidate>,
    /// Whether there was more than [`Detector::MOST`]: the rest was not looked at.
    pub capped: bool,
    /// Whether something is hidden in more than [`Detector::DEPTH`] layers: it was not looked at.
    pub deeper: bool,
}

impl Detector {
    /// How many bytes on either side of a token can influence what is said of it. A file read
    /// in chunks needs this much overlap, and the longest token.
    pub const REACH: usize = 4096 + LONGEST;

    /// How many layers are taken off one after the other.
    pub const DEPTH: usize = layers::DEPTH;

    /// The most candidates that one search collects.
    pub const MOST: usize = search::MOST;

    /// A detector for these rules. One that explains also returns what it dismissed.
    pub fn new(rules: &Rules, explain: bool) -> Self {
        let rules = rules.rules.clone();
        let (plan, masker) = (Plan::new(&rules, explain), Masker::new(&rules));
        Self { plan, masker, rules, explain, readings: Readings::default() }
    }

    /// The same detector with other readings.
    #[must_use]
    pub fn reading(self, readings: Readings) -> Self {
        Self { readings, ..self }
    }

    /// The same detector, which also takes what is wanted where nothing around it says what it is.
    #[must_use]
    pub fn seeking(mut self, wanted: &Wanted) -> Self {
        self.plan.wanted = (!wanted.is_everything()).then(|| wanted.clone());
        self
    }

    /// Every candidate of a blob, judged.
    pub fn search(&self, bytes: &[u8]) -> Found {
        self.search_delta(bytes, None).0
    }

    /// The same for a blob that is a delta on one that was searched before: `base` has the
    /// marks of that search and the stretches that were copied whole.
    pub fn search_delta(&self, bytes: &[u8], base: Option<(&Marks, &[Copied])>) -> (Found, Marks) {
        let search = Search::new(&self.rules, &self.plan, bytes, self.explain);
        let mut outcome = search.run_all(base, self.readings != Readings::Raw);
        let mut marks = std::mem::take(&mut outcome.marks);
        outcome.marks.hints = marks.hints;
        let (placed, Left { capped, deeper, hides }) = self.deep(bytes, outcome, None, 0);
        if hides {
            marks.terms = marks.terms.or(TermSet::HIDDEN);
        }
        let mut cursor = cursor::Cursor::new(bytes);
        let shown =
            placed.into_iter().filter(|it| self.explain || it.candidate.dismissal.is_none());
        let candidates = shown.map(|placed| {
            let Placed { mut candidate, range, halves } = placed;
            candidate.span = Span { start: range.start as u64, end: range.end as u64 };
            candidate.position = cursor.position(range.start, range.end);
            for (half, place) in candidate.halves.iter_mut().zip(halves) {
                let position = companions::position(bytes, &range, candidate.position, &place);
                half.place.position = position;
            }
            candidate
        });
        (Found { candidates: candidates.collect(), capped, deeper }, marks)
    }

    /// What it looks for.
    pub fn terms(&self) -> Terms {
        terms::of(&self.rules, &self.plan)
    }

    /// A name or path with every token in it masked whose shape proves itself.
    pub fn mask(&self, text: &str) -> String {
        self.masker.text(text)
    }
}
