//! Many things, filed under the few sets of terms that they have.

use std::collections::HashMap;

use super::TermSet;

/// Things in order, each with its terms. Of a hundred thousand texts some hundred sets are
/// different, so each thing takes four bytes more.
#[derive(Clone, Debug)]
pub struct Filed<T> {
    things: Vec<(T, u32)>,
    sets: Vec<TermSet>,
    by_set: HashMap<TermSet, u32>,
}

impl<T> Default for Filed<T> {
    fn default() -> Self {
        Self { things: Vec::new(), sets: Vec::new(), by_set: HashMap::new() }
    }
}

impl<T> Filed<T> {
    /// Adds a thing.
    pub fn push(&mut self, thing: T, terms: TermSet) {
        let at = self.place(terms);
        self.things.push((thing, at));
    }

    fn place(&mut self, terms: TermSet) -> u32 {
        *self.by_set.entry(terms).or_insert_with(|| {
            self.sets.push(terms);
            self.sets.len() as u32 - 1
        })
    }

    /// Adds all things of others. Sets are looked up once, not once a thing.
    pub fn append(&mut self, other: Self) {
        let places: Vec<u32> = other.sets.iter().map(|terms| self.place(*terms)).collect();
        let things = other.things.into_iter();
        self.things.extend(things.map(|(thing, at)| (thing, places[at as usize])));
    }

    /// What `of` makes of the things and their terms; those are left out of which it makes nothing.
    pub fn filter_map<U>(self, of: impl Fn(T, TermSet) -> Option<U>) -> Filed<U> {
        let Self { things, sets, by_set } = self;
        let made = |(thing, at): (T, u32)| Some((of(thing, sets[at as usize])?, at));
        Filed { things: things.into_iter().filter_map(made).collect(), sets, by_set }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    /// All sets of terms that occur.
    pub fn sets(&self) -> &[TermSet] {
        &self.sets
    }

    /// For each thing which of the sets it has.
    pub fn which(&self) -> impl Iterator<Item = u32> {
        self.things.iter().map(|(_, at)| *at)
    }

    /// The things alone.
    pub fn things(&self) -> impl Iterator<Item = &T> {
        self.things.iter().map(|(thing, _)| thing)
    }
}

impl<T: Ord> Filed<T> {
    /// Puts the things in their order, each once.
    pub fn sort(&mut self) {
        self.things.sort_unstable();
        self.things.dedup_by(|one, other| one.0 == other.0);
    }
}

impl<T> Extend<(T, TermSet)> for Filed<T> {
    fn extend<I: IntoIterator<Item = (T, TermSet)>>(&mut self, all: I) {
        all.into_iter().for_each(|(thing, terms)| self.push(thing, terms));
    }
}

impl<T> FromIterator<(T, TermSet)> for Filed<T> {
    fn from_iter<I: IntoIterator<Item = (T, TermSet)>>(all: I) -> Self {
        let mut filed = Self::default();
        filed.extend(all);
        filed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_keeps_its_terms_and_stands_once() {
        let sets = [TermSet::RUN, TermSet::default(), TermSet::word(7)];
        let mut filed: Filed<usize> = (0..5).rev().map(|at| (at, sets[at % 3])).collect();
        let more: Filed<usize> = (4..99).map(|at| (at, sets[at % 3])).collect();
        filed.append(more.filter_map(|at, set| (at < 9 && set == sets[at % 3]).then_some(at)));
        filed.sort();
        let all: Vec<(usize, TermSet)> = filed
            .things()
            .zip(filed.which())
            .map(|(at, set)| (*at, filed.sets()[set as usize]))
            .collect();
        assert_eq!(all, (0..9).map(|at| (at, sets[at % 3])).collect::<Vec<_>>());
        assert_eq!(filed.sets.len(), 3);
    }
}
