//! Fleets, as their users meet them: the real binary and a real NATS server, which are killed.

mod asked;
#[allow(dead_code, reason = "these tests need a part of it")]
#[path = "../ask/canned.rs"]
mod canned;
#[allow(dead_code, reason = "these tests need a part of it")]
#[path = "../doors/certificates.rs"]
mod certificates;
mod died;
#[path = "../double/mod.rs"]
mod double;
#[allow(dead_code, reason = "these tests need a part of it")]
#[path = "../logs/stage.rs"]
mod logs_stage;
mod permissions;
mod poison;
mod server;
#[allow(dead_code, reason = "the tests of the command line need the rest of it")]
#[path = "../cli/support.rs"]
mod support;
mod systems;
mod wire;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::server::Server;
use crate::support::{Fixture, Run};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// `git` reaches the repositories of `ssh://` by this: it says that it has begun, and goes on when
/// nobody holds it.
const SSH: &str = r#"#!/bin/sh
: > "$HOME/begun.$$"
while [ -e "$HOME/hold" ]; do sleep 0.05; done
for last; do :; done
exec sh -c "$last"
"#;

/// A fixture with a way to `ssh://` repositories.
fn stage() -> Fixture {
    let f = Fixture::new();
    f.write("ssh.sh", SSH);
    f
}

fn git_repository(f: &Fixture, name: &str, token: &str) {
    f.write(&format!("{name}/README"), format!("{name}\n").repeat(50));
    f.git_in(name, &["init", "-q", "-b", "main"]);
    for text in [format!("SONAR_TOKEN={token}\n"), "\n".to_owned()] {
        f.write(&format!("{name}/a.env"), text);
        f.git_in(name, &["add", "-A"]);
        f.git_in(name, &["commit", "-q", "-m", "x"]);
    }
}

/// The environment of a squelch that can clone by `ssh://`.
fn ssh(f: &Fixture) -> [(&'static str, String); 2] {
    let command = format!("sh {}", f.path("ssh.sh").display());
    [("GIT_SSH_COMMAND", command), ("GIT_SSH_VARIANT", "simple".to_owned())]
}

fn squelch(f: &Fixture, args: &[&str]) -> Run {
    let env = ssh(f);
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    f.squelch_with(args, b"", &env)
}

/// `squelch fleet` with the server and the sweep `all`.
fn fleet(f: &Fixture, server: &Server, args: &[&str]) -> Run {
    squelch(f, &[&["fleet"], args, &["--nats", &server.url(), "--sweep", "all"]].concat())
}

/// A worker that is ended when the test is.
struct Worker(Child);

impl Worker {
    fn start(f: &Fixture, url: &str) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_squelch"))
            .current_dir(f.root())
            .args(["fleet", "worker", "--nats", url, "--sweep", "all", "--until-empty"])
            .args(["--work", "work"])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", f.root())
            .envs(ssh(f))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("a worker starts");
        Self(child)
    }

    fn end(&mut self) -> Option<i32> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().expect("a status") {
                return status.code();
            }
            assert!(started.elapsed() < PATIENCE, "a worker does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[cfg(unix)]
    fn tell(&self, signal: &str) {
        let id = self.0.id().to_string();
        let told = Command::new("kill").args([signal, &id]).status().expect("kill runs");
        assert!(told.success());
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How many clones by `ssh://` have begun.
fn begun(f: &Fixture) -> usize {
    let entries = std::fs::read_dir(f.root()).expect("a folder").flatten();
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("begun.")).count()
}

fn wait_until(what: &str, mut good: impl FnMut() -> bool) {
    let started = Instant::now();
    while !good() {
        assert!(started.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The counts of `squelch fleet status`.
fn counts(f: &Fixture, server: &Server) -> Value {
    let run = fleet(f, server, &["status", "--format", "json"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    serde_json::from_str(&run.stdout).expect("JSON")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten().map(|it| it.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find(bytes, text.as_bytes()).is_some()
}
