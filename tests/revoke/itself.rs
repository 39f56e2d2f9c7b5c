//! Services at which a token revokes itself, or is reported by whoever has it: the request, word for
//! word, and that only the proof counts.

use std::sync::{Arc, Mutex};

use squelch::rule::Rules;
use squelch::rule::mint::Mint;

use super::canned::Canned;
use super::double::http::{Reply, Request};
use super::double::lock;
use super::revoke;
use super::stage::Stage;

/// A service that takes one token until it is revoked.
struct Scene {
    rule: &'static str,
    /// The request that revokes, and what answers it.
    request: &'static str,
    body: &'static str,
    /// The header that carries the token; none for a report.
    header: Option<(&'static str, &'static str)>,
    answer: (u16, &'static str),
    alive: &'static str,
}

const SCENES: [Scene; 5] = [
    Scene {
        rule: "github-classic-token",
        request: "POST /credentials/revoke",
        body: r#"{"credentials":["{}"]}"#,
        header: None,
        answer: (202, ""),
        alive: r#"{"login":"ada"}"#,
    },
    Scene {
        rule: "github-installation-token",
        request: "DELETE /installation/token",
        body: "",
        header: Some(("authorization", "Bearer ")),
        answer: (204, ""),
        alive: r#"{"repositories":[]}"#,
    },
    Scene {
        rule: "gitlab-personal-token",
        request: "DELETE /api/v4/personal_access_tokens/self",
        body: "",
        header: Some(("private-token", "")),
        answer: (204, ""),
        alive: r#"{"active":true,"revoked":false}"#,
    },
    Scene {
        rule: "buildkite-user-token",
        request: "DELETE /v2/access-token",
        body: "",
        header: Some(("authorization", "Bearer ")),
        answer: (204, ""),
        alive: r#"{"uuid":"u-1"}"#,
    },
    Scene {
        rule: "gitguardian-api-key",
        request: "POST /v1/token/revoke",
        body: "",
        header: Some(("authorization", "Token ")),
        answer: (204, ""),
        alive: r#"{"status":"active"}"#,
    },
];

/// Runs a scene; `works` is whether the service does what it says it does.
fn run(scene: &Scene, works: bool) -> (Vec<Request>, String, String, String) {
    let rules = Rules::builtin().expect("built-in rules compile");
    let rule = rules.get(scene.rule).expect("a rule");
    let mut stage = Stage::new();
    let token = stage.plant_example(rule, &mut Mint::new(8), "");
    let revoked = Arc::new(Mutex::new(false));
    let (own, revoking) = (token.clone(), scene.request.split_once(' ').expect("a verb"));
    let (answer, alive) = (scene.answer, scene.alive);
    let server = Canned::start(move |request| {
        let carries = request.headers.iter().any(|(_, value)| value.ends_with(own.as_str()));
        if (request.method.as_str(), request.path.as_str()) == revoking {
            *lock(&revoked) = works;
            return if answer.1.is_empty() {
                Reply::empty(answer.0)
            } else {
                Reply::json(answer.0, answer.1)
            };
        }
        if carries && !*lock(&revoked) { Reply::json(200, alive) } else { Reply::json(401, "{}") }
    });
    stage.name(&rule.service.id, server.url());
    super::report(&stage);
    let done = revoke(&stage, &["findings.jsonl", "--yes"], &[]);
    let (outcome, why) = (done.outcome(&token).to_owned(), done.why(&token).to_owned());
    (server.heard(), token, outcome, why)
}

#[test]
fn each_service_is_told_in_its_own_way_and_the_proof_decides() {
    for scene in &SCENES {
        let (heard, token, outcome, why) = run(scene, true);
        assert_eq!(outcome, "revoked", "{}: {why}", scene.rule);
        let line = |it: &Request| format!("{} {}", it.method, it.path);
        let sent: Vec<&Request> = heard.iter().filter(|it| line(it) == scene.request).collect();
        assert_eq!(sent.len(), 1, "{}: once", scene.rule);
        let body = String::from_utf8_lossy(&sent[0].body).into_owned();
        assert_eq!(body, scene.body.replace("{}", &token), "{}", scene.rule);
        match scene.header {
            Some((name, before)) => {
                let value = format!("{before}{token}");
                assert_eq!(sent[0].header(name), Some(value.as_str()), "{}", scene.rule);
            }
            None => assert_eq!(sent[0].header("authorization"), None, "a report has no credential"),
        }
    }
}

#[test]
fn what_a_service_only_says_is_not_believed() {
    for scene in &SCENES {
        let (_, _, outcome, why) = run(scene, false);
        assert_ne!(outcome, "revoked", "{}: {why}", scene.rule);
    }
}
