//! The embedded database of what is known: which git objects hold nothing. A second scan costs what
//! is new.
//!
//! It holds ids of objects and the words by which rules are found, never a token, nor anything of
//! one. An object is only known once it was examined whole and nothing at all was found in it, not
//! even something that was dismissed by where it stands, nor in anything that it leads to; whatever
//! holds something is read again each time. So the worst that a lost or stale database can do is to
//! make a scan slower.
//!
//! What is known is known of one search. The next one, with other rules, is told what of it still
//! holds: texts in which nothing stands by which a rule is found that the earlier one had not.
//!
//! The ids of objects are taken as git has them. Who can write into a repository's pack indexes
//! can hide an object behind the id of another one: git itself would not read such a repository
//! (`git fsck`).

mod quiet;
mod rows;
mod search;
#[cfg(test)]
mod tests;
mod turns;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, TransactionBehavior, params};

use rows::Row;

use crate::terms::Filed;

pub use quiet::{Id, Quiet, id_of};
pub use search::Search;
pub use turns::{SKETCH, Turn};

/// What the tables look like. A database of a later number is refused: an older squelch does not
/// know what its rows mean. One of an earlier number is emptied, since all in it can be found again.
const SCHEMA: i64 = 3;

/// A number of a search is never given out twice: a process that still writes under one that was
/// forgotten must not write of another search.
const TABLES: &str = "
    DROP TABLE IF EXISTS quiet;
    DROP TABLE IF EXISTS searches;
    CREATE TABLE searches (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        engine TEXT NOT NULL,
        terms TEXT NOT NULL,
        used INTEGER NOT NULL
    );
    CREATE TABLE quiet (
        search INTEGER NOT NULL,
        ids BLOB NOT NULL,
        which BLOB NOT NULL,
        sets BLOB NOT NULL,
        sum INTEGER NOT NULL
    );
    CREATE INDEX quiet_search ON quiet (search);";

/// How long another process may write before this one gives up.
const PATIENCE: Duration = Duration::from_mins(1);
/// And how long between two attempts, where SQLite does not wait by itself.
const PAUSE: Duration = Duration::from_millis(5);

/// More rows of ids than this are put together when the database is written: a sweep of thousands
/// of targets adds one for each.
const MOST_ROWS: i64 = 64;

/// Why a database cannot be used.
#[derive(Debug)]
pub struct StoreError(String);

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StoreError {}

/// A database, opened for one kind of search. Shared between threads.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    db: Mutex<Connection>,
    /// Which search what is known is about.
    search: i64,
    /// What was read of it, and what was added since.
    known: Mutex<Option<Quiet>>,
    turns: turns::Turns,
}

/// Where the store is without a choice of the user: in the user's folder for caches.
pub fn default_path() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let cache = folder("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || Some(PathBuf::from(folder("HOME")?).join(".cache"));
    Some(cache.filter(|path| path.is_absolute()).or_else(home)?.join("squelch/store.sqlite"))
}

impl Store {
    /// Opens or makes a database that only its owner can read. `search` is what it is used for; what
    /// earlier searches found nothing in counts as far as no rule that is new since then could.
    ///
    /// # Errors
    /// A file that is no such database, one of a later version, a folder that cannot be written.
    pub fn open(path: &Path, search: &Search) -> Result<Self, StoreError> {
        let wrong = |error: &dyn fmt::Display| {
            StoreError(format!(
                "the store {} cannot be used: {error}; move it away, or make room if the disk is \
                 full: what is known is found again",
                path.display()
            ))
        };
        prepare(path).map_err(|error| wrong(&error))?;
        let mut db = Connection::open(path).map_err(|error| wrong(&error))?;
        set_up(&mut db).map_err(|error| wrong(&error))?;
        let search = search::enter(&mut db, search).map_err(|error| wrong(&error))?;
        let (path, db) = (path.to_owned(), Mutex::new(db));
        Ok(Self { path, db, search, known: Mutex::default(), turns: turns::Turns::default() })
    }

    /// Waits until no other thread reads what shares much with a repository, of which these are the
    /// ids that come first, in order, at most [`SKETCH`].
    pub fn turn(&self, sketch: Vec<Id>) -> Turn<'_> {
        self.turns.take(sketch)
    }

    /// Which objects hold nothing, as far as is known. It is read once: what other processes add
    /// meanwhile is not seen.
    pub fn quiet(&self) -> Result<Quiet, StoreError> {
        let mut known = self.known();
        if let Some(quiet) = &*known {
            return Ok(quiet.clone());
        }
        let quiet = self.read_quiet()?;
        Ok(known.insert(quiet).clone())
    }

    fn read_quiet(&self) -> Result<Quiet, StoreError> {
        let db = self.db();
        let rows = db
            .prepare("SELECT ids FROM quiet WHERE search = ?1")
            .and_then(|mut query| {
                let rows = query.query_map(params![self.search], |row| row.get::<_, Vec<u8>>(0))?;
                rows.collect::<rusqlite::Result<Vec<Vec<u8>>>>()
            })
            .map_err(|error| self.error(&error))?;
        Ok(Quiet::new(&rows))
    }

    fn known(&self) -> MutexGuard<'_, Option<Quiet>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds objects that hold nothing, and the terms that they have. All of them are known afterwards,
    /// or, whatever happens to this process, none.
    pub fn add_quiet(&self, mut objects: Filed<Id>) -> Result<(), StoreError> {
        objects.sort();
        if objects.is_empty() {
            return Ok(());
        }
        self.write_quiet(&objects).map_err(|error| self.error(&error))?;
        if let Some(quiet) = &mut *self.known() {
            quiet.add(objects.things().copied().collect());
        }
        Ok(())
    }

    fn write_quiet(&self, new: &Filed<Id>) -> rusqlite::Result<()> {
        let mut db = self.db();
        let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let count = "SELECT count(*) FROM quiet WHERE search = ?1";
        let rows: i64 = change.query_row(count, params![self.search], |row| row.get(0))?;
        if rows < MOST_ROWS {
            Row::of(new).write(&change, self.search)?;
        } else {
            let mut all = new.clone();
            rows::each(&change, self.search, |row| row.add_to(&mut all, Some))?;
            all.sort();
            change.execute("DELETE FROM quiet WHERE search = ?1", params![self.search])?;
            Row::of(&all).write(&change, self.search)?;
        }
        change.commit()
    }

    fn db(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn error(&self, error: &rusqlite::Error) -> StoreError {
        StoreError(format!("the store {}: {error}", self.path.display()))
    }
}

/// Makes the file and its folder, for their owner alone.
fn prepare(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(|_| ())
}

fn set_up(db: &mut Connection) -> Result<(), StoreError> {
    let wrong = |error: rusqlite::Error| StoreError(error.to_string());
    db.busy_timeout(PATIENCE).map_err(wrong)?;
    // The log may lose the last write when the machine goes down, never more, and never a half.
    patiently(|| db.pragma_update(None, "journal_mode", "WAL")).map_err(wrong)?;
    db.pragma_update(None, "synchronous", "NORMAL").map_err(wrong)?;
    if is_made(db)? {
        return Ok(());
    }
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(wrong)?;
    // Another process may have been faster, and its rows are there to stay.
    if is_made(&change)? {
        return Ok(());
    }
    change.execute_batch(TABLES).map_err(wrong)?;
    change.pragma_update(None, "user_version", SCHEMA).map_err(wrong)?;
    change.commit().map_err(wrong)
}

/// Tries again while another process has the database. SQLite itself waits for most locks, but not for
/// the one that it takes to change the mode of a new database.
fn patiently(attempt: impl Fn() -> rusqlite::Result<()>) -> rusqlite::Result<()> {
    let begun = Instant::now();
    loop {
        match attempt() {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && begun.elapsed() < PATIENCE =>
            {
                std::thread::sleep(PAUSE);
            }
            done => return done,
        }
    }
}

/// Whether the tables are there, as this squelch knows them.
fn is_made(db: &Connection) -> Result<bool, StoreError> {
    let version: i64 = db
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|error| StoreError(error.to_string()))?;
    if version > SCHEMA {
        return Err(StoreError(format!(
            "it was made by a later squelch (schema {version}, this one knows {SCHEMA})"
        )));
    }
    Ok(version == SCHEMA)
}
