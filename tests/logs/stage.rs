//! A run of `squelch logs` against a double, with a credential that must be nowhere.

use crate::canned::Canned;
use crate::double::http::{Reply, Request};
use crate::support::{Fixture, Run};

/// What the user's variable holds. No rule knows it, so nothing but care keeps it back.
pub(crate) const CREDENTIAL: &str = "ada:crd-3f9c-not-for-others";

/// Runs a subcommand on a target of a double, with the credential in `variable`.
pub(crate) fn run(fixture: &Fixture, args: &[&str], variable: &str) -> Run {
    let all = [&["logs"], args, &["--pace", "1000", "--timeout", "5", "--allow-http"]].concat();
    let run = fixture.squelch_with(&all, b"", &[(variable, CREDENTIAL)]);
    for secret in [CREDENTIAL, &base64(CREDENTIAL), &base64(&format!(":{CREDENTIAL}"))] {
        assert!(!format!("{}{}", run.stdout, run.stderr).contains(secret), "{run:#?}");
    }
    run
}

/// Scans, and returns the run with JSON Lines.
pub(crate) fn scan(fixture: &Fixture, target: &str, more: &[&str], variable: &str) -> Run {
    run(fixture, &[&["scan", target, "--format", "jsonl"], more].concat(), variable)
}

pub(crate) fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// The requests of a double, one a line: verb, path, parameters.
pub(crate) fn asked(double: &Canned) -> Vec<String> {
    let line = |request: &Request| {
        let params: Vec<String> =
            request.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let query =
            if params.is_empty() { String::new() } else { format!("?{}", params.join("&")) };
        format!("{} {}{query}", request.method, request.path)
    };
    double.heard().iter().map(line).collect()
}

/// That no request to this double carried the credential, or any other.
pub(crate) fn assert_bare(double: &Canned) {
    for request in double.heard() {
        let named = ["authorization", "private-token", "circle-token", "cookie", "x-gate"];
        let has = |name: &&str| request.header(name).is_some();
        assert_eq!(named.iter().find(|name| has(name)), None, "{request:#?}");
        let all = format!("{request:?}");
        assert!(!all.contains(CREDENTIAL) && !all.contains(&base64(CREDENTIAL)), "{all}");
    }
}

/// A log as GitHub's runner writes it, with a token in its second step.
pub(crate) fn github_log(token: &str) -> String {
    let stamp = "2025-07-04T14:32:11.0000000Z ";
    format!(
        "\u{feff}{stamp}Current runner version: '2.323.0'\n{stamp}##[group]Run make\n\
         {stamp}##[endgroup]\n{stamp}##[group]Run sonar-scanner -X\n{stamp}##[endgroup]\n\
         {stamp}token={token}\n"
    )
}

pub(crate) fn not_found() -> Reply {
    Reply::json(404, r#"{"message":"Not Found"}"#)
}

/// The code, the place and the hint of each problem.
pub(crate) fn problems(run: &Run) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    run.lines("problem").iter().map(|it| (text(&it["code"]), text(&it["place"]))).collect()
}
