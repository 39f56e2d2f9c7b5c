//! SARIF against the standard's schema, and against an oracle that knows the original bytes.

use serde_json::Value;

use super::*;
use crate::finding::Report;
use crate::fixture::{self, Fixture, sample, text};
use crate::problem::{Problem, ProblemCode};

const PROFILES: [SarifProfile; 2] = [SarifProfile::Generic, SarifProfile::Github];

fn written(report: &Report, rules: &Rules, profile: SarifProfile) -> (String, Value) {
    let raw = text(|out| write_sarif(report, rules, profile, out));
    let value = serde_json::from_str(&raw).expect("it is JSON");
    (raw, value)
}

/// Everything that the schema has against `value`.
fn schema_errors(value: &Value) -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/sarif-schema-2.1.0.json");
    let schema = std::fs::read(path).expect("the schema is in the repository");
    let schema = serde_json::from_slice(&schema).expect("the schema is JSON");
    let checked = jsonschema::options().should_validate_formats(true).build(&schema);
    let checked = checked.expect("the schema is one");
    let errors = checked.iter_errors(value);
    errors.map(|error| format!("{} at {}", error, error.instance_path())).collect()
}

fn results(log: &Value) -> &Vec<Value> {
    log.pointer("/runs/0/results").and_then(Value::as_array).expect("results are always there")
}

fn with_problems(mut fixture: Fixture) -> Fixture {
    fixture.report.problems.push(
        Problem::new(ProblemCode::Damaged, "a\x1b[2J.pack", "its index is cut off")
            .hinted("Run git fsck."),
    );
    fixture
}

#[test]
fn every_profile_is_valid() {
    for profile in PROFILES {
        for fixture in [sample(), with_problems(sample())] {
            let (_, log) = written(&fixture.report, &fixture.rules, profile);
            assert_eq!(schema_errors(&log), [""; 0], "{profile:?}");
        }
        let rules = fixture::rules();
        let (_, log) = written(&Report::default(), &rules, profile);
        assert_eq!(schema_errors(&log), [""; 0], "{profile:?}");
        assert!(results(&log).is_empty(), "GitHub refuses a run without results");
    }
}

#[test]
fn what_is_suppressed_is_marked_and_kept_from_github() {
    let (report, rules) = (fixture::with_suppressed(), fixture::rules());
    let (_, log) = written(&report, &rules, SarifProfile::Generic);
    assert_eq!(schema_errors(&log), [""; 0]);
    let (last, others) = results(&log).split_last().expect("results");
    assert_eq!(last["baselineState"], "unchanged");
    let suppression = &last["suppressions"][0];
    assert_eq!(
        (&suppression["kind"], &suppression["status"]),
        (&"external".into(), &"accepted".into())
    );
    let why = ".squelch-baseline: it has the token: ada rotates it in May";
    assert_eq!(suppression["justification"], why);
    for other in others {
        assert_eq!(other["baselineState"], "new");
        assert_eq!(other["suppressions"], Value::Array(Vec::new()), "all results say it, or none");
    }
    let (_, log) = written(&report, &rules, SarifProfile::Github);
    assert_eq!(schema_errors(&log), [""; 0]);
    assert_eq!(results(&log).len(), others.len(), "it would open an alert");
    assert!(results(&log).iter().all(|it| it["suppressions"].is_null()));
    let (_, log) = written(&sample().report, &rules, SarifProfile::Generic);
    assert!(results(&log).iter().all(|it| it["baselineState"].is_null()), "no baseline was named");
}

#[test]
fn the_schema_test_sees_errors() {
    let fixture = sample();
    let (_, mut log) = written(&fixture.report, &fixture.rules, SarifProfile::Generic);
    log["runs"][0]["results"][0]["ruleIndex"] = Value::from("0");
    log["runs"][0]["results"][1]["level"] = Value::from("bad");
    assert_eq!(schema_errors(&log).len(), 2);
}

/// The text of a region, counted anew: lines are cut from UTF-16 units, not from bytes.
fn region_text(bytes: &[u8], region: &Value) -> String {
    let units: Vec<u16> = String::from_utf8_lossy(bytes).encode_utf16().collect();
    let mut lines: Vec<Vec<u16>> = vec![Vec::new()];
    let mut previous = 0;
    for unit in units {
        match unit {
            10 if previous == 13 => {}
            10 | 13 => lines.push(Vec::new()),
            other => lines.last_mut().expect("one at least").push(other),
        }
        previous = unit;
    }
    let number = |name: &str| region[name].as_u64().expect("all four numbers are there") as usize;
    assert_eq!(number("startLine"), number("endLine"));
    let line = &lines[number("startLine") - 1];
    String::from_utf16_lossy(&line[number("startColumn") - 1..number("endColumn") - 1])
}

/// GitHub's hash of a line, from its definition: the 100 units from the line's first visible one
/// as a number in base 37, and how many lines before have the same.
fn naive_line_hash(bytes: &[u8], line: u64) -> String {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\n");
    let visible: Vec<u16> = text.encode_utf16().filter(|unit| ![9, 32].contains(unit)).collect();
    let ends = visible.iter().enumerate().filter(|(_, unit)| **unit == 10).map(|(at, _)| at + 1);
    let hash = |start: usize| {
        let padded = visible[start..].iter().copied().chain([65535]).chain([0; 100]);
        padded.take(100).fold(0_u64, |sum, unit| sum.wrapping_mul(37).wrapping_add(unit.into()))
    };
    let hashes: Vec<u64> = std::iter::once(0).chain(ends).map(hash).take(line as usize).collect();
    let own = hashes.last().expect("lines count from 1");
    format!("{own:x}:{}", hashes.iter().filter(|hash| *hash == own).count())
}

/// The origin and URI of each place of the sample, in the order of its blobs.
fn expected_places() -> Vec<Vec<(&'static str, String)>> {
    let object = format!(".git/objects/blob/{}", "4f2a".repeat(10));
    let sonarqube = [
        ("worktree", "ci/build.sh"),
        ("worktree", "a%20b/pom%20%231.xml"),
        ("index", "conf/sonar.properties"),
        ("history", "conf/sonar.properties"),
        ("history", &object),
        ("gitdir", ".git/config"),
    ];
    let owned = |list: &[(&'static str, &str)]| {
        list.iter().map(|(origin, uri)| (*origin, (*uri).to_owned())).collect()
    };
    vec![owned(&sonarqube), owned(&[("worktree", "Makefile")])]
}

#[test]
fn every_region_delimits_its_token_and_no_token_is_written() {
    for profile in PROFILES {
        let Fixture { report, rules, tokens, blobs } = with_problems(sample());
        let (raw, log) = written(&report, &rules, profile);
        assert!(tokens.iter().all(|token| !raw.contains(&token[4..20])), "a token is in the file");
        let mut unseen = expected_places();
        for result in results(&log) {
            let of = usize::from(result["ruleId"] != "sonarqube-user-token");
            let origin = result["properties"]["origin"].as_str().expect("an origin");
            let lists = ["locations", "relatedLocations"];
            let all = lists.iter().filter_map(|name| result[*name].as_array()).flatten();
            for (index, location) in all.enumerate() {
                let location = &location["physicalLocation"];
                let uri = location["artifactLocation"]["uri"].as_str().expect("a URI").to_owned();
                let places = expected_places();
                let at = places[of].iter().position(|known| *known == (origin, uri.clone()));
                let bytes = &blobs[of][at.unwrap_or_else(|| panic!("{origin} {uri}"))];
                let region = &location["region"];
                assert_eq!(region_text(bytes, region), tokens[of], "{uri}");
                let context = location["contextRegion"]["snippet"]["text"].as_str();
                let masked = region["snippet"]["text"].as_str().expect("a snippet");
                assert!(masked.contains('…') && context.expect("a line").contains(masked));
                if index == 0 {
                    let line = region["startLine"].as_u64().expect("a line");
                    let hash = &result["partialFingerprints"]["primaryLocationLineHash"];
                    assert_eq!(hash, &naive_line_hash(bytes, line), "{uri}");
                }
                unseen[of].retain(|known| *known != (origin, uri.clone()));
            }
        }
        assert!(unseen.iter().all(Vec::is_empty), "each place is in the file: {unseen:?}");
    }
}

#[test]
fn history_is_mapped_to_its_commit_only_where_the_consumer_follows() {
    let Fixture { report, rules, .. } = sample();
    let (_, log) = written(&report, &rules, SarifProfile::Generic);
    let commit = "1a2b3c4d5e".repeat(4);
    let base = &log["runs"][0]["originalUriBaseIds"]["REV_1a2b3c4d5e1a"];
    assert_eq!(base["uri"], format!("https://git.example.org/team/app/blob/{commit}/"));
    let provenance = &log["runs"][0]["versionControlProvenance"];
    assert_eq!(provenance[0]["mappedTo"]["uriBaseId"], "SRCROOT", "viewers follow the first");
    assert_eq!(provenance[1]["revisionId"], commit);
    let history = &results(&log)[2];
    let location = &history["locations"][0];
    assert_eq!(location["physicalLocation"]["artifactLocation"]["uriBaseId"], "REV_1a2b3c4d5e1a");
    assert_eq!(location["logicalLocations"][0]["fullyQualifiedName"], format!("git:{commit}"));
    assert_eq!(history["properties"]["authorDate"], "2024-03-01T09:30:00+01:00");
    let (raw, _) = written(&report, &rules, SarifProfile::Github);
    assert!(!raw.contains("REV_"), "GitHub follows no base");
}

#[test]
fn a_scan_that_could_not_look_does_not_read_as_clean() {
    let Fixture { report, rules, .. } = with_problems(sample());
    let (raw, log) = written(&report, &rules, SarifProfile::Generic);
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notification = &invocation["toolExecutionNotifications"][0];
    assert_eq!(notification["descriptor"]["id"], "damaged");
    assert_eq!(
        notification["message"]["text"],
        "a\\x1b[2J.pack: its index is cut off. Run git fsck."
    );
    assert!(!raw.contains('\x1b'));
}

#[test]
fn a_consumer_gets_no_more_than_it_takes() {
    let Fixture { report, rules, .. } = sample();
    let limits = Limits { results: 3, related: 1 };
    assert_eq!(Limits::of(SarifProfile::Github).results, 25_000, "GitHub refuses more");
    assert_eq!(Limits::of(SarifProfile::Github).related, 99, "GitHub shows 100 with the first");
    let run = Run { report: &report, rules: &rules, profile: SarifProfile::Github, limits };
    let run = serde_json::to_value(&run).expect("it is JSON");
    assert_eq!(run["results"].as_array().map(Vec::len), Some(3));
    assert_eq!(run["results"][0]["relatedLocations"].as_array().map(Vec::len), Some(1));
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false, "what is left out is said");
    let notification = &invocation["toolExecutionNotifications"][0];
    assert_eq!(notification["descriptor"]["id"], "left-out");
    assert!(notification["message"]["text"].as_str().expect("text").starts_with("2 more"));
}

/// A report whose scanned strings try to be markup, links, commands and URIs.
fn hostile() -> Fixture {
    let mut fixture = sample();
    let hostile = "`x` ```\n</script><img src=x onerror=y> [a](http://t) ![b](http://t) @all \x1b[31m\u{202e}\"";
    let finding = &mut fixture.report.findings[0];
    finding.places.truncate(1);
    finding.places[0].origin.path = format!("{hostile}/a");
    finding.places[0].line.text = hostile.to_owned();
    finding.remedy.steps = vec![hostile.to_owned()];
    finding.remedy.command = vec!["curl".to_owned(), hostile.to_owned()];
    finding.remedy.page = Some(hostile.to_owned());
    fixture
}

#[test]
fn hostile_text_stays_text() {
    let Fixture { report, rules, .. } = hostile();
    let (raw, log) = written(&report, &rules, SarifProfile::Github);
    assert!(!raw.contains(['\x1b', '\u{202e}']));
    assert_eq!(schema_errors(&log), [""; 0]);
    let message = &results(&log)[0]["message"];
    assert!(!message["text"].as_str().expect("text").contains("]("));
    let markdown = message["markdown"].as_str().expect("markdown");
    let (prose, code) = markdown.split_once("````sh\n").expect("the fence is longer than theirs");
    for markup in ["<img", "</script", "[a](", "![", " @all", "\n`"] {
        assert!(!prose.contains(markup), "{markup:?} in {prose}");
    }
    let (command, _) = code.split_once("\n````\n").expect("the fence is closed");
    assert_eq!(command.lines().count(), 1, "the command is one line");
}
