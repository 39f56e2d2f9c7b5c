//! A work tree: squelch without history against ripgrep, which only looks for four words, and
//! against the peers.

mod measure;

use std::path::Path;
use std::process::ExitCode;

use measure::args::Args;
use measure::peers::{
    KINGFISHER, Peers, exit_check, find, kingfisher_check, leaks_check, squelch, squelch_check,
    words,
};
use measure::table::compare;
use measure::{Contender, interleave, say};

fn main() -> ExitCode {
    measure::main_of(bench)
}

fn bench() -> anyhow::Result<()> {
    let args = Args::read(10, 1, "tree", "DIR")?;
    let peers = Peers::look(&["kingfisher", "betterleaks", "gitleaks", "ripsecrets"]);
    peers.warm_up();
    for folder in &args.targets {
        say(&format!("\n{}\n", folder.display()));
        measure_one(&args, &peers, folder)?;
    }
    Ok(())
}

fn measure_one(args: &Args, peers: &Peers, folder: &Path) -> anyhow::Result<()> {
    let mut all = Vec::new();
    if let Some(rg) = find("rg") {
        // All files but git's own, which squelch does not read here either.
        let mut command = words(rg, &["-uuu", "-c", "-g", "!.git"]);
        command.extend(["squ_", "sqp_", "sqa_", "CCIPAT_"].iter().flat_map(|w| words("-e", &[w])));
        command.push(folder.into());
        all.push(Contender::new("rg", command, args.rounds, exit_check(&[0, 1])));
    } else {
        say("rg: not there, so there is nothing to hold squelch against (Debian: ripgrep)\n");
    }
    // Both read all files, as rg does with -uuu, and those that no ignore file names.
    let flags = ["scan", "--fail-on", "never", "--format", "jsonl", "--no-history", "--no-ignore"];
    for (name, count) in [("squelch", flags.len()), ("squelch, ignore files", flags.len() - 1)] {
        let mut command = words(squelch(), &flags[..count]);
        command.push(folder.into());
        all.push(Contender::new(name, command, args.rounds, squelch_check()));
    }
    let rounds = args.peer_rounds;
    let flags = [KINGFISHER, &["--git-history", "none"]].concat();
    all.extend(peers.contender("kingfisher", &flags, folder, rounds, kingfisher_check(1)));
    for (name, command) in [("betterleaks", "filesystem"), ("gitleaks", "dir")] {
        let flags = [command, "--no-banner"];
        all.extend(peers.contender(name, &flags, folder, rounds, leaks_check(1)));
    }
    let check = exit_check(&[0, 1]);
    all.extend(peers.contender("ripsecrets", &[], folder, rounds, check));
    interleave(&mut all)?;
    compare(&all, "rg", "squelch");
    Ok(())
}
