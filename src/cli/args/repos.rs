//! `squelch repos` as it is typed, and what sweeps take of it.
#![expect(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are printed as help")]

use clap::{Args, ValueEnum};

use super::MeansArgs;
use crate::forge::CloneBy;

/// Which repositories of organisations, and how git reaches them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Repositories of organisations")]
pub struct OrgArgs {
    /// Leave out forks, where the host says which those are
    #[arg(long)]
    pub skip_forks: bool,

    /// Leave out archived repositories, where the host says which those are
    #[arg(long)]
    pub skip_archived: bool,

    /// Which addresses git gets. Its credentials are its own: tokens for APIs are not passed on
    #[arg(long, value_enum, value_name = "HOW", default_value = "https")]
    pub clone_by: CloneBy,
}

/// Exit status: 0 everything was listed, 2 wrong usage, 3 a list is not whole.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Sweeps in several parts read one list, so that each part knows the same \
    targets and their sizes:\n  \
    squelch repos https://github.com/acme > acme.csv\n  \
    squelch sweep acme.csv --out sweep --shard 1/8\n\n\
    Exit status:\n  \
    0  everything was listed\n  \
    2  wrong usage\n  \
    3  a list is not whole, or a repository of it cannot be cloned"
)]
pub struct ReposArgs {
    /// An organisation or user of GitHub, a group or user of GitLab, a workspace of Bitbucket, an
    /// organization or project of Azure DevOps, an organisation or user of Gitea or Forgejo:
    /// https://github.com/acme. Before the address of a server of your own stands what serves it:
    /// gitlab+https://git.example.com/acme, or github+, bitbucket+, azure-devops+, gitea+, forgejo+
    #[arg(value_name = "URL", required = true)]
    pub urls: Vec<String>,

    /// What to write to standard output
    #[arg(long, short, value_enum, default_value = "csv")]
    pub format: ReposFormat,

    /// The variable of the environment that holds the token for the API (Bitbucket: USER:TOKEN). By
    /// default the usual one: GITHUB_TOKEN, GITLAB_TOKEN, BITBUCKET_TOKEN, AZURE_DEVOPS_EXT_PAT,
    /// GITEA_TOKEN
    #[arg(long, value_name = "NAME")]
    pub token_env: Option<String>,

    /// Seconds that a server may make the run wait altogether, when it asks for that
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub max_wait: u64,

    /// Say nothing on standard error but problems
    #[arg(long, short)]
    pub quiet: bool,

    #[command(flatten)]
    pub organisations: OrgArgs,

    #[command(flatten)]
    pub means: MeansArgs,
}

/// How the list is written. `squelch sweep` reads both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReposFormat {
    Csv,
    Json,
}
