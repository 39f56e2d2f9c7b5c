//! What rule files say of servers: what compiles, what is refused with file, line and key, and that
//! what is built in can be read by the people whom it is for.

use std::collections::HashSet;

use squelch::rule::Rules;

use crate::compile;

/// A file that compiles; tests replace one part of it.
const GOOD: &str = r#"service = "X"
[[token]]
id = "x-token"
name = "X token"
kind = "user"
severity = "high"
why = "because"
pattern = 'xx_[0-9a-f]{40}'
[token.revoke]
steps = ["Ask."]
[[token.example]]
text = 'X={{token}}'
why = "a variable"
[[token.counter]]
text = 'x'
why = "no token"
[audit]
closed = [{ status = [401], body = "any" }]
[audit.probe]
path = "/status"
answer = { status = [200], body = "json", json = { "/x" = "string" } }
version = "/x"
[audit.gate]
sign_in = "/login"
port = 80
schemes = [{ name = "Basic" }]
cookies = ["X"]
notes = ["A note."]
[[audit.gate.pass]]
why = "to sign in"
paths = ["/login"]
[[exposure]]
id = "x-users"
what = "users"
name = "Users are listed"
severity = "low"
why = "because"
fix = ["Close it."]
cwe = 200
cve = { id = "CVE-2020-27986", before = "9.1" }
path = "/users"
[[exposure.open]]
answer = { status = [200], body = "json", json = { "/users" = "array" } }
rows = { at = "/users" }
seen = "users: {count}"
"#;

#[test]
fn each_refusal_names_file_line_and_key() {
    let rules = compile(GOOD).expect("the good file");
    assert_eq!(rules.audits[0].exposures[0].id, "x-users");
    let open = "answer = { status = [200], body = \"json\", json = { \"/users\" = \"array\" } }";
    let cases = [
        ("[audit]\nclosed", "[audit]\nopen = 1\nclosed", "18: unknown field `open`"),
        ("path = \"/status\"", "path = \"status\"", "17: audit.probe.path: \"status\" is no path"),
        ("version = \"/x\"", "", "17: audit.probe.version: vulnerabilities depend"),
        ("status = [401]", "status = []", "17: audit.closed: no status"),
        ("sign_in = \"/login\"", "sign_in = \"/a b\"", "17: audit.gate.sign_in: \"/a b\""),
        ("paths = [\"/login\"]", "paths = [\"/a;b\"]", "17: audit.gate.pass.paths: \"/a;b\""),
        (
            "paths = [\"/login\"]",
            "paths = [\"login\"]",
            "17: audit.gate.pass.paths: \"login\" is no",
        ),
        ("paths = [\"/login\"]", "files = [\"j$\"]", "17: audit.gate.pass.files: \"j$\""),
        ("cookies = [\"X\"]", "cookies = [\"X;\"]", "17: audit.gate.cookies: \"X;\""),
        ("name = \"Basic\"", "name = \"Ba|.*\"", "17: audit.gate.schemes: \"Ba|.*\""),
        ("schemes = [{ name = \"Basic\" }]", "schemes = []", "17: audit.gate: nobody gets in"),
        ("\"A note.\"", "\"a\\nb\"", "17: audit.gate.pass.why: one line"),
        ("id = \"x-users\"", "id = \"X\"", "32: exposure.id: `X`"),
        (
            "id = \"x-users\"",
            "id = \"x-token\"",
            "32: exposure.id: already taken at rules/x.toml:3",
        ),
        ("fix = [\"Close it.\"]", "fix = []", "32: exposure.fix: say how to close it"),
        ("cwe = 200", "cwe = 1", "32: exposure.cwe: 1 is not in the list"),
        ("CVE-2020-27986", "CVE-20-1", "32: exposure.cve: \"CVE-20-1\""),
        ("path = \"/users\"\n", "", "32: exposure.path: either"),
        ("path = \"/users\"\n", "path = \"https://evil.example/\"\n", "32: exposure.path: "),
        ("path = \"/users\"\n", "path = \"/users?x={token}\"\n", "32: exposure.path: `{token}`"),
        ("path = \"/users\"\n", "path = \"/users?x={y}\"\n", "32: exposure.path: nobody fills"),
        ("cwe = 200", "cwe = 200\naddress = \"plain-http\"", "32: exposure.path: either"),
        ("cwe = 200", "cwe = 200\nconsent = \"any\"", "40: unknown variant `any`"),
        ("seen = \"users: {count}\"", "seen = \"{value}\"", "32: exposure.open.seen: nobody fills"),
        (
            "rows = { at = \"/users\" }\n",
            "",
            "32: exposure.open.seen: nobody fills the slot `{count}`",
        ),
        (
            "at = \"/users\" }",
            "at = \"users\" }",
            "32: exposure.open.rows: \"users\" is no pointer",
        ),
        (
            open,
            "answer = { status = [200], body = \"any\" }",
            "32: exposure.open.answer: a status alone",
        ),
        (
            "rows = { at = \"/users\" }\nseen = \"users: {count}\"",
            "seen = \"x\"\n[[exposure.closed]]\nstatus = [200]\nbody = \"json\"",
            "32: exposure.open.answer: an answer [200] may be both",
        ),
    ];
    for (from, to, error) in cases {
        assert!(GOOD.contains(from), "{from}");
        let why = compile(&GOOD.replacen(from, to, 1)).expect_err(to);
        assert!(why.starts_with(&format!("rules/x.toml:{error}")), "{to}: {why}");
    }
    let alone = GOOD.split("[audit]").next().expect("the tokens");
    let why = compile(&format!("{alone}{}", &GOOD[GOOD.find("[[exposure]]").expect("one")..]));
    assert!(why.expect_err("no [audit]").contains("there is no [audit]"));
    let why = compile(GOOD.split("[[exposure]]").next().expect("the head"));
    assert!(why.expect_err("nothing to look for").contains("there is no [[exposure]]"));
}

/// No path is asked for that changes something, and each text is one that can be read.
#[test]
fn what_is_built_in_is_complete_and_harmless() {
    let rules = Rules::builtin().expect("built-in rules compile");
    let ids: Vec<&str> = rules.audits.iter().map(|audit| audit.service.id.as_str()).collect();
    assert_eq!(ids, ["jenkins", "sonarqube-server"]);
    let changing = [
        "migrate", "restart", "logout", "generate", "revoke", "delete", "update", "create", "logs",
    ];
    let mut names = HashSet::new();
    for exposure in rules.audits.iter().flat_map(|audit| &audit.exposures) {
        let id = &exposure.id;
        assert!(names.insert((exposure.name.as_str(), id.split('-').next())), "{id}: a name twice");
        for path in exposure.lead.iter().map(|lead| &lead.path).chain(&exposure.path) {
            assert!(!changing.iter().any(|word| path.contains(word)), "{id}: {path}");
        }
        for text in exposure.fix.iter().chain([&exposure.why]) {
            assert!(text.ends_with('.') && text.len() > 10 && text.len() < 300, "{id}: {text}");
        }
        assert!(!exposure.name.ends_with('.') && exposure.what.len() < 50, "{id}");
        // Code is asked for with leave only.
        let source = exposure.path.as_ref().is_some_and(|path| path.contains("sources"));
        assert_eq!(exposure.consent.is_some(), source, "{id}");
    }
}
