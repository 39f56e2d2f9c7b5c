//! The command line as it is typed: shapes and help texts, no logic.
#![expect(
    clippy::doc_markdown,
    rustdoc::bare_urls,
    reason = "these comments are printed as help, backticks and all"
)]

pub mod audit;
pub mod baseline;
#[cfg(feature = "fleet")]
pub mod fleet;
pub mod logs;
pub mod repos;
mod revoke;
mod sweep;
mod usage;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use self::revoke::RevokeArgs;
pub use self::sweep::SweepArgs;
pub use self::usage::UsageArgs;
use super::exit::FailOn;
use crate::report::{Format, SarifProfile};

/// Finds leaked analysis tokens (SonarQube, Jenkins, CircleCI, …) and says how to silence them
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look for tokens in directories, repositories with all their history, and files
    Scan(ScanArgs),
    /// Read many repositories, folders and logs, over hours or days, and go on where it was ended
    Sweep(Box<SweepArgs>),
    /// Print which repositories organisations have at their git hosts: a list for sweeps
    Repos(Box<repos::ReposArgs>),
    /// Sweep with many machines, over a NATS server that hands out the targets
    #[cfg(feature = "fleet")]
    Fleet(Box<fleet::FleetArgs>),
    /// Ask a service about one token on standard input, or about all tokens of a report
    Verify(VerifyArgs),
    /// Say whose each token is and which one, by data that administrators have
    Trace(TraceArgs),
    /// Map where tokens are used by name: what breaks when one goes
    Usage(UsageArgs),
    /// Plan how to revoke tokens without breaking what uses them; with --yes, do it and prove it
    Revoke(Box<RevokeArgs>),
    /// Say what a SonarQube or Jenkins server shows to anyone who has its address
    Audit(audit::AuditArgs),
    /// Keep a file of tokens that are known, so that scans leave them out
    Baseline(baseline::BaselineArgs),
    /// List, download and scan the logs that CI systems keep, by their APIs
    Logs(logs::LogsArgs),
    /// Show a report of squelch on screen, or make a page of it for a browser
    Report(ReportArgs),
    /// List, show and test rules
    Rules(RulesArgs),
    /// Print a completion script for a shell
    Completions { shell: clap_complete::Shell },
    /// Print the manual page
    Man,
}

/// Exit status: 0 everything was read and nothing found, 1 tokens found, 2 wrong usage,
/// 3 something could not be read (and nothing was found in the rest).
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is one flag of the command line")]
#[command(after_long_help = "Exit status:\n  \
    0  everything in scope was read and nothing was found\n  \
    1  tokens were found\n  \
    2  wrong usage, or a report could not be written\n  \
    3  something in scope could not be read, and nothing was found in the rest")]
pub struct ScanArgs {
    /// Directory, repository or file; "-" is standard input
    #[arg(value_name = "TARGET", default_value = ".")]
    pub targets: Vec<PathBuf>,

    /// Read only what the index has and HEAD has not: for a pre-commit hook
    #[arg(long, conflicts_with_all = ["range", "since", "no_history"])]
    pub staged: bool,

    /// Read only what the commits of A..B bring in
    #[arg(long, value_name = "A..B", conflicts_with_all = ["since", "no_history"])]
    pub range: Option<String>,

    /// Read only what commits since DATE bring in: 2026-01-31, a full time, or "2 weeks"
    #[arg(long, value_name = "DATE", conflicts_with = "no_history")]
    pub since: Option<String>,

    /// Read files only: no git objects, refs or reflogs
    #[arg(long)]
    pub no_history: bool,

    /// Read untracked files even where an ignore file names them
    #[arg(long)]
    pub no_ignore: bool,

    /// Take every text for a CI log, also where nothing in it says that it is one
    #[arg(long)]
    pub logs: bool,

    /// Read bytes only as they are: no logs, encodings or archives
    #[arg(long, conflicts_with = "logs")]
    pub raw: bool,

    /// Say of everything that looked like a token and is none why it is none
    #[arg(long)]
    pub explain: bool,

    /// Report only tokens that end so: 67b8, as a masked list shows it. They are also found where
    /// nothing around says what they are, and where they are partly masked. May be repeated
    #[arg(long, value_name = "CHARS")]
    pub ending: Vec<String>,

    /// Report only tokens with one of the digests in this file, a line each: SHA-256, or as a
    /// service keeps them. They are also found where nothing around says what they are
    #[arg(long, value_name = "FILE")]
    pub hashes: Option<PathBuf>,

    /// Leave out the tokens that this file has: a baseline of squelch, a .gitleaksignore, a JSON
    /// report of gitleaks, or a .secrets.baseline. They are counted. May be repeated
    #[arg(long, value_name = "FILE")]
    pub baseline: Vec<PathBuf>,

    /// Leave out tokens beside a comment: squelch:allow, gitleaks:allow, betterleaks:allow, or
    /// "pragma: allowlist secret". They are counted
    #[arg(long)]
    pub allow_inline: bool,

    /// Ask the services whether the tokens are alive, whose they are, and which ones
    #[arg(long, conflicts_with = "staged")]
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

    /// Remember which git objects hold nothing, in this file or in the user's cache folder: the next
    /// scan reads only what is new. It holds no token
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true,
        conflicts_with_all = ["staged", "range", "since", "no_history", "explain", "ending", "hashes"])]
    pub store: Option<Option<PathBuf>>,

    /// Threads; as many as there are cores by default
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,

    #[command(flatten)]
    pub out: OutArgs,

    #[command(flatten)]
    pub ask: AskArgs,
}

/// Where a report goes, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reports")]
pub struct OutArgs {
    /// What to write to standard output
    #[arg(long, short, value_enum, default_value = "human")]
    pub format: Format,

    /// Also write a report to a file: sarif=squelch.sarif. May be repeated
    #[arg(long, short, value_name = "FORMAT=PATH", value_parser = super::settings::output)]
    pub output: Vec<(Format, PathBuf)>,

    /// Rule files of your own, besides the built-in ones
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,

    /// Colours on standard output
    #[arg(long, value_enum, default_value = "auto")]
    pub color: When,

    /// Say nothing on standard error but problems
    #[arg(long, short)]
    pub quiet: bool,
}

/// How services are asked.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Asking services")]
pub struct AskArgs {
    /// A server that may be asked: sonarqube-server=https://sonar.example.com/sonar. May be
    /// repeated; for a service that has hosts of its own it stands for those
    #[arg(long, value_name = "SERVICE=URL")]
    pub endpoint: Vec<String>,

    /// Say what would be asked, of whom, how often, and ask nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Wait, up to an hour, until tokens of one owner that look alike can be told apart
    #[arg(long)]
    pub wait: bool,

    /// Connections at once, to all servers together
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub connections: u16,

    #[command(flatten)]
    pub means: MeansArgs,
}

/// How any server is reached, whatever it is asked.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Reaching servers")]
pub struct MeansArgs {
    /// A header for the servers of a service that you named, such as a reverse proxy wants:
    /// 'sonarqube-server=X-Gate: ${GATE_KEY}'. ${NAME} is read from the environment
    #[arg(long, value_name = "SERVICE=NAME: VALUE")]
    pub header: Vec<String>,

    #[command(flatten)]
    pub tls: TlsArgs,

    /// Seconds that one request may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=600))]
    pub timeout: u16,

    /// Requests a second to one server
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub pace: u16,

    /// Allow servers that are reached over http, where everybody on the way reads the token
    #[arg(long)]
    pub allow_http: bool,
}

/// Whom we trust by TLS, and as whom we show ourselves.
#[derive(Debug, Default, Args)]
pub struct TlsArgs {
    /// Trust these certificate authorities (PEM) instead of the system's
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,

    /// Show this client certificate (PEM), with --client-key
    #[arg(long, value_name = "FILE", requires = "client_key")]
    pub client_cert: Option<PathBuf>,

    /// The key of the client certificate (PEM, no passphrase)
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    pub client_key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// A JSON Lines report of squelch: its places are read again. Without it, one token is read
    /// from standard input
    #[arg(value_name = "REPORT.jsonl")]
    pub report: Option<PathBuf>,

    #[command(flatten)]
    pub token: TokenArgs,

    #[command(flatten)]
    pub out: OutArgs,

    #[command(flatten)]
    pub ask: AskArgs,
}

/// What is known of a token on standard input.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// Which kind of token standard input holds, where its form does not say: see squelch rules list
    #[arg(long, value_name = "ID")]
    pub rule: Option<String>,

    /// Whose token it is, for services that want to know (Jenkins)
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
}

#[derive(Debug, Args)]
pub struct TraceArgs {
    /// Directory, repository or file to look for tokens in; "." without it and without --report
    #[arg(value_name = "TARGET", conflicts_with = "report")]
    pub targets: Vec<PathBuf>,

    /// Take the tokens from a JSON Lines report of squelch; its places are not read again, unless
    /// with --verify
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// Ask the services as well whether the tokens are alive, and whose they are
    #[arg(long)]
    pub verify: bool,

    #[command(flatten)]
    pub sources: SourceArgs,

    #[command(flatten)]
    pub out: OutArgs,

    #[command(flatten)]
    pub ask: AskArgs,
}

/// What administrators have. Each may be repeated.
#[derive(Debug, Args)]
#[command(next_help_heading = "Data of administrators")]
pub struct SourceArgs {
    /// A JENKINS_HOME, its users folder, a copy of one, or one user's config.xml
    #[arg(long, value_name = "DIR")]
    pub jenkins_home: Vec<String>,

    /// SonarQube's table user_tokens: an export (CSV, JSON), or the postgres:// URL of its database,
    /// which is only read; the password from $PGPASSWORD
    #[arg(long, value_name = "FILE|URL")]
    pub sonar_tokens: Vec<String>,

    /// What CircleCI's Env-Inspector wrote: circleci-data.json
    #[arg(long, value_name = "FILE")]
    pub env_inspector: Vec<String>,

    /// A list of variables with the last characters of their values: NAME=xxxx67b8, a line each
    #[arg(long, value_name = "FILE")]
    pub endings: Vec<String>,

    /// A list of digests, a line each, and behind each what it is of
    #[arg(long, value_name = "FILE")]
    pub hashes: Vec<String>,

    /// Repositories, or folders of them: where tokens are used by name in the files of CI systems
    #[arg(long, value_name = "DIR")]
    pub usage: Vec<PathBuf>,

    /// A state file of Terraform that has variables of CircleCI
    #[arg(long, value_name = "FILE")]
    pub terraform_state: Vec<String>,
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Reports that squelch wrote: JSON Lines, of which any other form is made, or one in SARIF, which
    /// is shown on screen. Several are put together; a folder is that of a sweep. `merge` before
    /// them says the same
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    #[command(flatten)]
    pub out: OutArgs,
}

#[derive(Debug, Args)]
pub struct RulesArgs {
    #[command(subcommand)]
    pub command: RulesCommand,
}

#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List all rules, one a line
    List {
        /// Rule files of your own, besides the built-in ones
        #[arg(long, value_name = "FILE")]
        rules: Vec<PathBuf>,
    },
    /// Show all that a rule says: what it finds, why it matters, how to revoke it
    Show {
        id: String,
        /// Rule files of your own, besides the built-in ones
        #[arg(long, value_name = "FILE")]
        rules: Vec<PathBuf>,
    },
    /// Try the examples and counter-examples of rules, and mutations of them
    Test {
        /// Rule files of your own; the built-in ones without any
        files: Vec<PathBuf>,
    },
}

/// When to do something that only suits a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    Auto,
    Always,
    Never,
}
