//! Where tokens are used by name: a fixture for each system, written as its documents show it, read by
//! the real binary.

mod builds;
mod pipelines;
#[allow(dead_code, reason = "these tests need a part of it")]
#[path = "../cli/support.rs"]
mod support;
mod whole;

use serde_json::Value;
use support::{Fixture, Run};

/// Maps a fixture, and expects JSON Lines and a clean end.
fn map(fixture: &Fixture, args: &[&str]) -> Run {
    let run = fixture.squelch(&[&["usage", "-f", "jsonl"], args].concat());
    assert_eq!(run.code, Some(0), "{run:#?}");
    run
}

/// The usages of one file in short: `scope name (within) line job › step, call as variable !implicit
/// @server #project`.
fn short(run: &Run) -> Vec<String> {
    let mut all = run.lines("usage");
    all.sort_by_key(|it| (it["path"].to_string(), it["line"].as_u64()));
    all.iter().map(one).collect()
}

fn one(it: &Value) -> String {
    let text = |key: &str| it[key].as_str().unwrap_or_default().to_owned();
    let mut line = format!("{} {}", text("scope"), text("name"));
    let mut add = |before: &str, key: &str, after: &str| {
        if let Some(value) = it[key].as_str().filter(|value| !value.is_empty()) {
            line.extend([before, value, after]);
        }
    };
    add(" (", "within", ")");
    add(" job=", "job", "");
    add(" step=", "step", "");
    add(" call=", "call", "");
    add(" as=", "variable", "");
    add(" @", "server", "");
    add(" #", "project", "");
    let flag = |key: &str| if it[key] == true { format!(" !{key}") } else { String::new() };
    format!("{}:{} {line}{}{}", text("path"), it["line"], flag("implicit"), flag("stores"))
}

/// What one file, and nothing else, says.
fn of(path: &str, content: &str) -> Vec<String> {
    let fixture = Fixture::repository();
    fixture.write(path, content);
    short(&map(&fixture, &[]))
}
