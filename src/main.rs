//! Parses, runs, exits. Everything else is in the library.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = squelch::cli::args::Cli::parse();
    match squelch::cli::run(&cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the one place that reports an error")]
            {
                eprintln!("squelch: {error:#}");
            }
            ExitCode::from(2)
        }
    }
}
