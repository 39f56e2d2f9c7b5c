//! Rows of ids, each with the terms that its object has.

use rusqlite::{Connection, Row as Columns, params};

use super::Id;
use super::quiet::ids;
use crate::terms::{Filed, TermSet};

/// Some ids in order, as a row of the database.
#[derive(Debug)]
pub(super) struct Row {
    ids: Vec<u8>,
    /// For each id which of the sets it has, as four bytes.
    which: Vec<u8>,
    sets: Vec<u8>,
    /// What a page that went bad does not keep. Ids that are wrong name nothing, but terms that are
    /// wrong could hide a text from a rule that changed.
    sum: u32,
}

impl Row {
    pub(super) fn of(filed: &Filed<Id>) -> Self {
        let ids = filed.things().copied().collect::<Vec<Id>>().into_flattened();
        let which: Vec<u8> = filed.which().flat_map(u32::to_le_bytes).collect();
        let sets: Vec<u8> = filed.sets().iter().flat_map(|set| set.to_bytes()).collect();
        let sum = sum(&ids, &which, &sets);
        Self { ids, which, sets, sum }
    }

    fn read(row: &Columns<'_>) -> rusqlite::Result<Self> {
        Ok(Self { ids: row.get(0)?, which: row.get(1)?, sets: row.get(2)?, sum: row.get(3)? })
    }

    /// Adds its ids to others, each with what `of` makes of its terms; those are left out of which it
    /// makes nothing, and all where the row went bad.
    pub(super) fn add_to(&self, all: &mut Filed<Id>, of: impl Fn(TermSet) -> Option<TermSet>) {
        if self.sum != sum(&self.ids, &self.which, &self.sets) {
            return;
        }
        let (sets, _) = self.sets.as_chunks::<{ TermSet::LEN }>();
        let sets: Vec<Option<TermSet>> =
            sets.iter().map(|bytes| of(TermSet::from_bytes(bytes))).collect();
        let (which, _) = self.which.as_chunks::<4>();
        let set = |at: &[u8; 4]| sets.get(u32::from_le_bytes(*at) as usize).copied().flatten();
        let own = ids(&self.ids).zip(which).filter_map(|(id, at)| Some((id, set(at)?)));
        all.extend(own);
    }

    pub(super) fn write(&self, db: &Connection, search: i64) -> rusqlite::Result<()> {
        let insert =
            "INSERT INTO quiet (search, ids, which, sets, sum) VALUES (?1, ?2, ?3, ?4, ?5)";
        db.execute(insert, params![search, self.ids, self.which, self.sets, self.sum]).map(|_| ())
    }
}

/// All rows of a search, one after the other.
pub(super) fn each(
    db: &Connection,
    search: i64,
    mut take: impl FnMut(&Row),
) -> rusqlite::Result<()> {
    let mut all = db.prepare("SELECT ids, which, sets, sum FROM quiet WHERE search = ?1")?;
    for row in all.query_map(params![search], Row::read)? {
        take(&row?);
    }
    Ok(())
}

fn sum(ids: &[u8], which: &[u8], sets: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    for part in [ids, which, sets] {
        sum.update(part);
    }
    sum.finalize()
}
