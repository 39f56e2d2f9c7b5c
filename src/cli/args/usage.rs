//! `squelch usage`.

use std::path::PathBuf;

use clap::Args;

use super::When;
use crate::report::UsageFormat;

/// Exit status: 0 everything was read, 2 wrong usage, 3 something could not be read. What is found
/// never makes it 1: a map is no check.
#[derive(Debug, Args)]
pub struct UsageArgs {
    /// Directory of a repository, or of many
    #[arg(value_name = "TARGET", default_value = ".")]
    pub targets: Vec<PathBuf>,

    /// Only secrets, variables, credentials or connections of this name. May be repeated
    #[arg(long, value_name = "NAME")]
    pub name: Vec<String>,

    /// Only tokens of this service: sonarqube-server, sonarqube-cloud, jenkins, …
    #[arg(long, value_name = "ID")]
    pub service: Option<String>,

    /// A JENKINS_HOME: its servers say which credential they use, its jobs are read, too
    #[arg(long, value_name = "DIR")]
    pub jenkins_home: Vec<PathBuf>,

    /// What to write to standard output
    #[arg(long, short, value_enum, default_value = "human")]
    pub format: UsageFormat,

    /// Also write the map to a file: dot=usage.dot. May be repeated
    #[arg(long, short, value_name = "FORMAT=PATH", value_parser = crate::cli::usage::output)]
    pub output: Vec<(UsageFormat, PathBuf)>,

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
