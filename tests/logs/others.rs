//! Travis CI, TeamCity, Bitbucket Pipelines and Drone: a token is found with its job, step and page,
//! by the requests of their documents.

use serde_json::Value;

use crate::canned::Canned;
use crate::double::http::{Reply, Request};
use crate::stage::{CREDENTIAL, asked, assert_bare, base64, not_found, problems, scan};
use crate::support::Fixture;

/// Scans a project of a double: one token is found, and nothing else is to be said. Returns its place.
fn place(double: &Canned, provider: &str, path: &str, variable: &str, token: &str) -> Value {
    let fixture = Fixture::new();
    let target = format!("{}{path}", double.url());
    let run = scan(&fixture, &target, &["--provider", provider], variable);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert_eq!(problems(&run), [], "{run:#?}");
    run.place(token)
}

fn authorized(request: &Request, value: &str) -> bool {
    request.header("authorization") == Some(value)
}

#[test]
fn travis() {
    let token = Fixture::new().token();
    let log = format!("travis_fold:start:scan\r\u{1b}[0K$ scan\ntoken={token}\n");
    let server = Canned::start(move |request| {
        let known = authorized(request, &format!("token {CREDENTIAL}"));
        if !known || request.header("travis-api-version") != Some("3") {
            return Reply::json(403, "{}");
        }
        match (request.path.as_str(), request.param("offset")) {
            ("/repo/acme/shop/builds", Some("0")) => Reply::json(
                200,
                r#"{"@pagination":{"is_last":false},"builds":[
                    {"number":"9","started_at":"2025-07-04T14:00:00Z","branch":{"name":"main"},"jobs":[]}]}"#,
            ),
            ("/repo/acme/shop/builds", Some("100")) => Reply::json(
                200,
                r#"{"@pagination":{"is_last":true},"builds":[
                    {"number":"8","started_at":"2025-07-04T13:00:00Z","branch":{"name":"main"},
                     "jobs":[{"id":81,"number":"8.1","state":"passed"},{"id":82,"state":"created"}]}]}"#,
            ),
            ("/job/81/log.txt", _) => Reply::text(200, log.clone()),
            _ => not_found(),
        }
    });
    let place = place(&server, "travis", "/github/acme/shop", "TRAVIS_TOKEN", &token);
    assert_eq!((&place["provider"], &place["job"]), (&"Travis CI".into(), &"8.1".into()));
    assert_eq!(place["link"], format!("{}/github/acme/shop/jobs/81", server.url()));
    let query = "include=build.jobs&sort_by=id:desc&limit=100";
    assert_eq!(
        asked(&server),
        [
            format!("GET /repo/acme/shop/builds?{query}&offset=0"),
            format!("GET /repo/acme/shop/builds?{query}&offset=100"),
            "GET /job/81/log.txt".to_owned(),
        ]
    );
}

#[test]
fn teamcity() {
    let token = Fixture::new().token();
    let log = format!("[12:34:56]W:\t [Step 2/4] sonar-scanner: token {token}\n");
    let server = Canned::start(move |request| {
        if !authorized(request, &format!("Bearer {CREDENTIAL}")) {
            return Reply::empty(401);
        }
        let page = request.param("locator").map(|it| it.ends_with("start:0"));
        match (request.path.as_str(), page) {
            ("/tc/app/rest/builds", Some(true)) => Reply::json(
                200,
                r#"{"nextHref":"/app/rest/builds?x","build":[{"id":1,"state":"queued"}]}"#,
            ),
            ("/tc/app/rest/builds", Some(false)) => Reply::json(
                200,
                r#"{"build":[{"id":7,"number":"42","state":"finished","status":"SUCCESS",
                    "startDate":"20250704T140000+0200","buildTypeId":"Shop_Build",
                    "webUrl":"https://tc.example.com/build/7","buildType":{"name":"Build"}}]}"#,
            ),
            ("/tc/downloadBuildLog.html", _) if request.param("plain") == Some("true") => {
                Reply::text(200, log.clone())
            }
            _ => not_found(),
        }
    });
    let path = "/tc/buildConfiguration/Shop_Build";
    let place = place(&server, "teamcity", path, "TEAMCITY_TOKEN", &token);
    assert_eq!((&place["provider"], &place["job"]), (&"TeamCity".into(), &"Build #42".into()));
    assert_eq!(place["link"], "https://tc.example.com/build/7");
    let lines = asked(&server);
    let locator = "locator=defaultFilter:false,buildType:(id:Shop_Build),count:100";
    assert!(
        lines[0].starts_with(&format!("GET /tc/app/rest/builds?{locator},start:0&fields=")),
        "{lines:?}"
    );
    assert_eq!(lines[2], "GET /tc/downloadBuildLog.html?buildId=7&plain=true");
}

#[test]
fn bitbucket() {
    let token = Fixture::new().token();
    let log = format!("+ sonar-scanner\ntoken={token}\n");
    let storage = Canned::start(move |request| match request.param("sig") {
        Some("s1g") => Reply::of(200, "application/octet-stream", log.clone()),
        _ => Reply::empty(403),
    });
    let base = "/2.0/repositories/acme/shop/pipelines";
    let to = storage.url().to_owned();
    let server = Canned::start(move |request| {
        // What the variable holds has a colon: a user and a token.
        if !authorized(request, &format!("Basic {}", base64(CREDENTIAL))) {
            return Reply::json(401, "{}");
        }
        match (request.path.strip_prefix(base), request.param("page")) {
            (Some("/"), Some("1")) => Reply::json(
                200,
                r#"{"next":"https://evil.example/2","values":[{"uuid":"{p-1}","build_number":4,
                    "created_on":"2025-07-04T14:00:00Z","target":{"ref_name":"main"}}]}"#,
            ),
            (Some("/"), Some("2")) => Reply::json(200, r#"{"values":[]}"#),
            (Some("/{p-1}/steps/"), _) => Reply::json(
                200,
                r#"{"values":[{"uuid":"{s-1}","name":"Scan","started_on":"2025-07-04T14:00:00Z",
                    "completed_on":"2025-07-04T14:01:00Z","state":{"name":"COMPLETED","result":{"name":"FAILED"}}}]}"#,
            ),
            (Some("/{p-1}/steps/{s-1}/log"), _) => {
                let accept = request.header("accept").unwrap_or_default();
                assert!(accept.starts_with("application/octet-stream"), "{accept}");
                Reply::empty(307).with("Location", format!("{to}/x?sig=s1g"))
            }
            _ => not_found(),
        }
    });
    let place = place(&server, "bitbucket", "/acme/shop", "BITBUCKET_TOKEN", &token);
    assert_eq!(
        (&place["provider"], &place["step"]),
        (&"Bitbucket Pipelines".into(), &"Scan".into())
    );
    let link = format!("{}/acme/shop/pipelines/results/4/steps/%7Bs-1%7D", server.url());
    assert_eq!(place["link"], link);
    assert_bare(&storage);
    assert_eq!(asked(&server).len(), 4);
}

#[test]
fn drone() {
    let token = Fixture::new().token();
    let (head, tail) = token.split_at(20);
    let log = format!(
        r#"[{{"pos":1,"out":"{tail}\n","time":1}},{{"pos":0,"out":"token={head}","time":0}}]"#
    );
    let base = "/api/repos/acme/shop/builds";
    let server = Canned::start(move |request| {
        if !authorized(request, &format!("Bearer {CREDENTIAL}")) {
            return Reply::json(401, "{}");
        }
        match (request.path.strip_prefix(base), request.param("page")) {
            (Some(""), Some("1")) => {
                Reply::json(200, r#"[{"number":3,"created":1751637600,"target":"main"}]"#)
            }
            (Some(""), _) => Reply::json(200, "[]"),
            (Some("/3"), _) => Reply::json(
                200,
                r#"{"number":3,"stages":[{"number":1,"name":"default","steps":[
                    {"number":1,"name":"clone","status":"skipped","started":0},
                    {"number":2,"name":"scan","status":"success","started":1751637601}]}]}"#,
            ),
            (Some("/3/logs/1/2"), _) => Reply::json(200, log.clone()),
            _ => not_found(),
        }
    });
    let place = place(&server, "drone", "/acme/shop", "DRONE_TOKEN", &token);
    assert_eq!((&place["job"], &place["step"]), (&"default".into(), &"scan".into()));
    assert_eq!(place["link"], format!("{}/acme/shop/3/1/2", server.url()));
}
