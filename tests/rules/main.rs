//! Rule files: what compiles, how fast, and what is refused with file, line and key.

mod exposures;
mod recipes;

use std::time::Instant;

use squelch::leak::Companion;
use squelch::rule::{RuleFile, Rules};

/// A rule file that compiles; tests replace one line of it.
const GOOD: &str = r#"service = "X"
documents = ["https://x.example/"]
[[token]]
id = "x-token"
name = "X token"
kind = "user"
severity = "high"
why = "because"
pattern = 'xx_[0-9a-f]{40}'
known_examples = []
[[token.place]]
keys = ["x service token"]
confidence = "high"
[[token.companion]]
name = "server"
pattern = 'url=(?P<value>https?://[a-z.]{1,60})'
default = "$X_URL"
[token.revoke]
page = "https://x.example/tokens"
steps = ["Ask {user}."]
command = ["curl", "-u", "$X_TOKEN:", "{server}/revoke?name={name}", "-w", '%{http_code}']
[[token.example]]
text = 'X_SERVICE_TOKEN={{token}}'
why = "a variable"
[[token.counter]]
text = 'x {{hex:40}}'
why = "no token"
"#;

fn compile(text: &str) -> Result<Rules, String> {
    Rules::compile(&[RuleFile { path: "rules/x.toml", id: "x", text }]).map_err(|it| it.to_string())
}

/// The error when `from` of the good file is `to` instead.
fn refused(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    compile(&GOOD.replacen(from, to, 1)).expect_err(to)
}

#[test]
fn the_good_file_compiles_and_fills_its_remedy() {
    let rules = compile(GOOD).expect("the good file");
    let rule = rules.get("x-token").expect("its rule");
    assert_eq!((rule.prefix, rule.bare), (3, true));
    assert_eq!(rule.remedy.command[3], "$X_URL/revoke?name=<name>");
    let server = Companion { name: "server".to_owned(), value: "https://h".to_owned() };
    let remedy = rule.remedy(&[server]);
    assert_eq!(remedy.command[3], "https://h/revoke?name=<name>");
    assert_eq!(remedy.command[5], "%{http_code}");
}

#[test]
fn each_refusal_names_file_line_and_key() {
    let cases = [
        ("kind = \"user\"", "kin = \"user\"", "6: unknown field `kin`"),
        ("severity = \"high\"", "severity = \"awful\"", "7: unknown variant `awful`"),
        ("xx_[0-9a-f]{40}", "xx_[0-9a-f{40}", "9: token.pattern: unclosed character class"),
        ("{40}'", "+'", "9: token.pattern: unbounded"),
        ("xx_[0-9a-f]", "(?:xx|yyy)_[0-9a-f]", "9: token.pattern: alternatives"),
        ("xx_[0-9a-f]{40}", r"\bxx_[0-9a-f]{40}", "9: token.pattern: a boundary"),
        ("xx_[0-9a-f]{40}", "xx_[0-9a-z_]{40}", "9: token.pattern: no fixed start of 4"),
        ("id = \"x-token\"", "id = \"X-token\"", "4: token.id: `X-token`"),
        ("known_examples = []", "known_examples = [\"ab\"]", "10: token.known_examples: not a SHA"),
        ("known_examples = []", "anchors = [\"ab\"]", "10: token.anchors: shorter"),
        ("known_examples = []", "checksum = \"crc64\"", "10: token.checksum: \"crc64\": crc32"),
        ("x service token", "X_TOKEN", "12: token.place.keys: `X_TOKEN`"),
        ("[\"x service token\"]", "[\"-t\"]", "11: token.place.keys: "),
        ("keys = [\"x service token\"]", "", "11: token.place: says nothing"),
        ("keys = [\"x service token\"]", "beside = [\"Ab.de\"]", "12: token.place.beside: `Ab.de`"),
        (
            "keys = [\"x service token\"]",
            "near = [\"ab\"]",
            "12: token.place.near: `ab` is shorter",
        ),
        ("confidence = \"high\"", "form = \"no-such\"", "13: unknown variant `no-such`"),
        ("{1,60}", "+", "16: token.companion.pattern: unbounded"),
        ("?P<value>", "?:", "16: token.companion.pattern: no group"),
        ("https://x.example/tokens", "http://x.example", "19: token.revoke.page: only https"),
        ("{server}/revoke", "ftp://h/revoke", "21: token.revoke.command: only https"),
        ("{user}.", "{owner}.", "20: token.revoke.steps: nobody fills the slot `{owner}`"),
        ("$X_TOKEN:", "{token}:", "21: token.revoke.command: `{token}`"),
        ("{server}/revoke", "{host}/revoke", "21: token.revoke.command: nobody fills"),
        ("[\"https://x.example/\"]", "[\"http://x.example/\"]", "2: documents: only https"),
        ("X_SERVICE_TOKEN={{token}}", "X", "23: token.example: no {{token}}"),
        ("{{hex:40}}", "{{hex:0}}", "26: token.counter: `{{hex:0}}` needs a length"),
        ("{{hex:40}}", "{{tokne}}", "26: token.counter: nobody fills the slot"),
    ];
    for (from, to, want) in cases {
        let error = refused(from, to);
        assert!(error.starts_with(&format!("rules/x.toml:{want}")), "{to}: {error}");
    }
}

/// How the good file's service is asked; tests replace one line of it.
const ASKED: &str = r#"[verify.api]
hosts = ["https://api.x.example"]
send = "header"
header = "X-Token"
path = "/me"
[verify.api.probe]
path = "/status"
answer = { status = [200], body = "json", json = { "/up" = true } }
[[verify.api.live]]
status = [200]
body = "json"
json = { "/login" = "string" }
[[verify.api.dead]]
status = [401]
body = "empty"
"#;

#[test]
fn a_way_to_ask_is_safe_and_clear_or_refused() {
    let token = GOOD.replace("known_examples = []", "known_examples = []\nverify = [\"api\"]");
    let with = |asked: &str| {
        let file = token.replacen("[[token]]", &format!("{asked}[[token]]"), 1);
        compile(&file.replace("rules/x.toml", ""))
    };
    let rules = with(ASKED).expect("the good file");
    assert_eq!(rules.get("x-token").expect("its rule").verify.len(), 1);
    let cases = [
        ("https://api.x.example", "http://api.x.example", "verify.api.hosts: only https"),
        (
            "https://api.x.example",
            "https://{host}",
            "verify.api.hosts: \"https://{host}\" is no literal",
        ),
        ("https://api.x.example", "https://h@x.example", "verify.api.hosts: "),
        ("send = \"header\"", "send = \"query\"", "unknown variant `query`"),
        ("header = \"X-Token\"", "", "verify.api.header: goes with"),
        (
            "send = \"header\"\nheader = \"X-Token\"",
            "send = \"basic-pair\"",
            "verify.api.send: basic-pair needs",
        ),
        ("path = \"/me\"", "path = \"/me?t={token}\"", "verify.api.path: `{token}`"),
        ("path = \"/me\"", "path = \"https://evil.example/me\"", "verify.api.path: "),
        ("path = \"/me\"", "path = \"/{owner}\"", "verify.api.path: nobody fills"),
        (
            "status = [401]\nbody = \"empty\"",
            "status = [200]\nbody = \"json\"",
            "verify.api.live: an answer [200] may be both",
        ),
        (
            "status = [401]\nbody = \"empty\"",
            "status = [200, 401]\nbody = \"any\"",
            "verify.api.live: an answer",
        ),
        (
            "body = \"json\"\njson = { \"/login\" = \"string\" }",
            "body = \"any\"",
            "verify.api.live: a status alone",
        ),
        ("\"/login\" = \"string\"", "\"/login\" = \"text\"", "verify.api.live: "),
        ("\"/login\"", "\"login\"", "verify.api.live: "),
        (
            "status = [200]\nbody = \"json\"\njson",
            "status = []\nbody = \"json\"\njson",
            "verify.api.live: no status",
        ),
        ("path = \"/me\"", "path = \"/me\"\nmethod = \"GET\"", "unknown variant `GET`"),
        ("path = \"/me\"", "path = \"/me\"\nverb = \"get\"", "unknown field `verb`"),
        ("path = \"/me\"", "path = \"/me\"\njson = '{}'", "verify.api.method: `json` or `form`"),
        (
            "path = \"/me\"",
            "path = \"/me\"\nmethod = \"post\"\njson = '{\"t\":\"{token}\"}'",
            "verify.api.json: `{token}` goes with send",
        ),
        (
            "path = \"/me\"",
            "path = \"/me\"\nmethod = \"post\"\njson = '{'",
            "verify.api.json: `json` is no",
        ),
        (
            "[verify.api.probe]\npath = \"/status\"\nanswer = { status = [200], body = \"json\", json = { \"/up\" = true } }",
            "",
            "",
        ),
        ("path = \"/me\"", "path = \"/me\"\ncontrol = \"probe\"", ""),
    ];
    for (from, to, want) in cases {
        assert!(ASKED.contains(from), "{from}");
        match with(&ASKED.replacen(from, to, 1)) {
            Err(error) => {
                assert!(!want.is_empty() && error.contains(want), "{to}: {error}");
                assert!(error.starts_with("rules/x.toml:"), "{error}");
            }
            Ok(_) => assert_eq!(want, "", "{to}"),
        }
    }
    let idle = GOOD.replacen("[[token]]", &format!("{ASKED}[[token]]"), 1);
    assert!(compile(&idle).expect_err("idle").contains("verify.api: no token names it"));
    let lost = token.replace("verify = [\"api\"]", "verify = [\"web\"]");
    assert!(
        compile(&lost).expect_err("lost").contains("11: token.verify: there is no [verify.web]")
    );
    let odd = GOOD.replace("known_examples = []", "stored = [\"md5\"]");
    assert!(compile(&odd).expect_err("odd").contains("10: token.stored: \"md5\""));
}

#[test]
fn whole_parts_may_not_be_missing() {
    let without = |from: &str, to: &str| {
        let (start, end) = (GOOD.find(from).expect(from), GOOD.find(to).unwrap_or(GOOD.len()));
        compile(&format!("{}{}", &GOOD[..start], &GOOD[end..])).expect_err(from)
    };
    assert!(without("[[token.example]]", "[[token.counter]]").contains(":4: token.example: none"));
    assert!(without("[[token.counter]]", "no such text").contains(":4: token.counter: none"));
    let bare = GOOD.replace("xx_[0-9a-f]", "[0-9a-f]");
    let placeless =
        bare.replace("[[token.place]]\nkeys = [\"x service token\"]\nconfidence = \"high\"\n", "");
    let error = compile(&placeless).expect_err("no place");
    assert!(error.contains(":9: token.pattern: no fixed start"), "{error}");
    let error = compile(&bare.replace("keys = [\"x s", "beside = [\"x s")).expect_err("no key");
    assert!(error.contains(":9: token.place: no place with `keys`"), "{error}");
}

#[test]
fn an_id_is_taken_once() {
    let file = |path| RuleFile { path, id: "x", text: GOOD };
    let error = Rules::compile(&[file("a.toml"), file("b.toml")]).expect_err("taken");
    assert_eq!(error.to_string(), "b.toml:4: token.id: already taken at a.toml:4");
    let error = Rules::compile(&[RuleFile { path: "X.toml", id: "X", text: GOOD }]);
    assert!(error.is_err_and(|it| it.to_string().contains("X.toml:1: service: `X`")));
}

/// All rules together cost about what each by itself would: measured, 1.6 times the smallest one each, on
/// whatever machine.
#[test]
fn built_in_rules_compile_quickly() {
    let best = |compile: &dyn Fn() -> Rules| {
        let once = |_| {
            let start = Instant::now();
            let rules = compile();
            (start.elapsed(), rules.rules.len())
        };
        (0..5).map(once).min().expect("five of them")
    };
    let (all, count) = best(&|| Rules::builtin().expect("built-in rules compile"));
    let good = [RuleFile { path: "a.toml", id: "x", text: GOOD }];
    let (one, _) = best(&|| Rules::compile(&good).expect("a rule"));
    let most = one * 5 * u32::try_from(count).expect("few");
    assert!(all < most, "{count} rules: {all:?}, one: {one:?}");
}

#[test]
fn no_rule_file_holds_a_token() {
    let rules = Rules::builtin().expect("built-in rules compile");
    let detector = squelch::detect::Detector::new(&rules, false);
    for entry in std::fs::read_dir("rules").expect("the rules folder") {
        let path = entry.expect("a rule file").path();
        let text = std::fs::read(&path).expect("a readable rule file");
        assert!(detector.search(&text).candidates.is_empty(), "{}", path.display());
    }
}
