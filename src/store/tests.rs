use super::*;
use crate::terms::{FoundBy, TermSet, Terms};

fn id(number: u32) -> Id {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    id[12..].copy_from_slice(&number.wrapping_mul(0x9e37_79b9).to_be_bytes());
    id
}

/// Some ids whose objects have the same terms.
fn filed(numbers: &[u32], terms: TermSet) -> Filed<Id> {
    numbers.iter().map(|number| (id(*number), terms)).collect()
}

/// The search for what begins with a word.
fn search(word: &str) -> Search {
    let own = || vec![word.to_owned()];
    let found_by = vec![FoundBy::Head(word.to_owned())];
    let terms = Terms { heads: own(), rules: own(), found_by, ..Terms::default() };
    Search { engine: "squelch".to_owned(), terms }
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep/store.sqlite");
    (folder, path)
}

#[test]
fn what_is_known_is_known_of_its_search_alone() {
    let (_folder, path) = folder();
    let store = Store::open(&path, &search("one")).expect("a store");
    // More runs than are kept apart.
    for number in 0..40 {
        store.add_quiet(filed(&[2 * number, 2 * number], TermSet::RUN)).expect("added");
    }
    let quiet = store.quiet().expect("read");
    assert_eq!(quiet.len(), 40);
    assert!(
        (0..40).all(|number| quiet.holds(&id(2 * number)) && !quiet.holds(&id(2 * number + 1)))
    );
    assert!(!quiet.holds(&[]) && !Quiet::default().holds(&id(1)));
    let long = [id(4).as_slice(), &[7; 12]].concat();
    assert!(quiet.holds(&long), "a SHA-256");
    let other = Store::open(&path, &search("two")).expect("a store");
    assert!(other.quiet().expect("read").is_empty());
}

/// Of what one search knows the next one knows all texts in which nothing stands by which a changed
/// rule is found, and nothing that leads to texts.
#[test]
fn another_search_inherits_what_still_holds() {
    let (_folder, path) = folder();
    let mut both = search("abc_");
    both.terms.heads.push("def_".to_owned());
    both.terms.rules.push("def_".to_owned());
    both.terms.found_by.push(FoundBy::Head("def_".to_owned()));
    let store = Store::open(&path, &both).expect("a store");
    let [abc, def] = [TermSet::starts([1, 0, 0, 0]), TermSet::starts([2, 0, 0, 0])];
    let sets = [
        TermSet::default(),
        abc,
        def,
        abc.or(def),
        TermSet::RUN,
        TermSet::HIDDEN,
        TermSet::CONTAINER,
    ];
    // More rows than are kept apart.
    for round in 0..70 {
        let numbers = (0..7).map(|at| (id(round * 7 + at), sets[at as usize]));
        store.add_quiet(numbers.collect()).expect("added");
    }
    let known = |search: &Search| {
        let quiet = Store::open(&path, search).expect("a store").quiet().expect("read");
        let known: Vec<u32> = (0..490).filter(|number| quiet.holds(&id(*number))).collect();
        assert_eq!(known.len(), quiet.len());
        let first: Vec<u32> = known.iter().copied().filter(|number| *number < 7).collect();
        assert_eq!(known.len(), 70 * first.len(), "of each row the same");
        first
    };
    assert_eq!(known(&both), [0, 1, 2, 3, 4, 5, 6]);
    let mut changed = both.clone();
    changed.terms.rules[1] = "def_, changed".to_owned();
    assert_eq!(known(&changed), [0, 1, 4]);
    assert_eq!(known(&search("abc_")), [0, 1, 2, 3, 4], "a rule is gone");
    assert_eq!(known(&search("ghi_")), Vec::<u32>::new(), "nobody looked for it");
    let mut engine = both.clone();
    engine.engine.push('2');
    assert_eq!(known(&engine), Vec::<u32>::new(), "another squelch");
    // What was inherited is handed on, with the terms that it has.
    let mut again = changed.clone();
    again.terms.rules[0] = "abc_, changed".to_owned();
    drop(store);
    let db = Connection::open(&path).expect("opened");
    let of_both = "(SELECT min(number) FROM searches)";
    db.execute(&format!("DELETE FROM quiet WHERE search = {of_both}"), []).expect("deleted");
    db.execute(&format!("DELETE FROM searches WHERE number = {of_both}"), []).expect("deleted");
    assert_eq!(known(&again), [0, 4]);
}

/// A row of which a byte is not as it was written hands nothing on.
#[test]
fn what_went_bad_is_not_inherited() {
    for column in ["ids", "which", "sets"] {
        let (_folder, path) = folder();
        let store = Store::open(&path, &search("abc_")).expect("a store");
        store.add_quiet(filed(&[1, 2], TermSet::RUN)).expect("added");
        let inherits = |name: &str| {
            let mut other = search("abc_");
            other.terms.rules.push(name.to_owned());
            other.terms.found_by.push(FoundBy::Head("abc_".to_owned()));
            let quiet = Store::open(&path, &other).expect("a store").quiet().expect("read");
            quiet.len()
        };
        assert_eq!(inherits("one more"), 2);
        let db = Connection::open(&path).expect("opened");
        let read = format!("SELECT {column} FROM quiet LIMIT 1");
        let mut bytes: Vec<u8> = db.query_row(&read, [], |row| row.get(0)).expect("read");
        *bytes.last_mut().expect("a byte") ^= 4;
        db.execute(&format!("UPDATE quiet SET {column} = ?1"), params![bytes]).expect("spoilt");
        assert_eq!(inherits("another one"), 0, "{column}");
    }
}

/// What nobody looked for in months is forgotten when something new is looked for.
#[test]
fn what_is_not_used_is_forgotten() {
    let (_folder, path) = folder();
    for name in ["one_", "two_"] {
        let store = Store::open(&path, &search(name)).expect("a store");
        store.add_quiet(filed(&[1], TermSet::RUN)).expect("added");
    }
    let db = Connection::open(&path).expect("opened");
    let age = "UPDATE searches SET used = used - 100 * 86400 WHERE terms LIKE '%one_%'";
    db.execute(age, []).expect("aged");
    let known =
        |name| Store::open(&path, &search(name)).expect("a store").quiet().expect("read").len();
    assert_eq!(known("three_"), 0);
    assert_eq!((known("two_"), known("one_")), (1, 0));
    let numbers = "SELECT max(number) FROM searches";
    let newest: i64 = db.query_row(numbers, [], |row| row.get(0)).expect("a number");
    assert_eq!(newest, 4, "no number is given out twice");
}

#[cfg(unix)]
#[test]
fn only_its_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = folder();
    let store = Store::open(&path, &search("one")).expect("a store");
    store.add_quiet(filed(&[1], TermSet::RUN)).expect("added");
    for file in [path.clone(), path.with_extension("sqlite-wal")] {
        let mode = std::fs::metadata(&file).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o77, 0, "{}", file.display());
    }
}

#[test]
fn a_later_schema_and_a_file_of_something_else_are_refused() {
    let (_folder, path) = folder();
    drop(Store::open(&path, &search("one")).expect("a store"));
    let db = Connection::open(&path).expect("opened");
    db.pragma_update(None, "user_version", SCHEMA + 1).expect("written");
    drop(db);
    let why = Store::open(&path, &search("one")).expect_err("later").to_string();
    assert!(why.contains("by a later squelch") && why.contains("move it away"), "{why}");
    std::fs::write(
        &path,
        "no database, but long enough for a header of one, which has 100 bytes".repeat(9),
    )
    .expect("written");
    let why = Store::open(&path, &search("one")).expect_err("no database").to_string();
    assert!(why.contains("not a database"), "{why}");
}

#[test]
fn an_earlier_schema_is_begun_anew() {
    let (_folder, path) = folder();
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    let db = Connection::open(&path).expect("opened");
    db.execute_batch("CREATE TABLE quiet (something INTEGER); INSERT INTO quiet VALUES (7);")
        .expect("written");
    drop(db);
    assert!(Store::open(&path, &search("one")).expect("a store").quiet().expect("read").is_empty());
}

/// Several writers at once, each with its own connection, as processes have.
#[test]
fn writers_wait_for_each_other() {
    let (_folder, path) = folder();
    drop(Store::open(&path, &search("one")).expect("a store"));
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let path = &path;
            scope.spawn(move || {
                let store = Store::open(path, &search("one")).expect("a store");
                for number in 0..25 {
                    store.add_quiet(filed(&[writer * 1000 + number], TermSet::RUN)).expect("added");
                }
            });
        }
    });
    let quiet = Store::open(&path, &search("one")).expect("a store").quiet().expect("read");
    assert_eq!(quiet.len(), 200);
}

/// Several at once that find no database, each for a search of its own: none takes the tables, or the
/// number, of another one away.
#[test]
fn those_who_make_it_together_do_not_undo_each_other() {
    for _ in 0..20 {
        let (_folder, path) = folder();
        std::thread::scope(|scope| {
            for writer in 0..6 {
                let path = &path;
                scope.spawn(move || {
                    let own = search(&format!("own{writer}_"));
                    let store = Store::open(path, &own).expect("a store");
                    store.add_quiet(filed(&[writer], TermSet::RUN)).expect("added");
                });
            }
        });
        for writer in 0..6 {
            let own = search(&format!("own{writer}_"));
            let quiet = Store::open(&path, &own).expect("a store").quiet().expect("read");
            assert_eq!((quiet.len(), quiet.holds(&id(writer))), (1, true), "{writer}");
        }
    }
}
