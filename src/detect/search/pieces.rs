//! The pieces of a run, and the rules whose tokens they look like.
//!
//! What is cheapest is asked first. Of all runs the most are long names, rows of dashes, ids behind a
//! slash and parts of longer words: a bare token is none of these, so that for them no shape is
//! tried at all.

use super::{MOST, Search};
use crate::detect::alike::{Alike, has_digit, kinds};
use crate::detect::boundary::{after_escape, is_joined_left};
use crate::rule::shape::LONGEST;

impl Search<'_> {
    /// Judges what stands between the dashes of a run.
    pub(super) fn pieces(&mut self, start: usize, end: usize) {
        let run = &self.bytes[start..end];
        let digits = run.len() > LONGEST || has_digit(kinds(run));
        let mut at = start;
        while at < end && self.hits.len() < MOST {
            let dash = memchr::memchr(b'-', &self.bytes[at..end]);
            let to = dash.map_or(end, |found| at + found);
            self.piece(at, to, digits);
            let escaped = (at == start).then(|| after_escape(self.bytes, at)).flatten();
            if let Some(at) = escaped {
                self.piece(at, to, digits);
            }
            at = to + 1;
        }
    }

    /// One stretch of a run between dashes, and what begins there and goes on over dashes. `digits`
    /// says whether the run has any.
    fn piece(&mut self, at: usize, to: usize, digits: bool) {
        let plan = self.plan;
        let bare = digits && !is_joined_left(self.bytes, at) && !self.is_linked(at);
        for alike in plan.jointed.iter().map(|alike| &plan.alike[*alike]) {
            if (bare || !alike.bare)
                && let Some(to) = self.ends(alike, at)
                && self.stands(alike.bare, at, to)
            {
                self.judge_all(alike, at, to);
            }
        }
        let solid = to.checked_sub(at).and_then(|len| plan.solid.get(len));
        let solid = solid.map_or(&[][..], Vec::as_slice);
        if solid.is_empty() || !self.stands(false, at, to) {
            return;
        }
        let bare = bare && self.stands(true, at, to);
        let found = kinds(&self.bytes[at..to]);
        for alike in solid.iter().map(|alike| &plan.alike[*alike]) {
            let fits = |whole| whole || self.ends(alike, at) == Some(to);
            if (bare || !alike.bare) && alike.can_be(found) && fits(alike.whole) {
                self.judge_all(alike, at, to);
            }
        }
    }

    fn ends(&self, alike: &Alike, at: usize) -> Option<usize> {
        self.rules[alike.rules[0]].shape.match_at(self.bytes, at)
    }

    /// Judges one value that stands as a token of all these rules does.
    fn judge_all(&mut self, alike: &Alike, start: usize, end: usize) {
        let plan = self.plan;
        let silent = alike.silent && !self.explain && plan.wanted.is_none();
        if !silent || self.surroundings(start, end).is_spoken_of(&plan.keyed) {
            alike.rules.iter().for_each(|rule| self.judge(*rule, start, end, start));
        }
    }
}
