//! What a scan remembers for the next one.

use std::io::Write as _;

use crate::support::{Fixture, Run};

const STORE: &str = "--store=known.sqlite";

/// A repository with a token in history and a hundred files in packs and loose.
fn grown(f: &Fixture) -> String {
    let token = f.token();
    for number in 0..20 {
        f.write(&format!("src/{number}.txt"), format!("line {number}\n").repeat(200));
    }
    f.commit("a.env", &format!("SONAR_TOKEN={token}\n"), "a token");
    f.git(&["rm", "-q", "a.env"]);
    f.git(&["commit", "-q", "-m", "no token"]);
    f.git(&["gc", "-q"]);
    f.commit("src/3.txt", &"line 4\n".repeat(300), "a change");
    token
}

/// The report without what differs between two runs.
fn told(run: &Run) -> Vec<String> {
    let lines = run.stdout.lines().map(str::to_owned);
    lines.filter(|line| !line.contains(r#""type":"summary""#)).collect()
}

#[test]
fn the_second_scan_says_the_same_and_reads_less() {
    let f = Fixture::repository();
    let token = grown(&f);
    let plain = f.scan(&["."]);
    let first = f.scan(&[STORE, "."]);
    let second = f.scan(&[STORE, "."]);
    let _ = plain.finding(&token);
    for run in [&first, &second] {
        assert_eq!((run.code, told(run)), (Some(1), told(&plain)), "{run:#?}");
    }
    let read = |run: &Run| run.lines("summary")[0]["read"]["object_bytes"].as_u64().expect("bytes");
    assert_eq!(read(&first), read(&plain));
    assert!(read(&second) * 3 < read(&first), "{} of {}", read(&second), read(&first));
    // What is packed anew is known by its content.
    f.git(&["repack", "-q", "-a", "-d", "-f"]);
    let repacked = f.scan(&[STORE, "."]);
    assert_eq!(told(&repacked), told(&plain));
    assert!(read(&repacked) * 3 < read(&first));
}

#[test]
fn what_is_new_is_found_in_objects_built_on_what_is_known() {
    let f = Fixture::repository();
    grown(&f);
    assert_eq!(f.scan(&[STORE, "."]).lines("finding").len(), 1);
    let token = f.token();
    let long = "line 7\n".repeat(200);
    f.commit("src/7.txt", &format!("{long}sonar.token={token}\n"), "another token");
    f.write("src/7.txt", &long);
    f.git(&["commit", "-q", "-a", "-m", "gone"]);
    f.git(&["repack", "-q", "-a", "-d", "-f", "--depth=50", "--window=50"]);
    let run = f.scan(&[STORE, "."]);
    assert_eq!(run.lines("finding").len(), 2);
    assert_eq!(run.place(&token)["origin"], "history");
}

/// Rules of a file, each found by its word: `word` and so many digits.
fn rules(words: &[(&str, usize)]) -> String {
    let rule = |(word, digits): &(&str, usize)| {
        format!(
            "[[rules]]\nid = \"{word}\"\nregex = '{word}_[0-9]{{{digits}}}'\nkeywords = [\"{word}\"]\n"
        )
    };
    words.iter().map(rule).collect()
}

/// Rules that find more find it in what earlier ones did not: of a rule that changed only what has a
/// word of it is read again, of a word that nobody looked for before everything is.
#[test]
fn of_a_changed_rule_only_what_it_could_match_is_read_again() {
    let f = Fixture::new();
    f.git(&["init", "-q", "-b", "main", "base"]);
    for number in 0..40 {
        let word = ["till", "desk", "lamp", "door"][number % 4];
        commit(&f, "base", &format!("{number}.txt"), &format!("{word}_{number:08}\n"));
    }
    // What is in an archive was not searched by its words.
    let mut archive = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    archive.write_all(b"till_99999999\n").expect("written");
    f.write("base/till.gz", archive.finish().expect("written"));
    f.git_in("base", &["add", "-A"]);
    f.git_in("base", &["commit", "-q", "-m", "an archive"]);
    let scan = |of: &[(&str, usize)]| {
        f.write("team.toml", rules(of));
        let run = f.scan(&[STORE, "--rules", "team.toml", "base"]);
        let plain = f.scan(&["--rules", "team.toml", "base"]);
        assert_eq!(code_and_told(&run), code_and_told(&plain), "{of:?}");
        let ((read, known), (all, _)) = (counts(&run), counts(&plain));
        assert_eq!(read + known, all);
        (run.lines("finding").len(), known)
    };
    // 41 blobs, 41 trees and 41 commits.
    assert_eq!(scan(&[("till", 9), ("desk", 9)]), (0, 0));
    assert_eq!(scan(&[("till", 9), ("desk", 9)]), (0, 123), "the same rules");
    assert_eq!(scan(&[("till", 8), ("desk", 9)]), (11, 30), "all texts but those with its word");
    assert_eq!(scan(&[("till", 9), ("desk", 8)]), (10, 30), "what the second search learned too");
    assert_eq!(scan(&[("desk", 9)]), (0, 40), "a rule is gone: nothing has to be searched");
    assert_eq!(scan(&[("desk", 9)]), (0, 123));
    assert_eq!(scan(&[("desk", 9), ("lamp", 8)]), (10, 0), "nobody looked for it before");
    // What an older squelch knew of is of no use, and neither is what it said of itself.
    let db = rusqlite::Connection::open(f.path("known.sqlite")).expect("a store");
    db.execute("UPDATE searches SET engine = 'another'", []).expect("written");
    assert_eq!(scan(&[("desk", 9)]), (0, 0));
}

/// A rule without a word, which is tried on every text, finds it in what the rules before it did not.
#[test]
fn what_other_rules_found_nothing_in_is_read_again() {
    let f = Fixture::repository();
    f.commit("a.txt", "till_abcdefghij\n", "a key");
    assert_eq!(f.scan(&[STORE, "."]).code, Some(0));
    f.write("../team.toml", "[[rules]]\nid = \"till\"\nregex = 'till_[a-z]{10}'\n");
    let rules = f.path("../team.toml");
    let rules = rules.to_str().expect("a plain path");
    assert_eq!(f.scan(&[STORE, "--rules", rules, "."]).code, Some(1));
    std::fs::remove_file(rules).expect("removed");
}

#[test]
fn it_holds_no_token_and_what_is_none_is_refused() {
    let f = Fixture::repository();
    let token = grown(&f);
    let _ = f.scan(&[STORE, "."]);
    for name in ["known.sqlite", "known.sqlite-wal"] {
        let bytes = std::fs::read(f.path(name)).unwrap_or_default();
        assert!(memchr::memmem::find(&bytes, &token.as_bytes()[4..]).is_none(), "{name}");
    }
    f.write("known.sqlite", "something else, which somebody wants to keep as it is".repeat(20));
    let run = f.scan(&[STORE, "."]);
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("known.sqlite") && run.stderr.contains("move it away"), "{run:#?}");
    assert!(run.stdout.is_empty(), "{run:#?}");
}

/// How many objects a scan read, and how many it knew.
fn counts(run: &Run) -> (u64, u64) {
    let read = &run.lines("summary")[0]["read"];
    let count = |name: &str| read[name].as_u64().expect(name);
    (count("objects"), count("known"))
}

/// Commits a file of the repository in a folder.
fn commit(f: &Fixture, folder: &str, name: &str, text: &str) {
    f.write(&format!("{folder}/{name}"), text);
    f.git_in(folder, &["add", "-A"]);
    f.git_in(folder, &["commit", "-q", "-m", name]);
}

/// A repository without a token, `base`.
fn clean() -> Fixture {
    let f = Fixture::new();
    f.write("base/README", "base\n");
    f.git_in("base", &["init", "-q", "-b", "main"]);
    for number in 0..30 {
        let name = format!("src/{}/{number}.txt", number % 7);
        commit(&f, "base", &name, &"line\n".repeat(number));
    }
    f
}

/// A clone of `base` with a commit of its own, all in one pack.
fn fork(f: &Fixture, name: &str, text: &str) {
    f.git(&["clone", "-q", "--no-hardlinks", "base", name]);
    commit(f, name, "own.txt", text);
    f.git_in(name, &["repack", "-q", "-a", "-d", "-f"]);
}

fn code_and_told(run: &Run) -> (Option<i32>, Vec<String>) {
    (run.code, told(run))
}

#[test]
fn of_a_fork_only_what_is_its_own_is_read() {
    let f = clean();
    fork(&f, "fork", "nothing in it\n");
    let (all, known) = counts(&f.scan(&[STORE, "base"]));
    assert!(all > 100 && known == 0, "{all} {known}");
    assert_eq!(counts(&f.scan(&[STORE, "base"])), (0, all), "nothing is new");
    let run = f.scan(&[STORE, "fork"]);
    assert_eq!((run.code, counts(&run)), (Some(0), (3, all)), "its blob, tree and commit");
    let shown = f.squelch(&["scan", STORE, "fork"]).stderr;
    assert!(shown.contains(&format!("({} known from before)", all + 3)), "{shown}");
    // What is found in what is new has its whole history.
    let token = f.token();
    fork(&f, "leaky", &format!("sonar.token={token}\n"));
    f.git_in("leaky", &["rm", "-q", "own.txt"]);
    f.git_in("leaky", &["commit", "-q", "-m", "gone"]);
    let (plain, run) = (f.scan(&["leaky"]), f.scan(&[STORE, "leaky"]));
    assert_eq!(code_and_told(&run), code_and_told(&plain));
    assert_eq!(run.place(&token)["origin"], "history");
}

/// Nothing that leads to a token is passed over: where a part of it is missing, that is told, however
/// well the rest of it is known.
#[test]
fn what_leads_to_a_token_is_read_each_time() {
    let f = clean();
    let token = f.token();
    commit(&f, "base", "deep/down/a.env", &format!("SONAR_TOKEN={token}\n"));
    commit(&f, "base", "src/0/0.txt", "after it\n");
    let first = f.scan(&[STORE, "base"]);
    let run = f.scan(&[STORE, "base"]);
    assert_eq!(code_and_told(&run), code_and_told(&first));
    let ((all, _), (read, known)) = (counts(&first), counts(&run));
    assert_eq!((read, read + known), (7, all), "a blob, two folders, two roots, two commits");
    let id = f.git_in("base", &["rev-parse", "HEAD:deep/down/a.env"]);
    let path = format!("base/.git/objects/{}/{}", &id[..2], &id[2..]);
    std::fs::remove_file(f.path(&path)).expect("a loose object");
    let problems = f.scan(&[STORE, "base"]).lines("problem");
    let told = |it: &serde_json::Value| it["place"].as_str().is_some_and(|it| it.contains(&id));
    assert!(problems.iter().any(told), "{problems:#?}");
}

/// What is cut off vouches for nothing behind it.
#[test]
fn a_shallow_clone_vouches_for_nothing_that_it_has_not() {
    let f = clean();
    let token = f.token();
    commit(&f, "base", "a.env", &format!("SONAR_TOKEN={token}\n"));
    f.git_in("base", &["rm", "-q", "a.env"]);
    f.git_in("base", &["commit", "-q", "-m", "gone"]);
    commit(&f, "base", "b.txt", "b\n");
    let url = format!("file://{}", f.path("base").canonicalize().expect("a path").display());
    f.git(&["clone", "-q", "--depth=1", &url, "shallow"]);
    let run = f.scan(&[STORE, "shallow"]);
    assert_eq!((run.code, run.lines("finding").len()), (Some(3), 0), "{run:#?}");
    let (plain, run) = (f.scan(&["base"]), f.scan(&[STORE, "base"]));
    assert_eq!(code_and_told(&run), code_and_told(&plain));
    assert_eq!(run.lines("finding").len(), 1, "{run:#?}");
    assert_eq!(f.scan(&[STORE, "shallow"]).code, Some(3), "it is still cut");
}

/// A page of it that was overwritten, or an end that is lost: what is not known is read again, or it is
/// said that the store cannot be used. Nothing is clean that is not.
#[test]
fn a_damaged_store_hides_nothing() {
    let f = clean();
    let token = f.token();
    commit(&f, "base", "a.env", &format!("SONAR_TOKEN={token}\n"));
    let plain = f.scan(&["base"]);
    for round in 0..3 {
        commit(&f, "base", "more.txt", &format!("{round}\n"));
        let _ = f.scan(&[STORE, "base"]);
    }
    let whole = std::fs::read(f.path("known.sqlite")).expect("a store");
    assert!(whole.len() >= 3 * PAGE, "{} bytes", whole.len());
    let mut damaged: Vec<Vec<u8>> = (0..whole.len() / PAGE)
        .map(|page| {
            let mut bytes = whole.clone();
            bytes[page * PAGE + 8..(page + 1) * PAGE].fill(0xa5);
            bytes
        })
        .collect();
    damaged.push(whole[..whole.len() - PAGE].to_vec());
    damaged.push(whole[..PAGE + 100].to_vec());
    let mut codes = std::collections::BTreeSet::new();
    for (at, bytes) in damaged.iter().enumerate() {
        f.write("known.sqlite", bytes);
        let run = f.scan(&[STORE, "base"]);
        codes.extend(run.code);
        if run.code == Some(2) {
            assert!(run.stderr.contains("move it away"), "{at}: {run:#?}");
            continue;
        }
        assert_eq!(run.lines("finding"), f.scan(&["base"]).lines("finding"), "{at}");
    }
    assert!(!codes.contains(&0) && codes.contains(&2) && codes.len() > 1, "{codes:?}");
    assert_eq!(plain.lines("finding").len(), 1);
}

/// The size of a page of the database.
const PAGE: usize = 4096;

/// A disk that is full is a problem of the store: what was found is told, and what was known before is
/// known afterwards.
#[cfg(unix)]
#[test]
fn a_full_disk_costs_no_finding_and_nothing_that_was_known() {
    let f = clean();
    let (all, _) = counts(&f.scan(&[STORE, "base"]));
    let token = f.token();
    for number in 0..4000 {
        f.write(&format!("base/many/{number}.txt"), format!("{number}\n"));
    }
    commit(&f, "base", "a.env", &format!("SONAR_TOKEN={token}\n"));
    // No file may grow beyond so many blocks, the 32 KiB that SQLite shares between processes among
    // them: what is written then fails as on a full disk.
    let script = format!(
        "trap '' XFSZ; ulimit -f 80; exec {} scan --format jsonl {STORE} base",
        env!("CARGO_BIN_EXE_squelch")
    );
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .current_dir(f.root())
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains(r#""type":"finding""#), "{output:?}");
    assert!(said.contains("known.sqlite") && said.contains(r#""complete":false"#), "{said}");
    assert!(matches!(output.status.code(), Some(1 | 3)), "{output:?}");
    let (_, known) = counts(&f.scan(&[STORE, "base"]));
    assert_eq!(known, all, "what was known is known");
}
