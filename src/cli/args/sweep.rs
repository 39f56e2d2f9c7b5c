//! `squelch sweep` as it is typed.

use std::path::PathBuf;

use clap::Args;

use super::logs::SystemsArgs;
use super::repos::OrgArgs;
use super::{AskArgs, OutArgs};
use crate::cli::exit::FailOn;
use crate::report::SarifProfile;
use crate::sweep::status::Telling;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is one flag of the command line")]
pub struct SweepArgs {
    /// Lists of what to read (text, CSV or JSON: paths and addresses of repositories, folders, logs),
    /// folders of clones, or organisations: org:https://github.com/acme, which may stand in a list, too.
    /// See squelch repos for hosts and for servers of your own
    #[arg(value_name = "LIST", required = true)]
    pub lists: Vec<PathBuf>,

    /// Where results are kept, a file a target: a sweep that was ended goes on from there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,

    /// Read only this part of the targets, as 2/8; auto: the part that Kubernetes, Slurm, GitLab,
    /// CircleCI or Buildkite say
    #[arg(long, value_name = "I/N", default_value = "1/1")]
    pub shard: String,

    /// Remember here which git objects hold nothing; in --out by default
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,

    /// Keep the clones of remote repositories in --out, for the next round
    #[arg(long)]
    pub keep_clones: bool,

    /// Seconds that one clone may take
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    pub clone_timeout: u64,

    /// Read files only: no git objects, refs or reflogs
    #[arg(long)]
    pub no_history: bool,

    /// Take every text for a CI log
    #[arg(long)]
    pub logs: bool,

    /// Ask the services whether the tokens are alive, whose they are, and which ones
    #[arg(long)]
    pub verify: bool,

    /// Which findings make the exit status 1; live needs --verify
    #[arg(long, value_enum, default_value = "any")]
    pub fail_on: FailOn,

    /// How to say on standard error that a target is done
    #[arg(long, value_enum, default_value = "text")]
    pub log_format: Telling,

    /// Write counts and durations here, for Prometheus' text collector
    #[arg(long, value_name = "FILE")]
    pub metrics: Option<PathBuf>,

    /// For whom SARIF is written
    #[arg(long, value_enum, default_value = "generic")]
    pub sarif_profile: SarifProfile,

    /// Threads; as many as there are cores by default
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,

    #[command(flatten)]
    pub organisations: OrgArgs,

    #[command(flatten)]
    pub report: OutArgs,

    #[command(flatten)]
    pub systems: SystemsArgs,

    #[command(flatten)]
    pub ask: AskArgs,
}
