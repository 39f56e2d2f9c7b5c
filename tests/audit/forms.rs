//! The forms for programs: names that do not change, and SARIF that its schema allows.

use serde_json::Value;

use crate::double::Double;
use crate::double::sonar::SonarServer;
use crate::stage::{Said, audit, open_sonar};

fn names(value: &Value) -> String {
    let names: Vec<&str> =
        value.as_object().expect("an object").keys().map(String::as_str).collect();
    names.join(" ")
}

#[test]
fn names_and_their_order_are_the_contract() {
    let double = Double::start();
    let (url, _, _) = open_sonar(&double, "8.4.2", &["scan"]);
    let said = Said::of(&url, &[]);
    assert_eq!(
        names(said.get("sonarqube-secured-settings")),
        "schema type rule service server state severity name method url observed count why fix cwe cve"
    );
    assert_eq!(
        names(&said.summary),
        "schema type complete server service version open facts closed unknown problems"
    );
    assert_eq!(said.summary["server"], url);
    // The same server, the same bytes.
    let again = Said::of(&url, &[]);
    assert_eq!(said.run.stdout, again.run.stdout);
}

fn sarif(url: &str) -> Value {
    let run = audit(&[url, "--format", "sarif", "--timeout", "2"]);
    let log: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/sarif-schema-2.1.0.json");
    let schema = serde_json::from_slice(&std::fs::read(path).expect("a schema")).expect("JSON");
    let schema = jsonschema::options().should_validate_formats(true).build(&schema);
    let schema = schema.expect("the schema is one");
    let errors: Vec<String> = schema.iter_errors(&log).map(|it| it.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    log["runs"][0].clone()
}

#[test]
fn sarif_has_one_result_a_fault_at_the_path_that_was_asked_for() {
    let double = Double::start();
    let (url, _, _) = open_sonar(&double, "8.4.2", &["scan"]);
    let run = sarif(&url);
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), Said::of(&url, &[]).ids("open").len());
    let first = &results[0];
    assert_eq!(first["ruleId"], "sonarqube-secured-settings", "the worst comes first");
    assert_eq!((&first["level"], &first["kind"]), (&"error".into(), &"fail".into()));
    let place = &first["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(place["uri"], "api/settings/values");
    let base = place["uriBaseId"].as_str().expect("a base");
    assert_eq!(run["originalUriBaseIds"][base]["uri"], format!("{url}/"));
    assert_eq!(first["taxa"][0]["id"], "CWE-306");
    let text = first["message"]["text"].as_str().expect("words");
    assert!(text.contains("CVE-2020-27986") && text.contains("How to close it: "), "{text}");
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for result in results {
        let rule =
            &rules[usize::try_from(result["ruleIndex"].as_u64().expect("one")).expect("small")];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["markdown"].as_str().is_some_and(|it| it.contains("How to close it")));
        let score: f64 = rule["properties"]["security-severity"]
            .as_str()
            .expect("a score")
            .parse()
            .expect("a number");
        assert!((0.1..=10.0).contains(&score));
    }
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn sarif_says_what_could_not_be_seen() {
    let double = Double::start();
    double.sonar("sonar", SonarServer::new("2025.4", true));
    let run = sarif(&format!("{}/sonar", double.url()));
    assert_eq!(run["results"].as_array().map(Vec::len), Some(0));
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    let run = sarif(&double.url());
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let notice = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(notice["descriptor"]["id"], "unanswered");
    assert!(notice["message"]["text"].as_str().is_some_and(|it| it.contains("/api/system/status")));
}
