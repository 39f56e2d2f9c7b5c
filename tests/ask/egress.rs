//! Where bytes may go: to servers that the user named, and only when they asked for it.

use std::process::Command;

use crate::double::sonar::{SonarServer, TokenKind};
use crate::double::{Double, Shared};
use crate::stage::{Stage, header};

/// A server with one live token of `grace`.
fn server(double: &Double, context: &str) -> (String, String, Shared<SonarServer>) {
    let mut server = SonarServer::new("26.7", true);
    server.add_user("grace", &["scan"]);
    let token = server.add_token("grace", "laptop", TokenKind::User).value.clone();
    (format!("{}/{context}", double.url()), token, double.sonar(context, server))
}

#[test]
fn a_dry_run_says_what_would_be_asked_and_opens_no_socket() {
    let double = Double::start();
    let mut stage = Stage::new();
    let (url, token, _) = server(&double, "sonar");
    let other = TokenKind::Global.mint();
    stage.name("sonarqube-server", &url);
    for token in [&token, &other] {
        stage.plant_sonar(token, &url);
    }
    let said = stage.ask(&["--dry-run"]);
    let plan = format!(
        "Asking {url}\n  GET /api/system/status  at most 1, without a token that was found\n  \
         GET /api/users/current  at most 1, without a token that was found\n  \
         GET /api/users/current  at most 2, with a token\n  \
         GET /api/user_tokens/search  at most 2, with a token\n"
    );
    assert!(said.run.stderr.contains(&plan), "{}", said.run.stderr);
    assert_eq!((said.state(&token), said.state(&other)), ("unasked", "unasked"));
    assert!(said.why(&token).contains("dry run"), "{}", said.why(&token));
    assert_eq!(double.connections(), 0);
    // The plan is not cut short by --quiet, which is about what is done.
    let quiet = stage.ask(&["--dry-run", "--quiet"]);
    assert!(quiet.run.stderr.contains(&plan), "{}", quiet.run.stderr);
    // What then happens is what was said.
    let said = stage.ask(&[]);
    assert!(said.run.stderr.contains(&plan), "{}", said.run.stderr);
    assert_eq!((said.state(&token), said.state(&other)), ("live", "dead"));
    assert!(double.connections() <= 6, "{} connections", double.connections());
}

#[test]
fn nothing_is_asked_unasked() {
    let double = Double::start();
    let mut stage = Stage::new();
    let (url, token, _) = server(&double, "sonar");
    stage.plant_sonar(&token, &url);
    let said = stage.offline();
    assert_eq!(said.state(&token), "unasked");
    assert!(said.why(&token).contains("offline"), "{}", said.why(&token));
    // With leave to ask, but not that server: what was scanned chooses no host.
    let said = stage.ask(&[]);
    assert_eq!(said.state(&token), "unasked");
    let flag = format!("--endpoint sonarqube-server={url}");
    assert!(said.why(&token).contains(&flag), "{}", said.why(&token));
    assert_eq!(double.connections(), 0);
    // The flag, as it says, is all that it takes.
    stage.name("sonarqube-server", &url);
    assert_eq!(stage.ask(&[]).state(&token), "live");
}

/// A server named for another service is none for this one.
#[test]
fn a_server_is_named_for_one_service() {
    let double = Double::start();
    let mut stage = Stage::new();
    let (url, token, _) = server(&double, "sonar");
    stage.name("jenkins", &url);
    stage.plant_sonar(&token, &url);
    assert_eq!(stage.ask(&[]).state(&token), "unasked");
    assert_eq!(double.connections(), 0);
}

/// Refused by a server that it does not stand beside: it may be alive at the one that it does.
#[test]
fn a_token_beside_another_server_is_not_dead() {
    let (named, other) = (Double::start(), Double::start());
    let mut stage = Stage::new();
    let (url, own, _) = server(&named, "y");
    let (other_url, foreign, _) = server(&other, "x");
    stage.name("sonarqube-server", &url);
    stage.plant_sonar(&foreign, &other_url);
    stage.plant_sonar(&own, &url);
    // One that stands beside both, in two files.
    let both = TokenKind::User.mint();
    stage.plant_sonar(&both, &url);
    stage.plant_sonar(&both, &other_url);
    // One beside neither: the named server is all there is.
    let lone = TokenKind::User.mint();
    stage.plant(&lone, "sonar.login={token}\n");
    let said = stage.ask(&[]);
    let flag = format!("--endpoint sonarqube-server={other_url}");
    for token in [&foreign, &both] {
        assert_eq!(said.state(token), "unknown", "{}", said.why(token));
        assert!(said.why(token).contains(&flag), "{}", said.why(token));
    }
    assert_eq!((said.state(&own), said.state(&lone)), ("live", "dead"));
    assert!(said.why(&lone).contains(&url), "{}", said.why(&lone));
    assert_eq!(other.connections(), 0);
}

/// A path below a server, another port, another host that begins so: only the first is the server.
#[test]
fn addresses_that_only_look_like_the_server_are_others() {
    let double = Double::start();
    let mut stage = Stage::new();
    let (url, _, _) = server(&double, "sonar");
    stage.name("sonarqube-server", &url);
    let others = [
        format!("{url}qube"),
        format!("{}.example.invalid/sonar", double.url()),
        "http://127.0.0.1:9/sonar".to_owned(),
        format!("http://localhost:{}/sonar", double.address().port()),
    ];
    let tokens: Vec<String> = others.iter().map(|_| TokenKind::User.mint()).collect();
    for (token, other) in tokens.iter().zip(&others) {
        stage.plant_sonar(token, other);
    }
    let below = TokenKind::User.mint();
    stage.plant(&below, &format!("curl -u {{token}}: {url}/api/issues/search\n"));
    let said = stage.ask(&[]);
    for (token, other) in tokens.iter().zip(&others) {
        assert_eq!(said.state(token), "unknown", "{other}: {}", said.why(token));
    }
    assert_eq!(said.state(&below), "dead", "{}", said.why(&below));
    assert!(double.heard().iter().all(|it| it.context == "sonar"));
}

#[test]
fn a_header_goes_to_the_named_servers_of_its_service_and_into_no_output() {
    let double = Double::start();
    let mut stage = Stage::new();
    let (url, token, _) = server(&double, "sonar");
    let mut jenkins = crate::double::jenkins::JenkinsServer::new("2.541");
    let now = jenkins.clock.now();
    let other = jenkins.add_user("alice").add_token("ci", now).value.clone();
    double.jenkins("jenkins", jenkins);
    stage.name("sonarqube-server", &url);
    stage.name("jenkins", &format!("{}/jenkins", double.url()));
    stage.plant_sonar(&token, &url);
    stage.plant_jenkins(&other, "alice", &format!("{}/jenkins", double.url()));
    let key = format!("gate-{}", crate::double::mint::hex(20));
    for format in ["jsonl", "human", "sarif"] {
        let args = ["scan", "--no-history", "--verify", "--pace", "1000", "--format", format];
        let flag = ["--header", "sonarqube-server=X-Gate: ${GATE_KEY}"];
        let run = stage.with_env(&[&args[..], &flag].concat(), b"", &[("GATE_KEY", &key)]);
        assert_eq!(run.code, Some(1), "{run:#?}");
        assert!(!run.stdout.contains(&key) && !run.stderr.contains(&key), "{run:#?}");
    }
    for heard in double.heard() {
        let expected = (heard.context == "sonar").then_some(key.as_str());
        assert_eq!(header(&heard, "x-gate"), expected, "{}", heard.target);
    }
    assert!(double.heard().iter().any(|it| it.context == "jenkins"));
}

/// The system calls that could send something.
const CALLS: &str = "trace=socket,connect,sendto,sendmsg,sendmmsg,bind";

/// Without `--verify`, and in a dry run, no socket is made: not only none that a double would see.
#[test]
fn the_kernel_sees_no_socket_of_an_offline_scan() {
    if std::env::var_os("SQUELCH_SKIP_STRACE").is_some() {
        #[expect(clippy::print_stderr, reason = "what was not looked at is said")]
        {
            eprintln!("SKIPPED: SQUELCH_SKIP_STRACE is set, so no system call was looked at");
        }
        return;
    }
    let double = Double::start();
    let mut stage = Stage::repository();
    let (url, token, _) = server(&double, "sonar");
    stage.plant_sonar(&token, &url);
    stage.fixture.git(&["add", "-A"]);
    stage.fixture.git(&["commit", "-q", "-m", "A leak"]);
    let endpoint = format!("sonarqube-server={url}");
    let calls = |args: &[&str]| {
        let output = Command::new("strace")
            .current_dir(stage.fixture.root())
            .args(["-f", "-qq", "-e", CALLS, "-o", "calls.txt"])
            .arg(env!("CARGO_BIN_EXE_squelch"))
            .args(args)
            .output()
            .expect("strace runs: install it, or set SQUELCH_SKIP_STRACE");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        let text = std::fs::read_to_string(stage.fixture.path("calls.txt")).expect("a trace");
        let call = |line: &&str| CALLS[6..].split(',').any(|it| line.contains(&format!("{it}(")));
        text.lines().filter(call).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(calls(&["scan", "."]), Vec::<String>::new());
    let dry = ["scan", "--verify", "--dry-run", "--endpoint", &endpoint, "."];
    assert_eq!(calls(&dry), Vec::<String>::new());
    // The same eyes do see one.
    let seen = calls(&["scan", "--verify", "--endpoint", &endpoint, "."]);
    assert!(seen.iter().any(|call| call.contains("connect(")), "{seen:?}");
    // And none of them goes anywhere else.
    let port = format!("htons({})", double.address().port());
    let elsewhere = |call: &&String| call.contains("connect(") && !call.contains(&port);
    assert_eq!(seen.iter().find(elsewhere), None);
}
