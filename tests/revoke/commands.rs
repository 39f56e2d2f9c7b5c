//! The commands that are printed: run by bash, as they stand there, they do what they say.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::double::cloud::SonarCloud;
use crate::double::jenkins::JenkinsServer;
use crate::double::sonar::{SonarServer, TokenKind};
use crate::double::{Double, Shared, lock};
use crate::exports::jenkins_user;
use crate::stage::Stage;
use crate::{offline, report, revoke};

/// The commands of a plan by what stands before them, without the lines that ask for a secret.
fn commands(plan: &str) -> Vec<(String, String)> {
    let mut label = String::new();
    let mut all = Vec::new();
    for line in plan.lines() {
        let text = line.trim();
        if text.starts_with("curl ") {
            all.push((label.clone(), text.to_owned()));
        } else if !text.starts_with("read -rs ") {
            text.clone_into(&mut label);
        }
    }
    all
}

/// Runs a line in bash, and says what it printed.
fn bash(line: &str, env: &[(&str, &str)]) -> String {
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", line]).env_clear().stdin(Stdio::null());
    bash.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let done = bash.envs(env.iter().copied()).output().expect("bash runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{line}\n{said}");
    String::from_utf8(done.stdout).expect("UTF-8")
}

/// The plan on screen, with what the services and the administrators say.
fn plan(stage: &Stage, args: &[&str]) -> String {
    let findings = report(stage);
    let all = ["revoke", findings, "--verify", "--pace", "1000"];
    let run = stage.plain(&[&all[..], args].concat(), b"");
    assert_eq!(run.code, Some(0), "{run:#?}");
    run.stdout
}

/// A server where `grace` has one token of this name, and the token beside its address.
fn planted(double: &Double, name: &str) -> (Stage, Shared<SonarServer>, String) {
    let mut server = SonarServer::new("26.7", true);
    server.add_user("grace", &[]);
    let leaked = server.add_token("grace", name, TokenKind::User).value.clone();
    let mut stage = Stage::new();
    let url = format!("{}/sonar", double.url());
    stage.name("sonarqube-server", &url);
    stage.plant_sonar(&leaked, &url);
    (stage, double.sonar("sonar", server), leaked)
}

#[test]
fn each_way_to_revoke_a_sonarqube_token_works_as_it_is_printed() {
    for way in ["As an administrator:", "As its owner:", "With the leaked token itself:"] {
        let double = Double::start();
        let mut server = SonarServer::new("26.7", true);
        server.add_user("ada", &["admin"]);
        let admin = server.add_token("ada", "administration", TokenKind::User).value.clone();
        server.add_user("grace o'hopper", &[]);
        let owner = server.add_token("grace o'hopper", "other", TokenKind::Global).value.clone();
        let odd = "it's $(id) \"CI\" of `shop` & co!";
        let leaked = server.add_token("grace o'hopper", odd, TokenKind::User).value.clone();
        let server = double.sonar("sonar", server);
        let mut stage = Stage::new();
        let url = format!("{}/sonar", double.url());
        stage.name("sonarqube-server", &url);
        stage.plant_sonar(&leaked, &url);
        let plan = plan(&stage, &[]);
        let all = commands(&plan);
        let of = |label: &str| {
            let found = all.iter().find(|(before, _)| before == label);
            found.map_or_else(|| panic!("{label} {plan}"), |(_, line)| line.as_str())
        };
        let env = [
            ("SONAR_ADMIN_TOKEN", admin.as_str()),
            ("SONAR_TOKEN", owner.as_str()),
            ("LEAKED_TOKEN", leaked.as_str()),
        ];
        let (_, prove) = all.last().expect("the proof is the last one");
        // A name with a dollar or a backtick could be a command of its own, so it is left out.
        assert!(!of(way).contains("$(id)"), "{}", of(way));
        let line = of(way).replace("'name=<name>'", "\"name=$NAME\"");
        assert_eq!(bash(prove, &env).trim(), "200", "{prove}");
        bash(&line, &[&env[..], &[("NAME", odd)]].concat());
        assert!(lock(&server).token(odd).revoked, "{way} {line}");
        assert_eq!(bash(prove, &env).trim(), "401", "{prove}");
    }
}

#[test]
fn a_name_with_quotes_and_spaces_is_one_word() {
    let double = Double::start();
    let (stage, server, leaked) = planted(&double, "it's \"CI\" & co! é");
    let plan = plan(&stage, &[]);
    let all = commands(&plan);
    let (_, line) =
        all.iter().find(|(before, _)| before.starts_with("With the leaked")).expect("a way");
    bash(line, &[("LEAKED_TOKEN", &leaked)]);
    assert!(lock(&server).token("it's \"CI\" & co! é").revoked, "{line}");
}

#[test]
fn both_ways_to_revoke_a_jenkins_token_work_as_they_are_printed() {
    for way in ["As an administrator:", "With the leaked token itself:"] {
        let double = Double::start();
        let mut server = JenkinsServer::new("2.541");
        let now = server.clock.now();
        let leaked = server.add_user("alice.b").add_token("leaked", now).clone();
        let root = server.add_user("root");
        root.admin = true;
        let admin = root.add_token("root's", now).value.clone();
        let server = double.jenkins("ci", server);
        let mut stage = Stage::new();
        let url = format!("{}/ci", double.url());
        stage.name("jenkins", &url);
        let text = format!("JENKINS_URL={url}\ncurl -u 'alice.b:{{token}}' {url}/job/x/build\n");
        stage.plant(&leaked.value, &text);
        let user = jenkins_user("alice.b", &leaked.uuid, "leaked", &leaked.value);
        stage.fixture.write("home/users/a_1/config.xml", user);
        let findings = report(&stage);
        let args = ["revoke", findings, "--jenkins-home", "home"];
        let run = offline(&stage, &args, b"");
        let all = commands(&run.stdout);
        let (_, line) = all.iter().find(|(before, _)| before == way).expect("a way");
        let env = [
            ("JENKINS_USER", "root"),
            ("JENKINS_TOKEN", admin.as_str()),
            ("LEAKED_TOKEN", leaked.value.as_str()),
        ];
        bash(line, &env);
        let gone = lock(&server).user("alice.b").token("leaked").revoked;
        assert!(gone, "{line}");
        let (_, prove) = all.last().expect("the proof");
        assert_eq!(bash(prove, &env).trim(), "401", "{prove}");
    }
}

#[test]
fn a_cloud_token_is_its_owners_and_there_is_a_message_for_them() {
    let double = Double::start();
    let mut cloud = SonarCloud::new();
    cloud.server.add_user("grace", &[]);
    let leaked = cloud.add_personal("grace", "laptop");
    let cloud = double.cloud("cloud", cloud);
    let mut stage = Stage::new();
    stage.name("sonarqube-cloud", &format!("{}/cloud", double.url()));
    stage.plant(&leaked, "SONARCLOUD_TOKEN={token}\n");
    let plan = plan(&stage, &[]);
    let flat = plan.split_whitespace().collect::<Vec<_>>().join(" ");
    for says in
        ["Hello grace,", "(its name there: laptop)", "planted/1.properties", "Execute Analysis"]
    {
        assert!(flat.contains(says), "{says}: {plan}");
    }
    let all = commands(&plan);
    let (_, line) =
        all.iter().find(|(before, _)| before.starts_with("With the leaked")).expect("a way");
    bash(line, &[("LEAKED_TOKEN", &leaked)]);
    assert!(lock(&cloud).server.token("laptop").revoked, "{line}");
    let (_, prove) = all.last().expect("the proof");
    assert_eq!(bash(prove, &[("LEAKED_TOKEN", &leaked)]).trim(), "401", "{prove}");
}

#[test]
fn powershell_gets_commands_of_its_own() {
    let double = Double::start();
    let (stage, ..) = planted(&double, "it's");
    let plan = plan(&stage, &["--shell", "powershell"]);
    assert!(plan.contains(r#"curl.exe -fsS -X POST -u "${env:LEAKED_TOKEN}:""#), "{plan}");
    assert!(plan.contains("'name=it''s'") && plan.contains("-o NUL"), "{plan}");
    assert!(!plan.contains("read -rs") && plan.contains("Read-Host -AsSecureString"), "{plan}");
}

/// A finding has the same remedy in every form.
#[test]
fn the_remedy_is_the_same_in_every_form() {
    let double = Double::start();
    let (stage, _, leaked) = planted(&double, "CI");
    let findings = report(&stage);
    let args = [findings, "--verify", "-o", "sarif=plan.sarif", "-o", "human=plan.txt"];
    let done = revoke(&stage, &args, &[]);
    let sarif = std::fs::read_to_string(stage.fixture.path("plan.sarif")).expect("a file");
    let sarif: Value = serde_json::from_str(&sarif).expect("JSON");
    let markdown = sarif["runs"][0]["results"][0]["message"]["markdown"].to_string();
    let screen = std::fs::read_to_string(stage.fixture.path("plan.txt")).expect("a file");
    let ways = done.of(&leaked)["remedy"]["ways"].as_array().expect("ways").clone();
    assert_eq!(ways.len(), 3);
    for way in ways {
        let words: Vec<String> = serde_json::from_value(way["command"].clone()).expect("words");
        let line = squelch::shell::Shell::Bash.line(&words);
        assert!(screen.contains(&line), "{line}\n{screen}");
        let escaped = serde_json::to_string(&line).expect("JSON");
        assert!(markdown.contains(escaped.trim_matches('"')), "{line}\n{markdown}");
    }
    stage.assert_file_is_clean("plan.sarif");
    stage.assert_file_is_clean("plan.txt");
}
