//! Baselines: what they keep out of the findings, and what they never do.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::support::Fixture;

const FILE: &str = ".squelch-baseline";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A folder with one token in a file.
fn one() -> (Fixture, String) {
    let fixture = Fixture::new();
    let token = fixture.token();
    fixture.write("a/b.txt", format!("\nsonar.token={token}\n"));
    (fixture, token)
}

/// Runs `squelch baseline`, whose status must be this, and returns what it prints.
fn baseline(fixture: &Fixture, args: &[&str], code: i32) -> String {
    let run = fixture.squelch(&[&["baseline"], args].concat());
    assert_eq!(run.code, Some(code), "{args:?}: {run:#?}");
    run.stdout
}

/// Runs `squelch baseline`, which must refuse, and returns why.
fn refused(fixture: &Fixture, args: &[&str]) -> String {
    let run = fixture.squelch(&[&["baseline"], args].concat());
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{args:?}: {run:#?}");
    run.stderr
}

/// Scans with a baseline, and returns how many tokens were found and how many suppressed.
fn counts(fixture: &Fixture, file: &str) -> (usize, usize) {
    let run = fixture.scan(&["--baseline", file]);
    let counts = (run.lines("finding").len(), run.lines("suppressed").len());
    assert_eq!(run.code, Some(i32::from(counts.0 > 0)), "{run:#?}");
    assert_eq!(run.lines("summary")[0]["suppressed"], counts.1);
    counts
}

fn read(fixture: &Fixture, file: &str) -> String {
    fs::read_to_string(fixture.path(file)).expect("the file")
}

#[test]
fn a_baseline_is_written_counted_checked_and_pruned() {
    let (fixture, token) = one();
    let written = baseline(&fixture, &["write", FILE], 0);
    let tail = &token[40..];
    let added =
        format!("added     sonarqube-user-token squ_…{tail}\n{FILE} has 1 entry: 1 added.\n");
    assert!(written.starts_with(&added), "{written:#?}");
    let text = read(&fixture, FILE);
    let mode = fs::metadata(fixture.path(FILE)).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o644 & !umask(&fixture), "others may read it");
    let line = text.lines().nth(1).expect("an entry");
    assert!(line.ends_with(&format!(" sonarqube-user-token squ_…{tail}")), "{text}");

    let scan = fixture.squelch(&["scan", "--baseline", FILE]);
    let closing = format!("No other analysis tokens found. 1 token suppressed by {FILE}.\n");
    assert_eq!((scan.code, scan.stdout.as_str()), (Some(0), closing.as_str()), "{scan:#?}");
    assert_eq!(fixture.squelch(&["scan"]).code, Some(1), "one that nobody names does nothing");
    let checked = baseline(&fixture, &["check", FILE], 0);
    assert_eq!(checked, format!("{FILE} has all tokens that were found, and nothing else.\n"));

    // It moves, gets a companion, and keeps its note.
    fixture.write(FILE, text.trim_end().to_owned() + "  # ada knows\n");
    fixture.write("c.txt", format!("x\ny\nsonar.token={token}\n"));
    fs::remove_dir_all(fixture.path("a")).expect("gone");
    assert_eq!(counts(&fixture, FILE), (0, 1), "wherever it stands");
    let other = fixture.token();
    fixture.write("d.txt", &other);
    assert_eq!(counts(&fixture, FILE), (1, 1));
    let checked = baseline(&fixture, &["check", FILE], 1);
    let lacks = format!("lacks     sonarqube-user-token squ_…{}  d.txt:1:1\n", &other[40..]);
    assert_eq!(checked, format!("{lacks}{FILE} lacks 1 token.\n"));
    baseline(&fixture, &["write", FILE], 0);
    let text = read(&fixture, FILE);
    assert!(text.contains("# ada knows\n") && text.lines().count() == 3, "{text}");
    let mut sorted: Vec<&str> = text.lines().collect();
    sorted.sort_unstable();
    assert_eq!(sorted, text.lines().collect::<Vec<_>>());

    fs::remove_file(fixture.path("d.txt")).expect("gone");
    let checked = baseline(&fixture, &["check", FILE], 1);
    assert!(checked.ends_with(&format!("{FILE} has 1 entry that nothing uses.\n")));
    let pruned = baseline(&fixture, &["prune", FILE], 0);
    let dropped = format!("dropped   sonarqube-user-token squ_…{}\n", &other[40..]);
    assert_eq!(pruned, format!("{dropped}{FILE} has 1 entry: 1 dropped.\n"));
    let left = read(&fixture, FILE);
    assert!(left.contains("# ada knows\n") && left.lines().count() == 2, "{left}");
    assert_eq!(left.lines().next(), text.lines().next(), "the key stays");
    baseline(&fixture, &["write", FILE, "--fresh"], 0);
    let fresh = read(&fixture, FILE);
    assert!(!fresh.contains("ada") && fresh.lines().next() != left.lines().next(), "{fresh}");
}

/// What the user's mask takes from the mode of a new file.
fn umask(fixture: &Fixture) -> u32 {
    let path = fixture.path("mask");
    let made = fs::File::create(&path).expect("a file").metadata().expect("there");
    fs::remove_file(path).expect("gone");
    0o666 & !made.permissions().mode()
}

#[test]
fn files_of_other_scanners_count() {
    let (fixture, token) = one();
    let (sha1, sha256) =
        (hex(&Sha1::digest(token.as_bytes())), hex(&Sha256::digest(token.as_bytes())));
    let other = hex(&Sha256::digest(b"another"));
    let report = |line: u64, secret: &str| {
        json!([{"RuleID": "sonar-api-token", "File": "a/b.txt", "StartLine": line, "EndLine": line,
                "Commit": "", "Secret": secret, "Entropy": 3.5, "Tags": []}])
        .to_string()
    };
    let secrets = |digest: &str| {
        let secret = json!({"type": "Hex High Entropy String", "filename": "elsewhere.txt",
            "hashed_secret": digest, "is_verified": false, "line_number": 9});
        json!({"version": "1.5.0", "results": {"elsewhere.txt": [secret]}}).to_string()
    };
    let covering = [
        "# a comment\n\na/b.txt:any-rule:2\n".to_owned(),
        "a\\b.txt:any-rule:2\r\n".to_owned(),
        format!("{sha256}\n"),
        format!("{}\n", sha256.to_ascii_uppercase()),
        report(9, &token),
        report(2, "REDACTED"),
        secrets(&sha1),
    ];
    for text in covering {
        fixture.write("known", &text);
        assert_eq!(counts(&fixture, "known"), (0, 1), "{text}");
        fs::remove_file(fixture.path("known")).expect("gone");
    }
    let others = [
        "a/b.txt:any-rule:3\n".to_owned(),
        "b.txt:any-rule:2\n".to_owned(),
        format!("{other}\n"),
        report(2, "another-secret-on-that-very-line"),
        report(3, "REDACTED"),
        secrets(&other[..40]),
    ];
    for text in others {
        fixture.write("known", &text);
        let run = fixture.scan(&["--baseline", "known"]);
        assert_eq!(run.code, Some(1), "{text}: {run:#?}");
        assert!(run.stderr.contains("not used: 1 entry of known:\n  "), "{run:#?}");
        assert!(run.stderr.contains("help: squelch baseline import known --to"), "{run:#?}");
        let part = fixture.scan(&["--baseline", "known", "--no-history"]);
        assert!(!part.stderr.contains("not used"), "a part may not need it: {part:#?}");
        fs::remove_file(fixture.path("known")).expect("gone");
    }
}

#[test]
fn a_place_in_history_is_its_commit() {
    let repo = Fixture::repository();
    let token = repo.token();
    repo.commit("a.txt", "nothing\n", "begin");
    let commit = repo.commit("a.txt", &format!("x\nsonar.token={token}\n"), "leak");
    repo.write("known", format!("{commit}:a.txt:sonar:2\n"));
    assert_eq!(counts(&repo, "known"), (0, 1), "the work tree has what that commit brought in");
    repo.commit("a.txt", &format!("x\ny\nsonar.token={token}\n"), "move");
    assert_eq!(counts(&repo, "known"), (0, 1));
    repo.commit("b.txt", &format!("x\nsonar.token={token}\n"), "copy");
    assert_eq!(counts(&repo, "known"), (1, 0), "a place that nobody accepted");
    repo.write("known", format!("{commit}:a.txt:sonar:2\nb.txt:sonar:2\n"));
    assert_eq!(counts(&repo, "known"), (0, 1));
    let below = repo.squelch(&["scan", &repo.root().to_string_lossy(), "--baseline", "known"]);
    assert_eq!(below.code, Some(0), "paths are below the target: {below:#?}");
}

#[test]
fn an_old_file_is_taken_over() {
    let (fixture, token) = one();
    let other = fixture.token();
    fixture.write("c.txt", &other);
    fixture.write(".gitleaksignore", "a/b.txt:sonar:2\nno/such.txt:sonar:3\n");
    let run = baseline(&fixture, &["import", ".gitleaksignore", "--to", FILE], 0);
    let added = format!("added     sonarqube-user-token squ_…{}\n", &token[40..]);
    let idle = "1 entry of .gitleaksignore covers nothing here:\n  no/such.txt:3\n";
    assert_eq!(run, format!("{added}{FILE} has 1 entry: 1 added.\n{idle}"));
    assert_eq!(counts(&fixture, FILE), (1, 1), "only what the old one covers");
    fixture.write(FILE, read(&fixture, FILE).trim_end().to_owned() + " # until May\n");
    baseline(&fixture, &["import", FILE, "--to", "second"], 0);
    let (first, second) = (read(&fixture, FILE), read(&fixture, "second"));
    assert!(second.trim_end().ends_with("# until May"), "{second}");
    assert_ne!(first[..60], second[..60], "each has a key of its own");
    assert_eq!(counts(&fixture, "second"), (1, 1));
}

#[test]
fn branches_merge_without_a_conflict() {
    let repo = Fixture::repository();
    let tokens: Vec<String> = (0..3).map(|_| repo.token()).collect();
    repo.commit(".gitattributes", &format!("{FILE} merge=union\n"), "begin");
    for branch in ["one", "two"] {
        repo.git(&["branch", branch]);
    }
    for (branch, tokens) in [("one", &tokens[..2]), ("two", &tokens[1..])] {
        repo.git(&["checkout", "-q", branch]);
        for token in tokens {
            repo.commit(&format!("{branch}-{}.txt", &token[40..]), token, "leak");
            baseline(&repo, &["write", FILE, "--no-history"], 0);
            repo.git(&["add", "-A"]);
            repo.git(&["commit", "-q", "-m", "known"]);
        }
    }
    // Each branch began a file of its own, and both have the second token.
    repo.git(&["merge", "-q", "-m", "merge", "one"]);
    let merged = read(&repo, FILE);
    assert_eq!(merged.matches("# squelch baseline 1 key=").count(), 2, "{merged}");
    assert_eq!(counts(&repo, FILE), (0, 3));
    baseline(&repo, &["check", FILE], 0);
    baseline(&repo, &["write", FILE], 0);
    let again = read(&repo, FILE);
    assert_eq!(again.lines().count(), merged.lines().count(), "nothing is dropped: {again}");
    repo.write(FILE, merged.replacen("# squelch", "<<<<<<< HEAD\n# squelch", 1));
    let run = repo.squelch(&["scan", "--baseline", FILE]);
    assert_eq!(run.code, Some(2), "{run:#?}");
}

#[test]
fn what_nothing_needs_is_listed_and_not_dropped_unseen() {
    let (fixture, _) = one();
    baseline(&fixture, &["write", FILE], 0);
    fs::remove_dir_all(fixture.path("a")).expect("gone");
    fixture.write("mask", "nothing");
    let run = fixture.squelch(&["scan", "--baseline", FILE]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    let listed = format!("not used: 1 entry of {FILE}:\n  sonarqube-user-token squ_…");
    assert!(run.stderr.starts_with(&listed), "{run:#?}");
    assert!(run.stderr.contains(&format!("help: squelch baseline prune {FILE}\n")), "{run:#?}");
    let run = fixture.squelch(&["scan", "--baseline", FILE, "mask", "--no-ignore"]);
    let same = format!("help: squelch baseline prune {FILE} mask --no-ignore\n");
    assert!(run.stderr.contains(&same), "one that reads less would drop too much: {run:#?}");
    for part in [&["--no-history"][..], &["--raw"], &["--ending", "67b8"], &["-"]] {
        let run = fixture.squelch(&[&["scan", "--baseline", FILE], part].concat());
        assert!(!run.stderr.contains("not used"), "{part:?}: {run:#?}");
    }
    // What cannot be read may hold it.
    fixture.write("locked.zip", locked_zip());
    let before = read(&fixture, FILE);
    for args in [&["prune", FILE][..], &["write", FILE, "--fresh"]] {
        let why = refused(&fixture, args);
        assert!(why.contains("not everything could be read: nothing was changed"), "{why}");
    }
    assert_eq!(read(&fixture, FILE), before);
    baseline(&fixture, &["check", FILE], 3);
    baseline(&fixture, &["write", FILE], 3);
    assert_eq!(read(&fixture, FILE), before, "and nothing is lost by adding");
}

fn locked_zip() -> Vec<u8> {
    use crate::pack::{Entry, zip};
    zip(&[Entry { flags: 1, ..Entry::stored("locked.txt", b"?") }])
}

#[test]
fn comments_count_where_the_user_lets_them() {
    let fixture = Fixture::new();
    let tokens: Vec<String> = (0..4).map(|_| fixture.token()).collect();
    let comments =
        ["squelch:allow", "gitleaks:allow", "betterleaks:allow", "pragma: allowlist secret"];
    let lines = tokens.iter().zip(comments).map(|(token, it)| format!("x={token} # {it}\n"));
    fixture.write("a.txt", lines.collect::<String>());
    let run = fixture.scan(&[]);
    assert_eq!((run.code, run.lines("finding").len()), (Some(1), 4), "{run:#?}");
    assert!(run.lines("summary")[0]["suppressed"].is_null(), "{run:#?}");
    let run = fixture.scan(&["--allow-inline"]);
    assert_eq!((run.code, run.lines("suppressed").len()), (Some(0), 4), "{run:#?}");
    assert_eq!(run.lines("suppressed")[0]["suppressed"]["by"], "inline comments");
    let run = fixture.squelch(&["scan", "--allow-inline"]);
    let closing = "No other analysis tokens found. 4 tokens suppressed by inline comments.\n";
    assert_eq!(run.stdout, closing);
    let run = fixture.squelch(&["scan", "--allow-inline", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(log["runs"][0]["results"][0]["suppressions"][0]["kind"], "inSource");
    // A place without a comment is one that nobody allowed.
    fixture.write("b.txt", format!("x={}\n", tokens[0]));
    let run = fixture.scan(&["--allow-inline"]);
    assert_eq!((run.code, run.lines("suppressed").len()), (Some(1), 3), "{run:#?}");
}

#[test]
fn what_a_log_shows_in_part_is_in_no_baseline() {
    let fixture = Fixture::new();
    let stamp = "2025-07-04T14:32:11.0000000Z";
    fixture.write(
        "build.log",
        format!("{stamp} ##[group]Run x\n{stamp} env:\n{stamp} SONAR_TOKEN=****67b8\n"),
    );
    let run = fixture.scan(&[]);
    let found = run.lines("finding");
    assert_eq!(found.len(), 1, "{run:#?}");
    // Many tokens may look so: the digest is of what is shown, and stands for none of them.
    let digest = found[0]["fingerprint"].as_str().expect("a digest");
    fixture.write("digest", format!("{digest}\n"));
    assert_eq!(counts(&fixture, "digest"), (1, 0));
    let said = baseline(&fixture, &["write", FILE], 0);
    assert!(said.contains("1 token is masked in part: no baseline can hold that."), "{said}");
    assert_eq!(counts(&fixture, FILE), (1, 0));
    baseline(&fixture, &["check", FILE], 1);
}

#[test]
fn hostile_files_are_refused_and_not_shown() {
    let (fixture, token) = one();
    let noise: Vec<u8> =
        (0..100_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let key = "0".repeat(32);
    let cases: [(&str, Vec<u8>); 6] = [
        ("noise", noise),
        ("token", format!("{token}\n").into_bytes()),
        ("nul", vec![0; 4096]),
        ("json", b"{\"results\": [".repeat(50_000)),
        ("later", b"# squelch baseline 2 key=x\n".to_vec()),
        ("cut", format!("# squelch baseline 1 key={key}\n0123456789abcdef").into_bytes()),
    ];
    for (name, bytes) in cases {
        fixture.write(name, bytes);
        let run = fixture.squelch(&["scan", "--baseline", name]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{name}: {run:#?}");
        assert!(run.stderr.starts_with(&format!("squelch: {name}")), "{name}: {run:#?}");
        assert!(run.stderr.len() < 500 && !run.stderr.contains(&token[8..20]), "{run:#?}");
        fs::remove_file(fixture.path(name)).expect("gone");
    }
    // A line of 100 MB is more than is read, whatever it says.
    let large = fs::File::create(fixture.path("large")).expect("a file");
    large.set_len(100_000_000).expect("grown");
    let run = fixture.squelch(&["scan", "--baseline", "large"]);
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("large has more than 64 MiB"), "{run:#?}");
    for missing in ["nowhere", "a", "/dev/zero"] {
        let run = fixture.squelch(&["scan", "--baseline", missing]);
        assert_eq!(run.code, Some(2), "{run:#?}");
    }
    fs::remove_file(fixture.path("large")).expect("gone");
    fixture.write("known", format!("a/b.txt:r:2\nx\x1b[2J:r:3\n{token} \x1b[2J\n"));
    let run = fixture.squelch(&["scan", "--baseline", "known"]);
    assert!(run.stderr.contains("warning: known:3: not file:rule:line"), "{run:#?}");
    assert!(run.stderr.contains("  x\\x1b[2J:3\n"), "{run:#?}");
    assert!(!run.stderr.contains('\x1b') && !run.stderr.contains(&token[8..20]), "{run:#?}");
}

#[test]
fn a_file_is_replaced_whole_or_not_at_all() {
    let (fixture, _) = one();
    fixture.write("target", "untouched");
    std::os::unix::fs::symlink("target", fixture.path("link")).expect("a link");
    std::os::unix::fs::symlink("nowhere", fixture.path("dangling")).expect("a link");
    for link in ["link", "dangling"] {
        let why = refused(&fixture, &["write", link]);
        assert!(why.contains("is a link: name the file"), "{why}");
    }
    assert_eq!(read(&fixture, "target"), "untouched");
    assert!(!fixture.path("nowhere").exists());
    let why = refused(&fixture, &["write", "target"]);
    assert!(why.contains("target is no baseline"), "{why}");
    fixture.write("ignore", "a/b.txt:r:2\n");
    let why = refused(&fixture, &["write", "ignore"]);
    assert!(why.contains("squelch baseline import ignore --to"), "{why}");
    let why = refused(&fixture, &["write", "no/such/folder"]);
    assert!(why.contains("cannot write the baseline to no/such/folder"), "{why}");
    let why = refused(&fixture, &["check", "nowhere"]);
    assert!(why.contains("cannot open the baseline nowhere"), "{why}");
    // A link that the user names is read.
    baseline(&fixture, &["write", FILE], 0);
    std::os::unix::fs::symlink(FILE, fixture.path("named")).expect("a link");
    assert_eq!(counts(&fixture, "named"), (0, 1));
}

#[test]
fn a_report_on_screen_leaves_out_what_is_suppressed() {
    let (fixture, _) = one();
    baseline(&fixture, &["write", FILE], 0);
    fixture.write("c.txt", fixture.token());
    let run = fixture.squelch(&["scan", "--baseline", FILE, "--output", "sarif=x.sarif"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let run = fixture.squelch_with(&["report", "x.sarif"], b"", &[("PATH", "")]);
    assert!(run.stdout.ends_with("1 result.\n1 result suppressed, not shown.\n"), "{run:#?}");
    let run = fixture.squelch(&["scan", "--baseline", FILE, "--output", "jsonl=x.jsonl"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let run = fixture.squelch(&["trace", "--report", "x.jsonl"]);
    assert!(run.stdout.ends_with("\n1 token.\n"), "{run:#?}");
}
