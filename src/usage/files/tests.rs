//! Any text in any file.

use super::*;

/// Texts with all that the readers know.
const TEXTS: [&str; 6] = [
    r#"on: [push]
env: {SONAR_TOKEN: "${{ secrets['é'] || steps.x.outputs.y }}"}
jobs:
  a: &a
    uses: ./x.yml
    secrets: inherit
  b:
    <<: *a
    steps:
      - run: |
          sonar-scanner \
            -Dsonar.token=$T `
            "%T%" '${x:-$(y)}' /k:"ü"
"#,
    r#"pipeline { /* x */ environment { T = credentials('é') }
 stage("""a""") { withSonarQubeEnv(credentialsId: 'x', installationName: "y") { sh '''sonar-scanner
''' } } // z
"#,
    r#"<a><b name="sonar.token">${env.T}</b><sonar.host.url>https://é</sonar.host.url><![CDATA[x]]>&#x41;</a>"#,
    "orbs: {s: a/b@1}
steps: [{script: x}, {task: SonarCloudPrepare@1, inputs: {SonarCloud: é}}]
workflows: {w: {jobs: [{j: {context: [é]}}]}}
spec: {env: [{name: SONAR_TOKEN, valueFrom: {secretKeyRef: {name: é, key: k}}}]}
{{- if x }}
",
    r#"FROM é
ARG SONAR_TOKEN
RUN ["sonar-scanner", "-Dx=$Y"]
REM é
resource "github_actions_secret" "sonar_token" { secret_name = "é" }
a\=b : c\
 d
"#,
    r#"{"scripts": {"é": "SONAR_TOKEN=$X npx sonar-scanner"}}"#,
];

/// One path for every kind.
const PATHS: [&str; 22] = [
    ".github/workflows/a.yml",
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    "azure-pipelines.yml",
    ".travis.yml",
    "bitbucket-pipelines.yml",
    ".drone.yml",
    ".buildkite/p.yml",
    ".cirrus.yml",
    "docker-compose.yml",
    "x.yaml",
    "main.workflow",
    "package.json",
    "pom.xml",
    "Dockerfile",
    "sonar-project.properties",
    "Makefile",
    "Jenkinsfile",
    "build.gradle",
    "main.tf",
    "x.sh",
    "jobs/a/config.xml",
];

/// Whatever is cut off, and whatever a file is taken for: nothing panics, and nothing hangs.
#[test]
fn any_text_may_stand_in_any_file() {
    let rules = Rules::builtin().expect("built-in rules compile");
    for path in PATHS {
        let kind = kind(path).expect("a kind");
        let place = Place { system: kind.system, repository: "r", path, unset: kind.unset };
        for text in TEXTS {
            for (cut, _) in text.char_indices() {
                assert!(examined(&text[..cut], kind, &place, &rules).seen.is_some());
                assert!(examined(&text[cut..], kind, &place, &rules).seen.is_some());
            }
        }
    }
}
