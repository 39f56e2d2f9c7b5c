//! Jenkins: by the uuid, which only a digest names for certain, and 200 is no proof.

use crate::double::jenkins::JenkinsServer;
use crate::double::{Double, Shared, lock, mint};
use crate::exports::jenkins_user;
use crate::stage::Stage;
use crate::{forms, offline, posted, report, revoke};

/// A server with `alice`, who has a token that leaked and one that did not.
fn mounted(double: &Double, version: &str) -> (Stage, Shared<JenkinsServer>, String, String) {
    let mut server = JenkinsServer::new(version);
    let now = server.clock.now();
    let alice = server.add_user("alice");
    let leaked = alice.add_token("leaked", now).clone();
    alice.add_token("kept", now);
    let mut stage = Stage::new();
    let url = format!("{}/ci", double.url());
    stage.name("jenkins", &url);
    stage.plant_jenkins(&leaked.value, "alice", &url);
    (stage, double.jenkins("ci", server), leaked.value, leaked.uuid)
}

fn live(server: &Shared<JenkinsServer>) -> Vec<String> {
    let mut server = lock(server);
    let tokens = server.user("alice").tokens.iter().filter(|it| !it.revoked);
    tokens.map(|it| it.name.clone()).collect()
}

#[test]
fn a_uuid_that_only_a_counter_names_is_not_enough_and_a_digest_is() {
    let double = Double::start();
    let (stage, server, leaked, uuid) = mounted(&double, "2.541");
    let findings = report(&stage);
    let done = revoke(&stage, &[findings, "--yes"], &[]);
    assert_eq!((done.code, done.outcome(&leaked)), (Some(1), "left"), "{done:#?}");
    assert!(done.why(&leaked).contains("only likely"), "{}", done.why(&leaked));
    assert_eq!(posted(&double).len(), 0);
    stage
        .fixture
        .write("home/users/a_1/config.xml", jenkins_user("alice", &uuid, "leaked", &leaked));
    let done = revoke(&stage, &[findings, "--yes", "--jenkins-home", "home"], &[]);
    assert_eq!((done.code, done.outcome(&leaked)), (Some(0), "revoked"), "{done:#?}");
    assert_eq!(live(&server), ["kept"]);
    assert_eq!(forms(&double), [format!("tokenUuid={uuid}")]);
    assert_eq!(lock(&server).password_attempts, ["alice"], "the proof is one attempt, no more");
}

/// A backup that is older than the server's list: the uuid is not there, so nothing is sent. Before
/// 2.468 there is no list; then the server says 200 to it, and the proof says what that was worth.
#[test]
fn a_uuid_that_nobody_has_is_not_sent_or_is_not_believed() {
    for (version, outcome, sent) in [("2.541", "left", 0), ("2.401", "alive", 1)] {
        let double = Double::start();
        let (stage, server, leaked, _) = mounted(&double, version);
        let findings = report(&stage);
        let old = jenkins_user("alice", &mint::uuid(), "leaked", &leaked);
        stage.fixture.write("home/users/a_1/config.xml", old);
        let done = revoke(&stage, &[findings, "--yes", "--jenkins-home", "home"], &[]);
        assert_eq!((done.code, done.outcome(&leaked)), (Some(1), outcome), "{version} {done:#?}");
        assert_eq!(posted(&double).len(), sent, "{version}");
        assert_eq!(live(&server), ["leaked", "kept"]);
    }
}

/// The page of a user is not there for who may not read, so that they cannot revoke their own token;
/// an administrator can.
#[test]
fn who_may_not_read_cannot_revoke_and_an_administrator_can() {
    let double = Double::start();
    let (stage, server, leaked, uuid) = mounted(&double, "2.541");
    let admin = {
        let mut server = lock(&server);
        server.user("alice").may_read = false;
        let now = server.clock.now();
        let root = server.add_user("root");
        root.admin = true;
        root.add_token("root's", now).value.clone()
    };
    let findings = report(&stage);
    stage
        .fixture
        .write("home/users/a_1/config.xml", jenkins_user("alice", &uuid, "leaked", &leaked));
    let home = [findings, "--yes", "--jenkins-home", "home"];
    let done = revoke(&stage, &home, &[]);
    assert_eq!((done.code, done.outcome(&leaked)), (Some(1), "alive"), "{done:#?}");
    assert!(done.why(&leaked).contains("404"), "{}", done.why(&leaked));
    let with = [&home[..], &["--with", "jenkins=WHO"]].concat();
    let run = stage.with_env(&[&["revoke"], &with[..]].concat(), b"", &[("WHO", &admin)]);
    assert!(run.code == Some(2) && run.stderr.contains("USER:TOKEN"), "{run:#?}");
    let done = revoke(&stage, &with, &[("WHO", &format!("root:{admin}"))]);
    assert_eq!((done.code, done.outcome(&leaked)), (Some(0), "revoked"), "{done:#?}");
    assert_eq!(live(&server), ["kept"]);
}

#[test]
fn programs_for_the_console_name_the_token_and_only_print_at_first() {
    let double = Double::start();
    let (stage, _, leaked, uuid) = mounted(&double, "2.541");
    let findings = report(&stage);
    stage
        .fixture
        .write("home/users/a_1/config.xml", jenkins_user("alice", &uuid, "leaked", &leaked));
    for (id, says) in
        [("one", uuid.as_str()), ("all-but-one", "'alice'"), ("all-legacy", "isLegacy")]
    {
        let args = ["revoke", findings, "--jenkins-home", "home", "--script", id];
        let run = offline(&stage, &args, b"");
        assert_eq!(run.code, Some(0), "{run:#?}");
        assert!(run.stdout.contains(says) && run.stdout.contains("def dryRun = true"), "{run:#?}");
    }
    let run = offline(&stage, &["revoke", findings, "--script", "none"], b"");
    assert!(run.code == Some(2) && run.stderr.contains("all-legacy"), "{run:#?}");
}
