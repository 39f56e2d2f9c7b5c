//! What reading through encodings, logs and archives costs where there is little of them: a scan
//! with all readings against one of the bytes as they are.

mod measure;

use std::path::Path;
use std::process::ExitCode;

use measure::args::Args;
use measure::peers::{squelch, squelch_check, words};
use measure::table::compare;
use measure::{Contender, interleave, say};

fn main() -> ExitCode {
    measure::main_of(bench)
}

fn bench() -> anyhow::Result<()> {
    let args = Args::read(9, 0, "views", "REPO|DIR")?;
    for target in &args.targets {
        say(&format!("\n{}\n", target.display()));
        measure_one(&args, target)?;
    }
    say(
        "\nArchives are opened by the second only: where a repository has many, that is what it costs.\n",
    );
    Ok(())
}

fn measure_one(args: &Args, target: &Path) -> anyhow::Result<()> {
    let scan = |name: &str, more: &[&str]| {
        let flags = ["scan", "--fail-on", "never", "--format", "jsonl"];
        let mut command = words(squelch(), &[&flags[..], more].concat());
        command.push(target.into());
        Contender::new(name, command, args.rounds, squelch_check())
    };
    let mut both = [scan("squelch --raw", &["--raw"]), scan("squelch", &[])];
    interleave(&mut both)?;
    compare(&both, "squelch --raw", "squelch");
    Ok(())
}
