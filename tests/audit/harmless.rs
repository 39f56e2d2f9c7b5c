//! What is sent: GETs to the one server, of the paths that were said, without a credential. And what
//! comes back is not in what is written.

use crate::double::jenkins::{Anonymous, JenkinsServer};
use crate::double::{Double, Heard};
use crate::stage::{NOBODY, audit, open_sonar};
use crate::support::Fixture;

/// All there is.
const LISTED: [&str; 20] = [
    "/sonar/api/system/status",
    "/sonar/whoAmI/api/json",
    "/sonar/api/authentication/validate",
    "/sonar/api/users/current",
    "/sonar/api/settings/values",
    "/sonar/api/users/search?ps=1",
    "/sonar/api/components/search_projects?ps=1",
    "/sonar/api/components/tree?component=project-1&qualifiers=FIL&ps=1",
    "/sonar/api/sources/show?key=project-1%3Asrc%2FMain.java&from=1&to=1",
    "/sonar/api/plugins/installed",
    "/sonar/api/webhooks/list",
    "/sonar/api/system/info",
    "/sonar/batch/index",
    "/ci/api/system/status",
    "/ci/whoAmI/api/json",
    "/ci/api/json?tree=useSecurity,jobs%5Bname%5D",
    "/ci/asynchPeople/api/json?tree=users%5Buser%5BfullName%5D%5D",
    "/ci/script",
    "/ci/manage/",
    "/ci/administrativeMonitor/legacyApiToken/manage",
];

fn assert_harmless(heard: &[Heard]) {
    for it in heard {
        assert_eq!((it.method.as_str(), it.body.len()), ("GET", 0), "{}", it.target);
        assert!(LISTED.contains(&it.target.as_str()), "{} is on no list", it.target);
        let names: Vec<&str> = it.headers.iter().map(|(name, _)| name.as_str()).collect();
        for name in ["authorization", "cookie", "referer", "proxy-authorization"] {
            assert!(!names.contains(&name), "{}: {names:?}", it.target);
        }
    }
}

#[test]
fn each_listed_path_is_asked_for_once_and_no_other() {
    let double = Double::start();
    let (sonar, _, _) = open_sonar(&double, "8.4.2", &["admin", "scan"]);
    let mut server = JenkinsServer::new("2.263");
    server.anonymous = Anonymous::Unsecured;
    double.jenkins("ci", server);
    assert_eq!(audit(&[&sonar, "--read-source"]).code, Some(1));
    assert_eq!(audit(&[&format!("{}/ci", double.url())]).code, Some(1));
    let heard = double.heard();
    assert_harmless(&heard);
    let mut targets: Vec<&str> = heard.iter().map(|it| it.target.as_str()).collect();
    targets.sort_unstable();
    targets.dedup();
    assert_eq!(targets.len(), heard.len(), "a path was asked for twice");
    // All but the probe of the other service, which the first answer makes needless for one of them.
    assert!(targets.len() >= LISTED.len() - 1, "{targets:?}");
}

/// Headers of the user's own go along, and into no output.
#[test]
fn a_header_goes_to_the_server_and_into_no_output() {
    let double = Double::start();
    let (url, _, _) = open_sonar(&double, "2025.4", &[]);
    let args =
        ["audit", &url, "--header", "sonarqube-server=X-Gate: ${GATE_KEY}", "--pace", "1000"];
    let env = [&NOBODY[..], &[("GATE_KEY", "kept-to-itself")]].concat();
    let run = Fixture::new().squelch_with(&args, b"", &env);
    assert!(!run.stdout.contains("kept-to-itself") && !run.stderr.contains("kept-to-itself"));
    let header = |it: &Heard| it.headers.iter().any(|(_, value)| value == "kept-to-itself");
    let mut heard = double.heard();
    heard.retain(|it| !it.target.contains("whoAmI"));
    assert!(heard.len() > 5 && heard.iter().all(header), "{heard:#?}");
}

#[test]
fn no_value_of_an_answer_reaches_an_output() {
    for version in ["5.6", "8.4.2", "2025.4"] {
        let double = Double::start();
        let (url, canaries, _) = open_sonar(&double, version, &["admin", "scan"]);
        let fixture = Fixture::new();
        for format in ["human", "jsonl", "sarif"] {
            let args = [
                "audit",
                &url,
                "--read-source",
                "--pace",
                "1000",
                "--format",
                format,
                "--color",
                "always",
                "--output",
                "human=a.txt",
                "--output",
                "jsonl=a.jsonl",
                "--output",
                "sarif=a.sarif",
            ];
            let run = fixture.squelch_with(&args, b"", &NOBODY);
            assert_eq!(run.code, Some(1), "{run:#?}");
            canaries.assert_unseen(&run.stdout);
            canaries.assert_unseen(&run.stderr);
            for file in ["a.txt", "a.jsonl", "a.sarif"] {
                let text = std::fs::read_to_string(fixture.path(file)).expect("a report");
                assert!(text.len() > 500, "{file}: {text}");
                canaries.assert_unseen(&text);
            }
        }
    }
}
