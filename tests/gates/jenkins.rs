//! Before Jenkins.

use crate::double::Double;
use crate::double::jenkins::{Anonymous, JenkinsServer};
use crate::gate::{Gate, KINDS, squelch};

const PASS: [&str; 16] = [
    "GET /ci/login",
    "GET /ci/login?from=%2Fci%2F",
    "POST /ci/j_spring_security_check",
    "GET /ci/loginError",
    "GET /ci/logout",
    "GET /ci/securityRealm/finishLogin?code=a",
    "GET /ci/static/1a2b3c4d/scripts/hudson-behavior.js",
    "GET /ci/adjuncts/1a2b3c4d/lib/layout/layout.css",
    "GET /ci/favicon.ico",
    "GET /ci/robots.txt",
    "GET /ci/whoAmI/api/json",
    "GET /ci/tcpSlaveAgentListener/",
    "HEAD /ci/tcpSlaveAgentListener/",
    "GET /ci/jnlpJars/agent.jar",
    "GET /ci/wsagents/",
    "GET /ci/assets/theme/style.css",
];

const REFUSED: [&str; 21] = [
    "GET /ci/",
    "GET /ci/api/json",
    "GET /ci/script",
    "POST /ci/script",
    "GET /ci/scriptText",
    "GET /ci/manage/",
    "GET /ci/job/shop/1/consoleText",
    "GET /ci/whoAmI/",
    "GET /ci/whoAmI",
    "GET /ci/whoAmI/api/xml",
    "POST /ci/cli",
    "GET /ci/signup",
    "GET /ci/job/shop/style.css",
    "GET /ci/static/../script",
    "GET /ci/static/..;/script",
    "GET /ci/static/%2e%2e/script",
    "GET /ci/login/../script",
    "GET /ci/login;/../script",
    "GET /ci/securityRealm/..%2fscript",
    "POST /ci/wsagents/",
    "PUT /ci/login",
];

fn server(double: &Double, anonymous: Anonymous) {
    let mut server = JenkinsServer::new("2.541");
    server.add_user("alice");
    server.anonymous = anonymous;
    server.jobs = vec!["shop".to_owned()];
    double.jenkins("ci", server);
}

#[test]
fn exactly_what_is_listed_passes_without_a_credential() {
    for kind in KINDS.into_iter().filter(|kind| kind.is_there()) {
        let double = Double::start();
        server(&double, Anonymous::Unsecured);
        let gate = Gate::before(kind, &double, "/ci", "jenkins");
        gate.lets_through_exactly(&PASS, &REFUSED, &double);
    }
}

/// An agent shows its own secret, and its connection becomes a web socket.
#[test]
fn agents_reach_the_server_by_web_sockets() {
    for kind in KINDS.into_iter().filter(|kind| kind.is_there()) {
        let double = Double::start();
        server(&double, Anonymous::Nothing);
        let gate = Gate::before(kind, &double, "/ci", "jenkins");
        let headers = [
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Node-Name: agent-1",
        ];
        let _ = gate.ask("GET /ci/wsagents/", &headers);
        let heard = double.heard().pop().expect("a request");
        let value = |name: &str| {
            heard.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.to_lowercase())
        };
        assert_eq!(value("upgrade").as_deref(), Some("websocket"), "{kind:?}: {heard:#?}");
        assert_eq!(value("connection").as_deref(), Some("upgrade"), "{kind:?}: {heard:#?}");
        assert_eq!(value("node-name").as_deref(), Some("agent-1"), "{kind:?}");
    }
}

#[test]
fn sessions_and_passwords_pass() {
    for kind in KINDS.into_iter().filter(|kind| kind.is_there()) {
        let double = Double::start();
        server(&double, Anonymous::Nothing);
        let gate = Gate::before(kind, &double, "/ci", "jenkins");
        for (header, passes) in [
            ("Authorization: Basic YWxpY2U6eA==", true),
            ("Authorization: Bearer x", false),
            ("Cookie: JSESSIONID.1a2b3c4d=node01", true),
            ("Cookie: screenResolution=1x1; JSESSIONID.1a2b3c4d=node01", true),
            ("Cookie: remember-me=x", true),
            ("Cookie: JSESSIONIDx1a2b3c4d=node01", false),
            ("Cookie: XJSESSIONID.1a=node01", false),
        ] {
            let before = double.heard().len();
            let answer = gate.ask("GET /ci/api/json", &[header]);
            assert_eq!(double.heard().len() > before, passes, "{kind:?} {header}: {answer:?}");
        }
        let answer = gate.ask("GET /ci/job/shop/", &["Accept: text/html"]);
        let to = answer.header("location").unwrap_or_default();
        assert!(answer.status == 302 && to.ends_with("/ci/login"), "{kind:?}: {answer:?}");
    }
}

#[test]
fn the_gate_closes_what_the_server_leaves_open() {
    for kind in KINDS.into_iter().filter(|kind| kind.is_there()) {
        let double = Double::start();
        server(&double, Anonymous::Unsecured);
        let gate = Gate::before(kind, &double, "/ci", "jenkins");
        let run = squelch(&["audit", &format!("{}/ci", double.url())], b"");
        assert!(
            run.code == Some(1) && run.stdout.contains("The script console is open"),
            "{run:#?}"
        );
        let run = squelch(&["audit", &format!("http://127.0.0.1:{}/ci", gate.port)], b"");
        assert_eq!(run.code, Some(0), "{kind:?}: {run:#?}");
    }
}
