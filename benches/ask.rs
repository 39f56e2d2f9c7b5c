//! Asking about many tokens: with one connection and with several, at no pace and at one. The
//! servers are doubles of this very program, so what is measured is squelch and this machine, not a
//! network.

#[path = "../tests/double/mod.rs"]
mod double;
mod measure;

use std::ffi::OsString;
use std::fmt::Write;
use std::fs;
use std::process::ExitCode;

use tempfile::TempDir;

use double::Double;
use double::sonar::{SonarServer, TokenKind};
use measure::args::Args;
use measure::peers::{squelch, squelch_check, words};
use measure::table::compare;
use measure::{Contender, interleave, say};

/// So many tokens at each of so many servers.
const TOKENS: usize = 200;
const SERVERS: usize = 5;

fn main() -> ExitCode {
    measure::main_of(bench)
}

fn bench() -> anyhow::Result<()> {
    let args = Args::read(5, 0, "ask", "")?;
    let folder = TempDir::new()?;
    let doubles: Vec<Double> = (0..SERVERS).map(|_| Double::start()).collect();
    let mut endpoints = Vec::new();
    for (at, double) in doubles.iter().enumerate() {
        let mut server = SonarServer::new("2026.1", true);
        let mut text = format!("sonar.host.url={}\n", double.url());
        for number in 0..TOKENS {
            // A user of its own each: an owner's list is read for each of their tokens.
            let login = format!("user{number}");
            server.add_user(&login, &["scan"]);
            let token = server.add_token(&login, "ci", TokenKind::User).value.clone();
            writeln!(text, "sonar.token={token}")?;
        }
        double.sonar("", server);
        // One file a server, close enough together for each token to have its server nearby.
        fs::write(folder.path().join(format!("{at}.properties")), spread(&text, &double.url()))?;
        endpoints.push(format!("sonarqube-server={}", double.url()));
    }
    say(&format!("{} tokens at {SERVERS} servers\n", TOKENS * SERVERS));
    let scan = |more: &[&str]| -> Vec<OsString> {
        let flags = ["scan", "--no-history", "--fail-on", "never", "--format", "jsonl", "--quiet"];
        let mut command = words(squelch(), &flags);
        command.extend(more.iter().map(OsString::from));
        command.push(folder.path().into());
        command
    };
    let ask = |connections: &str, pace: &str| {
        let mut flags = vec!["--verify", "--connections", connections, "--pace", pace];
        for endpoint in &endpoints {
            flags.extend(["--endpoint", endpoint]);
        }
        scan(&flags)
    };
    let contender =
        |name: &str, command| Contender::new(name, command, args.rounds, squelch_check());
    let mut all = vec![
        contender("scan only", scan(&[])),
        contender("1 connection", ask("1", "1000")),
        contender("8 connections", ask("8", "1000")),
        contender("8, 100 a second", ask("8", "100")),
    ];
    interleave(&mut all)?;
    compare(&all, "1 connection", "8 connections");
    Ok(())
}

/// The server's address every few lines: what stands beside a token says which server it is for.
fn spread(text: &str, url: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let host = format!("\nsonar.host.url={url}\n");
    lines.chunks(10).map(|lines| lines.join("\n")).collect::<Vec<_>>().join(&host)
}
