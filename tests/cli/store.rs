//! What a scan remembers for the next one.

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

/// Rules that find more find it in what earlier ones did not.
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
