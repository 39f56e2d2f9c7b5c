//! Work trees, plain folders, files and standard input.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::Fixture;

#[test]
fn ignored_files_are_counted_and_tracked_ones_always_read() {
    let repo = Fixture::repository();
    let [tracked, ignored, hidden, untracked] = std::array::from_fn(|_| repo.token());
    repo.write("kept.log", &tracked);
    repo.git(&["add", "kept.log"]);
    repo.write(".gitignore", "*.log\nbuild/\n");
    repo.write("build/out.txt", &ignored);
    repo.write("some.log", &ignored);
    repo.write(".env", &hidden);
    repo.write("new.txt", &untracked);
    let run = repo.scan(&["--no-history"]);
    for token in [&tracked, &hidden, &untracked] {
        assert_eq!(run.place(token)["origin"], "worktree");
    }
    assert_eq!(run.lines("finding").len(), 3);
    assert_eq!(run.lines("summary")[0]["read"]["ignored"], 2, "{run:#?}");
    let all = repo.scan(&["--no-history", "--no-ignore"]);
    assert_eq!(all.finding(&ignored)["locations"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_plain_folder_obeys_no_ignore_file() {
    let folder = Fixture::new();
    let token = folder.token();
    folder.write(".gitignore", "*\n");
    folder.write(".ignore", "*\n");
    folder.write("x/.hidden/y", &token);
    assert_eq!(folder.scan(&[]).place(&token)["uri"], "x/.hidden/y");
}

#[test]
fn without_history_a_bare_repository_is_a_folder_of_files() {
    let folder = Fixture::new();
    let token = folder.token();
    folder.git(&["init", "-q", "--bare", "x/repo.git"]);
    folder.write("x/repo.git/notes", &token);
    assert_eq!(folder.scan(&["--no-history"]).place(&token)["origin"], "worktree");
    assert_eq!(folder.scan(&[]).place(&token)["origin"], "gitdir");
}

#[test]
fn files_and_standard_input() {
    let folder = Fixture::new();
    let [one, two] = std::array::from_fn(|_| folder.token());
    folder.write("a/one.txt", format!("\n\n {one}"));
    let run = folder.squelch_with(
        &["scan", "--format", "jsonl", "a/one.txt", "-"],
        format!("x\r\n{two}").as_bytes(),
        &[],
    );
    let place = run.place(&one);
    assert_eq!(
        (&place["uri"], &place["line"], &place["column"]),
        (&"a/one.txt".into(), &3.into(), &2.into())
    );
    assert_eq!(
        (&run.place(&two)["origin"], &run.place(&two)["line"]),
        (&"stdin".into(), &2.into())
    );
    let missing = folder.scan(&["nowhere"]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.stderr.contains("nowhere: there is no such file"), "{}", missing.stderr);
}

/// What `source::large` reads at once.
const WINDOW: usize = 4 << 20;

/// Tokens across every edge of a window, in a file and in a stream.
#[test]
fn large_files_lose_nothing_at_the_edges_of_their_windows() {
    let folder = Fixture::new();
    let line = "some text that holds no token at all, just words\n";
    let mut text = line.repeat(3 * WINDOW / line.len() + 9).into_bytes();
    let mut tokens = Vec::new();
    // Ends before the edge, on it, and begins at it.
    for at in [WINDOW - 60, 2 * WINDOW - 44, 2 * WINDOW + 4100, 3 * WINDOW - 20] {
        let token = folder.token();
        text[at - 1] = b'\n';
        text[at..at + token.len()].copy_from_slice(token.as_bytes());
        text[at + token.len()] = b'\n';
        tokens.push((at, token));
    }
    folder.write("big.log", &text);
    let args = ["scan", "--format", "jsonl"];
    let runs = [
        folder.squelch(&[&args[..], &["big.log"]].concat()),
        folder.squelch_with(&[&args[..], &["-"]].concat(), &text, &[]),
    ];
    for run in runs {
        for (at, token) in &tokens {
            let line = memchr::memchr_iter(b'\n', &text[..*at]).count() + 1;
            let place = run.place(token);
            assert_eq!((&place["line"], &place["column"]), (&line.into(), &1.into()));
        }
    }
}

#[test]
fn unreadable_files_are_problems() {
    let folder = Fixture::new();
    let token = folder.token();
    folder.write("good", &token);
    folder.write("bad", "x");
    folder.write("locked/x", "x");
    let lock = |name: &str, mode: u32| {
        fs::set_permissions(folder.path(name), fs::Permissions::from_mode(mode)).expect("chmod");
    };
    lock("bad", 0);
    lock("locked", 0);
    // Root reads everything: drop to nobody where the tests run as root.
    let unprivileged = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    lock(".", 0o755);
    // A program of root's may lie where nobody cannot reach it.
    let bin = Fixture::new();
    fs::copy(env!("CARGO_BIN_EXE_squelch"), bin.path("squelch")).expect("a copy");
    fs::set_permissions(bin.root(), fs::Permissions::from_mode(0o755)).expect("chmod");
    let output = std::process::Command::new("setpriv")
        .args(unprivileged)
        .arg(bin.path("squelch"))
        .args(["scan", "--format", "jsonl", "."])
        .current_dir(folder.root())
        .output();
    let output = output.expect("setpriv runs");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let run = crate::support::Run { stdout, stderr, code: output.status.code() };
    assert_eq!(run.problems().len(), 2, "{run:#?}");
    assert_eq!(run.code, Some(1));
    let places: Vec<String> = run
        .lines("problem")
        .iter()
        .map(|p| p["place"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert!(
        places.iter().any(|p| p.ends_with("bad")) && places.iter().any(|p| p.ends_with("locked"))
    );
    lock("locked", 0o755);
}

#[test]
fn the_order_does_not_depend_on_the_number_of_threads() {
    let repo = Fixture::repository();
    for n in 0..40 {
        let (a, b) = (repo.token(), repo.token());
        repo.write(&format!("d{}/f{n}", n % 7), format!("{a}\nsonar.login={}\n", repo.hex(40)));
        repo.write("same", format!("{b}\n{a}\n"));
        repo.git(&["add", "-A"]);
        repo.git(&["commit", "-q", "-m", &format!("c{n}")]);
    }
    for format in ["jsonl", "sarif", "human"] {
        let output = |jobs: &str| {
            let run = repo.squelch(&["scan", "--format", format, "--jobs", jobs]);
            // The one thing that may differ is how long it took.
            let keep = |line: &&str| !line.contains("\"summary\"") && !line.contains("TimeUtc");
            run.stdout.lines().filter(keep).map(str::to_owned).collect::<Vec<_>>()
        };
        let one = output("1");
        assert!(one.len() > 40 || format == "sarif");
        assert_eq!(one, output("8"), "{format}");
    }
}
