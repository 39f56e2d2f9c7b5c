//! `--wait`: tokens that look alike are told apart by one more use, an hour later; here two seconds
//! later, by a rule of the test's own.

use crate::canned::Canned;
use crate::double::clock::Clock;
use crate::double::http::{Reply, Request};
use crate::double::sonar::{SonarServer, TokenKind};
use crate::double::{Double, lock, mint};
use crate::stage::Stage;

const DAY_MS: i64 = 24 * 3_600_000;

/// As of `SonarQube` Server, but for the prefix and the window.
const RULE: &str = r#"
service = "Hasty"
documents = ["https://hasty.example.invalid/docs"]

[verify.server]
send = "basic-user"
path = "/api/users/current"

[verify.server.probe]
path = "/api/system/status"
answer = { status = [200], body = "json", json = { "/status" = "string" } }
version = "/version"

[[verify.server.live]]
status = [200]
body = "json"
json = { "/isLoggedIn" = true, "/login" = "string" }

[[verify.server.dead]]
status = [401]
body = "empty"

[verify.server.identity]
owner = "/login"

[verify.server.list]
path = "/api/user_tokens/search"
by = "last-use"
window = 2

[verify.server.list.rows.json]
at = "/userTokens"
fields = { name = "/name", kind = "/type", last_used = "/lastConnectionDate" }

[[token]]
id = "hasty-token"
name = "Hasty token"
kind = "user"
severity = "high"
why = "A test."
pattern = 'hasty_[0-9a-f]{40}'
verify = ["server"]
listed_as = "USER_TOKEN"

[[token.companion]]
name = "server"
pattern = '''hasty\.url=(?P<value>http://[^\s]{1,199})'''

[token.revoke]
steps = ["Revoke it."]

[[token.example]]
text = 'hasty.token={{token}}'
why = "a property"

[[token.counter]]
text = 'hasty.token=hasty_xxxx'
why = "a filler"
"#;

fn stage() -> Stage {
    let stage = Stage::new();
    stage.fixture.write("hasty.toml", RULE);
    stage
}

fn token() -> String {
    format!("hasty_{}", mint::hex(40))
}

fn plant(stage: &mut Stage, token: &str, url: &str) {
    stage.name("hasty", url);
    stage.plant(token, &format!("hasty.url={url}\nhasty.token={{token}}\n"));
}

#[test]
fn waiting_breaks_a_tie_whatever_the_servers_clock_says() {
    let double = Double::start();
    let mut stage = stage();
    let mut tokens = Vec::new();
    for (context, ahead_ms) in [("right", 0), ("ahead", DAY_MS), ("behind", -DAY_MS)] {
        let mut server = SonarServer::new("26.7", true);
        server.window_ms = 2000;
        server.clock.ahead_ms = ahead_ms;
        server.add_user("grace", &["scan"]);
        let token = token();
        server.add_token("grace", "leaked", TokenKind::User).value.clone_from(&token);
        server.add_token("grace", "look-alike", TokenKind::User);
        let server = double.sonar(context, server);
        plant(&mut stage, &token, &format!("{}/{context}", double.url()));
        tokens.push((context, token, server));
    }
    // The other token is used while this one is asked about, on a machine as slow as it may be.
    let use_other = |stage: &Stage, wait: &[&str]| {
        for (.., server) in &tokens {
            let mut server = lock(server);
            let soon = server.clock.now() + 1000;
            server.token("look-alike").last_connection = Some(soon);
            server.token("leaked").last_connection = None;
        }
        stage.ask(&[&["--rules", "hasty.toml"], wait].concat())
    };
    let said = use_other(&stage, &[]);
    for (context, token, _) in &tokens {
        assert_eq!(said.state(token), "live", "{context}: {said:?}");
        assert_eq!(said.known(token, "token_name"), Vec::<String>::new(), "{context}");
        assert_eq!(said.contenders(token), ["leaked", "look-alike"], "{context}");
        assert!(said.notes(token).contains("--wait"), "{}", said.notes(token));
    }
    let said = use_other(&stage, &["--wait"]);
    for (context, token, _) in &tokens {
        assert_eq!(said.known(token, "token_name"), ["leaked (certain)"], "{context}: {said:?}");
        assert_eq!(said.contenders(token), Vec::<String>::new(), "{context}");
        assert!(!said.notes(token).contains("--wait"), "{}", said.notes(token));
    }
}

/// What a list says at the second reading, and what may be concluded.
fn second_reading(rows: impl Fn(i64) -> [i64; 2] + Send + 'static) -> (Vec<String>, Vec<String>) {
    let clock = Clock::default();
    let mut read = 0;
    let mut refused = false;
    let canned = Canned::start(move |request: &Request| match request.path.as_str() {
        "/api/system/status" => Reply::json(200, r#"{"status":"UP","version":"26.7"}"#),
        "/api/users/current" if std::mem::replace(&mut refused, true) => {
            Reply::json(200, r#"{"isLoggedIn":true,"login":"grace"}"#)
        }
        "/api/users/current" => Reply::empty(401),
        _ => {
            read += 1;
            let now = clock.now();
            let used = if read == 1 { [now, now] } else { rows(now) };
            let row = |name: &str, at: i64| {
                let last = clock.with_offset(at);
                format!(r#"{{"name":"{name}","lastConnectionDate":"{last}"}}"#)
            };
            let list = [row("one", used[0]), row("two", used[1])].join(",");
            Reply::json(200, format!(r#"{{"userTokens":[{list}]}}"#))
        }
    });
    let mut stage = stage();
    let token = token();
    plant(&mut stage, &token, canned.url());
    let said = stage.ask(&["--rules", "hasty.toml", "--wait"]);
    assert_eq!(said.state(&token), "live", "{said:?}");
    assert_eq!(canned.heard().len(), 5, "status, control, token, list, list");
    (said.known(&token, "token_name"), said.contenders(&token))
}

#[test]
fn two_tokens_used_in_the_same_second_stay_open() {
    let (name, contenders) = second_reading(|now| [now, now]);
    assert_eq!((name, contenders), (Vec::new(), vec!["one".to_owned(), "two".to_owned()]));
}

#[test]
fn a_list_where_nothing_was_used_proves_nothing() {
    let (name, contenders) = second_reading(|now| [now - 60_000, now - 60_000]);
    assert_eq!((name, contenders), (Vec::new(), vec!["one".to_owned(), "two".to_owned()]));
}

#[test]
fn the_one_that_was_used_alone_is_the_one() {
    let (name, contenders) = second_reading(|now| [now - 60_000, now]);
    assert_eq!((name, contenders), (vec!["two (certain)".to_owned()], Vec::new()));
}
