//! All tokens of one's own but one.

use crate::double::jenkins::JenkinsServer;
use crate::double::sonar::{SonarServer, TokenKind};
use crate::double::{Double, lock};
use crate::stage::Stage;
use crate::support::Run;
use crate::{forms, posted};

fn rest(stage: &Stage, service: &str, keep: &str, credential: &str, args: &[&str]) -> Run {
    let with = format!("{service}=MINE");
    let all = ["revoke", "--pace", "1000", "--all-except", keep, "--with", &with];
    let run = stage.with_env(&[&all[..], args].concat(), b"", &[("MINE", credential)]);
    let token = credential.rsplit(':').next().unwrap_or_default();
    assert!(!format!("{run:?}").contains(&token[4..]), "{run:#?}");
    run
}

#[test]
fn the_new_token_stays_and_the_others_go() {
    let double = Double::start();
    let mut stage = Stage::new();
    stage.name("sonarqube-server", &format!("{}/sonar", double.url()));
    let mut server = SonarServer::new("26.7", true);
    server.add_user("grace", &[]);
    server.add_user("ada", &[]);
    server.add_token("ada", "hers", TokenKind::User);
    for name in ["old", "older & odd", "analysis"] {
        server.add_token("grace", name, TokenKind::Global);
    }
    let new = server.add_token("grace", "new", TokenKind::User).value.clone();
    let old = server.token("old").value.clone();
    let server = double.sonar("sonar", server);
    let rest =
        |keep: &str, mine: &str, args: &[&str]| rest(&stage, "sonarqube-server", keep, mine, args);

    let run = rest("new", &new, &[]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(run.stdout.contains("3 tokens would be revoked"), "{}", run.stdout);
    let run = rest("nwe", &new, &["--yes"]);
    assert!(run.code == Some(2) && run.stderr.contains("all would go"), "{run:#?}");
    let run = rest("new", &old, &["--yes"]);
    assert_eq!(run.code, Some(2), "it is one of those that go: {run:#?}");
    assert_eq!(posted(&double).len(), 0);

    let run = rest("new", &new, &["--yes", "--audit-log", "log.jsonl"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(run.stdout.contains("3 of 3 tokens revoked"), "{}", run.stdout);
    let mut sent = forms(&double);
    sent.sort();
    let form = |name: &str| format!("login=grace&name={name}");
    assert_eq!(sent, [form("analysis"), form("old"), form("older%20%26%20odd")]);
    let left = lock(&server).tokens.iter().filter(|it| !it.revoked).count();
    assert_eq!(left, 2, "the new one, and hers");
    let run = rest("new", &new, &["--yes", "-f", "jsonl"]);
    assert_eq!((run.code, run.lines("token").len()), (Some(0), 1), "{run:#?}");
    assert_eq!(posted(&double).len(), 3);
}

#[test]
fn jenkins_revokes_all_but_a_uuid_that_is_there() {
    let double = Double::start();
    let mut stage = Stage::new();
    stage.name("jenkins", &format!("{}/ci", double.url()));
    let mut server = JenkinsServer::new("2.541");
    let now = server.clock.now();
    let alice = server.add_user("alice");
    alice.add_token("old", now);
    alice.add_token("older", now);
    let new = alice.add_token("new", now).clone();
    let server = double.jenkins("ci", server);
    let mine = format!("alice:{}", new.value);
    let rest = |keep: &str, args: &[&str]| rest(&stage, "jenkins", keep, &mine, args);
    let wrong = rest("d987d752-b057-430e-b701-622872e79196", &["--yes"]);
    assert!(wrong.code == Some(2) && wrong.stderr.contains("all would go"), "{wrong:#?}");
    assert!(wrong.stderr.contains(&new.uuid), "it says which there are: {}", wrong.stderr);
    assert_eq!(posted(&double).len(), 0);
    let run = rest(&new.uuid, &["--yes"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(run.stdout.contains("2 of 2 tokens revoked"), "{}", run.stdout);
    let mut server = lock(&server);
    let left: Vec<&str> = server
        .user("alice")
        .tokens
        .iter()
        .filter(|it| !it.revoked)
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(left, ["new"]);
}
