//! Jenkins: folders in folders, branches, more than a hundred builds, matrix runs, Maven modules.

use crate::canned::Canned;
use crate::double::http::{Reply, Request};
use crate::stage::{CREDENTIAL, asked, base64, not_found, problems, run, scan};
use crate::support::Fixture;

const VARIABLE: &str = "JENKINS_TOKEN";

fn build(number: u64, more: &str) -> String {
    let time = 1_750_000_000_000_u64 + number * 1000;
    format!(
        r#"{{"number":{number},"timestamp":{time},"result":"SUCCESS","building":false,"url":"http://inner:8080/x/{number}/"{more}}}"#
    )
}

fn builds(request: &Request, last: u64) -> String {
    let tree = request.param("tree").unwrap_or_default();
    let from: u64 = tree
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once(','))
        .and_then(|(from, _)| from.parse().ok())
        .expect("a range in the tree");
    let newest = last.saturating_sub(from);
    let page: Vec<String> =
        (newest.saturating_sub(100) + 1..=newest).rev().map(|number| build(number, "")).collect();
    format!(r#"{{"allBuilds":[{}]}}"#, page.join(","))
}

fn item(request: &Request, path: &str) -> Reply {
    let json = |text: &str| Reply::json(200, text);
    match path {
        "" => json(r#"{"jobs":[{"name":"team"},{"name":"loud"}]}"#),
        "/job/team" => json(r#"{"jobs":[{"name":"shop"},{"name":"axes"},{"name":"mvn"}]}"#),
        "/job/team/job/shop" => json(r#"{"jobs":[{"name":"main"},{"name":"feature%2Fx"}]}"#),
        "/job/team/job/shop/job/main" => Reply::json(200, builds(request, 130)),
        "/job/team/job/shop/job/feature%2Fx" | "/job/team/job/mvn/org.acme$core" => {
            Reply::json(200, builds(request, 1))
        }
        "/job/team/job/axes" => {
            let run = |axes: &str, number: u64| {
                format!(
                    r#"{{"number":{number},"url":"http://inner:8080/job/axes/{axes}/{number}/"}}"#
                )
            };
            let runs = [run("OS=a,JDK=8", 2), run("OS=b,JDK=8", 1), run("..", 2)].join(",");
            let row = build(2, &format!(r#","runs":[{runs}]"#));
            Reply::json(200, format!(r#"{{"allBuilds":[{row}]}}"#))
        }
        "/job/team/job/mvn" => {
            let module =
                r#"{"name":"org.acme:core","url":"http://inner:8080/job/mvn/org.acme$core/"}"#;
            Reply::json(200, format!(r#"{{"allBuilds":[{}],"modules":[{module}]}}"#, build(3, "")))
        }
        "/job/loud" => {
            json(r#"{"allBuilds":[{"number":4,"timestamp":1,"result":null,"building":true}]}"#)
        }
        _ => not_found(),
    }
}

fn server(tokens: Vec<(&'static str, String)>) -> Canned {
    Canned::start(move |request| {
        if request.header("authorization") != Some(&format!("Basic {}", base64(CREDENTIAL))) {
            return Reply::empty(403);
        }
        let Some(path) = request.path.strip_prefix("/jenkins") else { return not_found() };
        if let Some(path) = path.strip_suffix("/api/json") {
            return item(request, path);
        }
        let Some(build) = path.strip_suffix("/consoleText") else { return not_found() };
        let token = tokens.iter().find(|(known, _)| *known == build).map_or("", |(_, token)| token);
        Reply::text(
            200,
            format!("Started by user alice\n[Pipeline] sh\n+ token={token}\nFinished: SUCCESS\n"),
        )
    })
}

#[test]
fn everything_below_a_server_is_read() {
    let fixture = Fixture::new();
    let places = [
        ("/job/team/job/shop/job/main/7", "team/shop/main #7"),
        ("/job/team/job/shop/job/feature%2Fx/1", "team/shop/feature/x #1"),
        ("/job/team/job/axes/OS=a,JDK=8/2", "team/axes/OS=a,JDK=8 #2"),
        ("/job/team/job/mvn/org.acme$core/1", "team/mvn/org.acme:core #1"),
        ("/job/loud/4", "loud #4"),
    ];
    let tokens: Vec<(&str, String)> =
        places.iter().map(|(path, _)| (*path, fixture.token())).collect();
    let server = server(tokens.clone());
    let target = format!("{}/jenkins", server.url());
    // A server's root does not tell where it begins: the path is said to be its own.
    let run = scan(&fixture, &target, &["--provider", "jenkins"], VARIABLE);
    assert_eq!(run.code, Some(1), "{run:#?}");
    for ((path, job), (_, token)) in places.iter().zip(&tokens) {
        let place = run.place(token);
        assert_eq!(place["provider"], "Jenkins");
        assert_eq!(place["job"], *job, "{place:#}");
        assert_eq!(place["step"], "sh");
        // The name of the branch has a code of its own.
        let link = format!("{target}{}/", path.replace('%', "%25"));
        assert_eq!(place["link"], link, "{place:#}");
    }
    let found = problems(&run);
    assert!(found.len() == 1 && found[0].1.ends_with("/loud/4.log"), "still running: {found:?}");
    let lines = asked(&server);
    let read = lines.iter().filter(|line| line.ends_with("/consoleText")).count();
    assert_eq!(read, 130 + 1 + 2 + 1 + 1 + 1);
    assert!(
        lines[0].starts_with("GET /jenkins/api/json?tree=jobs[name],modules[name,url],allBuilds["),
        "{}",
        lines[0]
    );
    assert!(!lines.iter().any(|line| line.contains("..")), "{lines:#?}");
}

#[test]
fn one_branch_and_one_build_can_be_named() {
    let fixture = Fixture::new();
    let token = fixture.token();
    let server = server(vec![("/job/team/job/shop/job/main/7", token.clone())]);
    let target = format!("{}/jenkins/job/team", server.url());
    let listed =
        run(&fixture, &["list", &target, "--branch", "feature/x", "--format", "jsonl"], VARIABLE);
    assert_eq!(listed.lines("log").len(), 1, "{listed:#?}");
    let target = format!("{}/jenkins/job/team/job/shop/job/main", server.url());
    let listed = run(
        &fixture,
        &["list", &target, "--since", "2025-06-15T15:08:00Z", "--format", "jsonl"],
        VARIABLE,
    );
    assert_eq!(listed.lines("log").len(), 51, "{listed:#?}");
}
