//! `squelch trace`, and scans for what is known by its last characters or a digest only.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::exports::{jenkins_user, sha256, sha384, sonar_tokens};
use crate::support::{Fixture, Run};

fn jenkins_token(fixture: &Fixture) -> String {
    format!("{}{}", 11, fixture.hex(32))
}

fn known<'a>(finding: &'a Value, about: &str) -> &'a Value {
    &finding["identity"][about][0]
}

#[test]
fn the_bad_week_in_one_run() {
    let fixture = Fixture::repository();
    let (sonar, other) = (fixture.token(), fixture.token());
    let jenkins = jenkins_token(&fixture);
    fixture.commit(
        "shop/ci.sh",
        &format!(
            "export SONAR_HOST_URL=https://sonar.example.com\nexport SONAR_TOKEN={sonar}\n\
             curl -u alice:{jenkins} https://ci.example.com/job/x/build\nSONAR_2={other}\n"
        ),
        "a script",
    );
    let run = fixture.squelch(&["scan", "-o", "jsonl=findings.jsonl"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let uuid = "d987d752-b057-430e-b701-622872e79196";
    fixture.write("home/users/x_1/config.xml", jenkins_user("alice", uuid, "deploy bot", &jenkins));
    fixture.write("tokens.csv", sonar_tokens(&[("ada", "CI of shop", &sonar)]));
    let variable = json!({"name": "SONAR_TOKEN", "value": format!("xxxx{}", &other[40..])});
    let project = json!({"errors": [], "id": "p", "name": "web", "slug": "gh/acme/web", "project_env_vars": [variable]});
    let account = json!({"name": "acme", "id": "1", "vcstype": "github", "contexts": [], "projects": [project], "errors": []});
    fixture.write(
        "circleci-data.json",
        json!({"user": {"login": "a"}, "accounts": [account]}).to_string(),
    );
    let args = [
        "trace",
        "--report",
        "findings.jsonl",
        "--jenkins-home",
        "home",
        "--sonar-tokens",
        "tokens.csv",
        "--env-inspector",
        "circleci-data.json",
        "-f",
        "jsonl",
        "-o",
        "human=table.txt",
        "-o",
        "sarif=trace.sarif",
    ];
    let run = fixture.squelch(&args);
    assert_eq!(run.code, Some(0), "{run:#?}");
    let found = run.finding(&sonar);
    assert_eq!(known(&found, "owner")["value"], "ada");
    assert_eq!(known(&found, "token_name")["value"], "CI of shop");
    assert_eq!(known(&found, "token_name")["sure"], "certain");
    let command = found["remedy"]["command"].to_string();
    assert!(command.contains("login=ada") && command.contains("name=CI of shop"), "{command}");
    assert_eq!(found["verdict"]["state"], "unasked");
    let found = run.finding(&jenkins);
    assert_eq!(known(&found, "token_id")["value"], uuid);
    assert!(found["remedy"]["command"].to_string().contains(&format!("tokenUuid={uuid}")));
    let found = run.finding(&other);
    let stored = known(&found, "stored_in");
    assert_eq!(stored["value"], "SONAR_TOKEN in CircleCI project gh/acme/web");
    assert_eq!(stored["sure"], "consistent", "four characters are no proof");
    assert!(found["notes"].to_string().contains("of 1 variables chance alone"), "{found}");
    assert!(found["identity"]["owner"].is_null());
    shows_a_table(&fixture, &run);
}

/// Each token is a row, and nothing that was written holds one.
fn shows_a_table(fixture: &Fixture, run: &Run) {
    let read = |name| std::fs::read_to_string(fixture.path(name)).expect("written");
    let table = read("table.txt");
    assert!(table.contains("CI of shop") && table.contains("deploy bot"), "{table}");
    assert!(table.contains("SONAR_TOKEN in CircleCI project gh/acme/web?"), "{table}");
    assert!(table.contains("2024-03-05") && table.contains("3 tokens."), "{table}");
    let sarif: Value = serde_json::from_str(&read("trace.sarif")).expect("JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results").clone();
    let named = |it: &Value| !it["properties"]["identity"]["token_name"].is_null();
    assert!(results.iter().any(named), "{sarif:#}");
    assert!(run.stderr.contains("home") && run.stderr.contains("tokens.csv"), "{}", run.stderr);
}

#[test]
fn a_list_of_digests_or_a_state_of_terraform_is_enough() {
    let fixture = Fixture::new();
    let (token, jenkins) = (fixture.token(), jenkins_token(&fixture));
    fixture.write(
        "leak.env",
        format!("SONAR_TOKEN={token}\ncurl -u bob:{jenkins} https://j.example.com/job/x\n"),
    );
    fixture.write(
        "hashes.txt",
        format!(
            "{}  the scanner of shop\n<hash>{}</hash>\n",
            sha256(&token).to_uppercase(),
            sha256(&jenkins[2..])
        ),
    );
    let run = fixture.squelch(&["trace", "leak.env", "--hashes", "hashes.txt", "-f", "jsonl"]);
    assert_eq!(
        known(&run.finding(&token), "stored_in")["value"],
        "the scanner of shop",
        "{run:#?}"
    );
    let digest = crate::places::base64(&Sha256::digest(token.as_bytes()));
    let attributes = json!({"name": "SONAR_TOKEN", "project": "web", "value": digest});
    let state = json!({"version": 4, "resources": [{"type": "circleci_environment_variable", "name": "sonar",
        "instances": [{"attributes": attributes}]}]});
    fixture.write("terraform.tfstate", state.to_string());
    let run = fixture.squelch(&[
        "trace",
        "leak.env",
        "--terraform-state",
        "terraform.tfstate",
        "-f",
        "jsonl",
    ]);
    let found = run.finding(&token);
    assert!(known(&found, "stored_in")["value"].to_string().contains("SONAR_TOKEN"), "{found}");
    assert_eq!(known(&found, "stored_in")["sure"], "certain");
}

#[test]
fn sources_that_are_none_are_wrong_use_and_say_what_to_do() {
    let fixture = Fixture::new();
    fixture.write("x", "no data at all\n");
    for flag in
        ["--jenkins-home", "--sonar-tokens", "--env-inspector", "--terraform-state", "--hashes"]
    {
        for path in ["x", "gone"] {
            let run = fixture.squelch(&["trace", "x", flag, path]);
            // A user's file that is damaged is no reason to leave out the others.
            let damaged = (flag, path) == ("--jenkins-home", "x");
            assert_eq!(run.code, Some(if damaged { 3 } else { 2 }), "{flag} {path}: {run:#?}");
            assert!(run.stderr.contains(path), "{flag} {path}: {}", run.stderr);
        }
    }
    let run = fixture.squelch(&["trace", "--report", "x"]);
    assert_eq!(run.code, Some(2), "{run:#?}");
    let run = fixture.squelch(&["trace", "x", "--endpoint", "jenkins=https://j.example.com"]);
    assert!(run.code == Some(2) && run.stderr.contains("--verify"), "{run:#?}");
}

#[test]
fn an_ending_finds_its_token_and_every_masked_print_of_it() {
    let fixture = Fixture::new();
    let (token, other) = (fixture.token(), fixture.token());
    let bare = fixture.hex(40);
    let (end, bare_end) = (&token[40..], &bare[36..]);
    fixture.write("a.env", format!("SONAR_TOKEN={token}\nOTHER={other}\n"));
    fixture.write("notes.txt", format!("we saw {bare} somewhere\n"));
    fixture.write(
        "list.txt",
        format!("KEY  ****{end}\nSECOND  xxxx{end}\nTHIRD  ****{}\n", &other[40..]),
    );
    let run = fixture.scan(&["--no-history", "--ending", &format!("****{end}")]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(
        run.lines("finding").iter().all(|it| it["redacted"].as_str().expect("text").ends_with(end))
    );
    let whole: Vec<Value> =
        run.lines("finding").into_iter().filter(|it| it["partial"].is_null()).collect();
    assert_eq!(whole.len(), 1, "{run:#?}");
    let masked = run.lines("finding").len() - whole.len();
    assert_eq!(masked, 2, "as stars and as x: {run:#?}");
    let run = fixture.scan(&["--no-history", "--ending", bare_end]);
    let found = run.finding(&bare);
    assert_eq!(found["confidence"], "low", "nothing says what it is: {found}");
    assert_eq!(fixture.scan(&["--no-history", "--ending", "zzzz"]).code, Some(0));
    let run = fixture.squelch(&["scan", "--no-history", "--ending", "zzzz"]);
    assert!(run.stdout.contains("zzzz"), "what was looked for is said: {run:#?}");
    assert_eq!(fixture.squelch(&["scan", "--ending", "x"]).code, Some(2));
}

#[test]
fn a_digest_is_proof_without_any_context() {
    let fixture = Fixture::repository();
    let (bare, other, jenkins) = (fixture.hex(40), fixture.hex(40), jenkins_token(&fixture));
    // As a commit id stands there, in a lock file, and beside a word that says nothing.
    fixture.commit("go.sum", &format!("x/y v1 {bare}\n"), "a lock file");
    fixture.write("a.txt", format!("uses: a/b@{bare}\nlog {other}\nsee {jenkins}\n"));
    fixture.write("hashes.txt", format!("{}\n{}\n", sha384(&bare), sha256(&jenkins[2..])));
    assert_eq!(fixture.scan(&[]).lines("finding").len(), 0);
    let run = fixture.scan(&["--hashes", "hashes.txt"]);
    assert_eq!(run.lines("finding").len(), 2, "{run:#?}");
    assert_eq!(run.finding(&bare)["confidence"], "high");
    assert!(run.finding(&bare)["locations"].as_array().expect("places").len() >= 2, "{run:#?}");
    let _ = run.finding(&jenkins);
}

/// What was made with a leaked token outlives it: the home says when each was made.
#[test]
fn tokens_of_the_owner_that_were_made_since_the_leak_are_named() {
    let fixture = Fixture::repository();
    let (leaked, later) = (jenkins_token(&fixture), jenkins_token(&fixture));
    fixture.commit(
        "ci.sh",
        &format!("curl -u alice:{leaked} https://ci.example.com/job/x/build\n"),
        "x",
    );
    let user =
        |name: &str, token: &str| jenkins_user("alice", &format!("uuid of {name}"), name, token);
    fixture.write("home/users/a_1/config.xml", user("leaked", &leaked));
    let made = user("made by whoever", &later).replace("2022-08-18 09", "2026-01-05 09");
    fixture.write("home/users/a_2/config.xml", made);
    let bob = jenkins_user("bob", "x", "bob's", &jenkins_token(&fixture));
    fixture.write("home/users/b_1/config.xml", bob.replace("2022-08-18 09", "2026-01-05 09"));
    let run = fixture.squelch(&["trace", "-f", "jsonl", "--jenkins-home", "home"]);
    let notes = run.finding(&leaked)["notes"].to_string();
    assert!(notes.contains("made by whoever (2026-01-05T09:50:55.535Z)"), "{notes}");
    assert!(!notes.contains("bob's") && !notes.contains("leaked ("), "{notes}");
}
