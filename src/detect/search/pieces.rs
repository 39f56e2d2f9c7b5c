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
        let digits = run.len() > LONGEST || has_digit(run);
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
        let spoken_of = bare && self.may_be_asked(at, to);
        let found = kinds(&self.bytes[at..to]);
        for alike in solid.iter().map(|alike| &plan.alike[*alike]) {
            let asked = spoken_of || !alike.bare || bare && !alike.silent;
            let fits = |whole| whole || self.ends(alike, at) == Some(to);
            if asked && alike.can_be(found) && fits(alike.whole) {
                alike.rules.iter().for_each(|rule| self.judge(*rule, at, to, at));
            }
        }
    }

    fn ends(&self, alike: &Alike, at: usize) -> Option<usize> {
        self.rules[alike.rules[0]].shape.match_at(self.bytes, at)
    }

    /// Judges one value that stands as a token of all these rules does.
    fn judge_all(&mut self, alike: &Alike, start: usize, end: usize) {
        if !alike.silent || self.may_be_asked(start, end) {
            alike.rules.iter().for_each(|rule| self.judge(*rule, start, end, start));
        }
    }

    /// Whether a key or the form of a bare value speaks of any rule, or it is looked at all the same.
    fn may_be_asked(&mut self, start: usize, end: usize) -> bool {
        let plan = self.plan;
        self.explain
            || plan.wanted.is_some()
            || self.surroundings(start, end).is_spoken_of(&plan.keyed)
    }
}
