//! By TLS, and with several servers behind one proxy.

use crate::certificates::Authority;
use crate::double::Double;
use crate::double::jenkins::JenkinsServer;
use crate::double::sonar::SonarServer;
use crate::gate::{Gate, KINDS, Kind, free_port, installed, snippet};
use crate::support::Fixture;

fn double() -> Double {
    let double = Double::start();
    double.sonar("sonar", SonarServer::new("2025.4", true));
    double.jenkins("ci", JenkinsServer::new("2.541"));
    double
}

#[test]
fn the_configuration_with_a_certificate_is_taken_as_it_is() {
    for kind in KINDS.into_iter().filter(|kind| kind.is_there()) {
        let (double, authority, port) = (double(), Authority::new(), free_port());
        let url = format!("https://localhost:{port}/sonar");
        let identity = authority.server(&["localhost"]);
        let fixture = Fixture::new();
        fixture.write("ca.pem", &authority.pem);
        fixture.write("fullchain.pem", &identity.pem);
        fixture.write("privkey.pem", identity.key_pem());
        let text = installed(&snippet(kind, &url, "sonarqube-server"), port, double.address());
        let text = text.replace("/etc/ssl/sonarqube_server", &fixture.root().display().to_string());
        let ca = fixture.path("ca.pem").display().to_string();
        let _gate = Gate::start(kind, port, &text, fixture);
        let run = crate::gate::squelch(&["audit", &url, "--ca", &ca, "--format", "jsonl"], b"");
        assert_eq!(run.code, Some(0), "{kind:?}: {run:#?}");
        let told = double
            .heard()
            .iter()
            .all(|it| it.headers.contains(&("x-forwarded-proto".to_owned(), "https".to_owned())));
        assert!(told && !double.heard().is_empty(), "{kind:?}: {:#?}", double.heard());
    }
}

/// Names in one configuration are not those of another.
#[test]
fn two_servers_stand_behind_one_proxy() {
    for kind in KINDS.into_iter().filter(|kind| kind.is_there()) {
        let (double, ports) = (double(), [free_port(), free_port()]);
        let one = |port: u16, path: &str, service: &str| {
            let url = format!("http://127.0.0.1:{port}{path}");
            installed(&snippet(kind, &url, service), port, double.address())
        };
        let both = one(ports[0], "/sonar", "sonarqube-server") + &one(ports[1], "/ci", "jenkins");
        let gate = Gate::start(kind, ports[0], &both, Fixture::new());
        assert_eq!(gate.ask("GET /sonar/api/system/status", &[]).status, 200, "{kind:?}");
        assert_eq!(gate.ask("GET /sonar/api/users/search", &[]).status, 401, "{kind:?}");
        let url = format!("http://127.0.0.1:{}/ci", ports[1]);
        let run = crate::gate::squelch(&["audit", &url, "--format", "jsonl"], b"");
        assert_eq!(run.code, Some(0), "{kind:?}: {run:#?}");
    }
}

/// The comments say all that the list leaves out, in both languages.
#[test]
fn a_configuration_says_what_it_is() {
    for kind in [Kind::Nginx, Kind::Apache] {
        let text = snippet(kind, "https://sonar.example.com/sonar", "sonarqube-server");
        for words in [
            "SonarQube Server at https://sonar.example.com/sonar",
            "sonar.forceAuthentication",
            "Left out on purpose",
        ] {
            assert!(text.contains(words), "{words:?} is not in:\n{text}");
        }
        assert!(text.is_ascii() && text.ends_with("}\n") || text.ends_with("</VirtualHost>\n"));
        let long = text.lines().filter(|line| line.starts_with('#')).find(|line| line.len() > 99);
        assert_eq!(long, None);
    }
}
