//! The searches that a database knows: what each looked for, and what of it the next one need not
//! look for again.

use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::Id;
use super::rows::{self, Row};
use crate::terms::{Filed, Terms};

/// One kind of search: two that are the same find the same in the same bytes.
#[derive(Clone, Debug)]
pub struct Search {
    /// How texts are searched, whatever the rules: the version of squelch, and the readings.
    pub engine: String,
    /// The rules, and by what they are found.
    pub terms: Terms,
}

const DAY: i64 = 86_400;
/// What nobody looked for in so long, in seconds, is forgotten: rules change, squelch does, and
/// nothing that an earlier one of it learned is of use to a later one.
const FORGET: i64 = 90 * DAY;

/// The number of a search. A new one is told what of all others still holds.
pub(super) fn enter(db: &mut Connection, search: &Search) -> rusqlite::Result<i64> {
    let text = serde_json::to_string(&search.terms).unwrap_or_default();
    let now =
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs().cast_signed());
    if let Some((number, used)) = find(db, search, &text)? {
        if (now - used).abs() > DAY {
            db.execute("UPDATE searches SET used = ?2 WHERE number = ?1", params![number, now])?;
        }
        return Ok(number);
    }
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    if let Some((number, _)) = find(&change, search, &text)? {
        return Ok(number);
    }
    let old = params![now - FORGET];
    change.execute(
        "DELETE FROM quiet WHERE search IN (SELECT number FROM searches WHERE used < ?1)",
        old,
    )?;
    change.execute("DELETE FROM searches WHERE used < ?1", old)?;
    let insert = "INSERT INTO searches (engine, terms, used) VALUES (?1, ?2, ?3)";
    change.execute(insert, params![search.engine, text, now])?;
    let number = change.last_insert_rowid();
    let known = inherited(&change, search, number)?;
    if !known.is_empty() {
        Row::of(&known).write(&change, number)?;
    }
    change.commit()?;
    Ok(number)
}

fn find(db: &Connection, search: &Search, terms: &str) -> rusqlite::Result<Option<(i64, i64)>> {
    let find = "SELECT number, used FROM searches WHERE engine = ?1 AND terms = ?2";
    let both = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    db.query_row(find, params![search.engine, terms], both).optional()
}

/// What is known of a new search from all others, the last ones first.
fn inherited(db: &Connection, search: &Search, number: i64) -> rusqlite::Result<Filed<Id>> {
    let others = "SELECT number, terms FROM searches WHERE engine = ?1 AND number <> ?2
                  ORDER BY used DESC, number DESC";
    let mut others = db.prepare(others)?;
    let others = others.query_map(params![search.engine, number], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
    })?;
    let mut known = Filed::default();
    for other in others {
        let (other, terms) = other?;
        let Ok(old) = serde_json::from_str::<Terms>(&terms) else { continue };
        let Some(change) = search.terms.since(&old) else { continue };
        rows::each(db, other, |row| row.add_to(&mut known, |terms| change.carry(terms)))?;
        known.sort();
    }
    Ok(known)
}
