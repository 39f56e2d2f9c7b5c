//! Ids of objects that hold nothing, in memory.

use std::sync::Arc;

/// The first 16 bytes of an object's id. Who wants to hide an object behind a known one has to try
/// 2^100 contents where 2^28 are known; and a fifth less is kept, some gigabytes for a company.
pub type Id = [u8; 16];

/// What of an object's whole id is kept.
pub fn id_of(object: &[u8]) -> Option<Id> {
    object.first_chunk().copied()
}

/// A set of ids, in sorted runs of which each is at least twice as long as the next one: a lookup
/// asks few of them, and adding costs little. A copy shares all of them.
#[derive(Clone, Debug, Default)]
pub struct Quiet {
    runs: Vec<Arc<Run>>,
}

#[derive(Debug)]
struct Run {
    ids: Vec<Id>,
    /// Where the ids with each first byte begin, which spares a third of each search.
    first: Vec<usize>,
}

impl Quiet {
    /// The ids of all rows, each a row of them.
    pub(super) fn new(rows: &[Vec<u8>]) -> Self {
        let mut all: Vec<Id> =
            Vec::with_capacity(rows.iter().map(|row| row.len() / size_of::<Id>()).sum());
        for row in rows {
            all.extend(ids(row));
        }
        let mut quiet = Self::default();
        quiet.add(all);
        quiet
    }

    /// Adds ids.
    pub(super) fn add(&mut self, mut ids: Vec<Id>) {
        while let Some(last) = self.runs.pop_if(|run| run.ids.len() < 2 * ids.len()) {
            ids.extend_from_slice(&last.ids);
        }
        if !ids.is_empty() {
            self.runs.push(Arc::new(Run::new(ids)));
        }
    }

    /// Whether it holds the id of an object.
    pub fn holds(&self, id: &[u8]) -> bool {
        id_of(id).is_some_and(|id| self.runs.iter().any(|run| run.holds(&id)))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.runs.iter().map(|run| run.ids.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }
}

impl Run {
    fn new(mut ids: Vec<Id>) -> Self {
        ids.sort_unstable();
        ids.dedup();
        let begins = |byte: u16| ids.partition_point(|id| u16::from(id[0]) < byte);
        let first = (0..=256).map(begins).collect();
        Self { ids, first }
    }

    fn holds(&self, id: &Id) -> bool {
        let at = usize::from(id[0]);
        self.ids[self.first[at]..self.first[at + 1]].binary_search(id).is_ok()
    }
}

/// The ids of a row of them.
pub(super) fn ids(row: &[u8]) -> impl Iterator<Item = Id> + '_ {
    row.chunks_exact(size_of::<Id>()).filter_map(|id| id.try_into().ok())
}
