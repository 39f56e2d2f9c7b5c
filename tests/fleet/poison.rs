//! Jobs that never come to an end, and what is no job.

use std::fs;

use crate::server::Server;
use crate::{Worker, begun, counts, fleet, git_repository, stage, wait_until};

#[cfg(unix)]
#[test]
fn a_job_that_ends_its_workers_is_no_clean_target() {
    let f = stage();
    f.write("server/nats-server.conf", "jetstream { store_dir: \"jetstream\" }\n");
    let Some(server) = Server::start(&f.path("server")) else { return };
    git_repository(&f, "quiet", "none");
    let list = format!("quiet\nssh://git@localhost{}/quiet\n", f.root().display());
    f.write("list.txt", list);
    let run = fleet(&f, &server, &["submit", "list.txt"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    let answer = server.says(":", "PUB squelch.all.job.0f 6\r\npoison\r\n");
    assert!(!answer.contains("-ERR"), "{answer}");

    f.write("hold", "");
    for times in 1..=4 {
        let mut worker = Worker::start(&f, &server.url());
        wait_until("a worker hangs in a clone", || begun(&f) == times);
        worker.tell("-TERM");
        assert_eq!(worker.end(), Some(3), "told to stop before nothing was left");
    }
    assert_eq!(Worker::start(&f, &server.url()).end(), Some(0), "nothing is left");
    fs::remove_file(f.path("hold")).expect("let go");

    let all = counts(&f, &server);
    assert_eq!((&all["submitted"], &all["done"], &all["dead"]), (&3.into(), &1.into(), &2.into()));
    let run = fleet(&f, &server, &["status"]);
    assert_eq!(run.stdout, "all: 1 of 3 done, 0 in flight, 0 waiting, 2 dead\n");
    let run = fleet(&f, &server, &["collect", "--out", "out", "--format", "jsonl"]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert_eq!(run.problems(), ["unreadable", "unreadable"]);
    assert!(run.stderr.contains("4 workers took its job"), "{run:#?}");
    assert!(run.stderr.contains("the job 0f [unreadable]\n  it is no job"), "{run:#?}");
}

/// Whoever may write results cannot make others of them, nor a report of something else.
#[test]
fn what_is_no_result_is_said_to_be_none() {
    let f = stage();
    f.write("server/nats-server.conf", "jetstream { store_dir: \"jetstream\" }\n");
    let Some(server) = Server::start(&f.path("server")) else { return };
    git_repository(&f, "quiet", "none");
    f.write("list.txt", "quiet\n");
    assert_eq!(fleet(&f, &server, &["submit", "list.txt"]).code, Some(0));
    let digest = "0".repeat(64);
    let seal = format!(r#"{{"schema":1,"sha256":"{digest}","parts":1}}"#);
    let id = squelch::sweep::results::id("quiet");
    let lines = format!("PUB squelch.all.result.{id} {}\r\n{seal}\r\n", seal.len());
    assert!(!server.says(":", &lines).contains("-ERR"));
    assert_eq!(Worker::start(&f, &server.url()).end(), Some(0));
    let run = fleet(&f, &server, &["collect", "--out", "out"]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(run.stderr.contains("part 1 of it is not there"), "{run:#?}");
}
