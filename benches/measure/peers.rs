//! Where the other programs are, how they are called without a network, and whether their own
//! output says that they really read what they were given.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Check, Contender, Said, say};

/// squelch as Cargo built it for this bench, or the one that `SQUELCH_BENCH_SQUELCH` names.
pub(crate) fn squelch() -> OsString {
    std::env::var_os("SQUELCH_BENCH_SQUELCH")
        .unwrap_or_else(|| OsString::from(env!("CARGO_BIN_EXE_squelch")))
}

/// A program that `SQUELCH_BENCH_NAME` names, or that lies in the path.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let variable = format!("SQUELCH_BENCH_{}", name.to_uppercase());
    if let Some(path) = std::env::var_os(&variable) {
        let path = PathBuf::from(path);
        if !path.is_file() {
            say(&format!("{variable}: there is no file {}\n", path.display()));
        }
        return path.is_file().then_some(path);
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// A command line from words of all kinds.
pub(crate) fn words(program: impl Into<OsString>, args: &[&str]) -> Vec<OsString> {
    std::iter::once(program.into()).chain(args.iter().map(OsString::from)).collect()
}

/// The peers that are there, and how each is kept off the network.
pub(crate) struct Peers {
    offline: Vec<OsString>,
    found: Vec<(&'static str, PathBuf)>,
}

impl Peers {
    /// Looks for the peers, and says what is there, in which version.
    pub(crate) fn look(names: &[&'static str]) -> Self {
        let offline = offline();
        let mut peers = Self { offline, found: Vec::new() };
        for &name in names {
            match find(name) {
                Some(path) => {
                    say(&format!("{name}: {}\n", version(&path)));
                    peers.found.push((name, path));
                }
                None => say(&format!("{name}: not there, left out\n")),
            }
        }
        if peers.offline.is_empty() && !peers.found.is_empty() {
            say("unshare does not work here: the peers can reach the network\n");
        }
        peers
    }

    /// A peer as a contender, if it is there.
    pub(crate) fn contender(
        &self,
        name: &str,
        args: &[&str],
        target: &Path,
        rounds: usize,
        check: Check,
    ) -> Option<Contender> {
        let (_, path) = self.found.iter().find(|(found, _)| *found == name)?;
        let mut command = self.offline.clone();
        command.extend(words(path, args));
        command.push(target.into());
        Some(Contender::new(name, command, rounds, check))
    }

    /// Lets kingfisher compile its rules, which it keeps for later runs, before it is measured.
    pub(crate) fn warm_up(&self) {
        let Some((_, path)) = self.found.iter().find(|(name, _)| *name == "kingfisher") else {
            return;
        };
        let Ok(folder) = tempfile::TempDir::new() else { return };
        let _ = std::fs::write(folder.path().join("empty.txt"), "nothing\n");
        let mut command = self.offline.clone();
        command.extend(words(path, KINGFISHER));
        command.push(folder.path().into());
        let _ = quiet(&command);
    }
}

/// How kingfisher is called for anything: without asking anybody about tokens or versions.
pub(crate) const KINGFISHER: &[&str] = &["scan", "--no-validate", "--no-update-check"];

fn quiet(command: &[OsString]) -> bool {
    let Some((program, args)) = command.split_first() else { return false };
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// What to put before a command so that it runs without a network.
fn offline() -> Vec<OsString> {
    let ways = [words("unshare", &["-n"]), words("unshare", &["-rn"])];
    let works = |way: &Vec<OsString>| quiet(&[way.clone(), words("true", &[])].concat());
    ways.into_iter().find(works).unwrap_or_default()
}

/// What a program calls itself: some are wrappers that run something else than their name says.
fn version(path: &Path) -> String {
    for flag in ["--version", "version"] {
        let output = Command::new(path).arg(flag).stdin(Stdio::null()).output();
        let Some(output) = output.ok().filter(|output| output.status.success()) else { continue };
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        if let Some(line) = text.lines().find(|line| !line.trim().is_empty()) {
            return line.trim().to_owned();
        }
    }
    "no version told".to_owned()
}

/// squelch read everything, or says what it could not read.
pub(crate) fn squelch_check() -> Check {
    Box::new(|said: &Said| match said.code {
        0 => Ok(format!("{} findings", lines(&said.stdout))),
        3 => Ok(format!("{} findings; could not read all of it", lines(&said.stdout))),
        code => Err(format!("exit {code}: {}", last_line(&said.stderr))),
    })
}

/// Kingfisher scanned at least `least` blobs. It takes some repositories for plain folders and
/// is then fast for the wrong reason.
pub(crate) fn kingfisher_check(least: u64) -> Check {
    Box::new(move |said| match number_after(&said.stdout, "Blobs Scanned") {
        Some(blobs) if blobs >= least.max(1) => Ok(format!("{blobs} blobs")),
        Some(blobs) => Err(format!("{blobs} blobs only, {least} or more are there")),
        None => Err(format!("exit {}: {}", said.code, last_line(&said.stderr))),
    })
}

/// Gitleaks or betterleaks, which report bytes, and commits in some versions.
pub(crate) fn leaks_check(least: u64) -> Check {
    Box::new(move |said| {
        // They log to standard error; what they found, which may hold any word, goes elsewhere.
        let text = &said.stderr;
        let trouble = ["incomplete scan", "fatal:", "ERR", "FTL"];
        if let Some(line) = text.lines().find(|line| trouble.iter().any(|bad| line.contains(bad))) {
            return Err(short(line));
        }
        match number_after(text, "scanned ~") {
            Some(bytes) if bytes >= least.max(1) => Ok(format!("{bytes} bytes")),
            Some(bytes) => Err(format!("{bytes} bytes only")),
            None => Err(format!("exit {}: {}", said.code, last_line(text))),
        }
    })
}

/// Trufflehog logs how many chunks it scanned.
pub(crate) fn trufflehog_check() -> Check {
    Box::new(|said| match number_after(&said.stderr, "\"chunks\":") {
        Some(chunks) if chunks > 0 => Ok(format!("{chunks} chunks")),
        _ => Err(format!("exit {}: {}", said.code, last_line(&said.stderr))),
    })
}

/// Any end but one by a signal or with a status that is not among these.
pub(crate) fn exit_check(good: &'static [i32]) -> Check {
    Box::new(move |said| {
        let wrong = || format!("exit {}: {}", said.code, last_line(&said.stderr));
        if good.contains(&said.code) { Ok(String::new()) } else { Err(wrong()) }
    })
}

/// The first number after a label, over any dots, blanks and colons, without its commas.
pub(crate) fn number_after(text: &str, label: &str) -> Option<u64> {
    let rest = text.split_once(label)?.1;
    let digits = rest.trim_start_matches(['.', ' ', ':']);
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(digits.len());
    digits[..end].replace(',', "").parse().ok()
}

fn lines(text: &str) -> usize {
    text.lines().filter(|line| line.contains("\"type\":\"finding\"")).count()
}

fn last_line(text: &str) -> String {
    short(text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing"))
}

/// A line without colours, cut to what fits beside a table.
fn short(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\x1b') {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    plain.trim().replace('|', "/").chars().take(100).collect()
}
