//! The repositories of organisations by their hosts' APIs: the real binary against doubles that page,
//! break off, lead astray, and name addresses that nobody should clone.

#[path = "../ask/canned.rs"]
mod canned;
#[path = "../double/mod.rs"]
mod double;
mod faults;
mod hostile;
mod providers;
#[allow(dead_code, reason = "these tests need a part of it")]
#[path = "../logs/stage.rs"]
mod stage;
#[allow(dead_code, reason = "these tests need a part of it")]
#[path = "../cli/support.rs"]
mod support;
mod sweep;

use double::http::{Reply, Request};
use serde_json::{Value, json};
use stage::{CREDENTIAL, base64};
use support::{Fixture, Run};

/// Runs `squelch repos` with the credential in `variable`, which then is in no output.
fn repos(fixture: &Fixture, args: &[&str], variable: &str) -> Run {
    let all = [&["repos"], args, &["--pace", "1000", "--timeout", "5"]].concat();
    let run = fixture.squelch_with(&all, b"", &[(variable, CREDENTIAL)]);
    assert_silent(&run);
    run
}

fn assert_silent(run: &Run) {
    for secret in [CREDENTIAL, &base64(CREDENTIAL), &base64(&format!(":{CREDENTIAL}"))] {
        assert!(!format!("{}{}", run.stdout, run.stderr).contains(secret), "{run:#?}");
    }
}

/// The lines of the list, without its header, and with `HOST` for the double.
fn listed(run: &Run, double: &canned::Canned) -> Vec<String> {
    let mut lines = run.stdout.lines();
    assert_eq!(lines.next(), Some("target,size,archived,fork,private,last_activity"), "{run:#?}");
    lines.map(|line| line.replace(double.url().trim_start_matches("http://"), "HOST")).collect()
}

/// Where a double is, as it was asked.
fn host(request: &Request) -> &str {
    request.header("host").expect("a host")
}

/// A page of a list, and the address of the one after, as the header `Link` names it.
fn page(rows: &[Value], next: Option<&str>) -> Reply {
    let reply = Reply::json(200, json!(rows).to_string());
    match next {
        Some(next) => {
            reply.with("Link", format!("<{next}>; rel=\"next\", <x?page=9>; rel=\"last\""))
        }
        None => reply,
    }
}
