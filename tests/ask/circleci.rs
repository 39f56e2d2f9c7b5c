//! `CircleCI`: personal tokens have a user, project tokens have not, old ones do not say which they
//! are.

use std::time::Duration;

use crate::canned::Canned;
use crate::double::circleci::CircleCi;
use crate::double::http::Reply;
use crate::double::{Double, Heard, mint};
use crate::stage::{Stage, assert_harmless, header};

const LEGACY: &str = "CIRCLE_TOKEN={token}\n";

fn with<'h>(heard: &'h [Heard], token: &str) -> Vec<&'h Heard> {
    heard.iter().filter(|it| header(it, "circle-token") == Some(token)).collect()
}

/// The paths of the requests that carried a token; `*` is the project that nobody has.
fn paths(double: &Double, token: &str) -> Vec<String> {
    let path = |it: &&Heard| match it.target.split_once("/squelch-") {
        Some((before, _)) => format!("{before}/*"),
        None => it.target.clone(),
    };
    with(&double.heard(), token).iter().map(path).collect()
}

#[test]
fn each_kind_is_asked_about_its_own_way_and_an_old_one_both_ways() {
    let double = Double::start();
    let mut stage = Stage::new();
    let mut server = CircleCi::default();
    let person = server.add_personal("grace", &["acme", "umbrella"]);
    let revoked = server.add_personal("grace", &[]);
    server.personal.last_mut().expect("it was added").revoked = true;
    let project = server.add_project();
    let (old_person, old_project) = (mint::hex(40), mint::hex(40));
    server.add_personal("ada", &["acme"]);
    server.personal.last_mut().expect("it was added").value.clone_from(&old_person);
    server.project.push(old_project.clone());
    double.circleci("c", server);
    stage.name("circleci", &format!("{}/c", double.url()));
    let (deleted, old_dead) = (mint::circle("PRJ"), mint::hex(40));
    for token in [&person, &revoked, &project, &deleted, &old_person, &old_project, &old_dead] {
        stage.plant(token, LEGACY);
        stage.plant(token, LEGACY);
    }
    let said = stage.ask(&[]);
    let verdict = |token: &String| said.state(token).to_owned();
    assert_eq!([&person, &project, &old_person, &old_project].map(verdict), ["live"; 4]);
    assert_eq!([&revoked, &deleted, &old_dead].map(verdict), ["dead"; 3]);
    assert_eq!(said.known(&person, "owner"), ["grace (certain)"]);
    assert_eq!(said.known(&person, "organization"), ["gh/acme (certain)", "gh/umbrella (certain)"]);
    assert_eq!(said.known(&old_person, "owner"), ["ada (certain)"]);
    for token in [&project, &old_project] {
        assert_eq!(said.known(token, "owner"), Vec::<String>::new(), "it has no user");
    }
    let (me, reach, none) =
        ("/c/api/v2/me", "/c/api/v2/me/collaborations", "/c/api/v1.1/project/*");
    assert_eq!(paths(&double, &person), [me, reach]);
    assert_eq!(paths(&double, &revoked), [me]);
    assert_eq!(paths(&double, &project), [none]);
    assert_eq!(paths(&double, &deleted), [none]);
    assert_eq!(paths(&double, &old_person), [me, reach]);
    assert_eq!(paths(&double, &old_project), [me, none]);
    assert_eq!(paths(&double, &old_dead), [me, none]);
    assert_harmless(&stage, &double);
    // One control for each way of asking, each with a token that nobody has.
    let known = [&person, &revoked, &project, &deleted, &old_person, &old_project, &old_dead];
    let heard = double.heard();
    let sent = |it: &&Heard| known.iter().all(|k| header(it, "circle-token") != Some(k.as_str()));
    assert_eq!(heard.iter().filter(sent).count(), 2);
    assert!(heard.iter().all(|it| header(it, "authorization").is_none()));
}

#[test]
fn what_a_server_asks_to_wait_is_waited_and_too_long_is_not() {
    let double = Double::start();
    let mut stage = Stage::new();
    let mut server = CircleCi { throttled: 1, retry_after: "1".to_owned(), ..CircleCi::default() };
    let person = server.add_personal("grace", &[]);
    double.circleci("c", server);
    stage.name("circleci", &format!("{}/c", double.url()));
    stage.plant(&person, LEGACY);
    let said = stage.ask(&[]);
    assert_eq!(said.state(&person), "live", "{said:?}");
    let heard = double.heard();
    assert_eq!(heard.len(), 4, "the control twice, the token, its organizations");
    assert!(heard[1].at - heard[0].at >= Duration::from_millis(950));

    let double = Double::start();
    let mut stage = Stage::new();
    let retry_after = "3600".to_owned();
    let mut server = CircleCi { throttled: 1000, retry_after, ..CircleCi::default() };
    let people: Vec<String> = (0..20).map(|_| server.add_personal("grace", &[])).collect();
    double.circleci("c", server);
    stage.name("circleci", &format!("{}/c", double.url()));
    for token in &people {
        stage.plant(token, LEGACY);
    }
    let said = stage.ask(&[]);
    for token in &people {
        assert_eq!(said.state(token), "unknown");
        assert!(said.why(token).contains("429"), "{}", said.why(token));
    }
    assert_eq!(double.connections(), 1, "it said that it has enough, and is left alone");
}

/// A limit that is met when the control is long done: those that are on their way get to know it, and
/// nobody else is sent.
#[test]
fn a_limit_in_the_middle_is_unknown_and_ends_the_asking() {
    let mut refused = false;
    let canned = Canned::start(move |_| {
        if std::mem::replace(&mut refused, true) {
            Reply::empty(429).with("Retry-After", "3600")
        } else {
            Reply::json(401, "{}")
        }
    });
    let mut stage = Stage::new();
    stage.name("circleci", canned.url());
    let tokens: Vec<String> = (0..40).map(|_| mint::circle("PAT")).collect();
    for token in &tokens {
        stage.plant(token, LEGACY);
    }
    let said = stage.ask(&["--connections", "4"]);
    for token in &tokens {
        assert_eq!(said.state(token), "unknown");
        assert!(said.why(token).contains("429"), "{}", said.why(token));
    }
    let sent = canned.heard().len();
    assert!((2..=1 + 4).contains(&sent), "{sent} requests");
}
