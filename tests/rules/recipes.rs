//! What rule files say of revoking, and of where tokens are used.

use crate::{GOOD, compile};

/// What [`GOOD`] has instead of a table of its own.
const SHARED: &str = r#"[revoke.api]
page = "https://x.example/tokens"
steps = ["Ask {user}."]
replace = ["Make a new one at {server}."]
message = "Hello {user}, {redacted} was found in {place}."
levers = ["Wait."]
prove = ["curl", "-u", "$X_TOKEN:", "{server}/me"]
proved_by = "401"
[[revoke.api.way]]
who = "administrator"
command = ["curl", "-u", "$X_ADMIN_TOKEN:", "{server}/user/{user}/revoke?name={name}"]
[[revoke.api.way]]
who = "token"
command = ["curl", "-u", "$LEAKED_TOKEN:", "{server}/revoke"]
[[revoke.api.script]]
id = "one"
title = "revoke it"
text = "def owner = '{user}'"
[revoke.api.request]
path = "/user/{user}/revoke"
form = { name = "{name}" }
accepted = [{ status = [204], body = "empty" }]
itself = true
[revoke.api.rest]
keep = "name"
[usage]
names = ["x service token"]
server = ["x url"]
[[usage.call]]
words = ["x-scan", "mvn x:scan"]
reads = ["X_SERVICE_TOKEN"]
inputs = ["token"]
"#;

/// The good file, with a shared way to revoke.
fn shared() -> String {
    let own = GOOD.find("[token.revoke]").expect("it is there");
    let end = GOOD.find("[[token.example]]").expect("it is there");
    let token = format!("{}{}", &GOOD[..own], &GOOD[end..]);
    let named = token.replace("known_examples = []", "revoked_by = \"api\"");
    named.replacen("[[token]]", &format!("{SHARED}[[token]]"), 1)
}

#[test]
fn a_shared_recipe_is_filled_like_one_of_its_own() {
    let rules = compile(&shared()).expect("the good file");
    let rule = rules.get("x-token").expect("its rule");
    assert_eq!(rule.remedy.command, rule.remedy.ways[0].command, "the first way is the command");
    let slot = |name: &str, value: &str| squelch::leak::Companion {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    let remedy =
        rule.remedy(&[slot("user", "a b"), slot("name", "it's"), slot("server", "https://h")]);
    let command = &remedy.ways[0].command;
    assert_eq!(command[3], "https://h/user/a%20b/revoke?name=it%27s", "in an address");
    assert_eq!(remedy.message.as_deref(), Some("Hello a b, <redacted> was found in <place>."));
    assert_eq!(remedy.scripts[0].text, "def owner = '<user>'", "no quote gets into a program");
    let remedy = rule.remedy(&[slot("user", "ada")]);
    assert_eq!(remedy.scripts[0].text, "def owner = 'ada'");
    assert_eq!(rule.revoke.request.as_ref().expect("a request").slots(), ["name", "user"]);
    assert!(rules.usages[0].is_name("MY_X_SERVICE_TOKEN") && !rules.usages[0].is_name("TOKEN"));
}

#[test]
fn what_is_unsafe_or_unclear_is_refused_with_its_line_and_key() {
    let good = shared();
    let cases = [
        ("revoked_by = \"api\"", "", "token.revoke: says nothing"),
        (
            "revoked_by = \"api\"",
            "revoked_by = \"none\"",
            "token.revoked_by: there is no [revoke.none]",
        ),
        (
            "revoked_by = \"api\"",
            "revoked_by = \"api\"\nrevoke = { steps = [\"x\"] }",
            "token.revoked_by: has [token.revoke], too",
        ),
        ("[usage]", "[revoke.other]\nsteps = [\"x\"]\n[usage]", "revoke.other: no token names it"),
        ("Wait.", "Wait {redacted}.", "revoke.api.levers: nobody fills the slot `{redacted}`"),
        ("{place}.\"", "{token}.\"", "revoke.api.message: `{token}`"),
        ("$LEAKED_TOKEN:", "{token}:", "revoke.api.way.command: `{token}`"),
        ("who = \"token\"", "who = \"anybody\"", "unknown variant `anybody`"),
        ("proved_by", "command = [\"x\"]\nproved_by", "revoke.api.command: the first [[way]]"),
        ("id = \"one\"", "id = \"One\"", "revoke.api.script.id: `One`"),
        ("'{user}'", "'{host}'", "revoke.api.script.text: nobody fills"),
        (
            "path = \"/user/{user}/revoke\"",
            "path = \"https://evil.example/\"",
            "revoke.api.request.path: ",
        ),
        ("{ name = \"{name}\" }", "{ name = \"{server}\" }", "revoke.api.request.form: `{server}`"),
        (
            "{ name = \"{name}\" }",
            "{ name = \"{token}\" }",
            "revoke.api.request.json: `{token}` goes with",
        ),
        (
            "accepted = [{ status = [204], body = \"empty\" }]",
            "accepted = []",
            "request.accepted: ",
        ),
        ("status = [204]", "status = []", "revoke.api.request.accepted: no status"),
        ("keep = \"name\"", "keep = \"uses\"", "revoke.api.rest.keep: `name` or `id`"),
        ("itself = true", "retry = 3", "unknown field `retry`"),
        ("names = [\"x service token\"]", "names = [\"X_TOKEN\"]", "usage.names: `X_TOKEN`"),
        ("\"x-scan\"", "\"x\"", "usage.call.words: `x`: 4 characters"),
        ("\"x-scan\"", "\"X-Scan\"", "usage.call.words: `X-Scan`"),
    ];
    for (from, to, says) in cases {
        assert!(good.contains(from), "{from}");
        let why = compile(&good.replacen(from, to, 1)).expect_err(to);
        assert!(why.starts_with("rules/x.toml:") && why.contains(says), "{to}: {why}");
    }
}
