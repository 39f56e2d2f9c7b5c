//! Jobs that name the logs of a CI system: a worker asks hosts that its operator named, and no job
//! has its credentials sent to any other.

use std::fs;

use crate::canned::Canned;
use crate::double::http::Reply;
use crate::logs_stage::{CREDENTIAL, base64, not_found};
use crate::server::Server;
use crate::support::{Fixture, Run};
use crate::{files, fleet, holds, squelch, stage};

const BUILDS: &str = r#"{"allBuilds":[{"number":1,"timestamp":1750000000000,"result":"SUCCESS","building":false,"url":"http://inner/job/shop/1/"}]}"#;

/// A Jenkins with one build, in whose log a token stands.
fn jenkins(token: &str) -> Canned {
    let text = format!("+ sonar-scanner -Dsonar.token={token}\nFinished: SUCCESS\n");
    Canned::start(move |request| match request.path.as_str() {
        "/job/shop/api/json" => Reply::json(200, BUILDS),
        "/job/shop/1/consoleText" => Reply::text(200, text.clone()),
        _ => not_found(),
    })
}

/// A worker with a credential for each of two systems.
fn worker(f: &Fixture, server: &Server, args: &[&str]) -> Run {
    let url = server.url();
    let all = ["fleet", "worker", "--until-empty", "--nats", &url, "--sweep", "all"];
    let env = [("JENKINS_TOKEN", CREDENTIAL), ("GITLAB_TOKEN", CREDENTIAL)];
    f.squelch_with(&[&all[..], args].concat(), b"", &env)
}

#[test]
fn a_worker_asks_hosts_that_it_may_and_no_others() {
    let f = stage();
    f.write("server/nats-server.conf", "jetstream { store_dir: \"jetstream\" }\n");
    let Some(server) = Server::start(&f.path("server")) else { return };
    let (token, kept) = (f.token(), f.token());
    let (may, may_not) = (jenkins(&token), jenkins(&kept));
    let (named, other) = (may.url(), may_not.url());
    f.write(
        "list.txt",
        format!(
            "logs:{named}/job/shop/\nlogs:{named}/acme/shop/-/jobs/1\nlogs:{other}/job/shop/\n\
             logs:{other}/acme/shop/-/jobs/1\nlogs:{other}/acme/shop\nlogs:https://{}/a/b\n",
            other.trim_start_matches("http://")
        ),
    );
    assert_eq!(fleet(&f, &server, &["submit", "list.txt"]).code, Some(0));
    let leave = format!("jenkins={named}");
    let run = worker(&f, &server, &["--logs-host", &leave, "--pace", "1000"]);
    assert_eq!(run.code, Some(0), "{run:#?}");

    let collected = fleet(&f, &server, &["collect", "--out", "out", "--format", "jsonl"]);
    assert_eq!(collected.code, Some(1), "{collected:#?}");
    assert_eq!(collected.place(&token)["provider"], "Jenkins", "{collected:#?}");
    assert_eq!(collected.lines("finding").len(), 1, "{collected:#?}");
    assert_eq!(collected.problems().len(), 5, "each address that was not read: {collected:#?}");
    for provider in ["jenkins", "gitlab"] {
        let hint = format!("--logs-host {provider}={other},");
        assert!(collected.stderr.contains(&hint), "{hint} in {collected:#?}");
    }

    assert!(may_not.heard().is_empty(), "{:?}", may_not.heard());
    let basic = format!("Basic {}", base64(CREDENTIAL));
    assert!(!may.heard().is_empty());
    for request in may.heard() {
        assert_eq!(request.header("authorization"), Some(basic.as_str()));
        assert_eq!(request.header("private-token"), None, "a credential for another system");
    }
    for path in files(&f.path("server")).into_iter().chain(files(&f.path("out"))) {
        let bytes = fs::read(&path).expect("readable");
        assert!(!holds(&bytes, CREDENTIAL) && !holds(&bytes, &token[8..36]), "{}", path.display());
    }
}

/// What the sweep says of a project's logs is what a fleet says.
#[test]
fn logs_are_read_by_workers_as_by_a_sweep() {
    let f = stage();
    f.write("server/nats-server.conf", "jetstream { store_dir: \"jetstream\" }\n");
    let Some(server) = Server::start(&f.path("server")) else { return };
    let double = jenkins(&f.token());
    f.write("list.txt", format!("logs:{0}/job/shop/\nlogs:{0}/job/gone/\n", double.url()));
    let leave = format!("jenkins={}", double.url());
    assert_eq!(fleet(&f, &server, &["submit", "list.txt"]).code, Some(0));
    let run = worker(&f, &server, &["--logs-host", &leave]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    let collected = fleet(&f, &server, &["collect", "--out", "out", "--format", "jsonl"]);
    let args = ["sweep", "list.txt", "--out", "swept", "--format", "jsonl"];
    let swept = f.squelch_with(&args, b"", &[("JENKINS_TOKEN", CREDENTIAL)]);
    assert!(collected.told() == swept.told(), "{collected:#?}\n{swept:#?}");

    let since = ["sweep", "list.txt", "--out", "new", "--format", "jsonl", "--logs-since"];
    let run = squelch(&f, &[&since[..], &["1 day"]].concat());
    assert_eq!((run.code, run.lines("finding").len()), (Some(3), 0), "{run:#?}");
    let run = worker(&f, &server, &["--logs-since", "soon"]);
    assert!(run.code == Some(2) && run.stderr.contains("--logs-since soon: write"), "{run:#?}");
}

#[test]
fn a_host_without_its_system_is_no_leave() {
    let f = stage();
    let args = ["fleet", "worker", "--nats", "nats://localhost:1", "--sweep", "all", "--logs-host"];
    let run = squelch(&f, &[&args[..], &["https://ci.example.com"]].concat());
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("write PROVIDER=https://HOST"), "{run:#?}");
}
