//! From bytes to judged candidates.
//!
//! A prefilter finds what could be a token at several gigabytes a second: runs of hex digits
//! (`runs`) and a few anchors (`words`). Only there is anything else looked at: boundaries,
//! then whether a word of the service is around, then the context (`gap`, `context`, `form`,
//! `statement`), then the judges. A blob without a run or an anchor costs nothing more.

use std::sync::Arc;

use mask::Masker;
use plan::Plan;
use search::{Hit, Search};

pub use marks::Marks;

use crate::leak::Candidate;
use crate::rule::{Rule, Rules};
use crate::secret::Secret;
use crate::span::{Copied, Span};
use crate::view::Layers;

mod boundary;
mod companions;
mod context;
mod cursor;
mod form;
mod gap;
mod marks;
mod mask;
mod place;
mod plan;
mod runs;
mod search;
mod statement;
mod words;

/// Finds and judges the candidates of blobs. Shared by reference between threads.
#[derive(Debug)]
pub struct Detector {
    rules: Vec<Arc<Rule>>,
    plan: Plan,
    masker: Masker,
    explain: bool,
}

/// What a search found.
#[derive(Debug, Default)]
pub struct Found {
    /// In order of position; dismissed ones only when the detector explains.
    pub candidates: Vec<Candidate>,
    /// Whether there was more than [`Detector::MOST`]: the rest was not looked at.
    pub capped: bool,
}

impl Detector {
    /// How many bytes on either side of a token can influence what is said of it. A file read
    /// in chunks needs this much overlap, and the longest token.
    pub const REACH: usize = 4096 + 256;

    /// The most candidates that one search collects.
    pub const MOST: usize = search::MOST;

    /// A detector for these rules. One that explains also returns what it dismissed.
    pub fn new(rules: &Rules, explain: bool) -> Self {
        let rules = rules.rules.clone();
        Self { plan: Plan::new(&rules), masker: Masker::new(&rules), rules, explain }
    }

    /// Every candidate of a blob, judged.
    pub fn search(&self, bytes: &[u8]) -> Found {
        self.search_delta(bytes, None).0
    }

    /// The same for a blob that is a delta on one that was searched before: `base` has the
    /// marks of that search and the stretches that were copied whole.
    pub fn search_delta(&self, bytes: &[u8], base: Option<(&Marks, &[Copied])>) -> (Found, Marks) {
        let search = Search::new(&self.rules, &self.plan, bytes, self.explain);
        let (hits, capped, marks) = search.hits(base);
        let mut cursor = cursor::Cursor::new(bytes);
        let shown = hits.into_iter().filter(|hit| self.explain || hit.dismissal.is_none());
        let candidates = shown.map(|hit| self.candidate(bytes, hit, &mut cursor)).collect();
        (Found { candidates, capped }, marks)
    }

    /// A name or path with every token in it masked whose shape proves itself.
    pub fn mask(&self, text: &str) -> String {
        self.masker.text(text)
    }

    fn candidate(&self, bytes: &[u8], hit: Hit, cursor: &mut cursor::Cursor<'_>) -> Candidate {
        let rule = &self.rules[hit.rule];
        let accepted = hit.dismissal.is_none();
        let user = hit.user.as_deref();
        let companions = || companions::near(rule, &self.masker, bytes, hit.start, user);
        Candidate {
            rule: hit.rule,
            secret: Secret::new(&bytes[hit.start..hit.end]),
            span: Span { start: hit.start as u64, end: hit.end as u64 },
            position: cursor.position(hit.start, hit.end),
            line: self.masker.line(bytes, hit.start, hit.end, rule.prefix),
            confidence: hit.confidence,
            companions: if accepted { companions() } else { Vec::new() },
            layers: Layers::default(),
            dismissal: hit.dismissal,
        }
    }
}
