//! GitLab: jobs by keyset, or by number where a server knows no keyset.

use crate::canned::Canned;
use crate::double::http::Reply;
use crate::stage::{CREDENTIAL, asked, not_found, problems, scan};
use crate::support::Fixture;

const VARIABLE: &str = "GITLAB_TOKEN";

fn row(id: u64, name: &str, more: &str) -> String {
    format!(
        r#"{{"id":{id},"name":"{name}","stage":"test","status":"success","ref":"main","created_at":"2025-07-0{id}T14:00:00Z","started_at":"2025-07-0{id}T14:00:00Z","finished_at":"2025-07-04T14:01:00Z","web_url":"https://gitlab.example.com/acme/web/shop/-/jobs/{id}","pipeline":{{"id":3}}{more}}}"#
    )
}

/// Three pages: the last one is too old for whoever asks for less.
fn lab(token: &str, keyset: bool) -> Canned {
    let log = format!(
        "2025-03-01T10:00:00.020010Z 00O \u{1b}[0KRunning with gitlab-runner 18.0.0\n\
         2025-03-01T10:00:00.120010Z 00O section_start:1740823200:step_script\n\
         2025-03-01T10:00:06.000000Z 01E token={}\n2025-03-01T10:00:06.000400Z 01E+{} rest\n",
        &token[..20],
        &token[20..]
    );
    Canned::start(move |request| {
        if request.header("private-token") != Some(CREDENTIAL) {
            return Reply::json(401, "{}");
        }
        let Some(below) = request.path.strip_prefix("/api/v4/projects/acme/web/shop/jobs") else {
            return not_found();
        };
        let next = |query: &str| format!("<http://internal/api/v4/x?{query}>; rel=\"next\"");
        match (below, request.param("cursor").or(request.param("page"))) {
            ("", None) if request.param("pagination").is_some() && !keyset => {
                Reply::json(405, "{}")
            }
            ("", None) => {
                let rows =
                    [row(9, "scan", ""), row(8, "never", "").replace("\"started_at\"", "\"x\"")];
                let more = if keyset { "cursor=b&per_page=100" } else { "page=2&per_page=100" };
                Reply::json(200, format!("[{}]", rows.join(","))).with("Link", next(more))
            }
            ("", Some("b" | "2")) => {
                let rows =
                    [row(7, "gone", r#","erased_at":"2025-07-04T15:00:00Z""#), row(6, "old", "")];
                Reply::json(200, format!("[{}]", rows.join(","))).with("Link", next("cursor=c"))
            }
            ("", Some("c")) => Reply::json(200, format!("[{}]", row(1, "oldest", ""))),
            ("/9/trace", _) => Reply::text(200, log.clone()),
            (_, _) => Reply::text(200, "nothing\n"),
        }
    })
}

#[test]
fn a_token_that_the_runner_cut_in_two_is_found_with_its_page() {
    let fixture = Fixture::new();
    let token = fixture.token();
    let lab = lab(&token, true);
    let target = format!("{}/acme/web/shop", lab.url());
    let more = ["--provider", "gitlab", "--since", "2025-07-02"];
    let run = scan(&fixture, &target, &more, VARIABLE);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let place = run.place(&token);
    assert_eq!(place["provider"], "GitLab CI");
    assert_eq!((&place["job"], &place["step"]), (&"scan".into(), &"step_script".into()));
    assert_eq!(place["link"], "https://gitlab.example.com/acme/web/shop/-/jobs/9");
    let found = problems(&run);
    assert!(found.len() == 1 && found[0].1.ends_with("7-gone.log"), "{found:?}");
    let base = "GET /api/v4/projects/acme/web/shop/jobs";
    assert_eq!(
        asked(&lab),
        [
            format!("{base}?pagination=keyset&order_by=id&sort=desc&per_page=100"),
            format!("{base}/9/trace"),
            format!("{base}?cursor=b&per_page=100"),
            format!("{base}/6/trace"),
            format!("{base}?cursor=c"),
        ]
    );
}

#[test]
fn servers_without_keysets_are_paged_by_number() {
    let fixture = Fixture::new();
    let token = fixture.token();
    let lab = lab(&token, false);
    let target = format!("{}/acme/web/shop", lab.url());
    let run = scan(&fixture, &target, &["--provider", "gitlab", "--workflow", "scan"], VARIABLE);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert_eq!(problems(&run), []);
    assert!(asked(&lab).iter().any(|line| line.ends_with("?page=2&per_page=100")));
}
