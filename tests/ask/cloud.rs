//! `SonarQube` Cloud: two regions, personal tokens and those of an organization.

use crate::canned::Canned;
use crate::double::cloud::SonarCloud;
use crate::double::fault::{Fault, FaultKind};
use crate::double::http::Reply;
use crate::double::sonar::SonarServer;
use crate::double::{Double, Heard, mint};
use crate::stage::{Stage, assert_harmless, header, pair};

const PERSONAL: &str = "# https://sonarcloud.io\nSONAR_TOKEN={token}\n";
const SCOPED: &str = "SONAR_TOKEN={token}\n";

fn region() -> SonarCloud {
    let mut cloud = SonarCloud::new();
    cloud.server.add_user("grace", &["scan"]);
    cloud.add_organization("acme", &["ada", "grace"]);
    cloud
}

/// The contexts in which a token was asked at `users/current`, in order.
fn asked_at(heard: &[Heard], token: &str) -> Vec<String> {
    let with = |it: &&Heard| {
        it.target.ends_with("/api/users/current") && pair(it).is_some_and(|(user, _)| user == token)
    };
    heard.iter().filter(with).map(|it| it.context.clone()).collect()
}

#[test]
fn personal_tokens_are_asked_about_region_by_region() {
    let double = Double::start();
    let mut stage = Stage::new();
    let (mut eu, mut us) = (region(), region());
    let (in_eu, in_us) = (eu.add_personal("grace", "eu"), us.add_personal("grace", "us"));
    let nowhere = mint::hex(40);
    double.cloud("eu", eu);
    double.cloud("us", us);
    stage.name("sonarqube-cloud", &format!("{}/eu", double.url()));
    stage.name("sonarqube-cloud", &format!("{}/us", double.url()));
    for token in [&in_eu, &in_us, &nowhere] {
        stage.plant(token, PERSONAL);
    }
    let said = stage.ask(&[]);
    assert_eq!(said.state(&in_eu), "live", "{said:?}");
    assert_eq!((said.state(&in_us), said.state(&nowhere)), ("live", "dead"), "{said:?}");
    let why = said.why(&nowhere);
    assert!(why.contains("/eu refused it") && why.contains("/us refused it"), "{why}");
    for (token, name) in [(&in_eu, "eu"), (&in_us, "us")] {
        assert_eq!(said.known(token, "owner"), ["grace (certain)"]);
        assert_eq!(said.known(token, "organization"), ["acme (certain)"]);
        assert_eq!(said.known(token, "token_name"), [format!("{name} (certain)")]);
    }
    let heard = double.heard();
    assert_eq!(asked_at(&heard, &in_eu), ["eu"]);
    assert_eq!(asked_at(&heard, &in_us), ["eu", "us"]);
    assert_eq!(asked_at(&heard, &nowhere), ["eu", "us"]);
    assert_harmless(&stage, &double);
}

/// Refused by one region while the other cannot be asked: it may live there.
#[test]
fn half_an_answer_is_not_dead() {
    let double = Double::start();
    let mut stage = Stage::new();
    let token = mint::hex(40);
    double.cloud("eu", region());
    let honest = SonarServer::new("26.7", false);
    double.fault("us", Fault::everywhere(FaultKind::Html403, honest));
    stage.name("sonarqube-cloud", &format!("{}/eu", double.url()));
    stage.name("sonarqube-cloud", &format!("{}/us", double.url()));
    stage.plant(&token, PERSONAL);
    let said = stage.ask(&[]);
    assert_eq!(said.state(&token), "unknown");
    let why = said.why(&token);
    assert!(why.contains("web page") && why.contains("/eu refused it"), "{why}");
}

#[test]
fn a_token_of_an_organization_lives_by_an_organization_that_nobody_has() {
    let double = Double::start();
    let mut stage = Stage::new();
    let mut eu = region();
    let (live, gone, revoked) =
        (eu.add_scoped("acme"), mint::scoped_organization(), eu.add_scoped("acme"));
    eu.scoped.last_mut().expect("it was added").revoked = true;
    double.cloud("eu", eu);
    stage.name("sonarqube-cloud", &format!("{}/eu", double.url()));
    for token in [&live, &gone, &revoked] {
        stage.plant(token, SCOPED);
    }
    let said = stage.ask(&[]);
    assert_eq!(said.state(&live), "live", "{said:?}");
    assert_eq!((said.state(&gone), said.state(&revoked)), ("dead", "dead"), "{said:?}");
    assert_harmless(&stage, &double);
    // By Bearer, and each with another organization that nobody has.
    let mut organizations = Vec::new();
    for heard in double.heard() {
        let sent = header(&heard, "authorization").expect("a token");
        assert!(sent.starts_with("Bearer sqco_"), "{}", heard.target);
        organizations.push(heard.target.split_once("organization=").expect("one").1.to_owned());
    }
    organizations.sort();
    organizations.dedup();
    assert_eq!(organizations.len(), 4, "three tokens and a control");
}

/// Where the control is refused, these answers to the token are live, and nothing like them is.
#[test]
fn only_the_documented_answers_are_live() {
    let errors = r#"{"errors":[{"msg":"No organization for key"}]}"#;
    let cases = [
        ("live", Reply::json(200, r#"{"paging":{},"components":[]}"#)),
        ("live", Reply::json(403, errors)),
        ("live", Reply::json(404, errors)),
        ("dead", Reply::empty(401)),
        ("unknown", Reply::json(200, "{}")),
        ("unknown", Reply::json(200, r#"{"components":{}}"#)),
        ("unknown", Reply::html(403, "<html>Request blocked</html>")),
        ("unknown", Reply::html(404, errors)),
        ("unknown", Reply::json(404, "{}")),
        ("unknown", Reply::empty(302).with("Location", "https://127.0.0.1:9/sessions/new")),
        ("unknown", Reply::json(400, errors)),
    ];
    for (state, reply) in cases {
        let mut refused = false;
        let canned = Canned::start({
            let reply = reply.clone();
            move |_| {
                if std::mem::replace(&mut refused, true) {
                    reply.clone()
                } else {
                    Reply::empty(401)
                }
            }
        });
        let mut stage = Stage::new();
        let token = mint::scoped_organization();
        stage.name("sonarqube-cloud", canned.url());
        stage.plant(&token, SCOPED);
        let said = stage.ask(&[]);
        assert_eq!(said.state(&token), state, "{reply:?}: {}", said.why(&token));
        assert_eq!(canned.heard().len(), 2, "{reply:?}");
    }
}
