//! `SonarQube`: a token revokes itself, or somebody who may does; by its name, and 204 is no proof.

use std::fs;

use serde_json::Value;

use crate::canned::Canned;
use crate::double::fault::{Fault, FaultKind};
use crate::double::http::Reply;
use crate::double::sonar::{SonarServer, TokenKind};
use crate::double::{Double, Shared, lock};
use crate::exports::sonar_tokens;
use crate::stage::Stage;
use crate::{forms, offline, posted, report, revoke};

const REVOKE: &str = "/api/user_tokens/revoke";
const CURRENT: &str = "/api/users/current";
const LIST: &str = "/api/user_tokens/search";

/// A server with an administrator, and with `grace`, who has a token that leaked and another one of
/// another kind.
fn server() -> (SonarServer, String) {
    let mut server = SonarServer::new("26.7", true);
    server.add_user("ada", &["admin"]);
    server.add_token("ada", "administration", TokenKind::User);
    server.add_user("grace", &["scan"]);
    server.add_token("grace", "global", TokenKind::Global);
    let leaked = server.add_token("grace", "CI of shop", TokenKind::User).value.clone();
    (server, leaked)
}

/// The same mounted, and the leaked token planted beside its address.
fn mounted(double: &Double) -> (Stage, Shared<SonarServer>, String) {
    let (server, leaked) = server();
    let mut stage = Stage::new();
    let url = format!("{}/sonar", double.url());
    stage.name("sonarqube-server", &url);
    stage.plant_sonar(&leaked, &url);
    (stage, double.sonar("sonar", server), leaked)
}

/// Another token of the same kind that was used just now: it may as well be the one that leaked.
fn add_twin(server: &Shared<SonarServer>) {
    let mut server = lock(server);
    let now = server.clock.now();
    server.add_token("grace", "twin", TokenKind::User).last_connection = Some(now);
}

/// A server that misbehaves on one path, and the leaked token beside its address.
fn faulty(double: &Double, on: &str, what: FaultKind) -> (Stage, String) {
    let (server, leaked) = server();
    let mut stage = Stage::new();
    let url = format!("{}/sonar", double.url());
    stage.name("sonarqube-server", &url);
    stage.plant_sonar(&leaked, &url);
    double.fault("sonar", Fault { on: vec![on.to_owned()], what, server });
    (stage, leaked)
}

fn is_revoked(server: &Shared<SonarServer>, name: &str) -> bool {
    lock(server).token(name).revoked
}

#[test]
fn a_token_revokes_itself_and_the_proof_is_asked_for() {
    let double = Double::start();
    let (stage, server, leaked) = mounted(&double);
    let findings = report(&stage);
    let plan = revoke(&stage, &[findings, "--verify"], &[]);
    assert_eq!((plan.code, plan.outcome(&leaked)), (Some(0), "none"), "{plan:#?}");
    assert_eq!(posted(&double).len(), 0, "a plan changes nothing");
    let done = revoke(&stage, &[findings, "--yes", "--audit-log", "log.jsonl"], &[]);
    assert_eq!((done.code, done.outcome(&leaked)), (Some(0), "revoked"), "{done:#?}");
    assert_eq!(done.of(&leaked)["verdict"]["state"], "dead");
    assert_eq!(done.of(&leaked)["revocation"]["by"], "the leaked token itself");
    assert!(is_revoked(&server, "CI of shop") && !is_revoked(&server, "global"));
    assert_eq!(forms(&double), ["login=grace&name=CI%20of%20shop"]);
    stage.assert_file_is_clean("log.jsonl");
    let log = fs::read_to_string(stage.fixture.path("log.jsonl")).expect("a log");
    let lines: Vec<Value> = log.lines().map(|it| serde_json::from_str(it).expect("JSON")).collect();
    let steps: Vec<(&str, &str)> = lines
        .iter()
        .map(|it| (it["step"].as_str().expect("one"), it["result"].as_str().expect("one")))
        .collect();
    assert_eq!(steps[..2], [("revoke", "sending"), ("revoke", "the server answered 204")]);
    assert!(steps[2].0 == "prove" && steps[2].1.starts_with("revoked, proved"), "{steps:?}");
    assert!(lines.iter().all(|it| it["at"].as_str().is_some_and(|at| at.ends_with('Z'))));

    let again = revoke(&stage, &[findings, "--yes"], &[]);
    assert_eq!((again.code, again.outcome(&leaked)), (Some(0), "dead"), "{again:#?}");
    assert_eq!(posted(&double).len(), 1, "nothing is sent for a dead token");
}

#[test]
fn an_analysis_token_revokes_itself_and_one_is_chosen_by_its_fingerprint() {
    let double = Double::start();
    let (mut stage, server, leaked) = mounted(&double);
    let project = lock(&server).add_token("grace", "project", TokenKind::Project).value.clone();
    stage.plant_sonar(&project, &format!("{}/sonar", double.url()));
    let findings = report(&stage);
    let print = crate::stage::fingerprint(&project);
    let done = revoke(&stage, &[findings, "--yes", "--fingerprint", &print[..10]], &[]);
    assert_eq!((done.code, done.outcome(&project)), (Some(0), "revoked"), "{done:#?}");
    assert_eq!(done.findings.len(), 1);
    let sent = format!("{:?}", double.heard());
    assert!(!sent.contains(&leaked), "a token that was not chosen is not even asked about");
    for (wrong, says) in [("0123456", "8 characters"), ("0123456789", "no token has it")] {
        let run = offline(&stage, &["revoke", findings, "--fingerprint", wrong], b"");
        assert!(run.code == Some(2) && run.stderr.contains(says), "{run:#?}");
    }
    let run = stage.plain(&["revoke", "--scan", "planted", "--yes"], b"");
    assert!(run.code == Some(2) && run.stderr.contains("--fingerprint"), "{run:#?}");
    let print = crate::stage::fingerprint(&leaked);
    let done = revoke(&stage, &["--scan", "planted", "--yes", "--fingerprint", &print], &[]);
    assert_eq!(done.outcome(&leaked), "revoked", "{done:#?}");
}

#[test]
fn a_token_of_standard_input_is_planned_and_revoked() {
    let double = Double::start();
    let (stage, server, leaked) = mounted(&double);
    let plan = offline(&stage, &["revoke"], leaked.as_bytes());
    assert_eq!(plan.code, Some(0), "{plan:#?}");
    assert!(plan.stdout.contains("4. Prove it"), "{}", plan.stdout);
    let run = stage.plain(&["revoke", "--yes"], leaked.as_bytes());
    assert!(run.code == Some(0) && run.stdout.contains("revoked, proved"), "{run:#?}");
    assert!(is_revoked(&server, "CI of shop"));
}

#[test]
fn an_administrator_revokes_and_one_who_may_not_is_told_so() {
    let double = Double::start();
    let (stage, server, leaked) = mounted(&double);
    let findings = report(&stage);
    let (admin, nobody) = {
        let mut server = lock(&server);
        server.add_user("mallory", &[]);
        let nobody = server.add_token("mallory", "x", TokenKind::User).value.clone();
        (server.token("administration").value.clone(), nobody)
    };
    let with = [findings, "--yes", "--with", "sonarqube-server=WHO"];
    let done = revoke(&stage, &with, &[("WHO", &nobody)]);
    assert_eq!((done.code, done.outcome(&leaked)), (Some(1), "alive"), "{done:#?}");
    assert!(done.why(&leaked).contains("403"), "{}", done.why(&leaked));
    assert!(!is_revoked(&server, "CI of shop"));
    let done = revoke(&stage, &with, &[("WHO", &admin)]);
    assert_eq!((done.code, done.outcome(&leaked)), (Some(0), "revoked"), "{done:#?}");
    assert_eq!(done.of(&leaked)["revocation"]["by"], "$WHO");
    assert_eq!(forms(&double).len(), 2, "each was sent once");
    for secret in [&admin, &nobody] {
        assert!(!done.stderr.contains(&secret[4..]), "{}", done.stderr);
    }
    let run = stage.plain(&with, b"");
    assert!(run.code == Some(2), "{run:#?}");
    let run = stage.plain(&["revoke", findings, "--yes", "--with", "sonarqube-server=UNSET"], b"");
    assert!(run.code == Some(2) && run.stderr.contains("$UNSET is not set"), "{run:#?}");
}

/// Two tokens that fit: which one it is was never said, so nothing is sent, until an export says it.
#[test]
fn a_name_that_is_not_certain_is_not_revoked() {
    let double = Double::start();
    let (stage, server, leaked) = mounted(&double);
    add_twin(&server);
    let findings = report(&stage);
    let done = revoke(&stage, &[findings, "--yes"], &[]);
    assert_eq!((done.code, done.outcome(&leaked)), (Some(1), "left"), "{done:#?}");
    let why = done.why(&leaked);
    assert!(why.contains("2 come into question") && why.contains("--sonar-tokens"), "{why}");
    assert_eq!(posted(&double).len(), 0);
    stage.fixture.write("tokens.csv", sonar_tokens(&[("grace", "CI of shop", &leaked)]));
    let done = revoke(&stage, &[findings, "--yes", "--sonar-tokens", "tokens.csv"], &[]);
    assert_eq!(done.outcome(&leaked), "revoked", "{done:#?}");
    assert!(is_revoked(&server, "CI of shop") && !is_revoked(&server, "twin"));
}

/// An export that is older than the list names what is not there any more.
#[test]
fn a_name_that_the_list_has_not_is_not_sent() {
    let double = Double::start();
    let (stage, server, leaked) = mounted(&double);
    add_twin(&server);
    let findings = report(&stage);
    stage.fixture.write("tokens.csv", sonar_tokens(&[("grace", "as it was called once", &leaked)]));
    let done = revoke(&stage, &[findings, "--yes", "--sonar-tokens", "tokens.csv"], &[]);
    assert_eq!((done.code, done.outcome(&leaked)), (Some(1), "left"), "{done:#?}");
    assert!(done.why(&leaked).contains("list has no token"), "{}", done.why(&leaked));
    assert_eq!(posted(&double).len(), 0);
}

/// Where the list cannot be read a wrong name is sent, the server says 204 to it, and the proof says
/// that the token is still alive.
#[test]
fn a_wrong_name_is_answered_by_204_and_still_alive() {
    let double = Double::start();
    let (stage, leaked) = faulty(&double, LIST, FaultKind::Html403);
    let findings = report(&stage);
    stage.fixture.write("tokens.csv", sonar_tokens(&[("grace", "no such name", &leaked)]));
    let done = revoke(&stage, &[findings, "--yes", "--sonar-tokens", "tokens.csv"], &[]);
    assert_eq!((done.code, done.outcome(&leaked)), (Some(1), "alive"), "{done:#?}");
    assert!(done.why(&leaked).starts_with("the server answered 204, but then"));
    assert_eq!(forms(&double), ["login=grace&name=no%20such%20name"]);
}

#[test]
fn a_token_that_vanished_costs_no_request() {
    let double = Double::start();
    let (stage, server, leaked) = mounted(&double);
    let findings = report(&stage);
    lock(&server).token("CI of shop").revoked = true;
    let done = revoke(&stage, &[findings, "--yes"], &[]);
    assert_eq!((done.code, done.outcome(&leaked)), (Some(0), "dead"), "{done:#?}");
    assert_eq!(posted(&double).len(), 0);
}

/// The request arrives, and its answer does not: nothing is repeated, and the proof tells.
#[test]
fn a_connection_that_is_lost_in_the_middle_is_said_and_not_repeated() {
    for what in [FaultKind::Reset, FaultKind::NoReply, FaultKind::ServerError] {
        let double = Double::start();
        let named = format!("{what:?}");
        let (stage, leaked) = faulty(&double, REVOKE, what);
        let done = revoke(&stage, &[report(&stage), "--yes", "--timeout", "2"], &[]);
        assert_eq!((done.code, done.outcome(&leaked)), (Some(0), "revoked"), "{named}: {done:#?}");
        let why = done.why(&leaked);
        assert!(why.contains("no whole answer") || why.contains("500"), "{named}: {why}");
        assert_eq!(posted(&double).len(), 1, "{named}");
    }
}

/// A request that did nothing, after which the server is not to be reached: what is known is said.
#[test]
fn what_could_not_be_asked_afterwards_is_not_proved() {
    let (mut server, leaked) = server();
    let mut down = false;
    let canned = Canned::start(move |request| {
        if request.method == "POST" {
            down = true;
            return Reply::empty(204);
        }
        if down { Reply::html(502, "Bad Gateway") } else { server.answer(request.clone()) }
    });
    let mut stage = Stage::new();
    stage.name("sonarqube-server", canned.url());
    stage.plant_sonar(&leaked, canned.url());
    let done = revoke(&stage, &[report(&stage), "--yes"], &[]);
    assert_eq!((done.code, done.outcome(&leaked)), (Some(3), "unproved"), "{done:#?}");
    assert!(done.why(&leaked).contains("502"), "{}", done.why(&leaked));
}

/// What was made with a leaked token outlives it.
#[test]
fn tokens_that_were_made_since_the_leak_are_named() {
    let double = Double::start();
    let (server, leaked) = server();
    let mut stage = Stage::repository();
    let url = format!("{}/sonar", double.url());
    stage.name("sonarqube-server", &url);
    stage.plant_sonar(&leaked, &url);
    stage.fixture.git(&["add", "-A"]);
    stage.fixture.git(&["commit", "-q", "-m", "a token"]);
    let server = double.sonar("sonar", server);
    {
        let mut server = lock(&server);
        // Commits of the fixture are of 2024.
        for token in &mut server.tokens {
            token.created = 1_600_000_000_000;
        }
        let now = server.clock.now();
        server.add_token("grace", "made by whoever", TokenKind::Global).created = now;
    }
    let run = stage.fixture.squelch(&["scan", "-q", "-o", "jsonl=findings.jsonl"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let done = revoke(&stage, &["findings.jsonl", "--yes"], &[]);
    let notes = done.of(&leaked)["notes"].to_string();
    assert!(notes.contains("made by whoever (20") && notes.contains("Since it was first seen"));
    assert!(!notes.contains("global ("), "{notes}");
    assert_eq!(done.outcome(&leaked), "revoked");
}

/// People name tokens as they like: by the token itself, for one.
#[test]
fn a_name_that_is_the_token_itself_reaches_its_server_and_nothing_else() {
    let double = Double::start();
    let (stage, server, leaked) = mounted(&double);
    lock(&server).token("CI of shop").name.clone_from(&leaked);
    let findings = report(&stage);
    let args =
        [findings, "--yes", "--audit-log", "log.jsonl", "-o", "sarif=x.sarif", "-o", "human=x.txt"];
    let done = revoke(&stage, &args, &[]);
    assert_eq!(done.outcome(&leaked), "revoked", "{done:#?}");
    assert_eq!(forms(&double), [format!("login=grace&name={leaked}")]);
    for file in ["log.jsonl", "x.sarif", "x.txt"] {
        stage.assert_file_is_clean(file);
    }
    let sarif = fs::read_to_string(stage.fixture.path("x.sarif")).expect("a report");
    let sarif: Value = serde_json::from_str(&sarif).expect("JSON");
    let properties = &sarif["runs"][0]["results"][0]["properties"];
    assert_eq!(properties["revocation"]["outcome"], "revoked", "{properties}");
    let other = lock(&server).add_token("grace", "new", TokenKind::User).value.clone();
    let old = lock(&server).add_token("grace", "x", TokenKind::User).value.clone();
    lock(&server).token("x").name = leaked;
    let run = stage.with_env(
        &["revoke", "--all-except", "new", "--with", "sonarqube-server=MINE", "--yes"],
        b"",
        &[("MINE", &other)],
    );
    assert!(run.code == Some(0) && run.stdout.contains("squ_…"), "{run:#?}");
    assert!(!format!("{run:?}").contains(&old[4..]));
}

/// Where nobody said whether it is alive, there is nothing to revoke.
#[test]
fn a_token_of_which_nothing_is_known_is_left() {
    let double = Double::start();
    let (stage, leaked) = faulty(&double, CURRENT, FaultKind::Html200);
    let findings = report(&stage);
    stage.fixture.write("tokens.csv", sonar_tokens(&[("grace", "CI of shop", &leaked)]));
    let done = revoke(&stage, &[findings, "--yes", "--sonar-tokens", "tokens.csv"], &[]);
    assert_eq!((done.code, done.outcome(&leaked)), (Some(1), "left"), "{done:#?}");
    assert!(done.why(&leaked).contains("whether it is alive is not known"));
    assert_eq!(posted(&double).len(), 0);
}

/// A token that is not at its places any more cannot be sent, so it is not revoked, and the status
/// says so; damage elsewhere in the same tree is another matter.
#[test]
fn a_token_that_is_not_found_again_is_told_and_damage_elsewhere_changes_nothing() {
    let double = Double::start();
    let (stage, server, leaked) = mounted(&double);
    let findings = report(&stage);
    stage.fixture.write("planted/broken.zip", b"PK\x03\x04 and no more");
    let done = revoke(&stage, &[findings, "--yes"], &[]);
    assert_eq!((done.code, done.outcome(&leaked)), (Some(0), "revoked"), "{done:#?}");
    assert!(is_revoked(&server, "CI of shop"));
    fs::remove_file(stage.fixture.path("planted/1.properties")).expect("it was there");
    let gone = revoke(&stage, &[findings, "--yes"], &[]);
    assert_eq!((gone.code, gone.findings.len()), (Some(3), 0), "{gone:#?}");
    assert!(gone.stderr.contains("is not at its places any more"), "{}", gone.stderr);
    assert_eq!(posted(&double).len(), 1);
}
