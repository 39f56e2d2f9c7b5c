//! What the search of one blob saves the search of the next.
//!
//! Most blobs of a repository are deltas: they share most bytes with a base that was searched
//! before. A run that lies in a stretch copied whole from the base is there, too, so only what
//! the delta brings in is searched for runs; and where all that can influence a judgement was
//! copied with it, a run that was no token there is none here. On git.git that leaves an
//! eighth of the bytes.

use super::Detector;
use super::hints::Hints;
use super::runs::Runs;
use super::words::{WordSet, Words};
use crate::rule::shape::{RUN, in_run};
use crate::span::Copied;
use crate::terms::TermSet;

/// The runs of one blob, and which of them came to nothing.
#[derive(Debug, Default)]
pub struct Marks {
    /// In order of position. `None` where the search ended early.
    runs: Option<Vec<Mark>>,
    /// The blob's length.
    len: usize,
    /// Where words begin by which tokens are found, in order.
    starts: Vec<Start>,
    /// What it may hide.
    pub(super) hints: Hints,
    /// By what rules are found in it.
    pub(super) terms: TermSet,
}

/// A place where words begin, and which.
pub(super) type Start = (usize, WordSet);

/// One run of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether nothing in it is a candidate, for sure.
    pub(super) quiet: bool,
}

/// A shorter copy saves nothing.
pub(super) const WORTH: usize = 4 * RUN;
/// Over a shorter copy than this the search for starts goes on, rather than to end and begin anew.
const APART: usize = 512;

impl Marks {
    pub(super) fn new(
        runs: Option<Vec<Mark>>,
        len: usize,
        starts: Vec<Start>,
        hints: Hints,
    ) -> Self {
        let mut terms = starts.iter().fold(WordSet::default(), |all, it| all.or(it.1)).terms();
        if runs.as_ref().is_none_or(|runs| !runs.is_empty()) {
            terms = terms.or(TermSet::RUN);
        }
        Self { runs, len, starts, hints, terms }
    }

    /// By what rules are found in it: who finds nothing by these, finds nothing.
    pub fn terms(&self) -> TermSet {
        self.terms
    }

    /// The places in `bytes` where words begin. Those that lie in a stretch copied whole from the
    /// base are known: only what the delta brings in is searched, and its seams.
    pub(super) fn starts(
        bytes: &[u8],
        base: Option<(&Self, &[Copied])>,
        words: &Words,
    ) -> Vec<Start> {
        let Some((marks, copies)) = base else {
            return words.places(bytes, 0, bytes.len()).collect();
        };
        let (mut found, mut at, seam) = (Vec::new(), 0, words.longest());
        let search = |found: &mut Vec<Start>, from: usize, to: usize| {
            let reach = bytes.len().min(to + seam);
            found.extend(words.places(bytes, from.min(reach), reach).take_while(|it| it.0 < to));
        };
        for copy in copies {
            let (start, end, from) = (copy.start as usize, copy.end as usize, copy.from as usize);
            if end - start < APART.max(2 * seam) || start < at {
                continue;
            }
            search(&mut found, at, start);
            at = end - seam;
            let there = |at: usize| at - start + from;
            let first = marks.starts.partition_point(|it| it.0 < from);
            let inside = marks.starts[first..].iter().take_while(|it| it.0 < there(at));
            found.extend(inside.map(|(place, words)| (place - from + start, *words)));
        }
        search(&mut found, at, bytes.len());
        found
    }

    /// The runs of `bytes`, in order. Those that are known to come to nothing are quiet.
    pub(super) fn runs(bytes: &[u8], base: Option<(&Self, &[Copied])>) -> Vec<Mark> {
        let Some((marks, copies)) = base else { return all(bytes) };
        let Some(known) = &marks.runs else { return all(bytes) };
        let mut found = Vec::new();
        let mut at = 0;
        for copy in copies.iter().map(|copy| Copy::new(*copy, marks.len, bytes.len())) {
            if copy.end - copy.start < WORTH || copy.end <= at {
                continue;
            }
            at = between(bytes, at, copy.inner_start(), &mut found);
            let first =
                known.partition_point(|run| run.start < copy.there(copy.inner_start().max(at)));
            let last_end = copy.there(copy.inner_end());
            let inside = known[first..].iter().take_while(|run| run.end <= last_end);
            found.extend(inside.map(|run| copy.here(*run)));
            at = at.max(copy.inner_end());
        }
        between(bytes, at, bytes.len(), &mut found);
        found
    }
}

fn all(bytes: &[u8]) -> Vec<Mark> {
    Runs::new(bytes).map(|(start, end)| Mark { start, end, quiet: false }).collect()
}

/// Finds every run that holds a byte of `from..to`; returns how far the bytes are done.
fn between(bytes: &[u8], from: usize, to: usize, found: &mut Vec<Mark>) -> usize {
    if from >= to {
        return from;
    }
    let done = found.last().map_or(0, |mark| mark.end);
    let back = bytes[done..from].iter().rposition(|byte| !in_run(*byte));
    let start = back.map_or(done, |at| done + at + 1);
    let limit = bytes.len().min(to + RUN);
    let mut at = to;
    for (run, end) in Runs::starting(&bytes[..limit], start) {
        if run >= to {
            break;
        }
        let more = bytes[end..].iter().position(|byte| !in_run(*byte));
        let end = if end == limit { more.map_or(bytes.len(), |more| end + more) } else { end };
        found.push(Mark { start: run, end, quiet: false });
        at = at.max(end);
    }
    at
}

/// A copied stretch, and whether it shares the blob's edges with the base's.
struct Copy {
    start: usize,
    end: usize,
    from: usize,
    at_start: bool,
    at_end: bool,
}

impl Copy {
    fn new(copy: Copied, base_len: usize, len: usize) -> Self {
        let (start, end, from) = (copy.start as usize, copy.end as usize, copy.from as usize);
        let at_start = start == 0 && from == 0;
        let at_end = end == len && from + (end - start) == base_len;
        Self { start, end, from, at_start, at_end }
    }

    /// A run from here on has the byte before it inside the copy, or begins both blobs.
    fn inner_start(&self) -> usize {
        if self.at_start { self.start } else { self.start + 1 }
    }

    fn inner_end(&self) -> usize {
        if self.at_end { self.end } else { self.end - 1 }
    }

    fn there(&self, at: usize) -> usize {
        at - self.start + self.from
    }

    /// A run of the base, here: quiet only where all its surroundings were copied with it.
    fn here(&self, run: Mark) -> Mark {
        let (start, end) = (run.start - self.from + self.start, run.end - self.from + self.start);
        let before = self.at_start || start >= self.start + Detector::REACH;
        let after = self.at_end || end + Detector::REACH <= self.end;
        Mark { start, end, quiet: run.quiet && before && after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Found;
    use crate::rule::Rules;
    use crate::rule::mint::Mint;

    /// A base, and a blob made of copies of it and insertions.
    fn delta(mint: &mut Mint) -> (Vec<u8>, Vec<u8>, Vec<Copied>) {
        let alphabet: &[u8] = b"0123456789abcdef0123456789abcdef0123456789abcdef \n";
        let len = 1 + mint.below(3000);
        let base = mint.random(alphabet, len);
        let (mut bytes, mut copies) = (Vec::new(), Vec::new());
        for _ in 0..mint.below(6) {
            if mint.below(3) > 0 {
                let from = if mint.below(3) == 0 { 0 } else { mint.below(base.len()) };
                let rest = base.len() - from;
                let len = if mint.below(3) == 0 { rest } else { mint.below(rest + 1) };
                let start = bytes.len();
                bytes.extend_from_slice(&base[from..from + len]);
                let (end, start, from) = (bytes.len() as u32, start as u32, from as u32);
                copies.push(Copied { start, end, from });
            } else {
                let len = mint.below(90);
                bytes.extend(mint.random(alphabet, len));
            }
        }
        (base, bytes, copies)
    }

    #[test]
    fn a_delta_has_the_runs_that_a_full_search_finds() {
        let mut mint = Mint::new(11);
        for _ in 0..4000 {
            let (base, bytes, copies) = delta(&mut mint);
            let mut known = all(&base);
            for run in &mut known {
                run.quiet = true;
            }
            let marks = Marks::new(Some(known), base.len(), Vec::new(), Hints::default());
            let runs = Marks::runs(&bytes, Some((&marks, &copies)));
            let plain = |runs: &[Mark]| runs.iter().map(|r| (r.start, r.end)).collect::<Vec<_>>();
            assert_eq!(plain(&runs), plain(&all(&bytes)), "{copies:?}");
        }
    }

    /// Lines of which some hold a value, some a key, some both: what is said of a value
    /// depends on lines that a delta may bring in or take away.
    fn lines(mint: &mut Mint, count: usize) -> Vec<u8> {
        let mut text = Vec::new();
        for _ in 0..count {
            let hex = mint.random(b"0123456789abcdef", 40);
            match mint.below(14) {
                0 => text.extend([b"sonar.login=".as_slice(), &hex].concat()),
                1 => text.extend([b"sq".as_slice(), b"u_", &hex].concat()),
                2 => text.extend([b"  value: ".as_slice(), &hex].concat()),
                3 => text.extend(b"- name: SONAR_TOKEN"),
                4 => text.extend(b"sonar.host.url=https://sonarcloud.io"),
                5 => text.extend([b"commit ".as_slice(), &hex].concat()),
                6 => text.extend([b"x glp".as_slice(), b"at-", &hex[..20]].concat()),
                _ => text.extend(mint.random(b"abc def ghi ", 400)),
            }
            text.push(b'\n');
        }
        text
    }

    #[test]
    fn a_delta_has_the_candidates_that_a_full_search_finds() {
        let detector = Detector::new(&Rules::builtin().expect("they compile"), false);
        let spans = |found: &Found| {
            found.candidates.iter().map(|c| (c.span, c.rule, c.confidence)).collect::<Vec<_>>()
        };
        let (mut mint, mut quiet, mut seen) = (Mint::new(12), 0, 0);
        for _ in 0..120 {
            let base = lines(&mut mint, 60);
            let (_, marks) = detector.search_delta(&base, None);
            let cut = mint.below(base.len());
            let more = mint.below(3);
            let added = lines(&mut mint, more);
            let bytes = [&base[..cut], &added, &base[cut..]].concat();
            let second = (cut + added.len()) as u32;
            let copies = [
                Copied { start: 0, end: cut as u32, from: 0 },
                Copied { start: second, end: bytes.len() as u32, from: cut as u32 },
            ];
            let (found, after) = detector.search_delta(&bytes, Some((&marks, &copies)));
            let (whole, whole_marks) = detector.search_delta(&bytes, None);
            assert_eq!(spans(&found), spans(&whole), "cut at {cut}");
            let hidden = TermSet::HIDDEN;
            assert_eq!(after.terms.or(hidden), whole_marks.terms.or(hidden), "cut at {cut}");
            assert!(after.terms.meets(hidden) || !whole_marks.terms.meets(hidden), "cut at {cut}");
            let runs = Marks::runs(&bytes, Some((&marks, &copies)));
            quiet += runs.iter().filter(|run| run.quiet).count();
            seen += after.runs.map_or(0, |runs| runs.len());
        }
        assert!(quiet * 10 > seen, "hardly anything is inherited: {quiet} of {seen}");
    }
}
