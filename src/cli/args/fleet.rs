//! `squelch fleet` as it is typed.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::logs::SystemsArgs;
use super::repos::OrgArgs;
use super::{AskArgs, OutArgs};
use crate::cli::exit::FailOn;
use crate::fleet::Name;
use crate::report::SarifProfile;
use crate::sweep::status::Telling;

#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct FleetArgs {
    #[command(subcommand)]
    pub command: FleetCommand,
}

#[derive(Debug, Subcommand)]
pub enum FleetCommand {
    /// Make a job of each target of the lists; what was submitted before is not submitted again
    Submit(SubmitArgs),
    /// Read one target after the other, until there is nothing left or it is told to stop
    Worker(WorkerArgs),
    /// Say how many jobs are done
    Status(StatusArgs),
    /// Fetch all results, and report what they come to
    Collect(CollectArgs),
}

/// The server.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reaching the server")]
pub struct ServerArgs {
    /// A NATS server (2.10 or later, with JetStream): tls://nats.example.com. Repeated for the
    /// servers of one cluster. A user and a password come from $SQUELCH_NATS_USER and
    /// $SQUELCH_NATS_PASSWORD
    #[arg(long, value_name = "URL", required = true)]
    pub nats: Vec<String>,

    /// Be who this file of NATS credentials says (JWT and NKEY)
    #[arg(long, value_name = "FILE")]
    pub creds: Option<PathBuf>,

    /// Trust these certificate authorities (PEM) of the server instead of the system's
    #[arg(long, value_name = "FILE")]
    pub nats_ca: Option<PathBuf>,

    /// Show the server this client certificate (PEM), with --nats-key
    #[arg(long, value_name = "FILE", requires = "nats_key")]
    pub nats_cert: Option<PathBuf>,

    /// The key of the client certificate (PEM, no passphrase)
    #[arg(long, value_name = "FILE", requires = "nats_cert")]
    pub nats_key: Option<PathBuf>,

    /// Allow a server on another machine without TLS, where everybody on the way reads along
    #[arg(long)]
    pub allow_plain: bool,

    /// The name of the sweep: letters, digits, - and _
    #[arg(long, value_name = "NAME")]
    pub sweep: Name,
}

/// What is looked for: the same for whoever submits and for all workers.
#[derive(Debug, Args)]
pub struct LookArgs {
    /// Read files only: no git objects, refs or reflogs
    #[arg(long)]
    pub no_history: bool,

    /// Take every text for a CI log
    #[arg(long)]
    pub logs: bool,

    /// Ask the services whether the tokens are alive, whose they are, and which ones: the workers do
    #[arg(long)]
    pub verify: bool,

    /// Rule files of your own, besides the built-in ones
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct SubmitArgs {
    /// Lists of what to read, as squelch sweep has them. Workers read a path as it stands there.
    /// Organisations (org:URL) are asked for now; see squelch repos
    #[arg(value_name = "LIST", required = true)]
    pub lists: Vec<PathBuf>,

    #[command(flatten)]
    pub look: LookArgs,

    #[command(flatten)]
    pub organisations: OrgArgs,

    /// Seconds that a worker may be silent before its job is given to another one
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(3..=3600))]
    pub silence: u16,

    /// On how many servers of a cluster everything is kept
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=5))]
    pub replicas: u8,

    /// Say nothing on standard error but problems
    #[arg(long, short)]
    pub quiet: bool,

    #[command(flatten)]
    pub server: ServerArgs,
}

/// Exit status: 0 nothing is left, or it was told to stop, 2 wrong usage, or no server,
/// 3 it was told to stop before nothing was left, with --until-empty.
#[derive(Debug, Args)]
#[command(after_long_help = "Exit status:\n  \
    0  nothing is left to do; without --until-empty: it was told to stop\n  \
    2  wrong usage, or the server is gone\n  \
    3  with --until-empty: it was told to stop before nothing was left")]
pub struct WorkerArgs {
    #[command(flatten)]
    pub look: LookArgs,

    /// End when all jobs are done
    #[arg(long)]
    pub until_empty: bool,

    /// Remember here which git objects hold nothing; as long as the worker lives by default
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,

    /// Where clones are made, in a folder of their own (a worker that is killed leaves it); in the
    /// system's temporary folder by default
    #[arg(long, value_name = "DIR")]
    pub work: Option<PathBuf>,

    /// Seconds that one clone may take
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    pub clone_timeout: u64,

    /// Threads; as many as there are cores by default
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,

    /// How to say on standard error that a target is done
    #[arg(long, value_enum, default_value = "text")]
    pub log_format: Telling,

    /// Say nothing on standard error but problems
    #[arg(long, short)]
    pub quiet: bool,

    #[command(flatten)]
    pub server: ServerArgs,

    #[command(flatten)]
    pub systems: SystemsArgs,

    #[command(flatten)]
    pub ask: AskArgs,
}

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// How to say it
    #[arg(long, short, value_enum, default_value = "text")]
    pub format: StatusFormat,

    #[command(flatten)]
    pub server: ServerArgs,
}

/// A form of the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    Text,
    Json,
}

/// Exit status as of squelch scan: 3 also where a job has no result and nothing was found in the
/// others.
#[derive(Debug, Args)]
#[command(after_long_help = "Exit status:\n  \
    0  all targets were read and nothing was found\n  \
    1  tokens were found\n  \
    2  wrong usage, or a report could not be written\n  \
    3  a target was not read, or not in full, and nothing was found in the rest")]
pub struct CollectArgs {
    /// Where results are kept, a file a target, as squelch sweep does
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,

    /// Which findings make the exit status 1
    #[arg(long, value_enum, default_value = "any")]
    pub fail_on: FailOn,

    /// For whom SARIF is written
    #[arg(long, value_enum, default_value = "generic")]
    pub sarif_profile: SarifProfile,

    #[command(flatten)]
    pub report: OutArgs,

    #[command(flatten)]
    pub server: ServerArgs,
}
