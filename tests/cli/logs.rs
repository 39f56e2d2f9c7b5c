//! CI logs as each system frames them: a token is found with its system, job, step, line and page.
//! The logs are written as the vendors' sources and documents say, with tokens minted here.

use serde_json::Value;

use crate::support::{Fixture, Run};

/// What a place in a log has to say.
struct Said<'a> {
    provider: &'a str,
    job: Option<&'a str>,
    step: Option<&'a str>,
    link: Option<&'a str>,
    line: u64,
}

#[track_caller]
fn says(place: &Value, said: &Said<'_>) {
    let text = |key: &str| place[key].as_str();
    assert_eq!(text("provider"), Some(said.provider), "{place:#}");
    assert_eq!(text("job"), said.job, "{place:#}");
    assert_eq!(text("step"), said.step, "{place:#}");
    assert_eq!(text("link"), said.link, "{place:#}");
    assert_eq!(place["line"], said.line, "{place:#}");
}

/// Scans one log of one token: it must be found, there once, and nothing else.
#[track_caller]
fn place_in(name: &str, log: &[u8], token: &str) -> Value {
    let fixture = Fixture::new();
    fixture.write(name, log);
    let run = fixture.scan(&["--no-history"]);
    assert_eq!(run.lines("finding").len(), 1, "{run:#?}");
    assert_eq!(run.lines("problem").len(), 0, "{run:#?}");
    let finding = run.finding(token);
    assert_eq!(finding["locations"].as_array().map(Vec::len), Some(1), "{finding:#}");
    finding["locations"][0].clone()
}

#[test]
fn github_says_step_and_run() {
    let token = Fixture::new().token();
    let log = format!(
        "\u{feff}2025-07-04T14:32:09.5024381Z Current runner version: '2.323.0'\n\
         2025-07-04T14:32:09.5025326Z ##[group]Run env; sonar-scanner\n\
         2025-07-04T14:32:09.5027162Z shell: /usr/bin/bash -e {{0}}\n\
         2025-07-04T14:32:09.5028045Z env:\n\
         2025-07-04T14:32:09.5028992Z   SONAR_TOKEN: ***\n\
         2025-07-04T14:32:09.5037111Z ##[endgroup]\n\
         2025-07-04T14:32:10.0000001Z GITHUB_REPOSITORY=acme/web\n\
         2025-07-04T14:32:10.0000002Z GITHUB_RUN_ID=16071234567\n\
         2025-07-04T14:32:10.0000003Z GITHUB_SERVER_URL=https://github.com\n\
         2025-07-04T14:32:11.0000000Z \x1b[36;1mtoken={}\x1b[01;31m\x1b[K{}\x1b[0m\n",
        &token[..9],
        &token[9..]
    );
    let place = place_in("job.txt", log.as_bytes(), &token);
    says(
        &place,
        &Said {
            provider: "GitHub Actions",
            job: None,
            step: Some("Run env; sonar-scanner"),
            link: Some("https://github.com/acme/web/actions/runs/16071234567"),
            line: 10,
        },
    );
    assert_eq!((&place["view"], &place["origin"]), (&"ansi".into(), &"log".into()));
}

#[test]
fn gh_run_view_says_job_and_step() {
    let token = Fixture::new().token();
    let log = format!(
        "build\tSet up job\t\u{feff}2025-07-04T14:32:09.5024381Z Current runner version: 'x'\n\
         build\tRun tests\t2025-07-04T14:32:11.0000000Z key: {token}\n"
    );
    let said = Said {
        provider: "GitHub Actions",
        job: Some("build"),
        step: Some("Run tests"),
        link: None,
        line: 2,
    };
    says(&place_in("view.txt", log.as_bytes(), &token), &said);
}

#[test]
fn gitlab_joins_lines_and_counts_as_its_page_does() {
    let token = Fixture::new().token();
    let log = format!(
        "2025-03-01T10:00:00.020010Z 00O \x1b[0KRunning with gitlab-runner 18.0.0 (abcdef12)\x1b[0;m\n\
         2025-03-01T10:00:00.120010Z 00O section_start:1740823200:prepare_executor\n\
         2025-03-01T10:00:00.120020Z 00O+\x1b[0K\x1b[0K\x1b[36;1mPreparing\x1b[0;m\n\
         2025-03-01T10:00:04.120010Z 00O section_start:1740823204:step_script\n\
         2025-03-01T10:00:04.120020Z 00O+\x1b[0K\x1b[0K\x1b[36;1mExecuting\x1b[0;m\n\
         2025-03-01T10:00:05.000000Z 01O CI_JOB_URL=https://gitlab.example.com/g/p/-/jobs/17\n\
         2025-03-01T10:00:05.000000Z 01O CI_JOB_NAME=test\n\
         2025-03-01T10:00:06.000000Z 01E ...{}\n\
         2025-03-01T10:00:06.000100Z 01O something else\n\
         2025-03-01T10:00:06.000400Z 01E+{} rest\n",
        &token[..22],
        &token[22..]
    );
    let said = Said {
        provider: "GitLab CI",
        job: Some("test"),
        step: Some("step_script"),
        link: Some("https://gitlab.example.com/g/p/-/jobs/17#L6"),
        line: 8,
    };
    let place = place_in("trace.log", log.as_bytes(), &token);
    says(&place, &said);
    assert_eq!(place["end_line"], 10);

    let log = format!(
        "\x1b[0KRunning with gitlab-runner 16.0.0\x1b[0;m\n\
         section_start:1740823200:step_script\r\x1b[0K\x1b[36;1mExecuting\x1b[0;m\n\
         \x1b[32;1m$ echo\x1b[0;m {token}\n"
    );
    let said =
        Said { provider: "GitLab CI", job: None, step: Some("step_script"), link: None, line: 3 };
    says(&place_in("old.log", log.as_bytes(), &token), &said);
}

#[test]
fn circleci_joins_chunks_of_one_type() {
    let token = Fixture::new().token();
    let (first, second) = token.split_at(20);
    let log = format!(
        r#"[{{"message":"CIRCLE_BUILD_URL=https://circleci.com/gh/acme/web/42\nCIRCLE_JOB=scan\n\u001b[31mtoken\n{first}","time":"2025-01-02T03:04:05.678Z","type":"out"}},
 {{"message":"a warning\n","time":"2025-01-02T03:04:05.900Z","type":"err"}},
 {{"message":"{second}\u001b[0m\r\n","time":"2025-01-02T03:04:06.001Z","type":"out"}}]"#
    );
    let name = "circleci-output/build-and-test/job-42/step-103.txt";
    let place = place_in(name, log.as_bytes(), &token);
    let said = Said {
        provider: "CircleCI",
        job: Some("build-and-test #42"),
        step: Some("103"),
        link: None,
        line: 1,
    };
    says(&place, &said);
    assert!(place["view"].as_str().is_some_and(|view| view.starts_with("json")), "{place:#}");
    assert_eq!(place["end_line"], 3);
}

#[test]
fn azure_says_task_and_build() {
    let token = Fixture::new().token();
    let log = format!(
        "\u{feff}2026-08-21T09:57:19.1234567Z ##[section]Starting: Prepare analysis\n\
         2026-08-21T09:57:19.2234567Z Agent name: 'Azure Pipelines 3'\n\
         2026-08-21T09:57:20.1234567Z SYSTEM_COLLECTIONURI=https://dev.azure.com/acme/\n\
         2026-08-21T09:57:20.1234567Z SYSTEM_TEAMPROJECT=web\n\
         2026-08-21T09:57:20.1234567Z BUILD_BUILDID=812\n\
         2026-08-21T09:57:21.1234567Z ##vso[task.setvariable variable=SONAR_TOKEN]{token}\n"
    );
    let said = Said {
        provider: "Azure DevOps",
        job: None,
        step: Some("Prepare analysis"),
        link: Some("https://dev.azure.com/acme/web/_build/results?buildId=812&view=logs"),
        line: 6,
    };
    says(&place_in("4_Prepare.txt", log.as_bytes(), &token), &said);
    let answer = format!(
        r#"{{"count":2,"value":["2026-08-21T09:57:19.1234567Z ##[section]Starting: x","2026-08-21T09:57:19.1234567Z \u001b[32m{token}\u001b[0m"]}}"#
    );
    assert_eq!(place_in("log.json", answer.as_bytes(), &token)["line"], 1);
}

#[test]
fn jenkins_says_job_and_stage() {
    let token = Fixture::new().token();
    let log = format!(
        "Started by user alice\n\
         [Pipeline] Start of Pipeline\n\
         [Pipeline] {{ (Analysis)\n\
         [2026-08-21T15:30:00.123Z] BUILD_URL=https://ci.example.test/job/team/job/app/17/\n\
         [2026-08-21T15:30:00.123Z] + sonar-scanner -Dsonar.token={token}\n\
         [Pipeline] }}\n"
    );
    let said = Said {
        provider: "Jenkins",
        job: Some("team/app #17"),
        step: Some("Analysis"),
        link: Some("https://ci.example.test/job/team/job/app/17/consoleFull"),
        line: 5,
    };
    says(&place_in("jobs/team/jobs/app/builds/17/log", log.as_bytes(), &token), &said);
}

#[test]
fn jenkins_says_the_node_that_its_index_names() {
    let fixture = Fixture::new();
    let token = fixture.token();
    let head = "Started by user alice\n[Pipeline] sh\n\
                BUILD_URL=https://ci.example.test/job/app/17/\n";
    fixture.write("jobs/app/builds/17/log", format!("{head}token {token}\nFinished: SUCCESS\n"));
    let (start, end) = (head.len(), head.len() + 60);
    fixture.write("jobs/app/builds/17/log-index", format!("22 6\n30\n{start} 12\n{end}\n"));
    for target in [".", "jobs/app/builds/17", "jobs/app/builds/17/log"] {
        let place = fixture.scan(&["--no-history", target]).place(&token);
        let link = "https://ci.example.test/job/app/17/stages/?start-byte=";
        let at = start + "token ".len();
        says(
            &place,
            &Said {
                provider: "Jenkins",
                job: Some("app #17"),
                step: Some("sh, node 12"),
                link: Some(&format!("{link}{at}&selected-node=12")),
                line: 4,
            },
        );
    }
}

#[test]
fn buildkite_writes_times_into_lines() {
    let token = Fixture::new().token();
    let log = format!(
        "\x1b_bk;t=1724300000000\x07~~~ Running commands\r\n\
         \x1b_bk;t=1724300000100\x07BUILDKITE_BUILD_URL=https://buildkite.com/acme/web/builds/5\r\n\
         \x1b_bk;t=1724300000500\x07\x1b[90m$\x1b[0m sonar-scanner\r\n\
         \x1b_bk;t=1724300001000\x07tok={}\x1b_bk;t=1724300002600\x07{}\r\n",
        &token[..16],
        &token[16..]
    );
    let said = Said {
        provider: "Buildkite",
        job: None,
        step: Some("Running commands"),
        link: Some("https://buildkite.com/acme/web/builds/5"),
        line: 4,
    };
    says(&place_in("buildkite.log", log.as_bytes(), &token), &said);
}

#[test]
fn travis_says_the_fold() {
    let token = Fixture::new().token();
    let log = format!(
        "travis_fold:start:sonarcloud.addon\r\x1b[0KSonarCloud addon\n\
         travis_time:start:0a1b2c3d\r\x1b[0K$ sonar-scanner -Dsonar.login=[secure]\n\
         TRAVIS_JOB_WEB_URL=https://app.travis-ci.com/github/acme/web/jobs/9\n\
         using {token}\n"
    );
    let said = Said {
        provider: "Travis CI",
        job: None,
        step: Some("sonarcloud.addon"),
        link: Some("https://app.travis-ci.com/github/acme/web/jobs/9"),
        line: 4,
    };
    says(&place_in("travis.txt", log.as_bytes(), &token), &said);
}

#[test]
fn teamcity_escapes_in_its_own_way() {
    let token = Fixture::new().token();
    let log = format!(
        "[12:34:56]W:\t [Step 2/4] sonar-scanner: token *******\n\
         [12:34:57] :\t [Step 2/4] ##teamcity[message text='tok|'s value:|n{token}' status='WARNING']\n"
    );
    let place = place_in("teamcity.log", log.as_bytes(), &token);
    let said =
        Said { provider: "TeamCity", job: None, step: Some("Step 2/4"), link: None, line: 2 };
    says(&place, &said);
}

#[test]
fn bitbucket_says_the_command() {
    let token = Fixture::new().token();
    let log = format!(
        "+ git clone https://x-token-auth:$REPOSITORY_OAUTH_ACCESS_TOKEN@bitbucket.org/a/b.git\n\
         Cloning into 'b'...\n\
         + sonar-scanner -X\n\
         sonar.token={token}\n"
    );
    let said = Said {
        provider: "Bitbucket Pipelines",
        job: None,
        step: Some("sonar-scanner -X"),
        link: None,
        line: 4,
    };
    says(&place_in("pipelineLog.txt", log.as_bytes(), &token), &said);
}

#[test]
fn drone_is_read_in_its_order() {
    let token = Fixture::new().token();
    let (first, second) = token.split_at(20);
    let log = format!(
        r#"[{{"pos":1,"out":"{second}\n","time":0}},{{"pos":0,"out":"+ echo \u001b[1m{first}","time":0}}]"#
    );
    let said = Said { provider: "Drone", job: Some("1"), step: Some("2"), link: None, line: 1 };
    says(&place_in("builds/3/logs/1/2", log.as_bytes(), &token), &said);
}

#[test]
fn masks_are_no_tokens_and_partial_ones_are_low() {
    let fixture = Fixture::new();
    let stamp = "2025-07-04T14:32:09.5024381Z ";
    let masked = ["***", "****", "[MASKED]", "[secure]", "[REDACTED]", "******", "xxxx", "$(X)"];
    let lines: Vec<String> =
        masked.iter().map(|mask| format!("{stamp}SONAR_TOKEN={mask}\n")).collect();
    fixture.write("masked.log", lines.concat());
    let run = fixture.scan(&["--no-history"]);
    assert_eq!((run.lines("finding").len(), run.code), (0, Some(0)), "{run:#?}");

    let shown = format!("squ{}0123", '_');
    let partial = [
        ("SONAR_TOKEN=****67b8\n".to_owned(), "****67b8"),
        ("  SONAR_TOKEN: xxxx67b8\n".to_owned(), "xxxx67b8"),
        (format!("using {shown}****\n"), &format!("{shown}****")),
        (format!("using {shown}...4567\n"), &format!("{shown}...4567")),
    ];
    for (line, visible) in partial {
        fixture.write("masked.log", format!("{}{stamp}{line}", lines.concat()));
        let run = fixture.scan(&["--no-history"]);
        let found = run.lines("finding");
        assert_eq!(found.len(), 1, "{line}: {run:#?}");
        assert_eq!(found[0]["partial"], visible, "{line}");
        assert_eq!(
            (&found[0]["severity"], &found[0]["confidence"]),
            (&"low".into(), &"low".into())
        );
        assert!(run.stdout.contains("The log masks the rest"), "{run:#?}");
    }
    fixture.write("masked.log", "SONAR_TOKEN=****67b8\n");
    assert_eq!(fixture.scan(&["--no-history"]).lines("finding").len(), 0, "it is no log");
    assert_eq!(fixture.scan(&["--no-history", "--logs"]).lines("finding").len(), 1, "forced");
}

#[test]
fn forced_reading_takes_every_text_for_a_log() {
    let fixture = Fixture::new();
    let token = fixture.token();
    fixture.write("notes", format!("{}\r{}\n", "____".to_owned() + &token[4..], &token[..4]));
    let count = |run: Run| run.lines("finding").len();
    assert_eq!(count(fixture.scan(&["--no-history"])), 0);
    let run = fixture.scan(&["--no-history", "--logs"]);
    let place = run.place(&token);
    assert_eq!((&place["provider"], &place["view"]), (&"CI log".into(), &"ansi".into()));
}

#[test]
fn raw_reads_bytes_as_they_are() {
    let fixture = Fixture::new();
    let (plain, hidden) = (fixture.token(), fixture.token());
    fixture.write("a.log", format!("{plain}\nx {}\x1b[0m{}\n", &hidden[..9], &hidden[9..]));
    assert_eq!(fixture.scan(&["--no-history"]).lines("finding").len(), 2);
    let run = fixture.scan(&["--no-history", "--raw"]);
    assert_eq!(run.lines("finding").len(), 1, "{run:#?}");
    assert_eq!(run.place(&plain)["view"], "raw");
}
