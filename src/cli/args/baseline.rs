//! `squelch baseline`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(after_long_help = "Exit status:\n  \
    0  everything was read, and the file is written, or as it should be\n  \
    1  check: a token is not in the file, or an entry is used by none\n  \
    2  wrong usage, a damaged file, or one that could not be written\n  \
    3  something could not be read; what was found is written all the same")]
pub struct BaselineArgs {
    #[command(subcommand)]
    pub command: BaselineCommand,
}

/// A baseline is a file of tokens that are known: squelch scan --baseline FILE leaves them out and
/// counts them. It holds no token, and nothing by which one could be looked up.
#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Scan, and add every token that is found to FILE; what is there stays, with its notes
    Write {
        /// A baseline of squelch; it is made if it is not there
        file: PathBuf,

        /// Forget what is there: entries, notes and key
        #[arg(long)]
        fresh: bool,

        #[command(flatten)]
        look: LookArgs,
    },
    /// Scan, and say what FILE lacks and what it has that nothing uses: then the exit status is 1
    Check {
        /// A baseline of squelch
        file: PathBuf,

        #[command(flatten)]
        look: LookArgs,
    },
    /// Scan, and drop the entries of FILE that nothing uses; not if something could not be read
    ///
    /// What it is told not to read counts as gone: give it all targets, rules and flags of the scans
    /// that use FILE, and no --no-history unless all of them have it.
    Prune {
        /// A baseline of squelch
        file: PathBuf,

        #[command(flatten)]
        look: LookArgs,
    },
    /// Scan, and add every token to FILE that an older file of another form leaves out
    Import {
        /// A .gitleaksignore, a JSON report of gitleaks, a .secrets.baseline, or a baseline of squelch
        old: PathBuf,

        /// A baseline of squelch; it is made if it is not there
        #[arg(long, value_name = "FILE")]
        to: PathBuf,

        #[command(flatten)]
        look: LookArgs,
    },
}

/// What is scanned. It should be what the scans read that use the file.
#[derive(Debug, Args)]
pub struct LookArgs {
    /// Directory, repository or file
    #[arg(value_name = "TARGET", default_value = ".")]
    pub targets: Vec<PathBuf>,

    /// Read files only: no git objects, refs or reflogs
    #[arg(long)]
    pub no_history: bool,

    /// Read untracked files even where an ignore file names them
    #[arg(long)]
    pub no_ignore: bool,

    /// Rule files of your own, besides the built-in ones
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,

    /// Threads; as many as there are cores by default
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
}
