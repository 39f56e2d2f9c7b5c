//! A double with one live token, and squelch asking about it.

use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::certificates::Authority;
use crate::double::Double;
use crate::double::sonar::{SonarServer, TokenKind};
use crate::front::Front;
use crate::support::{Fixture, Run};

/// Below which the service lives, so that a path that gets lost is seen.
const CONTEXT: &str = "sonar";

pub(crate) struct Stage {
    pub(crate) fixture: Fixture,
    pub(crate) double: Double,
    pub(crate) token: String,
    /// Who signs what the tests take for good.
    pub(crate) authority: Authority,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let mut server = SonarServer::new("9.9", true);
        server.add_user("grace", &["scan"]);
        let token = server.add_token("grace", "laptop", TokenKind::User).value.clone();
        let double = Double::start();
        double.sonar(CONTEXT, server);
        let (fixture, authority) = (Fixture::new(), Authority::new());
        fixture.write("ca.pem", &authority.pem);
        Self { fixture, double, token, authority }
    }

    /// A good front for `localhost`, and for a name that no resolver has.
    pub(crate) fn good_front(&self) -> Front {
        let identity = self.authority.server(&["localhost", "sonar.test.invalid"]);
        Front::new(&identity, self.double.address())
    }

    /// Asks about the token at `https://localhost:PORT`, trusting the authority.
    pub(crate) fn ask(&self, port: u16) -> Run {
        self.ask_at(&format!("https://localhost:{port}"), &["--ca", "ca.pem"], &[])
    }

    pub(crate) fn ask_at(&self, origin: &str, more: &[&str], environment: &[(&str, &str)]) -> Run {
        let endpoint = format!("sonarqube-server={origin}/{CONTEXT}");
        let first = ["verify", "--format", "jsonl", "--pace", "1000"];
        let timeout: &[&str] = if more.contains(&"--timeout") { &[] } else { &["--timeout", "5"] };
        let args = [&first[..], timeout, &["--endpoint", &endpoint], more].concat();
        let run = self.fixture.squelch_with(&args, self.token.as_bytes(), environment);
        self.assert_unseen(run.stdout.as_bytes(), "what it printed");
        self.assert_unseen(run.stderr.as_bytes(), "what it said");
        run
    }

    /// The same as a process that somebody else feeds.
    pub(crate) fn command(&self, origin: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_squelch"));
        command
            .current_dir(self.fixture.root())
            .args(["verify", "--format", "jsonl", "--timeout", "20", "--endpoint"])
            .arg(format!("sonarqube-server={origin}/{CONTEXT}"))
            .env_clear()
            .env("HOME", self.fixture.root())
            .env("TMPDIR", self.fixture.root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The token as it is, as a Basic header holds it, and its digits.
    pub(crate) fn spellings(&self) -> Vec<Vec<u8>> {
        let digits = self.token.split_once('_').map_or(self.token.as_str(), |(_, digits)| digits);
        let pair = STANDARD.encode(format!("{}:", self.token));
        // The last group of the pair is not that of the token alone.
        let start = pair[..pair.len() - 4].to_owned();
        [self.token.as_bytes(), start.as_bytes(), digits.as_bytes()].map(<[u8]>::to_vec).to_vec()
    }

    pub(crate) fn shows(&self, bytes: &[u8]) -> bool {
        let holds =
            |needle: &Vec<u8>| bytes.windows(needle.len()).any(|part| part == needle.as_slice());
        self.spellings().iter().any(holds)
    }

    #[track_caller]
    pub(crate) fn assert_unseen(&self, bytes: &[u8], what: &str) {
        assert!(!self.shows(bytes), "{what} holds the token");
    }

    /// How many requests with the token the double got.
    pub(crate) fn told(&self) -> usize {
        self.double.heard().iter().filter(|heard| self.shows(&heard.raw)).count()
    }

    #[track_caller]
    pub(crate) fn assert_live(&self, run: &Run) {
        assert_eq!(verdict(run).0, "live", "{run:#?}");
        assert_eq!(run.code, Some(1), "{run:#?}");
        assert!(self.told() > 0, "it is live, and nobody was asked");
    }

    /// Unknown, for a reason with all these words, and the double heard nothing of the token.
    #[track_caller]
    pub(crate) fn assert_unknown(&self, run: &Run, words: &[&str]) {
        let (state, why) = verdict(run);
        assert_eq!(state, "unknown", "{run:#?}");
        assert_eq!(run.code, Some(3), "{run:#?}");
        for word in words {
            assert!(why.contains(word), "{word:?} is not in: {why}");
        }
        assert!(why.chars().count() < 700, "{} letters: {why}", why.len());
        assert_eq!(self.told(), 0, "the double heard of the token");
    }
}

/// The state of the one finding, and why.
#[track_caller]
pub(crate) fn verdict(run: &Run) -> (String, String) {
    let findings = run.lines("finding");
    assert_eq!(findings.len(), 1, "{run:#?}");
    let text = |field: &str| findings[0]["verdict"][field].as_str().unwrap_or_default().to_owned();
    (text("state"), text("why"))
}

/// The two as a Basic header has them.
pub(crate) fn basic(name: &str, password: &str) -> String {
    STANDARD.encode(format!("{name}:{password}"))
}
