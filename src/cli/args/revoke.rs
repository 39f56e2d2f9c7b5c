//! `squelch revoke`.

use std::path::PathBuf;

use clap::Args;

use super::{AskArgs, OutArgs, SourceArgs, TokenArgs};
use crate::shell::Shell;

/// Exit status: 0 all is planned, or dead and proved, 1 a token is still alive, 2 wrong usage,
/// 3 something is not known.
#[derive(Debug, Args)]
#[command(after_long_help = "Exit status:\n  \
    0  the plan is made; with --yes: all tokens are dead, and that is proved\n  \
    1  with --yes: a token is still alive, or was not revoked\n  \
    2  wrong usage\n  \
    3  something could not be read, or what came of a request is not known")]
pub struct RevokeArgs {
    /// A JSON Lines report of squelch, of scan or trace. Without it, and without --scan, one token
    /// is read from standard input
    #[arg(value_name = "REPORT.jsonl")]
    pub report: Option<PathBuf>,

    /// Look for tokens here instead: a directory, repository or file. May be repeated
    #[arg(long, value_name = "TARGET", conflicts_with = "report")]
    pub scan: Vec<PathBuf>,

    /// Only the token with this fingerprint, or the first eight characters of it or more. May be
    /// repeated
    #[arg(long, value_name = "HEX")]
    pub fingerprint: Vec<String>,

    /// Do it, and prove it; without it only the plan is made
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,

    /// Ask the services for what the plan lacks: whose the tokens are, and their names
    #[arg(long)]
    pub verify: bool,

    /// The variable with the credential of who revokes: sonarqube-server=SONAR_ADMIN_TOKEN. Its
    /// value is a token, or USER:TOKEN where a user goes with it (Jenkins). Without it the leaked
    /// token revokes itself. May be repeated
    #[arg(long, value_name = "SERVICE=VARIABLE")]
    pub with: Vec<String>,

    /// Revoke all tokens of the one whose credential --with names, but this one (its name, or its
    /// uuid at Jenkins)
    #[arg(long, value_name = "NAME", requires = "with", conflicts_with_all = ["report", "scan", "fingerprint"])]
    pub all_except: Option<String>,

    /// Append a line of JSON for each step to this file: what was done when, and what came of it
    #[arg(long, value_name = "FILE", requires = "yes")]
    pub audit_log: Option<PathBuf>,

    /// Print a program for the service's own console instead: one, all-but-one, all-legacy
    #[arg(long, value_name = "ID", conflicts_with = "yes")]
    pub script: Option<String>,

    /// For which shell commands are written
    #[arg(long, value_enum, default_value_t = Shell::here())]
    pub shell: Shell,

    #[command(flatten)]
    pub token: TokenArgs,

    #[command(flatten)]
    pub sources: SourceArgs,

    #[command(flatten)]
    pub out: OutArgs,

    #[command(flatten)]
    pub ask: AskArgs,
}
