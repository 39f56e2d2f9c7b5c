//! Buildkite: builds with their jobs, retried ones too.

use crate::canned::Canned;
use crate::double::http::Reply;
use crate::stage::{CREDENTIAL, asked, not_found, scan};
use crate::support::Fixture;

const VARIABLE: &str = "BUILDKITE_API_TOKEN";
const BASE: &str = "/v2/organizations/acme/pipelines/shop/builds";

#[test]
fn a_token_that_a_time_cuts_in_two_is_found_with_its_page() {
    let fixture = Fixture::new();
    let token = fixture.token();
    let log = format!(
        "\u{1b}_bk;t=1724300000000\u{7}~~~ Running commands\r\n\u{1b}_bk;t=1724300001000\u{7}tok={}\u{1b}_bk;t=1724300002600\u{7}{}\r\n",
        &token[..12],
        &token[12..]
    );
    let server = Canned::start(move |request| {
        if request.header("authorization") != Some(&format!("Bearer {CREDENTIAL}")) {
            return Reply::json(401, "{}");
        }
        match request.path.strip_prefix(BASE) {
            Some("") => Reply::json(
                200,
                r#"[{"number":4,"branch":"main","created_at":"2025-07-04T14:00:00Z","jobs":[
                    {"id":"0190-a","type":"waiter"},
                    {"id":"0190-b","type":"script","name":":sonar: Scan","state":"passed","started_at":"2025-07-04T14:00:00Z","finished_at":"2025-07-04T14:01:00Z","web_url":"https://buildkite.com/acme/shop/builds/4#0190-b"}]}]"#,
            ),
            Some("/4/jobs/0190-b/log.txt") => Reply::text(200, log.clone()),
            _ => not_found(),
        }
    });
    let target = format!("{}/acme/shop", server.url());
    let run = scan(&fixture, &target, &["--provider", "buildkite"], VARIABLE);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let place = run.place(&token);
    assert_eq!((&place["provider"], &place["job"]), (&"Buildkite".into(), &":sonar: Scan".into()));
    assert_eq!(place["link"], "https://buildkite.com/acme/shop/builds/4#0190-b");
    assert_eq!(
        asked(&server),
        [
            format!("GET {BASE}?include_retried_jobs=true&per_page=30"),
            format!("GET {BASE}/4/jobs/0190-b/log.txt"),
        ]
    );
}
