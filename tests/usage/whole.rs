//! Many files and repositories, and what is wrong with some.

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::Fixture;
use crate::{map, short};

#[test]
fn reusable_workflows_and_composite_actions_are_followed_to_their_callers() {
    let fixture = Fixture::repository();
    fixture.write(
        ".github/workflows/scan.yml",
        "on:\n  workflow_call:\n    secrets: {SONAR_TOKEN: {required: true}}\njobs:\n  scan:\n    steps:\n      - uses: SonarSource/sonarqube-scan-action@v5\n        env:\n          SONAR_TOKEN: ${{ secrets.SONAR_TOKEN }}\n",
    );
    fixture.write(
        ".github/actions/analyse/action.yml",
        "name: analyse\ninputs: {token: {required: true}}\nruns:\n  using: composite\n  steps:\n    - shell: bash\n      run: mvn sonar:sonar\n      env:\n        SONAR_TOKEN: ${{ inputs.token }}\n",
    );
    fixture.write(
        ".github/workflows/ci.yml",
        "jobs:\n  given:\n    uses: ./.github/workflows/scan.yml\n    secrets:\n      SONAR_TOKEN: ${{ secrets.SONARQUBE_PROD }}\n  inherited:\n    uses: ./.github/workflows/scan.yml\n    secrets: inherit\n  local:\n    steps:\n      - name: Analyse\n        uses: ./.github/actions/analyse\n        with:\n          token: ${{ secrets.OTHER_SONAR }}\n  lost:\n    uses: acme/shared/.github/workflows/elsewhere.yml@v1\n    secrets: inherit\n",
    );
    let run = map(&fixture, &[]);
    let ci = ".github/workflows/ci.yml";
    let scan = "SonarSource/sonarqube-scan-action@v5";
    let shared =
        format!("step=scan › {scan} call={scan} in .github/workflows/scan.yml as=SONAR_TOKEN");
    let own =
        "step=Analyse › step 1 call=mvn sonar:sonar in .github/actions/analyse as=SONAR_TOKEN";
    assert_eq!(
        short(&run),
        [
            format!("{ci}:3 secret SONARQUBE_PROD job=given {shared}"),
            format!("{ci}:7 secret SONAR_TOKEN job=inherited {shared}"),
            format!("{ci}:12 secret OTHER_SONAR job=local {own}"),
        ]
    );
    let elsewhere = run.lines("elsewhere");
    assert_eq!(elsewhere.len(), 1, "{elsewhere:#?}");
    assert!(elsewhere[0]["what"].as_str().is_some_and(|it| it.contains("elsewhere.yml@v1")));
    assert_eq!(run.lines("summary")[0]["complete"], false, "a hole is no whole map");
}

#[test]
fn files_that_gitlab_includes_are_read_wherever_they_are() {
    let fixture = Fixture::repository();
    fixture.write(
        ".gitlab-ci.yml",
        "include:\n  - local: '/ci/sonar.yml'\n  - project: acme/templates\n    file: x.yml\n",
    );
    fixture.write("ci/sonar.yml", "scan:\n  script: [sonar-scanner]\n");
    let run = map(&fixture, &[]);
    assert_eq!(
        short(&run),
        [
            "ci/sonar.yml:2 variable SONAR_TOKEN job=scan call=sonar-scanner as=SONAR_TOKEN !implicit"
        ]
    );
    assert!(run.stdout.contains("includes project acme/templates"), "{}", run.stdout);
}

/// One secret of an organization, in the jobs of many repositories: one point to rotate.
#[test]
fn many_repositories_make_rotation_points() {
    let fixture = Fixture::new();
    for name in ["shop", "web", "api"] {
        let workflow = "jobs:\n  a:\n    steps:\n      - uses: SonarSource/sonarqube-scan-action@v5\n        env: {SONAR_TOKEN: \"${{ secrets.SONARQUBE_PROD }}\"}\n  b:\n    steps:\n      - run: sonar-scanner\n        env: {SONAR_TOKEN: \"${{ secrets.SONARQUBE_PROD }}\"}\n";
        fixture.write(&format!("all/{name}/.github/workflows/ci.yml"), workflow);
        fixture.git_in(&format!("all/{name}"), &["init", "-q"]);
        let url = format!("git@github.example:acme/{name}.git");
        fixture.git_in(&format!("all/{name}"), &["remote", "add", "origin", &url]);
    }
    let run = map(&fixture, &["all"]);
    let points = run.lines("rotation_point");
    assert_eq!(points.len(), 1, "{points:#?}");
    assert_eq!((&points[0]["jobs"], &points[0]["owner"]), (&6.into(), &"acme".into()));
    let repositories = points[0]["repositories"].as_array().expect("a list").clone();
    assert_eq!(repositories, ["acme/api", "acme/shop", "acme/web"].map(Value::from));
    let screen = fixture.squelch(&["usage", "all"]);
    assert!(screen.stdout.contains("6 jobs in 3 repositories fail without it"), "{screen:#?}");
    let other = fixture.squelch(&["usage", "all", "--name", "OTHER"]);
    assert!(other.stdout.starts_with("No file of a CI system"), "{other:#?}");
    let service = fixture.squelch(&["usage", "all", "--service", "sonar"]);
    assert!(service.code == Some(2) && service.stderr.contains("sonarqube-server"), "{service:#?}");
    let again = map(&fixture, &["all"]);
    assert_eq!(again.stdout, run.stdout, "the same input, the same bytes");
}

#[test]
fn a_jenkins_home_says_which_credential_a_server_has() {
    let fixture = Fixture::repository();
    fixture.write(
        "Jenkinsfile",
        "node { stage('Analyse') { withSonarQubeEnv('SonarQube') { sh 'mvn sonar:sonar' } } }\n",
    );
    fixture.write(
        "home/hudson.plugins.sonar.SonarGlobalConfiguration.xml",
        "<?xml version='1.1' encoding='UTF-8'?>\n<hudson.plugins.sonar.SonarGlobalConfiguration plugin=\"sonar@2.17\">\n  <installations>\n    <hudson.plugins.sonar.SonarInstallation>\n      <name>SonarQube</name>\n      <serverUrl>https://sonar.example.com</serverUrl>\n      <credentialsId>sonar-prod</credentialsId>\n    </hudson.plugins.sonar.SonarInstallation>\n  </installations>\n</hudson.plugins.sonar.SonarGlobalConfiguration>\n",
    );
    fixture.write(
        "home/jobs/nightly/config.xml",
        "<?xml version='1.1' encoding='UTF-8'?>\n<flow-definition>\n  <definition class=\"org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition\">\n    <script>node {\n  withCredentials([string(credentialsId: &apos;own&apos;, variable: &apos;SONAR_TOKEN&apos;)]) {\n    sh &apos;sonar-scanner&apos;\n  }\n}</script>\n  </definition>\n</flow-definition>\n",
    );
    let run = map(&fixture, &["Jenkinsfile", "--jenkins-home", "home"]);
    let found = short(&run);
    let has = |want: &str| found.iter().any(|line| line.contains(want));
    assert!(
        has(
            "Jenkinsfile:1 credential sonar-prod (for the server SonarQube) job=Analyse call=withSonarQubeEnv as=installationName @https://sonar.example.com"
        ),
        "{found:#?}"
    );
    assert!(has("home/jobs/nightly/config.xml:5 credential own"), "{found:#?}");
}

/// What cannot be read is named, makes the status 3, and hides nothing of the rest.
#[test]
fn broken_hostile_and_huge_files_are_told() {
    let fixture = Fixture::repository();
    fixture.write(
        ".github/workflows/broken.yml",
        "jobs:\n  a: [1, 2\n  b: {\n  SONAR_TOKEN: ${{ secrets.STILL_SEEN }}\n",
    );
    fixture.write(".github/workflows/good.yml", "jobs:\n  \"a\\e[31m\\n::error::x\":\n    steps:\n      - run: sonar-scanner\n        env: {SONAR_TOKEN: \"${{ secrets.GOOD }}\"}\n");
    fixture.write(".gitlab-ci.yml", "x".repeat(5 << 20));
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for at in 1..12 {
        let all = vec![format!("*a{}", at - 1); 10].join(", ");
        writeln!(bomb, "a{at}: &a{at} [{all}]").expect("a string takes it");
    }
    fixture.write(".circleci/config.yml", bomb);
    fixture.write("pom.xml", "<project><properties><sonar.token>${env.CUT}</sonar.token>");
    let run =
        fixture.squelch(&["usage", "-f", "jsonl", "-o", "human=map.txt", "-o", "dot=map.dot"]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    let problems = run.lines("problem");
    for (place, says) in [
        ("broken.yml", "line "),
        (".gitlab-ci.yml", "larger than 4 MiB"),
        (".circleci/config.yml", "more than 200000"),
        ("pom.xml", "ends in the middle"),
    ] {
        let is = |it: &Value| {
            let text = |key: &str| it[key].as_str().unwrap_or_default().to_owned();
            text("place").ends_with(place) && text("why").contains(says)
        };
        assert!(problems.iter().any(is), "{place}: {problems:#?}");
    }
    let names: Vec<String> = run.lines("usage").iter().map(|it| it["name"].to_string()).collect();
    assert!(
        names.contains(&"\"GOOD\"".to_owned()) && names.contains(&"\"STILL_SEEN\"".to_owned()),
        "{names:?}"
    );
    for file in ["map.txt", "map.dot"] {
        let text = std::fs::read_to_string(fixture.path(file)).expect("a file");
        assert!(!text.contains('\u{1b}') && !text.contains("\n::error"), "{file}: {text}");
    }
}

#[test]
fn a_table_has_no_formulas_and_the_graph_is_one() {
    let fixture = Fixture::repository();
    fixture.write(".github/workflows/ci.yml", "jobs:\n  \"=cmd|' /C calc'!A0\":\n    steps:\n      - name: \"a \\\"b\\\" \\\\ c\"\n        uses: SonarSource/sonarqube-scan-action@v5\n        env: {SONAR_TOKEN: \"${{ secrets.SONAR_TOKEN }}\", SONAR_HOST_URL: \"https://s.example.com\"}\n");
    let table = fixture.squelch(&["usage", "-f", "csv"]);
    assert!(table.stdout.contains(",'=cmd|' /C calc'!A0,"), "{}", table.stdout);
    assert_eq!(table.stdout.lines().count(), 2);
    let graph = fixture.squelch(&["usage", "-f", "dot"]).stdout;
    assert!(graph.starts_with("digraph") && graph.contains("->"), "{graph}");
    // Graphviz itself, where it is installed, says whether this is its language.
    let Ok(mut dot) =
        Command::new("dot").arg("-Tsvg").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
    else {
        return;
    };
    std::io::Write::write_all(&mut dot.stdin.take().expect("a pipe"), graph.as_bytes())
        .expect("written");
    let drawn = dot.wait_with_output().expect("it ends");
    assert!(drawn.status.success() && drawn.stdout.windows(4).any(|it| it == b"<svg"));
}

#[test]
fn trace_and_revoke_say_where_a_token_may_be_used() {
    let fixture = Fixture::repository();
    let (token, other) = (fixture.token(), fixture.token());
    fixture.write(
        "leak.properties",
        format!("sonar.host.url=https://sonar.example.com\nsonar.token={token}\n"),
    );
    fixture.write("list.txt", format!("SONARQUBE_PROD=xxxx{}\n", &token[40..]));
    let workflow = "jobs:\n  a:\n    steps:\n      - run: sonar-scanner -Dsonar.host.url=https://sonar.example.com\n        env: {SONAR_TOKEN: \"${{ secrets.SONARQUBE_PROD }}\"}\n  b:\n    steps:\n      - run: sonar-scanner -Dsonar.host.url=https://other.example.com\n        env: {SONAR_TOKEN: \"${{ secrets.OTHER }}\"}\n  c:\n    steps:\n      - run: sonar-scanner\n        env: {SONAR_TOKEN: \"${{ secrets.THIRD }}\"}\n";
    fixture.write(".github/workflows/ci.yml", workflow);
    let run = fixture.squelch(&["scan", "-q", "--no-history", "-o", "jsonl=findings.jsonl"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let names = |args: &[&str]| -> Vec<String> {
        let run = fixture.squelch(&[args, &["-f", "jsonl"]].concat());
        let usages = run.finding(&token)["usages"].as_array().cloned().unwrap_or_default();
        usages.iter().map(|it| it["name"].as_str().expect("a name").to_owned()).collect()
    };
    let trace = ["trace", "--report", "findings.jsonl", "--usage", "."];
    assert_eq!(names(&trace), ["SONARQUBE_PROD", "THIRD"], "not where another server is named");
    let with_list = [&trace[..], &["--endings", "list.txt"]].concat();
    assert_eq!(names(&with_list), ["SONARQUBE_PROD"], "the store is known");
    assert_eq!(names(&["trace", "--report", "findings.jsonl"]), Vec::<String>::new());
    let plan = fixture.squelch(&["revoke", "findings.jsonl", "--usage", "."]);
    assert_eq!(plan.code, Some(0), "{plan:#?}");
    assert!(plan.stdout.contains("2 places may use it by name"), "{}", plan.stdout);
    assert!(
        plan.stdout.contains("* SONARQUBE_PROD: .github/workflows/ci.yml:5"),
        "{}",
        plan.stdout
    );
    assert!(!plan.stdout.contains(&other[4..]));
}
