//! Lists that break off, that lead nowhere, and that are not there: never clean, and what was listed
//! counts.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::canned::Canned;
use crate::double::http::{Reply, Request};
use crate::stage::{asked, assert_bare};
use crate::support::{Fixture, Run};
use crate::{host, listed, page, repos};

const VARIABLE: &str = "GITLAB_TOKEN";
/// What a server says to a question.
type Answer = fn(&Request) -> Reply;

/// A GitLab whose second page, and the third, are what a test makes of them.
fn lab(mut second: impl FnMut(&Request) -> Reply + Send + 'static) -> Canned {
    Canned::start(move |request| {
        if request.param("page").is_some() {
            return second(request);
        }
        let host = host(request);
        let row = json!({"http_url_to_repo": format!("https://{host}/acme/shop.git")});
        page(&[row], Some(&format!("http://{host}/api/v4/groups/acme/projects?page=2")))
    })
}

fn run(lab: &Canned, more: &[&str]) -> Run {
    let target = format!("gitlab+{}/acme", lab.url());
    repos(&Fixture::new(), &[&[target.as_str()], more].concat(), VARIABLE)
}

#[test]
fn a_list_that_breaks_off_is_not_whole() {
    let answers: [(&str, Answer); 9] = [
        ("500", |_| Reply::json(500, "{}")),
        ("web page", |_| Reply::html(200, "<html>Sign in</html>")),
        ("not in the form", |_| Reply::json(200, r#"{"message":"no"}"#)),
        ("302", |_| Reply::empty(302).with("Location", "/users/sign_in")),
        ("404", |_| Reply::json(404, "{}")),
        ("403", |_| Reply::json(403, "{}")),
        ("410", |_| Reply::json(410, "{}")),
        ("goes in circles", |request| {
            page(&[], Some(&format!("http://{}{}?page=2", host(request), request.path)))
        }),
        ("and not where", |_| page(&[], Some("what what?page=2"))),
    ];
    for (why, answer) in answers {
        let lab = lab(answer);
        let run = run(&lab, &[]);
        assert_eq!(run.code, Some(3), "{why}: {run:#?}");
        assert_eq!(listed(&run, &lab), ["https://HOST/acme/shop.git,,,false,,"], "{why}");
        let flat = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains("the list of acme is not whole, it broke off after 1: "), "{flat}");
        assert!(flat.contains(why), "{why}: {flat}");
        assert!(asked(&lab).len() <= 4, "{why}: {:?}", asked(&lab));
        assert!(!asked(&lab).iter().any(|it| it.contains("/users/")), "it is no user's: {why}");
    }
}

#[test]
fn a_list_without_end_ends() {
    let mut number = 2;
    let lab = lab(move |request| {
        number += 1;
        page(&[], Some(&format!("http://{}{}?page={number}", host(request), request.path)))
    });
    let run = run(&lab, &[]);
    assert_eq!((run.code, asked(&lab).len()), (Some(3), 4000), "{run:#?}");
    assert!(run.stderr.contains("4000 pages"), "{}", run.stderr);
}

#[test]
fn a_next_page_at_another_host_is_not_asked_for() {
    let other = Canned::start(|_| page(&[], None));
    let there = other.url().to_owned();
    let lab = lab(move |_| page(&[], Some(&format!("{there}/api/v4/groups/acme/projects?page=3"))));
    let run = run(&lab, &[]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(run.stderr.contains("at another host"), "{}", run.stderr);
    assert_bare(&other);
    assert_eq!(asked(&other).len(), 0);
    assert!(lab.heard().iter().all(|it| it.header("private-token").is_some()));
}

#[test]
fn who_may_not_list_is_told_what_to_do() {
    let answers: [(&str, Answer); 6] = [
        ("it answered 401", |_| Reply::json(401, "{}")),
        ("it answered 403", |_| Reply::json(403, "{}")),
        ("it answered 404", |_| Reply::json(404, "{}")),
        ("it answered 302", |_| Reply::empty(302).with("Location", "https://sso.example/")),
        ("web page", |_| Reply::html(200, "<html>Sign in</html>")),
        ("it answered 410", |_| Reply::json(410, "{}")),
    ];
    for (why, answer) in answers {
        let lab = Canned::start(answer);
        let target = format!("gitlab+{}/acme", lab.url());
        for variable in [VARIABLE, "OTHER"] {
            let run = repos(&Fixture::new(), &[&target], variable);
            assert_eq!((run.code, listed(&run, &lab).len()), (Some(3), 0), "{why}: {run:#?}");
            let flat = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
            for part in ["acme cannot be listed: ", why, "GITLAB_TOKEN", "scope read_api"] {
                assert!(flat.contains(part), "{part}: {flat}");
            }
        }
    }
    let empty = Canned::start(|_| page(&[], None));
    let run = run(&empty, &[]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(run.stderr.contains("acme is empty"), "{}", run.stderr);
}

#[test]
fn what_a_server_asks_for_is_waited_for_or_said() {
    let mut count = 0;
    let busy = lab(move |_| {
        count += 1;
        if count == 1 { Reply::json(429, "{}").with("Retry-After", "1") } else { page(&[], None) }
    });
    let started = Instant::now();
    assert_eq!(run(&busy, &[]).code, Some(0));
    assert!(started.elapsed() >= Duration::from_secs(1));
    let spent = lab(|_| {
        let reset = (jiff::Timestamp::now().as_second() + 1800).to_string();
        let reply = Reply::json(403, "{}").with("X-RateLimit-Remaining", "0");
        reply.with("X-RateLimit-Reset", reset)
    });
    let run = run(&spent, &["--max-wait", "2"]);
    assert_eq!((run.code, asked(&spent).len()), (Some(3), 2), "{run:#?}");
    let flat = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("is not whole") && flat.contains("go on at 20"), "{flat}");
}

#[test]
fn what_is_typed_wrong_is_said_and_nothing_is_asked() {
    let (fixture, lab, other) =
        (Fixture::new(), lab(|_| page(&[], None)), lab(|_| page(&[], None)));
    let (one, two) = (format!("gitlab+{}/acme", lab.url()), format!("gitlab+{}/acme", other.url()));
    for (args, why) in [
        (vec![lab.url()], "does not tell what serves it"),
        (vec!["https://git.example.com/acme"], "gitlab+https://git.example.com/acme"),
        (vec!["gitlab+http://git.example.com/acme"], "--allow-http"),
        (vec![&one, &two], "$GITLAB_TOKEN would go to"),
        (vec![&one, "--token-env", "NOT_SET"], "$NOT_SET is not set"),
    ] {
        let run = repos(&fixture, &args, VARIABLE);
        assert_eq!(run.code, Some(2), "{run:#?}");
        let flat = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(why) && run.stdout.is_empty(), "{why}: {run:#?}");
    }
    assert_eq!((asked(&lab).len(), asked(&other).len()), (0, 0));
    let both = repos(&fixture, &[&one, &two], "OTHER");
    assert_eq!(both.code, Some(0), "nobody's token goes to both: {both:#?}");
}
