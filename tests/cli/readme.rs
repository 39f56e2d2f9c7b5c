//! The README is right: its commands run, its screen is what is printed, its table is the rules.
//!
//! Blocks marked `sh` run here, line by line. The two set-up commands, marked `text`, are run by
//! `.ci/run`: a test cannot well install the program or run all tests.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use clap::Parser;
use serde_json::json;
use squelch::cli::args::Cli;
use squelch::rule::{Rule, Rules};

use crate::canned::Canned;
use crate::double::Double;
use crate::double::http::Reply;
use crate::double::sonar::{SonarServer, TokenKind};
use crate::exports::{sha384, sonar_tokens};
use crate::pack::{Entry, zip};
use crate::places::base64;
use crate::support::{Fixture, Run};

/// What the commands of `sh` blocks leave as status, by how they begin; the longest one counts.
const STATUS: [(&str, i32); 8] = [
    ("", 0),
    ("squelch logs scan", 1),
    ("squelch scan", 1),
    ("squelch sweep", 1),
    ("git log -p | squelch scan", 1),
    ("squelch scan --help", 0),
    ("squelch scan --baseline", 0),
    ("squelch verify", 1),
];

/// The server that the README speaks of.
const SERVER: &str = "https://sonar.example.com";

/// The CI systems that it speaks of.
const SYSTEMS: [&str; 2] = ["https://gitlab.example.com", "https://ci.example.com"];

/// How the shop is analysed.
const WORKFLOW: &str = "jobs:
  build:
    steps:
      - name: Analyse
        uses: SonarSource/sonarqube-scan-action@v5
        env:
          SONAR_TOKEN: ${{ secrets.SONARQUBE_PROD }}
  nightly:
    steps:
      - name: Everything
        run: mvn verify sonar:sonar
        env:
          SONAR_TOKEN: ${{ secrets.SONARQUBE_PROD }}
";

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    fs::read_to_string(path).expect("README.md")
}

/// The contents of the fenced blocks of one language.
fn blocks(language: &str) -> Vec<String> {
    let readme = readme();
    let mut parts = readme.split("```").skip(1).step_by(2);
    let opening = format!("{language}\n");
    let found: Vec<String> =
        parts.by_ref().filter_map(|block| Some(block.strip_prefix(&opening)?.to_owned())).collect();
    assert!(!found.is_empty(), "README.md has no {language} block");
    found
}

/// The repository of the README: a token came with one commit, went with the next one, and stands
/// in a script that nobody has committed.
fn shop() -> Fixture {
    shop_at(SERVER).0
}

/// The same with its server elsewhere, and the token.
fn shop_at(server: &str) -> (Fixture, String) {
    let repo = Fixture::repository();
    let token = repo.token();
    let properties = format!("sonar.host.url={server}\nsonar.projectKey=shop\n");
    let leaking = format!("{properties}sonar.token={token}\n");
    repo.commit("sonar-project.properties", &leaking, "Analyse the shop");
    repo.commit("sonar-project.properties", &properties, "Take the token out");
    repo.write(".github/workflows/ci.yml", WORKFLOW);
    repo.write("ci/build.sh", format!("export SONAR_TOKEN={token}\nmvn sonar:sonar\n"));
    repo.git(&["remote", "add", "origin", "git@github.example:acme/shop.git"]);
    (repo, token)
}

/// A server to which the token belongs, with two more of the same owner.
fn serve(double: &Double, token: &str) {
    let mut server = SonarServer::new("2026.1", true);
    server.add_user("ada", &["admin", "scan"]);
    for name in ["CI of shop", "laptop", "CI of the other shop"] {
        let made = server.add_token("ada", name, TokenKind::User);
        made.created = 1_709_294_400_000;
        if name == "CI of shop" {
            token.clone_into(&mut made.value);
        }
    }
    double.sonar("", server);
}

/// What administrators have of the shop.
fn administrators(repo: &Fixture, token: &str) {
    let digest = sha384(token);
    repo.write("user_tokens.csv", sonar_tokens(&[("ada", "CI of shop", token)]));
    repo.write("hashes.txt", format!("{digest}  CI of shop\n"));
    let user = "<?xml version='1.1' encoding='UTF-8'?>\n<user><id>bob</id><fullName>Bob</fullName></user>\n";
    repo.write("jenkins-backup/users/bob_1/config.xml", user);
    let variable = json!({"name": "SONAR_TOKEN", "value": format!("xxxx{}", &token[40..])});
    let project = json!({"errors": [], "id": "p", "name": "shop", "slug": "gh/acme/shop", "project_env_vars": [variable]});
    let account = json!({"name": "acme", "id": "1", "vcstype": "github", "contexts": [], "projects": [project], "errors": []});
    repo.write(
        "circleci-data.json",
        json!({"user": {"login": "a"}, "accounts": [account]}).to_string(),
    );
}

/// A step's log with a header that no mask knows.
fn log(token: &str) -> String {
    let stamp = "2025-07-04T14:32:11.0000000Z ";
    let header = base64(format!("{token}:").as_bytes());
    format!(
        "{stamp}##[group]Run sonar-scanner -X\n{stamp}shell: /usr/bin/bash -e {{0}}\n\
         {stamp}env:\n{stamp}  GITHUB_REPOSITORY: acme/shop\n\
         {stamp}  GITHUB_RUN_ID: 16071234567\n{stamp}##[endgroup]\n\
         {stamp}> Authorization: Basic {header}\n"
    )
}

/// The zip of logs that GitHub offers.
fn logs_zip(token: &str) -> Vec<u8> {
    let name = "build/3_Run sonar-scanner.txt";
    zip(&[Entry::deflated(name, log(token).as_bytes()).open()])
}

/// The same with all that the README's commands speak of.
fn busy_shop(server: &str) -> (Fixture, String) {
    let (repo, token) = shop_at(server);
    administrators(&repo, &token);
    repo.write("token.txt", format!("{token}\n"));
    repo.write("logs.zip", logs_zip(&repo.token()));
    repo.write("build.log", log(&repo.token()));
    repo.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    repo.write("README.md", "The shop\n");
    repo.write("repositories.txt", "# all\nci\nbuild.log\n");
    repo.write("my-rules.toml", &blocks("toml")[0]);
    repo.write(".gitleaks.toml", "[[rules]]\nid = \"till\"\nregex = 'till_[a-z]{16}'\n");
    repo.write(".env", format!("SONAR_TOKEN={}\n", repo.token()));
    repo.git(&["add", "-A"]);
    let mut commit = repo.git_command(".", &["commit", "-q", "-m", "Build"]);
    commit.env_remove("GIT_COMMITTER_DATE");
    assert!(commit.status().expect("git").success());
    repo.write(".gitleaksignore", "ci/build.sh:sonar-api-token:1\n");
    repo.write("staged", repo.token());
    repo.git(&["add", "-A"]);
    assert_eq!(run(&repo, "squelch scan --output jsonl=findings.jsonl").code, Some(1));
    (repo, token)
}

/// Two CI systems with one log each.
fn systems(token: String) -> Canned {
    let now = jiff::Timestamp::now();
    Canned::start(move |request| match request.path.as_str() {
        "/api/v4/projects/acme/shop/jobs" => {
            let job = json!({"id": 7, "name": "scan", "status": "success", "created_at": now.to_string(), "started_at": now.to_string(), "finished_at": now.to_string()});
            Reply::json(200, json!([job]).to_string())
        }
        "/api/v4/groups/acme/projects" => {
            let host = request.header("host").unwrap_or_default();
            let project = json!({"http_url_to_repo": format!("https://{host}/acme/shop.git")});
            Reply::json(200, json!([project]).to_string())
        }
        "/job/shop/api/json" => Reply::json(200, r#"{"jobs":[{"name":"main"}]}"#),
        "/job/shop/job/main/api/json" => {
            let build = json!({"number": 7, "timestamp": now.as_millisecond(), "building": false});
            Reply::json(200, json!({"allBuilds": [build]}).to_string())
        }
        "/api/v4/projects/acme/shop/jobs/7/trace" | "/job/shop/job/main/7/consoleText" => {
            Reply::text(200, log(&token))
        }
        _ => Reply::empty(404),
    })
}

/// Runs a line of a `sh` block where squelch is the one that was built for this test.
fn run(repo: &Fixture, line: &str) -> Run {
    let built = Path::new(env!("CARGO_BIN_EXE_squelch")).parent().expect("its folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [built.to_owned()].into_iter().chain(std::env::split_paths(&path));
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(repo.root())
        .env_clear()
        .env("PATH", std::env::join_paths(folders).expect("a PATH"))
        .env("HOME", repo.root())
        .output()
        .expect("sh runs");
    Run {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code(),
    }
}

#[test]
fn every_command_runs() {
    let double = Double::start();
    let (repo, token) = busy_shop(&double.url());
    serve(&double, &token);
    let systems = systems(repo.token());
    // What an organisation has is cloned by https, which a double does not speak.
    let nowhere = format!("url.file://{}/nowhere/.insteadOf", repo.root().display());
    let https = format!("{}/", systems.url().replace("http://", "https://"));
    repo.git(&["config", "--global", &nowhere, &https]);
    for line in blocks("sh").iter().flat_map(|block| block.lines()) {
        let fits = STATUS.iter().filter(|(start, _)| line.starts_with(start));
        let expected = fits.max_by_key(|(start, _)| start.len()).map(|(_, status)| *status);
        let line = line.replace(SERVER, &double.url()).replace("67b8", &token[40..]);
        let line = SYSTEMS.iter().fold(line, |line, system| line.replace(system, systems.url()));
        let run = run(&repo, &line);
        assert_eq!(run.code, expected, "{line}: {run:#?}");
    }
    for written in ["squelch.sarif", "squelch.jsonl", "squelch.bash", "squelch.1"] {
        assert!(repo.path(written).metadata().is_ok_and(|file| file.len() > 200), "{written}");
    }
    let commit = run(&repo, "git -c user.name=a -c user.email=b commit -m x");
    assert!(commit.code == Some(1) && commit.stderr.contains("critical: "), "{commit:#?}");
}

#[test]
fn the_set_up_commands_are_those_of_ci() {
    let set_up = &blocks("text")[0];
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/run");
    let script = fs::read_to_string(script).expect(".ci/run");
    for command in ["cargo install --path . --locked", "squelch scan .", "cargo test --locked"] {
        assert!(set_up.contains(command) && script.contains(command), "{command}");
    }
}

#[test]
fn the_screen_is_what_is_printed() {
    let run = shop().squelch(&["scan"]);
    let screen = &blocks("text")[1];
    assert_eq!(run.stdout.trim_end(), screen.trim_end(), "squelch prints:\n{}", run.stdout);
}

#[test]
fn the_screen_of_a_log_is_what_is_printed() {
    let fixture = Fixture::new();
    fixture.write("logs.zip", logs_zip(&fixture.token()));
    let run = fixture.squelch(&["scan", "logs.zip"]);
    let screen = &blocks("text")[2];
    assert!(run.stdout.starts_with(screen.trim_end()), "squelch prints:\n{}", run.stdout);
}

#[test]
fn the_screen_of_asking_is_what_is_printed() {
    let double = Double::start();
    let (repo, token) = shop_at(&double.url());
    serve(&double, &token);
    let endpoint = format!("sonarqube-server={}", double.url());
    let run = repo.squelch(&["scan", "--verify", "--endpoint", &endpoint]);
    let printed = run.stdout.replace(&double.url(), SERVER);
    let screen = &blocks("text")[3];
    assert!(printed.contains(screen.trim_end()), "squelch prints:\n{printed}");
    assert!(printed.contains("login=ada --data-urlencode 'name=CI of shop'"), "{printed}");
}

#[test]
fn the_table_of_the_bad_week_is_what_is_printed() {
    let (repo, token) = shop_at(SERVER);
    let report = "squelch scan --output jsonl=findings.jsonl";
    assert_eq!(run(&repo, report).code, Some(1));
    administrators(&repo, &token);
    let lines = blocks("sh").join("\n");
    let line = lines.lines().find(|line| line.starts_with("squelch trace")).expect("a command");
    let run = run(&repo, line);
    let screen = &blocks("text")[4];
    assert_eq!(run.stdout.trim_end(), screen.trim_end(), "squelch prints:\n{run:#?}");
}

#[test]
fn the_map_of_usages_is_what_is_printed() {
    let run = run(&shop(), "squelch usage");
    let screen = &blocks("text")[5];
    assert_eq!(run.stdout.trim_end(), screen.trim_end(), "squelch prints:\n{run:#?}");
}

/// Runs the command of the README that begins with `squelch revoke` and has this flag.
fn revoke(repo: &Fixture, flag: &str, server: &str) -> String {
    let lines = blocks("sh").join("\n");
    let line = lines.lines().find(|it| it.starts_with("squelch revoke") && it.contains(flag));
    run(repo, &line.expect("a command").replace(SERVER, server)).stdout
}

#[test]
fn the_plan_and_the_deed_are_what_is_printed() {
    let report = "squelch scan --output jsonl=findings.jsonl";
    let repo = shop();
    assert_eq!(run(&repo, report).code, Some(1));
    let plan = revoke(&repo, "findings.jsonl", SERVER);
    assert!(plan.contains(blocks("text")[6].trim_end()), "squelch prints:\n{plan}");
    let double = Double::start();
    let (repo, token) = shop_at(&double.url());
    serve(&double, &token);
    assert_eq!(run(&repo, report).code, Some(1));
    let done = revoke(&repo, "--yes", &double.url()).replace(&double.url(), SERVER);
    assert!(done.contains(blocks("text")[7].trim_end()), "squelch prints:\n{done}");
}

#[test]
fn the_screen_of_an_audit_is_what_is_printed() {
    let double = Double::start();
    let mut server = SonarServer::new("8.4.2.36762", false);
    server.anyone = vec!["scan".to_owned()];
    server.private = true;
    server.settings = vec![("email.smtp_password.secured".to_owned(), "x".to_owned())];
    double.sonar("", server);
    let run = Fixture::new().squelch(&["audit", &double.url()]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let printed = run.stdout.replace(&double.url(), SERVER);
    let screen = &blocks("text")[8];
    assert!(printed.starts_with(screen.trim_end()), "squelch prints:\n{printed}");
}

#[test]
fn the_screen_of_a_baseline_is_what_is_printed() {
    let repo = shop();
    let written = run(&repo, "squelch baseline write .squelch-baseline");
    let scanned = run(&repo, "squelch scan --baseline .squelch-baseline");
    let screen = &blocks("text")[9];
    assert_eq!(written.stdout + &scanned.stdout, *screen);
}

#[test]
fn the_query_is_the_one_that_errors_name() {
    assert_eq!(blocks("sql")[0].trim_end(), squelch::trace::QUERY);
}

#[test]
fn the_table_is_the_rules() {
    let mut table = String::from(
        "| service | tokens | severity | asked at | revoked |\n|---|---|---|---|---|\n",
    );
    let rules = Rules::builtin().expect("built-in rules compile");
    let mut services: BTreeMap<(String, &str), Vec<&Rule>> = BTreeMap::new();
    for rule in &rules.rules {
        let name = rule.service.name.as_str();
        services.entry((name.to_lowercase(), name)).or_default().push(rule);
    }
    for ((_, service), rules) in services {
        let worst = rules.iter().map(|rule| rule.severity).max().expect("a rule");
        let short = |rule: &&Rule| rule.name.replace(&format!("{service} "), "");
        let names = rules.iter().map(short).collect::<Vec<_>>().join(", ");
        let mut asked = rules.iter().flat_map(|rule| &rule.verify);
        let own = asked.clone().any(|way| way.hosts.is_empty());
        let asked = match (asked.next(), own) {
            (None, _) => "-",
            (Some(_), true) => "your server",
            (Some(_), false) => "its hosts",
        };
        let sends = rules.iter().any(|rule| rule.revoke.request.is_some());
        let revoked = if sends { "by request" } else { "by hand" };
        let worst = format!("{worst:?}").to_lowercase();
        let _ = writeln!(table, "| {service} | {names} | {worst} | {asked} | {revoked} |");
    }
    let readme = readme();
    let (_, rest) = readme.split_once("<!-- services -->\n").expect("a table of services");
    let (shown, _) = rest.split_once("<!-- /services -->").expect("its end");
    assert_eq!(shown, table, "the table should be:\n{table}");
}

/// There is no YAML parser among the dependencies, so the blocks keep to what can be checked by
/// eye: two spaces a level, a key or an item a line.
#[test]
fn yaml_is_plain_and_its_commands_are_ours() {
    for block in blocks("yaml") {
        let mut depth = 0;
        for line in block.lines() {
            let text = line.trim_start_matches(' ');
            let indent = line.len() - text.len();
            assert!(indent % 2 == 0 && indent <= depth + 4 && !text.contains('\t'), "{line}");
            let item = text.strip_prefix("- ");
            let pair = |text: &str| text.ends_with(':') || text.contains(": ");
            assert!(item.is_some() || pair(text), "{line}");
            depth = indent;
            let command = item.map(|item| item.trim_start_matches("run: "));
            if let Some(command) = command.filter(|command| command.starts_with("squelch ")) {
                Cli::try_parse_from(command.split(' ')).expect(command);
            }
        }
    }
    assert_eq!(hook_ids(&blocks("yaml")[0]), ["squelch"]);
}

#[test]
fn the_hooks_of_the_manifest_are_commands() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml");
    let manifest = fs::read_to_string(path).expect("the manifest");
    assert_eq!(hook_ids(&manifest), ["squelch", "squelch-system"]);
    for entry in manifest.lines().filter_map(|line| line.strip_prefix("  entry: ")) {
        Cli::try_parse_from(entry.split(' ')).expect(entry);
    }
}

fn hook_ids(yaml: &str) -> Vec<&str> {
    let id = |line: &'_ str| line.trim_start().starts_with("- id: ");
    let name = |line: &'_ str| line.len() - line.trim_start().len() + "- id: ".len();
    let found = yaml.lines().filter(|line| id(line));
    found.filter_map(|line| line[name(line)..].split(' ').next()).collect()
}
