//! A folder with planted tokens, the servers that may be asked about them, and what came of it.
//!
//! Every run is searched for the tokens that were planted: no test can forget it.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Write as _};
use std::fs;

use serde_json::Value;
use sha2::{Digest, Sha256};
use squelch::rule::Rule;
use squelch::rule::mint::{Mint, Size};
use squelch::selftest::mint_token;

use crate::double::basic::{Basic, basic};
use crate::double::{Double, Heard};
use crate::support::{Fixture, Run};

/// Whatever is asked besides loopback addresses goes to this proxy, where nobody listens: no test
/// can reach a service of the real world.
const NOBODY: [(&str, &str); 2] =
    [("https_proxy", "http://127.0.0.1:9"), ("http_proxy", "http://127.0.0.1:9")];

/// So many characters in a row of a token's random part are a leak.
const RUN: usize = 12;

/// A folder and the servers that are named on the command line.
pub(crate) struct Stage {
    pub(crate) fixture: Fixture,
    endpoints: Vec<String>,
    tokens: Vec<String>,
    planted: usize,
}

/// What a run said of each token.
pub(crate) struct Said {
    pub(crate) run: Run,
    by_fingerprint: HashMap<String, Value>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self { fixture: Fixture::new(), endpoints: Vec::new(), tokens: Vec::new(), planted: 0 }
    }

    /// A stage that is a repository on branch `main`.
    pub(crate) fn repository() -> Self {
        Self { fixture: Fixture::repository(), ..Self::new() }
    }

    /// Names a server on the command line.
    pub(crate) fn name(&mut self, service: &str, url: &str) {
        self.endpoints.push(format!("{service}={url}"));
    }

    /// Writes a text in which `{token}` stands for the token into a file of its own.
    pub(crate) fn plant(&mut self, token: &str, text: &str) {
        self.planted += 1;
        let path = format!("planted/{}.properties", self.planted);
        self.fixture.write(&path, text.replace("{token}", token));
        self.tokens.push(token.to_owned());
    }

    /// Plants a new token of a rule as its first example has it, with `around` before that.
    pub(crate) fn plant_example(&mut self, rule: &Rule, mint: &mut Mint, around: &str) -> String {
        let token = mint_token(rule, mint, Size::Any);
        let text = rule.examples[0].text.render(&token, mint);
        let token = String::from_utf8(token).expect("ASCII");
        let text = String::from_utf8(text).expect("UTF-8").replace(&token, "{token}");
        self.plant(&token, &format!("{around}{text}\n"));
        token
    }

    /// Plants a token of `SonarQube` beside the address of its server.
    pub(crate) fn plant_sonar(&mut self, token: &str, url: &str) {
        self.plant(token, &format!("sonar.host.url={url}\nsonar.login={{token}}\n"));
    }

    pub(crate) fn plant_jenkins(&mut self, token: &str, user: &str, url: &str) {
        let text =
            format!("JENKINS_URL={url}\nJENKINS_USER_ID={user}\nJENKINS_API_TOKEN={{token}}\n");
        self.plant(token, &text);
    }

    /// Scans, and asks the named servers.
    pub(crate) fn ask(&self, args: &[&str]) -> Said {
        let scan = ["scan", "--format", "jsonl", "--no-history", "--verify", "--pace", "1000"];
        self.run(&[&scan, args].concat())
    }

    /// Scans without leave to ask.
    pub(crate) fn offline(&self) -> Said {
        let run = self.fixture.squelch(&["scan", "--format", "jsonl", "--no-history"]);
        self.assert_clean("an offline scan", &run.stdout);
        Said::new(run)
    }

    /// Runs squelch with the named servers, and expects JSON Lines.
    pub(crate) fn run(&self, args: &[&str]) -> Said {
        Said::new(self.plain(args, b""))
    }

    /// Runs squelch with the named servers, whatever it prints.
    pub(crate) fn plain(&self, args: &[&str], stdin: &[u8]) -> Run {
        self.with_env(args, stdin, &[])
    }

    pub(crate) fn with_env(&self, args: &[&str], stdin: &[u8], env: &[(&str, &str)]) -> Run {
        let named = self.endpoints.iter().flat_map(|it| ["--endpoint", it.as_str()]);
        let args: Vec<&str> = args.iter().copied().chain(named).collect();
        let run = self.fixture.squelch_with(&args, stdin, &[&NOBODY, env].concat());
        self.assert_clean(&format!("stdout of {args:?}"), &run.stdout);
        self.assert_clean(&format!("stderr of {args:?}"), &run.stderr);
        run
    }

    /// Fails if a text holds twelve characters in a row of the random part of a planted token.
    pub(crate) fn assert_clean(&self, what: &str, text: &str) {
        let body =
            |token: &'_ str| token.as_bytes()[token.len().saturating_sub(32).max(8)..].to_vec();
        let bodies: Vec<Vec<u8>> = self.tokens.iter().map(|it| body(it)).collect();
        let parts: HashSet<&[u8]> = bodies.iter().flat_map(|it| it.windows(RUN)).collect();
        let leak = text.as_bytes().windows(RUN).find(|it| parts.contains(it));
        let leak = leak.map(String::from_utf8_lossy);
        assert!(leak.is_none(), "{what} holds {leak:?} of a token:\n{text}");
    }

    pub(crate) fn assert_file_is_clean(&self, path: &str) {
        let bytes = fs::read(self.fixture.path(path)).expect("the file");
        self.assert_clean(path, &String::from_utf8_lossy(&bytes));
    }
}

/// What a failed test has to show to show of a run, which is not all of its lines.
impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for it in self.by_fingerprint.values() {
            writeln!(f, "{} {} {} {}", it["rule"], it["verdict"], it["identity"], it["notes"])?;
        }
        Ok(())
    }
}

impl Said {
    fn new(run: Run) -> Self {
        assert!(matches!(run.code, Some(0 | 1 | 3)), "{run:#?}");
        let fingerprint = |line: &Value| line["fingerprint"].as_str().expect("one").to_owned();
        let mut by_fingerprint = HashMap::new();
        for line in run.lines("finding") {
            let twice = by_fingerprint.insert(fingerprint(&line), line);
            assert!(twice.is_none(), "one token is two findings: {twice:#?}");
        }
        Said { run, by_fingerprint }
    }

    pub(crate) fn of(&self, token: &str) -> &Value {
        let found = self.by_fingerprint.get(&fingerprint(token));
        found.unwrap_or_else(|| panic!("a token that was not found: {self:?}"))
    }

    pub(crate) fn count(&self) -> usize {
        self.by_fingerprint.len()
    }

    pub(crate) fn state(&self, token: &str) -> &str {
        self.of(token)["verdict"]["state"].as_str().expect("a state")
    }

    pub(crate) fn why(&self, token: &str) -> &str {
        self.of(token)["verdict"]["why"].as_str().expect("a reason")
    }

    /// What is said of one thing, with how sure that is: `laptop (certain)`.
    pub(crate) fn known(&self, token: &str, about: &str) -> Vec<String> {
        let all = self.of(token)["identity"][about].as_array().cloned().unwrap_or_default();
        let one = |it: &Value| {
            let text = |key: &str| it[key].as_str().unwrap_or_default().to_owned();
            format!("{} ({})", text("value"), text("sure"))
        };
        all.iter().map(one).collect()
    }

    /// The names of those that it may be.
    pub(crate) fn contenders(&self, token: &str) -> Vec<String> {
        let all = self.of(token)["identity"]["contenders"].as_array().cloned().unwrap_or_default();
        all.iter().map(|it| it["name"].as_str().expect("a name").to_owned()).collect()
    }

    pub(crate) fn notes(&self, token: &str) -> String {
        self.of(token)["notes"].to_string()
    }

    /// The fingerprints in the report's order.
    pub(crate) fn order(&self) -> Vec<String> {
        let lines = self.run.lines("finding");
        lines.iter().map(|it| it["fingerprint"].as_str().expect("one").to_owned()).collect()
    }
}

/// As reports have it.
pub(crate) fn fingerprint(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The user and the password of a request's Basic header.
pub(crate) fn pair(heard: &Heard) -> Option<(String, String)> {
    match basic(header(heard, "authorization")?)? {
        Basic::Pair(user, password) => Some((user, password)),
        Basic::Malformed => None,
    }
}

pub(crate) fn header<'h>(heard: &'h Heard, name: &str) -> Option<&'h str> {
    heard.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
}

/// What every request has to be: a GET, without a body, its address without any part of a token.
pub(crate) fn assert_harmless(stage: &Stage, double: &Double) {
    let addresses: Vec<String> = double.heard().into_iter().map(|it| it.target).collect();
    stage.assert_clean("an address", &addresses.join("\n"));
    for heard in double.heard() {
        assert_eq!((heard.method.as_str(), heard.body.len()), ("GET", 0), "{}", heard.target);
        for word in ["generate", "revoke", "logout", "deactivate"] {
            assert!(!heard.target.contains(word), "{}", heard.target);
        }
        for name in ["cookie", "referer"] {
            assert_eq!(header(&heard, name), None, "{}", heard.target);
        }
        let agent = header(&heard, "user-agent").unwrap_or_default();
        assert!(agent.starts_with("squelch/"), "{agent}");
    }
}
