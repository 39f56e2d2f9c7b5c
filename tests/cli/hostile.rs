//! A repository made to attack whoever scans it: nothing runs, nothing is followed out of it,
//! nothing reaches the terminal raw.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::Fixture;

/// Every setting by which git itself can be made to run a program.
const PROGRAMS: [&str; 12] = [
    "core.fsmonitor",
    "core.pager",
    "core.sshCommand",
    "core.editor",
    "core.askPass",
    "diff.external",
    "diff.x.textconv",
    "diff.x.command",
    "filter.x.process",
    "filter.x.clean",
    "gpg.program",
    "credential.helper",
];

#[test]
fn nothing_of_the_repository_runs() {
    let repo = Fixture::repository();
    let token = repo.token();
    let witness = repo.path("witness");
    repo.write("evil.sh", format!("#!/bin/sh\ntouch {}\ncat\n", witness.display()));
    let script = repo.path("evil.sh");
    make_executable(&script);
    repo.commit("a.x", &token, "leak");
    repo.commit(".gitattributes", "*.x -diff filter=x diff=x\n* binary\n", "attributes");
    for key in PROGRAMS {
        repo.git(&["config", key, script.to_str().expect("UTF-8")]);
    }
    let hooks =
        [("core.hooksPath", "hooks"), ("log.showSignature", "true"), ("color.ui", "always")];
    for (key, value) in hooks.into_iter().chain([("diff.orderFile", "/nonexistent")]) {
        repo.git(&["config", key, value]);
    }
    fs::create_dir_all(repo.path("hooks")).expect("a folder");
    for hook in ["post-index-change", "pre-commit", "post-checkout", "reference-transaction"] {
        fs::copy(&script, repo.path(&format!("hooks/{hook}"))).expect("a hook");
    }
    let _ = fs::remove_file(&witness);
    for args in [
        &["--no-ignore"][..],
        &["--staged"],
        &["--range", "HEAD~1..HEAD"],
        &["--since", "2000-01-01"],
    ] {
        let run = repo.scan(args);
        assert!(matches!(run.code, Some(0 | 1)), "{run:#?}");
        assert!(!witness.exists(), "{args:?} ran a program of the repository");
    }
    assert_eq!(repo.scan(&[]).finding(&token)["locations"].as_array().map(Vec::len), Some(2));
}

#[test]
fn nothing_is_followed_out_of_the_target() {
    let outside = Fixture::new();
    let secret = outside.token();
    outside.write("dir/secret", &secret);
    let folder = Fixture::new();
    let in_link = folder.token();
    symlink(outside.path("dir/secret"), folder.path("file")).expect("a link");
    symlink(outside.path("dir"), folder.path("dir")).expect("a link");
    symlink("/dev/zero", folder.path("zero")).expect("a link");
    symlink("loop", folder.path("loop")).expect("a link");
    symlink(format!("/x/{in_link}"), folder.path("text")).expect("a link");
    let status = std::process::Command::new("mkfifo").arg(folder.path("fifo")).status();
    assert!(status.expect("mkfifo").success());
    folder.write("sub/.git", format!("gitdir: {}\n", outside.path("dir").display()));
    let run = folder.scan(&[]);
    assert_eq!(run.lines("finding").len(), 1, "{run:#?}");
    assert_eq!(run.place(&in_link)["uri"], "text");
    assert_eq!(run.lines("summary")[0]["read"]["special"], 1);
    assert_eq!(run.problems(), ["repository"]);
    assert!(run.stdout.contains("lies outside of what is scanned"));
}

#[test]
fn control_bytes_do_not_reach_the_terminal() {
    let repo = Fixture::repository();
    let token = repo.token();
    let name = "a\x1b[31m\u{202e}\n::set-output name=x::y";
    repo.write(name, format!("\x1b]0;title\x07\u{2066} {token} \x1b[8mhidden\n::error::x"));
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "\x1b[2Jx"]);
    for format in ["human", "jsonl", "sarif", "html"] {
        let run = repo.squelch(&["scan", "--format", format]);
        let text = format!("{}{}", run.stdout, run.stderr);
        let raw = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{2066}');
        assert_eq!(text.chars().filter(|&c| raw(c)).count(), 0, "{format}: {text:?}");
        assert!(!text.lines().any(|line| line.starts_with("::")), "{text}");
        assert_eq!(run.code, Some(1));
    }
}

#[test]
fn a_config_of_the_scanned_tree_hides_nothing() {
    let folder = Fixture::new();
    let token = folder.token();
    folder.write("a", format!("{token} # gitleaks:allow squelch:allow nosec"));
    folder.write(".gitleaks.toml", "[allowlist]\npaths = ['.*']\n");
    folder.write(".squelch.toml", "allow = ['*']\n");
    folder.write(".squelchignore", "*\n");
    let _ = folder.scan(&[]).finding(&token);
}

#[test]
fn deep_trees_and_long_chains_end() {
    let repo = Fixture::repository();
    let token = repo.token();
    let deep = format!("{}x", "d/".repeat(300));
    repo.commit(&deep, &token, "deep");
    repo.git(&["rm", "-q", "-r", "d"]);
    repo.git(&["commit", "-q", "-m", "gone"]);
    let place = repo.scan(&[]).place(&token);
    assert_eq!(place["path"].as_str(), Some(deep.as_str()));
}

fn make_executable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("chmod");
}
