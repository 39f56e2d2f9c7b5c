//! Reports of many parts: the memory that it takes to put them together.

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::support::Fixture;

/// Reports of `parts` parts with `each` findings, made of the lines of a real scan without what to do:
/// every token is another one, but for one in ten that each tenth part has, too. A problem in each
/// comes on top.
fn parts(f: &Fixture, folder: &str, parts: usize, each: usize) {
    let token = f.token();
    f.write("one/a.env", format!("SONAR_TOKEN={token}\n"));
    let run = f.scan(&["one"]);
    let mut finding = run.lines("finding").remove(0);
    finding["remedy"] = json!({ "steps": [], "command": [], "prove": [] });
    let print = finding["fingerprint"].as_str().expect("a fingerprint").to_owned();
    let (finding, summary) = (finding.to_string(), run.stdout.lines().last().expect("a summary"));
    let (before, after) = finding.split_once(&print).expect("the fingerprint");
    for part in 0..parts {
        let after = after.replace("one/a.env", &format!("r{part}/a.env"));
        let mut text = String::new();
        for number in 0..each {
            let shared = number % 10 == 0 && part % 10 == 0;
            let number = if shared { number } else { (part + 1) * 1_000_000 + number };
            let _ = writeln!(text, "{before}{number:064x}{after}");
        }
        let problem = format!(r#""code":"damaged","place":"r{part}","why":"cut off""#);
        let _ = writeln!(text, "{{\"schema\":1,\"type\":\"problem\",{problem}}}\n{summary}");
        f.write(&format!("{folder}/targets/{part:04}.jsonl"), text);
    }
}

/// The most memory that merging a folder into all forms took, in kB, and how large they are.
fn peak(f: &Fixture, folder: &str) -> (u64, u64) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_squelch"))
        .current_dir(f.root())
        .args(["report", "merge", folder, "--quiet", "--output", "sarif=a.sarif"])
        .args(["--output", "html=a.html", "--output", "jsonl=a.jsonl"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    let code = loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        most = most.max(number.unwrap_or_default());
        if let Some(code) = child.try_wait().expect("a child") {
            break code;
        }
        std::thread::sleep(Duration::from_millis(3));
    };
    assert!(code.success(), "{code}");
    let size = |name| fs::metadata(f.path(name)).expect("a report").len();
    (most, size("a.sarif") + size("a.html") + size("a.jsonl"))
}

/// Eight times as many findings in eight times as many parts take no more memory but for what the
/// database keeps at hand, which are 8 MB of some 45. In memory the 8,000 would have 30 MB more.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_what_is_merged() {
    let f = Fixture::new();
    parts(&f, "few", 25, 40);
    parts(&f, "many", 200, 40);
    let ((few, small), (many, large)) = (peak(&f, "few"), peak(&f, "many"));
    assert!(large > 5 * small, "{large} bytes of {small}");
    assert!(many * 4 < few * 5, "{few} kB for 1,000 findings, {many} kB for 8,000");
}

/// `merge` is a word, unless it names reports: a file, or the folder of a sweep.
#[test]
fn a_folder_may_be_named_merge() {
    let f = Fixture::new();
    parts(&f, "swept", 1, 3);
    let merged = |args: &[&str]| {
        let run = f.squelch(&[&["report"], args, &["--format", "jsonl"]].concat());
        assert_eq!(run.code, Some(0), "{run:#?}");
        run.lines("finding").len()
    };
    f.write("merge/something-else", "");
    assert_eq!(merged(&["merge", "swept"]), 3);
    parts(&f, "merge", 1, 5);
    assert_eq!(merged(&["merge"]), 5);
    assert_eq!(merged(&["merge", "swept"]), 5, "it names reports, with the same tokens and more");
}
