//! Jenkins: closed, open to read, open to administer, and without any security.

use crate::double::Double;
use crate::double::jenkins::{Anonymous, JenkinsServer};
use crate::double::proxy::Proxy;
use crate::stage::Said;

fn look(version: &str, anonymous: Anonymous, jobs: &[&str]) -> Said {
    let double = Double::start();
    let mut server = JenkinsServer::new(version);
    server.add_user("alice");
    server.anonymous = anonymous;
    server.jobs = jobs.iter().map(|&it| it.to_owned()).collect();
    double.jenkins("ci", server);
    Said::of(&format!("{}/ci", double.url()), &[])
}

#[test]
fn a_server_that_anonymous_may_not_read_shows_nothing() {
    for version in ["2.263", "2.541"] {
        let said = look(version, Anonymous::Nothing, &["secret-job"]);
        assert_eq!(said.run.code, Some(0), "{said:#?}");
        assert_eq!(said.summary["service"], "jenkins");
        assert_eq!(said.summary["version"], version);
        assert_eq!(said.ids("closed").len(), 8, "{said:#?}");
        assert_eq!(said.observed("jenkins-script-console"), "403: it refuses");
    }
}

#[test]
fn reading_is_one_thing_and_administering_another() {
    let said = look("2.263", Anonymous::Read, &["a", "b"]);
    assert_eq!(said.ids("open"), ["jenkins-anonymous-read", "jenkins-people"], "{said:#?}");
    assert_eq!(said.observed("jenkins-anonymous-read"), "200: jobs: 2");
    assert_eq!(said.observed("jenkins-people"), "200: people: 1");
    assert!(!said.run.stdout.contains("alice"), "people are counted, not named");
    // The list of people is gone since 2.452.
    let said = look("2.541", Anonymous::Read, &[]);
    assert_eq!(said.ids("open"), ["jenkins-anonymous-read"], "{said:#?}");
    assert!(said.observed("jenkins-anonymous-read").contains("without a job"), "{said:#?}");
    assert_eq!(said.observed("jenkins-people"), "404: it has no such thing");
    let said = look("2.541", Anonymous::Administer, &["a"]);
    assert_eq!(
        said.ids("open"),
        [
            "jenkins-anonymous-read",
            "jenkins-legacy-tokens",
            "jenkins-manage",
            "jenkins-script-console"
        ],
        "{said:#?}"
    );
    let said = look("2.541", Anonymous::Unsecured, &["a"]);
    assert_eq!(said.get("jenkins-no-security")["state"], "open");
    assert_eq!(said.run.code, Some(1));
}

#[test]
fn a_proxy_that_signs_everybody_in_is_seen() {
    let double = Double::start();
    let mut server = JenkinsServer::new("2.541");
    server.add_user("alice").admin = true;
    server.proxy = Proxy::InjectsIdentity("alice".to_owned());
    double.jenkins("ci", server);
    let said = Said::of(&format!("{}/ci", double.url()), &[]);
    for id in ["jenkins-everybody-signed-in", "jenkins-script-console", "jenkins-manage"] {
        assert_eq!(said.get(id)["state"], "open", "{said:#?}");
    }
}
