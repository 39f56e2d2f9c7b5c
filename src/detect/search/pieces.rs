//! The pieces of a run, and the rules whose tokens they look like.

use super::Search;
use crate::detect::alike::{Alike, kinds};

impl Search<'_> {
    /// One stretch of a run between dashes, and what begins there and goes on over dashes.
    pub(super) fn piece(&mut self, at: usize, to: usize) {
        let plan = self.plan;
        let solid = to.checked_sub(at).and_then(|len| plan.solid.get(len));
        let solid = solid.map_or(&[][..], Vec::as_slice);
        if solid.is_empty() && plan.jointed.is_empty() {
            return;
        }
        let linked = self.is_linked(at);
        let found = if solid.is_empty() { 0 } else { kinds(&self.bytes[at..to]) };
        let can_be = |alike: &&Alike| !(linked && alike.bare) && alike.can_be(found);
        for alike in solid.iter().map(|alike| &plan.alike[*alike]).filter(can_be) {
            if alike.whole || self.ends(alike, at) == Some(to) {
                self.consider_all(alike, at, to);
            }
        }
        for alike in plan.jointed.iter().map(|alike| &plan.alike[*alike]) {
            if linked && alike.bare {
                continue;
            }
            if let Some(to) = self.ends(alike, at) {
                self.consider_all(alike, at, to);
            }
        }
    }

    fn ends(&self, alike: &Alike, at: usize) -> Option<usize> {
        self.rules[alike.rules[0]].shape.match_at(self.bytes, at)
    }

    /// Judges one value that has the shape of all these rules.
    fn consider_all(&mut self, alike: &Alike, start: usize, end: usize) {
        if self.stands(alike.bare, start, end) {
            alike.rules.iter().for_each(|rule| self.judge(*rule, start, end, start));
        }
    }
}
