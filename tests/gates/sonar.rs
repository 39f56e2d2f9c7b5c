//! Before `SonarQube`.

use crate::double::sonar::{SonarServer, TokenKind};
use crate::double::{Double, Shared, lock};
use crate::gate::{Gate, KINDS, squelch};

/// What the facts say people and scanners need before they have a credential.
const PASS: [&str; 26] = [
    "GET /sonar/api/system/status",
    "HEAD /sonar/api/system/status",
    "GET /sonar/api/system/status?x=/../api/users/search",
    "GET /sonar/api/server/version",
    "GET /sonar/batch/index",
    "GET /sonar/batch/file?name=scanner.jar",
    "GET /sonar/sessions/new",
    "GET /sonar/sessions/new?return_to=%2Fsonar%2Fprojects",
    "GET /sonar/sessions/init/github",
    "POST /sonar/oauth2/callback/saml",
    "GET /sonar/oauth2/callback/github?code=a&state=b",
    "POST /sonar/api/authentication/login",
    "POST /sonar/api/authentication/logout",
    "GET /sonar/api/authentication/validate",
    "GET /sonar/api/users/identity_providers",
    "GET /sonar/api/l10n/index?locale=en",
    "GET /sonar/api/settings/login_message",
    "GET /sonar/api/project_badges/measure?project=p&metric=coverage&token=x",
    "GET /sonar/api/project_badges/quality_gate?project=p",
    "GET /sonar/api/project_badges/ai_code_assurance?project=p",
    "GET /sonar/js/main.5f2e.js",
    "GET /sonar/assets/deep/style.css",
    "GET /sonar/static/java/rules.json",
    "GET /sonar/favicon.ico",
    "GET /sonar/apple-touch-icon-57x57.png",
    "GET /sonar/robots.txt",
];

/// What has to stay outside, and every way around the list that anybody has thought of.
const REFUSED: [&str; 43] = [
    "GET /sonar/",
    "GET /sonar/projects",
    "GET /sonar/api/users/search",
    "GET /sonar/api/users/current",
    "GET /sonar/api/settings/values",
    "GET /sonar/api/components/search_projects?ps=1",
    "GET /sonar/api/sources/raw?key=x",
    "GET /sonar/api/plugins/installed",
    "GET /sonar/api/webservices/list",
    "GET /sonar/api/v2/analysis/version",
    "GET /sonar/batch/project",
    "POST /sonar/api/ce/submit",
    "POST /sonar/api/system/status",
    "POST /sonar/api/system/migrate_db",
    "GET /sonar/setup",
    "GET /sonar/maintenance",
    "PUT /sonar/sessions/new",
    "DELETE /sonar/api/authentication/login",
    "GET /sonar/api/system/statusx",
    "GET /sonar/api/system/status/x",
    "GET /sonar/api/system/status;x=1",
    "GET /sonar/api/system/status%00",
    "GET /sonar/api/system/status%2f..%2f..%2fusers%2fsearch",
    "GET /sonar/api/system/status/../../users/search",
    "GET /sonar/static/../api/users/search",
    "GET /sonar/static/..;/api/users/search",
    "GET /sonar/static/..;x=1/api/users/search",
    "GET /sonar/static/%2e%2e/api/users/search",
    "GET /sonar/static/%2e%2e;/api/users/search",
    "GET /sonar/static/..%2fapi/users/search",
    "GET /sonar/static/..%5capi/users/search",
    "GET /sonar/static//../api/users/search",
    "GET /sonar//api/users/search",
    "GET //sonar/static/../api/users/search",
    "GET /sonar/api/users/search/x.js",
    "GET /sonar/api/users/search;x.js",
    "GET /sonar/api/users/search?x.js",
    "GET /sonar/api%2fusers%2fsearch.js",
    "GET /sonar/%61pi/users/search",
    "GET /sonar/API/users/search",
    "GET /sonar/api/users/search#/sonar/static/",
    "GET http://127.0.0.1/sonar/api/users/search",
    "GET http://127.0.0.1/sonar/static/../api/users/search",
];

/// A server where anonymous access is allowed: the worst case to stand before.
fn open_server(double: &Double, context: &str) -> (String, Shared<SonarServer>) {
    let mut server = SonarServer::new("2025.4", false);
    server.anyone = vec!["admin".to_owned(), "scan".to_owned()];
    server.add_user("grace", &["scan"]);
    let token = server.add_token("grace", "ci", TokenKind::User).value.clone();
    (token, double.sonar(context, server))
}

#[test]
fn exactly_what_is_listed_passes_without_a_credential() {
    for kind in KINDS.into_iter().filter(|kind| kind.is_there()) {
        let double = Double::start();
        open_server(&double, "sonar");
        let gate = Gate::before(kind, &double, "/sonar", "sonarqube-server");
        gate.lets_through_exactly(&PASS, &REFUSED, &double);
        let answer = gate.ask("GET /sonar/api/users/search", &[]);
        assert_eq!((answer.status, answer.header("content-type").is_some()), (401, true));
        assert!(answer.body.starts_with("Sign in first"), "{answer:?}");
    }
}

/// Those that are refused without a credential reach the server with one: it says what is good.
#[test]
fn a_credential_passes_and_arrives_as_it_was_sent() {
    for kind in KINDS.into_iter().filter(|kind| kind.is_there()) {
        let double = Double::start();
        open_server(&double, "sonar");
        let gate = Gate::before(kind, &double, "/sonar", "sonarqube-server");
        for (header, passes) in [
            ("Authorization: Basic c3F1Om9v", true),
            ("authorization: bearer   a-token", true),
            ("Authorization: Bearer a-token", true),
            ("Cookie: JWT-SESSION=e30.e30.x", true),
            ("Cookie: a=b; JWT-SESSION=e30", true),
            ("Cookie: a=b;JWT-SESSION=e30; c=d", true),
            ("Authorization: Basic", false),
            ("Authorization: Bearer ", false),
            ("Authorization: Digest username=a", false),
            ("Authorization: Negotiate YII", false),
            ("Authorization: xBasic c3F1Om9v", false),
            ("X-Authorization: Basic c3F1Om9v", false),
            ("Cookie: JWT-SESSION=", false),
            ("Cookie: XJWT-SESSION=e30", false),
            ("Cookie: XSRF-TOKEN=e30", false),
            ("Cookie: a=JWT-SESSION=e30", false),
        ] {
            let before = double.heard().len();
            let answer = gate.ask("POST /sonar/api/ce/submit", &[header]);
            let heard = double.heard();
            assert_eq!(heard.len() > before, passes, "{kind:?} {header}: {answer:?}");
            if passes {
                let (name, value) = header.split_once(": ").expect("a header");
                let sent = (name.to_ascii_lowercase(), value.to_owned());
                assert!(heard[before].headers.contains(&sent), "{kind:?} {header}: {heard:#?}");
            }
        }
    }
}

/// What people and proxies say of themselves is not taken over from outside.
#[test]
fn nobody_says_who_he_is_by_a_header() {
    for kind in KINDS.into_iter().filter(|kind| kind.is_there()) {
        let double = Double::start();
        open_server(&double, "sonar");
        let gate = Gate::before(kind, &double, "/sonar", "sonarqube-server");
        let forged = [
            "X-Forwarded-Login: admin",
            "x-forwarded-groups: sonar-administrators",
            "X-Forwarded-Name: Admin",
            "X-Forwarded-Email: a@example.invalid",
            "X-Forwarded-For: 10.0.0.1",
            "X-Forwarded-Proto: https",
        ];
        let _ = gate.ask("GET /sonar/api/system/status", &forged);
        let heard = double.heard().pop().expect("a request");
        let value = |name: &str| {
            heard.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
        };
        for name in
            ["x-forwarded-login", "x-forwarded-groups", "x-forwarded-name", "x-forwarded-email"]
        {
            assert_eq!(value(name), None, "{kind:?} {name}");
        }
        assert_eq!(value("x-forwarded-for"), Some("127.0.0.1"), "{kind:?}");
        assert_eq!(value("x-forwarded-proto"), Some("http"), "{kind:?}");
        assert_eq!(value("host"), Some(format!("127.0.0.1:{}", gate.port).as_str()), "{kind:?}");
    }
}

#[test]
fn browsers_are_sent_to_sign_in() {
    let accept = "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";
    for kind in KINDS.into_iter().filter(|kind| kind.is_there()) {
        let double = Double::start();
        open_server(&double, "sonar");
        let gate = Gate::before(kind, &double, "/sonar", "sonarqube-server");
        let answer = gate.ask("GET /sonar/dashboard?id=p", &[accept]);
        let to = answer.header("location").unwrap_or_default();
        assert!(
            answer.status == 302 && to.ends_with("/sonar/sessions/new"),
            "{kind:?}: {answer:?}"
        );
        assert_eq!(gate.ask("POST /sonar/api/ce/submit", &[accept]).status, 401, "{kind:?}");
        let answer = gate.ask("GET /sonar", &["Cookie: JWT-SESSION=e30.e30.x"]);
        let to = answer.header("location").unwrap_or_default();
        assert!(answer.status == 302 && to.ends_with("/sonar/"), "{kind:?}: {answer:?}");
        // The page itself, and whoever has a session, pass.
        let before = double.heard().len();
        let _ = gate.ask("GET /sonar/sessions/new", &[accept]);
        let _ = gate.ask("GET /sonar/dashboard?id=p", &[accept, "Cookie: JWT-SESSION=e30.e30.x"]);
        assert_eq!(double.heard().len(), before + 2, "{kind:?}");
    }
}

/// Seen from outside, the server behind it shows nothing; with its token, a scanner works as before.
#[test]
fn the_gate_closes_what_the_server_leaves_open() {
    for kind in KINDS.into_iter().filter(|kind| kind.is_there()) {
        let double = Double::start();
        let (token, server) = open_server(&double, "sonar");
        let gate = Gate::before(kind, &double, "/sonar", "sonarqube-server");
        let direct = format!("{}/sonar", double.url());
        let run = squelch(&["audit", &direct, "--format", "jsonl"], b"");
        assert_eq!(run.code, Some(1), "{run:#?}");
        let url = format!("http://127.0.0.1:{}/sonar", gate.port);
        let run = squelch(&["audit", &url, "--format", "jsonl"], b"");
        let states: Vec<String> = run
            .lines("exposure")
            .iter()
            .filter(|it| it["state"] != "closed" && it["severity"] != "info")
            .map(|it| format!("{} {}", it["rule"], it["observed"]))
            .collect();
        // That it takes anybody the server itself says, to the page to sign in, and the gate cannot
        // change its mind.
        let left = [
            "\"sonarqube-anonymous-access\" \"200: it takes no credential at all for a valid one\"",
        ];
        assert_eq!(states, left, "{kind:?}");
        lock(&server).force_auth = true;
        let run = squelch(&["audit", &url], b"");
        assert_eq!(run.code, Some(0), "{kind:?}: {run:#?}");
        let endpoint = format!("sonarqube-server={url}");
        let run =
            squelch(&["verify", "--format", "jsonl", "--endpoint", &endpoint], token.as_bytes());
        assert_eq!(run.finding(&token)["verdict"]["state"], "live", "{kind:?}: {run:#?}");
    }
}

/// The limit that the configuration states: a made-up session is for the server to refuse.
#[test]
fn a_made_up_session_is_refused_by_the_server_if_it_wants_credentials() {
    for kind in KINDS.into_iter().filter(|kind| kind.is_there()) {
        let double = Double::start();
        let (_, server) = open_server(&double, "sonar");
        let gate = Gate::before(kind, &double, "/sonar", "sonarqube-server");
        let ask =
            || gate.ask("GET /sonar/api/users/search", &["Cookie: JWT-SESSION=made-up"]).status;
        assert_eq!(ask(), 200, "{kind:?}: why it is a second fence, and not the first");
        lock(&server).force_auth = true;
        assert_eq!(ask(), 401, "{kind:?}");
    }
}

#[test]
fn a_server_at_the_root_is_kept_as_well() {
    for kind in KINDS.into_iter().filter(|kind| kind.is_there()) {
        let double = Double::start();
        open_server(&double, "");
        let gate = Gate::before(kind, &double, "", "sonarqube-server");
        for line in PASS {
            let line = line.replacen("/sonar/", "/", 1);
            let before = double.heard().len();
            let answer = gate.ask(&line, &[]);
            assert_eq!(double.heard().len(), before + 1, "{kind:?} {line}: {answer:?}");
        }
        let before = double.connections();
        for line in REFUSED {
            let line = line.replacen("/sonar/", "/", 1);
            let answer = gate.ask(&line, &[]);
            assert!(matches!(answer.status, 400..=405), "{kind:?} {line}: {answer:?}");
            assert_eq!(double.connections(), before, "{kind:?} lets {line} through: {answer:?}");
        }
    }
}
