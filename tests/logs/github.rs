//! GitHub: pages of runs, all attempts of jobs, and logs that lie at another host for a minute.

use crate::canned::Canned;
use crate::double::http::{Reply, Request};
use crate::stage::{CREDENTIAL, asked, assert_bare, github_log, not_found, problems, run, scan};
use crate::support::Fixture;

pub(crate) const VARIABLE: &str = "GITHUB_TOKEN";
const BASE: &str = "/api/v3/repos/acme/shop/actions";

/// Where the files lie: a signed address is good for what is signed.
pub(crate) fn storage(log: String) -> Canned {
    Canned::start(move |request| match (request.path.as_str(), request.param("sig")) {
        ("/logs/91", Some("s1g")) => Reply::text(200, log.clone()),
        ("/logs/92", Some("s1g")) => Reply::text(200, "2025-07-04T14:32:11.0000000Z nothing\n"),
        _ => Reply::of(403, "application/xml", "<Error><Code>AuthenticationFailed</Code></Error>"),
    })
}

fn run_row(id: u64, created: &str, branch: &str) -> String {
    format!(
        r#"{{"id":{id},"name":"CI","path":".github/workflows/ci.yml","run_number":{id},"head_branch":"{branch}","created_at":"{created}","updated_at":"{created}","html_url":"https://github.com/acme/shop/actions/runs/{id}"}}"#
    )
}

fn job_row(id: u64, name: &str, conclusion: &str) -> String {
    format!(
        r#"{{"id":{id},"run_id":7,"name":"{name}","status":"completed","conclusion":"{conclusion}","started_at":"2025-07-04T14:32:09Z","html_url":"https://github.com/acme/shop/actions/runs/7/job/{id}"}}"#
    )
}

/// Two pages of runs; the first has two jobs and one that was skipped, the second has one whose log
/// has expired.
fn api(request: &Request, storage: &str) -> Reply {
    if request.header("authorization") != Some(&format!("Bearer {CREDENTIAL}")) {
        return Reply::json(401, r#"{"message":"Bad credentials"}"#);
    }
    let path = request.path.strip_prefix(BASE).unwrap_or_default();
    let to = |id: &str| Reply::empty(302).with("Location", format!("{storage}/logs/{id}?sig=s1g"));
    match (path, request.param("page")) {
        ("/runs", None) => {
            let next =
                format!("<https://other.example{BASE}/runs?per_page=100&page=2>; rel=\"next\"");
            let row = run_row(7, "2025-07-04T14:32:00Z", "main");
            Reply::json(200, format!(r#"{{"total_count":2,"workflow_runs":[{row}]}}"#))
                .with("Link", next)
        }
        ("/runs", Some("2")) => {
            let row = run_row(5, "2025-03-01T00:00:00Z", "old");
            Reply::json(200, format!(r#"{{"total_count":2,"workflow_runs":[{row}]}}"#))
        }
        ("/runs/7/jobs", _) => {
            let rows = [
                job_row(91, "build", "success"),
                job_row(92, "lint / ../../x", "failure"),
                job_row(93, "deploy", "skipped"),
            ];
            Reply::json(200, format!(r#"{{"jobs":[{}]}}"#, rows.join(",")))
        }
        ("/runs/5/jobs", _) => {
            let row = job_row(51, "build", "success").replace("\"run_id\":7", "\"run_id\":5");
            Reply::json(200, format!(r#"{{"jobs":[{row}]}}"#))
        }
        ("/jobs/91/logs", _) => to("91"),
        ("/jobs/92/logs", _) => to("92"),
        ("/jobs/51/logs", _) => Reply::json(410, r#"{"message":"Server Error"}"#),
        _ => not_found(),
    }
}

pub(crate) fn hub(storage: &Canned) -> Canned {
    let storage = storage.url().to_owned();
    Canned::start(move |request| api(request, &storage))
}

#[test]
fn a_token_is_found_with_its_job_step_and_page() {
    let fixture = Fixture::new();
    let token = fixture.token();
    let storage = storage(github_log(&token));
    let hub = hub(&storage);
    let target = format!("{}/acme/shop", hub.url());
    let run = scan(&fixture, &target, &["--provider", "github"], VARIABLE);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let place = run.place(&token);
    assert_eq!(place["origin"], "log", "{place:#}");
    assert_eq!(place["provider"], "GitHub Actions");
    assert_eq!(place["job"], "build");
    assert_eq!(place["step"], "Run sonar-scanner -X");
    assert_eq!(place["link"], "https://github.com/acme/shop/actions/runs/7/job/91");
    assert_eq!(place["line"], 6);
    let host = hub.url().trim_start_matches("http://").replace(':', "_");
    assert_eq!(place["uri"], format!("{host}/acme/shop/run-7/91-build.log"));
    let expired = format!("{host}/acme/shop/run-5/51-build.log");
    assert_eq!(problems(&run), [("expired".to_owned(), expired)]);
    assert!(run.stderr.contains("with the token of $GITHUB_TOKEN"), "{}", run.stderr);
}

#[test]
fn requests_are_those_of_the_documents_and_the_storage_sees_no_credential() {
    let fixture = Fixture::new();
    let storage = storage(github_log(&fixture.token()));
    let hub = hub(&storage);
    let target = format!("{}/acme/shop", hub.url());
    let more = ["--provider", "github", "--header", "github=X-Gate: open"];
    let run = scan(&fixture, &target, &more, VARIABLE);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert_eq!(
        asked(&hub),
        [
            format!("GET {BASE}/runs?per_page=100"),
            format!("GET {BASE}/runs/7/jobs?filter=all&per_page=100"),
            format!("GET {BASE}/jobs/91/logs"),
            format!("GET {BASE}/jobs/92/logs"),
            format!("GET {BASE}/runs?per_page=100&page=2"),
            format!("GET {BASE}/runs/5/jobs?filter=all&per_page=100"),
            format!("GET {BASE}/jobs/51/logs"),
        ]
    );
    assert!(hub.heard().iter().all(|it| it.header("x-gate") == Some("open")));
    assert_eq!(asked(&storage), ["GET /logs/91?sig=s1g", "GET /logs/92?sig=s1g"]);
    assert_bare(&storage);
    assert!(!format!("{run:?}").contains("s1g"), "a signed address is a credential");
}

#[test]
fn a_list_is_one_line_a_log() {
    let fixture = Fixture::new();
    let storage = storage(String::new());
    let hub = hub(&storage);
    let target = format!("{}/acme/shop", hub.url());
    let listed = run(&fixture, &["list", &target, "--provider", "github"], VARIABLE);
    assert_eq!(listed.code, Some(0), "{listed:#?}");
    assert_eq!(
        listed.stdout,
        "\
RUN    JOB             WHEN                  STATUS   LINK
CI #7  build           2025-07-04T14:32:09Z  success  https://github.com/acme/shop/actions/runs/7/job/91
CI #7  lint / ../../x  2025-07-04T14:32:09Z  failure  https://github.com/acme/shop/actions/runs/7/job/92
CI #5  build           2025-07-04T14:32:09Z  success  https://github.com/acme/shop/actions/runs/7/job/51

3 logs.
"
    );
    let wanted = ["--branch", "main", "--workflow", "ci.yml", "--limit", "1", "--format", "jsonl"];
    let args = [&["list", &target, "--provider", "github"], &wanted[..]].concat();
    let listed = run(&fixture, &args, VARIABLE);
    assert_eq!(listed.lines("log").len(), 1, "{listed:#?}");
    assert_eq!(listed.lines("log")[0]["job"], "build");
    assert_eq!(listed.lines("summary")[0]["complete"], true);
    assert_eq!(asked(&storage).len(), 0, "a list reads no log");
}

#[test]
fn what_is_older_than_wanted_is_not_asked_for() {
    let fixture = Fixture::new();
    let storage = storage(github_log(&fixture.token()));
    let hub = hub(&storage);
    let target = format!("{}/acme/shop", hub.url());
    let more = ["--provider", "github", "--since", "2025-07-01"];
    let run = scan(&fixture, &target, &more, VARIABLE);
    assert_eq!(problems(&run), [], "{run:#?}");
    assert!(!asked(&hub).iter().any(|line| line.contains("/runs/5/")), "{:?}", asked(&hub));
}

#[test]
fn one_job_is_one_log_for_standard_output() {
    let fixture = Fixture::new();
    let log = github_log(&fixture.token());
    let storage = storage(log.clone());
    let hub = Canned::start({
        let storage = storage.url().to_owned();
        move |request| match request.path.strip_prefix(BASE) {
            Some("/jobs/91") => Reply::json(200, job_row(91, "build", "success")),
            _ => api(request, &storage),
        }
    });
    let job = format!("{}/acme/shop/actions/runs/7/job/91", hub.url());
    let got = run(&fixture, &["get", &job, "--provider", "github"], VARIABLE);
    assert_eq!((got.code, &got.stdout), (Some(0), &log), "{}", got.stderr);
    let all = format!("{}/acme/shop/actions/runs/7", hub.url());
    let got = run(&fixture, &["get", &all, "--provider", "github"], VARIABLE);
    assert_eq!(got.code, Some(2), "{got:#?}");
    assert!(got.stderr.contains("there are 2 logs") && got.stdout.is_empty(), "{got:#?}");
}
