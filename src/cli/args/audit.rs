//! The shape of `squelch audit`.
#![expect(clippy::doc_markdown, rustdoc::bare_urls, reason = "these comments are printed as help")]

use std::path::PathBuf;

use clap::Args;

use super::{MeansArgs, When};
use crate::audit::gate::Proxy;
use crate::report::Format;

/// Exit status: 0 nothing is open that should be closed, 1 something is, 2 wrong usage, 3 it could
/// not be told (and nothing open was seen).
#[derive(Debug, Args)]
#[command(after_long_help = "Exit status:\n  \
    0  nothing is open that should be closed\n  \
    1  something is open\n  \
    2  wrong usage, or a report could not be written\n  \
    3  an answer proved nothing, and nothing open was seen in the others")]
pub struct AuditArgs {
    /// The server's address, with the path below which it lives: https://ci.example.com/sonar
    #[arg(value_name = "URL")]
    pub url: String,

    /// What the server is, so that only this is asked: sonarqube-server or jenkins
    #[arg(long, value_name = "ID")]
    pub service: Option<String>,

    /// Say what would be asked, and ask nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Also look whether source code is shown: the first line of one file is transferred, and
    /// neither kept nor shown
    #[arg(long)]
    pub read_source: bool,

    /// Print the configuration of a reverse proxy that lets only what has to be open through to this
    /// server, and look at nothing but its version; with --service at nothing at all
    #[arg(long, value_enum, value_name = "PROXY", conflicts_with_all = ["dry_run", "read_source", "output"])]
    pub snippet: Option<Proxy>,

    /// What to write to standard output
    #[arg(long, short, value_enum, default_value = "human", help_heading = "Reports")]
    pub format: Format,

    /// Also write a report to a file: sarif=audit.sarif. May be repeated
    #[arg(long, short, value_name = "FORMAT=PATH", value_parser = crate::cli::settings::output, help_heading = "Reports")]
    pub output: Vec<(Format, PathBuf)>,

    /// Rule files of your own, besides the built-in ones
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub rules: Vec<PathBuf>,

    /// Colours on standard output
    #[arg(long, value_enum, default_value = "auto", help_heading = "Reports")]
    pub color: When,

    /// Say nothing on standard error but errors
    #[arg(long, short, help_heading = "Reports")]
    pub quiet: bool,

    #[command(flatten)]
    pub means: MeansArgs,
}
