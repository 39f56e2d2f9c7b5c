//! CircleCI: builds by offset, and outputs of steps at signed addresses.

use std::io::Write as _;

use crate::canned::Canned;
use crate::double::http::Reply;
use crate::stage::{CREDENTIAL, asked, assert_bare, not_found, problems, scan};
use crate::support::Fixture;

const VARIABLE: &str = "CIRCLECI_TOKEN";
const BASE: &str = "/api/v1.1/project/github/acme/shop";

fn api(storage: String) -> Canned {
    Canned::start(move |request| {
        if request.header("circle-token") != Some(CREDENTIAL) {
            return Reply::json(401, "{}");
        }
        let build = |number: u64| {
            format!(
                r#"{{"build_num":{number},"branch":"main","start_time":"2025-07-04T14:00:00.000Z","workflows":{{"job_name":"scan","workflow_name":"all"}}}}"#
            )
        };
        match (request.path.strip_prefix(BASE), request.param("offset")) {
            (Some(""), Some("0")) => {
                let rows: Vec<String> = (101..=200).rev().map(build).collect();
                Reply::json(200, format!("[{}]", rows.join(",")))
            }
            (Some(""), Some("100")) => Reply::json(200, format!("[{}]", build(7))),
            (Some("/7"), _) => {
                let action = |index: u64, more: &str| {
                    format!(
                        r#"{{"index":{index},"name":"Run scanner","has_output":true,"status":"success","start_time":"2025-07-04T14:00:00.000Z","output_url":"{storage}/out/{index}?sig=s1g"{more}}}"#
                    )
                };
                let quiet = r#"{"index":0,"name":"Checkout","has_output":false}"#;
                let steps = format!(
                    r#"{{"actions":[{quiet}]}},{{"actions":[{},{}]}}"#,
                    action(0, ""),
                    action(1, r#","truncated":true"#)
                );
                Reply::json(
                    200,
                    format!(
                        r#"{{"build_num":7,"build_url":"https://circleci.com/gh/acme/shop/7","workflows":{{"job_name":"scan"}},"steps":[{steps}]}}"#
                    ),
                )
            }
            (Some(_), _) => Reply::json(200, r#"{"steps":[]}"#),
            _ => not_found(),
        }
    })
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("written");
    encoder.finish().expect("finished")
}

#[test]
fn the_output_of_each_step_is_joined_and_searched() {
    let fixture = Fixture::new();
    let token = fixture.token();
    let (head, tail) = token.split_at(15);
    let document = format!(
        r#"[{{"message":"token={head}","time":"2025-07-04T14:00:00.000Z","type":"out"}},{{"message":"{tail}\r\n","time":"2025-07-04T14:00:01.000Z","type":"out"}}]"#
    );
    let storage =
        Canned::start(move |request| match (request.path.as_str(), request.param("sig")) {
            ("/out/0", Some("s1g")) => Reply::json(200, "[]"),
            // As storage keeps it, whatever the client can read.
            ("/out/1", Some("s1g")) => {
                let mut reply = Reply::json(200, "").with("Content-Encoding", "gzip");
                reply.body = gzip(document.as_bytes());
                reply
            }
            _ => Reply::empty(403),
        });
    let api = api(storage.url().to_owned());
    let target = format!("{}/pipelines/github/acme/shop", api.url());
    let run = scan(&fixture, &target, &["--provider", "circleci"], VARIABLE);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let place = run.place(&token);
    assert_eq!(place["provider"], "CircleCI");
    assert_eq!((&place["job"], &place["step"]), (&"scan #7".into(), &"Run scanner (1)".into()));
    assert_eq!(place["link"], "https://circleci.com/gh/acme/shop/7");
    assert_eq!(problems(&run).len(), 1, "a part was thrown away: {run:#?}");
    let lines = asked(&api);
    assert_eq!(lines[0], format!("GET {BASE}?limit=100&offset=0&shallow=true"));
    assert_eq!(lines[101], format!("GET {BASE}?limit=100&offset=100&shallow=true"));
    assert_eq!(lines[102], format!("GET {BASE}/7"));
    assert_eq!(asked(&storage), ["GET /out/0?sig=s1g", "GET /out/1?sig=s1g"]);
    assert_bare(&storage);
    assert!(!format!("{run:?}").contains("s1g"));
}
