use super::*;

fn id(number: u32) -> Id {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    id[12..].copy_from_slice(&number.wrapping_mul(0x9e37_79b9).to_be_bytes());
    id
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep/store.sqlite");
    (folder, path)
}

#[test]
fn what_is_known_is_known_of_its_search_alone() {
    let (_folder, path) = folder();
    let store = Store::open(&path, "one").expect("a store");
    // More runs than are kept apart.
    for number in 0..40 {
        store.add_quiet(vec![id(2 * number), id(2 * number)]).expect("added");
    }
    let quiet = store.quiet().expect("read");
    assert_eq!(quiet.len(), 40);
    assert!(
        (0..40).all(|number| quiet.holds(&id(2 * number)) && !quiet.holds(&id(2 * number + 1)))
    );
    assert!(!quiet.holds(&[]) && !Quiet::default().holds(&id(1)));
    let long = [id(4).as_slice(), &[7; 12]].concat();
    assert!(quiet.holds(&long), "a SHA-256");
    let other = Store::open(&path, "two").expect("a store");
    assert!(other.quiet().expect("read").is_empty());
}

#[cfg(unix)]
#[test]
fn only_its_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = folder();
    let store = Store::open(&path, "one").expect("a store");
    store.add_quiet(vec![id(1)]).expect("added");
    for file in [path.clone(), path.with_extension("sqlite-wal")] {
        let mode = std::fs::metadata(&file).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o77, 0, "{}", file.display());
    }
}

#[test]
fn a_later_schema_and_a_file_of_something_else_are_refused() {
    let (_folder, path) = folder();
    drop(Store::open(&path, "one").expect("a store"));
    let db = Connection::open(&path).expect("opened");
    db.pragma_update(None, "user_version", SCHEMA + 1).expect("written");
    drop(db);
    let why = Store::open(&path, "one").expect_err("later").to_string();
    assert!(why.contains("by a later squelch") && why.contains("move it away"), "{why}");
    std::fs::write(
        &path,
        "no database, but long enough for a header of one, which has 100 bytes".repeat(9),
    )
    .expect("written");
    let why = Store::open(&path, "one").expect_err("no database").to_string();
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
    assert!(Store::open(&path, "one").expect("a store").quiet().expect("read").is_empty());
}

/// Several writers at once, each with its own connection, as processes have.
#[test]
fn writers_wait_for_each_other() {
    let (_folder, path) = folder();
    drop(Store::open(&path, "one").expect("a store"));
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let path = &path;
            scope.spawn(move || {
                let store = Store::open(path, "one").expect("a store");
                for number in 0..25 {
                    store.add_quiet(vec![id(writer * 1000 + number)]).expect("added");
                }
            });
        }
    });
    let quiet = Store::open(&path, "one").expect("a store").quiet().expect("read");
    assert_eq!(quiet.len(), 200);
}
