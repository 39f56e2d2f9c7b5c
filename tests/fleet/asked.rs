//! Workers that ask services about what they find: the answer travels, the token does not.

use std::fs;

use serde_json::Value;

use crate::double::Double;
use crate::double::sonar::{SonarServer, TokenKind};
use crate::server::Server;
use crate::support::Run;
use crate::wire::Wire;
use crate::{files, fleet, holds, squelch, stage};

fn verdict(run: &Run, token: &str) -> Value {
    run.finding(token)["verdict"]["state"].clone()
}

#[test]
fn workers_ask_and_only_the_answer_travels() {
    let f = stage();
    f.write("server/nats-server.conf", "jetstream { store_dir: \"jetstream\" }\n");
    let Some(server) = Server::start(&f.path("server")) else { return };
    let double = Double::start();
    let mut sonar = SonarServer::new("2025.4", true);
    sonar.add_user("grace", &["scan"]);
    let live = sonar.add_token("grace", "laptop", TokenKind::User).value.clone();
    let url = format!("{}/sonar", double.url());
    let sonar = double.sonar("sonar", sonar);
    let dead = f.token();
    for (folder, token) in [("one", &live), ("two", &dead), ("three", &live)] {
        let text = format!("sonar.host.url={url}\nsonar.token={token}\n");
        f.write(&format!("{folder}/sonar-project.properties"), text);
    }
    f.write("list.txt", "one\ntwo\nthree\n");
    assert_eq!(fleet(&f, &server, &["submit", "list.txt", "--verify"]).code, Some(0));
    let run = fleet(&f, &server, &["worker"]);
    assert_eq!(run.code, Some(2), "one that does not ask is not let in: {run:#?}");

    let wire = Wire::to(server.port);
    let (near, named) =
        (format!("nats://localhost:{}", wire.port), format!("sonarqube-server={url}"));
    let ask = ["--verify", "--endpoint", &named, "--pace", "1000"];
    let worker = ["fleet", "worker", "--until-empty", "--nats", &near, "--sweep", "all"];
    let run = squelch(&f, &[&worker[..], &ask].concat());
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(run.stderr.contains(&format!("Asking {url}")), "it says whom it asks: {run:#?}");
    assert!(!double.heard().is_empty(), "the server was asked");
    assert!(crate::double::lock(&sonar).token("laptop").last_connection.is_some());

    let collect = ["collect", "--out", "out", "--format", "jsonl", "--fail-on", "live"];
    let collected = fleet(&f, &server, &collect);
    assert_eq!(collected.code, Some(1), "{collected:#?}");
    assert_eq!(
        (verdict(&collected, &live), verdict(&collected, &dead)),
        ("live".into(), "dead".into())
    );
    assert_eq!(collected.finding(&live)["identity"]["owner"][0]["value"], "grace");
    let sweep = ["sweep", "list.txt", "--out", "swept", "--format", "jsonl"];
    let swept = squelch(&f, &[&sweep[..], &ask].concat());
    // When they were asked is told, and differs.
    for token in [&live, &dead] {
        assert_eq!(verdict(&swept, token), verdict(&collected, token), "{swept:#?}");
        let places = |run: &Run| run.finding(token)["locations"].clone();
        assert_eq!(places(&swept), places(&collected), "{swept:#?}");
    }

    let mut all = vec![("the wire".to_owned(), wire.heard())];
    for path in ["server", "out"].iter().flat_map(|folder| files(&f.path(folder))) {
        all.push((path.display().to_string(), fs::read(&path).expect("readable")));
    }
    let looked = all.iter().filter(|(_, bytes)| holds(bytes, "sonar-project.properties"));
    assert!(looked.count() > 2, "the wire, the store and the results are looked into");
    for (name, bytes) in all {
        for token in [&live, &dead] {
            assert!(!holds(&bytes, &token[8..36]), "{name} holds a token");
        }
    }
}

#[test]
fn a_worker_makes_no_dry_run() {
    let f = stage();
    let args = ["fleet", "worker", "--nats", "nats://localhost:1", "--sweep", "all"];
    let run = squelch(&f, &[&args[..], &["--verify", "--dry-run"]].concat());
    assert!(run.code == Some(2) && run.stderr.contains("--dry-run"), "{run:#?}");
    let run =
        squelch(&f, &[&args[..], &["--endpoint", "sonarqube-server=https://a.example"]].concat());
    assert!(run.code == Some(2) && run.stderr.contains("go with --verify"), "{run:#?}");
}
