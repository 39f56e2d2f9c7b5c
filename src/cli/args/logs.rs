//! The shape of `squelch logs`.
#![expect(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are printed as help")]

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{AskArgs, MeansArgs, OutArgs, When};
use crate::cli::exit::FailOn;
use crate::report::SarifProfile;

#[derive(Debug, Args)]
pub struct LogsArgs {
    #[command(subcommand)]
    pub command: LogsCommand,
}

#[derive(Debug, Subcommand)]
pub enum LogsCommand {
    /// List the logs that a CI system has of a project, a line each
    List(Box<LogsListArgs>),
    /// Write logs into a folder, or one of them to standard output
    Get(Box<LogsGetArgs>),
    /// Look for tokens in the logs, as they come: nothing is written to disk
    Scan(Box<LogsScanArgs>),
}

/// Whose logs, and which of them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which logs")]
pub struct LogTargetArgs {
    /// The project's address, or that of one run or job: https://github.com/acme/shop,
    /// https://gitlab.example.com/group/project, https://ci.example.com/job/folder/. Its host is
    /// asked, and the one where the CI system has its API
    #[arg(value_name = "URL")]
    pub url: String,

    /// Which CI system it is, where the address does not tell: github, gitlab, jenkins, circleci,
    /// azure-devops, buildkite, travis, teamcity, bitbucket or drone
    #[arg(long, value_name = "ID")]
    pub provider: Option<String>,

    /// The variable of the environment that holds the credential (Jenkins: USER:TOKEN). By default the
    /// usual one, such as GITHUB_TOKEN, GITLAB_TOKEN, JENKINS_TOKEN, AZURE_DEVOPS_EXT_PAT
    #[arg(long, value_name = "NAME")]
    pub token_env: Option<String>,

    /// Only of runs since DATE: 2026-01-31, a full time, or "2 weeks"
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,

    /// Only of this workflow (its name or file), pipeline, stage or job
    #[arg(long, value_name = "NAME")]
    pub workflow: Option<String>,

    /// Only of this branch
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,

    /// At most N logs, the newest first
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,

    /// Seconds that a server may make the run wait altogether, when it asks for that; beyond them it
    /// stops, and says when to go on
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(..=86_400))]
    pub max_wait: u32,
}

/// The CI systems of which a list names projects: logs:URL.
#[derive(Debug, Args)]
#[command(next_help_heading = "Logs of CI systems (logs:URL)")]
pub struct SystemsArgs {
    /// Read only the logs of runs since DATE: 2026-01-31, a full time, or "2 weeks"
    #[arg(long, value_name = "DATE")]
    pub logs_since: Option<String>,

    /// Which CI system is at a host: jenkins=https://ci.example.com. A worker asks only such hosts and
    /// those that a provider has to itself, such as github.com, for which they stand
    #[arg(long, value_name = "PROVIDER=URL")]
    pub logs_host: Vec<String>,

    /// Seconds that a CI system may make a run wait for it altogether, when it asks for that
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u32).range(..=86_400))]
    pub max_wait: u32,
}

#[derive(Debug, Args)]
pub struct LogsListArgs {
    #[command(flatten)]
    pub target: LogTargetArgs,

    /// What to write to standard output
    #[arg(long, short, value_enum, default_value = "human", help_heading = "Reports")]
    pub format: ListFormat,

    /// Colours
    #[arg(long, value_enum, default_value = "auto", help_heading = "Reports")]
    pub color: When,

    /// Say nothing on standard error but problems
    #[arg(long, short, help_heading = "Reports")]
    pub quiet: bool,

    #[command(flatten)]
    pub means: MeansArgs,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    Human,
    Jsonl,
}

#[derive(Debug, Args)]
pub struct LogsGetArgs {
    #[command(flatten)]
    pub target: LogTargetArgs,

    /// The folder to write them into, readable by its owner only. Without it there must be one log,
    /// which goes to standard output
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,

    /// Say nothing on standard error but problems
    #[arg(long, short)]
    pub quiet: bool,

    #[command(flatten)]
    pub means: MeansArgs,
}

/// Exit status: 0 all logs were read and nothing found, 1 tokens found, 2 wrong usage, 3 a log could
/// not be read (and nothing was found in the rest).
#[derive(Debug, Args)]
#[command(after_long_help = "Exit status:\n  \
    0  all logs were read and nothing was found\n  \
    1  tokens were found\n  \
    2  wrong usage, or a report could not be written\n  \
    3  a log could not be read, and nothing was found in the rest")]
pub struct LogsScanArgs {
    #[command(flatten)]
    pub target: LogTargetArgs,

    /// Say of everything that looked like a token and is none why it is none
    #[arg(long)]
    pub explain: bool,

    /// Report only tokens that end so, as squelch scan --ending does. May be repeated
    #[arg(long, value_name = "CHARS")]
    pub ending: Vec<String>,

    /// Report only tokens with one of the digests in this file, as squelch scan --hashes does
    #[arg(long, value_name = "FILE")]
    pub hashes: Option<PathBuf>,

    /// Ask the services whether the tokens are alive, whose they are, and which ones
    #[arg(long)]
    pub verify: bool,

    /// Which findings make the exit status 1; live needs --verify
    #[arg(long, value_enum, default_value = "any")]
    pub fail_on: FailOn,

    /// Exit with N instead of 1 when tokens were found
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub exit_code: u8,

    /// For whom SARIF is written
    #[arg(long, value_enum, default_value = "generic")]
    pub sarif_profile: SarifProfile,

    /// Threads; as many as there are cores by default
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,

    #[command(flatten)]
    pub out: OutArgs,

    #[command(flatten)]
    pub ask: AskArgs,
}
