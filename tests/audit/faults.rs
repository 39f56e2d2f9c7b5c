//! Everything that a server, or the network before it, can do wrong: it proves nothing, it is said,
//! and it never reads as closed.

use std::time::{Duration, Instant};

use crate::double::Double;
use crate::double::fault::{Fault, FaultKind};
use crate::double::sonar::SonarServer;
use crate::stage::{Said, audit};

const SETTINGS: &str = "/api/settings/values";

fn faults() -> Vec<(FaultKind, &'static str)> {
    let slow = Duration::from_millis(200);
    let login = "https://sso.example.invalid/login".to_owned();
    vec![
        (FaultKind::Html200, "200 with a web page"),
        (FaultKind::Html403, "403 with a web page"),
        (FaultKind::Redirect(302, login), "a redirect"),
        (FaultKind::Throttled(3600), "429"),
        (FaultKind::ServerError, "500"),
        (FaultKind::BigBody, "longer than"),
        (FaultKind::SlowHeader(slow), "in time"),
        (FaultKind::NoReply, "in time"),
        (FaultKind::Reset, "hung up"),
        (FaultKind::ShortBody, "hung up"),
        (FaultKind::DeepJson, "200, but not in the form"),
        (FaultKind::Utf16Json, "200, but not in the form"),
        (FaultKind::Array, "200, but not in the form"),
        (FaultKind::TrailingBytes, "200, but not in the form"),
        (FaultKind::GzipBomb, "200, but not in the form"),
        (FaultKind::ProxyAuthentication, "a proxy asks"),
        (FaultKind::Http09, "no HTTP as it should be"),
    ]
}

#[test]
fn an_answer_that_proves_nothing_is_not_closed() {
    for (what, why) in faults() {
        let double = Double::start();
        // Nothing is open, so that what is not known decides.
        let mut server = SonarServer::new("2025.4", false);
        server.private = true;
        let mut fault = Fault::new(what.clone(), server);
        fault.on = vec![SETTINGS.to_owned()];
        double.fault("sonar", fault);
        let said = Said::of(&format!("{}/sonar", double.url()), &["--timeout", "2"]);
        for id in
            ["sonarqube-secured-settings", "sonarqube-service-settings", "sonarqube-secret-names"]
        {
            assert_eq!(said.get(id)["state"], "unknown", "{what:?}: {said:#?}");
            assert!(said.observed(id).contains(why), "{what:?}: {}", said.observed(id));
        }
        assert_eq!(said.summary["complete"], false, "{what:?}");
        // Anonymous access is open here; the rest of the questions went on.
        assert_eq!(said.run.code, Some(1), "{what:?}");
        assert_eq!(
            said.get("sonarqube-webhooks")["state"],
            if matches!(what, FaultKind::Throttled(_)) { "unknown" } else { "closed" },
            "{what:?}"
        );
    }
}

#[test]
fn with_nothing_open_the_status_says_that_it_is_not_known() {
    let double = Double::start();
    let mut fault = Fault::new(FaultKind::Html200, SonarServer::new("2025.4", true));
    fault.on = vec![SETTINGS.to_owned()];
    double.fault("sonar", fault);
    let run = audit(&[&format!("{}/sonar", double.url())]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(run.stdout.contains("Nothing open was seen, but 3 of "), "{run:#?}");
    assert!(run.stdout.contains("Not known\n"), "{run:#?}");
}

/// Who says nothing twice in a row gets no more questions.
#[test]
fn a_silent_server_does_not_take_all_day() {
    let double = Double::start();
    let mut fault = Fault::new(FaultKind::NoReply, SonarServer::new("2025.4", true));
    fault.on =
        ["/api/authentication/validate", "/api/users/current", SETTINGS, "/api/users/search"]
            .map(str::to_owned)
            .to_vec();
    double.fault("sonar", fault);
    let begun = Instant::now();
    let said = Said::of(&format!("{}/sonar", double.url()), &["--timeout", "1"]);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(said.run.code, Some(3), "{said:#?}");
    assert!(said.observed("sonarqube-system-info").contains("not asked"), "{said:#?}");
}

#[test]
fn where_nobody_is_nothing_is_known() {
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let url = format!("http://{}", free.local_addr().expect("it is bound"));
    drop(free);
    let said = Said::of(&url, &[]);
    assert_eq!(said.run.code, Some(3), "{said:#?}");
    let why = said.run.lines("problem")[0]["why"].as_str().expect("words").to_owned();
    assert_eq!(why, "nothing listens there");
}
