//! What the tests of the command line share: a folder of their own, git, squelch, and tokens
//! minted at run time, so that no token-shaped text stands in this repository.

use std::cell::Cell;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder that disappears with the test, and the programs that run in it.
pub(crate) struct Fixture {
    dir: TempDir,
    seed: Cell<u64>,
    /// Seconds: each git command runs a little later than the one before.
    clock: Cell<u32>,
}

/// What a run left behind. Look at it, or say `.ok()`.
#[must_use = "assert on what it printed, or on its status"]
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self {
            dir: TempDir::new().expect("a temporary folder"),
            seed: Cell::new(1),
            clock: Cell::new(0),
        }
    }

    /// A fixture whose folder is an empty repository on branch `main`.
    pub(crate) fn repository() -> Self {
        let fixture = Self::new();
        fixture.git(&["init", "-q", "-b", "main"]);
        fixture
    }

    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    pub(crate) fn write(&self, relative: &str, content: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().expect("a parent")).expect("its folder");
        fs::write(path, content).expect("the file");
    }

    /// Mints a user token of `SonarQube`, another one at each call.
    pub(crate) fn token(&self) -> String {
        format!("squ{}{}", '_', self.hex(40))
    }

    /// Random lower-case hex digits of which every letter and digit may occur.
    pub(crate) fn hex(&self, len: usize) -> String {
        let mut hex = String::new();
        while hex.len() < len {
            self.seed.set(self.seed.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
            let mut mixed = self.seed.get();
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let _ = write!(hex, "{:016x}", mixed ^ (mixed >> 31));
        }
        hex.truncate(len);
        hex
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.git_in(".", args)
    }

    /// Runs git in a subfolder, with nothing of this machine's configuration.
    pub(crate) fn git_in(&self, folder: &str, args: &[&str]) -> String {
        let output = self.git_command(folder, args).output().expect("git runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {args:?}: {stderr}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    pub(crate) fn git_command(&self, folder: &str, args: &[&str]) -> Command {
        self.clock.set(self.clock.get() + 1);
        let date =
            format!("2024-03-05T06:{:02}:{:02}+0200", self.clock.get() / 60, self.clock.get() % 60);
        let mut command = Command::new("git");
        command
            .current_dir(self.path(folder))
            .args(["-c", "protocol.file.allow=always", "-c", "gc.auto=0"])
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "A U Thor")
            .env("GIT_AUTHOR_EMAIL", "author@example.invalid")
            .env("GIT_COMMITTER_NAME", "C O Mitter")
            .env("GIT_COMMITTER_EMAIL", "committer@example.invalid")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date);
        command
    }

    /// Writes a file and commits everything; returns the commit's id.
    pub(crate) fn commit(&self, relative: &str, content: &str, message: &str) -> String {
        self.write(relative, content);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub(crate) fn squelch(&self, args: &[&str]) -> Run {
        self.squelch_with(args, b"", &[])
    }

    /// Runs squelch in the fixture's folder with a cleared environment.
    pub(crate) fn squelch_with(&self, args: &[&str], stdin: &[u8], env: &[(&str, &str)]) -> Run {
        let mut child = Command::new(env!("CARGO_BIN_EXE_squelch"))
            .current_dir(self.root())
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root())
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("squelch starts");
        let mut pipe = child.stdin.take().expect("a pipe");
        let input = stdin.to_vec();
        let writer = std::thread::spawn(move || {
            let _ = pipe.write_all(&input);
        });
        let output = child.wait_with_output().expect("squelch ends");
        writer.join().expect("the writer ends");
        Run {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code(),
        }
    }

    /// Scans with JSON Lines and returns the run.
    pub(crate) fn scan(&self, args: &[&str]) -> Run {
        self.squelch(&[&["scan", "--format", "jsonl"], args].concat())
    }
}

impl Run {
    /// The JSON lines of one type.
    pub(crate) fn lines(&self, kind: &str) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str::<Value>(line).expect("a line of JSON");
        self.stdout.lines().map(parse).filter(|line| line["type"] == kind).collect()
    }

    /// What a report in JSON Lines says, without what differs between two runs: how long it took, and
    /// how much had to be read, which depends on what was known.
    pub(crate) fn told(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str::<Value>(line).expect("JSON");
        let mut lines: Vec<Value> = self.stdout.lines().map(parse).collect();
        for line in &mut lines {
            let line = line.as_object_mut().expect("an object");
            line.remove("seconds");
            line.remove("read");
        }
        lines
    }

    /// The finding of a token, which must be there once.
    pub(crate) fn finding(&self, token: &str) -> Value {
        let tail = &token[token.len() - 4..];
        let ends = |f: &Value| f["redacted"].as_str().is_some_and(|text| text.ends_with(tail));
        let mut found: Vec<Value> = self.lines("finding").into_iter().filter(ends).collect();
        assert_eq!(found.len(), 1, "{tail} once in {self:#?}");
        found.remove(0)
    }

    /// The first place of a token.
    pub(crate) fn place(&self, token: &str) -> Value {
        self.finding(token)["locations"][0].clone()
    }

    /// The codes of the problems, sorted.
    pub(crate) fn problems(&self) -> Vec<String> {
        let code = |line: &Value| line["code"].as_str().unwrap_or_default().to_owned();
        self.lines("problem").iter().map(code).collect()
    }
}
