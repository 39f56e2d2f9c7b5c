//! Lines of reports on a disk, from where they are merged: a database without a name.
//!
//! It is in the folder for temporary files (`TMPDIR`, else `/var/tmp`), for its owner alone. SQLite
//! takes its name away as soon as it is open, so that nothing is left of it, however a process ends.
//! It holds what reports in JSON Lines hold, so never a token. Memory is its cache: what it sorts,
//! it sorts on the disk.

use anyhow::{Context, Result};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params};
use serde::Deserialize;
use serde::de::IntoDeserializer;

use crate::finding::Finding;
use crate::problem::{Problem, ProblemCode};

/// Pages of 16 kB, of which each has a few lines; 8 MB of them in memory. Nothing of it outlives a
/// fault, so nothing is written twice for one.
const SET_UP: &str = "
    PRAGMA page_size = 16384;
    PRAGMA cache_size = -8192;
    PRAGMA temp_store = FILE;
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE line (
        id INTEGER PRIMARY KEY, token BLOB NOT NULL, suppressed INTEGER NOT NULL,
        place BLOB NOT NULL, text TEXT NOT NULL
    );
    CREATE TABLE problem (
        id INTEGER PRIMARY KEY, unread INTEGER NOT NULL, rank INTEGER NOT NULL,
        code TEXT NOT NULL, place TEXT NOT NULL, why TEXT NOT NULL, hint TEXT
    );
    CREATE TABLE whole (
        id INTEGER PRIMARY KEY, suppressed INTEGER NOT NULL, place BLOB NOT NULL, line INTEGER,
        text TEXT
    );
    CREATE TABLE ranked (id INTEGER PRIMARY KEY, whole INTEGER NOT NULL);
    CREATE TABLE unread (
        id INTEGER PRIMARY KEY, code TEXT NOT NULL, place TEXT NOT NULL, why TEXT NOT NULL,
        hint TEXT
    );
    BEGIN;";

/// What is said once is taken as it is.
const ONCE: &str = "
    CREATE INDEX line_token ON line (token, suppressed);
    INSERT INTO whole (suppressed, place, line)
        SELECT min(suppressed), min(place), min(id) FROM line GROUP BY token HAVING count(*) = 1;";

const OFTEN: &str = "SELECT token FROM line GROUP BY token HAVING count(*) > 1";

/// What one part knows and another one does not is not known: lines of findings come before.
const LINES: &str = "
    SELECT suppressed, text FROM line WHERE token = ?1
    AND suppressed = (SELECT min(suppressed) FROM line WHERE token = ?1)";

const RANK: &str = "
    INSERT INTO ranked (whole) SELECT id FROM whole ORDER BY suppressed, place, line;";

const TEXT: &str = "
    SELECT coalesce(whole.text, line.text) FROM ranked JOIN whole ON whole.id = ranked.whole
    LEFT JOIN line ON line.id = whole.line WHERE ranked.id = ?1";

const SORTED: &str = "
    INSERT INTO unread (code, place, why, hint) SELECT code, place, why, hint FROM
        (SELECT DISTINCT rank, code, place, why, hint FROM problem)
        ORDER BY rank, place, why, hint;";

/// The lines of one report, in its own order.
const AS_IT_IS: &str = "
    INSERT INTO whole (suppressed, place, line) SELECT suppressed, x'', id FROM line;
    INSERT INTO unread (code, place, why, hint)
        SELECT code, place, why, hint FROM problem ORDER BY unread, id;";

/// The database.
#[derive(Debug)]
pub(super) struct Spill(Connection);

/// How far it was filled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    lines: i64,
    problems: i64,
}

/// The lines of one token, of which all are findings or all are suppressed.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) suppressed: bool,
    /// Each once, in the order of their bytes: so whatever the order of the parts.
    pub(super) texts: Vec<String>,
}

impl Spill {
    pub(super) fn new() -> Result<Self> {
        let db = Connection::open("").and_then(|db| db.execute_batch(SET_UP).map(|()| db));
        Ok(Self(db.context(FULL)?))
    }

    /// How far it is filled, to go back there.
    pub(super) fn mark(&self) -> Result<Mark> {
        let last = |table: &str| {
            let query = format!("SELECT coalesce(max(id), 0) FROM {table}");
            self.0.query_row(&query, [], |row| row.get(0))
        };
        let (lines, problems) = (last("line").context(FULL)?, last("problem").context(FULL)?);
        Ok(Mark { lines, problems })
    }

    /// Takes out what came after a mark.
    pub(super) fn go_back(&self, mark: Mark) -> Result<()> {
        let lines = self.0.execute("DELETE FROM line WHERE id > ?1", [mark.lines]);
        let problems = self.0.execute("DELETE FROM problem WHERE id > ?1", [mark.problems]);
        lines.and(problems).map(drop).context(FULL)
    }

    /// Keeps the line of a finding.
    pub(super) fn keep(&self, finding: &Finding, suppressed: bool, text: &str) -> Result<()> {
        let insert = "INSERT INTO line (token, suppressed, place, text) VALUES (?1, ?2, ?3, ?4)";
        let (token, place) = (finding.fingerprint.bytes(), finding.order());
        let row = params![token, suppressed, place, text];
        self.0.prepare_cached(insert).and_then(|mut it| it.execute(row)).map(drop).context(FULL)
    }

    /// Keeps a problem. What could not be read of a report comes behind what it says itself.
    pub(super) fn problem(&self, problem: &Problem, unread: bool) -> Result<()> {
        let insert = "INSERT INTO problem (unread, rank, code, place, why, hint)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let Problem { code, place, why, hint } = problem;
        let row = params![unread, *code as u8, code.to_string(), place, why, hint];
        self.0.prepare_cached(insert).and_then(|mut it| it.execute(row)).map(drop).context(FULL)
    }

    /// Puts everything in report order; `merge` makes one line of those of a token.
    pub(super) fn sort(
        &self,
        mut merge: impl FnMut(Lines) -> Result<(Vec<u8>, String)>,
    ) -> Result<()> {
        self.0.execute_batch(ONCE).context(FULL)?;
        let mut often = self.0.prepare(OFTEN).context(FULL)?;
        let mut tokens = often.query([]).context(FULL)?;
        while let Some(token) = tokens.next().context(FULL)? {
            let lines = self.lines(&token.get(0).context(FULL)?).context(FULL)?;
            let suppressed = lines.suppressed;
            let (place, text) = merge(lines)?;
            let insert = "INSERT INTO whole (suppressed, place, text) VALUES (?1, ?2, ?3)";
            let row = params![suppressed, place, text];
            self.0.prepare_cached(insert).and_then(|mut it| it.execute(row)).context(FULL)?;
        }
        self.0.execute_batch(SORTED).context(FULL)?;
        self.0.execute_batch(RANK).context(FULL)
    }

    /// Leaves everything in the order in which it came.
    pub(super) fn leave(&self) -> Result<()> {
        self.0.execute_batch(AS_IT_IS).context(FULL)?;
        self.0.execute_batch(RANK).context(FULL)
    }

    fn lines(&self, token: &Value) -> rusqlite::Result<Lines> {
        let mut query = self.0.prepare_cached(LINES)?;
        let mut rows = query.query([token])?;
        let mut lines = Lines { suppressed: false, texts: Vec::new() };
        while let Some(row) = rows.next()? {
            lines.suppressed = row.get(0)?;
            lines.texts.push(row.get(1)?);
        }
        lines.texts.sort_unstable();
        lines.texts.dedup();
        Ok(lines)
    }

    /// How many findings there are, how much is suppressed, and how many problems.
    pub(super) fn counts(&self) -> Result<[usize; 3]> {
        let count = |what: &str| -> Result<usize> {
            let query = format!("SELECT count(*) FROM {what}");
            let count: i64 = self.0.query_row(&query, [], |row| row.get(0)).context(FULL)?;
            Ok(usize::try_from(count)?)
        };
        let (findings, all) = (count("whole WHERE suppressed = 0")?, count("whole")?);
        Ok([findings, all - findings, count("unread")?])
    }

    /// The line of what stands at a place of the report, counted from 0: what is suppressed comes
    /// behind the findings.
    pub(super) fn text(&self, at: usize) -> Result<String> {
        self.get(TEXT, at, |row| row.get(0))
    }

    /// The problem at a place of the report.
    pub(super) fn unread(&self, at: usize) -> Result<Problem> {
        let query = "SELECT code, place, why, hint FROM unread WHERE id = ?1";
        let (code, place, why, hint): (String, _, _, _) =
            self.get(query, at, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        let code = IntoDeserializer::<serde::de::value::Error>::into_deserializer(code.as_str());
        Ok(Problem { code: ProblemCode::deserialize(code)?, place, why, hint })
    }

    fn get<T>(
        &self,
        query: &str,
        at: usize,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        let id = i64::try_from(at)? + 1;
        self.0.prepare_cached(query).and_then(|mut it| it.query_row([id], read)).context(FULL)
    }
}

/// What is wrong where the database is, nearly always.
const FULL: &str = "what is merged cannot be kept in the folder for temporary files: check that it is \
                    writable and has room for all reports, or name another one in TMPDIR";
