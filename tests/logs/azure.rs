//! Azure DevOps: builds by continuation tokens, logs of the records of a timeline.

use crate::canned::Canned;
use crate::double::http::Reply;
use crate::stage::{CREDENTIAL, asked, base64, not_found, problems, scan};
use crate::support::Fixture;

const VARIABLE: &str = "AZURE_DEVOPS_EXT_PAT";
const BASE: &str = "/acme/shop/_apis/build/builds";

#[test]
fn a_token_is_found_with_its_task_and_page() {
    let fixture = Fixture::new();
    let token = fixture.token();
    let log = format!(
        "2026-08-21T09:57:19.1234567Z ##[section]Starting: Scan\n2026-08-21T09:57:20.1234567Z {token}\n"
    );
    let server = Canned::start(move |request| {
        if request.header("authorization")
            != Some(&format!("Basic {}", base64(&format!(":{CREDENTIAL}"))))
        {
            return Reply::html(203, "<html>Sign in</html>");
        }
        let build = |id: u64| {
            format!(
                r#"{{"id":{id},"buildNumber":"20260821.{id}","status":"completed","queueTime":"2026-08-21T09:00:00.123Z","sourceBranch":"refs/heads/main","definition":{{"name":"shop"}}}}"#
            )
        };
        let Some(path) = request.path.strip_prefix(BASE) else { return not_found() };
        match (path, request.param("continuationToken")) {
            ("", None) => Reply::json(200, format!(r#"{{"count":1,"value":[{}]}}"#, build(8)))
                .with("x-ms-continuationtoken", "a b"),
            ("", Some("a b")) => {
                Reply::json(200, format!(r#"{{"count":1,"value":[{}]}}"#, build(7)))
            }
            ("/8/timeline", _) => Reply::json(200, "null"),
            ("/7/timeline", _) => Reply::json(
                200,
                r#"{"records":[{"id":"j1","parentId":"p1","type":"Job","name":"Build"},
                    {"id":"t1","parentId":"j1","type":"Task","name":"Scan","result":"succeeded","startTime":"2026-08-21T09:57:19Z","log":{"id":12,"url":"https://evil.example/12"}}]}"#,
            ),
            ("/7/logs/12", _) if request.header("accept") == Some("text/plain") => {
                Reply::text(200, log.clone())
            }
            _ => not_found(),
        }
    });
    let target = format!("{}/acme/shop", server.url());
    let run = scan(&fixture, &target, &["--provider", "azure-devops"], VARIABLE);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let place = run.place(&token);
    assert_eq!(place["provider"], "Azure DevOps");
    assert_eq!((&place["job"], &place["step"]), (&"Build".into(), &"Scan".into()));
    assert_eq!(place["link"], format!("{target}/_build/results?buildId=7&view=logs&j=j1&t=t1"));
    assert_eq!(problems(&run), []);
    let first = format!("GET {BASE}?api-version=7.1&$top=100&queryOrder=queueTimeDescending");
    assert_eq!(
        asked(&server),
        [
            first.clone(),
            format!("GET {BASE}/8/timeline?api-version=7.1"),
            format!("{first}&continuationToken=a b"),
            format!("GET {BASE}/7/timeline?api-version=7.1"),
            format!("GET {BASE}/7/logs/12?api-version=7.1"),
        ]
    );
}

#[test]
fn a_page_to_sign_in_is_no_list() {
    let server = Canned::start(|_| Reply::html(203, "<html>Sign in</html>"));
    let fixture = Fixture::new();
    let target = format!("{}/acme/shop", server.url());
    let run = scan(&fixture, &target, &["--provider", "azure-devops"], VARIABLE);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert_eq!(problems(&run), [("unanswered".to_owned(), target)]);
    assert!(run.stderr.contains("a web page"), "{}", run.stderr);
}
