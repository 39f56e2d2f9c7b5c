//! Ids of objects that hold nothing, in memory.

use std::ops::Range;

/// The first 20 bytes of an object's id: all of a SHA-1, and enough of a SHA-256.
pub type Id = [u8; 20];

/// A set of ids, sorted.
#[derive(Debug, Default)]
pub struct Quiet {
    ids: Vec<Id>,
    /// Where the ids with each first byte begin, which spares a third of each search.
    first: Vec<usize>,
}

impl Quiet {
    /// The ids of all runs, each a row of them.
    pub(super) fn new(runs: &[Vec<u8>]) -> Self {
        let mut all: Vec<Id> = Vec::with_capacity(runs.iter().map(|run| run.len() / 20).sum());
        for run in runs {
            all.extend(ids(run));
        }
        if runs.len() > 1 {
            all.sort_unstable();
            all.dedup();
        }
        let begins = |byte: u16| all.partition_point(|id| u16::from(id[0]) < byte);
        let first = (0..=256).map(begins).collect();
        Self { ids: all, first }
    }

    /// Whether it holds the id of an object.
    pub fn holds(&self, id: &[u8]) -> bool {
        let Some((&first, id)) = id.first().zip(id.first_chunk::<20>()) else { return false };
        let range: Option<Range<usize>> = (|| {
            Some(*self.first.get(usize::from(first))?..*self.first.get(usize::from(first) + 1)?)
        })();
        range.is_some_and(|range| self.ids[range].binary_search(id).is_ok())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// The ids of a row of them.
pub(super) fn ids(run: &[u8]) -> impl Iterator<Item = Id> + '_ {
    run.chunks_exact(20).filter_map(|id| id.try_into().ok())
}
