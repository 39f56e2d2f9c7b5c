use super::*;
use crate::rule::{RuleFile, Rules};

/// The rules of `text`, and what is not run of it. `others` are files that it may extend.
fn compiled(text: &str, others: &[(&str, &str)]) -> Rules {
    let open = |path: &std::path::Path| {
        let name = path.to_string_lossy();
        let found = others.iter().find(|(other, _)| *other == name);
        found.map(|(_, text)| (*text).to_owned()).ok_or(std::io::ErrorKind::NotFound.into())
    };
    assert!(is_foreign(text), "{text}");
    let file = RuleFile { path: "conf/team.toml", id: "team", text };
    Rules::with_all(&[file], &open).expect("a file of another scanner")
}

/// What a rule takes for secrets in `text`.
fn secrets<'a>(rules: &Rules, id: &str, text: &'a str) -> Vec<&'a str> {
    let rule = rules.get(id).unwrap_or_else(|| panic!("{id}: {:?}", rules.not_run));
    let claims = rule.foreign.as_ref().expect("foreign").claims(text.as_bytes(), 10);
    let kept = claims.filter(|claimed| claimed.dismissal.is_none());
    kept.map(|claimed| &text[claimed.secret]).collect()
}

fn why(rules: &Rules, part: &str) -> String {
    let found = rules.not_run.iter().find(|it| it.place.contains(part));
    found.map_or_else(|| panic!("{part}: {:?}", rules.not_run), |it| it.why.clone())
}

#[test]
fn the_secret_is_the_named_group_else_the_first_that_holds_something() {
    let rules = compiled(
        r#"
[[rules]]
id = "first"
regex = '''key(x)?=([a-z]+)'''
[[rules]]
id = "named"
regex = '''(key)=([a-z]+)'''
secretGroup = 2
[[rules]]
id = "whole"
regex = '''\nkey=[a-z]+\n'''
"#,
        &[],
    );
    assert_eq!(secrets(&rules, "team-first", "key=ab keyx=cd"), ["ab", "x"]);
    assert_eq!(secrets(&rules, "team-named", "key=ab"), ["ab"]);
    assert_eq!(secrets(&rules, "team-whole", "a\nkey=ab\nb"), ["key=ab"], "without line feeds");
}

#[test]
fn allowlists_let_pass_by_secret_match_line_and_place() {
    let rules = compiled(
        r#"
[allowlist]
stopwords = ["example"]
[[rules]]
id = "k"
regex = '''key=([a-z0-9]+)'''
entropy = 1.5
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''# no$''']
[[rules.allowlists]]
condition = "AND"
regexes = ['''^fix''']
paths = ['''^test/''']
[[rules.allowlists]]
commits = ["ABCD"]
"#,
        &[],
    );
    let found = |text| secrets(&rules, "team-k", text);
    assert_eq!(found("key=abcdefg1"), ["abcdefg1"]);
    assert_eq!(found("key=aaaaaaaa key=abexample1").len(), 0, "entropy, stop word");
    assert_eq!(found("key=abcdefg1 # no\nkey=abcdefg2"), ["abcdefg2"]);
    let foreign = rules.get("team-k").and_then(|rule| rule.foreign.clone()).expect("foreign");
    let pending =
        |text: &str| foreign.claims(text.as_bytes(), 1).next().expect("it matches").pending;
    let (fix, other) = (pending("key=fixdefg1"), pending("key=abcdefg1"));
    let passes =
        |pending: &[usize], path, commit| foreign.at_place(pending, path, commit).is_some();
    assert!(passes(&fix, "test/a", None) && !passes(&fix, "src/a", None));
    assert!(passes(&fix, r"test\a", None), "the path of another system");
    assert!(!passes(&other, "test/a", None), "all of it has to hold");
    assert!(passes(&other, "a", Some("abcd")) && !passes(&other, "a", Some("abc")));
}

#[test]
fn a_file_extends_another_and_keeps_what_it_says_itself() {
    let base = r#"
[[rules]]
id = "one"
regex = '''one=([a-z]+)'''
keywords = ["one"]
[[rules]]
id = "two"
regex = '''two=([a-z]+)'''
[[rules]]
id = "three"
regex = '''three=([a-z]+)'''
"#;
    let team = r#"
[extend]
path = "base.toml"
disabledRules = ["two"]
[[rules]]
id = "one"
entropy = 1.0
keywords = ["uno"]
[[allowlists]]
targetRules = ["three", "missing"]
stopwords = ["abc"]
"#;
    let rules = compiled(team, &[("conf/base.toml", base)]);
    assert_eq!(secrets(&rules, "team-one", "one=aaaa one=abab").len(), 0);
    assert_eq!(secrets(&rules, "team-one", "one=abcd"), ["abcd"]);
    let words =
        rules.get("team-one").and_then(|rule| rule.foreign.clone()).expect("it").keywords.clone();
    assert_eq!(words, ["one", "uno"]);
    assert!(rules.get("base-two").is_none());
    assert_eq!(secrets(&rules, "base-three", "three=xyz three=abcd"), ["xyz"]);
    assert_eq!(why(&rules, "targetRules"), "there is no rule missing");
    let circle = "[extend]\npath = \"team.toml\"\n";
    let open = |_: &std::path::Path| Ok(circle.to_owned());
    let file = RuleFile { path: "conf/team.toml", id: "team", text: circle };
    let error = Rules::with_all(&[file], &open).expect_err("a circle").to_string();
    assert_eq!(error, "conf/team.toml:2: extend.path: more than 2 files extend each other");
}

#[test]
fn the_default_rules_are_the_file_before() {
    let (base, team) =
        ("[[rules]]\nid = \"one\"\nregex = 'one=[a-z]+'\n", "[extend]\nuseDefault = true\n");
    let file = |path, id, text| RuleFile { path, id, text };
    let open = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
    let files = [file("gitleaks.toml", "gitleaks", base), file("team.toml", "team", team)];
    let both = Rules::with_all(&files, &open).expect("both");
    assert!(both.not_run.is_empty() && both.get("gitleaks-one").is_some());
    let alone = Rules::with_all(&files[1..], &open).expect("one");
    assert!(why(&alone, "team.toml:2: extend.useDefault").contains("--rules gitleaks.toml"));
}

#[test]
fn what_cannot_be_run_is_named_with_its_line() {
    let rules = compiled(
        r#"
[extend]
url = "https://rules.example/x.toml"
[[rules]]
id = "p12"
path = '''\.p12$'''
[[rules]]
id = "odd"
regex = 'x'
colour = "red"
[[rules]]
id = "broken"
regex = '(x'
[[rules]]
id = "group"
regex = '(x)'
secretGroup = 2
[[rules]]
id = "needs"
regex = 'x'
[[rules.required]]
id = "broken"
[[rules]]
id = "words"
regex = 'x'
filter = 'failsTokenEfficiency(finding["secret"])'
[[rules]]
id = "good"
regex = 'x'
"#,
        &[],
    );
    let says =
        |part: &str, text: &str| assert!(why(&rules, part).contains(text), "{}", why(&rules, part));
    says("team.toml:3: extend.url", "fetches no rules");
    says("team.toml:4: rule p12", "by their names");
    says("rule odd", "`colour` means nothing");
    says("rule broken", "unclosed group");
    says("rule group", "secretGroup");
    says("team-needs", "it needs team-broken, which is not run");
    says("rule words", "failsTokenEfficiency");
    assert_eq!(rules.not_run.len(), 7);
    assert!(rules.get("team-good").is_some());
}

#[test]
fn our_own_files_are_not_taken_for_others() {
    assert!(!is_foreign("service = \"X\"\n[[token]]\nid = \"x\"\n") && !is_foreign("= no TOML"));
    assert!(is_foreign("[[rules]]\nid = \"x\"\n") && is_foreign("[extend]\nuseDefault = true\n"));
}
