//! The arguments of a bench: some targets and a few numbers.

use std::path::PathBuf;

use anyhow::{Context, bail};

use super::say;

/// What was asked for.
#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) targets: Vec<PathBuf>,
    pub(crate) rounds: usize,
    pub(crate) peer_rounds: usize,
    pub(crate) mib: usize,
}

impl Args {
    /// Reads the command line. `wanted` says what a target is; empty, there are none.
    pub(crate) fn read(
        rounds: usize,
        peer_rounds: usize,
        bench: &str,
        wanted: &str,
    ) -> anyhow::Result<Self> {
        let mut args = Self { targets: Vec::new(), rounds, peer_rounds, mib: 1024 };
        let mut words = std::env::args_os().skip(1);
        while let Some(word) = words.next() {
            let mut number = |name: &str| {
                let value: Option<usize> =
                    words.next().and_then(|value| value.to_str()?.parse().ok());
                value.with_context(|| format!("{name} needs a number"))
            };
            match word.to_str() {
                // Cargo passes this to everything that it runs as a bench.
                Some("--bench") => {}
                Some("--rounds") => args.rounds = number("--rounds")?.max(1),
                Some("--peer-rounds") => args.peer_rounds = number("--peer-rounds")?,
                Some("--mib") => args.mib = number("--mib")?.max(4),
                Some(flag) if flag.starts_with('-') => bail!("{flag} is not known here"),
                _ => args.targets.push(absolute(&PathBuf::from(word))?),
            }
        }
        if cfg!(debug_assertions) {
            say("a debug build: these figures mean nothing\n");
        }
        match (args.targets.is_empty(), wanted.is_empty()) {
            (true, false) => bail!("say which {wanted}: cargo bench --bench {bench} -- {wanted}"),
            (false, true) => bail!("{bench} makes its own input and takes no path"),
            _ => Ok(args),
        }
    }
}

/// Symbolic links are followed: some peers take a link to a repository for a plain folder.
fn absolute(path: &std::path::Path) -> anyhow::Result<PathBuf> {
    path.canonicalize().with_context(|| format!("cannot open {}", path.display()))
}
