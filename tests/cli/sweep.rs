//! Many targets, ended and gone on with, in parts and whole.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Fixture, Run};

/// What stands in a fixture: two forks as bare mirrors, a work tree, a log, a repository that is
/// cloned by its address, and something that is not there.
struct Stage {
    f: Fixture,
    tokens: Vec<String>,
}

impl Stage {
    fn new() -> Self {
        let f = Fixture::new();
        let tokens: Vec<String> = (0..4).map(|_| f.token()).collect();
        for (name, token) in ["one", "two", "far"].iter().zip(&tokens) {
            f.write(&format!("{name}/README"), format!("{name}\n").repeat(50));
            f.git_in(name, &["init", "-q", "-b", "main"]);
            for (file, text) in
                [("a.env", format!("SONAR_TOKEN={token}\n")), ("a.env", "\n".to_owned())]
            {
                f.write(&format!("{name}/{file}"), text);
                f.git_in(name, &["add", "-A"]);
                f.git_in(name, &["commit", "-q", "-m", "x"]);
            }
        }
        f.git(&["clone", "-q", "--mirror", "one", "one.git"]);
        f.git(&["clone", "-q", "--mirror", "one", "fork.git"]);
        f.write("build.log", format!("+ sonar-scanner -Dsonar.token={}\n", tokens[3]));
        let far = format!("file://{}/far", f.root().display());
        f.write("list.txt", format!("# all\none.git\nfork.git\ntwo\nbuild.log\n{far}\ngone.git\n"));
        Self { f, tokens }
    }

    fn sweep(&self, out: &str, more: &[&str]) -> Run {
        let args = ["sweep", "list.txt", "--out", out, "--format", "jsonl"];
        self.f.squelch(&[&args[..], more].concat())
    }
}

#[test]
fn each_target_is_read_and_one_that_fails_is_a_problem_of_its_own() {
    let stage = Stage::new();
    let run = stage.sweep("out", &[]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    for token in &stage.tokens {
        let _ = run.finding(token);
    }
    let paths: Vec<String> = run.finding(&stage.tokens[0])["locations"]
        .as_array()
        .expect("places")
        .iter()
        .map(|place| place["path"].as_str().expect("a path").to_owned())
        .collect();
    assert_eq!(paths, ["fork.git/a.env", "one.git/a.env"], "{run:#?}");
    let far = run.place(&stage.tokens[2]);
    assert!(far["path"].as_str().expect("a path").starts_with("file://"), "{far}");
    assert_eq!(run.problems(), ["unreadable"]);
    assert!(run.stderr.contains("gone.git: there is no such file"), "{}", run.stderr);
    assert!(run.stderr.contains("[6/6] "), "{}", run.stderr);
    assert_eq!(fs::read_dir(stage.f.path("out/clones")).expect("a folder").count(), 0);
    for entry in walk(&stage.f.path("out")) {
        let bytes = fs::read(&entry).expect("readable");
        for token in &stage.tokens {
            let there = memchr::memmem::find(&bytes, &token.as_bytes()[4..40]).is_some();
            assert!(!there, "{}", entry.display());
        }
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("one").path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn the_next_round_reads_only_what_has_changed() {
    let stage = Stage::new();
    let first = stage.sweep("out", &[]);
    let second = stage.sweep("out", &["--log-format", "json", "--metrics", "sweep.prom"]);
    assert!(first.told() == second.told(), "{first:#?}\n{second:#?}");
    let how = |run: &Run| {
        let lines = run.stderr.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut all: Vec<String> = lines
            .map(|it| format!("{} {}", it["target"].as_str().unwrap_or_default(), it["how"]))
            .collect();
        all.sort();
        all.into_iter().filter(|it| it.contains(".git") || it.contains("far")).collect::<Vec<_>>()
    };
    let kept = how(&second);
    assert_eq!(kept.iter().filter(|it| it.ends_with("\"kept\"")).count(), 3, "{kept:?}");
    let metrics = fs::read_to_string(stage.f.path("sweep.prom")).expect("metrics");
    assert!(metrics.contains("\nsquelch_sweep_targets 6\n"), "{metrics}");
    assert!(metrics.contains("\nsquelch_sweep_targets_incomplete 1\n"), "{metrics}");
    let token = stage.f.token();
    stage.f.write("one/b.env", format!("SONAR_TOKEN={token}\n"));
    stage.f.git_in("one", &["add", "-A"]);
    stage.f.git_in("one", &["commit", "-q", "-m", "more"]);
    stage.f.git_in("one.git", &["fetch", "-q", "--all"]);
    let third = stage.sweep("out", &["--log-format", "json"]);
    let _ = third.finding(&token);
    assert_eq!(how(&third).iter().filter(|it| it.ends_with("\"read\"")).count(), 2, "{third:#?}");
}

/// Ended at ten times, the last run goes on to the same report.
#[cfg(unix)]
#[test]
fn a_sweep_that_is_killed_goes_on() {
    let stage = Stage::new();
    let whole = stage.sweep("whole", &[]);
    for round in 0..10_u64 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_squelch"))
            .current_dir(stage.f.root())
            .args(["sweep", "list.txt", "--out", "killed", "--jobs", "1"])
            .env("HOME", stage.f.root())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        std::thread::sleep(Duration::from_millis(20 + 35 * round));
        child.kill().expect("killed");
        child.wait().expect("gone");
    }
    assert!(stage.sweep("killed", &[]).told() == whole.told());
    let left = fs::read_dir(stage.f.path("killed/clones")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "a clone that was cut off is removed");
}

#[test]
fn a_list_that_is_wrong_is_said_to_be() {
    let f = Fixture::new();
    f.write("list.txt", "a\next::sh -c id\n");
    let run = f.squelch(&["sweep", "list.txt", "--out", "out"]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains("list.txt:2: ") && run.stderr.contains("https, ssh and file"),
        "{run:#?}"
    );
    f.write("list.txt", "a\n");
    let run = f.squelch(&["sweep", "list.txt", "--out", "out", "--shard", "3/2"]);
    assert_eq!(run.code, Some(2), "{run:#?}");
    let run = f.squelch(&["sweep", "list.txt", "--out", "list.txt"]);
    assert_eq!(run.code, Some(2), "{run:#?}");
}

/// What four parts read is what one reads, whichever reads what and whoever puts it together.
#[test]
fn parts_come_to_the_same_as_the_whole() {
    let stage = Stage::new();
    let whole = stage.sweep("whole", &[]);
    for index in 1..=4 {
        let _ = stage.sweep(&format!("part{index}"), &["--shard", &format!("{index}/4")]);
    }
    let parts = ["part1", "part2", "part3", "part4"];
    let merged = stage.f.squelch(&[&["report", "merge", "--format", "jsonl"][..], &parts].concat());
    assert!(merged.told() == whole.told(), "{merged:#?}");
    let backwards = ["part4", "part2", "part3", "part1"];
    let sarif = |parts: &[&str]| {
        let run = stage.f.squelch(&[&["report", "--format", "sarif"][..], parts].concat());
        assert_eq!(run.code, Some(0), "{run:#?}");
        run.stdout
    };
    assert!(sarif(&parts) == sarif(&backwards) && sarif(&parts) == sarif(&["whole"]));
    let run = stage.f.squelch(&["report", "merge", "list.txt"]);
    assert!(run.code == Some(2) && run.stderr.contains("list.txt"), "{run:#?}");
    let run = stage.f.squelch(&["report", "one"]);
    assert!(run.code == Some(2) && run.stderr.contains("no folder of a sweep"), "{run:#?}");
}

/// Forks are read one after the other, and no object of them twice, however many are read at once.
#[test]
fn what_forks_share_is_read_once() {
    let f = Fixture::new();
    f.write("base/README", "base\n");
    f.git_in("base", &["init", "-q", "-b", "main"]);
    for number in 0..40 {
        f.write(&format!("base/{number}.txt"), format!("{number}\n").repeat(2000));
        f.git_in("base", &["add", "-A"]);
        f.git_in("base", &["commit", "-q", "-m", "x"]);
    }
    let forks = 8;
    for number in 0..forks {
        let name = format!("forks/{number}.git");
        f.git(&["clone", "-q", "base", "work"]);
        f.write("work/own.txt", format!("{number}\n"));
        f.git_in("work", &["add", "-A"]);
        f.git_in("work", &["commit", "-q", "-m", "its own"]);
        f.git(&["clone", "-q", "--mirror", "--no-local", "work", &name]);
        fs::remove_dir_all(f.path("work")).expect("removed");
    }
    let run = f.squelch(&["sweep", "forks", "--out", "out", "--jobs", "3", "--format", "jsonl"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    let unique = f.git_in("base", &["rev-list", "--objects", "--all"]).lines().count() + 3 * forks;
    let read = &run.lines("summary")[0]["read"];
    assert_eq!(read["objects"].as_u64(), Some(unique as u64), "{read}");
    let known = (unique - 3 * forks) * (forks - 1);
    assert_eq!(read["known"].as_u64(), Some(known as u64), "{read}");
}
