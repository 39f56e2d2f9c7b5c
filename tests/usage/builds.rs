//! Builds, clusters and scripts.

use crate::of;

#[test]
fn terraform_puts_tokens_into_stores() {
    let text = "resource \"github_dependabot_secret\" \"sonar-token\" {
  repository      = \"shop\"
  secret_name     = \"sonar_token\"
  plaintext_value = var.dependabot-sonar-token
}
resource \"aws_s3_bucket\" \"sonar_token\" { bucket = \"x\" }
";
    assert_eq!(
        of("main.tf", text),
        [
            "main.tf:3 secret sonar_token (github_dependabot_secret.sonar-token) job=github_dependabot_secret.sonar-token as=var.dependabot-sonar-token !stores"
        ]
    );
}

#[test]
fn kubernetes_secrets_and_who_reads_them() {
    let text = "kind: Secret
apiVersion: v1
metadata: {name: ods-sonar-auth}
data:
  sonar-token: c2VjcmV0
---
kind: Task
metadata:
  name: scan
spec:
  steps:
    - name: analyse
      image: sonarsource/sonar-scanner-cli
      env:
        - name: SONAR_AUTH_TOKEN
          valueFrom:
            secretKeyRef:
              key: password
              name: ods-sonar-auth
        - name: SONAR_HOST_URL
          value: https://sonar.example.com
";
    assert_eq!(
        of("deploy/tekton.yaml", text),
        [
            "deploy/tekton.yaml:5 cluster sonar-token (ods-sonar-auth) !stores",
            "deploy/tekton.yaml:18 cluster password (ods-sonar-auth) job=scan call=sonarsource/sonar-scanner-cli as=SONAR_AUTH_TOKEN @https://sonar.example.com",
        ]
    );
}

#[test]
fn a_template_of_helm_is_read_as_far_as_that_goes() {
    let text = "{{- if .Values.sonar }}
kind: Deployment
spec:
  {{- range .Values.x }}
  - name: {{ . }}
  {{- end }}
{{- end }}
";
    assert_eq!(of("chart/templates/x.yaml", text), Vec::<String>::new());
    let text = "kind: Deployment
metadata:
  name: {{ .Release.Name }}-scan
spec:
{{- if .Values.sonar }}
  containers:
    - image: \"{{ .Values.image }}:{{ .Values.tag }}\"
      env:
{{ toYaml .Values.env | indent 8 }}
        - name: SONAR_AUTH_TOKEN
          valueFrom:
            secretKeyRef:
              key: password
              name: {{ .Values.sonar.secret }}
{{- end }}
";
    assert_eq!(
        of("chart/templates/y.yaml", text),
        [
            "chart/templates/y.yaml:13 cluster password (.Values.sonar.secret) job=.Release.Name-scan as=SONAR_AUTH_TOKEN"
        ]
    );
}

#[test]
fn compose_and_dockerfiles_hand_variables_on() {
    let text = "services:
  scanner:
    image: sonarsource/sonar-scanner-cli
    environment:
      - SONAR_HOST_URL=https://sonar.example.com
      - SONAR_TOKEN
  web:
    image: nginx
";
    assert_eq!(
        of("docker-compose.yml", text),
        [
            "docker-compose.yml:6 environment SONAR_TOKEN job=scanner call=sonarsource/sonar-scanner-cli as=SONAR_TOKEN @https://sonar.example.com"
        ]
    );
    let text = "FROM sonarsource/sonar-scanner-cli AS scan\nARG SONAR_TOKEN\nENV SONAR_HOST_URL=https://sonar.example.com\nRUN sonar-scanner \\\n  -Dsonar.token=$SONAR_TOKEN\n";
    let found = of("Dockerfile", text);
    assert!(found.iter().all(|line| line.contains("environment SONAR_TOKEN")), "{found:#?}");
    assert!(
        found
            .iter()
            .any(|line| line.starts_with("Dockerfile:4 ") && line.contains("call=sonar-scanner")),
        "{found:#?}"
    );
}

#[test]
fn maven_and_dotnet_in_xml() {
    let pom = "<project>
  <properties>
    <sonar.host.url>https://sonar.example.com</sonar.host.url>
    <sonar.projectKey>shop</sonar.projectKey>
    <sonar.token>${env.SONARQUBE_PROD}</sonar.token>
  </properties>
</project>
";
    assert_eq!(
        of("pom.xml", pom),
        ["pom.xml:5 environment SONARQUBE_PROD as=sonar.token @https://sonar.example.com #shop"]
    );
    let analysis = "<SonarQubeAnalysisProperties xmlns=\"http://www.sonarsource.com/msbuild/integration/2015/1\">
  <Property Name=\"sonar.host.url\">https://sonar.example.com</Property>
  <Property Name=\"sonar.token\">%SONAR_PROD%</Property>
</SonarQubeAnalysisProperties>
";
    assert_eq!(
        of("SonarQube.Analysis.xml", analysis),
        [
            "SonarQube.Analysis.xml:3 environment SONAR_PROD as=sonar.token @https://sonar.example.com"
        ]
    );
}

#[test]
fn gradle_properties_and_where_they_come_from() {
    let text = "plugins { id(\"org.sonarqube\") version \"6.0.1.5171\" }
sonar {
  properties {
    property(\"sonar.projectKey\", \"shop\")
    property(\"sonar.token\", System.getenv(\"SONAR_PROD\"))
    // property(\"sonar.login\", System.getenv(\"OLD\"))
  }
}
";
    assert_eq!(
        of("build.gradle.kts", text),
        ["build.gradle.kts:5 environment SONAR_PROD as=sonar.token #shop"]
    );
    let text = "systemProp.sonar.host.url=https://sonar.example.com\nsystemProp.sonar.token=${SONAR_PROD}\n";
    assert_eq!(
        of("gradle.properties", text),
        [
            "gradle.properties:2 environment SONAR_PROD as=systemProp.sonar.token @https://sonar.example.com"
        ]
    );
}

#[test]
fn npm_scripts_shells_batch_files_and_makefiles() {
    let text = "{\n  \"name\": \"shop\",\n  \"scripts\": {\n    \"test\": \"jest\",\n    \"sonar\": \"sonar-scanner -Dsonar.login=$SONAR_LOGIN\"\n  }\n}\n";
    assert_eq!(
        of("package.json", text),
        [
            "package.json:5 environment SONAR_LOGIN job=npm run sonar call=sonar-scanner as=-Dsonar.login"
        ]
    );
    let shell = "#!/bin/sh\ndocker run --rm -e SONAR_HOST_URL=https://s.example.com -e SONAR_TOKEN=\"$PROD\" sonarsource/sonar-scanner-cli\n";
    assert_eq!(
        of("ci/scan.sh", shell),
        [
            "ci/scan.sh:2 environment PROD call=docker run sonarsource/sonar-scanner-cli as=SONAR_TOKEN @https://s.example.com"
        ]
    );
    let batch = "@echo off\r\nREM sonar-scanner\r\ndotnet sonarscanner begin /k:\"shop\" /d:sonar.token=\"%SONAR_TOKEN%\"\r\ndotnet build\r\ndotnet sonarscanner end /d:sonar.token=\"%SONAR_TOKEN%\"\r\n";
    assert_eq!(
        of("scan.bat", batch),
        [
            "scan.bat:3 environment SONAR_TOKEN call=dotnet sonarscanner begin /k:shop as=sonar.token #shop",
            "scan.bat:5 environment SONAR_TOKEN call=dotnet sonarscanner end as=sonar.token #shop",
        ]
    );
    let power = "$env:SONAR_HOST_URL = 'x'\nsonar-scanner `\n  \"-Dsonar.token=$env:SONAR_PROD\"\n";
    assert_eq!(
        of("scan.ps1", power),
        ["scan.ps1:2 environment SONAR_PROD call=sonar-scanner as=-Dsonar.token"]
    );
    assert_eq!(
        of("Makefile", "scan:\n\tSONAR_TOKEN=$(shell cat x) sonar-scanner\n"),
        ["Makefile:2 environment SONAR_TOKEN call=sonar-scanner as=SONAR_TOKEN !implicit"]
    );
}

#[test]
fn what_is_no_use_is_not_reported() {
    for (path, text) in [
        ("README.md", "export SONAR_TOKEN=$X; sonar-scanner"),
        ("docs/ci.yml.txt", "SONAR_TOKEN: ${{ secrets.X }}"),
        ("install.sh", "npm install -g sonar-scanner\ncommand -v sonar-scanner\necho \"$DONE\"\n"),
        (
            ".github/workflows/x.yml",
            "jobs: {a: {steps: [{run: 'echo ${{ secrets.DEPLOY_KEY }}'}]}}\n",
        ),
        ("sonar-project.properties", "sonar.projectKey=shop\n"),
    ] {
        assert_eq!(of(path, text), Vec::<String>::new(), "{path}");
    }
}
