//! Rule files of other scanners, run beside our own.

use crate::support::Fixture;

/// A file as a team has it, with what most such files use.
const TEAM: &str = r#"
title = "the team's rules"
[extend]
path = "base.toml"
disabledRules = ["old"]
[[rules]]
id = "shop-key"
description = "A key of the shop opens the till."
regex = '''shop[_-]key\s*[:=]\s*['"]?([a-z0-9]{20})'''
keywords = ["shop"]
entropy = 2.5
[[rules.allowlists]]
paths = ['''(^|/)fixtures/''']
[allowlist]
stopwords = ["example"]
"#;

const BASE: &str = r#"
[[rules]]
id = "old"
regex = '''old_[a-z0-9]{20}'''
[[rules]]
id = "till"
regex = '''till=([a-z0-9]{20})'''
[[rules.required]]
id = "user"
withinLines = 1
[[rules]]
id = "user"
regex = '''tilluser=([a-z]+)'''
skipReport = true
"#;

#[test]
fn their_rules_and_ours_run_in_one_pass_and_show_no_secret() {
    let f = Fixture::repository();
    f.write("team.toml", TEAM);
    f.write("base.toml", BASE);
    let (key, gone, till, apart, ours) = (f.hex(20), f.hex(20), f.hex(20), f.hex(20), f.token());
    f.commit("src/app.cfg", &format!("shop_key = {gone}\n"), "a key");
    f.write(
        "src/app.cfg",
        format!("shop_key = {key}; SONAR_TOKEN={ours}\nshop-key: aaaaaaaaaaaaaaaaaaab\n"),
    );
    f.write("src/till.cfg", format!("tilluser=ann\ntill={till}\n\n\n\ntill={apart}\n"));
    f.write("fixtures/a.cfg", format!("shop_key = {}\n", f.hex(20)));
    f.write("b.cfg", format!("shop_key = example{}\nold_{}\n", f.hex(13), f.hex(20)));
    let run = f.scan(&["--rules", "team.toml"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let mut found: Vec<(String, String)> = run
        .lines("finding")
        .iter()
        .map(|it| (it["rule"].to_string(), it["redacted"].to_string()))
        .collect();
    found.sort();
    let tail = |rule: &str, head: &str, token: &str| {
        (format!("\"{rule}\""), format!("\"{head}…{}\"", &token[token.len() - 4..]))
    };
    let mut want = [
        tail("base-till", "", &till),
        tail("sonarqube-user-token", "squ_", &ours),
        tail("team-shop-key", "", &key),
        tail("team-shop-key", "", &gone),
    ];
    want.sort();
    assert_eq!(found, want, "{run:#?}");
    assert_eq!(run.finding(&gone)["locations"][0]["origin"], "history");
    assert_eq!(run.finding(&key)["verdict"]["state"], "unasked");
    for format in ["human", "sarif", "csv"] {
        let run = f.squelch(&["scan", "--format", format, "--rules", "team.toml"]);
        for secret in [&key, &gone, &till, &ours] {
            let shown = format!("{}{}", run.stdout, run.stderr);
            assert!(!shown.contains(&secret[..secret.len() - 4]), "{format}: {shown}");
        }
    }
    let explained = f.scan(&["--rules", "team.toml", "--explain"]).lines("dismissal");
    let reason = |it: &&serde_json::Value| it["reason"] == "allowed";
    assert!(explained.iter().filter(reason).count() >= 3, "{explained:#?}");
}

#[test]
fn a_rule_that_cannot_be_run_makes_no_clean_scan() {
    let f = Fixture::new();
    f.write("a.txt", "nothing here\n");
    f.write("team.toml", "[[rules]]\nid = \"keys\"\npath = '''\\.p12$'''\n");
    let run = f.scan(&["a.txt", "--rules", "team.toml"]);
    assert_eq!((run.code, run.problems()), (Some(3), vec!["rule-not-run".to_owned()]));
    assert!(run.stderr.contains("team.toml:1: rule keys"), "{}", run.stderr);
    assert!(run.stderr.contains("disabledRules"), "{}", run.stderr);
    let test = f.squelch(&["rules", "test", "team.toml"]);
    assert_eq!(test.code, Some(1));
    assert!(test.stdout.ends_with("0 rules of other scanners run, 1 do not\n"), "{}", test.stdout);
    f.write("team.toml", "[[rules]]\nid = \"keys\"\nregex = 7\n");
    let run = f.scan(&["a.txt", "--rules", "team.toml"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("team.toml:3: "), "{}", run.stderr);
}

/// A configuration in the scanned tree is only text.
#[test]
fn a_scanned_tree_brings_no_rules() {
    let f = Fixture::repository();
    let token = f.token();
    f.write(".gitleaks.toml", "[allowlist]\npaths = ['''.*''']\n");
    f.commit("a", &format!("SONAR_TOKEN={token}\n"), "a token");
    assert_eq!(f.scan(&[]).code, Some(1));
    // Named by the user, it lets pass what its own rules find, not what ours do.
    assert_eq!(f.scan(&["--rules", ".gitleaks.toml"]).code, Some(1));
}
