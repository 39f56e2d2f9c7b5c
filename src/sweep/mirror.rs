//! Clones of remote repositories, by the system's git: it knows the user's credentials, proxies and
//! keys. The second of the two places where a program is run.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How often a running git is looked at.
const TICK: Duration = Duration::from_millis(50);

/// How much of what git says is kept: its last words say why.
const WORDS: u64 = 16 << 10;

/// What is set whatever the user's configuration says: no hook, no program for other protocols, no
/// submodules, no question on the terminal.
const ALWAYS: [&str; 12] = [
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "protocol.allow=never",
    "-c",
    "protocol.https.allow=always",
    "-c",
    "protocol.ssh.allow=always",
    "-c",
    "protocol.file.allow=always",
];

/// Clones all refs of a repository into a new bare one.
pub(super) fn clone(url: &str, into: &Path, patience: Duration) -> Result<(), String> {
    let folder = into.to_string_lossy();
    run(&["clone", "--mirror", "--quiet", "--", url, &folder], into.parent(), patience).map(|_| ())
}

/// Brings a mirror up to date; what is gone at its origin is gone here.
pub(super) fn update(mirror: &Path, patience: Duration) -> Result<(), String> {
    let folder = mirror.to_string_lossy();
    let git_dir = format!("--git-dir={folder}");
    run(&[&git_dir, "fetch", "--prune", "--quiet", "origin"], None, patience).map(|_| ())
}

/// The refs of a remote repository with their objects, as text.
pub(super) fn refs(url: &str, patience: Duration) -> Result<String, String> {
    run(&["ls-remote", "--quiet", "--", url], None, patience)
}

fn run(args: &[&str], folder: Option<&Path>, patience: Duration) -> Result<String, String> {
    let mut command = Command::new("git");
    command
        .args(ALWAYS)
        .args(args)
        .current_dir(folder.unwrap_or(Path::new("/")))
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"] {
        command.env_remove(variable);
    }
    let mut child = command.spawn().map_err(|error| format!("git cannot be run: {error}"))?;
    let (out, err) = (drained(child.stdout.take()), drained(child.stderr.take()));
    let good = waited(&mut child, patience)?;
    let (out, err) = (out.join().unwrap_or_default(), err.join().unwrap_or_default());
    if good {
        return Ok(out);
    }
    let last = err.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it gave no reason");
    Err(format!("git: {last}"))
}

/// Whether it ended well; one that takes too long is ended.
fn waited(child: &mut Child, patience: Duration) -> Result<bool, String> {
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) if started.elapsed() > patience => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("git did not end within {} s", patience.as_secs()));
            }
            Ok(None) => thread::sleep(TICK),
            Err(error) => return Err(format!("git cannot be waited for: {error}")),
        }
    }
}

/// Reads a stream to its end, so that git never waits, and keeps some of it: all refs of
/// repositories that people have, and the last words.
fn drained(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    const REFS: usize = 64 << 20;
    thread::spawn(move || {
        let (mut kept, mut part) = (Vec::new(), vec![0; WORDS as usize]);
        let Some(mut stream) = stream else { return String::new() };
        while let Ok(read @ 1..) = stream.read(&mut part) {
            if kept.len() < REFS {
                kept.extend_from_slice(&part[..read]);
            }
        }
        String::from_utf8_lossy(&kept).into_owned()
    })
}
