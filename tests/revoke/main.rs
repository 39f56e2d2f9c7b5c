//! Revoking, as its users meet it: the real binary against doubles of the services, with everything
//! that can go wrong between the plan and the proof.

#[allow(dead_code, reason = "these tests need a part of it")]
#[path = "../ask/canned.rs"]
mod canned;
mod commands;
#[path = "../double/mod.rs"]
mod double;
#[path = "../cli/exports.rs"]
mod exports;
mod itself;
mod jenkins;
mod rest;
mod sonar;
#[allow(dead_code, reason = "these tests need a part of it")]
#[path = "../ask/stage.rs"]
mod stage;
#[allow(dead_code, reason = "these tests need a part of it")]
#[path = "../cli/support.rs"]
mod support;

use serde_json::Value;

use double::{Double, Heard};
use stage::Stage;
use support::Run;

/// What was sent that changes something.
fn posted(double: &Double) -> Vec<Heard> {
    let heard = double.heard();
    for it in &heard {
        assert!(!it.target.contains("enerate"), "nobody makes a token: {}", it.target);
    }
    heard.into_iter().filter(|it| it.method != "GET").collect()
}

/// The bodies of what was sent, as text.
fn forms(double: &Double) -> Vec<String> {
    let form = |it: Heard| String::from_utf8_lossy(&it.body).into_owned();
    posted(double).into_iter().map(form).collect()
}

/// Scans the stage into a report, and says that it is `findings.jsonl`.
fn report(stage: &Stage) -> &'static str {
    let scan = ["scan", "--no-history", "-q", "-o", "jsonl=findings.jsonl"];
    let run = stage.fixture.squelch(&scan);
    assert_eq!(run.code, Some(1), "{run:#?}");
    "findings.jsonl"
}

/// Runs squelch without naming any server.
fn offline(stage: &Stage, args: &[&str], stdin: &[u8]) -> Run {
    let run = stage.fixture.squelch_with(args, stdin, &[]);
    stage.assert_clean(&format!("output of {args:?}"), &format!("{run:?}"));
    run
}

/// Runs `squelch revoke` with the named servers, and expects JSON Lines.
fn revoke(stage: &Stage, args: &[&str], env: &[(&str, &str)]) -> Done {
    let args = [&["revoke", "-f", "jsonl", "--pace", "1000"], args].concat();
    let run = stage.with_env(&args, b"", env);
    Done { code: run.code, findings: run.lines("finding"), stderr: run.stderr }
}

/// What came of a run.
#[derive(Debug)]
struct Done {
    code: Option<i32>,
    findings: Vec<Value>,
    stderr: String,
}

impl Done {
    fn of(&self, token: &str) -> &Value {
        let print = stage::fingerprint(token);
        let found = self.findings.iter().find(|it| it["fingerprint"] == print.as_str());
        found.unwrap_or_else(|| panic!("a token that is not there: {self:#?}"))
    }

    fn outcome(&self, token: &str) -> &str {
        self.of(token)["revocation"]["outcome"].as_str().unwrap_or("none")
    }

    fn why(&self, token: &str) -> &str {
        self.of(token)["revocation"]["why"].as_str().unwrap_or_default()
    }
}
