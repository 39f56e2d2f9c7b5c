//! Servers that have enough: they are waited for, or left alone until when they say.

use std::time::{Duration, Instant};

use crate::canned::Canned;
use crate::double::http::Reply;
use crate::stage::{asked, problems, scan};
use crate::support::Fixture;

const VARIABLE: &str = "GITLAB_TOKEN";

/// A GitLab without jobs, that answers so first.
fn lab(first: impl Fn(usize) -> Option<Reply> + Send + 'static) -> Canned {
    let mut count = 0;
    Canned::start(move |_| {
        count += 1;
        first(count).unwrap_or_else(|| Reply::json(200, "[]"))
    })
}

#[test]
fn a_pause_is_waited_for() {
    let lab = lab(|count| (count == 1).then(|| Reply::json(429, "{}").with("Retry-After", "1")));
    let fixture = Fixture::new();
    let started = Instant::now();
    let run =
        scan(&fixture, &format!("{}/acme/shop", lab.url()), &["--provider", "gitlab"], VARIABLE);
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(asked(&lab).len(), 2);
}

#[test]
fn a_longer_pause_ends_the_run_and_says_when_to_go_on() {
    let spent = |status: u16| {
        move |_| {
            let now = jiff::Timestamp::now().as_second();
            let reply = Reply::json(status, "{}").with("X-RateLimit-Remaining", "0");
            Some(reply.with("X-RateLimit-Reset", (now + 1800).to_string()).with("Date", date(now)))
        }
    };
    let after = |_| Some(Reply::json(429, "{}").with("Retry-After", "1800"));
    for lab in [lab(after), lab(spent(403)), lab(spent(429))] {
        let fixture = Fixture::new();
        let target = format!("{}/acme/shop", lab.url());
        let run = scan(&fixture, &target, &["--provider", "gitlab", "--max-wait", "2"], VARIABLE);
        assert_eq!(run.code, Some(3), "{run:#?}");
        assert_eq!(problems(&run), [("unanswered".to_owned(), target)]);
        assert!(run.stderr.contains("go on at 20"), "{}", run.stderr);
        assert_eq!(asked(&lab).len(), 1, "it is left alone");
    }
}

#[test]
fn a_budget_is_not_overdrawn() {
    let lab = Canned::start(|_| {
        let now = jiff::Timestamp::now().as_second();
        let job = r#"[{"id":9,"name":"a","status":"success","created_at":"2025-07-04T14:00:00Z","started_at":"2025-07-04T14:00:00Z"}]"#;
        let reply = Reply::json(200, job).with("RateLimit-Remaining", "0");
        reply.with("RateLimit-Reset", (now + 1800).to_string()).with("Date", date(now))
    });
    let fixture = Fixture::new();
    let target = format!("{}/acme/shop", lab.url());
    let run = scan(&fixture, &target, &["--provider", "gitlab", "--max-wait", "2"], VARIABLE);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert_eq!(asked(&lab).len(), 1, "the last of it was the list");
    assert!(run.stderr.contains("go on at 20"), "{}", run.stderr);
}

#[test]
fn faults_are_tried_again_and_not_for_ever() {
    let fixture = Fixture::new();
    for status in [429, 500, 503] {
        let once = lab(move |count| (count == 1).then(|| Reply::json(status, "{}")));
        let run = scan(
            &fixture,
            &format!("{}/acme/shop", once.url()),
            &["--provider", "gitlab"],
            VARIABLE,
        );
        assert_eq!((run.code, asked(&once).len()), (Some(0), 2), "{status}: {run:#?}");
    }
    let ever = lab(|_| Some(Reply::json(502, "{}")));
    let run =
        scan(&fixture, &format!("{}/acme/shop", ever.url()), &["--provider", "gitlab"], VARIABLE);
    assert_eq!((run.code, asked(&ever).len()), (Some(3), 3), "{run:#?}");
}

fn date(second: i64) -> String {
    let time = jiff::Timestamp::from_second(second).expect("a time");
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
