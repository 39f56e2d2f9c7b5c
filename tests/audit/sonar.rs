//! Two pictures of `SonarQube`: a server that shows nothing, and one that shows all.

use crate::double::Double;
use crate::double::lock;
use crate::double::proxy::Proxy;
use crate::double::sonar::SonarServer;
use crate::stage::{Said, audit, open_sonar};

#[test]
fn a_server_that_wants_a_credential_shows_nothing() {
    let double = Double::start();
    let mut server = SonarServer::new("2025.4", true);
    server.add_user("grace", &["admin"]);
    double.sonar("sonar", server);
    let url = format!("{}/sonar", double.url());
    let said = Said::of(&url, &[]);
    assert_eq!(said.run.code, Some(0), "{said:#?}");
    assert_eq!((said.ids("open").len(), said.ids("unknown").len()), (0, 0), "{said:#?}");
    assert_eq!(said.summary["service"], "sonarqube-server");
    assert_eq!(said.summary["version"], "2025.4");
    assert_eq!(said.summary["complete"], true);
    assert_eq!(said.summary["facts"], 2, "the version, and where scanners find their engine");
    assert_eq!(said.observed("sonarqube-users"), "401: it wants a credential");
    assert_eq!(said.get("sonarqube-users")["url"], format!("{url}/api/users/search?ps=1"));
    let screen = audit(&[&url]);
    assert!(screen.stdout.contains("Nothing is open that should be closed: "), "{screen:#?}");
    assert!(!screen.stdout.contains("--snippet"), "{screen:#?}");
}

#[test]
fn a_server_that_anybody_may_scan_shows_its_secrets_and_what_to_do() {
    let double = Double::start();
    let (url, _, _) = open_sonar(&double, "8.4.2.36762", &["scan", "provisioning"]);
    let said = Said::of(&url, &[]);
    assert_eq!(said.run.code, Some(1), "{said:#?}");
    assert_eq!(
        said.ids("open"),
        [
            "sonarqube-anonymous-access",
            "sonarqube-anyone-manages",
            "sonarqube-anyone-scans",
            "sonarqube-plugins",
            "sonarqube-projects",
            "sonarqube-secured-settings",
            "sonarqube-service-settings",
            "sonarqube-users",
        ]
    );
    assert_eq!(said.get("sonarqube-secured-settings")["cve"], "CVE-2020-27986");
    assert_eq!(said.get("sonarqube-secured-settings")["cwe"], "CWE-306");
    assert_eq!(
        said.observed("sonarqube-secured-settings"),
        "200: secured settings with their values: 2 (email.smtp_password.secured, \
         sonar.auth.github.clientSecret.secured)"
    );
    assert_eq!(
        said.observed("sonarqube-anyone-scans"),
        "200: global permissions of whoever asks: scan"
    );
    assert_eq!(said.observed("sonarqube-users"), "200: users: 1");
    assert_eq!(said.get("sonarqube-users")["count"], 1);
    assert!(!said.has("sonarqube-source"), "only with leave");
    let screen = audit(&[&url]).stdout;
    let first = screen.lines().nth(3).expect("a line");
    assert_eq!(first, "critical: Passwords and secrets of the settings are shown (CVE-2020-27986)");
    for words in [
        "SonarQube Server 8.4.2.36762 at ",
        "  means:  Secured settings stand in the answer",
        "  close:  1. Change each of these passwords",
        "--snippet nginx",
        "8 of 17 checks found something open: 1 critical, 1 high, 4 medium, 2 low.",
    ] {
        assert!(screen.contains(words), "{words:?} is not in:\n{screen}");
    }
}

#[test]
fn names_at_other_systems_are_a_vulnerability_of_old_versions() {
    let double = Double::start();
    let (url, _, _) = open_sonar(&double, "6.3", &[]);
    let said = Said::of(&url, &[]);
    assert_eq!(said.get("sonarqube-user-identities")["cve"], "CVE-2018-19413");
    assert_eq!(said.observed("sonarqube-users"), "200: users: 1", "its total stands elsewhere");
    let (url, _, _) = open_sonar(&double, "7.4", &[]);
    assert_eq!(Said::of(&url, &[]).get("sonarqube-user-identities")["state"], "closed");
}

#[test]
fn code_is_asked_for_with_leave_only_and_not_kept() {
    let double = Double::start();
    let (url, canaries, server) = open_sonar(&double, "2025.4", &[]);
    let said = Said::of(&url, &["--read-source"]);
    assert_eq!(said.observed("sonarqube-source"), "200: the first line of a file");
    let asked = "/api/sources/show?key=project-1%3Asrc%2FMain.java&from=1&to=1";
    assert_eq!(said.get("sonarqube-source")["url"], format!("{url}{asked}"));
    canaries.assert_unseen(&said.run.stdout);
    lock(&server).private = true;
    let said = Said::of(&url, &["--read-source"]);
    assert_eq!(said.get("sonarqube-source")["state"], "closed");
    assert_eq!(said.observed("sonarqube-source"), "no project is named to ask about");
    lock(&server).force_auth = true;
    let said = Said::of(&url, &["--read-source"]);
    assert_eq!(said.observed("sonarqube-source"), "401: it wants a credential");
}

/// Single sign-on that takes everybody for an administrator: nothing but that matters.
#[test]
fn a_proxy_that_signs_everybody_in_is_seen() {
    let double = Double::start();
    let (url, canaries, server) = open_sonar(&double, "2025.4", &[]);
    lock(&server).proxy = Proxy::InjectsIdentity("grace".to_owned());
    let said = Said::of(&url, &[]);
    for id in [
        "sonarqube-everybody-signed-in",
        "sonarqube-anyone-administers",
        "sonarqube-webhooks",
        "sonarqube-system-info",
        "sonarqube-secret-names",
    ] {
        assert_eq!(said.get(id)["state"], "open", "{id}: {said:#?}");
    }
    canaries.assert_unseen(&said.run.stdout);
}
