//! Workers and servers that die: every target is read, once, and the report is that of a sweep.

use std::fmt::Write as _;
use std::fs;

use crate::server::Server;
use crate::support::Fixture;
use crate::wait_until;
use crate::wire::Wire;
use crate::{Worker, begun, counts, files, fleet, git_repository, holds, squelch, stage};

const PLAIN: &str = "jetstream { store_dir: \"jetstream\" }\n";

/// Twelve targets: work trees, forks, a log, a folder with so much in it that its result goes in
/// parts, two by ssh, one by its address, and one that is not there.
fn targets(f: &Fixture) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut list = String::new();
    for name in ["one", "two", "three", "four", "near", "far"] {
        let token = f.token();
        git_repository(f, name, &token);
        tokens.push(token);
    }
    f.git(&["clone", "-q", "--mirror", "one", "one.git"]);
    f.git(&["clone", "-q", "--mirror", "one", "fork.git"]);
    let many: Vec<String> = (0..1500).map(|_| f.token()).collect();
    let lines: Vec<String> = many.iter().map(|token| format!("SONAR_TOKEN={token}\n")).collect();
    f.write("many/all.env", lines.concat());
    tokens.extend(many);
    let token = f.token();
    f.write("build.log", format!("+ sonar-scanner -Dsonar.token={token}\n"));
    tokens.push(token);
    for name in ["one", "two", "three", "four", "one.git", "fork.git", "many", "build.log", "gone"]
    {
        let _ = writeln!(list, "{name}");
    }
    let root = f.root().display();
    let _ = writeln!(list, "file://{root}/one.git\nssh://git@localhost{root}/near");
    let _ = writeln!(list, "ssh://git@localhost{root}/far");
    f.write("list.txt", list);
    tokens
}

#[test]
fn whoever_dies_every_target_has_one_result() {
    let f = stage();
    f.write("server/nats-server.conf", PLAIN);
    let Some(mut server) = Server::start(&f.path("server")) else { return };
    let tokens = targets(&f);
    let submit = ["submit", "list.txt", "--silence", "3"];
    let run = fleet(&f, &server, &submit);
    assert!(run.stderr.contains("12 jobs submitted, 0 there"), "{run:#?}");
    let run = fleet(&f, &server, &submit);
    assert!(run.stderr.contains("0 jobs submitted, 12 there"), "{run:#?}");

    let wire = Wire::to(server.port);
    let url = format!("nats://localhost:{}", wire.port);
    f.write("hold", "");
    let mut workers = [Worker::start(&f, &url), Worker::start(&f, &url)];
    wait_until("both workers hang in a clone", || begun(&f) == 2);
    workers[0].0.kill().expect("killed");
    server.kill();
    server.restart();
    fs::remove_file(f.path("hold")).expect("let go");
    assert_eq!(workers[1].end(), Some(0));

    let all = counts(&f, &server);
    assert_eq!(
        (&all["submitted"], &all["done"], &all["dead"]),
        (&12.into(), &12.into(), &0.into())
    );
    assert_eq!((&all["in_flight"], &all["waiting"]), (&0.into(), &0.into()), "{all}");
    let collect = ["collect", "--out", "collected", "--format", "jsonl"];
    let collected = fleet(&f, &server, &collect);
    assert_eq!(collected.code, Some(1), "{}", collected.stderr);
    assert_eq!(files(&f.path("collected/targets")).len(), 12);
    let swept = squelch(&f, &["sweep", "list.txt", "--out", "swept", "--format", "jsonl"]);
    assert!(collected.told() == swept.told(), "{}\n{}", collected.stderr, swept.stderr);
    assert_eq!(collected.lines("finding").len(), tokens.len());
    assert_eq!(collected.problems(), ["unreadable"]);
    assert!(fleet(&f, &server, &collect).told() == collected.told(), "again the same");

    // What was collected is what a sweep would go on with.
    let next = squelch(&f, &["sweep", "list.txt", "--out", "collected", "--format", "jsonl"]);
    assert!(next.told() == swept.told(), "{}", next.stderr);

    no_token_in(&f, &wire, &tokens);
}

fn no_token_in(f: &Fixture, wire: &Wire, tokens: &[String]) {
    let mut all = vec![("the wire".to_owned(), wire.heard())];
    for folder in ["server", "collected"] {
        let read = |path: std::path::PathBuf| (path.display().to_string(), fs::read(path));
        all.extend(files(&f.path(folder)).into_iter().map(|path| {
            let (name, bytes) = read(path);
            (name, bytes.unwrap_or_default())
        }));
    }
    assert!(all[0].1.len() > 1 << 20, "a large result went over the wire");
    assert!(all.iter().any(|(_, bytes)| holds(bytes, "fork.git")), "the store is looked into");
    for (name, bytes) in all {
        for token in tokens.iter().take(20).chain(tokens.last()) {
            assert!(!holds(&bytes, &token[8..36]), "{name} holds a token");
        }
    }
    let left = fs::read_dir(f.path("work")).expect("a folder").count();
    assert_eq!(left, 1, "a worker removes what it made, unless it is killed");
}

#[test]
fn a_token_in_the_name_of_a_target_is_not_submitted() {
    let f = stage();
    let token = f.token();
    f.write("list.txt", format!("https://git.example/a?private_token={token}\n"));
    let args = ["fleet", "submit", "list.txt", "--nats", "nats://localhost:1", "--sweep", "all"];
    let run = squelch(&f, &args);
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("a token is in the name"), "{run:#?}");
    assert!(!run.stderr.contains(&token[8..36]), "{run:#?}");
}

#[test]
fn a_worker_that_looks_for_something_else_is_not_let_in() {
    let f = stage();
    f.write("server/nats-server.conf", PLAIN);
    let Some(server) = Server::start(&f.path("server")) else { return };
    f.write("list.txt", "a\n");
    let run = fleet(&f, &server, &["worker", "--until-empty"]);
    assert_eq!(run.code, Some(2), "{run:#?}");
    let run = fleet(&f, &server, &["submit", "list.txt", "--no-history"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    for args in [&["worker"][..], &["submit", "list.txt"]] {
        let run = fleet(&f, &server, args);
        assert_eq!(run.code, Some(2), "{run:#?}");
        assert!(run.stderr.contains("another choice of --no-history"), "{run:#?}");
    }
    let run = fleet(&f, &server, &["collect", "--out", "out"]);
    assert_eq!(run.code, Some(3), "a job without a result: {run:#?}");
    assert!(run.stderr.contains("its job is not done yet"), "{run:#?}");
    f.write("empty.txt", "# nothing yet\n");
    let run = fleet(&f, &server, &["submit", "empty.txt"]);
    assert!(run.code == Some(2) && run.stderr.contains("no target in empty.txt"), "{run:#?}");
}

#[test]
fn what_is_wrong_with_a_server_is_said_with_what_to_do() {
    let f = stage();
    f.write("server/nats-server.conf", "authorization { user: a, password: b }\n");
    let Some(server) = Server::start(&f.path("server")) else { return };
    let wrong = |args: &[&str], words: &str| {
        let run = fleet(&f, &server, args);
        assert!(run.code == Some(2) && run.stderr.contains(words), "{words:?} in {run:#?}");
    };
    wrong(&["status"], "help: $SQUELCH_NATS_USER and");
    wrong(&["status", "--nats-ca", "gone.pem"], "--nats-ca gone.pem: cannot be read");
    f.write("none.pem", "none");
    wrong(&["status", "--nats-ca", "none.pem"], "--nats-ca none.pem: no certificate");
    f.write("server/nats-server.conf", "jetstream { store_dir: \"jetstream\" }\n");
    drop(server);
    let Some(server) = Server::start(&f.path("server")) else { return };
    for args in [&["status"][..], &["worker"], &["collect", "--out", "out"]] {
        let run = fleet(&f, &server, args);
        assert!(
            run.code == Some(2) && run.stderr.contains("the sweep all is not there"),
            "{run:#?}"
        );
    }
    let url = server.url().replace("nats:", "tls:");
    let run = squelch(&f, &["fleet", "status", "--nats", &url, "--sweep", "all"]);
    assert!(run.code == Some(2) && run.stderr.contains("does not speak TLS"), "{run:#?}");
}
