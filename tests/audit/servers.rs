//! Which server it is: the right one, another one, below a path, by TLS or by http.

use crate::certificates::Authority;
use crate::double::circleci::CircleCi;
use crate::double::http::Reply;
use crate::double::jenkins::JenkinsServer;
use crate::double::proxy::Proxy;
use crate::double::sonar::SonarServer;
use crate::double::{Double, lock};
use crate::front::Front;
use crate::stage::{NOBODY, Said, audit, open_sonar};
use crate::support::Fixture;
use crate::tunnel::{Manner, Tunnel};

#[test]
fn another_server_is_told_from_both() {
    let double = Double::start();
    double.circleci("other", CircleCi::default());
    let said = Said::of(&format!("{}/other", double.url()), &[]);
    assert_eq!((said.run.code, said.summary["complete"].as_bool()), (Some(3), Some(false)));
    let problems = said.run.lines("problem");
    let why = problems[0]["why"].as_str().expect("words");
    assert!(why.contains("SonarQube Server does to GET /api/system/status"), "{why}");
    assert!(why.contains("Jenkins does to GET /whoAmI/api/json"), "{why}");
    let hint = problems[0]["hint"].as_str().expect("words");
    assert!(hint.contains("Check the path, /other"), "{hint}");
    let screen = audit(&[&format!("{}/other", double.url())]);
    assert!(screen.stdout.starts_with("not looked at: "), "{screen:#?}");
}

/// A server below a path: without the path it is another one, or none.
#[test]
fn the_path_belongs_to_the_address() {
    let double = Double::start();
    double.sonar("sonar", SonarServer::new("2025.4", true));
    double.jenkins("ci", JenkinsServer::new("2.541"));
    assert_eq!(Said::of(&double.url(), &[]).run.code, Some(3));
    for (path, service) in
        [("sonar", "sonarqube-server"), ("sonar/", "sonarqube-server"), ("ci", "jenkins")]
    {
        let said = Said::of(&format!("{}/{path}", double.url()), &[]);
        assert_eq!((said.run.code, &said.summary["service"]), (Some(0), &service.into()));
    }
    // Told what it is, squelch asks for nothing else.
    let before = double.connections();
    let said = Said::of(&format!("{}/ci", double.url()), &["--service", "sonarqube-server"]);
    assert_eq!((said.run.code, double.connections() - before), (Some(3), 1), "{said:#?}");
}

#[test]
fn a_redirect_is_not_followed_but_named() {
    let (double, elsewhere) = (Double::start(), Double::start());
    let (url, _, server) = open_sonar(&double, "2025.4", &[]);
    lock(&server).proxy = Proxy::RedirectsToLogin(elsewhere.url());
    let said = Said::of(&url, &[]);
    let hint = said.run.lines("problem")[0]["hint"].as_str().expect("words").to_owned();
    assert!(said.run.code == Some(3) && hint.contains(&elsewhere.url()), "{said:#?}");
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn wrong_use_says_what_to_write() {
    for (args, words) in [
        (&["sonar.example.com"][..], "write it with https://"),
        (&["https://u:p@sonar.example.com"], "no user and password in an address"),
        (&["https://sonar.example.com?x=1"], "only a host, a port and a path"),
        (&["https://sonar.example.com", "--service", "circleci"], "sonarqube-server"),
        (&["http://sonar.example.com", "--header", "jenkins=X-Gate: key"], "add --allow-http"),
        (
            &["https://a;b.example", "--service", "jenkins", "--snippet", "nginx"],
            "a configuration takes",
        ),
    ] {
        let run = audit(args);
        assert!(run.code == Some(2) && run.stderr.contains(words), "{args:?}: {run:#?}");
        assert!(!run.stderr.contains("key") || !args.contains(&"--header"), "{run:#?}");
    }
}

/// Through a proxy, so that a name can be asked for that is no machine.
#[test]
fn plain_http_is_a_finding() {
    let double = Double::start();
    let (_, _, server) = open_sonar(&double, "2025.4", &[]);
    lock(&server).force_auth = true;
    let tunnel = Tunnel::new(Manner::To(double.address()));
    let proxy = tunnel.url("");
    let look = |more: &[&str]| {
        let args =
            ["audit", "--pace", "1000", "--format", "jsonl", "http://sonar.test.invalid/sonar"];
        let env = [("http_proxy", proxy.as_str())];
        Said::new(Fixture::new().squelch_with(&[&args, more].concat(), b"", &env))
    };
    let said = look(&[]);
    assert_eq!(said.ids("open"), ["sonarqube-plain-http"], "{said:#?}");
    assert_eq!((said.run.code, said.summary["open"].as_u64()), (Some(1), Some(1)));
    assert!(said.get("sonarqube-plain-http").get("url").is_none());
    // This machine's own address is no such thing.
    let said = Said::of(&format!("{}/sonar", double.url()), &[]);
    assert!(said.observed("sonarqube-plain-http").contains("this machine"), "{said:#?}");
}

#[test]
fn by_tls_only_whom_somebody_trusted_signed() {
    let (double, authority) = (Double::start(), Authority::new());
    double.sonar("sonar", SonarServer::new("2025.4", true));
    let front = Front::new(&authority.server(&["localhost"]), double.address());
    let url = format!("https://localhost:{}/sonar", front.port);
    let fixture = Fixture::new();
    fixture.write("ca.pem", &authority.pem);
    let look = |more: &[&str]| {
        let args = ["audit", "--pace", "1000", "--format", "jsonl", &url];
        Said::new(fixture.squelch_with(&[&args, more].concat(), b"", &NOBODY))
    };
    let said = look(&["--ca", "ca.pem"]);
    assert_eq!((said.run.code, said.summary["facts"].as_u64()), (Some(0), Some(2)), "{said:#?}");
    assert_eq!(said.observed("sonarqube-plain-http"), "https");
    let heard = double.heard().len();
    let said = look(&[]);
    assert!(said.run.code == Some(3) && !said.run.lines("problem").is_empty(), "{said:#?}");
    assert_eq!(double.heard().len(), heard, "nothing is asked of whom nobody trusts");
}

#[test]
fn a_server_without_tls_is_not_asked_by_https() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let url = format!("https://{}", listener.local_addr().expect("it is bound"));
    let plain = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().expect("squelch comes");
        let mut sent = vec![0; 4096];
        let length = stream.read(&mut sent).expect("its hello");
        stream.write_all(&Reply::empty(200).bytes()).expect("it listens");
        assert!(!sent[..length].starts_with(b"GET"), "nothing is sent in the clear");
    });
    let said = Said::of(&url, &["--timeout", "5"]);
    plain.join().expect("it was asked");
    let why = said.run.lines("problem")[0]["why"].as_str().expect("words").to_owned();
    assert!(said.run.code == Some(3) && why.contains("no safe connection"), "{said:#?}");
}

#[test]
fn a_dry_run_says_all_that_would_be_asked_and_asks_nothing() {
    let double = Double::start();
    let (url, _, _) = open_sonar(&double, "2025.4", &[]);
    let run = audit(&[&url, "--dry-run", "--quiet", "--read-source"]);
    assert_eq!((run.code, double.connections(), run.stdout.as_str()), (Some(0), 0, ""), "{run:#?}");
    let said = run.stderr;
    assert!(
        said.starts_with(&format!("Asking {url}, without any credential, by GET only\n")),
        "{said}"
    );
    let asked = Said::of(&url, &["--read-source"]);
    for heard in double.heard() {
        let path = heard.target.strip_prefix("/sonar").expect("below the path");
        // The slots of the last two are filled on the way.
        let known = path.split("?component").next().and_then(|it| it.split("?key").next());
        assert!(said.contains(known.expect("a path")), "{path} was not announced:\n{said}");
    }
    assert!(asked.run.stderr.contains("Asking "), "also when it does ask");
    let quiet = Fixture::new().squelch_with(&["audit", &url, "--quiet"], b"", &NOBODY);
    assert_eq!(quiet.stderr, "");
}
