use super::*;
use crate::fixture::mint;
use crate::identity::Sure;
use crate::trace::{SourceKind, read_text};

fn ledger(text: &str) -> anyhow::Result<Ledger> {
    read_text(SourceKind::EnvInspector, "circleci-data.json", text)
}

/// Where the tokens that end like `token` may be.
fn places(ledger: &Ledger, token: &str) -> Vec<String> {
    let known = ledger.by_ending(|ending| token.ends_with(ending), &["sonar"]);
    assert!(known.iter().all(|known| known.sure == Sure::Consistent));
    known.into_iter().map(|known| known.value).collect()
}

/// The last four characters of `token`.
fn end(token: &str) -> &str {
    &token[token.len() - 4..]
}

#[test]
fn each_shape_tells_the_projects_variable() {
    let token = mint("squ_", 1);
    let end = end(&token);
    let context = r#"{"name":"sonarcloud","id":"c","url":"https://u","variables":[
        {"variable":"SONAR_TOKEN","context_id":"c","created_at":"2023-01-01T00:00:00Z"}]}"#;
    let variables =
        format!(r#"[{{"name":"SONAR_TOKEN","value":"xxxx{end}"}},{{"name":"V","value":"xxxx"}}]"#);
    let shapes = [
        format!(
            r#"{{"contexts":[{context}],"projects":[{{"name":"acme/web","variables":{variables}}}],
            "unavailable":[]}}"#
        ),
        format!(
            r#"[{{"acme":{{"contexts":[{context}],"projects":[{{"name":"web","url":"https://p",
            "variables":{variables},"project_keys":[]}}],"unavailable":[]}}}},
            {{"other":{{"contexts":[],"projects":[],"unavailable":[]}}}}]"#
        ),
        format!(
            r#"{{"user":{{"name":"A"}},"accounts":[{{"name":"acme","id":"1","vcstype":"github",
            "contexts":[{context}],"projects":[{{"id":"2","name":"web","slug":"gh/acme/web",
            "variables":{variables},"keys":[]}}],"errors":[]}}]}}"#
        ),
        format!(
            r#"{{"user":{{"name":"A"}},"accounts":[{{"name":"acme","id":"1","vcstype":"github",
            "contexts":[{context}],"projects":[{{"errors":[],"id":"2","name":"web",
            "slug":"gh/acme/web","has_trigger":true,"project_env_vars":{variables},
            "checkout_keys":[],"ssh_keys":[],"legacy_aws_keys":null}}],"errors":[]}}]}}"#
        ),
        format!(
            "{{ // as the README has it\n contexts: [{context}],\n projects: [{{ name: 'acme/web', \
             variables: {variables}, keys: [], legacyAWSKeys: {{}}, }}, ],\n}}"
        ),
    ];
    let names = ["acme/web", "acme/web", "gh/acme/web", "gh/acme/web", "acme/web"];
    for (shape, name) in shapes.iter().zip(names) {
        let ledger = ledger(shape).expect("a report");
        assert_eq!(places(&ledger, &token), [format!("SONAR_TOKEN in CircleCI project {name}")]);
        assert_eq!(ledger.read[0].entries, 1, "{shape}");
        let notes = ledger.read[0].notes.join("\n");
        for kind in ["contexts", "projects"] {
            assert!(notes.contains(&format!("variables of {kind} that show no")), "{notes}");
        }
        assert_eq!(notes.matches("token: 1").count(), 2, "{notes}");
        assert!(ledger.problems.is_empty());
    }
}

#[test]
fn a_context_tells_what_it_shows_and_when_it_was_set() {
    let token = mint("squ_", 2);
    let text = format!(
        r#"{{"accounts":[{{"name":"acme","projects":[],"contexts":[{{"name":"sonarcloud",
        "url":"https://c","variables":[{{"variable":"SONAR_TOKEN","truncated_value":"{}",
        "created_at":"2022-01-01T00:00:00Z","updated_at":"2023-01-30T03:13:05.765Z"}}]}}]}}]}}"#,
        end(&token)
    );
    let ledger = ledger(&text).expect("a report");
    assert_eq!(places(&ledger, &token), ["SONAR_TOKEN in context sonarcloud of acme"]);
    let known = ledger.by_ending(|_| true, &[]);
    assert!(known[0].how.starts_with("its last 4 characters, in "), "{}", known[0].how);
    assert!(known[0].how.ends_with(", last set 2023-01-30T03:13:05.765Z"), "{}", known[0].how);
    assert_eq!(ledger.masked[0].url.as_deref(), Some("https://c"));
    assert!(ledger.read[0].notes.is_empty());
}

#[test]
fn what_the_inspector_did_not_see_is_a_problem() {
    let text = r#"{"accounts":[{"name":"acme","contexts":[],"projects":[{"slug":"gh/acme/web",
        "project_env_vars":[],"errors":[{"projectSlug":"gh/acme/web","error":{"status":404,
        "statusText":"Not Found"}}]}],"errors":[{"contextName":"","url":"https://u",
        "error":{"status":403,"statusText":"Forbidden","message":"m"}}],
        "unavailable":["gh/acme/api", {"name":"old"}]}]}"#;
    let problems = ledger(text).expect("a report").problems;
    let whys: Vec<_> = problems.iter().map(|problem| problem.why.as_str()).collect();
    assert_eq!(
        whys,
        [
            "the inspector did not see gh/acme/web: 404 Not Found",
            "the inspector did not see https://u: 403 Forbidden",
            "the inspector did not see gh/acme/api",
            "the inspector did not see old",
        ]
    );
    assert!(problems[0].place.ends_with("circleci-data.json: CircleCI project gh/acme/web"));
    assert!(problems.iter().all(|problem| problem.code == ProblemCode::Unreadable));
}

#[test]
fn what_is_no_report_is_refused() {
    for text in ["", "{}", "[]", "[1]", r#"{"accounts":[]}"#, "{\"contexts\": ["] {
        assert!(ledger(text).is_err(), "{text}");
    }
    assert!(ledger(&"[".repeat(1_000_000)).is_err(), "as deep as a stack");
    assert!(ledger(&"{a:".repeat(1_000_000)).is_err(), "as deep as a stack");
}
