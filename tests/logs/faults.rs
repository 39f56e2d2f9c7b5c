//! Answers that are no logs, and logs that are not all there: never clean, never the end of the rest.

use crate::canned::Canned;
use crate::double::http::{Reply, Request};
use crate::stage::{CREDENTIAL, asked, assert_bare, github_log, not_found, problems, run, scan};
use crate::support::{Fixture, Run};

const VARIABLE: &str = "GITLAB_TOKEN";
/// What a server says to a question.
type Answer = fn() -> Reply;

const JOBS: &str = "/api/v4/projects/acme/shop/jobs";

/// A GitLab with one finished job, 8, whose log is good, and before it 9, whose log is what a test
/// makes of it.
fn lab(odd: impl Fn(&Request) -> Reply + Send + 'static, token: &str) -> Canned {
    let good = format!("Running with gitlab-runner 18.0.0\ntoken={token}\n");
    Canned::start(move |request| match request.path.strip_prefix(JOBS) {
        Some("") => {
            let row = |id: u64| {
                format!(
                    r#"{{"id":{id},"name":"scan","stage":"test","status":"success","ref":"main","created_at":"2025-07-04T14:00:00Z","started_at":"2025-07-04T14:00:00Z","finished_at":"2025-07-04T14:01:00Z","erased_at":null,"web_url":"https://gitlab.example.com/acme/shop/-/jobs/{id}","pipeline":{{"id":3}}}}"#
                )
            };
            Reply::json(200, format!("[{},{}]", row(9), row(8)))
        }
        Some("/8/trace") => Reply::text(200, good.clone()),
        Some("/9/trace") => odd(request),
        _ => not_found(),
    })
}

/// Scans both jobs: the token of the good one is found, and the odd one is a problem of this code.
fn odd(code: &str, odd: impl Fn(&Request) -> Reply + Send + 'static) -> Run {
    let fixture = Fixture::new();
    let token = fixture.token();
    let lab = lab(odd, &token);
    let target = format!("{}/acme/shop", lab.url());
    let run = scan(&fixture, &target, &["--provider", "gitlab"], VARIABLE);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert_eq!(run.place(&token)["link"], "https://gitlab.example.com/acme/shop/-/jobs/8");
    let found = problems(&run);
    assert!(found.len() == 1 && found[0].0 == code, "{found:?} in {run:#?}");
    assert!(found[0].1.ends_with("/acme/shop/pipeline-3/9-scan.log"), "{found:?}");
    run
}

#[test]
fn an_answer_that_is_no_log_is_a_problem() {
    let answers: [(&str, Answer); 9] = [
        ("denied", || Reply::html(200, "<html>Sign in</html>")),
        ("denied", || Reply::text(200, "\n<!DOCTYPE html><title>Sign in</title>")),
        ("denied", || Reply::json(403, "{}")),
        ("denied", || Reply::json(404, "{}")),
        ("expired", || Reply::json(410, "{}")),
        ("unanswered", || Reply::empty(302).with("Location", "/users/sign_in")),
        ("unanswered", || Reply::empty(302).with("Location", "http://blob.example/x")),
        ("unanswered", || Reply::empty(302).with("Location", "file:///etc/passwd")),
        ("unanswered", || Reply::json(418, "{}")),
    ];
    for (code, answer) in answers {
        let run = odd(code, move |_| answer());
        assert!(run.stderr.contains("9-scan.log"), "{}", run.stderr);
    }
}

#[test]
fn a_log_that_was_cut_is_a_problem_and_what_came_is_read() {
    let fixture = Fixture::new();
    let token = fixture.token();
    let first = token.clone();
    let run = odd("unreadable", move |_| {
        let text = format!("token={}\n{}", first, "x".repeat(9000));
        Reply::text(200, text).with("Content-Length", "20000")
    });
    let tail = &token[40..];
    assert!(
        run.lines("finding")
            .iter()
            .any(|it| it["redacted"].as_str().is_some_and(|it| it.ends_with(tail)))
    );
    let run = odd("too-large", |_| {
        let marks = "Job's log exceeded limit of 4194304 bytes.\nJob execution will continue";
        Reply::text(200, format!("{}\n{marks} but no more\nsection_end:1:x\n", "y".repeat(70_000)))
    });
    assert!(run.stderr.contains("threw away its end"), "{}", run.stderr);
}

#[test]
fn a_download_leads_nowhere_else() {
    let fixture = Fixture::new();
    let last = Canned::start(|_| Reply::text(200, "never"));
    let to = last.url().to_owned();
    let middle = Canned::start(move |_| Reply::empty(302).with("Location", format!("{to}/x")));
    let to = middle.url().to_owned();
    let run = odd("unanswered", move |_| Reply::empty(302).with("Location", format!("{to}/y")));
    assert!(run.stderr.contains("another host, which answered 302"), "{}", run.stderr);
    assert_eq!(asked(&last).len(), 0, "followed further");
    assert_eq!(asked(&middle), ["GET /y"]);
    assert_bare(&middle);
    drop(fixture);
}

#[test]
fn a_list_that_is_none_is_never_clean() {
    let answers: [(Answer, &str); 6] = [
        (|| Reply::html(200, "<html>Sign in</html>"), "unanswered"),
        (|| Reply::json(200, r#"{"message":"welcome"}"#), "unanswered"),
        (|| Reply::json(200, "[{\"started_at\":\"2025-07-04T14:00:00Z\"}]"), "unanswered"),
        (|| Reply::json(401, "{}"), "denied"),
        (|| Reply::empty(302).with("Location", "/users/sign_in"), "denied"),
        (|| Reply::json(200, "[{},").with("Content-Length", "900"), "unanswered"),
    ];
    for (answer, code) in answers {
        let lab = Canned::start(move |_| answer());
        let fixture = Fixture::new();
        let target = format!("{}/acme/shop", lab.url());
        let scanned = scan(&fixture, &target, &["--provider", "gitlab"], VARIABLE);
        assert_eq!(scanned.code, Some(3), "{scanned:#?}");
        assert_eq!(problems(&scanned), [(code.to_owned(), target.clone())]);
        let listed = run(&fixture, &["list", &target, "--provider", "gitlab"], VARIABLE);
        assert_eq!(listed.code, Some(3), "{listed:#?}");
    }
}

#[test]
fn nobody_listens_and_nobody_is_asked_again_and_again() {
    let gone = Canned::start(|_| not_found()).url().to_owned();
    let fixture = Fixture::new();
    let target = format!("{gone}/acme/shop");
    let run = scan(&fixture, &target, &["--provider", "gitlab"], VARIABLE);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert_eq!(problems(&run).len(), 1);
}

#[test]
fn wrong_usage_is_said_before_anything_is_asked() {
    let lab = Canned::start(|_| not_found());
    let fixture = Fixture::new();
    let target = format!("{}/acme/shop", lab.url());
    let wrong: [&[&str]; 5] = [
        &["list", &target],
        &["list", &target, "--provider", "gitlab", "--token-env", "NO_SUCH_VARIABLE"],
        &["list", &target, "--provider", "hudson"],
        &["list", &target, "--provider", "gitlab", "--since", "yesterdayish"],
        &["scan", &target, "--provider", "gitlab", "--fail-on", "live"],
    ];
    for args in wrong {
        let run = run(&fixture, args, VARIABLE);
        assert_eq!(run.code, Some(2), "{args:?}: {run:#?}");
    }
    let with = format!("http://{CREDENTIAL}@127.0.0.1:9/acme/shop");
    let run = fixture.squelch(&["logs", "list", &with, "--provider", "gitlab"]);
    assert!(run.code == Some(2) && !run.stderr.contains(CREDENTIAL), "{run:#?}");
    assert_eq!(asked(&lab).len(), 0);
}

#[test]
fn a_job_that_has_a_token_for_a_name_is_shown_masked() {
    let fixture = Fixture::new();
    let token = fixture.token();
    let name = token.clone();
    let lab = Canned::start(move |request| match request.path.strip_prefix(JOBS) {
        Some("") => Reply::json(
            200,
            format!(
                r#"[{{"id":9,"name":"{name}","status":"success","created_at":"2025-07-04T14:00:00Z","started_at":"2025-07-04T14:00:00Z"}}]"#
            ),
        ),
        Some("/9/trace") => Reply::text(200, github_log("none")),
        _ => not_found(),
    });
    let target = format!("{}/acme/shop", lab.url());
    for args in [
        &["list", &target, "--provider", "gitlab"][..],
        &["list", &target, "--provider", "gitlab", "--format", "jsonl"],
        &["get", &target, "--provider", "gitlab", "--to", "out"],
        &["scan", &target, "--provider", "gitlab"],
    ] {
        let run = run(&fixture, args, VARIABLE);
        let names = format!("{:?}", std::fs::read_dir(fixture.root()).map(Iterator::count));
        assert!(!format!("{run:?}{names}").contains(&token), "{args:?}: {run:#?}");
    }
}
