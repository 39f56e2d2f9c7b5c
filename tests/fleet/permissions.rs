//! The documented configuration: each user can do its part, and nothing else; nobody reads along.

use std::fs;
use std::path::Path;

use crate::certificates::Authority;
use crate::server::Server;
use crate::support::{Fixture, Run};
use crate::{files, git_repository, holds, stage};

const USERS: [(&str, &str); 3] =
    [("submit", "submits"), ("worker", "works"), ("collect", "collects")];

fn documented() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/nats-server.conf");
    fs::read_to_string(path).expect("the configuration")
}

/// `squelch fleet` as one of the users.
fn fleet_as(f: &Fixture, server: &Server, user: &str, args: &[&str]) -> Run {
    let password = USERS.iter().find(|(name, _)| *name == user).expect("a user").1;
    let env = [("SQUELCH_NATS_USER", user), ("SQUELCH_NATS_PASSWORD", password)];
    let url = server.url();
    let rest = ["--nats", &url, "--sweep", "all", "--nats-ca", "ca.pem"];
    f.squelch_with(&[&["fleet"], args, &rest].concat(), b"", &env)
}

#[test]
fn each_user_does_its_part_and_no_more() {
    let f = stage();
    f.write("server/nats-server.conf", documented());
    let authority = Authority::new();
    f.write("ca.pem", &authority.pem);
    let identity = authority.server(&["localhost"]);
    f.write("server/server.pem", &identity.pem);
    f.write("server/server-key.pem", identity.key_pem());
    let Some(mut server) = Server::start(&f.path("server")) else { return };
    server.scheme = "tls";
    let token = f.token();
    git_repository(&f, "marked-with-a-name", &token);
    f.write("list.txt", "marked-with-a-name\n");
    let submit = ["submit", "list.txt"];
    let worker = ["worker", "--until-empty"];
    let collect = ["collect", "--out", "out", "--format", "jsonl"];
    for (user, args) in [("worker", &submit[..]), ("collect", &submit)] {
        refused(&fleet_as(&f, &server, user, args));
    }
    assert_eq!(fleet_as(&f, &server, "submit", &submit).code, Some(0));
    refused(&fleet_as(&f, &server, "collect", &worker));
    let run = fleet_as(&f, &server, "worker", &worker);
    assert_eq!(run.code, Some(0), "{run:#?}");
    for user in ["submit", "worker"] {
        refused(&fleet_as(&f, &server, user, &collect));
    }
    let run = fleet_as(&f, &server, "collect", &["status"]);
    assert_eq!(run.stdout, "all: 1 of 1 done, 0 in flight, 0 waiting, 0 dead\n", "{run:#?}");
    let run = fleet_as(&f, &server, "collect", &collect);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let _ = run.finding(&token);
    // The store is encrypted: no file of it says what was read.
    for path in files(&f.path("server/jetstream")) {
        let bytes = fs::read(&path).expect("readable");
        assert!(!holds(&bytes, "marked-with-a-name"), "{}", path.display());
    }
    let stranger = f.squelch_with(
        &["fleet", "status", "--nats", &server.url(), "--sweep", "all", "--nats-ca", "ca.pem"],
        b"",
        &[],
    );
    assert_eq!(stranger.code, Some(2), "{stranger:#?}");
    let url = server.url();
    let run = f.squelch(&["fleet", "status", "--nats", &url, "--sweep", "all"]);
    assert_eq!(run.code, Some(2), "a server of an authority that nobody knows: {run:#?}");
}

/// As the documented configuration says in a comment.
#[test]
fn a_server_may_want_certificates() {
    let f = stage();
    let wants = documented()
        .replace("  # ca_file: \"clients.pem\"", "  ca_file: \"clients.pem\"")
        .replace("  # verify: true", "  verify: true");
    assert!(wants != documented(), "the comment is there");
    f.write("server/nats-server.conf", wants);
    let authority = Authority::new();
    let (server, client) = (authority.server(&["localhost"]), authority.client());
    f.write("ca.pem", &authority.pem);
    f.write("server/clients.pem", &authority.pem);
    f.write("server/server.pem", &server.pem);
    f.write("server/server-key.pem", server.key_pem());
    f.write("client.pem", &client.pem);
    f.write("client-key.pem", client.key_pem());
    let Some(mut server) = Server::start(&f.path("server")) else { return };
    server.scheme = "tls";
    f.write("list.txt", "gone\n");
    let submit = ["submit", "list.txt"];
    let run = fleet_as(&f, &server, "submit", &submit);
    assert_eq!(run.code, Some(2), "{run:#?}");
    let shown = ["--nats-cert", "client.pem", "--nats-key", "client-key.pem"];
    let run = fleet_as(&f, &server, "submit", &[&submit[..], &shown].concat());
    assert_eq!(run.code, Some(0), "{run:#?}");
}

#[track_caller]
fn refused(run: &Run) {
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("this user may not"), "{run:#?}");
}

/// Without TLS, so that the protocol can be spoken by hand.
#[test]
fn nobody_reads_along_or_writes_for_others() {
    let f = stage();
    let text = documented();
    let (before, rest) = text.split_once("\ntls {").expect("TLS");
    let (_, after) = rest.split_once("\n}\n").expect("its end");
    f.write("server/nats-server.conf", format!("{before}\n{after}"));
    let Some(server) = Server::start(&f.path("server")) else { return };
    let fine = |user: &str, line: &str| {
        let password = USERS.iter().find(|(name, _)| *name == user).expect("a user").1;
        !server.says(&format!("{user}:{password}"), line).contains("Permissions Violation")
    };
    for (user, _) in USERS {
        assert!(fine(user, &format!("SUB _INBOX.squelch-{user}.> 1\r\n")), "{user}");
        for subject in [">", "squelch.>", "_INBOX.>", "$JS.>", "$JS.EVENT.>", "$SYS.>"] {
            assert!(!fine(user, &format!("SUB {subject} 1\r\n")), "{user} listens to {subject}");
        }
        for (other, _) in USERS.iter().filter(|(other, _)| *other != user) {
            assert!(!fine(user, &format!("SUB _INBOX.squelch-{other}.> 1\r\n")), "{user}");
        }
        let subjects = [
            ("squelch.all.job.0f", "submit"),
            ("squelch.all.result.0f", "worker"),
            ("$JS.ACK.squelch-jobs.all.1.1.1.1.1", "worker"),
            ("$JS.API.CONSUMER.MSG.NEXT.squelch-jobs.all", "worker"),
            ("$JS.API.STREAM.CREATE.squelch-jobs", "submit"),
            ("$JS.API.DIRECT.GET.squelch-results", "collect"),
            ("$JS.API.STREAM.CREATE.other", "nobody"),
            ("$JS.API.STREAM.DELETE.squelch-jobs", "nobody"),
            ("$JS.API.STREAM.PURGE.squelch-results", "nobody"),
            ("$JS.API.STREAM.UPDATE.squelch-results", "nobody"),
            ("$JS.API.STREAM.MSG.DELETE.squelch-results", "nobody"),
            ("$JS.API.CONSUMER.CREATE.squelch-results", "nobody"),
            ("$JS.API.CONSUMER.DELETE.squelch-jobs.all", "nobody"),
            ("$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.squelch-jobs.all", "nobody"),
        ];
        for (subject, whose) in subjects {
            let published = fine(user, &format!("PUB {subject} 2\r\n{{}}\r\n"));
            assert_eq!(published, user == whose, "{user} publishes {subject}");
        }
    }
}

#[test]
fn addresses_hold_no_credential_and_lead_elsewhere_by_tls_only() {
    let f = stage();
    for (url, word) in [
        ("nats://user:secret@localhost:1", "seen by all"),
        ("nats://:secret@localhost:1", "seen by all"),
        ("http://localhost:1", "tls://"),
        ("localhost:1", "tls://"),
    ] {
        let run = f.squelch(&["fleet", "status", "--nats", url, "--sweep", "all"]);
        assert_eq!(run.code, Some(2), "{run:#?}");
        assert!(run.stderr.contains(word) && !run.stderr.contains("secret"), "{run:#?}");
    }
}
