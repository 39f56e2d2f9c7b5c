//! CI systems.

use crate::of;

#[test]
fn github_workflows_their_steps_and_what_their_expressions_name() {
    let workflow = "name: CI
on: [push]
env:
  SONAR_HOST_URL: https://sonar.example.com
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: Scan
        uses: SonarSource/sonarqube-scan-action@v5
        env:
          SONAR_TOKEN: ${{ secrets.SONARQUBE_PROD }}
        with:
          args: >
            -Dsonar.projectKey=shop
  old:
    runs-on: ubuntu-latest
    env:
      SONAR_TOKEN: ${{ secrets['SONAR_TOKEN'] }}
    steps:
      - run: |
          ./mvnw verify
          ./mvnw org.sonarsource.scanner.maven:sonar-maven-plugin:sonar -Dsonar.host.url=https://old.example.com
      - run: echo sonar-scanner
  input:
    steps:
      - uses: SonarSource/sonarqube-quality-gate-action@v1
        with:
          token: ${{ secrets.GATE }}
  vault:
    steps:
      - id: secrets
        uses: acme/vault-action@v3
      - run: sonar-scanner
        env:
          SONAR_TOKEN: ${{ fromJSON(steps.secrets.outputs.vault).SONAR_TOKEN }}
  none:
    steps:
      - run: npx sonarqube-scanner
";
    assert_eq!(
        of(".github/workflows/ci.yml", workflow),
        [
            ".github/workflows/ci.yml:13 secret SONARQUBE_PROD job=build step=Scan call=SonarSource/sonarqube-scan-action@v5 as=SONAR_TOKEN @https://sonar.example.com #shop",
            ".github/workflows/ci.yml:20 secret SONAR_TOKEN job=old step=step 1 call=./mvnw org.sonarsource.scanner.maven:sonar-maven-plugin:sona as=SONAR_TOKEN @https://old.example.com",
            ".github/workflows/ci.yml:30 secret GATE job=input step=SonarSource/sonarqube-quality-gate-action@v1 call=SonarSource/sonarqube-quality-gate-action@v1 as=token @https://sonar.example.com",
            ".github/workflows/ci.yml:37 vault SONAR_TOKEN job=vault step=step 2 call=sonar-scanner as=SONAR_TOKEN @https://sonar.example.com",
            ".github/workflows/ci.yml:40 environment SONAR_TOKEN job=none step=step 1 call=npx sonarqube-scanner as=SONAR_TOKEN @https://sonar.example.com !implicit",
        ]
    );
}

#[test]
fn github_blocks_of_the_old_kind() {
    let text = "action \"Scan\" {\n  uses = \"sonarsource/sonarcloud-github-action@master\"\n  secrets = [\"GITHUB_TOKEN\", \"SONARCLOUD_TOKEN\"]\n}\n";
    assert_eq!(
        of(".github/main.workflow", text),
        [
            ".github/main.workflow:3 secret SONARCLOUD_TOKEN job=Scan call=sonarsource/sonarcloud-github-action@master as=SONARCLOUD_TOKEN"
        ]
    );
}

#[test]
fn gitlab_jobs_templates_and_what_is_set_at_the_server() {
    let text = "stages: [test]
.scan:
  image: {name: \"sonarsource/sonar-scanner-cli:latest\", entrypoint: [\"\"]}
  variables: {GIT_DEPTH: \"0\", SONAR_HOST_URL: \"https://sonar.example.com\"}
sonarqube-check:
  extends: .scan
  variables:
    SONAR_TOKEN: $SONARQUBE_PROD
  script:
    - sonar-scanner -Dsonar.projectKey=shop
nightly:
  extends: [.scan]
  script: [sonar-scanner]
other:
  script:
    - mvn sonar:sonar -Dsonar.login=\"${CI_SONAR}\"
";
    assert_eq!(
        of(".gitlab-ci.yml", text),
        [
            ".gitlab-ci.yml:3 variable SONAR_TOKEN job=nightly call=sonarsource/sonar-scanner-cli:latest as=SONAR_TOKEN @https://sonar.example.com !implicit",
            ".gitlab-ci.yml:8 variable SONARQUBE_PROD job=sonarqube-check call=sonar-scanner as=SONAR_TOKEN @https://sonar.example.com #shop",
            ".gitlab-ci.yml:13 variable SONAR_TOKEN job=nightly call=sonar-scanner as=SONAR_TOKEN @https://sonar.example.com !implicit",
            ".gitlab-ci.yml:16 variable CI_SONAR job=other call=mvn sonar:sonar as=-Dsonar.login",
        ]
    );
}

#[test]
fn circleci_orbs_contexts_and_a_renamed_variable() {
    let text = "version: 2.1
orbs:
  scan: sonarsource/sonarcloud@4.0
jobs:
  build:
    docker: [{image: cimg/node:20.0}]
    steps:
      - checkout
      - scan/scan
  renamed:
    docker: [{image: cimg/node:20.0}]
    steps:
      - scan/scan:
          sonar_token_variable_name: MY_SONAR
  plain:
    docker: [{image: cimg/node:20.0}]
    steps:
      - run:
          name: analyse
          command: |
            npm ci
            sonar-scanner
workflows:
  main:
    jobs:
      - build:
          context: sonarcloud
      - renamed:
          context: [SonarCloud, other]
      - plain
";
    assert_eq!(
        of(".circleci/config.yml", text),
        [
            ".circleci/config.yml:22 variable SONAR_TOKEN job=plain call=sonar-scanner as=SONAR_TOKEN !implicit",
            ".circleci/config.yml:27 context SONAR_TOKEN (sonarcloud) job=build call=sonarsource/sonarcloud/scan as=SONAR_TOKEN",
            ".circleci/config.yml:29 context MY_SONAR (SonarCloud or other) job=renamed call=sonarsource/sonarcloud/scan as=MY_SONAR",
        ]
    );
}

#[test]
fn azure_tasks_their_connections_and_variables() {
    let text = "trigger: [main]
variables:
  - group: sonar-token-group
  - name: other
    value: x
stages:
  - stage: Build
    jobs:
      - job: Analyse
        steps:
          - task: SonarCloudPrepare@3
            displayName: Prepare
            inputs:
              SonarCloud: 'SC'
              organization: 'my-org'
              scannerMode: 'cli'
              cliProjectKey: 'shop'
          - task: SonarQubePrepare@7
            inputs:
              SonarQube: 'SQ prod'
          - script: mvn sonar:sonar -Dsonar.token=$(SONAR_TOKEN)
            displayName: By hand
          - bash: sonar-scanner
            env:
              SONAR_TOKEN: $(prodToken)
";
    assert_eq!(
        of("azure-pipelines.yml", text),
        [
            "azure-pipelines.yml:3 group sonar-token-group",
            "azure-pipelines.yml:14 connection SC job=Analyse step=Prepare call=SonarCloudPrepare@3 as=SonarCloud #shop",
            "azure-pipelines.yml:20 connection SQ prod job=Analyse step=SonarQubePrepare@7 call=SonarQubePrepare@7 as=SonarQube",
            "azure-pipelines.yml:21 variable SONAR_TOKEN job=Analyse step=By hand call=mvn sonar:sonar as=-Dsonar.token",
            "azure-pipelines.yml:25 variable prodToken job=Analyse step=script call=sonar-scanner as=SONAR_TOKEN",
        ]
    );
}

#[test]
fn travis_addons_encrypted_values_and_scripts() {
    let text = "language: java
addons:
  sonarcloud:
    organization: \"acme\"
    token:
      secure: \"*********\"
env:
  global:
    - SONAR_HOST_URL=https://sonar.example.com
script:
  - sonar-scanner -Dsonar.login=$SONAR_LOGIN
";
    assert_eq!(
        of(".travis.yml", text),
        [
            ".travis.yml:5 encrypted sonarcloud.token as=token @https://sonar.example.com",
            ".travis.yml:11 variable SONAR_LOGIN call=sonar-scanner as=-Dsonar.login @https://sonar.example.com",
        ]
    );
    assert_eq!(
        of(".travis.yml", "addons:\n  sonarqube: true\nscript:\n  - sonar-scanner\n"),
        [
            ".travis.yml:2 variable SONAR_TOKEN call=addons/sonarqube as=SONAR_TOKEN !implicit",
            ".travis.yml:4 variable SONAR_TOKEN call=sonar-scanner as=SONAR_TOKEN !implicit"
        ]
    );
}

#[test]
fn bitbucket_pipes() {
    let text = "pipelines:
  branches:
    main:
      - step:
          name: Analyse
          script:
            - pipe: sonarsource/sonarcloud-scan:4.0.0
            - pipe: sonarsource/sonarcloud-quality-gate:0.2.0
              variables:
                SONAR_TOKEN: ${GATE_TOKEN}
      - parallel:
          - step:
              script:
                - mvn sonar:sonar
";
    assert_eq!(
        of("bitbucket-pipelines.yml", text),
        [
            "bitbucket-pipelines.yml:7 variable SONAR_TOKEN job=Analyse step=sonarsource/sonarcloud-scan:4.0.0 call=sonarsource/sonarcloud-scan:4.0.0 as=SONAR_TOKEN !implicit",
            "bitbucket-pipelines.yml:10 variable GATE_TOKEN job=Analyse step=sonarsource/sonarcloud-quality-gate:0.2.0 call=sonarsource/sonarcloud-quality-gate:0.2.0 as=SONAR_TOKEN",
            "bitbucket-pipelines.yml:14 variable SONAR_TOKEN job=branches/main call=mvn sonar:sonar as=SONAR_TOKEN !implicit",
        ]
    );
}

#[test]
fn drone_settings_from_secrets() {
    let text = "kind: pipeline
name: default
steps:
  - name: code-analysis
    image: aosapps/drone-sonar-plugin
    settings:
      sonar_host: {from_secret: sonar_host}
      sonar_token: {from_secret: sonarqube_prod}
---
kind: pipeline
name: second
steps:
  - name: scan
    image: sonarsource/sonar-scanner-cli
    environment:
      SONAR_TOKEN:
        from_secret: other_token
";
    assert_eq!(
        of(".drone.yml", text),
        [
            ".drone.yml:8 secret sonarqube_prod job=default step=code-analysis as=sonar_token @secret sonar_host",
            ".drone.yml:16 secret other_token job=second step=scan call=sonarsource/sonar-scanner-cli as=SONAR_TOKEN",
        ]
    );
}

#[test]
fn buildkite_plugins() {
    let text = "steps:
  - label: \":sonarqube: analyse\"
    command: sonar-scanner
    plugins:
      - seek-oss/aws-sm#v2.3.3:
          env:
            SONAR_TOKEN: path/to/your/sonar-token
      - docker#v5.13.0:
          image: sonarsource/sonar-scanner-cli
          environment: [\"SONAR_TOKEN\"]
";
    assert_eq!(
        of(".buildkite/pipeline.yml", text),
        [
            ".buildkite/pipeline.yml:7 vault path/to/your/sonar-token (seek-oss/aws-sm) job=:sonarqube: analyse call=sonar-scanner as=SONAR_TOKEN"
        ]
    );
}

#[test]
fn cirrus_vaults_and_encrypted_values() {
    let text = "env:
  SONAR_TOKEN: VAULT[development/kv/data/next data.token]
build_task:
  build_script: mvn sonar:sonar
nightly_task:
  name: Nightly
  env:
    SONAR_TOKEN: ENCRYPTED[0123456789abcdef]
  scan_script:
    - sonar-scanner
";
    assert_eq!(
        of(".cirrus.yml", text),
        [
            ".cirrus.yml:2 vault development/kv/data/next data.token job=Nightly call=sonar-scanner as=SONAR_TOKEN",
            ".cirrus.yml:2 vault development/kv/data/next data.token job=build_task call=mvn sonar:sonar as=SONAR_TOKEN",
            ".cirrus.yml:8 encrypted SONAR_TOKEN job=Nightly call=sonar-scanner as=SONAR_TOKEN",
        ]
    );
}

#[test]
fn jenkinsfiles_credentials_servers_and_stages() {
    let text = "pipeline {
  agent any
  environment { SONAR_TOKEN = credentials('sonar-token') }
  stages {
    stage('Analyse') {
      steps {
        // withSonarQubeEnv('old')
        withSonarQubeEnv('SonarQube') { sh 'mvn clean package sonar:sonar' }
      }
    }
    stage('Own') {
      steps {
        withSonarQubeEnv(credentialsId: 'adminsonar-token', installationName: 'sonarqube') {
          sh \"\"\"
            echo x
            ./gradlew sonar
          \"\"\"
        }
        waitForQualityGate abortPipeline: false, credentialsId: 'gate-token'
      }
    }
    stage('Bound') {
      steps {
        withCredentials([string(credentialsId: 'prod', variable: 'SONAR_TOKEN')]) {
          bat 'sonar-scanner.bat'
        }
      }
    }
  }
}
";
    let found = of("Jenkinsfile", text);
    let wants = [
        "credential sonar-token job=Analyse call=mvn clean package sonar:sonar as=SONAR_TOKEN",
        "installation SonarQube job=Analyse call=withSonarQubeEnv as=installationName",
        "credential adminsonar-token job=Own call=withSonarQubeEnv as=credentialsId",
        "credential gate-token job=Own call=waitForQualityGate as=credentialsId",
        "credential prod job=Bound call=sonar-scanner.bat as=SONAR_TOKEN",
    ];
    for want in wants {
        assert!(found.iter().any(|line| line.ends_with(want)), "{want}\n{found:#?}");
    }
    assert!(!found.iter().any(|line| line.contains("old")), "a comment: {found:#?}");
    assert!(!found.iter().any(|line| line.contains("!implicit")), "{found:#?}");
}
