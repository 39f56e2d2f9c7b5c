//! Asking services, as a user meets it: `scan --verify`, `verify`, and what they refuse to do.

use sha2::{Digest, Sha256};

use crate::double::Double;
use crate::double::circleci::CircleCi;
use crate::double::cloud::SonarCloud;
use crate::double::jenkins::JenkinsServer;
use crate::double::lock;
use crate::double::sonar::{SonarServer, TokenKind};
use crate::support::Fixture;

/// Refused tokens of one user count as attempts to log in: two are enough.
#[test]
fn nobody_is_locked_out() {
    let (double, fixture) = (Double::start(), Fixture::new());
    let mut server = JenkinsServer::new("2.541");
    server.add_user("alice");
    server.add_user("bob");
    let server = double.jenkins("ci", server);
    let url = format!("{}/ci", double.url());
    for (at, user) in ["alice", "alice", "Alice", "alice", "bob"].into_iter().enumerate() {
        let token = format!("{}{}", 11, fixture.hex(32));
        fixture.write(&format!("{at}.sh"), format!("curl -u {user}:{token} {url}/job/x/build\n"));
    }
    let endpoint = format!("jenkins={url}");
    let run = fixture.scan(&["--no-history", "--verify", "--endpoint", &endpoint]);
    let states = |wanted: &str| {
        let is = |it: &&serde_json::Value| it["verdict"]["state"] == wanted;
        run.lines("finding").iter().filter(is).count()
    };
    assert_eq!((states("dead"), states("unasked")), (3, 2), "{run:#?}");
    let tried = lock(&server).password_attempts.clone();
    let of = |user: &str| tried.iter().filter(|it| it.eq_ignore_ascii_case(user)).count();
    assert_eq!((of("alice"), of("bob")), (2, 1), "{tried:?}");
    assert!(run.stdout.contains("counts as an attempt to log in"), "{run:#?}");
}

#[test]
fn the_status_of_verify_is_what_a_script_wants() {
    let (double, fixture) = (Double::start(), Fixture::new());
    let mut server = SonarServer::new("26.7", true);
    server.add_user("ada", &["scan"]);
    let live = server.add_token("ada", "ci", TokenKind::User).value.clone();
    double.sonar("s", server);
    let endpoint = format!("sonarqube-server={}/s", double.url());
    let verify = |token: &str, more: &[&str]| {
        let args = [&["verify", "--format", "jsonl", "--endpoint", &endpoint], more].concat();
        fixture.squelch_with(&args, token.as_bytes(), &[])
    };
    let run = verify(&format!("{live}\n"), &[]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let found = run.finding(&live);
    assert_eq!(found["verdict"]["state"], "live");
    assert_eq!(found["identity"]["token_name"][0]["value"], "ci");
    assert_eq!(found["identity"]["token_name"][0]["sure"], "certain");
    assert_eq!(verify(&fixture.token(), &[]).code, Some(0), "dead");
    let bare = fixture.hex(40);
    let run = verify(&bare, &[]);
    assert!(run.code == Some(2) && run.stderr.contains("sonarqube-legacy-token"), "{run:#?}");
    assert_eq!(verify(&bare, &["--rule", "sonarqube-legacy-token"]).code, Some(0));
    let run = verify(&live, &["--rule", "jenkins-api-token"]);
    assert!(run.code == Some(2) && run.stderr.contains("form"), "{run:#?}");
    assert_eq!(verify("", &[]).code, Some(2));
    assert_eq!(verify("no token at all", &[]).code, Some(2));
    assert_eq!(verify(&"x".repeat(5000), &[]).code, Some(2));
    let run = fixture.squelch_with(&["verify", "-f", "jsonl"], live.as_bytes(), &[]);
    assert_eq!(run.code, Some(3), "nobody was asked: {run:#?}");
}

#[test]
fn a_report_is_verified_where_its_tokens_stand() {
    let (double, fixture) = (Double::start(), Fixture::repository());
    let mut server = SonarServer::new("10.0", false);
    server.add_user("ada", &[]);
    let live = server.add_token("ada", "ci", TokenKind::User).value.clone();
    double.sonar("", server);
    let (gone, moved) = (fixture.token(), fixture.token());
    fixture.commit("a", &format!("SONAR_TOKEN={live}\nSONAR_2={gone}\n"), "tokens");
    fixture.git(&["rm", "-q", "a"]);
    fixture.write("b", format!("SONAR_TOKEN={moved}\n"));
    assert_eq!(fixture.squelch(&["scan", "-o", "jsonl=r.jsonl"]).code, Some(1));
    fixture.write("b", "nothing\n");
    let endpoint = format!("sonarqube-server={}", double.url());
    let run = fixture.squelch(&["verify", "r.jsonl", "--endpoint", &endpoint, "-f", "jsonl"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert_eq!(run.finding(&live)["verdict"]["state"], "live");
    assert_eq!(run.finding(&gone)["verdict"]["state"], "dead");
    assert_eq!(run.problems(), ["gone"], "a token that is not there any more is said: {run:#?}");
}

#[test]
fn asking_needs_leave() {
    let fixture = Fixture::new();
    fixture.write("a", format!("SONAR_TOKEN={}\n", fixture.token()));
    for flags in [
        &["--endpoint", "jenkins=https://a.example"][..],
        &["--dry-run"],
        &["--wait"],
        &["--fail-on", "live"],
    ] {
        let run = fixture.squelch(&[&["scan", "--no-history"], flags].concat());
        assert!(run.code == Some(2) && run.stderr.contains("--verify"), "{flags:?}: {run:#?}");
    }
    let run = fixture.squelch(&["scan", "--staged", "--verify"]);
    assert_eq!(run.code, Some(2), "a hook never asks: {run:#?}");
    let run = fixture.squelch(&["scan", "--no-history", "--verify", "--fail-on", "live"]);
    assert_eq!(run.code, Some(3), "not known to be dead: {run:#?}");
    assert!(run.stdout.contains("--endpoint sonarqube-server=https"), "{run:#?}");
}

/// A value without a prefix is of the service that its context names, also where it is found again by
/// its digest, beside which every rule of that form fits.
#[test]
fn a_report_is_verified_at_the_service_that_it_names() {
    let (double, fixture) = (Double::start(), Fixture::new());
    let mut cloud = SonarCloud::new();
    cloud.server.add_user("grace", &[]);
    cloud.add_organization("acme", &["grace"]);
    let live = cloud.add_personal("grace", "laptop");
    double.cloud("cloud", cloud);
    double.circleci("circle", CircleCi::default());
    // Three places say nothing, one says what it is.
    fixture.write("a.env", format!("SONARCLOUD_TOKEN={live}\n"));
    fixture.write("notes.txt", format!("{live}\nseen {live}\n\n{live} again\n"));
    assert_eq!(fixture.squelch(&["scan", "--no-history", "-o", "jsonl=r.jsonl"]).code, Some(1));
    let (cloud, circle) = (format!("{}/cloud", double.url()), format!("{}/circle", double.url()));
    let (cloud, circle) = (format!("sonarqube-cloud={cloud}"), format!("circleci={circle}"));
    let named = ["--endpoint", &cloud, "--endpoint", &circle, "-f", "jsonl"];
    let run = fixture.squelch(&[&["verify", "r.jsonl"], &named[..]].concat());
    let found = run.finding(&live);
    assert_eq!(
        (&found["rule"], &found["verdict"]["state"]),
        (&"sonarqube-cloud-token".into(), &"live".into())
    );
    assert!(double.heard().iter().all(|it| it.context != "circle"), "it was sent elsewhere, too");
}

/// Where nothing says of which service a token is, it is sent to none.
#[test]
fn what_is_of_no_known_service_is_sent_to_none() {
    let (double, fixture) = (Double::start(), Fixture::new());
    double.circleci("circle", CircleCi::default());
    let bare = fixture.hex(40);
    fixture.write("notes.txt", format!("we saw {bare} somewhere\n"));
    let digest = Sha256::digest(bare.as_bytes());
    let digest = digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    fixture.write("hashes.txt", format!("{digest}\n"));
    let circle = format!("circleci={}/circle", double.url());
    for known in [["--ending", &bare[36..]], ["--hashes", "hashes.txt"]] {
        let flags = ["--no-history", "--verify", "--endpoint", &circle, "notes.txt"];
        let run = fixture.scan(&[&known[..], &flags[..]].concat());
        let found = run.finding(&bare);
        assert_eq!(found["verdict"]["state"], "unasked", "{found}");
        assert!(found["verdict"]["why"].to_string().contains("--rule"), "{found}");
        assert!(
            found["notes"].to_string().contains("Nothing around it says what it is"),
            "{found}"
        );
    }
    assert_eq!(double.connections(), 0);
}
