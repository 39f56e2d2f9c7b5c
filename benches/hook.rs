//! The pre-commit hook: one small file is staged in a copy of a repository, and the whole
//! process is measured, start-up included, since that is what a person waits for.

mod measure;

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};
use tempfile::TempDir;

use measure::args::Args;
use measure::peers::{
    KINGFISHER, Peers, exit_check, kingfisher_check, leaks_check, squelch, squelch_check, words,
};
use measure::table::compare;
use measure::{Contender, interleave, say};

fn main() -> ExitCode {
    measure::main_of(bench)
}

fn bench() -> anyhow::Result<()> {
    let args = Args::read(50, 5, "hook", "REPO")?;
    let peers = Peers::look(&["kingfisher", "gitleaks", "betterleaks"]);
    peers.warm_up();
    for repository in &args.targets {
        say(&format!("\n{}\n", repository.display()));
        let folder = TempDir::new()?;
        let copy = folder.path().join("copy");
        stage(repository, &copy)?;
        measure_one(&args, &peers, &copy)?;
    }
    Ok(())
}

fn measure_one(args: &Args, peers: &Peers, copy: &Path) -> anyhow::Result<()> {
    // What git itself needs to read the index and HEAD and to tell them apart.
    let command = words("git", &["diff", "--cached"]);
    let mut all = vec![Contender::new("git diff", command, args.rounds, exit_check(&[0]))];
    let flags = ["scan", "--staged", "--fail-on", "never", "--format", "jsonl"];
    let command = words(squelch(), &flags);
    all.push(Contender::new("squelch", command, args.rounds, squelch_check()));
    let rounds = args.peer_rounds;
    let here = Path::new(".");
    let flags = [KINGFISHER, &["--staged"]].concat();
    all.extend(peers.contender("kingfisher", &flags, here, rounds, kingfisher_check(1)));
    for name in ["gitleaks", "betterleaks"] {
        let flags = ["git", "--no-banner", "--staged"];
        all.extend(peers.contender(name, &flags, here, rounds, leaks_check(1)));
    }
    for contender in &mut all {
        contender.dir = Some(copy.to_owned());
    }
    interleave(&mut all)?;
    compare(&all, "git diff", "squelch");
    Ok(())
}

/// Clones a repository without copying its objects, and stages one new small file.
fn stage(repository: &Path, copy: &Path) -> anyhow::Result<()> {
    let mut clone = Command::new("git");
    clone.args(["clone", "--quiet", "--shared", "--"]).args([repository, copy]);
    run(&mut clone)?;
    let name = "staged-by-the-bench.rs";
    let mut text = String::new();
    for line in 0..60 {
        writeln!(text, "fn line_{line}(input: &str) -> usize {{ input.len() + {line} }}")?;
    }
    fs::write(copy.join(name), text)?;
    run(Command::new("git").current_dir(copy).args(["add", "--force", name]))
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output().context("cannot start git")?;
    if !output.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
